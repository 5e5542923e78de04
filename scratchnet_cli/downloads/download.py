"""The download of an asset from the first source that delivers it."""

import os
import re
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from scratchnet_cli.downloads.assets import Asset
from scratchnet_cli.errors import NO_ANSWER, NO_HOST, DownloadError, MirrorError, TransferError
from scratchnet_cli.system.progress import Progress

# A path without the characters that separate the parts of a URL, except after a drive letter.
_PLAIN_PATH = re.compile(r"([A-Za-z]:)?[\w\s./\\~+,()-]*")
_MIRROR_ADVICE = "or set SCRATCHNET_MIRROR to a folder with the file"
# Advice, by the variable that a cause names.
_ADVICE = {
    "SCRATCHNET_OFFLINE": f"Unset SCRATCHNET_OFFLINE, {_MIRROR_ADVICE}.",
    "HTTPS_PROXY": f"Correct HTTPS_PROXY, {_MIRROR_ADVICE}.",
    "": f"Try again later, {_MIRROR_ADVICE}, or HTTPS_PROXY.",
}
_FALSE = ("", "0", "false", "no", "off", "n", "f")


def download(
    asset: Asset, progress: Progress, is_default: bool = False, destination: str = ""
) -> tuple[bytes, str]:
    """Return the bytes from the first source with a matching checksum, and that source."""
    failures: list[tuple[str, str]] = []
    for source in _sources(asset):
        shown = _shown(source)
        # A default has a fallback: do not wait for the same host again.
        if is_default and (shown, NO_ANSWER) in failures:
            continue
        try:
            if not _is_url(source):
                data = _from_folder(Path(source), asset.size)
            elif (offline := os.environ.get("SCRATCHNET_OFFLINE", "")).lower() not in _FALSE:
                raise TransferError(f"SCRATCHNET_OFFLINE is {offline}")
            else:
                # Not before: its import takes time, and urllib3 opens a socket to try IPv6.
                from scratchnet_cli.downloads.http import get

                data = get(asset, source, shown, progress, is_default)
            if defect := asset.defect(data):
                raise TransferError(f"not the right file: {defect}")
            return data, shown
        except TransferError as error:
            failures.append((shown, str(error)))
    what = f"{asset.name}: cannot be downloaded{destination}"
    one_reason = len({cause for _, cause in failures}) == 1
    raise DownloadError(
        f"{what}: {failures[0][1]}" if one_reason else f"{what}:",
        *(f"  {shown}: {cause}" for shown, cause in dict.fromkeys(failures) if not one_reason),
        next(advice for name, advice in _ADVICE.items() if name in str(failures)),
        cause=_cause(failures),
    )


def _cause(failures: Sequence[tuple[str, str]]) -> str:
    """Return in a few words why no source worked; if there is a mirror, its cause."""
    if os.environ.get("SCRATCHNET_MIRROR"):
        return "SCRATCHNET_MIRROR: " + ": ".join(failures[0]).removeprefix("SCRATCHNET_MIRROR: ")
    if all(cause in (NO_ANSWER, NO_HOST) for _, cause in failures):
        return "no internet connection"
    return failures[0][1]


def _sources(asset: Asset) -> list[str]:
    """Return URLs and paths in the order in which they are tried, the user's mirror first."""
    urls = [f"{folder}/{asset.name}" for folder in asset.folders]
    mirror = os.environ.get("SCRATCHNET_MIRROR", "")
    if not mirror:
        return urls
    if _is_url(mirror):
        return [f"{mirror.rstrip('/')}/{asset.name}", *urls]
    folder = os.path.expanduser(mirror)  # noqa: PTH111
    # Only what is clearly a path is printed: a mistyped URL may contain a password.
    if not os.path.isdir(folder) and not _PLAIN_PATH.fullmatch(mirror):  # noqa: PTH112
        raise MirrorError("SCRATCHNET_MIRROR: expected a folder, or a URL with http:// or https://")
    return [str(Path(folder, asset.name)), *urls]


def _is_url(source: str) -> bool:
    return re.match("https?://[^/]", source, re.IGNORECASE) is not None


def _shown(source: str) -> str:
    """Return a path, or scheme and host of a URL: the rest may contain a password."""
    if not _is_url(source):
        return source
    with suppress(ValueError):
        parts = urlsplit(source)
        host, rest = parts.hostname or "", parts._replace(netloc="").geturl()
        # If a password contains a slash, the text before it looks like the host, and @ follows.
        if re.fullmatch(r"[\w.:-]+", host) and "@" not in rest:
            return f"{parts.scheme}://{host}"
    return "SCRATCHNET_MIRROR"


def _from_folder(path: Path, size: int) -> bytes:
    """Return the bytes of a file, at most one more than ``size``."""
    try:
        # Opening a pipe would wait forever.
        if not stat.S_ISREG(path.stat().st_mode):
            raise TransferError("not a file")
        with path.open("rb") as file:
            return file.read(size + 1)
    except OSError as error:
        raise TransferError(error.strerror or "cannot be read") from error
