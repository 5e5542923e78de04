"""``scratchnet bench``: batches against single images."""

import json

import pytest

from scratchnet_cli.network import benchmark as bench
from tests.conftest import Run


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure for a moment only."""
    monkeypatch.setattr(bench, "ROUNDS", 1)
    monkeypatch.setattr(bench, "ROUND_S", 0.001)


def test_a_row_for_each_batch_size(run: Run) -> None:
    """The table has a bar for each batch size and fits a terminal of 80 columns."""
    result = run("bench", "--weights", "bundled")
    header, *rows = result.stdout.splitlines()
    assert result.exit_code == 0
    assert header.split() == ["batch", "size", "images/s", "latency"]
    assert [int(row.split()[0]) for row in rows] == list(bench.BATCH_SIZES)
    assert max(map(len, rows)) <= 80
    assert any("█" * 40 in row for row in rows)


def test_a_network_that_takes_no_such_images_is_named(run: Run) -> None:
    """A network for other inputs than 28x28 pixels is refused with the file that it is from."""
    result = run("bench", "--weights", "three-layer")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "three-layer.npz: the network takes 2 values" in result.stderr


def test_json_holds_rate_and_latency(run: Run) -> None:
    """Each object's images per second are its batch size over its latency."""
    result = run("bench", "--weights", "bundled", "--format", "json")
    rates = json.loads(result.stdout)
    assert [rate["batch_size"] for rate in rates] == list(bench.BATCH_SIZES)
    for rate in rates:
        assert rate["images_per_s"] == pytest.approx(rate["batch_size"] / rate["latency_s"])
