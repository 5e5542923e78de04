"""What a name on the command line stands for: ``book``, ``bundled``, ``mnist``, a path and so on.

Nothing named means the book's weights and MNIST or, where they cannot be had, those that ship
with the program. What the user named is never replaced by something else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scratchnet_cli.datasets.load import (
    Dataset,
    Split,
    find_dataset,
    read_dataset,
    read_dataset_files,
    sha256_of,
)
from scratchnet_cli.downloads.assets import BOOK_WEIGHTS, MNIST
from scratchnet_cli.downloads.fetch import Fetcher
from scratchnet_cli.errors import DatasetError, DownloadError, MirrorError, WeightsError
from scratchnet_cli.system.origin import Origin
from scratchnet_cli.weights.arrays import MAX_WEIGHTS_BYTES
from scratchnet_cli.weights.load import WeightFile, read_weight_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from scratchnet_cli.network.layers import Network


_DATA = Path(__file__).parent / "bundled"
# A checkout keeps the weights beside the script that trains them, a wheel beside the sample.
_BUNDLED_WEIGHTS = (_DATA / "bundled.npz", Path(__file__).parents[1] / "weights" / "bundled.npz")
# The worked example of the book's chapter 3.4.
_THREE_LAYER = _DATA / "three-layer.npz"
_SAMPLE = (_DATA / "sample-images.idx3.gz", _DATA / "sample-labels.idx1.gz")


def load_weights(
    name: str | os.PathLike[str] | None = None, fetcher: Fetcher | None = None
) -> tuple[Network, Origin]:
    """The network that ``book``, ``bundled``, ``three-layer`` or a path stands for.

    None is the book's, or the bundled one where the book's cannot be had.

    Raises:
        WeightsError: the file cannot be read or holds no network.
        DownloadError: ``book`` was named and cannot be had.
    """
    file, origin = load_weight_file(None if name is None else os.fspath(name), fetcher)
    return file.network, origin


def load_weight_file(
    name: str | None = None, fetcher: Fetcher | None = None
) -> tuple[WeightFile, Origin]:
    """As ``load_weights``, with what the file tells besides; a guess at activations is noted."""
    fetcher = fetcher or Fetcher()
    file, origin = _find_weights(name, fetcher)
    if file.activations == "assumed":
        fetcher.listener.note(
            f"{origin.source}: does not say which activations it was trained with; taking "
            "sigmoid between the layers. If that is wrong, save it with "
            "metadata={'activations': 'relu,relu,identity'}, one name a layer"
        )
    return file, origin


def _find_weights(name: str | None, fetcher: Fetcher) -> tuple[WeightFile, Origin]:
    if name is None:
        try:
            return _book_weights(fetcher, hurry=True)
        except DownloadError as error:
            if isinstance(error, MirrorError):
                raise
            fetcher.listener.note(
                f"using the bundled weights, for the book's are not available ({error.cause})"
            )
            return _weights_file("bundled", _bundled_weights(), fallback=True)
    if name == "book":
        return _book_weights(fetcher)
    if name == "three-layer":
        return _weights_file(name, _THREE_LAYER)
    return _weights_file(name, _bundled_weights() if name == "bundled" else Path(name))


def load_dataset(
    name: str | None = None, split: Split = "test", fetcher: Fetcher | None = None
) -> tuple[Dataset, Origin]:
    """The images and labels that ``mnist``, ``sample`` or a folder of IDX files stands for.

    None is MNIST, or the bundled sample where MNIST's test split cannot be had.

    Raises:
        DatasetError: there is no such split, or its files are missing, cannot be read or do not
            fit together.
        DownloadError: MNIST was named, or its train split, and cannot be had.
    """
    if split not in MNIST:
        raise DatasetError(f"there is no split {split!r}, expected 'test' or 'train'")
    fetcher = fetcher or Fetcher()
    if name is None:
        try:
            return _mnist(split, fetcher, hurry=True)
        except DownloadError as error:
            if split != "test" or isinstance(error, MirrorError):
                raise
            fetcher.listener.note(
                f"using the bundled sample, for MNIST is not available ({error.cause})"
            )
            return _dataset_files("sample", _SAMPLE, fallback=True)
    if name == "mnist":
        return _mnist(split, fetcher)
    if name == "sample":
        if split != "test":
            raise DatasetError("the bundled sample has no train split; --dataset mnist has one")
        return _dataset_files(name, _SAMPLE)
    return _dataset_files(name, find_dataset(Path(name), split))


def load_mnist(
    split: Split = "test",
    normalize: bool = True,
    flatten: bool = True,
    one_hot_label: bool = False,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """MNIST as ``(x, t)``, downloaded and cached, with the keywords of the book's function.

    split: ``test``, 10,000 images, or ``train``, 60,000; normalize: x is float32 in [0, 1], else
    uint8 in [0, 255]; flatten: x is (n, 784), else (n, 1, 28, 28); one_hot_label: t is (n, 10) of
    0 and 1, else (n,) of digits.

    Raises:
        DatasetError: there is no such split.
        DownloadError: it is not cached and cannot be had.
    """
    dataset, _ = load_dataset("mnist", split)
    return dataset.arrays(normalize, flatten, one_hot_label)


def _book_weights(fetcher: Fetcher, hurry: bool = False) -> tuple[WeightFile, Origin]:
    with _advising("scratchnet download"):
        fetched = fetcher.fetch(BOOK_WEIGHTS, hurry=hurry)
    file = read_weight_file(fetched.data, BOOK_WEIGHTS.name)
    return file, Origin("book", fetched.source, BOOK_WEIGHTS.sha256)


@contextmanager
def _advising(command: str) -> Iterator[None]:
    """Name the command that fetches the file, where none of its sources delivered it."""
    try:
        yield
    except MirrorError:
        raise
    except DownloadError as error:
        advice = f"With a network, `{command}` fetches it."
        raise DownloadError(*error.args, advice, cause=error.cause) from error


def _weights_file(name: str, path: Path, fallback: bool = False) -> tuple[WeightFile, Origin]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_WEIGHTS_BYTES + 1)
    except OSError as error:
        raise WeightsError(
            f"{path}: {error.strerror}; "
            "expected book, bundled, three-layer or the path of a weight file"
        ) from error
    if len(data) > MAX_WEIGHTS_BYTES:
        raise WeightsError(
            f"{path}: larger than {MAX_WEIGHTS_BYTES >> 20} MiB, the most that is read"
        )
    sha256 = sha256_of(data)
    return read_weight_file(data, str(path)), Origin(name, str(path), sha256, fallback)


def _bundled_weights() -> Path:
    return next(path for path in _BUNDLED_WEIGHTS if path.exists())


def _mnist(split: Split, fetcher: Fetcher, hurry: bool = False) -> tuple[Dataset, Origin]:
    with _advising("scratchnet download" + (" --split train" if split == "train" else "")):
        images, labels = (fetcher.fetch(asset, hurry=hurry) for asset in MNIST[split])
    dataset = read_dataset(images.unpacked, labels.unpacked)
    return dataset, Origin("mnist", images.source, sha256_of(images.data, labels.data))


def _dataset_files(
    name: str, paths: tuple[Path, Path], fallback: bool = False
) -> tuple[Dataset, Origin]:
    dataset, sha256 = read_dataset_files(*paths)
    return dataset, Origin(name, str(paths[0]), sha256, fallback)
