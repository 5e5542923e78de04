"""Load weights by name, or from a pickle, an .npz, .safetensors or .onnx file.

No file can run code: pickles are read without unpickling, the others contain only plain numbers.
"""

import hashlib
import os
import warnings
from collections.abc import Sequence
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
from scratchnet_cli.system.text import shorten
from scratchnet_cli.weights import arrays
from scratchnet_cli.weights.arrays import Contents

# Names of this length fit into every format that stores names of classes.
MAX_CLASS_NAME_LETTERS = 99
_BUNDLED_DATA = Path(__file__).parents[1] / "bundled"
# In a wheel they are in the first folder, in a clone in the second, with the training.
_BUNDLED_WEIGHTS = (
    _BUNDLED_DATA / "bundled.npz",
    Path(__file__).parents[2] / "weights" / "bundled.npz",
)
# The worked example of the book's chapter 3.4.
_THREE_LAYER = _BUNDLED_DATA / "three-layer.npz"


@dataclass(frozen=True, eq=False)
class Weights:
    """A network and where it came from.

    format: pkl, npz, safetensors or onnx; size: of the file in bytes; classes: a name for each
    output, None if the file has none. activations: ``stated`` by the file or the caller;
    ``overridden`` by the caller; ``book`` for the book's own file; or ``assumed``: sigmoid, and
    identity for the last layer.
    """

    network: Network
    origin: Origin
    format: str = ""
    size: int = 0
    activations: str = "stated"
    classes: tuple[str, ...] | None = None


def load_weights(
    name: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    *,
    activations: Sequence[str] | None = None,
) -> Weights:
    """Load a network by name.

    Args:
        name: ``book`` (downloaded once), ``bundled``, ``three-layer`` (the worked example of the
            book's chapter 3) or the path of a weight file. None is ``book``, or ``bundled`` if
            the book's weights are not available.
        progress: Shows downloads and notes; None shows nothing.
        activations: A name for each layer, such as ``("relu", "identity")``, in place of what
            the file states. Without both, sigmoid is assumed, with a ``UserWarning`` or a note.

    Returns:
        The network as ``.network``, where it came from as ``.origin``.

    Raises:
        WeightsError: The file cannot be read or does not contain a network.
        DownloadError: ``book`` was named and is not available.

    Example:
        >>> load_weights("bundled").network
        Network(784-50-100-10, sigmoid sigmoid identity)
    """
    data, origin = _find(
        None if name is None else os.fspath(name), progress or Progress(quiet=True)
    )
    weights = read_weights(data, origin, activations)
    used = [layer.activation for layer in weights.network.layers]
    message = ""
    if weights.activations == "overridden":
        message = (
            f"{origin.source}: the file states other activations; "
            f"using --activations {','.join(used)}"
        )
    # For a single layer nothing is assumed: the last activation is always identity.
    elif weights.activations == "assumed" and len(used) > 1:
        assumed = shorten(",".join(used), arrays.MAX_EXAMPLE_CHARACTERS)
        message = (
            f"{origin.source}: assuming activations {assumed}; "
            f"if wrong, use {arrays.activations_example(len(used))}"
        )
    if message and progress:
        progress.warning(message)
    elif message:
        warnings.warn(message, stacklevel=2)
    return weights


def _find(name: str | None, progress: Progress) -> tuple[bytes, Origin]:
    unavailable = ""
    if name in (None, "book"):
        try:
            fetched = fetch(BOOK_WEIGHTS, progress, is_default=name is None)
            return fetched.data, Origin("book", fetched.source, BOOK_WEIGHTS.sha256)
        except DownloadError as error:
            if name or isinstance(error, MirrorError):
                raise
            unavailable = error.cause
    name = "bundled" if name is None else name
    if name == "bundled":
        path = next(path for path in _BUNDLED_WEIGHTS if path.exists())
    else:
        path = _THREE_LAYER if name == "three-layer" else Path(name)
    hint = "; expected book, bundled or the path of a weight file"
    data = read_bounded(path, arrays.MAX_WEIGHTS_BYTES, WeightsError, hint)
    return data, Origin(name, str(path), hashlib.sha256(data).hexdigest(), unavailable)


def read_weights(data: bytes, origin: Origin, activations: Sequence[str] | None = None) -> Weights:
    """Return the network in a weight file; its format follows from its content.

    activations: of the layers, in place of those in the file.
    """
    try:
        format_, contents = _parse(data)
        if isinstance(activations, str):
            activations = activations.split(",")
        of_file = contents.lists.get("activations")
        stated = activations or of_file
        network = _network(contents, stated)
        classes = contents.lists.get("classes")
        if classes is not None:
            _check_classes(classes, network.outputs)
    except WeightsError as error:
        # Only files that cannot be read need this import.
        from scratchnet_cli.weights.other_formats import advice_for

        lines = advice.split("\n") if (advice := advice_for(data)) else error.args
        raise WeightsError(f"{origin.source}: {lines[0]}", *lines[1:]) from error
    kind = "stated" if stated else "assumed"
    if origin.digest == BOOK_WEIGHTS.sha256:
        of_file = arrays.book_activations(len(network.layers))
        kind = "stated" if stated else "book"
    if activations and of_file and tuple(activations) != tuple(of_file):
        kind = "overridden"
    return Weights(network, origin, format_, len(data), kind, classes)


def _parse(data: bytes) -> tuple[str, Contents]:
    """Return the format and the contents; the readers of other formats are not imported."""
    # Safetensors first, because its first bytes are a length and may look like another format. The
    # length is below a terabyte, so three zero bytes come before the header, a JSON object.
    if data[5:9] == b"\0\0\0{":
        from scratchnet_cli.weights.safetensors import read_safetensors

        return "safetensors", read_safetensors(data)
    if data.startswith(b"\x80"):
        from scratchnet_cli.weights.pickles import read_pickle

        return "pkl", read_pickle(data)
    if data.startswith(b"PK"):
        from scratchnet_cli.weights.npz import read_npz

        return "npz", read_npz(data)
    if data.startswith(b"\x08"):
        from scratchnet_cli.weights.onnx import read_onnx

        return "onnx", read_onnx(data)
    if not data:
        raise WeightsError("the file is empty; save or copy it again")
    raise WeightsError(
        "not a .pkl, .npz, .safetensors or .onnx file; save the arrays with np.savez"
    )


def _network(contents: Contents, stated: Sequence[str] | None) -> Network:
    pairs = arrays.layers_of(contents.arrays)
    # A small file may use the same bytes for many arrays.
    if sum(array.nbytes for array in contents.arrays.values()) > arrays.MAX_WEIGHTS_BYTES:
        raise WeightsError(
            f"the arrays take more than {arrays.MAX_WEIGHTS_BYTES >> 20} MiB, the maximum; "
            "save fewer"
        )
    activations = stated or arrays.book_activations(len(pairs))
    if len(activations) != len(pairs):
        raise WeightsError(
            f"activations: found {len(activations)}, layers: {len(pairs)}; "
            f"give one for each layer, as in {arrays.activations_example(len(pairs))}"
        )
    # The network returns logits. Probabilities are computed only if they are needed.
    if activations[-1] == "softmax":
        activations = (*activations[:-1], "identity")
    layers = []
    for i, ((W, b), activation) in enumerate(zip(pairs, activations, strict=True), 1):  # noqa: N806
        if activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise WeightsError(f"layer {i}: unknown activation, expected one of {known}")
        try:
            layers.append(Layer(np.ascontiguousarray(W), np.ascontiguousarray(b), activation))
        except WeightsError as error:
            raise WeightsError(f"layer {i}: {error}") from error
    return Network(tuple(layers))


def _check_classes(classes: tuple[str, ...], outputs: int) -> None:
    if len(classes) != outputs:
        raise WeightsError(
            f"names of classes: expected {outputs}, one for each output, found {len(classes)}"
        )
    if any(len(name) > MAX_CLASS_NAME_LETTERS for name in classes):
        raise WeightsError(
            f"the name of a class is longer than {MAX_CLASS_NAME_LETTERS} letters; shorten it"
        )
