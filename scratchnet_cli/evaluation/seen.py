"""What a network saw of labelled pictures, and said to them."""

import hashlib
import tempfile
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import OutputError
from scratchnet_cli.evaluation.predictions import Predictions
from scratchnet_cli.images import Picture

SIDE = 28
# So much of what the network saw stays in memory; what is more goes into a temporary file.
MEMORY_BYTES = 64 * 2**20
# So many of the pictures that could not be read are told one by one on a page.
MOST_UNREADABLE = 100


class SeenPictures:
    """The pictures that were read: names, doubts, labels, logits and, if they are kept, pixels.

    In place of an array it has a length, a shape, and the pixels by number, (28, 28) uint8.
    """

    def __init__(self, keep: bool) -> None:
        self.names: list[str] = []
        self.doubts: list[tuple[str, ...]] = []
        # Of what could not be read, the first: name and reason.
        self.unreadable: list[tuple[str, str]] = []
        self._labels: list[int] = []
        self._logits: list[NDArray[np.floating]] = []
        self._hash = hashlib.sha256()
        self._pixels = tempfile.SpooledTemporaryFile(MEMORY_BYTES) if keep else None  # noqa: SIM115

    def close(self) -> None:
        """Give the room of the pixels back."""
        if self._pixels is not None:
            self._pixels.close()

    def __len__(self) -> int:
        return len(self.names)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(n, 28, 28)."""
        return len(self), SIDE, SIDE

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        if self._pixels is None:
            raise IndexError("the pixels were not kept")
        self._pixels.seek(range(len(self))[index] * SIDE * SIDE)
        return np.frombuffer(self._pixels.read(SIDE * SIDE), np.uint8).reshape(SIDE, SIDE)

    def add(
        self,
        names: Sequence[str],
        pictures: Sequence[Picture],
        labels: Sequence[int],
        logits: NDArray[np.floating],
    ) -> None:
        """Keep a batch of as many of each.

        Raises:
            OutputError: there is no room for the pixels.
        """
        self.names += names
        self.doubts += (picture.doubts for picture in pictures)
        self._labels += labels
        self._logits.append(logits)
        pixels = b"".join(picture.pixels.tobytes() for picture in pictures)
        self._hash.update(pixels)
        if self._pixels is not None:
            try:
                self._pixels.write(pixels)
            except OSError as error:
                raise OutputError(
                    f"the pictures for the report cannot be kept in {tempfile.gettempdir()} "
                    f"({error.strerror}); TMPDIR names another folder"
                ) from error

    def fail(self, name: str, reason: str) -> None:
        """Keep that a picture could not be read, if it is among the first."""
        if len(self.unreadable) < MOST_UNREADABLE:
            self.unreadable.append((name, reason))

    @property
    def predictions(self) -> Predictions:
        """The output for each picture, at least one."""
        return Predictions(self._logits, np.array(self._labels, np.uint8))

    def sha256(self) -> str:
        """Of all pixels followed by the labels, each a byte, as IDX files have them."""
        digest = self._hash.copy()
        digest.update(bytes(self._labels))
        return digest.hexdigest()
