"""Pictures through a network to answers, in the order of the pictures."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, groupby, islice

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.digit_image import Box, DigitImage
from scratchnet_cli.network.layers import Network

SIDE = 28
Reading = tuple[str, list[DigitImage] | ImageError]
"""A file's name, and the images of digits in it, or why there are none."""


def read_batch(
    read: Callable[[str], list[DigitImage] | ImageError], names: Iterable[str]
) -> list[Reading]:
    """Return one reading for each name, in their order."""
    return [(name, read(name)) for name in names]


@dataclass(frozen=True, eq=False)
class Digit:
    """What the network made of one picture. probabilities: (classes,), they sum to 1."""

    picture: DigitImage
    probabilities: NDArray[np.floating]
    digit: int
    probability: float

    @property
    def x(self) -> NDArray[np.floating]:
        """What went into the network: (784,) float32 in [0, 1]."""
        return self.picture.pixels.reshape(-1).astype(np.float32) / 255

    def top(self, count: int) -> list[tuple[int, float]]:
        """The ``count`` most probable classes with their probabilities, best first."""
        if count == 1:
            return [(self.digit, self.probability)]
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(int(digit), float(self.probabilities[digit])) for digit in order]


@dataclass(frozen=True, eq=False)
class Number:
    """Digits side by side, at least one. row: where they stand, counted from 1."""

    digits: Sequence[Digit]
    row: int = 1

    @property
    def number(self) -> str:
        """The digits as text: ``2026``."""
        return "".join(str(digit.digit) for digit in self.digits)

    @property
    def probability(self) -> float:
        """The probability of the least certain digit."""
        return min(digit.probability for digit in self.digits)

    @property
    def doubts(self) -> list[str]:
        """Why it may be read wrong, each reason once, in a few words."""
        return _doubts(self.digits)

    @property
    def box(self) -> Box | None:
        """The rectangle around the digits, if their places are known."""
        boxes = [digit.picture.place.box for digit in self.digits if digit.picture.place]
        if not boxes:
            return None
        left, top, right, bottom = zip(*boxes, strict=True)
        return min(left), min(top), max(right), max(bottom)


@dataclass(frozen=True, eq=False)
class Answer:
    """The digits that a file shows, in reading order, at least one."""

    name: str
    digits: Sequence[Digit]

    @cached_property
    def numbers(self) -> list[Number]:
        """The numbers that the digits form, in reading order."""
        return [
            Number(list(digits), row) for (row, _), digits in groupby(self.digits, _row_and_number)
        ]

    @property
    def number(self) -> str:
        """The numbers, with a space between them."""
        return " ".join(number.number for number in self.numbers)

    @property
    def probability(self) -> float:
        """The probability of the least certain digit."""
        return min(digit.probability for digit in self.digits)

    @property
    def doubts(self) -> list[str]:
        """Why the answer may be wrong, each reason once, in a few words."""
        return _doubts(self.digits)


@dataclass(frozen=True)
class Unreadable:
    """A file that got no answer, and why."""

    name: str
    reason: str


Result = Answer | Unreadable
"""What came of a file."""


def classify(network: Network, readings: Sequence[Reading]) -> list[Result]:
    """One result for each reading, in their order; their pictures are one batch to the network.

    Raises:
        ShapeError: the network does not take 28x28 images.
    """
    pictures = [content for _, content in readings if not isinstance(content, ImageError)]
    digits = iter(_digits(network, list(chain.from_iterable(pictures))))
    return [
        Unreadable(name, str(content))
        if isinstance(content, ImageError)
        else Answer(name, _read(list(islice(digits, len(content)))))
        for name, content in readings
    ]


def _doubts(digits: Sequence[Digit]) -> list[str]:
    return list(
        dict.fromkeys(
            doubt
            for digit in digits
            for doubt in (*digit.picture.warnings, *doubts(digit.probabilities))
        )
    )


def _row_and_number(digit: Digit) -> tuple[int, int]:
    place = digit.picture.place
    return (place.row, place.number) if place else (1, 1)


def _read(digits: list[Digit]) -> list[Digit]:
    """Those that are read, of all that ink may be taken for."""
    if len(digits) == 1:
        return digits
    places = [digit.picture.place for digit in digits if digit.picture.place]
    if all(place.after == 1 for place in places):
        return digits
    # Loaded here, for single digits need it not.
    from scratchnet_cli.prediction.segmentation import choose

    chosen = choose(places, np.array([digit.probabilities for digit in digits]))
    return [digits[index] for index in chosen]


def _digits(network: Network, pictures: Sequence[DigitImage]) -> list[Digit]:
    pixels = np.array([picture.pixels for picture in pictures], np.float32)
    probabilities = network.probabilities(pixels.reshape(len(pictures), SIDE * SIDE) / 255)
    best = probabilities.argmax(axis=1)
    return list(
        map(
            Digit,
            pictures,
            probabilities,
            best.tolist(),
            probabilities[np.arange(len(best)), best].tolist(),
        )
    )


NO_DIGIT = "does not look like a digit"
UNSURE = "low probability"

# Of what a network is taught to be no digit, the probability is spread over all ten. Between two
# digits that look alike it is not: so what the best two leave over tells the one from the other.
# Both are measured by `python -m weights.score`.
LEFT_OVER = 0.15
# Below it, some other digit may well be meant.
LOW_PROBABILITY = 0.8


def doubts(probabilities: NDArray[np.floating]) -> tuple[str, ...]:
    """Why the most probable class may be wrong, one reason at most.

    probabilities: (classes,), they sum to 1.
    """
    second, best = np.sort(probabilities)[-2:].tolist() if len(probabilities) > 1 else (0.0, 1.0)
    if 1 - best - second > LEFT_OVER:
        return (NO_DIGIT,)
    return (UNSURE,) if best < LOW_PROBABILITY else ()
