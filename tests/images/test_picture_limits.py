"""The memory and the time that a picture may take, whatever its format and the options."""

import base64
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.load import (
    MAX_MEMORY_BYTES,
    MAX_PIXELS,
    MAX_SCANNED_PIXELS,
    needed_memory,
    with_picture,
)
from scratchnet_cli.images.read import read_image
from scratchnet_cli.reports.data_uris import thumbnail
from tests.conftest import encoded
from tests.images import large_pictures
from tests.images.hostile_pictures import PIXELS, bmp_of_runs, png, png_header, resized, tiff
from tests.images.large_pictures import KINDS, READERS, large
from tests.memory import run_measured

PREDICT = ("predict", "picture")

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux reports the memory")


@pytest.mark.slow
@needs_linux
def test_memory_is_within_the_estimate() -> None:
    """No format and option takes more memory than estimated; --raw of another size takes none."""
    command = [sys.executable, large_pictures.__file__, "1200"]
    # The allocator then frees memory at once.
    freeing = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    done = subprocess.run(command, capture_output=True, check=True, env={**os.environ, **freeing})
    table = json.loads(done.stdout)
    assert len(table) == len(KINDS)
    for kind, row in table.items():
        assert row["--raw"] < 2**20, kind
        assert max(row[reader] for reader in READERS) < row["limit"] + 8 * 2**20, (kind, row)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_memory_of_the_largest_pictures(tmp_path: Path, kind: str) -> None:
    """The largest picture of each kind that is read takes below 1.35 GB, whatever the options."""
    for side in (10_000, *(math.isqrt(MAX_MEMORY_BYTES // share) - 50 for share in (13, 17))):
        (tmp_path / "picture").write_bytes(large(kind, side))
        refusals = 0
        for options in ((), ("--raw",), ("--report", "page.html")):
            measured = run_measured(*PREDICT, *options, cwd=tmp_path, address_space=3_000_000)
            assert "Traceback" not in measured.stderr
            assert measured.exit_code in ((3,) if "--raw" in options else (0, 3))
            assert measured.peak_mib * 2**20 < 1.35e9
            refusals += " GB, the maximum is" in measured.stderr
        if not refusals:
            break


def with_scans(side: int, scans: int) -> bytes:
    """Return a progressive JPEG whose last scan is repeated."""
    options = {"progressive": True, "subsampling": 0}
    data = encoded(Image.new("RGB", (side, side), "white"), "JPEG", **options)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * (scans - data.count(b"\xff\xda")) + data[-2:]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (tiff(9, 12, b"", tile=45_000), "take 19.24 GB, the maximum is 1.25; save"),
        (png(png_header(10_000, 10_000, 2), (b"tRNS", bytes(6)), PIXELS), "take 1.30 GB"),
        (resized("webp", 9000, 9000), "take 1.38 GB"),
        (with_scans(4500, 500), "a JPEG of 500 scans, more than it needs; save it again"),
        (with_scans(200, 500), "no digit found; crop the picture to the digit"),
        (
            encoded(Image.new("1", (10_001, 10_000))),
            "10001x10000 pixels, the maximum is 100 million",
        ),
        (png(png_header(5_882_353, 17), PIXELS), "5882353x17 pixels, the maximum is 100 million"),
        (bmp_of_runs(909_091, 11), "909091x11 pixels, the maximum is 10 million"),
        (b"P5 6000001 1 100\n" + bytes(9), "6000001x1 pixels, the maximum is 6 million"),
        (b"P6 2000001 1 254\n" + bytes(9), "2000001x1 pixels, the maximum is 2 million"),
        (b"P2 9000 900 9\n" + bytes(9), "9000x900 pixels, the maximum is 6 million"),
        (b"P5 1000 500 100\n" + bytes(500_000), "no digit found; crop the picture to the digit"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_limits_refuse_before_decoding(data: bytes, reason: str) -> None:
    """Pictures that take too much memory or time are refused; small ones of a kind are read."""
    with pytest.raises(ImageError, match=reason):
        read_image(data)


@pytest.mark.parametrize(
    "data",
    [
        png(png_header(10_000, 10_000), PIXELS), bmp_of_runs(5_000_000, 2),
        png(png_header(9800, 9811, 2), (b"tRNS", bytes(6)), PIXELS), resized("webp", 8570, 8570),
        b"P5 3000 2000 100\n" + bytes(9), b"P6 2000 1000 254\n" + bytes(9), with_scans(200, 50_000),
        tiff(9, 12, b"", tile=11_400),
    ],
    ids=lambda data: f"{len(data)} bytes",
)  # fmt: skip
def test_limits_allow_the_largest_pictures(data: bytes) -> None:
    """As many pixels as each form may have, and as take 1.25 GB of memory, are opened."""
    width, height = with_picture(data, lambda image: image.size)
    assert width * height <= 10**8


@pytest.mark.parametrize(
    ("kind", "bits", "per_pixel", "files"),
    [("png grey", 0, 9.5, 1), ("png colours, one of them transparent", 0, 13, 1),
     ("webp", 0, 17, 2), ("tiff colours, one strip", 8, 9.5, 2),
     ("tiff colours, one strip", 16, 10.5, 2), ("png palette, transparent", 0, 9.5, 1)],
)  # fmt: skip
def test_memory_is_estimated(kind: str, bits: int, per_pixel: float, files: int) -> None:
    """It is the picture and its copies, the file as often as it is copied, and TIFF's strip."""
    data = large(kind, 40)

    def needed(image: Any) -> float:
        if bits:
            image.tag_v2[258] = (bits,) * 3
        return needed_memory(image, data)

    assert with_picture(data, needed) == 1600 * per_pixel + files * len(data)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_limits_allow_ordinary_progressive_jpegs(mode: str) -> None:
    """A progressive JPEG as programs write it is read in any size that is read at all."""
    data = encoded(Image.new(mode, (900, 900)), "JPEG", progressive=True)
    assert data.count(b"\xff\xda") * MAX_PIXELS <= MAX_SCANNED_PIXELS
    with pytest.raises(ImageError, match="no digit found"):
        read_image(data)


@pytest.mark.parametrize("kind", ["JPEG", "GIF"])
def test_thumbnails_contain_pixels_only(kind: str) -> None:
    """No comment, position or name in a picture reaches a report that shows it."""
    exif = Image.Exif()
    exif[0x010E] = "SECRET"
    data = encoded(Image.new("L", (60, 30)), kind, comment=b"SECRET", exif=exif)
    assert b"SECRET" in data
    uri, *_ = thumbnail(data, 20)
    assert b"SECRET" not in base64.b64decode(uri.partition(",")[2])


@needs_linux
@pytest.mark.parametrize("name", ["photo", "sheet"])
def test_missing_memory_is_reported_in_a_sentence(tmp_path: Path, name: str) -> None:
    """With 300 MB of address space a picture is read or refused, never with a traceback."""
    photo, sheet = Image.effect_noise((400, 400), 90).convert("RGB"), Image.new("1", (10_000,) * 2)
    (tmp_path / name).write_bytes(encoded(photo, "BMP") if name == "photo" else encoded(sheet))
    measured = run_measured(*PREDICT[:-1], name, cwd=tmp_path, address_space=307_200)
    assert "Traceback" not in measured.stderr
    assert ("not enough memory" in measured.stderr) == (name == "sheet"), measured.stderr
    assert len(measured.stderr.splitlines()) <= 1


Y, X = np.mgrid[:1000, :1000]
INSIDE = (np.minimum(X, Y) > 15) & (np.maximum(X, Y) < 985)
WINDING = (Y % 8 < 4) | (X > 995) & (Y % 16 < 8) | (X < 4) & (Y % 16 >= 8)


@pytest.mark.slow
@pytest.mark.parametrize(
    "ink",
    [WINDING, X[:100] % 8 < 4, np.random.default_rng(3).random(X.shape) < 0.3, (X + Y) % 8 < 2,
     ((X + Y) % 3 < 1) & INSIDE, ((Y + abs(X % 60 - 30)) % 6 < 1) & INSIDE,
     ((X + Y) % 20 < 6) | ((X - Y) % 20 < 6)],
    ids=["serpentine", "stripes", "noise", "hatching", "fine hatching", "zigzag", "lattice"],
)  # fmt: skip
def test_any_page_is_read_within_seconds(tmp_path: Path, ink: NDArray[np.bool_]) -> None:
    """Small files of very many strokes that may be digits take 5 s, and never four times that."""
    (tmp_path / "picture").write_bytes(encoded(Image.fromarray(~ink)))
    command = [sys.executable, "-m", "scratchnet_cli", *PREDICT, "--multiple"]
    done = subprocess.run(command, cwd=tmp_path, check=False, timeout=20, capture_output=True)
    assert done.returncode in (0, 3), done.stderr[-200:]
