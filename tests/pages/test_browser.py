"""The pages in a real browser, from a file: readable at every width, and nothing leaves them."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.cli import main
from tests.pages.browser import Browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, digits: NDArray[np.uint8]) -> dict[str, Path]:
    """A report, a sheet with a picture whose name is a script, and a sheet of one long number."""
    folder = tmp_path_factory.mktemp("pages")
    pictures = folder / "pictures"
    pictures.mkdir()
    for i, pixels in enumerate(digits[:12]):
        name = f"<img src=x onerror=alert({i})>.png" if i % 2 else f"{'long' * 50}{i}.png"
        Image.fromarray(255 - pixels).resize((400, 90 + i)).save(pictures / name)
    (pictures / "<script>alert(1)<!-- bad.png").touch()
    report, sheet, numbers = (folder / f"{name}.html" for name in ("report", "sheet", "numbers"))
    long_row = np.hstack([np.pad(255 - pixels, 6, constant_values=255) for pixels in digits[:30]])
    Image.fromarray(long_row).save(folder / "number.png")
    multiple = ["--multiple", str(folder / "number.png")]
    for args in (
        ["eval", "--weights", "bundled", "--dataset", "sample", "-q", "--report", str(report)],
        ["predict", "--weights", "bundled", "-q", str(pictures), "--report", str(sheet)],
        ["predict", "--weights", "bundled", "-q", *multiple, "--report", str(numbers)],
    ):
        with pytest.raises(SystemExit):
            main(args)
    return {"report": report, "sheet": sheet, "numbers": numbers}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["report", "sheet", "numbers"])
def test_a_page_stands_on_its_own(
    tab: Browser, pages: dict[str, Path], name: str, width: int, dark: bool
) -> None:
    """It is as wide as its window, asks for nothing but itself, and the console is silent."""
    tab.show(pages[name], width, dark)
    assert tab.run("document.documentElement.scrollWidth") <= width
    assert tab.run("[...document.images].every(i => i.complete && i.naturalWidth > 0)") is True
    red, green, blue = tab.run(
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    )
    assert (red + green + blue < 3 * 128) is dark
    outside = [url for url in tab.requested if not url.startswith("data:image/")]
    assert outside == [pages[name].as_uri()]
    assert tab.complaints == []


def test_a_cell_leads_to_its_pictures(tab: Browser, pages: dict[str, Path]) -> None:
    """A click on a number of the matrix brings its heading into view."""
    tab.show(pages["report"])
    tab.run("document.querySelector('td:not(.hit) > a').click()")
    top = tab.run("document.querySelector(':target').getBoundingClientRect().top")
    assert 0 <= top < 900


def test_the_policy_stops_what_slipped_in(tab: Browser, pages: dict[str, Path]) -> None:
    """Had a script or a picture from elsewhere got into the page, the browser would refuse it."""
    page = pages["report"].with_name("spoiled.html")
    spoil = "<script>document.title='bad'</script><img src='https://example.org/x.png' alt=''>"
    html = pages["report"].read_text(encoding="utf-8")
    page.write_text(html.replace("</main>", f"{spoil}</main>"), encoding="utf-8")
    tab.show(page)
    assert tab.run("document.title") != "bad"
    assert len(tab.complaints) == 2
    assert all("Content Security Policy" in complaint for complaint in tab.complaints)
