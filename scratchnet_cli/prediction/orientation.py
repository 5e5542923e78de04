"""Pages that lie on their side or upside down: detected by their digits, and read again."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.digit_image import NOT_SPLIT, DigitImage
from scratchnet_cli.network.layers import Network
from scratchnet_cli.prediction.answers import Answer, Digit, Result, classify
from scratchnet_cli.system.inputs import STDIN

# Fewer digits do not show how a page lies.
MIN_DIGITS = 4
# A page is turned if the mean logarithm of its probabilities is below the first figure, and if the
# turn raises it by the second figure, and the sum by the third.
MAX_CERTAINTY, MIN_GAIN, MIN_TOTAL_GAIN = -0.1, 0.05, 1.0
# The most times that a page is read again, because a large page takes long.
MAX_READINGS = 2
# The axes along which a turned image is moved by a pixel, because MNIST's centre is a pixel right
# of and below the middle.
CENTRE_AXES = {1: (0,), 2: (0, 1), 3: (1,)}


def read_upright(
    network: Network, result: Result, read: Callable[..., list[DigitImage] | ImageError]
) -> Result:
    """Return the result, or that of the turned page if its digits are more certain.

    read: ``read_file`` with its options except ``turns``.
    """
    if not isinstance(result, Answer) or len(result.digits) < MIN_DIGITS:
        return result
    # A named pipe can be read only once: the second reading would wait forever.
    if result.path != STDIN and not os.path.isfile(result.path):  # noqa: PTH113
        return result
    best, before = result, certainty(result.digits)
    # A page that already took the most work allowed is not read again.
    if before > MAX_CERTAINTY or NOT_SPLIT in result.warnings:
        return result
    enough = before + max(MIN_GAIN, MIN_TOTAL_GAIN / len(result.digits))
    certainties = {turns: certainty(turned(network, result.digits, turns)) for turns in CENTRE_AXES}
    for turns in sorted(certainties, key=certainties.__getitem__, reverse=True)[:MAX_READINGS]:
        if certainties[turns] < enough:
            break
        found = read(result.path, turns=turns)
        if isinstance(found, ImageError):
            continue
        (answer,) = classify(network, [(result.path, found)])
        if (
            isinstance(answer, Answer)
            and len(answer.digits) >= len(result.digits) / 2
            and certainty(answer.digits) > enough
        ):
            best, enough = replace(answer, turns=turns), certainty(answer.digits)
    return best


def certainty(digits: Sequence[Digit]) -> float:
    """Return the mean logarithm of the probabilities of digits."""
    return float(np.mean(np.log([max(digit.probability, 1e-9) for digit in digits])))


def turned(network: Network, digits: Sequence[Digit], turns: int) -> list[Digit]:
    """Return the digits, their images turned to the left this often, classified."""
    axes = CENTRE_AXES[turns]
    images = [
        np.roll(np.rot90(digit.image.pixels, turns), [1] * len(axes), axes) for digit in digits
    ]
    answers = classify(network, [("", [DigitImage(pixels)]) for pixels in images])
    return [digit for answer in answers if isinstance(answer, Answer) for digit in answer.digits]
