"""``scratchnet bench``: images per second over the batch size."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from scratchnet_cli.commands import options
from scratchnet_cli.errors import about
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.text import print_answer, print_message, text_bar

if TYPE_CHECKING:
    from scratchnet_cli.network.benchmark import Rate

BAR_WIDTH = 40


@click.command("bench", epilog="Example: scratchnet bench --format json")
@options.weights
@options.activations
@options.output_format(text="a table with bars", json="a list with all figures")
def command(
    weights: str,
    activations: tuple[str, ...] | None,
    format: str,  # noqa: A002
) -> None:
    """Measure images per second for each batch size.

    Large batches are faster: each call has a fixed cost, and the images of a batch share it. The
    bars show images per second; the latency is the time of one batch. The run takes at most 15 s.
    For a large network, it repeats less often and leaves out batches that take too long.
    """
    from scratchnet_cli.datasets.load import load_dataset
    from scratchnet_cli.network.benchmark import BATCH_SIZES, measure_throughput
    from scratchnet_cli.prediction.answers import check_takes_pictures
    from scratchnet_cli.weights.load import load_weights

    loaded = load_weights(weights, Progress(), activations=activations)
    check_takes_pictures(loaded.network, loaded.origin.source)
    with about(loaded.origin.source):
        rates = measure_throughput(loaded.network, load_dataset("sample").images)
    if rates[-1].batch_size < BATCH_SIZES[-1]:
        print_message(
            "note",
            f"batches larger than {rates[-1].batch_size} would take too long and were left out",
        )
    if format == "json":
        fields = ("batch_size", "images_per_s", "latency_s")
        rows = [{name: getattr(rate, name) for name in fields} for rate in rates]
        print_answer(json.dumps(rows))
    else:
        print_answer(_to_table(rates))


def _to_table(rates: Sequence[Rate]) -> str:
    fastest = max(rate.images_per_s for rate in rates)
    lines = [f"{'batch size':>10}  {'images/s':>9}  {'latency':>10}"]
    lines += [
        f"{rate.batch_size:>10}  {rate.images_per_s:>9,.0f}  {rate.latency_s * 1e3:>7.3f} ms  "
        f"{text_bar(rate.images_per_s / fastest, BAR_WIDTH)}".rstrip()
        for rate in rates
    ]
    return "\n".join(lines)
