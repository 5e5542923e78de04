"""The origin of weights and datasets, and the versions at work."""

import time
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Origin:
    """Where weights or a dataset came from.

    name: what the user asked for; source: the path or URL that was used; sha256: of the file, or
    for a dataset of the images file followed by the labels file; fallback: whether this replaces
    a default that was not available.
    """

    name: str
    source: str
    sha256: str
    fallback: bool = False

    def fields(self) -> dict[str, object]:
        """Return the origin as it stands in JSON."""
        return asdict(self)


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
