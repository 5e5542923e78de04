"""Where a result came from: weights and datasets, the time, the versions at work."""

import time
from collections.abc import Mapping
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


def now() -> str:
    """The time in UTC, ISO 8601 to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())


def versions() -> Mapping[str, str]:
    """The versions of scratchnet, NumPy and Python that are running."""
    # To look them up takes longer than most evaluations do.
    import platform
    from importlib.metadata import version

    return {
        "scratchnet": version("scratchnet-cli"),
        "numpy": version("numpy"),
        "python": platform.python_version(),
    }
