"""Arrays of pixels to pictures."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.load import MAX_MEMORY_BYTES

# Floats take two arrays of float32, one of uint8 and the picture; uint8 takes only the picture.
BYTES_PER_FLOAT, BYTES_PER_INTEGER = 10, 1


def picture_of(array: NDArray[Any]) -> Image.Image:
    """Return a picture of (h, w) greys or (h, w, 3) colours, uint8 or floats in [0, 1]."""
    if array.ndim not in (2, 3) or array.shape[2:] not in ((), (3,)):
        raise ImageError(
            f"an array of shape {array.shape}, expected (height, width) or (height, width, 3)"
        )
    if not array.size:
        raise ImageError(f"an array of shape {array.shape}, expected a pixel or more")
    # Checked before the array is converted, which takes the memory.
    is_float = np.issubdtype(array.dtype, np.floating)
    needed = array.size * (BYTES_PER_FLOAT if is_float else BYTES_PER_INTEGER)
    if needed > MAX_MEMORY_BYTES:
        raise ImageError(
            f"an array of shape {array.shape} takes {needed / 1e9:.2f} GB; use a smaller one"
        )
    if is_float:
        low, high = array.min(), array.max()
        # Negated, because comparisons with NaN are false.
        if not (low >= 0 and high <= 1):
            raise ImageError(f"floats from {low:g} to {high:g}, expected 0 to 1")
        array = np.multiply(array, 255, dtype=np.float32).round().astype(np.uint8)
    elif array.dtype != np.uint8:
        raise ImageError(f"an array of {array.dtype}; convert it to uint8, or to floats in [0, 1]")
    return Image.fromarray(array)
