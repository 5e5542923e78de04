"""A browser for the tests that look at pages, and pages to look at."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scratchnet_cli.network.layers import Network
from scratchnet_cli.weights.write import write_weights
from tests.conftest import Run
from tests.reports.browser import CHROMIUM, Browser, open_browser

MakePage = Callable[..., Path]


@pytest.fixture(scope="session")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Yield one tab for all tests; skip them if there is no browser."""
    if sys.platform != "linux":
        pytest.skip("the browser is driven through Linux pipes")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with open_browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def make_page(run: Run, tmp_path: Path) -> MakePage:
    """Return a function that makes a page to draw on, of weights by name or of a network."""

    def make(
        weights: Network | str | Path,
        classes: tuple[str, ...] | None = None,
        file_name: str = "weights.npz",
    ) -> Path:
        if isinstance(weights, Network):
            file = tmp_path / file_name
            file.write_bytes(write_weights(weights, ".npz", classes))
            weights = file
        path = tmp_path / "draw.html"
        result = run("draw", "--weights", weights, "--output", path)
        assert (result.exit_code, result.stdout) == (0, f"{path}\n")
        return path

    return make


@pytest.fixture
def drawing_page(make_page: MakePage) -> Path:
    """Return the page to draw on with the bundled weights."""
    return make_page("bundled")
