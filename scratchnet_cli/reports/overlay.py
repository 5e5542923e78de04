"""A picture with what was read in it drawn over it: each number at its place."""

from collections.abc import Sequence

from scratchnet_cli.prediction.answers import Number
from scratchnet_cli.reports.html import Html, picture, tag

# Of the letters: a share of the digits' height, but no less and no more than these of the picture.
LETTERS, LEAST, MOST = 0.5, 1 / 60, 1 / 16


def overlay(source: str, shown: tuple[int, int], numbers: Sequence[Number], scale: float) -> Html:
    """A picture, and over it a box for each number and digit, and above it how it was read.

    A number in doubt has a question mark and a dashed box.

    source: its data URI; shown: its width and height; scale: of its pixels to those of the boxes.
    """
    width, height = shown
    longer = max(width, height)
    marks = []
    for number in numbers:
        boxes = [digit.picture.place.box for digit in number.digits if digit.picture.place]
        marks += [_rectangle("one", box, scale) for box in boxes]
        if number.box is None:
            continue
        left, top, _, bottom = (scale * side for side in number.box)
        size = min(max(LETTERS * (bottom - top), LEAST * longer), MOST * longer)
        marks += [
            _rectangle("all doubtful" if number.doubts else "all", number.box, scale),
            tag(
                "text",
                _text(number),
                x=f"{left:.1f}",
                # Below, where there is no room above.
                y=f"{top - 0.2 * size if top > size else bottom + 0.9 * size:.1f}",
                font_size=f"{size:.1f}",
            ),
        ]
    read = "; ".join(f"row {number.row}: {_text(number)}" for number in numbers)
    drawn = tag(
        "svg", *marks, role="img", aria_label=f"Found, {read}", viewBox=f"0 0 {width} {height}"
    )
    image = picture(source, "The picture as it was given", "original", width, height)
    return tag("div", image, drawn, class_="found")


def _text(number: Number) -> str:
    return f"{number.number}?" if number.doubts else number.number


def _rectangle(kind: str, box: tuple[int, int, int, int], scale: float) -> Html:
    left, top, right, bottom = (scale * side for side in box)
    return tag(
        "rect",
        class_=kind,
        x=f"{left:.1f}",
        y=f"{top:.1f}",
        width=f"{right - left:.1f}",
        height=f"{bottom - top:.1f}",
    )
