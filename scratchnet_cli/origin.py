"""Where weights or a dataset came from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """The name that was asked for, and the file that was used.

    source: a path or URL; sha256: of the file, for a dataset of the images file followed by the
    labels file; fallback: whether it stands in for a default that could not be had.
    """

    name: str
    source: str
    sha256: str
    fallback: bool = False
