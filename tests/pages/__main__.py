"""``python -m tests.pages FILE.webp``: the README's picture of the page to draw on."""

import base64
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conftest import BUNDLED_WEIGHTS, SCRATCHNET
from tests.pages.browser import browser
from tests.pages.drawings import drawings
from tests.pages.test_drawing import SHOWN, mouse

WIDTH, HEIGHT = 1280, 580
SEED, DIGIT = 13, 3


def picture(folder: Path) -> bytes:
    """What one sees of the page with a digit on it, as a WebP file."""
    page = folder / "draw.html"
    subprocess.run([*SCRATCHNET, "draw", *BUNDLED_WEIGHTS, "--output", page], check=True)
    with browser(folder) as tab:
        tab.show(page, WIDTH)
        tab.call(
            "Emulation.setDeviceMetricsOverride",
            width=WIDTH, height=HEIGHT, deviceScaleFactor=2, mobile=False,
        )  # fmt: skip
        tab.run(SHOWN)
        mouse(tab, next(strokes for digit, strokes in drawings(10, SEED) if digit == DIGIT))
        shot = tab.call("Page.captureScreenshot", format="webp", quality=80)
    return base64.b64decode(shot["data"])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(sys.argv[1]).write_bytes(picture(Path(folder)))
