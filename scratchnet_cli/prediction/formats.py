"""Answers as lines of text, in the formats that scripts read."""

import json
from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.digit_image import Box
from scratchnet_cli.prediction.answers import Answer, Digit
from scratchnet_cli.system.text import on_github, printable, text_bar


def tsv(answer: Answer, top: int) -> str:
    """PATH, DIGIT, PROBABILITY, tab-separated; one line a number, with that of its worst digit."""
    name = printable(answer.name)
    if len(answer.digits) == 1:
        ranked = (f"{digit}\t{probability:.4f}" for digit, probability in answer.digits[0].top(top))
        return "\t".join((name, *ranked))
    return "\n".join(f"{name}\t{one.number}\t{one.probability:.4f}" for one in answer.numbers)


def plain(answer: Answer, top: int) -> str:
    """The most probable digits, best first; or one line a number, its digits."""
    if len(answer.digits) == 1:
        return " ".join(str(digit) for digit, _ in answer.digits[0].top(top))
    return "\n".join(one.number for one in answer.numbers)


def json_line(answer: Answer, top: int) -> str:
    """One object: ``path digit probability top probabilities doubts``."""
    (digit,) = answer.digits
    return _line({"path": answer.name, **_fields(digit, top), "doubts": answer.doubts})


def number_json_line(answer: Answer, top: int) -> str:
    """One object: ``path number digits doubts numbers``, the latter with the digits of each."""
    numbers: list[dict[str, Any]] = [
        {
            "number": number.number,
            "probability": number.probability,
            "row": number.row,
            "box": number.box,
            "digits": [{**_fields(digit, top), "box": _box(digit)} for digit in number.digits],
        }
        for number in answer.numbers
    ]
    return _line(
        {
            "path": answer.name,
            "number": answer.number,
            "digits": [digit for number in numbers for digit in number["digits"]],
            "doubts": answer.doubts,
            "numbers": numbers,
        }
    )


def _box(digit: Digit) -> Box | None:
    return digit.picture.place.box if digit.picture.place else None


def _line(answer: Mapping[str, Any]) -> str:
    text = json.dumps(answer)
    # The same JSON, in which a job's log finds no command.
    return text.replace("##[", "#\\u0023[") if on_github() else text


def _fields(digit: Digit, top: int) -> dict[str, Any]:
    ranked = [{"digit": label, "probability": p} for label, p in digit.top(top)]
    return {**ranked[0], "top": ranked, "probabilities": digit.probabilities.tolist()}


FORMATS: Mapping[str, Callable[[Answer, int], str]] = {
    "tsv": tsv,
    "json": json_line,
    "plain": plain,
}


BAR_WIDTH = 24
# Two pixels, one above the other, share a character: these for (dark, dark) to (ink, ink).
_HALVES = " ▄▀█"
# The grey ramp of 256-colour terminals: 24 steps from almost black to almost white.
_FIRST_GREY, _GREYS = 232, 24


def draw(digit: Digit, colour: bool) -> list[str]:
    """14 lines or more: on the left the 28x28 pixels, on the right a bar for each class."""
    halves = _in_colour if colour else _in_blocks
    picture = halves(digit.picture.pixels[0::2], digit.picture.pixels[1::2])
    bars = [
        f"{'>' if label == digit.digit else ' '} {label} {text_bar(share, BAR_WIDTH)} {share:.4f}"
        for label, share in enumerate(digit.probabilities)
    ]
    blank = " " * digit.picture.pixels.shape[1]
    rows = zip_longest(picture, ["", "", *bars])
    return [f"{left or blank}  {right or ''}".rstrip() for left, right in rows]


def _in_blocks(upper: NDArray[np.uint8], lower: NDArray[np.uint8]) -> list[str]:
    codes = 2 * (upper >= 128).astype(int) + (lower >= 128)
    return ["".join(_HALVES[code] for code in row) for row in codes]


def _in_colour(upper: NDArray[np.uint8], lower: NDArray[np.uint8]) -> list[str]:
    ramp = _FIRST_GREY + np.stack((upper, lower)).astype(int) * (_GREYS - 1) // 255
    return [
        "".join(f"\x1b[38;5;{top};48;5;{bottom}m▀" for top, bottom in zip(*row, strict=True))
        + "\x1b[0m"
        for row in ramp.transpose(1, 0, 2)
    ]
