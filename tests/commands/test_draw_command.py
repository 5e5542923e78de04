"""The command ``draw``: where its page goes, what it refuses, and how the browser is asked."""

import webbrowser
from pathlib import Path

import numpy as np
import pytest

from scratchnet_cli.network.layers import Layer, Network
from scratchnet_cli.weights.write import write_weights
from tests.conftest import BUNDLED_WEIGHTS, Run


def weight_file(path: Path, weight: float, inputs: int) -> Path:
    """A network of one layer, all of whose weights are alike."""
    network = Network((Layer(np.full((inputs, 3), weight), np.zeros(3), "identity"),))
    path.write_bytes(write_weights(network, ".npz"))
    return path


def test_the_page_goes_where_it_is_asked_for(run: Run, tmp_path: Path) -> None:
    """Its path is the answer; it is small enough to be mailed; an earlier page is replaced."""
    path = tmp_path / "page.html"
    for _ in range(2):
        result = run("draw", *BUNDLED_WEIGHTS, "--output", path)
        assert (result.exit_code, result.stdout, result.stderr) == (0, f"{path}\n", "")
    assert 250_000 < path.stat().st_size < 500_000
    assert list(tmp_path.iterdir()) == [path]


def test_without_a_name_it_is_in_the_current_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The default is ``scratchnet-draw.html``, and the book's weights where they can be had."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCRATCHNET_OFFLINE", "1")
    result = run("draw")
    assert (result.exit_code, result.stdout) == (0, "scratchnet-draw.html\n")
    assert "using the bundled weights" in result.stderr
    assert (tmp_path / "scratchnet-draw.html").exists()


def test_no_other_file_is_replaced(run: Run, tmp_path: Path) -> None:
    """A page that somebody else wrote stays, and that is told before the work."""
    path = tmp_path / "mine.html"
    path.write_text("<!DOCTYPE html>\n<title>My thesis</title>")
    result = run("draw", "--weights", "no such file", "--output", path)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith(f"scratchnet: --output {path}: exists and is no page by")
    assert "thesis" in path.read_text()


@pytest.mark.parametrize(
    ("weight", "inputs", "reason"),
    [
        (1.0, 100, "the network takes 100 values, and a drawing has 28x28 pixels"),
        (1e300, 784, "a weight is too large for float32, in which a page holds them"),
    ],
)
def test_what_cannot_be_drawn_for_is_refused(
    run: Run,
    tmp_path: Path,
    weight: float,
    inputs: int,
    reason: str,
) -> None:
    """Exit 3, a sentence that names the file, and no page."""
    weights = weight_file(tmp_path / "w.npz", weight, inputs)
    result = run("draw", "--weights", weights, "--output", tmp_path / "page.html")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == f"scratchnet: {weights}: {reason}\n"
    assert list(tmp_path.iterdir()) == [weights]


def test_open_shows_the_page(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only with ``--open`` is the browser asked, for the file by its whole path."""
    asked: list[str] = []

    def show(url: str) -> bool:
        asked.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", show)
    monkeypatch.chdir(tmp_path)
    run("draw", *BUNDLED_WEIGHTS, "--output", "a page.html")
    assert asked == []
    result = run("draw", *BUNDLED_WEIGHTS, "--output", "a page.html", "--open")
    assert (result.exit_code, result.stderr) == (0, "")
    assert asked == [(tmp_path / "a page.html").as_uri()]


@pytest.mark.parametrize("failure", [False, webbrowser.Error("none"), OSError("none")])
def test_a_page_without_a_browser_is_still_a_page(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: bool | Exception
) -> None:
    """Where no browser can be started a note says so; the page is there, and the exit code 0."""

    def fail(_: str) -> bool:
        if isinstance(failure, Exception):
            raise failure
        return failure

    monkeypatch.setattr(webbrowser, "open", fail)
    path = tmp_path / "page.html"
    result = run("draw", *BUNDLED_WEIGHTS, "--output", path, "--open")
    assert (result.exit_code, result.stdout) == (0, f"{path}\n")
    assert result.stderr == f"scratchnet: no browser could be started; open {path} in one\n"
