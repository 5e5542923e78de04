"""The pictures as the network saw them, kept as files."""

import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from scratchnet_cli.errors import OutputError
from scratchnet_cli.images.digit_image import DigitImage
from scratchnet_cli.images.png import MARKED_PNG_START, png
from scratchnet_cli.prediction.answers import Answer, Result
from scratchnet_cli.system.files import write_file
from scratchnet_cli.system.inputs import STDIN


class PreprocessedFolder:
    """A folder of 28x28 PNGs, made where it is missing.

    Raises:
        OutputError: there can be no such folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._times: Counter[str] = Counter()
        self._inputs: list[str] = []
        self._identities: set[tuple[int, int]] = set()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: no folder can be made here ({error.strerror})") from error

    def sparing(self, bursts: Iterable[list[str]]) -> Iterator[list[str]]:
        """The same names of pictures to read, none of which is replaced from then on."""
        for names in bursts:
            self._inputs.extend(names)
            yield names

    def add(self, result: Result) -> None:
        """Keep what the network saw of each digit, if there is an answer.

        Raises:
            OutputError: a file cannot be written, or another one has its name.
        """
        if isinstance(result, Answer):
            for digit in result.digits:
                self._save(result.name, digit.picture)

    def _save(self, name: str, picture: DigitImage) -> None:
        """Write ``photo.28x28.png`` for ``photo.jpg``; ``photo.28x28-2.png`` where that is taken.

        What an earlier run wrote is replaced, and no other file.

        Raises:
            OutputError: another file has the name, or it cannot be written.
        """
        stem = "stdin" if name == STDIN else Path(name).stem
        self._times[stem] += 1
        times = self._times[stem]
        path = self._folder / f"{stem}.28x28{f'-{times}' if times > 1 else ''}.png"
        try:
            status = path.lstat()
        except FileNotFoundError:
            write_file(path, png(picture.pixels))
            return
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
        if not _is_ours(path, status.st_mode):
            raise OutputError(
                f"{path}: exists and was not written by scratchnet; choose another folder, "
                "or delete it first"
            )
        if (status.st_dev, status.st_ino) in self._read_files():
            raise OutputError(f"{path}: is one of the pictures to read; choose another folder")
        write_file(path, png(picture.pixels), force=True)

    def _read_files(self) -> set[tuple[int, int]]:
        """The device and number of each picture that is read, under whichever name."""
        for name in self._inputs:
            with suppress(OSError, ValueError):
                status = os.stat(name)  # noqa: PTH116
                self._identities.add((status.st_dev, status.st_ino))
        self._inputs.clear()
        return self._identities


def _is_ours(path: Path, mode: int) -> bool:
    """Whether an earlier run wrote this file.

    Raises:
        OutputError: it cannot be looked at.
    """
    # Neither a link, for what it leads to is elsewhere, nor a pipe, which would be waited for.
    if not stat.S_ISREG(mode):
        return False
    try:
        with path.open("rb") as file:
            return file.read(len(MARKED_PNG_START)) == MARKED_PNG_START
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
