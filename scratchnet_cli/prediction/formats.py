"""Answers as lines of text, in the formats that scripts read."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from scratchnet_cli.prediction.answers import Answer, Digit
from scratchnet_cli.terminal import on_github, printable


def tsv(answer: Answer, top: int) -> str:
    """PATH, DIGIT, PROBABILITY, tab-separated; of a number all digits in one cell."""
    if len(answer.digits) == 1:
        ranked = (f"{digit}\t{probability:.4f}" for digit, probability in answer.digits[0].top(top))
        return "\t".join((printable(answer.name), *ranked))
    probabilities = ",".join(f"{digit.probability:.4f}" for digit in answer.digits)
    return f"{printable(answer.name)}\t{answer.number}\t{probabilities}"


def plain(answer: Answer, top: int) -> str:
    """The most probable digits, best first; of a number its digits."""
    if len(answer.digits) == 1:
        return " ".join(str(digit) for digit, _ in answer.digits[0].top(top))
    return answer.number


def json_line(answer: Answer, top: int) -> str:
    """One object: ``path digit probability top probabilities doubts``."""
    (digit,) = answer.digits
    return _line({"path": answer.name, **_fields(digit, top), "doubts": answer.doubts})


def number_json_line(answer: Answer, top: int) -> str:
    """One object: ``path number digits doubts``, where ``digits`` holds an object for each."""
    return _line(
        {
            "path": answer.name,
            "number": answer.number,
            "digits": [_fields(digit, top) for digit in answer.digits],
            "doubts": answer.doubts,
        }
    )


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
