"""The cache: files of pinned size and hash in one folder, trusted only after they were hashed.

A file appears under its name whole or not at all: it is written beside it and then moved. So two
processes can fill the same cache at once, and a killed one leaves at most a file that is swept away
later.
"""

import os
import stat
import sys
import time
from contextlib import suppress
from errno import EEXIST
from pathlib import Path

from scratchnet_cli.downloads.assets import Asset
from scratchnet_cli.errors import CacheError
from scratchnet_cli.system.files import PART_SUFFIX, part_of

# Nobody writes a file for so long, for it is written only when all its bytes are there.
ABANDONED_S = 3600


def cache_folder() -> Path:
    """``SCRATCHNET_CACHE_DIR``, or else the place where this system keeps caches.

    Raises:
        CacheError: there is no such place, for this user has no home folder.
    """
    if chosen := os.environ.get("SCRATCHNET_CACHE_DIR"):
        # Unlike Path.expanduser, this leaves a user's name that nobody has as it is.
        return Path(os.path.expanduser(chosen))  # noqa: PTH111
    if sys.platform == "linux":
        # The common cases of what platformdirs does: its import takes a twelfth of an evaluation.
        caches, home = (os.environ.get(name, "") for name in ("XDG_CACHE_HOME", "HOME"))
        if caches.startswith("/"):
            return Path(caches, "scratchnet")
        if home.startswith("/") and not caches:
            return Path(home, ".cache", "scratchnet")
    import platformdirs

    try:
        return platformdirs.user_cache_path("scratchnet", appauthor=False)
    except RuntimeError as error:
        raise CacheError(
            "there is no home folder to keep a cache in; SCRATCHNET_CACHE_DIR can name a folder"
        ) from error


def readable_folder() -> Path:
    """The cache folder, seen to be one that can be listed, or not to be there yet.

    Raises:
        CacheError: it is something else, or nobody may look into it.
    """
    folder = cache_folder()
    try:
        os.scandir(folder).close()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise CacheError(
            f"{folder}: cannot be read ({error.strerror}); "
            "SCRATCHNET_CACHE_DIR can name another folder"
        ) from error
    return folder


def read_cached(asset: Asset) -> bytes | None:
    """The cached file, seen to be the right one; None if it is not cached.

    Raises:
        CacheError: there is something in its place, but it is another file or cannot be read.
    """
    try:
        path = cache_folder() / asset.name
    except CacheError:
        # Nothing is cached where no cache can be; whoever wants to store something hears of it.
        return None
    if cached_size(asset) is None:
        return None
    try:
        with path.open("rb") as file:
            data = file.read(asset.size + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CacheError(f"{path}: cannot be read ({error.strerror})") from error
    if defect := asset.defect(data):
        raise CacheError(f"{path}: damaged or not ours ({defect})")
    return data


def cached_size(asset: Asset) -> int | None:
    """The size in bytes of the file in the asset's place; None where there is nothing.

    Raises:
        CacheError: there is something else than a file, or it cannot be known.
    """
    path = cache_folder() / asset.name
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CacheError(f"{path}: cannot be read ({error.strerror})") from error
    if not stat.S_ISREG(status.st_mode):
        raise CacheError(f"{path}: cannot be read (not a file; delete what is there)")
    return status.st_size


def store(asset: Asset, data: bytes, force: bool = False) -> Path:
    """Put the file into the cache, whole or not at all, and return its path.

    What has its name already is replaced only with ``force``.

    Raises:
        CacheError: the folder cannot be written, or something else has the name.
    """
    path = cache_folder() / asset.name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part_of(path) as part:
                part.write_bytes(data)
                if force:
                    part.replace(path)
                else:
                    _take_name(part, path)
        finally:
            _sweep(path.parent)
    except OSError as error:
        if isinstance(error, FileExistsError) and path.parent.is_dir() and read_cached(asset):
            # Another process was faster.
            return path
        raise CacheError(
            f"{path}: cannot be written ({error.strerror}); "
            "SCRATCHNET_CACHE_DIR can name another folder"
        ) from error
    return path


def _take_name(part: Path, path: Path) -> None:
    """Give a whole file a name that nobody has taken, or raise FileExistsError."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links; who comes between these two lines is not seen.
        if os.path.lexists(path):
            raise FileExistsError(EEXIST, os.strerror(EEXIST)) from None
        part.replace(path)


def _leftovers(folder: Path) -> list[Path]:
    """What is being written at the moment, or was when its process was killed."""
    return sorted(folder.glob(f".*{PART_SUFFIX}"))


def _sweep(folder: Path) -> None:
    for part in _leftovers(folder):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > ABANDONED_S:
                part.unlink()


def foreign(assets: tuple[Asset, ...]) -> list[str]:
    """One sentence for each thing that has the name of one of these files and is another."""
    found = []
    for asset in assets:
        try:
            read_cached(asset)
        except CacheError as error:
            found.append(str(error))
    return found


def clear_cache(assets: tuple[Asset, ...], force: bool = False) -> list[Path]:
    """Delete these files, and what killed processes left of them; touch nothing else.

    A file that has such a name and is another is deleted only with ``force``.

    Raises:
        CacheError: a file cannot be deleted.
    """
    folder = readable_folder()
    leftovers = _leftovers(folder)
    ours = []
    for asset in assets:
        with suppress(CacheError):
            if (cached_size(asset) if force else read_cached(asset)) is not None:
                ours.append(folder / asset.name)
    for path in (*ours, *leftovers):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise CacheError(f"{path}: cannot be deleted ({error.strerror})") from error
    return [*ours, *leftovers]
