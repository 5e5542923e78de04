"""The origin of weights and datasets, and the versions at work."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Origin:
    """The source of weights or of a dataset.

    name: what the user asked for; source: the path or URL that was used; digest: the SHA-256, or
    a function that computes it; unavailable: why this is used in place of a default.
    """

    name: str
    source: str
    # Computed only if it is printed: for a million images it takes a third of the run.
    digest: str | Callable[[], str] = ""
    unavailable: str = ""

    @property
    def fallback(self) -> bool:
        """Return whether this replaces a default that was not available."""
        return bool(self.unavailable)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the file, or of a dataset's images file followed by the labels file."""
        return self.digest if isinstance(self.digest, str) else self.digest()

    def fields(self) -> dict[str, object]:
        """Return the origin as JSON shows it."""
        return {name: getattr(self, name) for name in ("name", "source", "sha256", "fallback")}


def utc_now() -> str:
    """Return the time in UTC, ISO 8601 to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())


def versions() -> dict[str, str]:
    """Return the versions of scratchnet, NumPy and Python."""
    # Looking them up takes longer than most evaluations.
    import platform
    from importlib.metadata import version

    return {
        "scratchnet": version("scratchnet-cli"),
        "numpy": version("numpy"),
        "python": platform.python_version(),
    }
