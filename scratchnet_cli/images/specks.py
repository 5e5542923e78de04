"""Specks and lines one pixel wide, removed from pictures of few pixels."""

import numpy as np

from scratchnet_cli.images.grey import Colours, mix_colours

# In larger pictures, specks are much smaller than strokes, and are left out because of that.
MAX_SPECKLED_SIDE_PIXELS = 40
# A speck differs by more than this from all but two of the eight pixels around it.
MIN_SPECK_CONTRAST, MAX_SIMILAR_PIXELS = 0.5, 2


def remove_specks(colours: Colours) -> Colours:
    """Return the (h, w, 1) mix of a small picture's colours, without specks and lines.

    Each pixel of a stroke has three similar pixels around it, because strokes are two pixels wide
    or more. A pixel of a line has two. A picture without specks is returned itself.
    """
    if max(colours.shape[:2]) > MAX_SPECKLED_SIDE_PIXELS:
        return colours
    grey = mix_colours(colours)
    height, width = grey.shape
    padded = np.pad(grey, 1, mode="edge")
    around = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    del around[4]
    ordered = np.sort(around, axis=0)
    is_speck = grey > ordered[-1 - MAX_SIMILAR_PIXELS] + MIN_SPECK_CONTRAST
    is_speck |= grey < ordered[MAX_SIMILAR_PIXELS] - MIN_SPECK_CONTRAST
    if not is_speck.any():
        return colours
    clean = np.where(is_speck, (ordered[3] + ordered[4]) / 2, grey)
    return clean[:, :, None].astype(np.float32)
