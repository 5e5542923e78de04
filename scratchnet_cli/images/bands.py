"""Bands of one colour along the sides of a picture, painted over: scanners leave them."""

import numpy as np

from scratchnet_cli.images.grey import Colours
from scratchnet_cli.images.regions import Mask, sides

# The widest band, as a share of the picture's side, and the share of it that has its colour.
MAX_BAND_WIDTH_RATIO, MIN_BAND_COVER_RATIO = 0.3, 0.95
# Pixels of the same colour differ by less than this.
MAX_COLOUR_DIFFERENCE = 0.2
# A band is measured on about this many pixels across.
SAMPLE_SIDE_PIXELS = 64
# A band's edge is soft over this many pixels.
SOFT_EDGE_PIXELS = 2
# The share of the border just inside the bands that has one colour, the background's. If a digit
# fills the picture, the border has ink and background.
MIN_INSIDE_COVER_RATIO = 0.75
# The share of background inside: more is only background, less is a frame around background.
MIN_BACKGROUND_RATIO, MAX_BACKGROUND_RATIO = 0.5, 0.98


def paint_bands(colours: Colours) -> Colours:
    """Return a (h, w, c) picture whose bands have the colour of what lies just inside them.

    A picture without bands is returned itself. A band lies along a side, from end to end.
    """
    widths = [_band_width(np.rot90(colours, turns)) for turns in range(4)]
    top, right, bottom, left = widths
    inside = colours[top : len(colours) - bottom, left : colours.shape[1] - right]
    if not any(widths) or inside.size == 0:
        return colours
    border = np.concatenate(sides(inside))
    colour = np.median(border, axis=0)
    # Background above the digit looks like a band, except for its colour.
    bands = [
        turns
        for turns, width in enumerate(widths)
        if width and not _has_colour(np.rot90(colours, turns)[0], colour).any()
    ]
    is_clean = _has_colour(border, colour).mean() > MIN_INSIDE_COVER_RATIO
    step = max(1, max(inside.shape) // SAMPLE_SIDE_PIXELS)
    share = _has_colour(inside[::step, ::step], colour).mean()
    if not (bands and is_clean and MIN_BACKGROUND_RATIO < share < MAX_BACKGROUND_RATIO):
        return colours
    painted = colours.copy()
    for turns in bands:
        np.rot90(painted, turns)[: widths[turns]] = colour
    return painted


def _band_width(colours: Colours) -> int:
    """Return the width of what may be a band along the top, its soft edge included, or 0."""
    rows = colours[: int(MAX_BAND_WIDTH_RATIO * len(colours)) + 1]
    rows = rows[:, :: max(1, rows.shape[1] // SAMPLE_SIDE_PIXELS)]
    cover = _has_colour(rows, np.median(rows[0], axis=0)).mean(axis=1)
    width = int((cover < MIN_BAND_COVER_RATIO).argmax())
    return width + SOFT_EDGE_PIXELS if width else 0


def _has_colour(colours: Colours, colour: Colours) -> Mask:
    return np.asarray(np.abs(colours - colour).max(axis=-1) < MAX_COLOUR_DIFFERENCE)
