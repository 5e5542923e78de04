"""Files that the user asked for: whole or not at all, and never over another by accident."""

import os
from pathlib import Path

from scratchnet_cli.errors import OutputError


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
    part = path.with_name(f".{os.urandom(6).hex()}.scratchnet-part")
    try:
        try:
            part.write_bytes(data)
            if not force:
                # Fails where somebody else was faster, and makes sure that nobody will be.
                path.open("xb").close()
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except FileExistsError as error:
        raise OutputError(f"{path}: exists already; --force overwrites it") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
        raise OutputError(f"{path}: cannot be written ({reason})") from error
