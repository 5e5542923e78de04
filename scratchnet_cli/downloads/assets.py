"""The table of files that can be fetched: what they are and where they can be had."""

import hashlib
from dataclasses import dataclass

_BOOK_RAW = "https://raw.githubusercontent.com/WegraLee/deep-learning-from-scratch/master/"
_BOOK_JAPAN_RAW = (
    "https://raw.githubusercontent.com/oreilly-japan/deep-learning-from-scratch/master/"
)
_MNIST_BASES = (
    _BOOK_RAW + "dataset/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)


@dataclass(frozen=True)
class Asset:
    """A file that can be fetched: what it must be, and where it can be had, best source first."""

    name: str
    size: int
    sha256: str
    urls: tuple[str, ...]

    def defect(self, data: bytes) -> str | None:
        """What tells ``data`` from this file, or None if it is this file."""
        if len(data) != self.size:
            return f"expected {self.size} bytes, found {_count(data, self.size)}"
        found = hashlib.sha256(data).hexdigest()
        if found != self.sha256:
            return f"expected sha256 {self.sha256[:12]}…, found {found[:12]}…"
        return None


def _mnist(name: str, size: int, sha256: str) -> Asset:
    return Asset(name, size, sha256, tuple(base + name for base in _MNIST_BASES))


def _count(data: bytes, limit: int) -> str:
    return f"{len(data)}" if len(data) <= limit else "more"


BOOK_WEIGHTS = Asset(
    "sample_weight.pkl",
    181_853,
    "b7f55a27988ba34c3777b0f1bbd464817c8a4db855723e6ff26f703501917a13",
    (_BOOK_RAW + "ch03/sample_weight.pkl", _BOOK_JAPAN_RAW + "ch03/sample_weight.pkl"),
)

# Each split: its images, then its labels.
MNIST = {
    "test": (
        _mnist(
            "t10k-images-idx3-ubyte.gz",
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        _mnist(
            "t10k-labels-idx1-ubyte.gz",
            4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    ),
    "train": (
        _mnist(
            "train-images-idx3-ubyte.gz",
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        _mnist(
            "train-labels-idx1-ubyte.gz",
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
    ),
}

ALL = (BOOK_WEIGHTS, *MNIST["test"], *MNIST["train"])
