"""``scratchnet bench``: batches against single images, by a clock that the tests set."""

import itertools
import json
from types import SimpleNamespace

import numpy as np
import pytest

from scratchnet_cli.network import benchmark
from tests.conftest import Run

BATCH_SIZES = [1, 10, 100, 1000, 10000]


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let 4 ms pass between two looks at the clock, so a batch takes 4 ms."""
    ticks = itertools.count(100)
    clock = SimpleNamespace(perf_counter=lambda: 0.004 * next(ticks))
    monkeypatch.setattr(benchmark, "time", clock)
    monkeypatch.setattr(benchmark, "ROUNDS", 3)


def test_bench_prints_a_row_for_each_batch_size(run: Run) -> None:
    """The table has a bar for each batch size and fits a terminal of 80 columns."""
    result = run("bench")
    header, *rows = result.stdout.splitlines()
    assert result.exit_code == 0
    assert header.split() == ["batch", "size", "images/s", "latency"]
    assert [int(row.split()[0]) for row in rows] == BATCH_SIZES
    assert rows[2].split()[:4] == ["100", "25,000", "4.000", "ms"]
    assert max(map(len, rows)) <= 80
    assert rows[-1].endswith(" " + "█" * 40)


def test_bench_prints_rates_and_latencies_as_json(run: Run) -> None:
    """The images per second are the batch size over the latency."""
    rates = json.loads(run("bench", "--format", "json").stdout)
    assert [rate["batch_size"] for rate in rates] == BATCH_SIZES
    for rate in rates:
        assert rate["latency_s"] == pytest.approx(0.004)
        assert rate["images_per_s"] == pytest.approx(rate["batch_size"] / 0.004)


def test_bench_leaves_out_batches_without_time(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """If larger batches would take too long, a message says so and the others are measured."""
    monkeypatch.setattr(benchmark, "MAX_MEASUREMENT_S", 0.05)
    result = run("bench")
    assert [row.split()[0] for row in result.stdout.splitlines()] == ["batch", "1"]
    assert result.stderr == "note: batches larger than 1 would take too long and were left out\n"


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [(2, "the network takes 2 values for each input, a picture has 784"), (784, "the weights are")],
)
def test_bench_refuses_other_networks(run: Run, inputs: int, reason: str) -> None:
    """A network for other images, and one that overflows: the message names the file."""
    np.savez("w.npz", W1=np.full((inputs, 10), 3e38, np.float32), b1=np.zeros(10, np.float32))
    result = run("bench", "--weights", "w.npz", "--activations", "identity")
    assert (result.exit_code, result.stdout) == (3, "")
    assert f"error: w.npz: {reason}" in result.stderr
