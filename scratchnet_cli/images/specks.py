"""Specks and lines one pixel wide, which cover much of a picture of few pixels."""

import numpy as np

from scratchnet_cli.images.grey import Colours, mix_colours

# In larger pictures a stroke is wide enough to be told from a speck by its area.
MAX_SIDE_PIXELS = 40
# A speck differs by more than this from all but two of the eight pixels around it.
MIN_SPECK_CONTRAST, MOST_ALIKE = 0.5, 2


def remove_specks(colours: Colours) -> Colours:
    """Return the (h, w, 1) mix of a picture's colours, with grey of the surroundings for specks.

    A stroke is two pixels wide or more, so three pixels around each of its pixels are like it.
    Beside a pixel of a line there are two.
    """
    grey = mix_colours(colours)
    height, width = grey.shape
    padded = np.pad(grey, 1, mode="edge")
    around = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    del around[4]
    ordered = np.sort(around, axis=0)
    is_light = grey > ordered[-1 - MOST_ALIKE] + MIN_SPECK_CONTRAST
    is_dark = grey < ordered[MOST_ALIKE] - MIN_SPECK_CONTRAST
    if not (is_light | is_dark).any():
        return colours
    clean = np.where(is_light | is_dark, (ordered[3] + ordered[4]) / 2, grey)
    return clean[:, :, None].astype(np.float32)
