"""Specks and lines one pixel wide, which cover much of a picture of few pixels."""

import numpy as np

from scratchnet_cli.images.grey import Grey

# In larger pictures a stroke is wide enough to be told from a speck by its area.
MAX_SIDE_PIXELS = 40
# A speck differs by more than this from all but two of the eight pixels around it.
MIN_SPECK_CONTRAST, MOST_ALIKE = 0.5, 2


def remove_specks(grey: Grey) -> Grey:
    """Return a (h, w) picture whose specks have the median grey of what is around them.

    A stroke is two pixels wide or more, so three pixels around each of its pixels are like it.
    Beside a pixel of a line there are two.
    """
    height, width = grey.shape
    padded = np.pad(grey, 1, mode="edge")
    around = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    del around[4]
    ordered = np.sort(around, axis=0)
    is_light = grey > ordered[-1 - MOST_ALIKE] + MIN_SPECK_CONTRAST
    is_dark = grey < ordered[MOST_ALIKE] - MIN_SPECK_CONTRAST
    return np.where(is_light | is_dark, (ordered[3] + ordered[4]) / 2, grey).astype(np.float32)
