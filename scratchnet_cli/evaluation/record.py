"""An evaluation with what was run, as every report and machine-readable format tells it."""

from dataclasses import dataclass, field

from scratchnet_cli.evaluation.batches import Evaluation
from scratchnet_cli.origin import Origin, now


@dataclass(frozen=True)
class Setting:
    """What was run, and when. split: None where there is none; made: UTC in ISO 8601."""

    weights: Origin
    dataset: Origin
    split: str | None
    made: str = field(default_factory=now)

    @property
    def title(self) -> str:
        """One line: ``book weights on mnist, test split``."""
        split = f", {self.split} split" if self.split else ""
        return f"{self.weights.name} weights on {self.dataset.name}{split}"


@dataclass(frozen=True, eq=False)
class Record:
    """An evaluation and its setting."""

    evaluation: Evaluation
    setting: Setting


def unread(evaluation: Evaluation) -> str:
    """What to add to a count of pictures where some of them could not be read."""
    counted = f", {evaluation.unreadable} unreadable" if evaluation.unreadable else ""
    return counted + (f", {evaluation.skipped} skipped" if evaluation.skipped else "")
