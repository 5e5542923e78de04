"""An evaluation as text: JSON for scripts, Markdown for job summaries."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from scratchnet_cli.evaluation.metrics import (
    CONFUSIONS,
    Counts,
    class_metrics,
    confusions,
    format_share,
    wilson,
)
from scratchnet_cli.evaluation.result import MISTAKES, Predictions, Record, unread
from scratchnet_cli.system.origin import versions
from scratchnet_cli.system.text import printable


def json_object(
    record: Record, predictions: Predictions, names: Sequence[str] | None = None
) -> str:
    """One object with all the numbers that the report shows. names: of the pictures, by number."""
    evaluation, setting = record.evaluation, record.setting
    metrics = class_metrics(evaluation.confusion)
    fields: dict[str, Any] = {
        "accuracy": evaluation.accuracy,
        "interval": asdict(wilson(evaluation.correct, evaluation.total)),
        "correct": evaluation.correct,
        "total": evaluation.total,
        "unreadable": evaluation.unreadable,
        "skipped": evaluation.skipped,
        "batch_size": evaluation.batch_size,
        "classes": [metric.label for metric in metrics],
        "confusion": evaluation.confusion.tolist(),
        "per_class": [
            {
                "class": metric.label,
                "total": metric.total,
                "correct": metric.correct,
                "accuracy": metric.recall,
                "precision": metric.precision,
                "recall": metric.recall,
                "f1": metric.f1,
            }
            for metric in metrics
        ],
        "ece": predictions.ece,
        "reliability": [asdict(part) for part in predictions.reliability],
        "mistakes": [
            {
                **({"path": names[mistake.index]} if names else {}),
                **asdict(mistake),
                "probability": mistake.probability,
            }
            for mistake in predictions.worst_mistakes(MISTAKES)
        ],
        "dataset": setting.dataset.fields(),
        "split": setting.split,
        "weights": setting.weights.fields(),
        "made": setting.made,
        "versions": dict(versions()),
        "elapsed_s": evaluation.elapsed_s,
        "images_per_s": evaluation.images_per_s,
    }
    return json.dumps(fields)


def markdown(record: Record) -> str:
    """For a job summary: accuracy with its interval, a row for each class, the worst confusions."""
    evaluation, setting = record.evaluation, record.setting
    interval = wilson(evaluation.correct, evaluation.total)
    lines = [
        f"### Accuracy {evaluation.accuracy:.4f}: {_escaped(setting.title)}",
        "",
        f"{evaluation.correct} of {evaluation.total} images right{unread(evaluation)}, "
        f"{interval.confidence:.0%} interval {interval.low:.4f} to {interval.high:.4f} (Wilson).",
        "",
        "| class | images | right | precision | recall | F1 |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for metric in class_metrics(evaluation.confusion):
        shares = (metric.precision, metric.recall, metric.f1)
        cells = (metric.label, metric.total, metric.correct, *map(format_share, shares))
        lines.append(f"| {' | '.join(map(str, cells))} |")
    if found := confusions(evaluation.confusion):
        some = f"the {CONFUSIONS} most frequent of " if len(found) > CONFUSIONS else ""
        lines += ["", f"Confusions ({some}{len(found)}):", ""]
        lines += ["| shown | read as | images |", "|---:|---:|---:|"]
        lines += [f"| {c.label} | {c.prediction} | {c.count} |" for c in found[:CONFUSIONS]]
    for what, origin in (("Weights", setting.weights), ("Dataset", setting.dataset)):
        fallback = ", in place of the default" if origin.fallback else ""
        lines += ["", f"{what}: {_escaped(origin.name)}{fallback}, sha256 `{origin.sha256}`"]
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """``text`` as Markdown shows it, whatever is in it: a folder's name may hold anything."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&@:$])", r"\\\1", printable(text))


# Of 256 colours: for the hits a blue, for the mistakes oranges that darken as they become more.
_HIT = "\x1b[38;5;231;48;5;25m"
_HEAT = tuple(f"\x1b[38;5;16;48;5;{code}m" for code in (230, 223, 216, 209, 202))
_RESET = "\x1b[0m"


def confusion_lines(counts: Counts, colour: bool) -> list[str]:
    """The confusion matrix, a line for each label, a column for each prediction, aligned."""
    names = [str(label) for label in range(len(counts))]
    cells = [[str(count) if count else "·" for count in row] for row in counts.tolist()]
    width = 1 + max(len(cell) for row in [names, *cells] for cell in row)
    stub = max(len("shown"), len(names[-1]))
    most = max((confusion.count for confusion in confusions(counts)), default=0)
    lines = [
        f"{'':{stub}}  read as",
        f"{'shown':{stub}} {''.join(name.rjust(width) for name in names)}",
    ]
    for label, row in enumerate(cells):
        painted = [
            _paint(text.rjust(width), int(counts[label, i]), most, label == i)
            if colour
            else text.rjust(width)
            for i, text in enumerate(row)
        ]
        lines.append(f"{label:>{stub}} {''.join(painted)}")
    return lines


def _paint(text: str, count: int, most: int, hit: bool) -> str:
    if not count:
        return text
    code = _HIT if hit else _HEAT[round((count / most) ** 0.5 * (len(_HEAT) - 1))]
    return f"{code}{text}{_RESET}"
