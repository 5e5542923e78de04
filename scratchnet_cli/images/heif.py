"""The memory that HEIC and AVIF files take, which may contain more pixels than the picture."""

import re
from collections.abc import Iterator
from math import prod
from typing import Any

from scratchnet_cli.errors import ImageError

# Up to three planes of two bytes, in AVIF twice for film grain, and the colours, copied once.
BYTES_PER_AVIF_PIXEL, BYTES_PER_HEIC_PIXEL, BYTES_PER_DEEP_HEIC_PIXEL = 24, 12, 24
MAX_ITEMS, MAX_UNITS = 1000, 10_000
# AV1's types of units (OBU): the header of a sequence has the size of the frames that follow.
_SEQUENCE_HEADER, _FRAMES = 1, (3, 6, 7)
_UNUSUAL = "{} picture of an unusual structure; export it as JPEG or PNG"


def needed_memory(image: Any, data: bytes) -> int:
    """Return how many bytes it takes at most to read a picture, its file included."""
    if image.format == "AVIF":
        pixels, per_pixel = _avif_pixels(data), BYTES_PER_AVIF_PIXEL
    else:
        is_deep = image.info.get("bit_depth") != 8
        pixels = _heic_pixels(image, data)
        per_pixel = BYTES_PER_DEEP_HEIC_PIXEL if is_deep else BYTES_PER_HEIC_PIXEL
    return max(pixels, int(image.width * image.height)) * per_pixel + 2 * len(data)


def _heic_pixels(image: Any, data: bytes) -> int:
    """Return the pixels of all parts. The decoder refuses frames larger than the file states."""
    if b"iovl" in data:
        # Layers are decoded one by one, as often as the file names them.
        raise ImageError(_UNUSUAL.format("a HEIC"))
    sizes = re.findall(rb"(?=ispe.{4}(.{4})(.{4}))", data, re.DOTALL)
    parts = sum(int.from_bytes(width) * int.from_bytes(height) for width, height in sizes)
    # The size of a picture made of tiles is elsewhere. All tiles are decoded, even if the picture
    # is smaller.
    tiling: dict[str, int] = image.info.get("tiling") or {}
    whole = ("image_width", "image_height")
    tiles = ("num_columns", "num_rows", "tile_width", "tile_height")
    return max(parts, *(prod(tiling.get(key, 0) for key in keys) for keys in (whole, tiles)))


def _avif_pixels(data: bytes) -> int:
    """Return the number of frames times the pixels of the largest.

    The decoder believes the AV1 frames, whatever size the file states: up to 16384x16384.
    """
    frames = largest = units = 0
    for start, end in _items(data):
        for kind, at in _units(data, start, end):
            units += 1
            _require(units <= MAX_UNITS)
            frames += kind in _FRAMES
            if kind == _SEQUENCE_HEADER:
                largest = max(largest, _frame_pixels(data[at : at + 8]))
    return frames * largest


def _require(condition: bool) -> None:
    if not condition:
        raise ImageError(_UNUSUAL.format("an AVIF"))


def _items(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each item begins and ends, as the only table of their locations says."""
    _require(data.count(b"iloc") == 1)
    at = data.index(b"iloc") + 4

    def number(size: int) -> int:
        nonlocal at
        at += size
        return int.from_bytes(data[at - size : at])

    version, _, sizes, base_and_index = number(1), number(3), number(1), number(1)
    id_bytes = 4 if version == 2 else 2
    count = number(id_bytes)
    _require(version <= 2 and count <= MAX_ITEMS and base_and_index & 15 == 0)
    for _ in range(count):
        number(id_bytes)
        # The location is in the file itself, and not in another item.
        _require(version == 0 or number(2) == 0)
        number(2)
        start = number(base_and_index >> 4)
        _require(number(2) == 1)
        start += number(sizes >> 4)
        length = number(sizes & 15)
        yield start, min(start + length, len(data)) if length else len(data)


def _units(data: bytes, at: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the type of each AV1 unit and where its content begins."""
    while at < end:
        header = data[at]
        at += 2 if header & 4 else 1
        size = end - at
        if header & 2:
            size = shift = 0
            is_last = False
            while not is_last and at < end:
                is_last = data[at] < 128
                size |= (data[at] & 127) << shift
                shift += 7
                at += 1
                _require(shift < 56)
        yield header >> 3 & 15, at
        at += size


def _frame_pixels(header: bytes) -> int:
    """Return the pixels of each frame that follows this sequence header, which is a picture's."""
    bits = "".join(f"{byte:08b}" for byte in header).ljust(64, "0")
    # A reduced header, as of a single picture: its frames have no sizes of their own.
    _require(bits[3:5] == "11")
    width_bits, height_bits = int(bits[10:14], 2) + 1, int(bits[14:18], 2) + 1
    middle = 18 + width_bits
    width, height = bits[18:middle], bits[middle : middle + height_bits]
    return (int(width, 2) + 1) * (int(height, 2) + 1)
