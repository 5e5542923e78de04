"""The command ``draw``: where its page goes, what it refuses, and how the browser is opened."""

import webbrowser
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from tests.conftest import Run


def test_draw_writes_a_small_page_to_the_current_folder(run: Run) -> None:
    """The page is small enough for an e-mail."""
    result = run("draw")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "scratchnet-draw.html\n", "")
    assert 250_000 < Path("scratchnet-draw.html").stat().st_size < 500_000


@pytest.mark.parametrize(
    ("weight", "shape", "reason"),
    [
        (
            1.0,
            (100, 3),
            "the network takes 100 values for each input, a picture has 784 (28x28); "
            "use other weights",
        ),
        (1e300, (784, 3), "a weight is too large for float32, in which a page holds them"),
        (np.float32(1), (784, 12723), "10,000,278 weights, but a page shows at most 10,000,000"),
    ],
)
def test_draw_refuses_other_networks(
    run: Run, weight: float, shape: tuple[int, int], reason: str
) -> None:
    """Exit 3, a message that names the weight file, and no page."""
    last = np.zeros((shape[1], 2), np.float32)
    layers = {"W1": np.full(shape, weight), "b1": last[:, 0], "W2": last, "b2": last[0]}
    np.savez_compressed("w.npz", activations=["relu", "identity"], **layers)
    result = run("draw", "--weights", "w.npz")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == f"error: w.npz: {reason}\n"
    assert list(Path().iterdir()) == [Path("w.npz")]


@pytest.mark.parametrize("outcome", [True, False, webbrowser.Error("none"), OSError("none")])
def test_draw_opens_the_page_only_if_asked(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: bool | Exception
) -> None:
    """The browser gets the absolute path; if none can be started, there is a warning."""
    opened = Mock(side_effect=[outcome])
    monkeypatch.setattr(webbrowser, "open", opened)
    command = ("draw", "--output", "a page.html")
    assert run(*command).exit_code == 0
    opened.assert_not_called()
    result = run(*command, "--open")
    assert (result.exit_code, result.stdout) == (0, "a page.html\n")
    note = "warning: a page.html: no browser could be started; open this file yourself\n"
    assert result.stderr == ("" if outcome is True else note)
    opened.assert_called_once_with((tmp_path / "a page.html").as_uri())
