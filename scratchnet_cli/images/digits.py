"""The digits in a picture: its ink, without lines and frames, grouped into digits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.bands import paint_bands
from scratchnet_cli.images.border import (
    MIN_HEIGHT_PIXELS,
    even_out,
    find_objects,
    remove_page_edges,
)
from scratchnet_cli.images.crossing import remove_crossing_line
from scratchnet_cli.images.digit_image import CUT_BY_EDGE, LOW_CONTRAST, Box
from scratchnet_cli.images.grey import Colours, Grey, dilate, mix_colours, shrink
from scratchnet_cli.images.ink import BLANK_MESSAGE, Ink, find_even_ink, find_ink
from scratchnet_cli.images.lines import ink_regions, remove_frames, remove_lines
from scratchnet_cli.images.parts import SPECK_AREA_RATIO, group_regions, is_bar, longer_side
from scratchnet_cli.images.regions import Mask, Regions, sides
from scratchnet_cli.images.sheet import (
    extend_sheet,
    find_sheet,
    may_be_stroke,
    reaches_in,
    sheet_form,
)
from scratchnet_cli.images.specks import MAX_SIDE_PIXELS, remove_specks

# On even ground, digits are read from a copy of this size unless they are smaller than that in it.
FAST_SIDE_PIXELS, MIN_FAST_DIGIT_PIXELS = 80, 24
# The least amount of ink in the darkest pixel of a region.
CORE_AMOUNT = 0.6
# The ink at the picture's edge of a stroke that is cut there. One that ends there fades.
CUT_AMOUNT = 0.9
# The share of the picture's side that a digit touches at most.
MAX_SIDE_CONTACT_RATIO = 0.5
# Ink begins suddenly if it grows by this amount within this share of a digit's shorter side.
MIN_SUDDEN_AMOUNT, SUDDEN_LENGTH_RATIO = 0.6, 0.15
# At most this many shadows are left out, the largest first.
MAX_SHADOWS = 20
# The soft edge of the ink around a digit, as a share of its longer side.
SOFT_EDGE_RATIO = 1 / 20
# Ink is less deep than this, or than this many standard deviations of noise: contrast is low.
MIN_CONTRAST_DEPTH, MIN_CONTRAST_SD = 0.08, 8


@dataclass(frozen=True, eq=False)
class Group:
    """The ink of one digit, or of several that touch.

    ink: (h, w) float32, cut out. left, top: where it was cut out. box: around its regions in the
    picture. cut: whether the picture's edge runs through its ink. weight: how likely this is the
    subject of the picture.
    """

    ink: Grey
    left: int
    top: int
    box: Box
    cut: bool
    weight: float


def find_digits(colours: Colours, polarity: str, page: bool = False) -> tuple[Ink, list[Group]]:
    """Return the ink of a picture, or of the sheet in it, and its digits, the likeliest first."""
    mixed = mix_colours(colours)
    even = None if page else digits_on_even_ground(mixed, polarity)
    if even is not None:
        return even
    clean = paint_bands(colours)
    if max(mixed.shape) <= MAX_SIDE_PIXELS:
        clean = remove_specks(clean)
    if clean is not colours:
        mixed = mix_colours(clean)
        even = None if page else digits_on_even_ground(mixed, polarity)
    return even or digits_on_any_ground(clean, mixed, polarity, page)


def digits_on_any_ground(
    colours: Colours, mixed: Grey, polarity: str, page: bool
) -> tuple[Ink, list[Group]]:
    """Return the ink and the digits of a picture on any background. mixed: its (h, w) grey."""
    # Sheet and table differ in brightness or, in a picture of colours, only in colour.
    for grey in (colours.mean(axis=2), mixed)[: colours.shape[2]]:
        sheet = find_sheet(grey)
        if sheet is not None and not (page and reaches_in(grey, sheet)):
            try:
                on_sheet = mix_colours(extend_sheet(colours, sheet))
                return digits_on(on_sheet, polarity, page, sheet)
            except ImageError:
                if not may_be_stroke(sheet):
                    raise
    everywhere = np.ones(mixed.shape, np.bool_)
    try:
        return digits_on(mixed, polarity, page, everywhere)
    except ImageError as error:
        if polarity != "auto":
            raise ImageError(f"contains no {polarity} ink; use --polarity auto") from error
        if not page:
            raise
    # Paper beside a shadow that covers half of it may have been taken for light ink.
    return digits_on(mixed, "dark", page, everywhere)


def digits_on_even_ground(
    grey: Grey, polarity: str, side: int = FAST_SIDE_PIXELS
) -> tuple[Ink, list[Group]] | None:
    """Return the ink of a (h, w) picture and its digits, or None if that may be wrong.

    side: of the small copy that is read, in pixels. A digit that is too small there is read from
    the whole picture.
    """
    factor = max(1, round(max(grey.shape) / side))
    small = shrink(grey, factor)
    ink = find_even_ink(small, polarity)
    if ink is None:
        return None
    regions = ink_regions(ink.amount)
    left, top, right, bottom = regions.boxes[largest := int(regions.area.argmax())]
    # Ink with the form of a sheet may be a sheet.
    if sheet_form(regions.labels[top:bottom, left:right] == largest + 1, small.size) is not None:
        return None
    # A line from side to side is not on even ground.
    amount = remove_frames(ink.amount, regions)
    groups = find_groups(amount, regions if amount is ink.amount else ink_regions(amount))
    if factor > 1 and (not groups or longer_side(groups[0].box) < MIN_FAST_DIGIT_PIXELS):
        return digits_on_even_ground(grey, polarity, max(grey.shape))
    return (ink, groups) if groups else None


def digits_on(grey: Grey, polarity: str, page: bool, sheet: Mask) -> tuple[Ink, list[Group]]:
    """Return the ink of a (h, w) picture and its digits on a sheet, (h, w), if there are any."""
    ink = find_ink(grey, polarity, page)
    amount, regions = without_lines(ink.amount * sheet, page)
    if page and (objects := find_objects(regions)) is not None:
        ink = find_ink(even_out(grey, objects, regions), polarity, page)
        amount, regions = without_lines(ink.amount * sheet, page)
    groups = find_groups(amount, regions, page)
    if not groups:
        raise ImageError(BLANK_MESSAGE)
    return ink, groups


def without_lines(amount: Grey, page: bool) -> tuple[Grey, Regions]:
    """Return (h, w) ink without frames and lines, and its regions."""
    regions = ink_regions(amount)
    rest = remove_page_edges(amount, regions) if page else amount
    if rest is not amount:
        amount, regions = rest, ink_regions(rest)
    rest = remove_lines(remove_frames(amount, regions, page))
    if not page:
        rest = remove_crossing_line(rest)
    return (amount, regions) if rest is amount else (rest, ink_regions(rest))


def find_groups(amount: Grey, regions: Regions, page: bool = False) -> list[Group]:
    """Return the digits, or touching digits of a page, in (h, w) ink, the most likely first.

    regions: of the ink, without frames and lines.
    """
    solid = np.zeros(regions.area.size + 1, np.bool_)
    solid[regions.labels[amount > CORE_AMOUNT]] = True
    area = regions.area * solid[1:]
    area = area * ~border_artefacts(regions, area)
    if page:
        area = area * ~large_shadows(amount, regions, area)
    groups = [cut_out(amount, regions, indices) for indices in group_regions(regions, area, page)]
    if page:
        groups = [
            group for group in groups if begins_suddenly(group.ink, sudden_reach(group.ink))
        ] or groups
    # No digit is so flat, but the line under a number is.
    groups = [group for group in groups if not is_bar(np.array(group.box))] or groups
    return sorted(groups, key=lambda group: -group.weight)


def border_artefacts(regions: Regions, area: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return (n,) which regions run along a side of the picture, if there are others."""
    size = np.array(regions.labels.shape[::-1])
    result = np.zeros(area.size, np.bool_)
    for index in np.flatnonzero((regions.sizes > MAX_SIDE_CONTACT_RATIO * size).any(axis=1)):
        contact = max(float((side == index + 1).mean()) for side in sides(regions.labels))
        result[index] = contact > MAX_SIDE_CONTACT_RATIO
    rest = area[~result].max(initial=0)
    return np.asarray(result & (rest > SPECK_AREA_RATIO * area.max(initial=0) / 4))


def large_shadows(amount: Grey, regions: Regions, area: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return (n,) which regions are shadows so large that digits are specks beside them."""
    result = np.zeros(area.size, np.bool_)
    order = np.argsort(-area, kind="stable")
    heights = regions.sizes[:, 1]
    for index in order[:MAX_SHADOWS].tolist():
        hidden = (area <= SPECK_AREA_RATIO * area[index]) & (heights >= MIN_HEIGHT_PIXELS)
        specks = order[hidden[order]]
        if specks.size == 0:
            break
        digit = cut_out(amount, regions, [int(specks[0])]).ink
        shadow = cut_out(amount, regions, [index]).ink
        reach = sudden_reach(digit)
        if not begins_suddenly(digit, reach) or begins_suddenly(shadow, reach):
            break
        result[index] = True
    return result


def sudden_reach(ink: Grey) -> int:
    """Return within how many pixels the ink, (h, w), of a digit begins."""
    shorter: int = min(ink.shape)
    return max(1, round(SUDDEN_LENGTH_RATIO * shorter))


def begins_suddenly(ink: Grey, reach: int) -> bool:
    """Return whether ink, (h, w), begins suddenly somewhere, as the ink of a shadow does not."""
    steps = ink[reach:] - ink[:-reach], ink[:, reach:] - ink[:, :-reach]
    return any(float(np.abs(step).max(initial=0)) > MIN_SUDDEN_AMOUNT for step in steps)


def cut_out(amount: Grey, regions: Regions, indices: list[int]) -> Group:
    """Return the digit that consists of some regions and the soft edge around them."""
    height, width = amount.shape
    box = left, top, right, bottom = regions.box(indices)
    edge = 1 + int(longer_side(box) * SOFT_EDGE_RATIO)
    rows = slice(max(0, top - edge), bottom + edge)
    columns = slice(max(0, left - edge), right + edge)
    labels = regions.labels[rows, columns]
    own = np.logical_or.reduce([labels == index + 1 for index in indices])
    ink = amount[rows, columns] * dilate(own.astype(np.float32), 2 * edge + 1)
    ink[(labels > 0) & ~own] = 0
    touching = left == 0, top == 0, right == width, bottom == height
    edges = ink[:, 0], ink[0], ink[:, -1], ink[-1]
    cut = any(
        touches and line.max() > CUT_AMOUNT for touches, line in zip(touching, edges, strict=True)
    )
    area = int(regions.area[indices].sum())
    off_centre = abs((top + bottom) / height - 1) + abs((left + right) / width - 1)
    weight = area * (1 - 0.3 * off_centre) * (0.5 if any(touching) else 1)
    return Group(ink, columns.start, rows.start, box, cut, weight)


def warnings_for(ink: Ink, digit: Group) -> tuple[str, ...]:
    """Return why a digit may be read wrong, whatever else is in the picture."""
    is_pale = ink.depth < max(MIN_CONTRAST_SD * ink.noise, MIN_CONTRAST_DEPTH)
    found = {LOW_CONTRAST: is_pale, CUT_BY_EDGE: digit.cut}
    return tuple(warning for warning, applies in found.items() if applies)
