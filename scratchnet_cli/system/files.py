"""Files that the user asked for: whole or not at all, and never over another by accident."""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scratchnet_cli.errors import OutputError

# What an earlier report has in its first bytes, however somebody has tidied it since.
OUR_PAGE = rb'\s*<!doctype html>(?:(?!<!--).)*<meta\s+name="?generator"?\s+content="?scratchnet\b'
HEAD_BYTES = 4096
PART_SUFFIX = ".scratchnet-part"


class ReportFile:
    """A place where a report can be written."""

    def __init__(self, name: str, place: Path) -> None:
        self._name = name
        self._place = place

    def write(self, text: str) -> None:
        """Put ``text`` there, in place of an earlier report, whose mode it gets.

        Raises:
            OutputError: it cannot be written, or another file has come there meanwhile.
        """
        with _refusals(self._name), part_of(self._place) as part:
            mode = _mode_of_an_earlier_page(self._name, self._place)
            if mode is not None:
                # Before there is anything to be read in it.
                part.chmod(mode | stat.S_IWUSR)
            part.write_text(text, encoding="utf-8", newline="\n")
            if mode is not None:
                part.chmod(mode)
            _mode_of_an_earlier_page(self._name, self._place)
            part.replace(self._place)


def report_file(path: Path, option: str = "--report") -> ReportFile:
    """The place for a report at ``path``, seen before the work that it can be written.

    A symbolic link stays one: what it leads to is written. option: what named it, for messages.

    Raises:
        OutputError: no file can be written there, or what is there is no earlier report.
    """
    name = f"{option} {path}"
    with _refusals(name):
        place = Path(os.path.realpath(path))
        # By its own name, for what /dev/stdout leads to may be a pipe, and that has no path.
        _mode_of_an_earlier_page(name, path)
        with part_of(place):
            pass
    return ReportFile(name, place)


def refuse_existing(path: Path) -> None:
    """Hear before the work rather than after it that there is a file in the way.

    Raises:
        OutputError: there is something at this path.
    """
    if os.path.lexists(path):
        raise OutputError(f"{path}: exists already; --force overwrites it")


def write_file(path: Path, data: bytes, force: bool = False) -> None:
    """Write the file beside its place, then move it there; ``force`` lets it replace another.

    Raises:
        OutputError: it cannot be written, or without ``force`` there is something in its place.
    """
    with _refusals(str(path)), part_of(path) as part:
        part.write_bytes(data)
        if force:
            part.replace(path)
            return
        try:
            _take_name(part, path)
        except FileExistsError as error:
            raise OutputError(f"{path}: exists already; --force overwrites it") from error


@contextmanager
def part_of(path: Path) -> Iterator[Path]:
    """An empty file beside ``path``, to be filled and then moved; gone at the end in any case."""
    part = path.with_name(f".{os.urandom(6).hex()}{PART_SUFFIX}")
    try:
        part.touch(exist_ok=False)
        yield part
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _take_name(part: Path, path: Path) -> None:
    """Give a file a name that nobody has taken.

    Raises:
        FileExistsError: somebody has.
        OSError: the file system refuses.
    """
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links; an empty file keeps the name from whoever comes meanwhile.
        path.open("xb").close()
        try:
            part.replace(path)
        except BaseException:
            path.unlink()
            raise


@contextmanager
def _refusals(what: str) -> Iterator[None]:
    """Tell in one sentence why the system refuses to write ``what``."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
        raise OutputError(f"{what}: cannot be written ({reason})") from error


def _mode_of_an_earlier_page(name: str, place: Path) -> int | None:
    """The mode of the report, or the empty file, that is to be replaced; None if nothing is there.

    Another file may have cost somebody work.

    Raises:
        OutputError: there is something else.
        OSError: what is there cannot be looked at.
    """
    try:
        mode = place.stat().st_mode
    except FileNotFoundError:
        return None
    # A device such as /dev/stdout must not be replaced by a file.
    if not stat.S_ISREG(mode):
        raise OutputError(f"{name}: is no file; expected the name of one, as in page.html")
    with place.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head and not re.match(OUR_PAGE, head, re.IGNORECASE | re.DOTALL):
        raise OutputError(
            f"{name}: exists and is no page by scratchnet; choose another name, or delete it first"
        )
    return stat.S_IMODE(mode)
