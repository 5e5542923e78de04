"""CPU time to find the digit in a scan, beside the usual script with OpenCV."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.mnist import centre
from scratchnet_cli.images.read import read_image
from scratchnet_cli.network.layers import Network
from tests.conftest import Uint8, encoded

SCANS, SEED, ROUNDS = 200, 0, 3

Read = Callable[[bytes], Uint8]


def scans(digits: Uint8, count: int = SCANS, seed: int = SEED) -> list[bytes]:
    """Return PNG files of 80 to 220 pixels: dark ink on paper in slanting light, with noise."""
    rng = np.random.default_rng(seed)
    return [_scan(digits[i % len(digits)], rng) for i in range(count)]


def _scan(digit: Uint8, rng: np.random.Generator) -> bytes:
    side = int(rng.integers(80, 221))
    size = int(side * rng.uniform(0.5, 0.9))
    ink = Image.new("L", (side, side))
    place = tuple(rng.integers(0, side - size + 1, 2).tolist())
    ink.paste(Image.fromarray(digit).resize((size, size), Image.Resampling.BICUBIC), place)
    ink = ink.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.5)))
    depth = rng.uniform(0.5, 0.9) * np.asarray(ink, np.float64) / 255
    slopes = rng.uniform(-15, 15, 2)
    y, x = np.mgrid[0:side, 0:side] / side - 0.5
    paper = rng.uniform(200, 245) + slopes[0] * y + slopes[1] * x
    grey = paper * (1 - depth) + rng.normal(0, rng.uniform(0, 4), ink.size)
    return encoded(Image.fromarray(grey.clip(0, 255).astype(np.uint8)))


def opencv() -> Read:
    """Return the script: blur, adaptive threshold, largest contour, resize, centre."""
    import cv2

    cv2.setNumThreads(1)

    def read(data: bytes) -> Uint8:
        grey: Any = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
        grey = cv2.GaussianBlur(grey, (5, 5), 0)
        mean, inverted = cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY_INV
        ink = cv2.adaptiveThreshold(grey, 255, mean, inverted, max(grey.shape) // 2 | 1, 10)
        contours, _ = cv2.findContours(ink, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        x, y, w, h = cv2.boundingRect(max(contours, key=cv2.contourArea))
        scale = 20 / max(w, h)
        size = max(1, round(w * scale)), max(1, round(h * scale))
        return centre(cv2.resize(ink[y : y + h, x : x + w], size, interpolation=cv2.INTER_AREA))

    return read


def report(network: Network, digits: Uint8, labels: Uint8) -> None:
    """Print the milliseconds for a picture, and the share that is read right."""
    files = scans(digits)
    readers: dict[str, Read] = {"scratchnet": lambda data: read_image(data).pixels}
    with suppress(ImportError):
        readers["blur, threshold, largest contour with OpenCV"] = opencv()
    seconds = {name: _seconds(readers[name], files) for name in readers}
    print("\n| scans of 80 to 220 pixels | CPU time a picture | read right |\n|---|---|---|")
    for name, read in readers.items():
        right = sum(map(lambda data, label: _classify(network, read, data) == label, files, labels))
        print(f"| {name} | {seconds[name] * 1e3:.2f} ms | {right / len(files):.2f} |")


def _classify(network: Network, read: Read, data: bytes) -> int | None:
    try:
        return int(network.predict(read(data).reshape(784) / np.float32(255)))
    except ImageError:
        return None


def _seconds(read: Read, files: list[bytes]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for data in files:
            with suppress(ImageError):
                read(data)
        times.append(time.process_time() - start)
    return min(times) / len(files)
