"""``scratchnet bench``: how fast the network runs on this machine."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from scratchnet_cli import catalog
from scratchnet_cli.commands.options import format_option, weights_option
from scratchnet_cli.downloads.fetch import Fetcher
from scratchnet_cli.errors import about
from scratchnet_cli.network.benchmark import Rate, measure_throughput
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.text import text_bar

BAR_WIDTH = 40


@click.command("bench", epilog="Example: scratchnet bench --weights bundled")
@weights_option
@format_option("text", "json", help="A table with bars, or one object with every number.")
def command(weights: str | None, format: str) -> int:  # noqa: A002
    """Measure images per second over the batch size.

    Batches are faster than single images: what one call costs is shared by all images in it. The
    bars are as long as the images per second; the latency is how long one batch takes.
    """
    net, origin = catalog.load_weights(weights, Fetcher(Progress()))
    sample, _ = catalog.load_dataset("sample")
    with about(origin.source):
        rates = measure_throughput(net, sample.images)
    click.echo(_as_json(rates) if format == "json" else _as_table(rates))
    return 0


def _as_table(rates: Sequence[Rate]) -> str:
    most = max(rate.images_per_s for rate in rates)
    lines = [f"{'batch size':>10}  {'images/s':>9}  {'latency':>10}"]
    lines += [
        f"{rate.batch_size:>10}  {rate.images_per_s:>9,.0f}  {rate.latency_s * 1e3:>7.3f} ms  "
        f"{text_bar(rate.images_per_s / most, BAR_WIDTH)}".rstrip()
        for rate in rates
    ]
    return "\n".join(lines)


def _as_json(rates: Sequence[Rate]) -> str:
    return json.dumps(
        [
            {
                "batch_size": rate.batch_size,
                "images_per_s": rate.images_per_s,
                "latency_s": rate.latency_s,
            }
            for rate in rates
        ]
    )
