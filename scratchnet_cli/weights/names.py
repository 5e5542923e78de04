"""Weights by name: ``book``, ``bundled``, ``three-layer``, or the path of a weight file."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from scratchnet_cli.downloads.assets import BOOK_WEIGHTS
from scratchnet_cli.downloads.cache import fetch
from scratchnet_cli.errors import DownloadError, MirrorError, WeightsError
from scratchnet_cli.network.layers import Network
from scratchnet_cli.system.files import read_bounded
from scratchnet_cli.system.origin import Origin
from scratchnet_cli.system.progress import Progress, Silent
from scratchnet_cli.weights.arrays import MAX_BYTES
from scratchnet_cli.weights.load import read_weight_file

NAMES = ("book", "bundled", "three-layer")
_BUNDLED_DATA = Path(__file__).parents[1] / "bundled"
# A checkout has the weights beside the script that trains them, a wheel beside the sample.
_BUNDLED_WEIGHTS = (
    _BUNDLED_DATA / "bundled.npz",
    Path(__file__).parents[2] / "weights" / "bundled.npz",
)
# The worked example of the book's chapter 3.4.
_THREE_LAYER = _BUNDLED_DATA / "three-layer.npz"


@dataclass(frozen=True, eq=False)
class Weights:
    """A network and where it came from.

    format: pkl, npz or safetensors; size: of the file in bytes; activations: ``stated`` in the
    file, ``book`` (sigmoid, then identity at the end), or ``assumed`` to be the book's in a file
    with PyTorch's names; classes: a name for each output, None if the file has none.
    """

    network: Network
    origin: Origin
    format: str
    size: int
    activations: str
    classes: tuple[str, ...] | None = None


def load_weights(
    name: str | os.PathLike[str] | None = None, progress: Progress | None = None
) -> Weights:
    """Load a network by name.

    Args:
        name: ``book`` (downloaded once), ``bundled``, ``three-layer`` (the worked example of the
            book's chapter 3) or the path of a weight file. None is ``book``, or ``bundled`` if
            the book's weights are not available.
        progress: Shows downloads and notes; None shows nothing.

    Returns:
        The network as ``.network``, where it came from as ``.origin``.

    Raises:
        WeightsError: The file cannot be read or does not contain a network.
        DownloadError: ``book`` was named and is not available.

    Example:
        >>> load_weights("bundled").network
        Network(784-50-100-10, sigmoid sigmoid identity)
    """
    progress = progress or Silent()
    weights = _find(None if name is None else os.fspath(name), progress)
    if weights.activations == "assumed":
        progress.note(
            f"{weights.origin.source}: does not say which activations it was trained with; taking "
            "sigmoid between the layers. If that is wrong, save it with "
            "metadata={'activations': 'relu,relu,identity'}, one name a layer"
        )
    return weights


def _find(name: str | None, progress: Progress) -> Weights:
    if name is None:
        try:
            return _book(progress, is_default=True)
        except MirrorError:
            raise
        except DownloadError as error:
            progress.note(
                f"using the bundled weights, for the book's are not available ({error.cause})"
            )
            return _read("bundled", _bundled(), fallback=True)
    if name == "book":
        return _book(progress)
    if name == "three-layer":
        return _read(name, _THREE_LAYER)
    return _read(name, _bundled() if name == "bundled" else Path(name))


def _book(progress: Progress, is_default: bool = False) -> Weights:
    fetched = fetch(BOOK_WEIGHTS, progress, is_default=is_default)
    return _weights(fetched.data, Origin("book", fetched.source, BOOK_WEIGHTS.sha256))


def _read(name: str, path: Path, fallback: bool = False) -> Weights:
    hint = f"; expected {', '.join(NAMES)} or the path of a weight file"
    data = read_bounded(path, MAX_BYTES, WeightsError, hint)
    return _weights(data, Origin(name, str(path), hashlib.sha256(data).hexdigest(), fallback))


def _weights(data: bytes, origin: Origin) -> Weights:
    file = read_weight_file(data, origin.source)
    return Weights(file.network, origin, file.format, file.size, file.activations, file.classes)


def _bundled() -> Path:
    return next(path for path in _BUNDLED_WEIGHTS if path.exists())
