"""Frames and ruled lines, removed from the ink so that the digits remain."""

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.grey import Grey, dilate_mask, median
from scratchnet_cli.images.regions import Mask, Regions, fill_holes, find_regions

# The least amount of ink in the pixels of a region.
REGION_AMOUNT = 0.25
# The least length of a frame, as a share of the picture, and of what is in it, of the frame.
MIN_FRAME_LENGTH_RATIO, MIN_FRAMED_LENGTH_RATIO = 0.1, 0.25
# The least length of an eye in a face, as a share of the face; less is a speck.
MIN_EYE_LENGTH_RATIO = 0.04
# A table has two things in it, or more, that are longer than this share of the page.
MIN_CELL_CONTENT_RATIO = 0.01
# A line is followed in this many steps across, each up or down by no more than this.
LINE_STEPS, MAX_SLOPE_PIXELS = 24, 2
# The share of a line's length that has ink.
MIN_LINE_COVER_RATIO = 0.8
# The thickest line, as a share of the picture.
MAX_LINE_WIDTH_RATIO = 0.02
# If ink is wider than this multiple of the line, a stroke crosses the line or runs along it.
MAX_LINE_WIDENING_RATIO = 1.6
# Fewer than the first number of lines may be strokes from edge to edge, unless they are thinner
# than the second number, a share of the pen.
MIN_RULED_LINES, MAX_LINE_TO_PEN_RATIO = 3, 0.6
# How far the soft edge of a line or a stroke reaches, in pixels.
SOFT_EDGE_PIXELS = 2


def ink_regions(amount: Grey) -> Regions:
    """Return the regions of (h, w) ink, faint ink too."""
    return find_regions(amount > REGION_AMOUNT)


def remove_frames(amount: Grey, regions: Regions, page: bool = False) -> Grey:
    """Return ink, (h, w), without boxes and circles around other ink, or tables on a page."""
    if regions.area.size < 2:
        return amount
    lengths = regions.sizes.max(axis=1)
    longest = max(amount.shape)
    frames = np.zeros(len(lengths), np.bool_)
    for index in np.flatnonzero(lengths > MIN_FRAME_LENGTH_RATIO * longest):
        left, top, right, bottom = regions.boxes[index]
        labels = regions.labels[top:bottom, left:right]
        frame = labels == index + 1
        hole = fill_holes(frame) & ~frame
        areas_inside = np.bincount(labels[hole], minlength=len(frames) + 1)[1:]
        framed = lengths[areas_inside == regions.area]
        cells = np.count_nonzero(framed > MIN_CELL_CONTENT_RATIO * longest) if page else 0
        ratios = framed / lengths[index]
        # A face is not a frame: it has two eyes beside the mouth.
        small = (ratios > MIN_EYE_LENGTH_RATIO) & (ratios <= MIN_FRAMED_LENGTH_RATIO)
        is_frame = (ratios > MIN_FRAMED_LENGTH_RATIO).any() and (page or small.sum() < 2)
        frames[index] = is_frame or cells > 1
    if not frames.any():
        return amount
    return np.where(dilate_mask(regions.mask(frames), 5), 0, amount).astype(np.float32)


def remove_lines(amount: Grey) -> Grey:
    """Return ink, (h, w), without lines that run from edge to edge of the picture."""
    amount = remove_horizontal_lines(amount)
    columns = amount.T
    rest = remove_horizontal_lines(columns)
    return amount if rest is columns else rest.T


def remove_horizontal_lines(amount: Grey) -> Grey:
    """Return ink, (h, w), without lines from the left edge to the right edge."""
    mask = amount > REGION_AMOUNT
    step = mask.shape[1] // LINE_STEPS
    if step < 2 or not (mask[:, :step].any() and mask[:, -step:].any()):
        return amount
    paths = find_lines(mask)
    if not paths:
        return amount
    above, below = free_rows(mask)
    columns = np.arange(mask.shape[1])
    marks = np.zeros((mask.shape[0] + 1, mask.shape[1]), np.int32)
    widths = []
    for path in paths:
        row = move_to_ink(mask, path)
        hit = mask[row, columns]
        top, bottom = above[row, columns] + 1, below[row, columns]
        width = bottom - top
        typical = median(width[hit]) if hit.any() else 0
        if typical > MAX_LINE_WIDTH_RATIO * max(mask.shape):
            continue
        widths.append(typical)
        line = hit & (width <= MAX_LINE_WIDENING_RATIO * typical + 1)
        marks[(top - SOFT_EDGE_PIXELS).clip(0), columns] += line
        marks[(bottom + SOFT_EDGE_PIXELS).clip(0, len(mask)), columns] -= line
    rest = np.where(marks[:-1].cumsum(axis=0) == 0, amount, 0).astype(np.float32)
    if len(widths) >= MIN_RULED_LINES:
        return rest
    pen_width = stroke_width(rest > REGION_AMOUNT)
    return rest if max(widths, default=np.inf) < MAX_LINE_TO_PEN_RATIO * pen_width else amount


def find_lines(mask: Mask) -> list[NDArray[np.intp]]:
    """Return the row at each column, (w,), of every line from edge to edge: the best paths."""
    height, width = mask.shape
    # A path may pass a row above or below the ink.
    thick = mask.copy()
    thick[1:] |= mask[:-1]
    thick[:-1] |= mask[1:]
    edges = np.linspace(0, width, LINE_STEPS + 1).astype(int)
    cover = np.add.reduceat(thick, edges[:-1], axis=1, dtype=np.float64) / np.diff(edges)
    best = cover[:, 0]
    moves = []
    offsets = np.arange(-MAX_SLOPE_PIXELS, MAX_SLOPE_PIXELS + 1)
    # A path moves up or down only if it covers more ink that way.
    bonus = -1e-3 * np.abs(offsets)[:, None]
    for step in range(1, LINE_STEPS):
        padded = np.pad(best, MAX_SLOPE_PIXELS, constant_values=-1)
        choices = np.stack([padded[i : i + height] for i in range(len(offsets))]) + bonus
        moves.append(offsets[choices.argmax(axis=0)])
        best = choices.max(axis=0) + cover[:, step]
    paths = []
    middles = (edges[:-1] + edges[1:]) / 2
    while best.max() >= MIN_LINE_COVER_RATIO * LINE_STEPS:
        row = end = int(best.argmax())
        path = [row]
        for move in reversed(moves):
            row += int(move[row])
            path.append(row)
        paths.append(np.interp(np.arange(width), middles, path[::-1]).round().astype(np.intp))
        # Paths that end near this one follow the same line.
        best[max(0, end - 4) : end + 5] = 0
    return paths


def free_rows(mask: Mask) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return for each pixel the nearest row without ink above it, and below it: two (h, w)."""
    height = mask.shape[0]
    rows = np.arange(height)[:, None]
    above = np.maximum.accumulate(np.where(mask, -1, rows), axis=0)
    below = np.minimum.accumulate(np.where(mask, height, rows)[::-1], axis=0)[::-1]
    return above, below


def move_to_ink(mask: Mask, path: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return a path, (w,) rows, moved by up to two rows to where there is ink."""
    columns = np.arange(path.size)
    row = path.copy()
    for offset in (-2, 2, -1, 1, 0):
        moved = (path + offset).clip(0, mask.shape[0] - 1)
        row = np.where(mask[moved, columns], moved, row)
    return row


def stroke_width(mask: Mask) -> float:
    """Return the mean width of strokes: twice the area over the length of the outline."""
    outline = sum(np.count_nonzero(np.diff(mask, axis=axis)) for axis in (0, 1))
    # A slanting outline has more pixel edges than length: 4 / pi on average.
    return 2 * np.count_nonzero(mask) / max(outline * np.pi / 4, 1)
