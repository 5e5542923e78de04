"""PNG files of the 28x28 images that the network saw."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from scratchnet_cli.errors import OutputError
from scratchnet_cli.images.png import png
from scratchnet_cli.prediction.answers import Answer
from scratchnet_cli.system.files import write_atomic
from scratchnet_cli.system.inputs import STDIN

# File systems allow 255 bytes, and the temporary file's name is longer than the final one.
MAX_STEM_BYTES = 200
_INFIX = ".28x28"


class PreprocessedFolder:
    """A folder of 28x28 PNG files, created if it is missing."""

    def __init__(self, folder: Path, report: Callable[[str], object]) -> None:
        self._folder = folder
        self._report = report
        self._counts: Counter[str] = Counter()
        self._pictures: set[str] = set()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"--save-preprocessed {folder}: this folder cannot be created ({error.strerror}); "
                "choose another name"
            ) from error

    def protect(self, groups: Iterable[list[str]]) -> Iterator[list[str]]:
        """Yield the groups of pictures, which ``add`` does not overwrite."""
        for group in groups:
            self._pictures.update(os.path.realpath(name) for name in group if _INFIX in name)
            yield group

    def add(self, result: Answer) -> bool:
        """Write ``photo.28x28.png`` for ``photo.jpg``; the next of this name has a ``-2``.

        Report files that cannot be written. Return whether all were written.
        """
        stem = "stdin" if result.path == STDIN else Path(result.path).stem
        while len(os.fsencode(stem)) > MAX_STEM_BYTES:
            stem = stem[:-1]
        is_written = True
        for digit in result.digits:
            self._counts[stem] += 1
            count = self._counts[stem]
            path = self._folder / f"{stem}{_INFIX}{f'-{count}' if count > 1 else ''}.png"
            try:
                if os.path.realpath(path) in self._pictures:
                    raise OutputError(f"{path}: is one of the pictures; choose another folder")
                write_atomic(path, png(digit.image.pixels), "own")
            except OutputError as error:
                self._report(str(error))
                is_written = False
        return is_written
