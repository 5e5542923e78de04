"""The files that can be downloaded, and their sources."""

import hashlib
from dataclasses import dataclass

_BOOK = "https://raw.githubusercontent.com/WegraLee/deep-learning-from-scratch/master"
_BOOK_JAPAN = "https://raw.githubusercontent.com/oreilly-japan/deep-learning-from-scratch/master"
_MNIST_FOLDERS = (
    f"{_BOOK}/dataset",
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
)


@dataclass(frozen=True)
class Asset:
    """A file that can be downloaded. folders: URLs of its sources, best first."""

    name: str
    size: int
    sha256: str
    folders: tuple[str, ...] = _MNIST_FOLDERS

    def defect(self, data: bytes) -> str | None:
        """Return how ``data`` differs from this file, or None if it is this file."""
        if len(data) != self.size:
            found = len(data) if len(data) <= self.size else "more"
            return f"expected {self.size} bytes, found {found}"
        digest = hashlib.sha256(data).hexdigest()
        if digest != self.sha256:
            return f"expected sha256 {self.sha256[:12]}…, found {digest[:12]}…"
        return None


BOOK_WEIGHTS = Asset(
    "sample_weight.pkl",
    181_853,
    "b7f55a27988ba34c3777b0f1bbd464817c8a4db855723e6ff26f703501917a13",
    (f"{_BOOK}/ch03", f"{_BOOK_JAPAN}/ch03"),
)

# Each split: its images, then its labels.
MNIST = {
    "test": (
        Asset(
            "t10k-images-idx3-ubyte.gz",
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        Asset(
            "t10k-labels-idx1-ubyte.gz",
            4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    ),
    "train": (
        Asset(
            "train-images-idx3-ubyte.gz",
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        Asset(
            "train-labels-idx1-ubyte.gz",
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
    ),
}


def all_assets() -> tuple[Asset, ...]:
    """Return every file that can be downloaded."""
    return (BOOK_WEIGHTS, *MNIST["test"], *MNIST["train"])
