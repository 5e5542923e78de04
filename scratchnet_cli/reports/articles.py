"""Parts of reports on picture files: the heading, and the picture with numbers drawn over it."""

import os
from collections.abc import Sequence

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.digit_image import Box, turned_box
from scratchnet_cli.prediction.answers import Number
from scratchnet_cli.reports.data_uris import thumbnail
from scratchnet_cli.reports.html import Html, breakable, img, join, section, table, tag
from scratchnet_cli.system.inputs import read_bytes

# The longer side of a picture. If numbers are drawn over it, they must be legible.
THUMBNAIL_PIXELS, OVERLAY_PIXELS = 96, 1024
# A picture with more digits is larger: as wide as the page, or half as wide if it is tall.
MAX_SMALL_DIGITS = 6
# The height of letters: a ratio to the height of the digits, limited by two ratios to the
# picture's longer side.
LETTER_HEIGHT_RATIO, MIN_LETTER_RATIO, MAX_LETTER_RATIO = 0.5, 1 / 60, 1 / 16


def article_head(path: str, answer: str, probability: float, warnings: Sequence[str]) -> Html:
    """Return the path, the answer with its probability, and the warnings if there are any."""
    return join(
        tag("h3", breakable(path)),
        tag("p", answer, tag("small", f"{probability:.4f}"), class_="number"),
        tag("p", f"warning: {', '.join(warnings)}", class_="warnings") if warnings else Html(),
    )


def failures_section(failures: Sequence[tuple[str, str]], count: int, lead: str = "") -> Html:
    """Return a table of unreadable pictures with reasons. count: of all, also those not shown."""
    if not count:
        return Html()
    shown = len(failures)
    caption = f"The first {shown} of {count:,}" if shown < count else "All of them"
    rows = table(caption, ("picture", "reason"), failures, "words")
    return section("failures", "Not read", lead, rows)


def original(path: str, numbers: Sequence[Number] = (), turns: int = 0) -> Html:
    """Return the picture with its numbers drawn over it, or nothing if it cannot be read again.

    turns: quarter turns to the left, as ``predict`` turned it.
    """
    has_places = any(number.box for number in numbers)
    if not os.path.isfile(path):  # noqa: PTH113
        return Html()
    try:
        max_side = OVERLAY_PIXELS if has_places else THUMBNAIL_PIXELS
        source, width, height, scale = thumbnail(read_bytes(path), max_side, turns)
    except (ImageError, MemoryError):
        return Html()
    image = img(source, "The original picture", "original", width, height)
    if not has_places:
        return image
    digits = sum(len(number.digits) for number in numbers)
    share = "third" if digits <= MAX_SMALL_DIGITS else "whole" if width > height else "half"
    boxes = overlay(numbers, (width, height), scale, turns)
    return tag("div", image, boxes, class_=f"found {share}")


def overlay(numbers: Sequence[Number], size: tuple[int, int], scale: float, turns: int = 0) -> Html:
    """Return a box for each digit and number; size, scale, turns: of the picture below."""
    width, height = size
    longer = max(width, height)
    full_size = round(width / scale), round(height / scale)
    before = full_size[::-1] if turns % 2 else full_size

    def shown(box: Box) -> list[float]:
        return [scale * side for side in turned_box(box, before, -turns % 4)]

    marks = []
    for number in numbers:
        boxes = [shown(digit.image.place.box) for digit in number.digits if digit.image.place]
        marks += [_rectangle("one", box) for box in boxes]
        if number.box is None:
            continue
        left, top, _, bottom = box = shown(number.box)
        room = max(top, height - bottom)
        digit_height = max(below - above for _, above, _, below in boxes)
        letter = min(LETTER_HEIGHT_RATIO * digit_height, MAX_LETTER_RATIO * longer, room)
        letter = max(letter, MIN_LETTER_RATIO * longer)
        # Below the number if there is no room above.
        y = top - 0.2 * letter if top >= letter else bottom + 0.9 * letter
        marks += [
            _rectangle("all uncertain" if number.warnings else "all", box),
            tag("text", _text(number), x=f"{left:.1f}", y=f"{y:.1f}", font_size=f"{letter:.1f}"),
        ]
    read = "; ".join(f"row {number.row}: {_text(number)}" for number in numbers)
    return tag(
        "svg", *marks, role="img", aria_label=f"Found, {read}", viewBox=f"0 0 {width} {height}"
    )


def _text(number: Number) -> str:
    return f"{number.number}?" if number.warnings else number.number


def _rectangle(class_: str, box: list[float]) -> Html:
    left, top, right, bottom = box
    sides = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    return tag("rect", class_=class_, **{key: f"{side:.1f}" for key, side in sides.items()})
