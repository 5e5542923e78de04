"""The one user of tqdm, which takes as long to import as NumPy."""

import sys
from typing import Any

from tqdm import tqdm


def progress_bar(total: int | None, description: str, **options: Any) -> "tqdm[None]":
    """A bar on stderr; total: None where it is not known; options: tqdm's own."""
    return tqdm(total=total, desc=description, file=sys.stderr, dynamic_ncols=True, **options)
