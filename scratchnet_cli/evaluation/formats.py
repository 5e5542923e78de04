"""An evaluation as text: JSON for scripts, Markdown for job summaries, a matrix for terminals."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from scratchnet_cli.evaluation import metrics
from scratchnet_cli.evaluation.compare import Comparison, compare
from scratchnet_cli.evaluation.metrics import MAX_CONFUSIONS
from scratchnet_cli.evaluation.result import Evaluation
from scratchnet_cli.system.origin import versions
from scratchnet_cli.system.text import escape

# At most this many mistakes are listed one by one.
MAX_MISTAKES = 24
COMPARISON_COLUMNS = (
    "network", "accuracy", "first wrong, this right", "first right, this wrong", "p-value"
)  # fmt: skip
# 256-colour codes of terminals: blue for correct images, orange for mistakes, darker for more.
_CORRECT_COLOUR = "\x1b[38;5;231;48;5;25m"
_MISTAKE_COLOURS = tuple(f"\x1b[38;5;16;48;5;{code}m" for code in (230, 223, 216, 209, 202))
_RESET = "\x1b[0m"


def to_json(results: Sequence[Evaluation]) -> str:
    """Return one JSON object with all figures. The results have details.

    For several networks, it contains an object for each, and their comparisons with the first.
    """
    networks = [_fields(result) for result in results]
    comparisons = [
        {
            "first": comparison.first.weights.name,
            "second": comparison.second.weights.name,
            "only_first": len(comparison.only_first),
            "only_second": len(comparison.only_second),
            "p_value": comparison.p_value,
        }
        for comparison in compare(results)
    ]
    several = {"networks": networks, "comparisons": comparisons}
    return json.dumps(several if comparisons else networks[0])


def _fields(result: Evaluation) -> dict[str, Any]:
    per_class = metrics.class_metrics(result.confusion)
    return {
        "accuracy": result.accuracy,
        "interval": asdict(metrics.wilson(result.correct, result.total)),
        "correct": result.correct,
        "total": result.total,
        "unreadable": result.unreadable,
        "skipped": result.skipped,
        "batch_size": result.batch_size,
        "classes": [metric.label for metric in per_class],
        "confusion": result.confusion.tolist(),
        "per_class": [
            {"class": m.label, "total": m.total, "correct": m.correct, "accuracy": m.recall}
            | {"precision": m.precision, "recall": m.recall, "f1": m.f1}
            for m in per_class
        ],
        "ece": metrics.expected_calibration_error(result.reliability),
        "reliability": [asdict(part) for part in result.reliability],
        "mistakes": [
            {
                **({"path": result.pictures.paths[mistake.index]} if result.pictures else {}),
                **asdict(mistake),
                "probability": mistake.probability,
            }
            for mistake in result.worst_mistakes(MAX_MISTAKES)
        ],
        "dataset": result.dataset.fields(),
        "split": result.split,
        "weights": result.weights.fields(),
        "activations": result.activations,
        "made": result.made,
        "versions": versions(),
        "elapsed_s": result.elapsed_s,
        "images_per_s": result.images_per_s,
    }


def comparison_rows(comparisons: Sequence[Comparison]) -> list[tuple[str, ...]]:
    """Return a row of texts for each network: the first, and the others compared with it."""
    first = comparisons[0].first
    rows: list[tuple[str, ...]] = [(first.weights.name, f"{first.accuracy:.4f}", "", "", "")]
    for comparison in comparisons:
        counts = (len(comparison.only_second), len(comparison.only_first))
        figures = (f"{comparison.second.accuracy:.4f}", *map(str, counts), comparison.p_text)
        rows.append((comparison.second.weights.name, *figures))
    return rows


def comparison_lines(comparisons: Sequence[Comparison]) -> list[str]:
    """Return the comparison as a table of aligned lines, and a sentence on each difference."""
    rows = [COMPARISON_COLUMNS, *comparison_rows(comparisons)]
    cells = [(escape(name), *figures) for name, *figures in rows]
    width, *widths = (max(map(len, column)) for column in zip(*cells, strict=True))
    lines = [
        "  ".join([name.ljust(width), *map(str.rjust, figures, widths)]).rstrip()
        for name, *figures in cells
    ]
    return [*lines, *(escape(comparison.verdict) for comparison in comparisons)]


def to_markdown(results: Sequence[Evaluation]) -> str:
    """Return tables for a job summary: those of each network, and their comparison."""
    tables = [_tables(result) for result in results]
    if comparisons := compare(results):
        rows = [
            (_escape_markdown(name), *figures) for name, *figures in comparison_rows(comparisons)
        ]
        lines = [COMPARISON_COLUMNS, (":--", "--:", "--:", "--:", "--:"), *rows]
        verdicts = (_escape_markdown(comparison.verdict) for comparison in comparisons)
        cells = (f"| {' | '.join(line)} |" for line in lines)
        tables.append("\n".join(["### Comparison", "", *cells, "", *verdicts]))
    return "\n\n".join(tables)


def _tables(result: Evaluation) -> str:
    """Return the accuracy, a row for each class, and the most frequent confusions."""
    interval = metrics.wilson(result.correct, result.total)
    lines = [
        f"### Accuracy {result.accuracy:.4f}: {_escape_markdown(result.title)}",
        "",
        f"{result.correct} of {result.total} images right{result.unread}, "
        f"{interval.confidence:.0%} interval {interval.low:.4f} to {interval.high:.4f} (Wilson).",
        "",
        "| class | images | right | precision | recall | F1 |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for metric in metrics.class_metrics(result.confusion):
        shares = (metric.precision, metric.recall, metric.f1)
        cells = (metric.label, metric.total, metric.correct, *map(metrics.format_share, shares))
        lines.append(f"| {' | '.join(map(str, cells))} |")
    if found := metrics.confusions(result.confusion):
        some = f"the {MAX_CONFUSIONS} most frequent of " if len(found) > MAX_CONFUSIONS else ""
        lines += ["", f"Confusions ({some}{len(found)}):", ""]
        lines += ["| shown | read as | images |", "|---:|---:|---:|"]
        lines += [f"| {c.label} | {c.prediction} | {c.count} |" for c in found[:MAX_CONFUSIONS]]
    for what, origin in (("Weights", result.weights), ("Dataset", result.dataset)):
        fallback = ", in place of the default" if origin.fallback else ""
        lines += [
            "",
            f"{what}: {_escape_markdown(origin.name)}{fallback}, sha256 `{origin.sha256}`",
        ]
    return "\n".join(lines)


def confusion_lines(counts: metrics.Counts, colour: bool) -> list[str]:
    """Return the confusion matrix as aligned lines: a row for each label."""
    names = [str(label) for label in range(len(counts))]
    cells = [[str(count) if count else "·" for count in row] for row in counts.tolist()]
    width = 1 + max(len(cell) for row in [names, *cells] for cell in row)
    stub = max(len("shown"), len(names[-1]))
    max_count = max((confusion.count for confusion in metrics.confusions(counts)), default=0)
    lines = [
        f"{'':{stub}}  read as",
        f"{'shown':{stub}} {''.join(name.rjust(width) for name in names)}",
    ]
    for label, row in enumerate(cells):
        texts = [text.rjust(width) for text in row]
        if colour:
            texts = [
                _coloured(text, int(counts[label, i]), max_count, label == i)
                for i, text in enumerate(texts)
            ]
        lines.append(f"{label:>{stub}} {''.join(texts)}")
    return lines


def _coloured(text: str, count: int, max_count: int, is_correct: bool) -> str:
    if not count:
        return text
    # With the square root, rare confusions are visible beside frequent ones.
    shade = 0 if is_correct else round((count / max_count) ** 0.5 * (len(_MISTAKE_COLOURS) - 1))
    return f"{_CORRECT_COLOUR if is_correct else _MISTAKE_COLOURS[shade]}{text}{_RESET}"


def _escape_markdown(text: str) -> str:
    """Return Markdown that shows the text unchanged: names of folders may contain anything."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&@:$])", r"\\\1", escape(text))
