"""Answers as lines of text, in the formats that scripts read."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from scratchnet_cli.images import Box
from scratchnet_cli.prediction.answers import Answer, Digit
from scratchnet_cli.terminal import on_github, printable


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
