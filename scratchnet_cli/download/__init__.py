"""Files of pinned size and hash: where they can be had, how they come, where they are kept."""

from typing import TYPE_CHECKING

from scratchnet_cli.lazy import lazy_exports

if TYPE_CHECKING:
    from scratchnet_cli.download.assets import ALL, BOOK_WEIGHTS, MNIST, Asset
    from scratchnet_cli.download.cache import (
        cache_folder,
        cached_size,
        clear_cache,
        foreign,
        read_cached,
        readable_folder,
    )
    from scratchnet_cli.download.fetch import Fetched, Fetcher, Listener
    from scratchnet_cli.download.http import get, why_silent
else:
    __getattr__, __all__ = lazy_exports(__name__)
