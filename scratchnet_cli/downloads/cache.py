"""The cache folder: assets by name. A cached file is used only if its checksum matches.

Writes are atomic, so several processes may fill the same cache.
"""

import os
import stat
import sys
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from scratchnet_cli.downloads.assets import Asset, all_assets
from scratchnet_cli.errors import CacheError, OutputError
from scratchnet_cli.system.files import PART_SUFFIX, write_atomic
from scratchnet_cli.system.progress import Progress

# Older temporary files are left by killed processes: writing a file takes much less time.
STALE_AFTER_S = 3600


@dataclass(frozen=True)
class Fetched:
    """The bytes of an asset. source: its path in the cache, or its URL if it is not cached."""

    data: bytes
    source: str
    cached: bool = True


def fetch(
    asset: Asset, progress: Progress, *, is_default: bool = False, force: bool = False
) -> Fetched:
    """Return the asset from the cache, or download it into the cache.

    A cached file with a wrong checksum is downloaded again and replaced. is_default: the user did
    not name the asset, so give up soon if there is no internet connection; force: download in any
    case.
    """
    folder = None
    # Without a home folder, the asset is downloaded each time.
    with suppress(CacheError):
        folder = cache_folder()
    if folder and not force:
        try:
            data = read_cached(asset)
        except CacheError as error:
            progress.note(f"{error.args[0]}; downloading it again")
        else:
            if data is not None:
                return Fetched(data, str(folder / asset.name))
    # If everything is cached, this import is not needed.
    from scratchnet_cli.downloads.download import download

    data, source = download(asset, progress, is_default, f" to {folder}" if folder else "")
    try:
        return Fetched(data, str(_store(asset, data)))
    except CacheError as error:
        progress.warning(f"downloaded, but not cached: {error}")
        return Fetched(data, source, cached=False)


_unpacking: dict[str, tuple[Thread, list[bytes]]] = {}


def unpack_ahead(asset: Asset) -> None:
    """Start to read and unpack a cached asset in a thread, while NumPy is imported."""
    unpacked: list[bytes] = []

    def work() -> None:
        # ``fetch`` will fail in the same way, and report it.
        with suppress(Exception):
            if (data := read_cached(asset)) is not None:
                unpacked.append(unpack(data))

    thread = Thread(target=work, daemon=True)
    # RuntimeError: no thread can be started.
    with suppress(RuntimeError):
        thread.start()
        _unpacking[asset.name] = (thread, unpacked)


def unpack(data: bytes, name: str = "") -> bytes:
    """Return the bytes of a gzipped asset. name: of an asset that may be unpacked already."""
    if name in _unpacking:
        thread, unpacked = _unpacking.pop(name)
        thread.join()
        if unpacked:
            return unpacked[0]
    # The checksum matched, so the length at the end is true.
    return zlib.decompress(data, 16 + zlib.MAX_WBITS, int.from_bytes(data[-4:], "little"))


def cache_folder() -> Path:
    """Return ``SCRATCHNET_CACHE_DIR``, or the place where this system keeps caches."""
    if chosen := os.environ.get("SCRATCHNET_CACHE_DIR"):
        # Unlike Path.expanduser, this accepts the name of a user that does not exist.
        return Path(os.path.expanduser(chosen))  # noqa: PTH111
    if sys.platform == "linux":
        # As platformdirs does. Importing it takes a twelfth of the time of an evaluation.
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
            "no home folder for the cache; set SCRATCHNET_CACHE_DIR to a folder"
        ) from error


def readable_folder() -> Path:
    """Return the cache folder, which can be listed or does not exist yet."""
    folder = cache_folder()
    try:
        os.scandir(folder).close()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise CacheError(
            f"{folder}: cannot be read ({error.strerror}); "
            "set SCRATCHNET_CACHE_DIR to another folder"
        ) from error
    return folder


def read_cached(asset: Asset) -> bytes | None:
    """Return the bytes of a cached asset with a matching checksum, or None if it is missing."""
    path = cache_folder() / asset.name
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
        raise CacheError(
            f"{path}: damaged, or another file ({defect})",
            "It is never used; `scratchnet download` replaces it.",
        )
    return data


def cached_size(asset: Asset) -> int | None:
    """Return the size in bytes of the file with the asset's name, or None if it is missing."""
    path = cache_folder() / asset.name
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CacheError(f"{path}: cannot be read ({error.strerror})") from error
    if not stat.S_ISREG(status.st_mode):
        raise CacheError(f"{path}: cannot be read (not a file)", "Delete it.")
    return status.st_size


def clear_cache() -> tuple[list[Path], list[str]]:
    """Delete assets and temporary files; return them, and a message for each file that is kept."""
    folder = readable_folder()
    found: list[Path] = []
    deleted: list[Path] = []
    kept: list[str] = []
    for asset in all_assets():
        try:
            if read_cached(asset) is not None:
                found.append(folder / asset.name)
        except CacheError as error:
            kept.append(f"{error.args[0]}; delete it yourself")
    for path in [*found, *_temporary_files(folder)]:
        try:
            path.unlink(missing_ok=True)
            deleted.append(path)
        except OSError as error:
            kept.append(f"{path}: cannot be deleted ({error.strerror})")
    return deleted, kept


def _store(asset: Asset, data: bytes) -> Path:
    path = cache_folder() / asset.name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in _temporary_files(path.parent):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > STALE_AFTER_S:
                    left.unlink()
        write_atomic(path, data, "always")
    except OSError as error:
        reason = f"{path}: cannot be written ({error.strerror})"
    except OutputError as error:
        reason = str(error)
    else:
        return path
    raise CacheError(f"{reason}; set SCRATCHNET_CACHE_DIR to another folder")


def _temporary_files(folder: Path) -> list[Path]:
    """Return the files that are being written, or were left by a killed process."""
    return sorted(folder.glob(f".*{PART_SUFFIX}"))
