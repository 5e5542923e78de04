"""What a picture may take: memory and seconds, whatever its format and the options."""

import base64
import io
import json
import math
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.load import MAX_MEMORY, MAX_PIXELS, MAX_SCANNED_PIXELS
from scratchnet_cli.images.read import read_image
from scratchnet_cli.reports.data_uris import thumbnail
from tests.conftest import encoded
from tests.fuzz.targets import pictures
from tests.images import large_pictures
from tests.images.hostile_pictures import set_tag
from tests.images.large_pictures import KINDS, WAYS, large
from tests.memory import run_measured

PREDICT = ("predict", "--weights", "bundled", "picture")
ADDRESS_SPACE = 3_000_000
LONGEST_S = 20
STARTING = "from scratchnet_cli.__main__ import main; main()"

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the memory")


@pytest.mark.slow
@needs_linux
def test_each_picture_takes_what_the_limits_say() -> None:
    """Of all formats and options, none takes more memory than it is said to before decoding.

    --raw takes none, for none of them is of 28x28 pixels.
    """
    command = [sys.executable, large_pictures.__file__, "1200"]
    # The allocator then gives back at once what is freed.
    told = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    done = subprocess.run(command, capture_output=True, check=True, env={**os.environ, **told})
    table = json.loads(done.stdout)
    assert len(table) == len(KINDS)
    work = 8 * 2**20
    for kind, row in table.items():
        assert row["--raw"] < 2**20, kind
        for way in WAYS:
            assert row[way] < row["limit"] + work, (kind, way)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_largest_pictures_take_what_the_readme_says(tmp_path: Path, kind: str) -> None:
    """Of each kind the largest picture that is read takes below 1.35 GB, whatever the options."""
    refusals = 0
    for side in (10_000, *(math.isqrt(MAX_MEMORY // share) - 50 for share in (13, 17))):
        (tmp_path / "picture").write_bytes(large(kind, side))
        for options in ((), ("--raw",), ("--report", "page.html")):
            measured = run_measured(
                *PREDICT, *options, cwd=tmp_path, address_space=ADDRESS_SPACE, timeout=LONGEST_S
            )
            assert "Traceback" not in measured.stderr
            assert measured.exit_code in ((3,) if "--raw" in options else (0, 3))
            assert measured.peak_mib * 2**20 < 1.35e9
            refusals += "would take" in measured.stderr
        if not refusals:
            break
        refusals = 0


def refused(data: bytes) -> str:
    """Why a picture is not read; it is told soon."""
    start = time.process_time()
    with pytest.raises(ImageError) as told:
        read_image(data)
    assert time.process_time() - start < 5
    return str(told.value)


def test_a_tile_of_a_tiff_is_looked_at_first() -> None:
    """A TIFF of 9x12 pixels in tiles of 45,000x45,000 is refused before one is unpacked."""
    data = bytearray(pictures()["tiff"])
    # Strips become tiles: where they lie, how long they are, how wide and high.
    set_tag(data, 259, 8)
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    entries = {
        tag: data[at : at + 12]
        for at in range(start + 2, start + 2 + 12 * count, 12)
        for (tag,) in [struct.unpack_from("<H", data, at)]
    }
    tiles = {322: 45_000, 323: 45_000}
    for old, new in ((273, 324), (279, 325)):
        tiles[new] = struct.unpack_from("<H" if entries[old][2] == 3 else "<I", entries[old], 8)[0]
    for tag in (273, 278, 279):
        del entries[tag]
    for tag, value in tiles.items():
        entries[tag] = bytearray(struct.pack("<2HII", tag, 4, 1, value))
    body = b"".join(bytes(entries[tag]) for tag in sorted(entries))
    directory = struct.pack("<H", len(entries)) + body + bytes(4)
    struct.pack_into("<I", data, 4, len(data))
    assert "would take 19.24 GB" in refused(bytes(data) + directory)


def with_scans(side: int, scans: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    options = {"progressive": True, "subsampling": 0}
    data = encoded(Image.new("RGB", (side, side), "white"), "JPEG", **options)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * (scans - data.count(b"\xff\xda")) + data[-2:]


def test_a_jpeg_of_many_scans_is_refused() -> None:
    """Each scan visits all pixels: 500 of them over 20 million pixels would take half a minute."""
    assert "500 scans" in refused(with_scans(4500, 500))
    assert "blank" in refused(with_scans(200, 500)), "small ones are read"


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_an_ordinary_progressive_jpeg_is_not(mode: str) -> None:
    """A progressive JPEG as programs write it is read in any size that is read at all."""
    data = encoded(Image.new(mode, (900, 900)), "JPEG", progressive=True)
    assert data.count(b"\xff\xda") * MAX_PIXELS <= MAX_SCANNED_PIXELS
    assert "blank" in refused(data)


@pytest.mark.parametrize(
    ("header", "bytes_"),
    [
        (b"P5 10000 10000 100\n", 10**8),
        (b"P6 3000 3000 254\n", 27 * 10**6),
        (b"P2 9000 900 9\n", 9),
    ],
)
def test_a_pnm_that_is_unpacked_in_python_may_be_smaller(header: bytes, bytes_: int) -> None:
    """With another white than 255 Pillow takes half a microsecond a value."""
    assert "pixels are more than" in refused(header + bytes(bytes_))


def test_a_small_pnm_of_any_white_is_read() -> None:
    """The limit is one of size: a picture of two million values is decoded as ever."""
    assert "blank" in refused(b"P5 1000 500 100\n" + bytes(500_000))


@pytest.mark.parametrize("kind", ["JPEG", "GIF"])
def test_thumbnails_carry_pixels_only(kind: str) -> None:
    """No comment, place or name that is written in a picture reaches a page that shows it."""
    exif = Image.Exif()
    exif[0x010E] = "SECRET"
    data = encoded(Image.new("L", (60, 30)), kind, comment=b"SECRET", exif=exif)
    assert b"SECRET" in data
    uri, *_ = thumbnail(data, 20)
    small = base64.b64decode(uri.partition(",")[2])
    assert b"SECRET" not in small
    with Image.open(io.BytesIO(small)) as image:
        assert image.size == (20, 10)
        assert not {"comment", "exif", "icc_profile", "xmp"} & set(image.info)


@needs_linux
@pytest.mark.parametrize("name", ["photo", "sheet"])
def test_a_picture_beyond_the_memory_is_told_in_a_sentence(tmp_path: Path, name: str) -> None:
    """With 300 MB of address space a photograph is read or refused, never a traceback."""
    photo = encoded(Image.effect_noise((400, 400), 90).convert("RGB"), "BMP")
    sheet = encoded(Image.new("1", (10_000, 10_000)))
    (tmp_path / name).write_bytes(photo if name == "photo" else sheet)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (307200 << 10,) * 2)\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{limit}{STARTING}", *PREDICT[:-1], name],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=LONGEST_S,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert b"Traceback" not in done.stderr, done.stderr
    assert (b"not enough memory" in done.stderr) == (name == "sheet"), done.stderr
    assert len(done.stderr.splitlines()) <= 1
