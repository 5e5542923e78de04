"""Where a file may come from: the user's mirror, then the table; and how that is told in public."""

import os
import re
from pathlib import Path

from scratchnet_cli.download.assets import Asset
from scratchnet_cli.errors import MirrorError


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
