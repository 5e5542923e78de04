"""An asset, wherever it is to be had: the cache, the user's mirror, the sources in their order."""

import os
import re
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Thread
from typing import Protocol

from scratchnet_cli.downloads.assets import Asset
from scratchnet_cli.downloads.cache import cache_folder, read_cached, store
from scratchnet_cli.downloads.http import why_silent
from scratchnet_cli.errors import CacheError, DownloadError, MirrorError, TransferError

GZIP = b"\x1f\x8b"
_FALSE = ("", "0", "false", "no", "off", "n", "f")
# Who asked for nothing by name shall not wait long to learn that there is no network.
NETWORK_PATIENCE_S = 2.0


class Listener(Protocol):
    """Hears what a fetch does that a user may want to see."""

    def note(self, message: str) -> None:
        """Something went another way than usual."""

    def transfer(
        self, name: str, size: int, url: str
    ) -> AbstractContextManager[Callable[[int], None]]:
        """Surrounds a try to download; what it yields hears how many bytes have come so far."""


class _Silence:
    """Keeps it to itself."""

    def note(self, message: str) -> None:
        pass

    @contextmanager
    def transfer(self, name: str, size: int, url: str) -> Iterator[Callable[[int], None]]:
        yield lambda _: None


@dataclass(frozen=True)
class Fetched:
    """The bytes of an asset, seen to be the right ones.

    source: its path in the cache or, if it could not be cached, where it was downloaded from.
    """

    data: bytes
    source: str
    cached: bool

    @cached_property
    def unpacked(self) -> bytes:
        """The bytes without gzip. What they say of their length is true, for they were checked."""
        if not self.data.startswith(GZIP):
            return self.data
        length = int.from_bytes(self.data[-4:], "little")
        return zlib.decompress(self.data, 16 + zlib.MAX_WBITS, length)


class Fetcher:
    """Gets assets for one run of the program, and waits for the same silent hosts only once."""

    def __init__(self, listener: Listener | None = None) -> None:
        self.listener: Listener = listener or _Silence()
        # Why none of these hosts answers; empty where one does.
        self._silence: dict[frozenset[str], str] = {}
        self._readers: dict[Asset, Thread] = {}
        self._ahead: dict[Asset, Fetched] = {}

    def read_ahead(self, asset: Asset) -> None:
        """Begin to read and unpack the asset, if it is cached, while the caller does other things.

        To import NumPy takes about as long, and neither keeps the other from a second core.
        """
        reader = Thread(target=self._read_ahead, args=[asset], daemon=True)
        # Where no thread can be started, ``fetch`` reads.
        with suppress(RuntimeError):
            reader.start()
            self._readers[asset] = reader

    def _read_ahead(self, asset: Asset) -> None:
        # What goes wrong here goes wrong in ``fetch`` again, which tells it.
        with suppress(Exception):
            if (data := read_cached(asset)) is not None:
                fetched = Fetched(data, str(cache_folder() / asset.name), cached=True)
                fetched.unpacked  # noqa: B018
                self._ahead[asset] = fetched

    def fetch(self, asset: Asset, *, hurry: bool = False, force: bool = False) -> Fetched:
        """The asset from the cache, else downloaded into it; ``force`` downloads in any case.

        With ``hurry`` it gives up after two seconds in which no source so much as answered.

        Raises:
            MirrorError: it is not cached, and SCRATCHNET_MIRROR has to be set right first.
            DownloadError: it is not cached, and no source delivered it.
        """
        in_the_way = False
        if not force:
            if asset in self._readers:
                self._readers[asset].join()
            if asset in self._ahead:
                return self._ahead[asset]
            try:
                if (data := read_cached(asset)) is not None:
                    return Fetched(data, str(cache_folder() / asset.name), cached=True)
            except CacheError as error:
                self.listener.note(
                    f"{error}: going on without it; scratchnet download --force replaces a file"
                )
                in_the_way = True
        data, source = self._download(asset, hurry)
        if in_the_way:
            return Fetched(data, shown(source), cached=False)
        try:
            path = store(asset, data, force)
        except CacheError as error:
            self.listener.note(f"{error}: downloaded, but not cached")
            return Fetched(data, shown(source), cached=False)
        return Fetched(data, str(path), cached=True)

    def _download(self, asset: Asset, hurry: bool) -> tuple[bytes, str]:
        """The bytes from the first source that delivers the right ones, and that source."""
        failures: list[tuple[str, str]] = []
        for source in sources(asset):
            try:
                return self._from_source(source, asset, hurry), source
            except TransferError as error:
                failures.append((shown(source), str(error)))
        raise DownloadError(
            f"{asset.name} could not be downloaded{_where_to()}:",
            *(f"  {source}: {cause}" for source, cause in failures),
            "SCRATCHNET_MIRROR can name a folder or an address that holds the file, "
            "HTTPS_PROXY a proxy.",
            cause=failures[0][1] if failures else "there is no source",
        )

    def _from_source(self, source: str, asset: Asset, hurry: bool) -> bytes:
        """The asset from one source, checked.

        Raises:
            TransferError: it did not come, or something else came.
        """
        if is_url(source):
            self._expect_network(asset, hurry)
            # Loaded before the bar is there: its import takes as long as a small transfer.
            from scratchnet_cli.downloads.http import get

            with self.listener.transfer(asset.name, asset.size, shown(source)) as received:
                data = get(source, asset.size, received)
        else:
            try:
                # A pipe would be waited for, for ever.
                if not stat.S_ISREG(Path(source).stat().st_mode):
                    raise TransferError("not a file")
                with Path(source).open("rb") as file:
                    data = file.read(asset.size + 1)
            except OSError as error:
                raise TransferError(error.strerror or "cannot be read") from error
        if defect := asset.defect(data):
            raise TransferError(f"not the right file: {defect}")
        return data

    def _expect_network(self, asset: Asset, hurry: bool) -> None:
        """Raise TransferError where a network must not be used, or is known to be away."""
        if (offline := os.environ.get("SCRATCHNET_OFFLINE", "")).lower() not in _FALSE:
            raise TransferError(f"not tried, for SCRATCHNET_OFFLINE is {offline!r}")
        if not hurry:
            return
        urls = [source for source in sources(asset) if is_url(source)]
        hosts = frozenset(url.split("/")[2] for url in urls)
        if hosts not in self._silence:
            # The hosts of another asset have been waited for already.
            waited = any(self._silence.values())
            patience_s = NETWORK_PATIENCE_S / 4 if waited else NETWORK_PATIENCE_S
            self._silence[hosts] = why_silent(urls, patience_s)
        if cause := self._silence[hosts]:
            raise TransferError(f"no source answers: {cause}")


def _where_to() -> str:
    try:
        return f" to {cache_folder()}"
    except CacheError:
        return ""


def sources(asset: Asset) -> list[str]:
    """Where to look, in order: URLs, and the path of the file where the mirror is a folder.

    Raises:
        MirrorError: SCRATCHNET_MIRROR is neither.
    """
    mirror = os.environ.get("SCRATCHNET_MIRROR", "")
    if not mirror:
        return list(asset.urls)
    if is_url(mirror):
        return [f"{mirror.rstrip('/')}/{asset.name}", *asset.urls]
    if "://" in mirror or re.match("https?:", mirror, re.IGNORECASE):
        raise MirrorError(
            f"SCRATCHNET_MIRROR is {shown(mirror)!r}, "
            "expected a folder or an http:// or https:// address"
        )
    return [str(Path(os.path.expanduser(mirror), asset.name)), *asset.urls]  # noqa: PTH111


def shown(source: str) -> str:
    """A path, or an address of any kind without the name and password that it may hold.

    A mistyped address is one too, and a password may hold any letter: where a colon comes before
    the last @, all that stands before that is left out, but for paths from / . .. ~ or a drive.
    """
    source = re.sub(
        r"^(?!/[^/]|\.\.?/|~|[A-Z]:\\)(?=.*:.*@)([^/:@]*:/+|//|).*@",
        r"\1",
        source,
        flags=re.DOTALL | re.IGNORECASE,
    )
    # What is neither a host nor a port may be a password as well.
    address = re.match("(https?://)([^/]*:[^/]*)(.*)", source, re.DOTALL | re.IGNORECASE)
    if address and not re.fullmatch(r"(\[[\w:.]+\]|[\w.-]+)(:\d*)?", address[2]):
        return f"{address[1]}…{address[3]}"
    return source


def is_url(source: str) -> bool:
    """Whether this is an address that can be asked, rather than a path."""
    return re.match("https?://[^/]", source, re.IGNORECASE) is not None
