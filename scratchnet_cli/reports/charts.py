"""Figures drawn as SVG inside a page, and a confusion matrix as a table that leads to pictures."""

from collections.abc import Collection, Sequence

from scratchnet_cli.evaluation.metrics import Counts, ReliabilityBin, confusions
from scratchnet_cli.reports.html import Html, tag

# Shades of the heat map, as page.css has them.
SHADES = 6
# More classes than these have no room for a bar each, nor for a row and a column.
MOST_BARS, MOST_ROWS = 20, 40
_BAR, _STEP, _HEIGHT = 9, 12, 44
_SIDE, _MARGIN = 240, 46


def bars(probabilities: Sequence[float], answer: int, truth: int | None = None) -> Html:
    """A bar for each class; that of the answer stands out, and that of the truth otherwise."""
    if len(probabilities) > MOST_BARS:
        return Html()
    parts = []
    for label, probability in enumerate(probabilities):
        kind = "answer" if label == answer else "truth" if label == truth else "other"
        height = max(round(probability * _HEIGHT, 1), 0.5)
        x = label * _STEP
        parts.append(
            tag(
                "rect",
                class_=kind,
                x=x,
                y=f"{_HEIGHT - height:g}",
                width=_BAR,
                height=f"{height:g}",
            )
        )
        parts.append(tag("text", str(label), x=f"{x + _BAR / 2:g}", y=_HEIGHT + 11))
    return tag(
        "svg",
        *parts,
        class_="bars",
        role="img",
        aria_label=f"Probabilities: {ranked(probabilities)}",
        viewBox=f"0 0 {len(probabilities) * _STEP - _STEP + _BAR} {_HEIGHT + 13}",
    )


def ranked(probabilities: Sequence[float], most: int = 3) -> str:
    """The most probable classes in words: ``9 0.9321, 4 0.0512, 7 0.0102``."""
    order = sorted(range(len(probabilities)), key=lambda label: -probabilities[label])
    return ", ".join(f"{label} {probabilities[label]:.4f}" for label in order[:most])


def heat_map(counts: Counts, linked: Collection[tuple[int, int]]) -> Html:
    """The confusion matrix; a cell leads to ``#shown-4-read-9`` where its pictures are there."""
    labels = range(len(counts))
    most = max((confusion.count for confusion in confusions(counts)), default=0)
    rows = []
    for label in labels:
        cells = []
        for prediction in labels:
            count = int(counts[label, prediction])
            content = str(count) if count else ""
            if (label, prediction) in linked:
                content = tag(
                    "a",
                    content,
                    href=f"#{cell_anchor(label, prediction)}",
                    aria_label=f"{count} images of {label} read as {prediction}",
                )
            cells.append(tag("td", content, class_=_shade(count, most, label == prediction)))
        rows.append(tag("tr", tag("th", str(label), scope="row"), *cells))
    head = tag("tr", tag("td"), *(tag("th", str(label), scope="col") for label in labels))
    caption = tag("caption", "Rows: what the images show. Columns: what they were read as.")
    return tag("table", caption, tag("thead", head), tag("tbody", *rows), class_="heat")


def cell_anchor(label: int, prediction: int) -> str:
    """The name of the place where the pictures behind a cell are."""
    return f"shown-{label}-read-{prediction}"


def reliability_diagram(bins: Sequence[ReliabilityBin]) -> Html:
    """Accuracy against stated probability; on the diagonal a network knows how sure it can be."""
    parts = [tag("rect", class_="frame", x=0, y=0, width=_SIDE, height=_SIDE)]
    for part in bins:
        if part.accuracy is None or part.probability is None:
            continue
        x, width = round(part.low * _SIDE, 2), round((part.high - part.low) * _SIDE - 1.5, 2)
        height = round(part.accuracy * _SIDE, 2)
        parts.append(tag("rect", class_="bin", x=x, y=_SIDE - height, width=width, height=height))
        parts.append(
            tag(
                "circle",
                class_="stated",
                cx=f"{part.probability * _SIDE:.1f}",
                cy=f"{_SIDE - height:.1f}",
                r="3.5",
            )
        )
    parts.append(tag("line", class_="ideal", x1=0, y1=_SIDE, x2=_SIDE, y2=0))
    for share in (0, 0.5, 1):
        at = share * _SIDE
        parts.append(tag("text", f"{share:g}", x=f"{at:g}", y=_SIDE + 14, class_="x"))
        parts.append(tag("text", f"{share:g}", x=-6, y=f"{_SIDE - at + 4:g}", class_="y"))
    parts.append(tag("text", "stated probability", x=_SIDE // 2, y=_SIDE + 28, class_="x"))
    turned = f"rotate(-90 {-_MARGIN + 10} {_SIDE // 2})"
    parts.append(
        tag("text", "accuracy", x=-_MARGIN + 10, y=_SIDE // 2, class_="x", transform=turned)
    )
    return tag(
        "svg",
        *parts,
        class_="reliability",
        role="img",
        aria_label="Reliability diagram; the table beside it holds its numbers",
        viewBox=f"{-_MARGIN} -8 {_SIDE + _MARGIN + 10} {_SIDE + 44}",
    )


def _shade(count: int, most: int, hit: bool) -> str:
    if hit:
        return "hit"
    # The root keeps rare confusions visible beside frequent ones.
    return f"h{max(1, round((count / most) ** 0.5 * SHADES))}" if count else "h0"
