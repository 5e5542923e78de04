"""Answers as text: lines for scripts, warnings, and drawings of what the network saw."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.digit_image import CUT_BY_EDGE, LOW_CONTRAST, SEVERAL_DIGITS
from scratchnet_cli.network.layers import Network
from scratchnet_cli.prediction.answers import (
    LOW_PROBABILITY,
    NOT_A_DIGIT,
    TURN_WARNINGS,
    Answer,
    Digit,
    Number,
    Unreadable,
)
from scratchnet_cli.system.text import escape, format_below, format_exact, shorten, text_bar

BAR_COLUMNS = 24
ADVICE = {
    LOW_CONTRAST: " (crop it or use more light)",
    CUT_BY_EDGE: " (show the whole digit; if other ink touches the edge, crop the picture)",
    SEVERAL_DIGITS: " (crop it or use --multiple)",
    LOW_PROBABILITY: " (check the answer; write it more clearly)",
    NOT_A_DIGIT: " (check it with --show)",
}
# Two pixels, one above the other, share a character: from (dark, dark) to (light, light).
HALF_BLOCKS = " ▄▀█"
# The grey ramp of 256-colour terminals: 24 codes from almost black to almost white.
FIRST_GREY_CODE, GREY_COUNT = 232, 24


def to_tsv(answer: Answer, top: int) -> str:
    """Return PATH, DIGIT, PROBABILITY, tab-separated, or such a line for each number."""
    path = escape(answer.path)
    if len(answer.digits) == 1:
        ranked = (f"{digit}\t{probability:.4f}" for digit, probability in answer.digits[0].top(top))
        return "\t".join((path, *ranked))
    return "\n".join(f"{path}\t{one.number}\t{one.probability:.4f}" for one in answer.numbers)


def to_plain(answer: Answer, top: int) -> str:
    """Return the most probable digits, best first, or a line for each number."""
    if len(answer.digits) == 1:
        return " ".join(str(digit) for digit, _ in answer.digits[0].top(top))
    return "\n".join(one.number for one in answer.numbers)


def to_json(answer: Answer, top: int) -> str:
    """Return one object: ``path digit probability top probabilities doubts``."""
    (digit,) = answer.digits
    return json.dumps({"path": answer.path, **_fields(digit, top), "doubts": answer.warnings})


def to_numbers_json(answer: Answer, top: int) -> str:
    """Return one object: ``path number digits doubts numbers``; each number has its digits."""
    numbers: list[dict[str, Any]] = [
        {
            "number": number.number,
            "probability": number.probability,
            "row": number.row,
            "box": number.box,
            "digits": [
                {**_fields(digit, top), "box": digit.image.place.box if digit.image.place else None}
                for digit in number.digits
            ],
        }
        for number in answer.numbers
    ]
    digits = [digit for number in numbers for digit in number["digits"]]
    fields = {"path": answer.path, "number": answer.number, "digits": digits}
    return json.dumps({**fields, "doubts": answer.warnings, "numbers": numbers})


def to_error_json(result: Unreadable) -> str:
    """Return one object: ``path error``."""
    return json.dumps({"path": result.path, "error": result.reason})


FORMATS = {"tsv": to_tsv, "json": to_json, "plain": to_plain}


def warning_lines(answer: Answer, min_confidence: float | None) -> Iterator[tuple[str, bool]]:
    """Yield messages on the turn and uncertain numbers, and whether each is below the limit."""
    for warning in TURN_WARNINGS[answer.turns]:
        yield f"{shorten(answer.path)}: {warning}", False
    for number, position in zip(answer.numbers, positions(answer.numbers), strict=True):
        name = shorten(", ".join((answer.path, *position)))
        if min_confidence is not None and number.probability < min_confidence:
            below = format_below(number.probability, min_confidence)
            limit = format_exact(min_confidence)
            yield f"{name}: {number.number} ({below}): below --min-confidence {limit}", True
        elif number.warnings:
            reasons = ", ".join(reason + ADVICE.get(reason, "") for reason in number.warnings)
            yield f"{name}: {number.number} ({number.probability:.4f}): {reasons}", False


def positions(numbers: Sequence[Number]) -> Iterator[list[str]]:
    """Yield the row of each number, and its position in the row, if there are several."""
    counts = Counter(number.row for number in numbers)
    done: Counter[int] = Counter()
    for number in numbers:
        done[number.row] += 1
        row = [f"row {number.row}"] if len(counts) > 1 else []
        yield [*row, f"number {done[number.row]}"] if counts[number.row] > 1 else row


def view_lines(
    answer: Answer, network: Network, show: bool, trace: bool, colour: bool
) -> Iterator[list[str]]:
    """Yield a heading for each digit, and below it its image (show) or each layer (trace)."""
    for number, position in zip(answer.numbers, positions(answer.numbers), strict=True):
        count = len(number.digits)
        for i, digit in enumerate(number.digits, 1):
            which = [*position, f"digit {i} of {count}"] if count > 1 else position
            lines = [", ".join((escape(answer.path), *which))]
            if show:
                lines += drawing(digit, colour)
            if trace:
                from scratchnet_cli.network.trace import formulas_of, trace_network

                steps = trace_network(network, digit.x, "softmax")
                lines += [*formulas_of(steps, digit.image.pixels.shape), ""]
            yield lines


def drawing(digit: Digit, colour: bool) -> list[str]:
    """Return 14 lines or more: on the left the 28x28 pixels, on the right a bar for each class."""
    to_rows = _grey_rows if colour else _block_rows
    image = to_rows(digit.image.pixels[0::2], digit.image.pixels[1::2])
    bars = [
        f"{'>' if label == digit.digit else ' '} {label} {text_bar(share, BAR_COLUMNS)} {share:.4f}"
        for label, share in enumerate(digit.probabilities)
    ]
    blank = " " * digit.image.pixels.shape[1]
    rows = zip_longest(image, ["", "", *bars])
    return [f"{left or blank}  {right or ''}".rstrip() for left, right in rows]


def _fields(digit: Digit, top: int) -> dict[str, Any]:
    ranked = [{"digit": label, "probability": p} for label, p in digit.top(top)]
    return {**ranked[0], "top": ranked, "probabilities": digit.probabilities.tolist()}


def _block_rows(upper: NDArray[np.uint8], lower: NDArray[np.uint8]) -> list[str]:
    codes = 2 * (upper >= 128).astype(int) + (lower >= 128)
    return ["".join(HALF_BLOCKS[code] for code in row) for row in codes]


def _grey_rows(upper: NDArray[np.uint8], lower: NDArray[np.uint8]) -> list[str]:
    ramp = FIRST_GREY_CODE + np.stack((upper, lower)).astype(int) * (GREY_COUNT - 1) // 255
    return [
        "".join(f"\x1b[38;5;{top};48;5;{bottom}m▀" for top, bottom in zip(*row, strict=True))
        + "\x1b[0m"
        for row in ramp.transpose(1, 0, 2)
    ]
