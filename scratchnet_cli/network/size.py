"""How large a network may be, and how many inputs go through it at once: for all commands alike.

A weight file of a few kilobytes can describe layers of millions of zeros. What is computed of each
input has the width of the layers, so these limits are what bounds the memory of every command.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from scratchnet_cli.errors import WeightsError

# The values of an input and those that each layer gives, together; the book's network has 944.
MAX_VALUES = 2**17
# Ten are digits, 784 a whole picture.
MAX_CLASSES = 1000
# So many numbers are computed at once in one layer, or kept of all layers: 128 MiB as float64.
MAX_AT_ONCE = 2**24


def check_size(widths: Sequence[int]) -> None:
    """Refuse a network of such widths, that of its input first, if it is too large.

    Raises:
        WeightsError: it has too many classes, or layers too wide or too many.
    """
    if widths[-1] > MAX_CLASSES:
        raise WeightsError(f"the network has {widths[-1]} classes, the most is {MAX_CLASSES}")
    if sum(widths) > MAX_VALUES:
        raise WeightsError(
            f"the network computes {sum(widths)} values of each input, the most is {MAX_VALUES}"
        )


def blocks(count: int, width: int) -> Iterator[slice]:
    """``count`` inputs in parts that can be computed at once, each ``width`` numbers wide."""
    rows = rows_at_once(width)
    return (np.s_[start : start + rows] for start in range(0, count, rows))


def rows_at_once(width: int) -> int:
    """How many inputs can be computed at once, where each takes ``width`` numbers."""
    return max(1, MAX_AT_ONCE // width)
