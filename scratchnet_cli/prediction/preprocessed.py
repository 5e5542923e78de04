"""PNG files of the 28x28 images that the network saw."""

from collections import Counter
from pathlib import Path

from scratchnet_cli.errors import OutputError
from scratchnet_cli.images.png import png
from scratchnet_cli.prediction.answers import Answer, Result
from scratchnet_cli.system.files import write_atomic
from scratchnet_cli.system.inputs import STDIN


class PreprocessedFolder:
    """A folder of 28x28 PNG files, created if it is missing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._counts: Counter[str] = Counter()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: no folder can be made here ({error.strerror})") from error

    def add(self, result: Result) -> None:
        """Write ``photo.28x28.png`` for ``photo.jpg``; the next of this name has a ``-2``."""
        if not isinstance(result, Answer):
            return
        stem = "stdin" if result.path == STDIN else Path(result.path).stem
        for digit in result.digits:
            self._counts[stem] += 1
            count = self._counts[stem]
            name = f"{stem}.28x28{f'-{count}' if count > 1 else ''}.png"
            write_atomic(self._folder / name, png(digit.image.pixels), "own")
