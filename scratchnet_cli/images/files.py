"""Files to the pictures of digits in them, batch by batch."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.load import NO_MEMORY
from scratchnet_cli.images.page import read_digits
from scratchnet_cli.images.read import Picture, read_image, read_raw_image
from scratchnet_cli.system.inputs import read_bytes

Reading = tuple[str, list[Picture] | ImageError]
"""A file's name, and the pictures of digits in it, or why there are none."""


Source = TypeVar("Source")


def read_batch(read: Callable[[str], list[Picture]], names: Iterable[str]) -> list[Reading]:
    """One reading for each name, in their order."""
    return [(name, attempt(read, name)) for name in names]


def attempt(read: Callable[[Source], list[Picture]], source: Source) -> list[Picture] | ImageError:
    """What ``read`` makes of a source; if it fails, or wants too much memory, the error."""
    try:
        return read(source)
    except ImageError as error:
        # A new one, for the traceback of this one keeps the whole picture in memory.
        return ImageError(*error.args)
    except MemoryError:
        return ImageError(NO_MEMORY)


def read_file(name: str, raw: bool, multiple: bool, polarity: str) -> list[Picture]:
    """The pictures of digits in a file: one, or with ``multiple`` all of them.

    Raises:
        ImageError: the file cannot be read, is no picture or shows nothing.
    """
    return read_pictures(read_bytes(name), raw, multiple, polarity)


def read_pictures(data: bytes, raw: bool, multiple: bool, polarity: str) -> list[Picture]:
    """As ``read_file``, from the bytes of a file.

    Raises:
        ImageError: the file is no picture or shows nothing.
    """
    if multiple:
        # By way of its room, which loads what only pages need when it is asked for.
        return read_digits(data, polarity)
    return [read_raw_image(data) if raw else read_image(data, polarity)]
