"""Answers: the digits in a picture, the numbers that they form, and warnings."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, groupby, islice

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import ImageError, ShapeError
from scratchnet_cli.images.digit_image import SIDE_PIXELS, Box, DigitImage
from scratchnet_cli.network.layers import Network

NOT_A_DIGIT = "does not look like a digit"
LOW_PROBABILITY = "low probability"
# By the number of quarter turns to the left that made the page upright.
TURN_WARNINGS: tuple[tuple[str, ...], ...] = (
    (),
    ("the page lies on its side; it was turned 90° to the left",),
    ("the page is upside down; it was turned 180°",),
    ("the page lies on its side; it was turned 90° to the right",),
)

# If an image is not a digit, its probability is spread over all ten classes. If two digits look
# alike, it is on those two. So the probability outside of the best two classes tells which case it
# is. `python -m weights.score` measures both limits.
MAX_LEFT_OVER = 0.15
MIN_PROBABILITY = 0.8


@dataclass(frozen=True, eq=False)
class Digit:
    """The digit in one image. probabilities: (classes,), they sum to 1."""

    image: DigitImage
    probabilities: NDArray[np.floating]
    digit: int
    probability: float

    @property
    def x(self) -> NDArray[np.floating]:
        """Return the network's input: (784,) float32 in [0, 1]."""
        return self.image.pixels.reshape(-1).astype(np.float32) / 255

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return why the digit may be wrong."""
        return (*self.image.warnings, *probability_warnings(self.probabilities))

    def top(self, count: int) -> list[tuple[int, float]]:
        """Return the ``count`` most probable classes with their probabilities, best first."""
        if count == 1:
            return [(self.digit, self.probability)]
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(int(digit), float(self.probabilities[digit])) for digit in order]


class _Digits:
    """Digits that were read together, at least one."""

    digits: Sequence[Digit]

    @property
    def probability(self) -> float:
        """Return the probability of the least certain digit."""
        return min(digit.probability for digit in self.digits)

    @property
    def warnings(self) -> list[str]:
        """Return why they may be wrong, each reason once."""
        return list(dict.fromkeys(reason for digit in self.digits for reason in digit.warnings))


@dataclass(frozen=True, eq=False)
class Number(_Digits):
    """Digits side by side, at least one. row: their row in the picture, counted from 1."""

    digits: Sequence[Digit]
    row: int = 1

    @property
    def number(self) -> str:
        """Return the digits as text: ``2026``."""
        return "".join(str(digit.digit) for digit in self.digits)

    @property
    def box(self) -> Box | None:
        """Return the rectangle around the digits, or None if their places are not known."""
        boxes = [digit.image.place.box for digit in self.digits if digit.image.place]
        if not boxes:
            return None
        left, top, right, bottom = zip(*boxes, strict=True)
        return min(left), min(top), max(right), max(bottom)


@dataclass(frozen=True, eq=False)
class Answer(_Digits):
    """The digits in a picture, in reading order, at least one.

    turns: quarter turns to the left of the picture, before it was read.
    """

    path: str
    digits: Sequence[Digit]
    turns: int = 0

    @property
    def warnings(self) -> list[str]:
        """Return why they may be wrong, each reason once, the turn of the page first."""
        return [*TURN_WARNINGS[self.turns], *super().warnings]

    @cached_property
    def numbers(self) -> list[Number]:
        """Return the numbers that the digits form, in reading order."""
        groups = groupby(self.digits, _row_and_number)
        return [Number(list(digits), row) for (row, _), digits in groups]

    @property
    def number(self) -> str:
        """Return the numbers, separated by spaces."""
        return " ".join(number.number for number in self.numbers)


@dataclass(frozen=True)
class Unreadable:
    """A picture that cannot be read, and the reason. traceback: of an unexpected error."""

    path: str
    reason: str
    traceback: str = field(default="", repr=False)


Result = Answer | Unreadable
"""The result for one picture."""


def check_takes_pictures(network: Network, source: str = "weights") -> None:
    """Raise ShapeError if the network does not take 28x28 images. source: of its weights."""
    if network.inputs != SIDE_PIXELS**2:
        raise ShapeError(
            f"{source}: the network takes {network.inputs} values for each input, a picture has "
            f"{SIDE_PIXELS**2} ({SIDE_PIXELS}x{SIDE_PIXELS}); use other weights"
        )


def classify(
    network: Network, readings: Sequence[tuple[str, list[DigitImage] | ImageError]]
) -> list[Result]:
    """Return a result for each picture, in order. readings: paths, with images or errors."""
    images = [found for _, found in readings if not isinstance(found, ImageError)]
    digits = iter(_classify_images(network, list(chain.from_iterable(images))))
    return [
        Unreadable(path, str(found), found.traceback)
        if isinstance(found, ImageError)
        else Answer(path, _best_segmentation(list(islice(digits, len(found)))))
        for path, found in readings
    ]


def probability_warnings(probabilities: NDArray[np.floating]) -> tuple[str, ...]:
    """Return why the most probable class may be wrong, at most one reason."""
    # For ten classes a list is faster than an array. The 0 is for a network of one class.
    *_, second, best = 0.0, *sorted(probabilities.tolist())
    if 1 - best - second > MAX_LEFT_OVER:
        return (NOT_A_DIGIT,)
    return (LOW_PROBABILITY,) if best < MIN_PROBABILITY else ()


def _row_and_number(digit: Digit) -> tuple[int, int]:
    place = digit.image.place
    return (place.row, place.number) if place else (1, 1)


def _best_segmentation(digits: list[Digit]) -> list[Digit]:
    """Return the digits of the best segmentation, if there are several where digits touch."""
    if len(digits) == 1:
        return digits
    # Imported here because single digits do not need it.
    from scratchnet_cli.prediction.segmentation import choose_pieces

    places = [digit.image.place for digit in digits if digit.image.place]
    chosen = choose_pieces(places, np.array([digit.probabilities for digit in digits]))
    return [digits[index] for index in chosen]


def _classify_images(network: Network, images: Sequence[DigitImage]) -> list[Digit]:
    pixels = np.array([image.pixels for image in images], np.float32)
    # A product for each image: in one product of all, rounding depends on an image's position.
    x = pixels.reshape(len(images), 1, SIDE_PIXELS**2) / 255
    probabilities = network.probabilities(x)[:, 0]
    best = probabilities.argmax(axis=1)
    best_probabilities = probabilities[np.arange(len(best)), best]
    return list(map(Digit, images, probabilities, best.tolist(), best_probabilities.tolist()))
