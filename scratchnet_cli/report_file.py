"""A file that appears whole or not at all, and is known to be writable before the work begins."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scratchnet_cli.errors import OutputError


class ReportFile:
    """The place of a report, held for the time that it takes to make it."""

    def __init__(self, path: Path, part: Path) -> None:
        self.path = path
        self._part = part

    def write(self, text: str) -> None:
        """Put ``text`` there, in place of what was there before.

        Raises:
            OutputError: it cannot be written.
        """
        try:
            self._part.write_text(text, encoding="utf-8", newline="\n")
            self._part.replace(self.path)
        except OSError as error:
            raise _refusal(self.path, error.strerror) from error


@contextmanager
def report_file(path: Path) -> Iterator[ReportFile]:
    """A place for a report at ``path``; an empty file beside it holds it until the report is there.

    A symbolic link stays one: what it leads to is written.

    Raises:
        OutputError: no file can be written there.
    """
    place = Path(os.path.realpath(path))
    part = place.with_name(f".{place.name[:80]}.{os.urandom(6).hex()}.part")
    try:
        # A device such as /dev/stdout must not be replaced by a file.
        if place.exists() and not stat.S_ISREG(place.stat().st_mode):
            raise _refusal(path, "there is something that is no file")
        part.touch(exist_ok=False)
    except OSError as error:
        raise _refusal(path, error.strerror) from error
    try:
        yield ReportFile(place, part)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _refusal(path: Path, reason: str | None) -> OutputError:
    return OutputError(f"--report {path}: cannot be written ({reason})")
