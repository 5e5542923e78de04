"""The pictures as the network saw them, kept as files."""

import stat
from collections import Counter
from pathlib import Path

from scratchnet_cli.errors import OutputError
from scratchnet_cli.images import SMALL_GREY_PNG, Picture, png
from scratchnet_cli.prediction.answers import Answer, Result
from scratchnet_cli.prediction.inputs import STDIN
from scratchnet_cli.terminal import write_file


class PreprocessedFolder:
    """A folder of 28x28 PNGs, made where it is missing.

    Raises:
        OutputError: there can be no such folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._times: Counter[str] = Counter()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: no folder can be made here ({error.strerror})") from error

    def add(self, result: Result) -> None:
        """Keep what the network saw of each digit, if there is an answer.

        Raises:
            OutputError: a file cannot be written, or another one has its name.
        """
        if isinstance(result, Answer):
            for digit in result.digits:
                self._save(result.name, digit.picture)

    def _save(self, name: str, picture: Picture) -> None:
        """Write ``photo.28x28.png`` for ``photo.jpg``; ``photo.28x28-2.png`` where that is taken.

        What an earlier run wrote is replaced, and no other file.
        """
        stem = "stdin" if name == STDIN else Path(name).stem
        self._times[stem] += 1
        times = self._times[stem]
        path = self._folder / f"{stem}.28x28{f'-{times}' if times > 1 else ''}.png"
        if not _is_free(path):
            raise OutputError(
                f"{path}: exists and is no grey PNG of 28x28 pixels; choose another folder, "
                "or delete it first"
            )
        write_file(path, png(picture.pixels), force=True)


def _is_free(path: Path) -> bool:
    """Whether there is nothing in the file's place, or what an earlier run may have written.

    Raises:
        OutputError: it cannot be looked at.
    """
    try:
        # Neither a link, for what it leads to is elsewhere, nor a pipe, which would be waited for.
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        with path.open("rb") as file:
            return file.read(len(SMALL_GREY_PNG)) == SMALL_GREY_PNG
    except FileNotFoundError:
        return True
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
