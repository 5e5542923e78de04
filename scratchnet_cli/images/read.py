"""Pictures to the 28x28 images of their digits, in the form of MNIST's images."""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.decode import Scan, decode, decode_raw
from scratchnet_cli.images.digit_image import SEVERAL_DIGITS, DigitImage, Place, turned_box
from scratchnet_cli.images.digits import find_digits, warnings_for
from scratchnet_cli.images.load import OUT_OF_MEMORY_MESSAGE, count_pages
from scratchnet_cli.images.mnist import as_mnist, fit
from scratchnet_cli.images.parts import longer_side
from scratchnet_cli.images.regions import mask_box
from scratchnet_cli.system.inputs import STDIN, check_file_size, read_bytes

Source = bytes | bytearray | str | os.PathLike[str] | NDArray[Any] | Image.Image
"""The content of a picture file, its path, an array of pixels, or a picture of Pillow's."""
_NOT_A_SOURCE = "expected a path, the bytes of a file, an array or a PIL image, not {}"
POLARITIES = ("auto", "dark", "light")
# Something else with this share of the digit's size is another digit.
MIN_OTHER_DIGIT_RATIO = 0.4


def read_image(source: Source, polarity: str = "auto") -> DigitImage:
    """Return the digit in a picture, scaled and centred as in MNIST's images.

    A picture that already has the form of MNIST's images is returned unchanged. Of several
    digits, the largest and most central one is returned, with a warning.

    Args:
        source: The content of a picture file, its path, a picture of Pillow's, or an array:
            (h, w) or (h, w, 3), uint8 or floats in [0, 1].
        polarity: "dark" if the ink is darker than the background, "light" if it is lighter, or
            "auto" to detect it.

    Returns:
        The image. Its ``pixels`` are (28, 28) uint8, 0 for background and 255 for ink. Its
        ``warnings`` say why the digit may be read wrong.

    Raises:
        ImageError: The file cannot be read, is not a picture, or shows no digit.
        TypeError, ValueError: ``source`` is none of these, or the polarity is unknown.

    Example:
        >>> image = read_image("photo.jpg")
        >>> image.pixels.shape, image.pixels.dtype, image.warnings
        ((28, 28), dtype('uint8'), ())
    """
    check_options(polarity)
    if not isinstance(source, bytes | bytearray | str | os.PathLike | np.ndarray | Image.Image):
        raise TypeError(_NOT_A_SOURCE.format(type(source).__name__))
    return read_digits(read_source(source), polarity=polarity)[0]


def check_options(polarity: str, raw: bool = False, multiple: bool = False) -> None:
    """Raise ValueError, or TypeError if ``raw`` or ``multiple`` is a text such as "no"."""
    for name, value in (("raw", raw), ("multiple", multiple)):
        if value not in (True, False):
            raise TypeError(f"{name} is {value!r}, expected True or False")
    if polarity not in POLARITIES:
        raise ValueError(f"polarity is {polarity!r}, expected one of {', '.join(POLARITIES)}")
    if raw and (polarity != "auto" or multiple):
        raise ValueError("raw takes pictures as they are: it excludes a polarity and multiple")


def read_source(source: Source) -> bytes | Image.Image:
    """Return the bytes of a file, or the picture; the path ``-`` is a file of this name."""
    if isinstance(source, bytes | bytearray):
        check_file_size(len(source))
        return bytes(source)
    if isinstance(source, Image.Image):
        return source
    if isinstance(source, np.ndarray):
        from scratchnet_cli.images.arrays import picture_of

        return picture_of(source)
    if not isinstance(source, str | os.PathLike):
        raise ImageError(_NOT_A_SOURCE.format(type(source).__name__))
    path = os.fspath(source)
    if os.path.isdir(path):  # noqa: PTH112
        raise ImageError("a folder, expected a picture")
    # A pipe without a writer would wait forever.
    if os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113
        raise ImageError("not a regular file, expected a picture")
    return read_bytes(os.path.join(os.curdir, path) if path == STDIN else path)  # noqa: PTH118


def read_digits(
    source: bytes | Image.Image,
    *,
    multiple: bool = False,
    raw: bool = False,
    polarity: str = "auto",
    turns: int = 0,
) -> list[DigitImage]:
    """Return the digit in a picture, or with ``multiple`` all that may be its digits.

    turns: quarter turns to the left of the picture, before it is read.
    """
    if raw:
        images = [DigitImage(decode_raw(source))]
    else:
        images = _find_digits(source, multiple, polarity, turns)
    if isinstance(source, bytes) and (pages := count_pages(source)) > 1:
        warning = f"only the first of {pages} pages or frames is read: save each as a file"
        return [replace(image, warnings=(warning, *image.warnings)) for image in images]
    return images


def _find_digits(
    source: bytes | Image.Image, multiple: bool, polarity: str, turns: int
) -> list[DigitImage]:
    scan = decode(source, page=multiple)
    if turns:
        scale = scan.scale if turns == 2 else scan.scale[::-1]
        scan = Scan(np.rot90(scan.pixels, turns), None, scale)
    ready = as_mnist(scan.grey, polarity)
    if ready is not None:
        box = mask_box(ready > 0) if multiple else None
        return [DigitImage(ready, place=Place(box) if box else None)]
    ink, groups = find_digits(scan.colours, polarity, page=multiple)
    if multiple:
        # Imported here because single digits do not need it.
        from scratchnet_cli.images.page import page_images

        images = page_images(ink, groups, scan.scale)
        return [_turned_back(image, scan, turns) for image in images]
    digit, *others = groups
    warnings = warnings_for(ink, digit)
    size = MIN_OTHER_DIGIT_RATIO * longer_side(digit.box)
    if any(longer_side(other.box) > size for other in others):
        warnings += (SEVERAL_DIGITS,)
    return [DigitImage(fit(digit.ink), warnings)]


def _turned_back(image: DigitImage, scan: Scan, turns: int) -> DigitImage:
    """Return an image of a turned scan, with its box in the picture before it was turned."""
    if not (turns and image.place):
        return image
    height, width = (round(scan.pixels.shape[axis] * scan.scale[1 - axis]) for axis in (0, 1))
    box = turned_box(image.place.box, (width, height), turns)
    return replace(image, place=image.place._replace(box=box, sideways=turns != 2))


def read_file(name: str, **options: Any) -> list[DigitImage] | ImageError:
    """Return the same as ``read_or_error`` for a file, or for standard input if name is ``-``."""
    return read_or_error(name, read_bytes, **options)


def read_or_error(
    source: Source, load: Callable[[Any], bytes | Image.Image] = read_source, **options: Any
) -> list[DigitImage] | ImageError:
    """Return what ``read_digits`` returns with these options, or its error; do not raise it."""
    try:
        return read_digits(load(source), **options)
    except ImageError as error:
        # A new error, because the traceback of this one keeps the whole picture in memory.
        return ImageError(*error.args)
    except MemoryError:
        return ImageError(OUT_OF_MEMORY_MESSAGE)
    except Exception as error:  # A bug must not cost the answers for other pictures.
        from traceback import format_exception

        reason = " ".join(f"{type(error).__name__}: {error}".split())
        unexpected = ImageError(f"unexpected {reason}; please report it, with what --debug prints")
        unexpected.traceback = "".join(format_exception(error))
        return unexpected
