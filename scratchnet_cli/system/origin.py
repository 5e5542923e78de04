"""Where a result came from: weights and datasets, the time, the versions at work."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Origin:
    """The name that was asked for, and the file that was used.

    source: a path or URL; digest: its SHA-256, or what finds that out where it takes long;
    fallback: whether it stands in for a default that could not be had.
    """

    name: str
    source: str
    digest: str | Callable[[], str]
    fallback: bool = False

    @cached_property
    def sha256(self) -> str:
        """Of the file, for a dataset of the images file followed by the labels file."""
        return self.digest if isinstance(self.digest, str) else self.digest()

    def fields(self) -> dict[str, object]:
        """What JSON tells of it."""
        told = (self.name, self.source, self.sha256, self.fallback)
        return dict(zip(("name", "source", "sha256", "fallback"), told, strict=True))


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
