"""``python -m tests.reports FILE.webp``: make the README's picture of the page to draw on."""

import base64
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conftest import BUNDLED_WEIGHTS, SCRATCHNET
from tests.reports.browser import open_browser
from tests.reports.drawings import drawings
from tests.reports.test_drawing_in_browser import draw_with_mouse

WIDTH, HEIGHT = 1280, 580
SEED, DIGIT = 13, 3


def screenshot(folder: Path) -> bytes:
    """Return what the browser shows of the page with a digit on it, as a WebP file."""
    page = folder / "draw.html"
    subprocess.run([*SCRATCHNET, "draw", *BUNDLED_WEIGHTS, "--output", page], check=True)
    with open_browser(folder) as tab:
        tab.show(page, WIDTH)
        tab.resize(WIDTH, HEIGHT, scale=2)
        tab.wait()
        draw_with_mouse(tab, dict(drawings(10, SEED))[DIGIT])
        shot = tab.call("Page.captureScreenshot", format="webp", quality=80)
    return base64.b64decode(shot["data"])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(sys.argv[1]).write_bytes(screenshot(Path(folder)))
