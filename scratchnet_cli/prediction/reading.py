"""Files to the pictures of digits in them, batch by batch."""

from collections.abc import Callable, Iterable

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images import NO_MEMORY, Picture, read_digits, read_image, read_raw_image
from scratchnet_cli.prediction.inputs import read_bytes

Reading = tuple[str, list[Picture] | ImageError]
"""A file's name, and the pictures of digits in it, or why there are none."""


def read_batch(read: Callable[[str], list[Picture]], names: Iterable[str]) -> list[Reading]:
    """One reading for each name, in their order."""
    readings: list[Reading] = []
    for name in names:
        try:
            readings.append((name, read(name)))
        except ImageError as error:
            # A new one, for the traceback of this one keeps the whole picture in memory.
            readings.append((name, ImageError(*error.args)))
        except MemoryError:
            readings.append((name, ImageError(NO_MEMORY)))
    return readings


def read_file(name: str, raw: bool, multiple: bool, polarity: str) -> list[Picture]:
    """The pictures of digits in a file: one, or with ``multiple`` all of them.

    Raises:
        ImageError: the file cannot be read, is no picture or shows nothing.
    """
    data = read_bytes(name)
    if multiple:
        return read_digits(data, polarity)
    return [read_raw_image(data) if raw else read_image(data, polarity)]
