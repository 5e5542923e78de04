"""Pictures to predictions in bulk: an object that a pipeline hands to its workers."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import numpy as np

from scratchnet_cli import catalog
from scratchnet_cli.images.read import POLARITIES, Source, read_or_error
from scratchnet_cli.network.layers import Network
from scratchnet_cli.prediction.answers import SIDE, Result, Unreadable, classify

# As many as ``predict`` gives to a process: whatever is asked for, memory holds the pictures of one
# batch beside the predictions.
BATCH = 256


@dataclass(frozen=True, slots=True)
class Prediction:
    """What ``predict`` tells of a picture: a digit, or the error for which there is none.

    path: None for a picture that was given as bytes; digit, probability: None where there is an
    error; doubts: why the digit may be wrong.
    """

    path: str | None
    digit: int | None = None
    probability: float | None = None
    doubts: tuple[str, ...] = ()
    error: str | None = None


class Predictor:
    """A network that reads pictures as ``scratchnet predict`` does; made once, called often.

    It pickles with all that it needs, so a worker on another machine needs no weight file; several
    threads may call it at once; it starts no processes, and says nothing on stderr.

    weights: ``book``, ``bundled``, a path, or a network; polarity and raw: as in ``predict``.

    Raises:
        WeightsError: the weight file cannot be read or holds no network.
        DownloadError: the book's weights cannot be had.
        ShapeError: the network does not take 28x28 images.
        ValueError: there is no such polarity, or raw pictures are given one.
    """

    def __init__(
        self, weights: str | os.PathLike[str] | Network, polarity: str = "auto", raw: bool = False
    ) -> None:
        if polarity not in POLARITIES:
            raise ValueError(f"polarity is {polarity!r}, expected one of {', '.join(POLARITIES)}")
        if raw and polarity != "auto":
            raise ValueError("raw takes pictures as they are: it goes with no polarity but auto")
        network = weights if isinstance(weights, Network) else catalog.load_weights(weights)[0]
        network.check_input(np.empty(SIDE * SIDE))
        self._network = network
        self._polarity = polarity
        self._raw = raw

    def __repr__(self) -> str:
        return f"Predictor({self._network}, polarity={self._polarity!r}, raw={self._raw})"

    def __call__(self, pictures: Iterable[Source]) -> list[Prediction]:
        """One prediction for each picture, in their order; one that fails harms no other.

        pictures: the bytes of files, or paths; of a path no more than its file is read, so ``-``
        is a file of that name.

        Raises:
            TypeError: this is one picture, not several.
        """
        if isinstance(pictures, bytes | bytearray | str | os.PathLike):
            raise TypeError(
                f"expected a list of pictures, not {type(pictures).__name__}; "
                "for one picture, [picture]"
            )
        rest = iter(pictures)
        predictions: list[Prediction] = []
        while batch := list(islice(rest, BATCH)):
            readings = [
                ("", read_or_error(source, raw=self._raw, polarity=self._polarity))
                for source in batch
            ]
            results = classify(self._network, readings)
            predictions += map(_prediction, map(_path, batch), results)
        return predictions


def _path(source: Source) -> str | None:
    return os.fspath(source) if isinstance(source, str | os.PathLike) else None


def _prediction(path: str | None, result: Result) -> Prediction:
    if isinstance(result, Unreadable):
        return Prediction(path, error=result.reason)
    (digit,) = result.digits
    return Prediction(path, digit.digit, digit.probability, tuple(result.doubts))
