"""Whole processes, from the shell's point of view."""

import sys
from functools import partial
from pathlib import Path

from PIL import Image

from scratchnet_cli.downloads.assets import MNIST
from scratchnet_cli.downloads.cache import cache_folder, cached_size
from tests.benchmarks.timing import SCRATCHNET, interleaved, run
from tests.conftest import Uint8

# What a reader of the book would write: the test set in batches of 100.
PLAIN_SCRIPT = """
import gzip, sys, warnings
import numpy as np
warnings.filterwarnings("ignore")
folder, weights = sys.argv[1:]
def load(name, offset):
    with gzip.open(f"{folder}/{name}") as file:
        return np.frombuffer(file.read(), np.uint8, offset=offset)
def sigmoid(x):
    return 1 / (1 + np.exp(-x))
def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)
network = np.load(weights)
network = {name: network[name] for name in network.files}
def predict(x):
    z1 = sigmoid(np.dot(x, network["W1"]) + network["b1"])
    z2 = sigmoid(np.dot(z1, network["W2"]) + network["b2"])
    return softmax(np.dot(z2, network["W3"]) + network["b3"])
x = load("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 784).astype(np.float32) / 255
t = load("t10k-labels-idx1-ubyte.gz", 8)
right = 0
for i in range(0, len(x), 100):
    right += np.sum(np.argmax(predict(x[i : i + 100]), axis=1) == t[i : i + 100])
print("Accuracy:", right / len(x))
"""


def report(digits: Uint8, dataset: Path, weights: Path, folder: Path) -> None:
    """Print the times of our commands and of others; ``dataset`` is for want of MNIST."""
    name = str(dataset)
    if all(cached_size(asset) == asset.size for asset in MNIST["test"]):
        name, dataset = "mnist", cache_folder()
    picture = folder / "digit.png"
    Image.fromarray(digits[0]).save(picture)
    evaluate = ["eval", f"--weights={weights}", f"--dataset={name}", "--progress=none"]
    shown = f"eval --dataset {Path(name).name}"
    predict = ["predict", f"--weights={weights}", str(picture)]
    libraries = "import numpy, click, PIL.Image, PIL.PngImagePlugin"
    print("| command | median | beside | median | ratio |\n|---|---|---|---|---|")
    for name, arguments, script in (
        ("--help", ["--help"], "import click"),
        (shown, evaluate, "import numpy, click"),
        (shown, evaluate, PLAIN_SCRIPT),
        ("predict digit.png", predict, libraries),
    ):
        other = [sys.executable, "-c", script, str(dataset), str(weights)]
        ours, bare = interleaved(partial(run, [*SCRATCHNET, *arguments]), partial(run, other))
        beside = f"`python -c '{script}'`"
        if script == PLAIN_SCRIPT:
            beside = "the plain script of the book's reader"
        cells = f"{ours * 1000:.0f} ms | {beside} | {bare * 1000:.0f} ms | {ours / bare:.2f}"
        print(f"| `scratchnet {name}` | {cells} |")
