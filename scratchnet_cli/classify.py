"""Pictures through a network, in batches, to answers in the order of the pictures."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images import Picture
from scratchnet_cli.network import Network

BATCH_SIZE = 100
PIXELS = 28 * 28


@dataclass(frozen=True, eq=False)
class Answer:
    """What the network made of one picture. probabilities: (classes,), they sum to 1."""

    name: str
    picture: Picture
    probabilities: NDArray[np.floating]

    @property
    def digit(self) -> int:
        """The most probable class."""
        return int(self.probabilities.argmax())

    @property
    def probability(self) -> float:
        """The probability of ``digit``."""
        return float(self.probabilities.max())

    def top(self, count: int) -> list[tuple[int, float]]:
        """The ``count`` most probable classes with their probabilities, best first."""
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(int(digit), float(self.probabilities[digit])) for digit in order]


@dataclass(frozen=True)
class Unreadable:
    """A picture that got no answer, and why."""

    name: str
    reason: str


def classify(
    network: Network, names: Iterable[str], read: Callable[[str], Picture]
) -> Iterator[Answer | Unreadable]:
    """One result for each name, in their order; ``read`` makes a picture of a name.

    Raises:
        ShapeError: the network does not take 28x28 images.
    """
    names = iter(names)
    while batch := list(islice(names, BATCH_SIZE)):
        pictures = [_try_to_read(name, read) for name in batch]
        readable = [picture.pixels for picture in pictures if isinstance(picture, Picture)]
        x = np.array(readable, np.float32).reshape(-1, PIXELS) / 255
        probabilities = iter(network.probabilities(x))
        for name, picture in zip(batch, pictures, strict=True):
            if isinstance(picture, Picture):
                yield Answer(name, picture, next(probabilities))
            else:
                yield Unreadable(name, str(picture))


def _try_to_read(name: str, read: Callable[[str], Picture]) -> Picture | ImageError:
    try:
        return read(name)
    except ImageError as error:
        return error
