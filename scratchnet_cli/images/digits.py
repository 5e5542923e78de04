"""The digits in a picture: its ink, without lines and frames, grouped into digits."""

import numpy as np

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.bands import paint_bands
from scratchnet_cli.images.border import (
    border_artefacts,
    has_sharp_edge,
    remove_objects,
    remove_page_edges,
    shadows,
)
from scratchnet_cli.images.crossing import remove_crossing_line
from scratchnet_cli.images.digit_image import CUT_BY_EDGE, LOW_CONTRAST
from scratchnet_cli.images.grey import Colours, Grey, dilate_mask, mix_colours, shrink
from scratchnet_cli.images.ink import BLANK_MESSAGE, Ink, find_even_ink, find_ink
from scratchnet_cli.images.lines import ink_regions, remove_frames, remove_lines
from scratchnet_cli.images.parts import Group, cut_out, group_regions, is_bar, longer_side
from scratchnet_cli.images.regions import Mask, Regions
from scratchnet_cli.images.sheet import extend_sheet, find_sheet, may_be_stroke, solid_region
from scratchnet_cli.images.specks import remove_specks

# On an even background, digits are read from a copy of the first size, unless they are smaller
# than the second size there.
FAST_SIDE_PIXELS, MIN_FAST_DIGIT_PIXELS = 80, 24
# Something like a sheet without digits may be a finger, a sticker or an empty cell. It is left out
# if it covers at most this share of the picture. Its edge is this share of the picture's side.
MAX_OBJECT_RATIO, OBJECT_EDGE_RATIO = 0.35, 0.05
# The least amount of ink in the darkest pixel of a region.
CORE_AMOUNT = 0.6
# Contrast is low if ink is less deep than this, or than this many standard deviations of noise.
MIN_CONTRAST_DEPTH, MIN_CONTRAST_SD = 0.08, 8


def find_digits(colours: Colours, polarity: str, page: bool = False) -> tuple[Ink, list[Group]]:
    """Return the ink of a picture, or of the sheet in it, and its digits, the likeliest first."""
    mixed = mix_colours(colours)
    even = None if page else digits_on_even_background(mixed, polarity)
    if even is not None:
        return even
    clean = remove_specks(paint_bands(colours))
    if clean is not colours:
        mixed = mix_colours(clean)
        even = None if page else digits_on_even_background(mixed, polarity)
    return even or digits_on_any_background(clean, mixed, polarity, page)


def digits_on_any_background(
    colours: Colours, mixed: Grey, polarity: str, page: bool
) -> tuple[Ink, list[Group]]:
    """Return the ink and the digits of a picture on any background. mixed: its (h, w) grey."""
    rest = np.ones(mixed.shape, np.bool_)
    # Sheet and table differ in brightness or, if the picture has colours, only in colour.
    for grey in (colours.mean(axis=2), mixed)[: colours.shape[2]]:
        sheet = find_sheet(grey, page)
        if sheet is None:
            continue
        on_sheet = mix_colours(extend_sheet(colours, sheet))
        try:
            return digits_on_sheet(on_sheet, polarity, page, sheet)
        except ImageError:
            if may_be_stroke(sheet):
                continue
            if sheet.mean() > MAX_OBJECT_RATIO:
                raise
        # Without digits it is another object, which is painted over.
        rest &= ~dilate_mask(sheet, round(OBJECT_EDGE_RATIO * max(sheet.shape)) | 1)
        mixed = mix_colours(extend_sheet(colours, rest))
    try:
        return digits_on_sheet(mixed, polarity, page, rest)
    except ImageError as error:
        if polarity != "auto":
            raise ImageError(f"contains no {polarity} ink; use --polarity auto") from error
        if not page:
            raise
    # If a shadow covers half of the page, the rest may have been taken for light ink.
    return digits_on_sheet(mixed, "dark", page, rest)


def digits_on_even_background(
    grey: Grey, polarity: str, side: int = FAST_SIDE_PIXELS
) -> tuple[Ink, list[Group]] | None:
    """Return the ink of a (h, w) picture and its digits, or None if that may be wrong.

    side: of the copy that is read, in pixels. If the digit is too small there, the whole picture
    is read.
    """
    factor = max(1, round(max(grey.shape) / side))
    small = shrink(grey, factor)
    ink = find_even_ink(small, polarity)
    if ink is None:
        return None
    regions = ink_regions(ink.amount)
    # Ink with the form of a sheet may be a sheet.
    if solid_region(regions) is not None:
        return None
    # There are no lines from side to side: with them, the border of the picture is not even.
    amount = remove_frames(ink.amount, regions)
    groups = find_groups(amount, regions if amount is ink.amount else ink_regions(amount))
    if factor > 1 and (not groups or longer_side(groups[0].box) < MIN_FAST_DIGIT_PIXELS):
        return digits_on_even_background(grey, polarity, max(grey.shape))
    return (ink, groups) if groups else None


def digits_on_sheet(grey: Grey, polarity: str, page: bool, sheet: Mask) -> tuple[Ink, list[Group]]:
    """Return the ink of a (h, w) picture and its digits on a sheet, (h, w), if there are any."""
    ink = find_ink(grey, polarity, page)
    amount, regions = _without_lines(ink.amount * sheet, page)
    if page and (without_objects := remove_objects(grey, regions)) is not None:
        ink = find_ink(without_objects, polarity, page)
        amount, regions = _without_lines(ink.amount * sheet, page)
    groups = find_groups(amount, regions, page)
    if not groups:
        raise ImageError(BLANK_MESSAGE)
    return ink, groups


def find_groups(amount: Grey, regions: Regions, page: bool = False) -> list[Group]:
    """Return the digits, or touching digits of a page, in (h, w) ink, the most likely first."""
    solid = np.zeros(regions.area.size + 1, np.bool_)
    solid[regions.labels[amount > CORE_AMOUNT]] = True
    area = regions.area * solid[1:]
    area = area * ~border_artefacts(regions, area)
    if page:
        area = area * ~shadows(amount, regions, area)
    groups = [cut_out(amount, regions, indices) for indices in group_regions(regions, area, page)]
    if page:
        groups = [g for g in groups if has_sharp_edge(g.ink, min(g.ink.shape))] or groups
    # The line under a number is flatter than any digit.
    groups = [group for group in groups if not is_bar(np.array(group.box))] or groups
    return sorted(groups, key=lambda group: -group.weight)


def warnings_for(ink: Ink, digit: Group) -> tuple[str, ...]:
    """Return why a digit may be read wrong, apart from other ink in the picture."""
    is_pale = ink.depth < max(MIN_CONTRAST_SD * ink.noise, MIN_CONTRAST_DEPTH)
    found = {LOW_CONTRAST: is_pale, CUT_BY_EDGE: digit.cut}
    return tuple(warning for warning, applies in found.items() if applies)


def _without_lines(amount: Grey, page: bool) -> tuple[Grey, Regions]:
    """Return (h, w) ink without frames and lines, and its regions."""
    regions = ink_regions(amount)
    rest = remove_page_edges(amount, regions) if page else amount
    # Regions are found again only after a change, because it takes time.
    if rest is not amount:
        amount, regions = rest, ink_regions(rest)
    rest = remove_lines(remove_frames(amount, regions, page))
    if not page:
        rest = remove_crossing_line(rest)
    return (amount, regions) if rest is amount else (rest, ink_regions(rest))
