"""Start-up and throughput, each beside a plain alternative, in interleaved runs.

Prints Markdown tables: whole-process times on the bundled data, a folder of pictures, and images
per second of the forward pass over the batch size.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.catalog import load_dataset, load_weights
from tests.benchmarks import pictures
from tests.benchmarks.timing import SCRATCHNET, interleaved, run


def main() -> None:
    """Measure and print everything."""
    digits = load_dataset("sample")[0].images
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "digit.png")
        Image.fromarray(digits[0]).save(picture)
        processes = [
            ("scratchnet --help", [*SCRATCHNET, "--help"], "import click"),
            (
                "scratchnet eval (sample)",
                [*SCRATCHNET, "eval", "--weights=bundled", "--dataset=sample", "--progress=none"],
                "import numpy, click",
            ),
            (
                "scratchnet predict digit.png",
                [*SCRATCHNET, "predict", "--weights=bundled", str(picture)],
                "import numpy, click, PIL.Image, PIL.PngImagePlugin",
            ),
        ]
        print("| command | median | Python alone with | median | ratio |\n|---|---|---|---|---|")
        for name, command, imports in processes:
            ours, bare = interleaved(
                partial(run, command), partial(run, [sys.executable, "-c", imports])
            )
            cells = f"{ours * 1000:.0f} ms | `{imports}` | {bare * 1000:.0f} ms | {ours / bare:.2f}"
            print(f"| `{name}` | {cells} |")
        pictures.report(digits, Path(folder))
    print("\n| batch size | images/s | the book's expression | ratio |\n|---|---|---|---|")
    network, _ = load_weights("bundled")
    weights = [array for layer in network.layers for array in (layer.W, layer.b)]
    x = np.tile(digits, (10, 1, 1)).reshape(-1, 784).astype(np.float32) / 255
    for batch_size in (1, 10, 100, 1000, 10000):
        part = x[: batch_size * 500]
        ours, book = interleaved(
            partial(in_batches, network.predict, part, batch_size),
            partial(in_batches, partial(as_the_book, weights), part, batch_size),
        )
        cells = f"{len(part) / ours:,.0f} | {len(part) / book:,.0f} | {book / ours:.2f}"
        print(f"| {batch_size} | {cells} |")


def in_batches(predict: Callable[[Any], Any], x: NDArray[Any], batch_size: int) -> None:
    """Classify all of x."""
    for i in range(0, len(x), batch_size):
        predict(x[i : i + batch_size])


def as_the_book(weights: list[Any], x: Any) -> Any:
    """The forward pass as a reader of the book writes it."""
    W1, b1, W2, b2, W3, b3 = weights  # noqa: N806
    z1 = 1 / (1 + np.exp(-(np.dot(x, W1) + b1)))
    z2 = 1 / (1 + np.exp(-(np.dot(z1, W2) + b2)))
    a3 = np.dot(z2, W3) + b3
    e = np.exp(a3 - np.max(a3, axis=-1, keepdims=True))
    return np.argmax(e / np.sum(e, axis=-1, keepdims=True), axis=1)


if __name__ == "__main__":
    main()
