"""A browser for the tests that look at pages in one."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import BUNDLED_WEIGHTS, Run
from tests.pages.browser import CHROMIUM, Browser, browser


@pytest.fixture(scope="session")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One tab for all of them; skips where there can be none."""
    if sys.platform != "linux":
        pytest.skip("the browser is driven over Linux's pipes")
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def drawing_page(run: Run, tmp_path: Path) -> Path:
    """The page to draw on, with the bundled weights."""
    path = tmp_path / "draw.html"
    assert run("draw", *BUNDLED_WEIGHTS, "--output", path).stdout == f"{path}\n"
    return path
