"""The share of pictures that ``predict --multiple`` reads exactly right, by kind.

    python -m tests.benchmarks.numbers [COUNT] [SEED] [WEIGHTS]

The pictures are made of MNIST's training digits.
"""

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.datasets.load import load_dataset
from scratchnet_cli.images.read import read_digits
from scratchnet_cli.prediction.answers import Answer, classify
from scratchnet_cli.weights.load import load_weights
from tests.conftest import Uint8, encoded

Grey = NDArray[np.floating]

DIGIT_PIXELS = 20
# The least and the largest gap between two numbers of a row.
GAP_HEIGHTS = (2.2, 3.5)


@dataclass(frozen=True)
class Kind:
    """The content of a picture; lengths are in MNIST's pixels."""

    gap: tuple[float, float] = (2, 6)
    rows: int = 1
    numbers: int = 1
    slant: float = 0.0  # as a share of the height
    turn: float = 0.0  # in degrees
    size: tuple[float, float] = (2.5, 3.5)  # pixels for one of MNIST's
    marks: bool = False  # minus signs and points
    background: str = "paper"


KINDS = {
    "apart": Kind(),
    "close": Kind(gap=(0.5, 2)),
    "touching": Kind(gap=(-3, 0)),
    "four rows": Kind(rows=4),
    "rows of two numbers": Kind(rows=3, numbers=2),
    "askew": Kind(rows=4, turn=6),
    "slanted": Kind(gap=(1, 5), slant=0.3),
    "touching, slanted": Kind(gap=(-3, 0), slant=0.3),
    "small": Kind(rows=4, size=(0.9, 1.2)),
    "large": Kind(size=(7, 9)),
    "minus signs and points": Kind(rows=2, marks=True),
    "ruled": Kind(rows=3, background="ruled"),
    "shadow": Kind(rows=3, turn=3, background="shadow"),
    "on a table": Kind(rows=3, turn=4, background="table"),
}


class Writer:
    """Makes pictures of one kind from labelled digits and a seed."""

    def __init__(self, images: Uint8, labels: Uint8, kind: Kind, seed: int) -> None:
        self._images, self._labels, self._kind = images, labels, kind
        self._rng = np.random.default_rng(seed)
        self._uniform = self._rng.uniform

    def picture(self) -> tuple[bytes, list[str]]:
        """Return a PNG file, and the numbers in it in reading order."""
        size = self._uniform(*self._kind.size)
        height = DIGIT_PIXELS * size
        rows, numbers = [], []
        for _ in range(self._kind.rows):
            parts: list[Grey] = []
            for _ in range(self._kind.numbers):
                ink, number = self._number(size)
                gap = int(height * self._uniform(*GAP_HEIGHTS))
                parts.append(np.pad(ink, [(0, 0), (0, gap)]))
                numbers.append(number)
            rows.append(np.hstack(parts)[:, :-gap])
        width = max(row.shape[1] for row in rows) + int(3 * height)
        for i, row in enumerate(rows):
            left = int(self._uniform(0.8, 1.6) * height)
            rows[i] = np.pad(row, [(0, 0), (left, width - left - row.shape[1])])
        ink = np.pad(np.vstack(rows), int(0.6 * height))
        return encoded(Image.fromarray(self._photograph(ink, size))), numbers

    def _number(self, size: float) -> tuple[Grey, str]:
        """Return the ink of a number, (1.7 digit heights, its width) in [0, 1], and its digits."""
        chosen = self._rng.integers(0, len(self._images), int(self._rng.integers(2, 7)))
        height = DIGIT_PIXELS * size
        ink = np.zeros((int(1.7 * height), int(45 * size * (len(chosen) + 1))), np.float32)
        x = 2
        if self._kind.marks and self._rng.random() < 0.5:
            x = self._mark(ink, x, size, flat=True)
        point = int(self._rng.integers(1, len(chosen))) if self._kind.marks else -1
        for place, index in enumerate(chosen):
            if place == point:
                x = self._mark(ink, x, size, flat=False)
            digit = self._digit(self._images[index], size)
            top = max(0, int(1.45 * height) - len(digit) - int(self._uniform(0, 3) * size))
            there = ink[top : top + len(digit), x : x + digit.shape[1]]
            np.maximum(there, digit[: len(there)], out=there)
            x = max(0, x + digit.shape[1] + round(self._uniform(*self._kind.gap) * size))
        width = np.flatnonzero(ink.max(axis=0))[-1] + 1
        return ink[:, :width], "".join(str(self._labels[index]) for index in chosen)

    def _digit(self, image: Uint8, size: float) -> Grey:
        rows, columns = (np.flatnonzero(image.max(axis=axis) > 40) for axis in (1, 0))
        part = Image.fromarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
        scale = size * self._uniform(0.9, 1.1)
        width, height = (max(1, round(side * scale)) for side in part.size)
        part = part.resize((width, height), Image.Resampling.BICUBIC)
        if self._kind.slant:
            lean = self._uniform(0.3, 1) * self._kind.slant
            box, shear = (width + round(lean * height), height), (1, lean, -lean * height, 0, 1, 0)
            part = part.transform(box, Image.Transform.AFFINE, shear, Image.Resampling.BILINEAR)
        array = np.asarray(part, np.float32) / 255
        columns = np.flatnonzero(array.max(axis=0) > 0.15)
        return array[:, columns[0] : columns[-1] + 1]

    def _mark(self, ink: Grey, x: int, size: float, flat: bool) -> int:
        """Draw a minus sign or a decimal point with room around it; return the x after it."""
        x += round(3 * size)
        width, height = (9 * size, 2.2 * size) if flat else (2.6 * size, 2.6 * size)
        bottom = int((0.95 if flat else 1.45) * DIGIT_PIXELS * size)
        ink[bottom - round(height) : bottom, x : x + round(width)] = 1
        return x + round(width + 4 * size)

    def _photograph(self, ink: Grey, size: float) -> Uint8:
        """Return grey values of the ink on its background, turned, with light and noise."""
        turn = self._uniform(-1, 1) * self._kind.turn
        paper = np.full(ink.shape, 225, np.float32)
        if self._kind.background == "ruled":
            for y in range(int(DIGIT_PIXELS * size), len(paper), int(1.7 * DIGIT_PIXELS * size)):
                paper[y : y + max(1, round(0.5 * size))] -= 60
        sheet, around = paper - 170 * ink, 225
        if self._kind.background == "table":
            around = 60
            sheet = np.pad(sheet, int(3 * DIGIT_PIXELS * size), constant_values=around)
        image = Image.fromarray(sheet)
        image = image.rotate(turn, Image.Resampling.BILINEAR, expand=True, fillcolor=around)
        grey = np.asarray(image, np.float32)
        across = np.linspace(-1, 1, grey.shape[1])
        light = 1 + 0.08 * self._uniform(-1, 1) * across
        if self._kind.background == "shadow":
            down = np.linspace(-1, 1, len(grey))[:, None]
            edge = across + self._uniform(-1, 1) * down - self._uniform(-0.5, 0.5)
            light = light * (1 - 0.45 / (1 + np.exp(-edge / 0.06)))
        return (grey * light + self._rng.normal(0, 4, grey.shape)).clip(0, 255).astype(np.uint8)


def main() -> None:
    """Print the share of pictures read right for each kind."""
    words = [*sys.argv[1:], *("100", "1", "bundled")[len(sys.argv) - 1 :]]
    count, seed, weights = int(words[0]), int(words[1]), load_weights(words[2])
    dataset = load_dataset("mnist", "train")
    print(f"{count} pictures a kind, seed {seed}, {weights.origin.name} weights")
    print("\n| kind | exactly right |\n|---|---|")
    for name, kind in KINDS.items():
        writer = Writer(dataset.images, dataset.labels, kind, seed)
        right = 0
        for _ in range(count):
            data, numbers = writer.picture()
            (answer,) = classify(weights.network, [("", read_digits(data, multiple=True))])
            right += isinstance(answer, Answer) and [n.number for n in answer.numbers] == numbers
        print(f"| {name} | {right / count:.2f} |", flush=True)


if __name__ == "__main__":
    main()
