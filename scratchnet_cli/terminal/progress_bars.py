"""The one user of tqdm, which takes as long to import as NumPy."""

import sys
from typing import Any

from tqdm import tqdm

# Its watch is a thread, which not every system grants, for bars that stand still.
tqdm.monitor_interval = 0


def progress_bar(total: int | None, description: str, **options: Any) -> "tqdm[None]":
    """A bar on stderr; total: None where it is not known; options: tqdm's own."""
    return tqdm(total=total, desc=description, file=sys.stderr, dynamic_ncols=True, **options)
