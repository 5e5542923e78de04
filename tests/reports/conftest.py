"""A browser for the tests that look at pages, and pages to look at."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scratchnet_cli.network.layers import Network
from scratchnet_cli.weights.write import write_weights
from tests.conftest import Run
from tests.reports.browser import CHROMIUM, Browser, open_browser

MakePage = Callable[..., Path]


@pytest.fixture(scope="session")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Yield one tab for all tests; skip them if there is no browser."""
    if sys.platform != "linux" or CHROMIUM is None:
        pytest.skip("Chromium is not installed, or not driven through Linux pipes")
    with open_browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def make_page(run: Run) -> MakePage:
    """Return a function that makes a page to draw on: of a file, or of a network saved as one."""

    def make(weights: str | Path, network: Network | None = None, classes: Any = None) -> Path:
        if network:
            Path(weights).write_bytes(write_weights(network, ".npz", classes))
        path = Path("draw.html").absolute()
        assert run("draw", "--weights", weights, "--output", path).stdout == f"{path}\n"
        return path

    return make


@pytest.fixture
def drawing_page(make_page: MakePage) -> Path:
    """Return the page to draw on with the bundled weights."""
    return make_page("bundled")
