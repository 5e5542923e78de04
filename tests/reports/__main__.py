"""``python -m tests.reports FILE.webp``: make the README's picture of the page to draw on."""

import base64
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conftest import SCRATCHNET
from tests.reports.browser import open_browser
from tests.reports.drawings import drawings
from tests.reports.test_drawing_in_browser import draw_with_mouse

if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, open_browser(name) as tab:
        page = Path(name, "draw.html")
        subprocess.run([*SCRATCHNET, "draw", "--output", page], check=True)
        tab.show(page)
        tab.resize(1280, 580, scale=2)
        tab.wait()
        draw_with_mouse(tab, dict(drawings(10, seed=13))[3])
        shot = tab.call("Page.captureScreenshot", format="webp", quality=80)
        Path(sys.argv[1]).write_bytes(base64.b64decode(shot["data"]))
