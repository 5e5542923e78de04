"""The reports in a real browser, opened as files: readable at every width, without requests."""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from scratchnet_cli.cli import main
from tests.conftest import Uint8
from tests.reports.browser import Browser

pytestmark = pytest.mark.slow

Pages = dict[str, Path]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, digits: Uint8) -> Pages:
    """Make a report of two networks, one of pictures with odd names, one of a number."""
    folder = tmp_path_factory.mktemp("pages")
    pictures = folder / "pictures"
    pictures.mkdir()
    for i, pixels in enumerate(digits[:12]):
        name = f"<img src=x onerror=alert({i})>.png" if i % 2 else f"{'long' * 50}{i}.png"
        Image.fromarray(255 - pixels).resize((400, 90 + i)).save(pictures / name)
    (pictures / "<script>alert(1)<!-- bad.png").touch()
    number = np.hstack([np.pad(255 - pixels, 6, constant_values=255) for pixels in digits[:30]])
    Image.fromarray(number).save(folder / "number.png")
    random = folder / f"{'long' * 50}.npz"
    np.savez(random, W1=np.random.default_rng(1).normal(size=(784, 10)), b1=np.zeros(10))
    made = {name: folder / f"{name}.html" for name in ("eval", "predict", "multiple", "draw")}
    for args in (
        ["eval", "--dataset", "sample", "-q", "--report", made["eval"], "--weights", random],
        ["predict", pictures, "-q", "--report", made["predict"]],
        ["predict", "--multiple", folder / "number.png", "-q", "--report", made["multiple"]],
        ["draw", "--output", made["draw"]],
    ):
        with pytest.raises(SystemExit):
            main([*map(str, args), "--weights", "bundled"])
    return made


@pytest.mark.parametrize("window", list(product((1280, 390), (False, True))))
@pytest.mark.parametrize("name", ["eval", "predict", "multiple", "draw"])
def test_page_needs_no_other_file(tab: Browser, pages: Pages, name: str, window: Any) -> None:
    """It is as wide as its window, shows its images, and makes no requests or messages."""
    tab.show(pages[name], *window)
    assert tab.width() <= window[0]
    assert tab.run("[...document.images].every(i => i.complete && i.naturalWidth > 0)") is True
    colour = tab.run("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (sum(colour) < 3 * 128) is window[1]
    tab.check_quiet(pages[name])
    tab.run("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert tab.width() <= window[0]
    tab.check_accessible()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["predict", "multiple"])
def test_bars_are_beside_their_image(tab: Browser, pages: Pages, name: str, width: int) -> None:
    """No card has an empty block: bars begin where images end, and a wide sheet takes all."""
    tab.show(pages[name], width)
    image, bars = tab.box(".seen .digit"), tab.box(".seen .bars")
    assert 0 < bars["left"] - image["right"] < 20
    assert image["top"] <= bars["top"] < image["bottom"]
    if name == "multiple":
        assert tab.box(".found")["width"] == tab.box("main > section")["width"]


def test_matrix_opens_the_images_behind_it(tab: Browser, pages: Pages) -> None:
    """They are collapsed, and a link to one cell shows them."""
    tab.show(pages["eval"])
    hidden = (
        "!document.querySelector('#pictures .cell').checkVisibility({ contentVisibilityAuto: 1 })"
    )
    before = tab.run(hidden)
    tab.click(".heat a")
    assert (before, tab.run(hidden)) == (True, False)


@pytest.mark.parametrize("name", ["eval", "draw"])
def test_policy_blocks_injected_content(tab: Browser, pages: Pages, name: str) -> None:
    """The browser refuses a script, a handler or a request that got into the page."""
    injected = (
        "<script>document.title='bad'</script><p onclick=\"document.title='bad'\" id='bad'>x</p>"
        "<img src='https://example.org/x.png' alt=''></main>"
    )
    page = pages[name].with_name("injected.html")
    page.write_bytes(pages[name].read_bytes().replace(b"</main>", injected.encode()))
    tab.show(page)
    tab.click("#bad")
    assert tab.run("fetch('https://example.org').then(() => 'sent', () => 'refused')") == "refused"
    assert tab.run("document.title") != "bad"
    assert len(tab.messages) >= 4
    assert all("Content Security Policy" in message for message in tab.messages)
