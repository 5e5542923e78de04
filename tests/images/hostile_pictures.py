"""Hostile picture files: lying sizes, bombs, odd EXIF, cut and broken ones."""

import struct
import zlib
from collections.abc import Iterator
from itertools import product

from tests.fuzz.targets import pictures, with_checksums

SOUND = pictures()
FORMATS = ("png", "jpeg", "bmp", "gif", "webp", "tiff", "ppm")
PIXELS, END = (b"IDAT", zlib.compress(bytes(120))), (b"IEND", b"")


def resized(name: str, width: int, height: int) -> bytes:
    """Return a sound picture whose header claims another size, up to the format's limit."""
    data = bytearray(SOUND[name])
    fields = {
        "png": (">2I", 16, width, height),
        "jpeg": (">2H", data.find(b"\xff\xc0") + 5, height, width),
        "bmp": ("<2i", 18, width, height),
        "gif": ("<2H", 6, width, height),
        "webp": ("<2H", data.find(b"\x9d\x01\x2a") + 3, width, height),
    }
    if name == "tiff":
        set_tag(data, 256, width)
        set_tag(data, 257, height)
    elif name == "ppm":
        data[:-108] = b"P5\n%d %d\n255\n" % (width, height)
    else:
        form, at, *sides = fields[name]
        most = 2**16 - 1 if form[2] == "H" else 2**31 - 1
        struct.pack_into(form, data, at, *(min(side, most) for side in sides))
    return with_checksums(bytes(data))


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG of these chunks."""
    packed = (struct.pack(">I", len(body)) + kind + body + bytes(4) for kind, body in chunks)
    return with_checksums(b"\x89PNG\r\n\x1a\n" + b"".join(packed))


def png_header(width: int, height: int, colour: int = 0) -> tuple[bytes, bytes]:
    """Return the first chunk of a PNG of 8 bits; colour 0 is grey, 2 is RGB, 3 a palette."""
    return b"IHDR", struct.pack(">2I5B", width, height, 8, colour, 0, 0, 0)


def zeros(size: int) -> bytes:
    """Return this many bytes of zeros, deflated."""
    packer = zlib.compressobj(9)
    sizes = [2**20] * (size >> 20) + [size & (2**20 - 1)]
    return b"".join(packer.compress(bytes(part)) for part in sizes) + packer.flush()


def tiff(width: int, height: int, packed: bytes, tile: int = 0) -> bytes:
    """Return a TIFF of deflated grey, in one strip or in one tile of this side."""
    tags = {256: width, 257: height, 258: 8, 259: 8, 262: 1}
    if tile:
        tags |= {322: tile, 323: tile, 324: 8 + 2 + 12 * 9 + 4, 325: len(packed)}
    else:
        tags |= {273: 8 + 2 + 12 * 8 + 4, 278: height, 279: len(packed)}
    entries = (struct.pack("<2HII", tag, 4, 1, value) for tag, value in tags.items())
    start = b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags))
    return start + b"".join(entries) + bytes(4) + packed


def bmp_of_runs(width: int, lines: int) -> bytes:
    """Return a BMP that ends each line after one pixel and leaves the rest to the decoder."""
    data = bytearray(SOUND["bmp"])
    struct.pack_into("<2i", data, 18, width, lines)
    struct.pack_into("<I", data, 30, 1)
    (start,) = struct.unpack_from("<I", data, 10)
    return bytes(data[:start]) + b"\x01\x05\0\0" * lines + b"\0\x01"


def set_tag(data: bytearray, tag: int, value: int) -> None:
    """Set a tag of a little-endian TIFF to a value of 32 bits."""
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    for entry in range(start + 2, start + 2 + 12 * count, 12):
        if struct.unpack_from("<H", data, entry) == (tag,):
            struct.pack_into("<HII", data, entry + 2, 4, 1, value)


def hostile() -> dict[str, bytes]:
    """Return each hostile picture by a name that says what is wrong with it."""
    found = {"bmp of negative size": resized("bmp", -9, -(2**31))}
    sizes = ((0, 12), (9, 0), (2**31 - 1, 2**31 - 1), (60_000, 60_000))
    for name, (width, height) in product(FORMATS, sizes):
        found[f"{name} of {width}x{height}"] = resized(name, width, height)
    for (name, data), part in product(SOUND.items(), (0.3, 0.6, 0.9)):
        found[f"{name} cut at {part}"] = data[: int(len(data) * part)]
    tiff_start = b"II*\0\x08\0\0\0"
    entries = {
        "orientation 0": (1, 0x0112, 3, 1, 0),
        "orientation 9": (1, 0x0112, 3, 1, 9),
        "orientation of text": (1, 0x0112, 2, 4, 0x786973),
        "4 GiB of orientation": (1, 0x0112, 3, 2**31, 8),
        "65535 entries": (65535, 0x0112, 3, 1, 6),
        "a directory within itself": (1, 0x8769, 4, 1, 8),
    }
    exif = {name: tiff_start + struct.pack("<3H2I", *entry) for name, entry in entries.items()}
    for name, value in {**exif, "nothing": b"", "noise": bytes(range(256)) * 8}.items():
        segment = b"\xff\xe1" + struct.pack(">H", len(value) + 8) + b"Exif\0\0" + value
        found[f"jpeg with exif: {name}"] = SOUND["jpeg"][:2] + segment + SOUND["jpeg"][2:]
        found[f"png with exif: {name}"] = png(png_header(9, 12), (b"eXIf", value), PIXELS, END)
    return found | _bombs() | dict(_broken())


def _bombs() -> dict[str, bytes]:
    many, header = zeros(100 * 2**20), png_header(9, 12)
    frames = (b"acTL", struct.pack(">2I", 2**31 - 1, 0))
    half = b"\0" + b"\xff" * 4 + b"\0\0" + b"\xff" * 3
    strip = zlib.compress((b"\0" + b"\xff" * 9) * 10**6 + half * 10**6, 9)
    gif = SOUND["gif"]
    return {
        "png with more data than pixels": png(header, (b"IDAT", many), END),
        "png with a text of 100 MB": png(header, (b"zTXt", b"x\0\0" + many), PIXELS, END),
        "png with a profile of 100 MB": png(header, (b"iCCP", b"x\0\0" + many), PIXELS, END),
        "png of 10000 chunks": png(header, *[(b"tEXt", b"x\0y")] * 10_000, PIXELS, END),
        "png of 2 billion frames": png(header, frames, PIXELS, END),
        "bmp of 95 million pixels in runs": bmp_of_runs(5_000_000, 19),
        "png of 9x2000000": png(png_header(9, 2 * 10**6), (b"IDAT", strip), END),
        "tiff with more data than pixels": tiff(9, 12, many),
        "ppm with an endless number": b"P5 " + b"9" * 200_000,
        "ppm with an endless remark": b"P5 #" + b"x" * 100_000,
        "gif of 20000 frames": gif[:-1] + gif[gif.index(b",") : -1] * 20_000 + b";",
    }


def _broken() -> Iterator[tuple[str, bytes]]:
    for white in (b"0", b"65536", b"-1", b"x"):
        yield f"ppm with a white of {white.decode()}", b"P5 2 2 %b\n\0\0\0\0" % white
    # Samples of a pixel, the length and the place of a strip, the packing.
    for tag, value in ((277, 1024), (279, 2**32 - 1), (273, 2**32 - 2), (259, 65000)):
        changed = bytearray(SOUND["tiff rgba"])
        set_tag(changed, tag, value)
        yield f"tiff with {value} in tag {tag}", bytes(changed)
    # The places of a directory and of pixels, the number of colours, the length of a chunk.
    for kind, at in (("tiff", 4), ("bmp", 10), ("bmp", 46), ("webp", 16)):
        changed = bytearray(SOUND[kind])
        struct.pack_into("<I", changed, at, 2**31 - 2)
        yield f"{kind} with a huge number at byte {at}", bytes(changed)
    yield "png without its palette", png(png_header(9, 12, colour=3), PIXELS, END)
    yield "png without pixels", png(png_header(9, 12), END)
    yield "png of an unknown colour type", png(png_header(9, 12, colour=7), PIXELS, END)
    yield "png with a wrong checksum", SOUND["png"][:-20] + b"xxxx" + SOUND["png"][-16:]
    yield "jpeg without tables", SOUND["jpeg"].replace(b"\xff\xdb", b"\xff\xfe")
    for start in (b"%!PS-Adobe-3.0 EPSF-3.0\n", b"icns", b"\0\0\1\0"):
        yield f"{start[:4]!r}, an unknown format", start + bytes(64)
