"""The sheet of paper in a picture that shows the table around it as well."""

import numpy as np

from scratchnet_cli.images.grey import Grey, fit_longest, quantile, resize, two_tones
from scratchnet_cli.images.regions import Mask, find_regions, sides, spanned

# Sheets are large: their edges are found on a copy of this size; but not where it has fewer pixels
# than this across, for in a long strip a stroke looks like a sheet.
SMALL, THIN = 128, 8
# A sheet fills at least this share of the picture, and where it fills more there is no table.
SMALLEST, LARGEST = 0.03, 0.97
# It fills this share of the smallest rectangle around it, at whatever angle; an ellipse fills 0.79.
RECTANGULAR = 0.86
# Its paper takes this share of it, its digit the rest; of a seven-segment zero the hole takes more.
PAPER = 0.6
# A sheet is hardly longer than wide by more than this factor, and a stroke is.
NARROW = 2.5
# Across its edge the grey changes by this share of what sheet and table differ: light is softer.
SHARP = 0.6
# The table takes this share of the picture's rim if it lies all around the sheet, and this if
# beside it. What takes less is a stroke that reaches the rim.
ENCLOSED, BESIDE = 0.8, 0.2
# A table beside the sheet, not around it, is darker than the sheet by this factor at least:
# else it might be a shadow.
TABLE = 0.55


def find_sheet(grey: Grey) -> Mask | None:
    """(h, w) where the paper is, or None if no sheet is found."""
    small = fit_longest(grey, SMALL)
    if min(small.shape) < THIN:
        return None
    bright = small > two_tones(small)[0]
    for part in (bright, ~bright):
        sheet = solid_region(part)
        if sheet is not None and stands_out(small, sheet):
            inside = resize(shrink(shrink(sheet)).astype(np.float32), *grey.shape) > 0.5
            if inside.any():
                return inside
    return None


def solid_region(mask: Mask) -> Mask | None:
    """The largest region of a mask, its holes filled, if of the size and shape of a sheet."""
    regions = find_regions(mask)
    if regions.area.size == 0:
        return None
    region = regions.labels == int(regions.area.argmax()) + 1
    filled = spanned(region) & spanned(region.T).T
    if not SMALLEST < filled.mean() < LARGEST or region.sum() < PAPER * filled.sum():
        return None
    longer, shorter = smallest_rectangle(filled)
    return filled if filled.sum() > RECTANGULAR * longer * shorter else None


def smallest_rectangle(mask: Mask) -> tuple[float, float]:
    """Its longer and its shorter side: of all around the mask, at whatever angle.

    mask: not empty.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    ends = mask[rows].argmax(axis=1), mask.shape[1] - 1 - mask[rows, ::-1].argmax(axis=1)
    places = np.concatenate([np.stack((rows, columns), axis=1) for columns in ends])
    angles = np.deg2rad(np.arange(0, 90, 3))
    # The extent along each direction, and across it; both reach to the pixels' far sides.
    along, across = (
        np.ptp(places @ direction, axis=0) + 1
        for direction in (
            np.stack((np.cos(angles), np.sin(angles))),
            np.stack((-np.sin(angles), np.cos(angles))),
        )
    )
    best = int((along * across).argmin())
    return max(along[best], across[best]), min(along[best], across[best])


def is_narrow(sheet: Mask) -> bool:
    """Whether it may be a stroke, which has the form of a sheet as well."""
    longer, shorter = smallest_rectangle(sheet)
    return longer > NARROW * shorter


def stands_out(grey: Grey, sheet: Mask) -> bool:
    """Whether the grey changes at a sheet's edge as it does not in light and shadow."""
    table = ~sheet
    inside, outside = quantile(grey[sheet], 0.5), quantile(grey[table], 0.5)
    # The second pixel on each side: the first ones are mixtures.
    inner, outer = (one & ~shrink(one) for one in (shrink(sheet), shrink(table)))
    if not inner.any() or not outer.any():
        return False
    step = quantile(grey[inner], 0.5) - quantile(grey[outer], 0.5)
    if step / (inside - outside or 1) < SHARP:
        return False
    rim = np.concatenate(sides(sheet))
    if rim.mean() < 1 - ENCLOSED:
        return True
    return bool(rim.mean() < 1 - BESIDE and outside < TABLE * inside)


def shrink(mask: Mask) -> Mask:
    """The pixels whose 4 neighbours are all set; beyond the picture counts as set."""
    padded = np.pad(mask, 1, constant_values=True)
    return mask & padded[2:, 1:-1] & padded[:-2, 1:-1] & padded[1:-1, 2:] & padded[1:-1, :-2]
