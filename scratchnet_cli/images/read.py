"""Any picture of a digit to the 28x28 that MNIST would have made of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.background import bare
from scratchnet_cli.images.decode import decode, decode_as_stored
from scratchnet_cli.images.digits import Group, find_groups, without_frames
from scratchnet_cli.images.grey import Colours, Grey, Pixels
from scratchnet_cli.images.ink import BLANK, Ink, find_ink, mix
from scratchnet_cli.images.digit_image import Box, DigitImage, Place
from scratchnet_cli.images.lines import without_lines
from scratchnet_cli.images.mnist import FIELD, fit, fits_already
from scratchnet_cli.images.regions import Mask
from scratchnet_cli.images.sheet import find_sheet, is_narrow

LOW_CONTRAST = "low contrast"
SEVERAL = "more than one digit"
CUT = "ink cut by the edge"
# Ink should stand out of the noise by this factor, and from its ground by that much of black.
CLEAR, CLEAREST_NOISE = 8, 0.08
# Numbers cover less than this share of their page. Its ground is measured so often: beside a
# shadow's edge the first times are not enough.
PAGE_INK, PAGE_PASSES = 0.3, 3
# Beside the digit, something of this share of its size is another digit.
OTHER = 0.4

def read_image(data: Source, polarity: str = "auto") -> DigitImage:
    """The digit in a picture file, fitted and centred as in MNIST.

    polarity: "dark" or "light" ink, or "auto" to tell by the picture. A picture that is MNIST's
    already comes out as it went in. Of several digits it is the largest and most central one.

    Raises:
        ImageError: the file is no picture of the known formats, or shows nothing.
        TypeError: ``data`` is not the content of a file, but perhaps its name.
    """
    data = read_source(data)
    seen = decode(data)
    ready = as_mnist(seen.grey, polarity)
    if ready is not None:
        return DigitImage(ready)
    ink, groups = find_digits(seen.colours, polarity)
    found = doubts(ink, groups[0])
    if any(group.size > OTHER * groups[0].size for group in groups[1:]):
        found += (SEVERAL,)
    return DigitImage(fit(groups[0].ink), found)


def read_raw_image(data: bytes) -> DigitImage:
    """The 28x28 picture in a file, its grey values untouched.

    Raises:
        ImageError: the file is no picture of the known formats, or is of another size.
    """
    return DigitImage(decode_as_stored(data, FIELD))


def as_mnist(grey: Pixels | None, polarity: str) -> Pixels | None:
    """The picture itself if it has MNIST's size, box and centre, as light ink on black."""
    if grey is None:
        return None
    if polarity != "dark" and fits_already(grey):
        return grey
    ink = 255 - grey
    return ink if polarity != "light" and fits_already(ink) else None


def find_digits(colours: Colours, polarity: str, page: bool = False) -> tuple[Ink, list[Group]]:
    """The digits on the sheet, if the picture shows one on a table, else in the whole picture.

    Raises:
        ImageError: there are none.
    """
    # A sheet may differ from its table in brightness or, in a picture that has it, in colour only.
    for look in (_brightness, mix)[: colours.shape[2]]:
        sheet = find_sheet(look(colours))
        if sheet is not None:
            try:
                return digits_on(beyond_sheet(colours, sheet), polarity, page, sheet)
            except ImageError:
                if not is_narrow(sheet):
                    raise
    everywhere = np.ones(colours.shape[:2], np.bool_)
    try:
        return digits_on(colours, polarity, page, everywhere)
    except ImageError as error:
        if polarity != "auto":
            advice = "--polarity auto looks for light and dark"
            raise ImageError(f"there is no {polarity} ink in the picture; {advice}") from error
        if not page:
            raise
    # With a shadow over half of it, paper may have been taken for ink.
    return digits_on(colours, "dark", page, everywhere)


def _brightness(colours: Colours) -> Grey:
    return np.asarray(colours.mean(axis=2), np.float32)


def beyond_sheet(colours: Colours, sheet: Mask) -> Colours:
    """The picture with the sheet's colours, and the light on them, going on around the sheet."""
    table = (~sheet).astype(np.float32)
    around = np.stack([bare(channel, table) for channel in np.moveaxis(colours, 2, 0)], axis=2)
    return np.where(sheet[:, :, None], colours, around).astype(np.float32)


def digits_on(colours: Colours, polarity: str, page: bool, sheet: Mask) -> tuple[Ink, list[Group]]:
    """The ink of a picture and the digits that it forms on a sheet.

    Raises:
        ImageError: there are none.
    """
    ink = find_page_ink(colours, polarity) if page else find_ink(colours, polarity)
    groups = find_groups(without_lines(without_frames(ink.amount * sheet, page)), page)
    if not groups:
        raise ImageError(BLANK)
    return ink, groups


def find_page_ink(colours: Colours, polarity: str) -> Ink:
    """The same as ``find_ink``, but in shadow, too, ink is what there is less of.

    Raises:
        ImageError: there is none.
    """
    ink = find_ink(colours, polarity, PAGE_PASSES)
    if ink.amount.mean() < PAGE_INK:
        return ink
    found = [ink]
    for named in ("dark", "light") if polarity == "auto" else (polarity,):
        for fills in (True, False):
            with suppress(ImageError):
                found.append(find_ink(colours, named, PAGE_PASSES, fills))
    return min(found, key=lambda ink: float(ink.amount.mean()))


def doubts(ink: Ink, digit: Group) -> tuple[str, ...]:
    """Why the reading of a digit may be wrong, whatever stands beside it."""
    found: tuple[str, ...] = ()
    if ink.depth < max(CLEAR * ink.noise, CLEAREST_NOISE):
        found += (LOW_CONTRAST,)
    if digit.cut:
        found += (CUT,)
    return found


import os

from scratchnet_cli.images.load import NO_MEMORY
from scratchnet_cli.system.inputs import STDIN, check_file_size, read_bytes

Source = bytes | bytearray | str | os.PathLike[str]
POLARITIES = ("auto", "dark", "light")


def read_source(source: Source) -> bytes:
    if isinstance(source, bytes | bytearray):
        check_file_size(len(source))
        return bytes(source)
    if not isinstance(source, str | os.PathLike):
        raise ImageError(
            f"neither the bytes of a picture nor its path, but {type(source).__name__}"
        )
    path = os.fspath(source)
    if os.path.isdir(path):
        raise ImageError("a folder, not a picture")
    return read_bytes(os.path.join(os.curdir, path) if path == STDIN else path)


def read_digits(data, *, multiple=False, raw=False, polarity="auto"):
    if multiple:
        from scratchnet_cli.images.page import read_digits as page

        return page(data, polarity)
    return [read_raw_image(data) if raw else read_image(data, polarity)]


def _attempt(read):
    try:
        return read()
    except ImageError as error:
        return ImageError(*error.args)
    except MemoryError:
        return ImageError(NO_MEMORY)


def read_file(name, *, multiple=False, raw=False, polarity="auto"):
    return _attempt(lambda: read_digits(read_bytes(name), multiple=multiple, raw=raw, polarity=polarity))


def read_or_error(source, *, raw=False, polarity="auto"):
    return _attempt(lambda: read_digits(read_source(source), raw=raw, polarity=polarity))
