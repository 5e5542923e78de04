"""An evaluation with what was run, as every report and machine-readable format tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from scratchnet_cli.evaluation.batches import Evaluation
from scratchnet_cli.origin import Origin


def now() -> str:
    """The time in UTC, ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


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


@dataclass(frozen=True)
class Setting:
    """What was run, and when. made: UTC in ISO 8601."""

    weights: Origin
    dataset: Origin
    split: str
    made: str = field(default_factory=now)

    @property
    def title(self) -> str:
        """One line: ``book weights on mnist, test split``."""
        return f"{self.weights.name} weights on {self.dataset.name}, {self.split} split"


@dataclass(frozen=True, eq=False)
class Record:
    """An evaluation and its setting."""

    evaluation: Evaluation
    setting: Setting
