"""Pictures through a network to answers, in the order of the pictures."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images import Picture
from scratchnet_cli.network import Network


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
    """One result for each name, in their order and as soon as it is known.

    ``read`` makes a picture of a name. Pictures go through the network one by one: that takes a
    fraction of reading them, and no answer depends on its neighbours.

    Raises:
        ShapeError: the network does not take 28x28 images.
    """
    for name in names:
        try:
            picture = read(name)
        except ImageError as error:
            yield Unreadable(name, str(error))
        else:
            x = picture.pixels.ravel().astype(np.float32) / 255
            yield Answer(name, picture, network.probabilities(x))
