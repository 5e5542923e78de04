"""The pictures as the network saw them, kept as files."""

from collections import Counter
from pathlib import Path

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images import Picture
from scratchnet_cli.images.decode import png
from scratchnet_cli.inputs import STDIN


class PreprocessedFolder:
    """A folder of 28x28 PNGs, made where it is missing.

    Raises:
        ImageError: there can be no such folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._times: Counter[str] = Counter()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImageError(f"{folder}: no folder can be made here ({error.strerror})") from error

    def save(self, name: str, picture: Picture) -> None:
        """Write ``photo.28x28.png`` for ``photo.jpg``; ``photo.28x28-2.png`` where that is taken.

        Only files of an earlier run can be replaced, for no picture of one's own has such a name.

        Raises:
            ImageError: the file cannot be written.
        """
        stem = "stdin" if name == STDIN else Path(name).stem
        self._times[stem] += 1
        times = self._times[stem]
        path = self._folder / f"{stem}.28x28{f'-{times}' if times > 1 else ''}.png"
        try:
            path.write_bytes(png(picture.pixels))
        except OSError as error:
            raise ImageError(f"{path}: cannot be written ({error.strerror})") from error
