"""Ruled lines and squares off the paper, and the digit left on it."""

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.grey import Grey, quantile
from scratchnet_cli.images.regions import Mask

# A line is followed across the picture in this many steps, up or down by SLOPE pixels in each.
STEPS, SLOPE = 24, 2
# It has ink in this share of its length.
COVER = 0.8
# What is thicker than this share of the picture is no line.
THICKEST = 0.02
# From here on it is ink.
INK = 0.25
# Where ink is wider than the line by this factor, a stroke crosses or runs along it.
WIDER = 1.6
# So many parallel lines are ruled. Fewer may be a stroke from edge to edge, unless thinner than
# this share of the pen.
RULED, THINNER = 3, 0.6


def without_lines(amount: Grey) -> Grey:
    """Amounts of ink, (h, w), without lines that run from edge to edge, across or down."""
    amount = without_rows(amount)
    return without_rows(amount.T).T


def without_rows(amount: Grey) -> Grey:
    """The same for lines that run across only."""
    mask = amount > INK
    step = mask.shape[1] // STEPS
    if step < 2 or not (mask[:, :step].any() and mask[:, -step:].any()):
        return amount
    paths = find_rows(mask)
    if not paths:
        return amount
    above, below = runs(mask)
    columns = np.arange(mask.shape[1])
    marks = np.zeros((mask.shape[0] + 1, mask.shape[1]), np.int32)
    widths = []
    for path in paths:
        row = nearest_ink(mask, path)
        hit = mask[row, columns]
        width = below[row, columns] - above[row, columns] - 1
        typical = quantile(width[hit], 0.5) if hit.any() else 0
        if typical > THICKEST * max(mask.shape):
            continue
        widths.append(typical)
        line = hit & (width <= WIDER * typical + 1)
        # The soft edges of a line are two pixels more.
        first = (above[row, columns] - 1).clip(0)
        after = (below[row, columns] + 2).clip(0, len(mask))
        marks[first, columns] += line
        marks[after, columns] -= line
    rest = np.where(marks[:-1].cumsum(axis=0) == 0, amount, 0).astype(np.float32)
    if len(widths) >= RULED or max(widths, default=np.inf) < THINNER * mean_width(rest > INK):
        return rest
    return amount


def find_rows(mask: Mask) -> list[NDArray[np.intp]]:
    """The row at each column of every line that crosses a mask from left to right."""
    height, width = mask.shape
    thick = mask.copy()
    thick[1:] |= mask[:-1]
    thick[:-1] |= mask[1:]
    edges = np.linspace(0, width, STEPS + 1).astype(int)
    cover = np.add.reduceat(thick, edges[:-1], axis=1, dtype=np.float64) / np.diff(edges)
    best = cover[:, 0]
    came = []
    offsets = np.arange(-SLOPE, SLOPE + 1)
    # Straight on is preferred where nothing is gained by turning.
    bonus = -1e-3 * np.abs(offsets)[:, None]
    for step in range(1, STEPS):
        padded = np.pad(best, SLOPE, constant_values=-1)
        choices = np.stack([padded[SLOPE + o : SLOPE + o + height] for o in offsets]) + bonus
        choice = choices.argmax(axis=0)
        came.append(choice - SLOPE)
        best = choices.max(axis=0) + cover[:, step]
    paths = []
    middles = (edges[:-1] + edges[1:]) / 2
    while best.max() >= COVER * STEPS:
        row = end = int(best.argmax())
        path = [row]
        for turn in reversed(came):
            row = min(max(row + int(turn[row]), 0), height - 1)
            path.append(row)
        paths.append(np.interp(np.arange(width), middles, path[::-1]).round().astype(np.intp))
        best[max(0, end - 4) : end + 5] = 0
    return paths


def runs(mask: Mask) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For each pixel the nearest free row above it, and below it, in its column."""
    height = mask.shape[0]
    rows = np.arange(height)[:, None]
    above = np.maximum.accumulate(np.where(mask, -1, rows), axis=0)
    below = np.minimum.accumulate(np.where(mask, height, rows)[::-1], axis=0)[::-1]
    return above, below


def nearest_ink(mask: Mask, path: NDArray[np.intp]) -> NDArray[np.intp]:
    """A path moved by up to two rows, column by column, to where there is ink."""
    columns = np.arange(path.size)
    row = path.copy()
    for offset in (-2, 2, -1, 1, 0):
        there = (path + offset).clip(0, mask.shape[0] - 1)
        row = np.where(mask[there, columns], there, row)
    return row


def mean_width(mask: Mask) -> float:
    """Twice the area over the length of the outline: the width of the strokes."""
    outline = np.count_nonzero(mask[1:] != mask[:-1]) + np.count_nonzero(
        mask[:, 1:] != mask[:, :-1]
    )
    # A slanting outline has more pixel edges than length: 4 / pi on average.
    return 2 * np.count_nonzero(mask) / max(outline * np.pi / 4, 1)
