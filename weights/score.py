"""Figures of the model card: accuracy, calibration, warnings, and answers on non-digits.

    python -m weights.score [WEIGHTS]

The network has learned none of these pictures. The digits are those held back, three of four with
another pen or rotated, saved in the variants of ``variants.py`` and read by the program. Pillow
draws the non-digits.
"""

import math
import string
import sys
from collections.abc import Iterator
from itertools import cycle

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from scratchnet_cli.datasets.load import load_dataset
from scratchnet_cli.errors import ImageError
from scratchnet_cli.evaluation.metrics import expected_calibration_error, reliability
from scratchnet_cli.images.digit_image import Pixels
from scratchnet_cli.images.read import read_image
from scratchnet_cli.prediction.answers import NOT_A_DIGIT, probability_warnings
from scratchnet_cli.weights.load import load_weights
from weights.variants import VARIANTS, encode

# As in digits.py, which needs PyTorch.
HELD_BACK_DIGITS = 5000
SHEET_SIDE_PIXELS = 280
# Without letters that look like a digit.
LETTERS = "".join(sorted(set(string.ascii_letters) - set("BbDgGIijJlLOoQqSsTyZz"))) + "ΣΩλξ"
SIGNS = "+=%&#?@*$~<>^{}€£§"
FONT_SIZES_PIXELS = (90, 180)


def main() -> None:
    """Measure the named network, or the bundled one, and print the figures."""
    weights = load_weights(sys.argv[1] if len(sys.argv) > 1 else "bundled")
    network = weights.network
    print(f"{weights.origin.name} weights, {weights.origin.sha256}")
    for name in ("mnist", "sample"):
        x, labels = load_dataset(name).arrays()
        print_digit_figures(name, network.probabilities(x), labels)
    train = load_dataset("mnist", "train")
    rng = np.random.default_rng(1)
    digits, labels = train.images[-HELD_BACK_DIGITS:], train.labels[-HELD_BACK_DIGITS:]
    pairs = zip(digits, cycle(VARIANTS.values()), strict=False)
    images = [read_image(variant(altered(digit, rng))).pixels for digit, variant in pairs]
    probabilities = network.probabilities(as_input(images))
    print_digit_figures("made pictures", probabilities, labels)
    print_calibration(probabilities, labels)
    everything: list[NDArray[np.floating]] = []
    for kind, pictures in non_digits(rng):
        images = []
        for picture in pictures:
            try:
                images.append(read_image(encode(picture)).pixels)
            except ImageError:  # the program reports it as unreadable
                continue
        everything.append(network.probabilities(as_input(images)))
        print_non_digit_figures(kind, everything[-1])
    print_non_digit_figures("all of them", np.concatenate(everything))


def print_non_digit_figures(kind: str, probabilities: NDArray[np.floating]) -> None:
    """Print the shares of non-digits with probability 0.9 or more, and with the warning."""
    named = np.mean([NOT_A_DIGIT in probability_warnings(row) for row in probabilities])
    sure = (probabilities.max(axis=1) >= 0.9).mean()
    count = len(probabilities)
    print(f"{kind:14} {count:5}  at 0.9 or more {sure:.3f}  no digit {named:.3f}", flush=True)


def print_digit_figures(
    name: str, probabilities: NDArray[np.floating], labels: NDArray[np.integer]
) -> None:
    """Print accuracy, calibration error, and the shares of answers with warnings."""
    right = probabilities.argmax(axis=1) == labels
    warnings = [probability_warnings(row) for row in probabilities]
    warned = np.array([bool(each) for each in warnings])
    not_a_digit = np.mean([NOT_A_DIGIT in each for each in warnings])
    error = expected_calibration_error(reliability(probabilities.max(axis=1), right))
    print(
        f"{name}: {right.mean():.4f} of {len(right)} right, ECE {error:.4f}; doubted: "
        f"{warned[~right].mean():.3f} of the wrong, {warned[right].mean():.4f} of the right; "
        f"no digit: {not_a_digit:.4f}"
    )


def print_calibration(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> None:
    """Print the calibration curve as the rows of a table."""
    for part in reliability(probabilities.max(axis=1), probabilities.argmax(axis=1) == labels):
        if part.count:
            print(f"| {part.probability:.3f} | {part.accuracy:.3f} | {part.count} |")


def altered(digit: Pixels, rng: np.random.Generator) -> Pixels:
    """Return a digit with thicker or thinner strokes, or rotated, or unchanged."""
    image = Image.fromarray(digit)
    kind = rng.integers(4)
    if kind < 2:
        pen = ImageFilter.MinFilter(5) if kind else ImageFilter.MaxFilter(int(rng.choice([5, 9])))
        large = image.resize((SHEET_SIDE_PIXELS, SHEET_SIDE_PIXELS), Image.Resampling.BICUBIC)
        image = large.filter(pen).resize(image.size)
    elif kind == 2:
        image = image.rotate(rng.normal(0, 10), Image.Resampling.BICUBIC)
    return np.asarray(image)


def non_digits(rng: np.random.Generator) -> Iterator[tuple[str, list[Image.Image]]]:
    """Yield each kind of non-digit with its pictures."""
    yield "letters", [character(letter, size) for letter in LETTERS for size in FONT_SIZES_PIXELS]
    yield "signs", [character(sign, size) for sign in SIGNS for size in FONT_SIZES_PIXELS]
    yield "scribbles", [scribble(rng) for _ in range(80)]
    yield "filled shapes", [filled_shape(rng) for _ in range(80)]
    yield "faces", [face(rng) for _ in range(80)]


def character(text: str, size: int) -> Image.Image:
    """Return a character in Pillow's own font."""
    image, draw = white_sheet()
    draw.text((140, 140), text, 0, ImageFont.load_default(size), anchor="mm")
    return image


def scribble(rng: np.random.Generator) -> Image.Image:
    """Return a line through random points."""
    image, draw = white_sheet()
    points = rng.uniform(30, 250, (int(rng.integers(8, 25)), 2))
    draw.line(points.ravel().tolist(), 0, int(rng.integers(5, 18)), "curve")
    return image


def filled_shape(rng: np.random.Generator) -> Image.Image:
    """Return a polygon or a star, rotated at random."""
    image, draw = white_sheet()
    corners, turn = int(rng.integers(3, 9)), rng.uniform(0, math.pi)
    radii = 110 * np.array([1, rng.uniform(0.35, 0.95)] * corners)
    angles = turn + np.arange(2 * corners) * math.pi / corners
    points = 140 + np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)
    draw.polygon(points.ravel().tolist(), 0)
    return image


def face(rng: np.random.Generator) -> Image.Image:
    """Return a ring, two eyes and a mouth."""
    image, draw = white_sheet()
    pen, eye, distance = int(rng.integers(5, 15)), rng.uniform(6, 15), rng.uniform(25, 45)
    draw.ellipse((30, 30, 250, 250), outline=0, width=pen)
    for x in (140 - distance, 140 + distance):
        draw.ellipse((x - eye, 110 - eye, x + eye, 110 + eye), 0)
    draw.arc((90, 110, 190, 200), 20, 160, 0, pen)
    return image


def white_sheet() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return a white image and the object that draws on it."""
    image = Image.new("L", (SHEET_SIDE_PIXELS, SHEET_SIDE_PIXELS), 255)
    return image, ImageDraw.Draw(image)


def as_input(images: list[Pixels]) -> NDArray[np.float32]:
    """Return images of 28x28 as a network's input: (n, 784) in [0, 1]."""
    return np.asarray(np.stack(images).reshape(len(images), -1) / 255, np.float32)


if __name__ == "__main__":
    main()
