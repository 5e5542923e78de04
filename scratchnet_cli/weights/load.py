"""Weights by name: a file's bytes to a validated ``Network`` that knows its origin.

A weight file is a pickled dict, an .npz or a .safetensors file. None of them can run code: pickles
are read without unpickling, and the others contain only plain numbers.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scratchnet_cli.downloads.assets import BOOK_WEIGHTS
from scratchnet_cli.downloads.cache import fetch
from scratchnet_cli.errors import DownloadError, MirrorError, WeightsError
from scratchnet_cli.network.layers import ACTIVATIONS, Layer, Network
from scratchnet_cli.system.files import read_bounded
from scratchnet_cli.system.origin import Origin
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.weights.arrays import (
    MAX_WEIGHTS_BYTES,
    Contents,
    book_activations,
    has_pytorch_names,
    layers_of,
)

# Every format that stores names of classes can store this many letters.
MAX_CLASS_NAME_LETTERS = 99
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
    format: str = ""
    size: int = 0
    activations: str = "stated"
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
    progress = progress or Progress(quiet=True)
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
        except DownloadError as error:
            if isinstance(error, MirrorError):
                raise
            progress.note(
                f"using the bundled weights, for the book's are not available ({error.cause})"
            )
            return _read("bundled", _bundled(), fallback=True)
    if name == "book":
        return _book(progress)
    paths = {"bundled": _bundled(), "three-layer": _THREE_LAYER}
    return _read(name, paths.get(name) or Path(name))


def _book(progress: Progress, is_default: bool = False) -> Weights:
    fetched = fetch(BOOK_WEIGHTS, progress, is_default=is_default)
    return read_weights(fetched.data, Origin("book", fetched.source, BOOK_WEIGHTS.sha256))


def _read(name: str, path: Path, fallback: bool = False) -> Weights:
    hint = f"; expected {', '.join(NAMES)} or the path of a weight file"
    data = read_bounded(path, MAX_WEIGHTS_BYTES, WeightsError, hint)
    return read_weights(data, Origin(name, str(path), hashlib.sha256(data).hexdigest(), fallback))


def read_weights(data: bytes, origin: Origin) -> Weights:
    """Return the network in a weight file; its format follows from its content."""
    try:
        format_, contents = _parse(data)
        network = _network(contents)
        classes = contents.lists.get("classes")
        if classes is not None:
            _check_classes(classes, network.outputs)
    except WeightsError as error:
        raise WeightsError(f"{origin.source}: {error}") from error
    source = "stated" if "activations" in contents.lists else "book"
    if source == "book" and has_pytorch_names(contents.arrays) and len(network.layers) > 1:
        source = "assumed"
    return Weights(network, origin, format_, len(data), source, classes)


def _bundled() -> Path:
    return next(path for path in _BUNDLED_WEIGHTS if path.exists())


def _parse(data: bytes) -> tuple[str, Contents]:
    """Return the format and the contents; the readers of other formats are not imported."""
    # Safetensors first: its first bytes are a length, and may look like any other format. The
    # length is below a terabyte, and then comes an object.
    if data[5:9] == b"\0\0\0{":
        from scratchnet_cli.weights.safetensors import read_safetensors

        return "safetensors", read_safetensors(data)
    if data.startswith(b"\x80"):
        from scratchnet_cli.weights.pickles import read_pickle

        return "pkl", read_pickle(data)
    if data.startswith(b"PK"):
        from scratchnet_cli.weights.npz import read_npz

        return "npz", read_npz(data)
    if not data:
        raise WeightsError("the file is empty")
    raise WeightsError(
        "neither a .safetensors nor an .npz file nor a pickle of protocol 2 or later"
    )


def _network(contents: Contents) -> Network:
    pairs = layers_of(contents.arrays)
    # Small files can use the same bytes for many arrays.
    if sum(array.nbytes for array in contents.arrays.values()) > MAX_WEIGHTS_BYTES:
        raise WeightsError(f"its arrays are larger than {MAX_WEIGHTS_BYTES >> 20} MiB")
    activations = contents.lists.get("activations", book_activations(len(pairs)))
    if len(activations) != len(pairs):
        raise WeightsError(f"it names {len(activations)} activations for {len(pairs)} layers")
    if not set(activations) <= set(ACTIVATIONS):
        raise WeightsError(f"its activations are not all known (known: {', '.join(ACTIVATIONS)})")
    layers = []
    for i, ((W, b), activation) in enumerate(zip(pairs, activations, strict=True), 1):  # noqa: N806
        try:
            layers.append(Layer(np.ascontiguousarray(W), np.ascontiguousarray(b), activation))
        except WeightsError as error:
            raise WeightsError(f"layer {i}: {error}") from error
    return Network(tuple(layers))


def _check_classes(classes: tuple[str, ...], outputs: int) -> None:
    if len(classes) != outputs:
        raise WeightsError(f"it names {len(classes)} classes for {outputs} outputs")
    if any(len(name) > MAX_CLASS_NAME_LETTERS for name in classes):
        raise WeightsError(f"the name of a class is longer than {MAX_CLASS_NAME_LETTERS} letters")
