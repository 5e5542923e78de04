"""HEIC and AVIF files: read like others, and within the limits of memory, whatever they state."""

import io
import re

import pytest
from PIL import Image

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images import load
from scratchnet_cli.images.decode import decode, decode_raw
from scratchnet_cli.images.heif import needed_memory
from scratchnet_cli.images.read import read_image
from tests.conftest import Uint8, encoded


def heic(image: Image.Image, **options: object) -> bytes:
    """Return a HEIC file, if one can be written here."""
    file = io.BytesIO()
    pytest.importorskip("pillow_heif").from_pillow(image).save(file, **options)
    return file.getvalue()


def lying(data: bytes) -> bytes:
    """Return a file that says that its picture has 28x28 pixels."""
    size = (28).to_bytes(4) * 2
    return re.sub(rb"(ispe.{4}).{8}", lambda match: match[1] + size, data, flags=re.DOTALL)


@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_pictures_of_phones_are_read(digits: Uint8, kind: str) -> None:
    """A digit is read as its PNG is, upright, also in tiles."""
    image = Image.fromarray(digits[0]).resize((140, 140)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    expected = read_image(encoded(image)).pixels.astype(float)
    turned = image.transpose(Image.Transpose.ROTATE_90)
    if kind == "heic":
        files = [heic(image), heic(image, tile_size=64), heic(turned, exif=exif.tobytes())]
    else:
        files = [encoded(image, "AVIF"), encoded(turned, "AVIF", exif=exif)]
    for data in files:
        assert abs(read_image(data).pixels - expected).mean() < 3


def test_frames_of_an_avif_count_whatever_its_size() -> None:
    """Its decoder believes the frames: 28x28 pixels may be 53 million."""
    large = encoded(Image.new("L", (7300, 7300), 255), "AVIF", speed=10)
    for data in (large, lying(large)):
        with pytest.raises(ImageError, match=r"take 1\.28 GB, the maximum is 1\.25"):
            decode(data)
    small = encoded(Image.new("L", (28, 28), 255), "AVIF")
    assert decode_raw(small).min() == 255
    table = small.index(b"iloc")
    # A second table, an unknown version, places that are relative to others.
    for at, new in ((len(small), b"iloc"), (table + 4, b"\3"), (table + 9, b"\1")):
        odd = small[:at] + new + small[at + len(new) :]
        with (
            Image.open(io.BytesIO(small)) as image,
            pytest.raises(ImageError, match="AVIF picture of an unusual structure; export it"),
        ):
            needed_memory(image, odd)


def test_parts_of_a_heic_count() -> None:
    """Frames are not larger than the file states; its parts count, and layers are refused."""
    data = heic(Image.new("L", (600, 600), 255))
    cases = {
        lying(data): "the picture is damaged or cut short; save or copy it again",
        data + b"iovl": "HEIC picture of an unusual structure; export it",
        data + b"ispe" + bytes(4) + (11_000).to_bytes(4) * 2: r"take 1\.46 GB",
    }
    for odd, reason in cases.items():
        with pytest.raises(ImageError, match=reason):
            decode(odd)


def test_raw_heic_has_the_size_that_it_states() -> None:
    """If the part to cut out is not in the frame, the decoder returns the whole frame, 64x28."""
    data = heic(Image.new("L", (28, 28), 255))
    assert decode_raw(data).shape == (28, 28)
    offset = (-36).to_bytes(4, signed=True)
    with pytest.raises(ImageError, match="64x28 pixels, expected 28x28 for --raw"):
        decode_raw(data.replace(offset, offset[:1] + bytes(3), 1))


def test_tiles_of_a_heic_count() -> None:
    """A picture of 28x28 pixels may have a thousand large tiles, or the same tile as often."""
    image = Image.new("RGB", (28, 28))
    image.format = "HEIF"
    counts = {"num_columns": 32, "num_rows": 32, "tile_width": 512, "tile_height": 256}
    image.info = {"bit_depth": 8, "tiling": counts | {"image_width": 28, "image_height": 28}}
    assert needed_memory(image, b"") == 12 * 32 * 32 * 512 * 256


def test_files_of_phones_have_at_most_64_mib() -> None:
    """A larger one is refused before it is parsed."""
    data = encoded(Image.new("L", (28, 28)), "AVIF").ljust(load.MAX_HEIF_BYTES + 1)
    with pytest.raises(ImageError, match="67108865 bytes of HEIC or AVIF, the maximum is 67108864"):
        decode(data)
