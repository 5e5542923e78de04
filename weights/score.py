"""Print the figures of the model card: accuracy, calibration, doubts, and what is no digit.

    python -m weights.score [WEIGHTS]

Nothing here is learned from: the digits are those held back, half of them by another pen or
slanted, saved in the variants of ``variants.py`` and read by the program; what is no digit is drawn
by Pillow, in its own font.
"""

import math
import string
import sys
from collections.abc import Iterator
from itertools import cycle

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from scratchnet_cli.catalog import load_dataset, load_weights
from scratchnet_cli.errors import ImageError
from scratchnet_cli.evaluation.metrics import expected_calibration_error, reliability
from scratchnet_cli.images.read import read_image
from scratchnet_cli.prediction.answers import NO_DIGIT, doubts
from weights.variants import VARIANTS, encode

DIGITS = 5000
SIDE = 280
LETTERS = "".join(sorted(set(string.ascii_letters) - set("BbDgGIijJlLOoQqSsTyZz"))) + "ΣΩλξ"
SIGNS = "+=%&#?@*$~<>^{}€£§"
FONT_SIZES = (90, 180)


def main() -> None:
    """Measure the network that is named, or the bundled one."""
    network, origin = load_weights(sys.argv[1] if len(sys.argv) > 1 else "bundled")
    print(f"{origin.name} weights, {origin.sha256}")
    for name in ("mnist", "sample"):
        dataset, _ = load_dataset(name)
        x, labels = dataset.arrays()
        probabilities = network.probabilities(x)
        tell(name, probabilities, labels)
    train, _ = load_dataset("mnist", "train")
    rng = np.random.default_rng(1)
    made, shown = [], []
    held_back = zip(train.images[-DIGITS:], train.labels[-DIGITS:], strict=True)
    for (image, label), variant in zip(held_back, cycle(VARIANTS.values()), strict=False):
        made.append(read_image(variant(spoilt(image, rng))).pixels)
        shown.append(label)
    probabilities = network.probabilities(as_input(made))
    tell("made pictures", probabilities, np.array(shown))
    curve(probabilities, np.array(shown))
    everything: list[NDArray[np.floating]] = []
    for kind, pictures in others(rng):
        read = []
        for picture in pictures:
            try:
                read.append(read_image(encode(picture)).pixels)
            except ImageError:  # it says itself that it sees nothing
                continue
        everything.append(network.probabilities(as_input(read)))
        tell_no_digits(kind, everything[-1])
    tell_no_digits("all of them", np.concatenate(everything))


def tell_no_digits(kind: str, probabilities: NDArray[np.floating]) -> None:
    """How often the network is sure of what is no digit, and how often a doubt says what it is."""
    named = np.mean([NO_DIGIT in doubts(row) for row in probabilities])
    sure = (probabilities.max(axis=1) >= 0.9).mean()
    count = len(probabilities)
    print(f"{kind:14} {count:5}  at 0.9 or more {sure:.3f}  no digit {named:.3f}", flush=True)


def tell(name: str, probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> None:
    """Accuracy, calibration error, and how often answers right and wrong are doubted."""
    right = probabilities.argmax(axis=1) == labels
    found = [doubts(row) for row in probabilities]
    doubted = np.array([bool(each) for each in found])
    no_digit = np.mean([NO_DIGIT in each for each in found])
    error = expected_calibration_error(reliability(probabilities.max(axis=1), right))
    print(
        f"{name}: {right.mean():.4f} of {len(right)} right, ECE {error:.4f}; doubted: "
        f"{doubted[~right].mean():.3f} of the wrong, {doubted[right].mean():.4f} of the right; "
        f"no digit: {no_digit:.4f}"
    )


def curve(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> None:
    """The calibration curve as the rows of a table."""
    for part in reliability(probabilities.max(axis=1), probabilities.argmax(axis=1) == labels):
        if part.count:
            print(f"| {part.probability:.3f} | {part.accuracy:.3f} | {part.count} |")


def spoilt(digit: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A digit of MNIST by another pen, or slanted, or as it is."""
    image = Image.fromarray(digit)
    kind = rng.integers(4)
    if kind == 0:
        large = image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        wide = int(rng.choice([5, 9]))
        image = large.filter(ImageFilter.MaxFilter(wide)).resize(image.size)
    elif kind == 1:
        large = image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        image = large.filter(ImageFilter.MinFilter(5)).resize(image.size)
    elif kind == 2:
        image = image.rotate(rng.normal(0, 10), Image.Resampling.BICUBIC)
    return np.asarray(image)


def others(rng: np.random.Generator) -> Iterator[tuple[str, list[Image.Image]]]:
    """Pictures that are no digit, kind by kind."""
    yield "letters", [glyph(letter, size) for letter in LETTERS for size in FONT_SIZES]
    yield "signs", [glyph(sign, size) for sign in SIGNS for size in FONT_SIZES]
    yield "scribbles", [scribble(rng) for _ in range(80)]
    yield "filled shapes", [filled(rng) for _ in range(80)]
    yield "faces", [face(rng) for _ in range(80)]


def glyph(character: str, size: int) -> Image.Image:
    """A character in Pillow's own font."""
    image, draw = sheet()
    draw.text((140, 140), character, 0, ImageFont.load_default(size), anchor="mm")
    return image


def scribble(rng: np.random.Generator) -> Image.Image:
    """Many lines, each beginning where the one before ended."""
    image, draw = sheet()
    points = rng.uniform(30, 250, (int(rng.integers(8, 25)), 2))
    draw.line(points.ravel().tolist(), 0, int(rng.integers(5, 18)), "curve")
    return image


def filled(rng: np.random.Generator) -> Image.Image:
    """A polygon or a star, turned at random."""
    image, draw = sheet()
    corners, turn = int(rng.integers(3, 9)), rng.uniform(0, math.pi)
    radii = 110 * np.array([1, rng.uniform(0.35, 0.95)] * corners)
    angles = turn + np.arange(2 * corners) * math.pi / corners
    points = 140 + np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)
    draw.polygon(points.ravel().tolist(), 0)
    return image


def face(rng: np.random.Generator) -> Image.Image:
    """A ring, two eyes and a mouth."""
    image, draw = sheet()
    pen, eye, apart = int(rng.integers(5, 15)), rng.uniform(6, 15), rng.uniform(25, 45)
    draw.ellipse((30, 30, 250, 250), outline=0, width=pen)
    for x in (140 - apart, 140 + apart):
        draw.ellipse((x - eye, 110 - eye, x + eye, 110 + eye), 0)
    draw.arc((90, 110, 190, 200), 20, 160, 0, pen)
    return image


def sheet() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """White paper and what draws on it."""
    image = Image.new("L", (SIDE, SIDE), 255)
    return image, ImageDraw.Draw(image)


def as_input(pictures: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Pictures of 28x28 as a network takes them: (n, 784) in [0, 1]."""
    return np.asarray(np.stack(pictures).reshape(len(pictures), -1) / 255, np.float32)


if __name__ == "__main__":
    main()
