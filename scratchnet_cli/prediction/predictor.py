"""Predictions in pipelines: an object that can be sent to workers."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from scratchnet_cli.images.read import Source, check_options, read_or_error
from scratchnet_cli.network.layers import Network
from scratchnet_cli.prediction.answers import Result, Unreadable, check_takes_pictures, classify
from scratchnet_cli.prediction.predict import check_several
from scratchnet_cli.weights.load import Weights, load_weights

# The number of pictures whose images are in memory at once.
BATCH_SIZE = 256


@dataclass(frozen=True, slots=True)
class Prediction:
    """The digit in a picture, or the error that prevented an answer.

    Args:
        path: None for a picture that was given as bytes, as an array or as a PIL image.
        digit: None if there is an error.
        probability: Of this digit, in [0, 1]; None if there is an error.
        warnings: Why the digit may be wrong.
        error: Why there is no digit.

    Example:
        >>> Prediction("4.png", 4, 0.9998).warnings
        ()
    """

    path: str | None
    digit: int | None = None
    probability: float | None = None
    warnings: tuple[str, ...] = ()
    error: str | None = None


class Predictor:
    """A network that reads pictures as ``scratchnet predict`` does; made once, called often.

    It pickles with its network, so workers on other machines need no weight file. Several threads
    may call it at once. It starts no processes and prints nothing.

    Args:
        weights: ``book``, ``bundled``, a path, what ``load_weights`` returns, or a network.
        polarity: ``dark`` or ``light`` ink, or ``auto``.
        raw: Take 28x28 pictures as they are.
        activations: As for ``load_weights``.

    Raises:
        WeightsError: The weight file cannot be read or does not contain a network.
        DownloadError: The book's weights are not available.
        ShapeError: The network does not take 28x28 images.
        ValueError: The polarity is unknown, or combined with ``raw``.
        TypeError: ``weights`` is none of these, or ``raw`` is not True or False.

    Example:
        >>> Predictor()(["missing.png"])[0].error
        'No such file or directory'
    """

    def __init__(
        self,
        weights: str | os.PathLike[str] | Weights | Network = "bundled",
        polarity: str = "auto",
        raw: bool = False,
        activations: Sequence[str] | None = None,
    ) -> None:
        check_options(polarity, raw)
        if isinstance(weights, str | os.PathLike):
            weights = load_weights(weights, activations=activations)
        if isinstance(weights, Weights):
            weights = weights.network
        if not isinstance(weights, Network):
            raise TypeError(
                "expected a name, a path, what load_weights returns or a network, "
                f"not {type(weights).__name__}"
            )
        self._network = weights
        check_takes_pictures(self._network)
        self._polarity = polarity
        self._raw = raw

    def __repr__(self) -> str:
        return f"Predictor({self._network}, polarity={self._polarity!r}, raw={self._raw})"

    def __call__(self, pictures: Iterable[Source]) -> list[Prediction]:
        """Return a prediction for each picture, in their order.

        Args:
            pictures: The content of files, or paths; ``-`` is a file of that name.

        Returns:
            As many predictions; one of a picture that cannot be read has an ``error``.

        Raises:
            TypeError: This is one picture instead of several.
        """
        check_several(pictures)
        rest = iter(pictures)
        predictions: list[Prediction] = []
        while batch := list(islice(rest, BATCH_SIZE)):
            readings = [
                ("", read_or_error(source, raw=self._raw, polarity=self._polarity))
                for source in batch
            ]
            predictions += map(_prediction, batch, classify(self._network, readings))
        return predictions


def _prediction(source: Source, result: Result) -> Prediction:
    path = os.fspath(source) if isinstance(source, str | os.PathLike) else None
    if isinstance(result, Unreadable):
        return Prediction(path, error=result.reason)
    (digit,) = result.digits
    return Prediction(path, digit.digit, digit.probability, tuple(result.warnings))
