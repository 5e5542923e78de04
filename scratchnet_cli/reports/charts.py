"""Charts as SVG, and the confusion matrix as a table."""

from collections.abc import Collection, Sequence

from scratchnet_cli.evaluation.metrics import Counts, ReliabilityBin, confusions
from scratchnet_cli.reports.html import Html, tag

# page.css has a colour for each of these shades.
SHADES = 6
# More classes have no bars, and no matrix: there is no room for them.
MAX_BAR_CLASSES, MAX_MATRIX_CLASSES = 20, 40
# Lengths in units of the SVG.
_BAR_WIDTH, _BAR_STEP, _BAR_HEIGHT = 9, 12, 44
_DIAGRAM_SIDE, _DIAGRAM_MARGIN = 240, 46


def bars(probabilities: Sequence[float], answer: int, label: int | None = None) -> Html:
    """Return a bar for each class, or the three best as text. label: the correct class, or None."""
    order = sorted(range(len(probabilities)), key=lambda i: -probabilities[i])
    best = ", ".join(f"{i} {probabilities[i]:.4f}" for i in order[:3])
    if len(probabilities) > MAX_BAR_CLASSES:
        return tag("span", best)
    parts = []
    for i, probability in enumerate(probabilities):
        kind = "answer" if i == answer else "label" if i == label else "other"
        height = max(round(probability * _BAR_HEIGHT, 1), 0.5)
        x, y = i * _BAR_STEP, f"{_BAR_HEIGHT - height:g}"
        parts += [
            tag("rect", class_=kind, x=x, y=y, width=_BAR_WIDTH, height=f"{height:g}"),
            tag("text", str(i), x=f"{x + _BAR_WIDTH / 2:g}", y=_BAR_HEIGHT + 11),
        ]
    width = (len(probabilities) - 1) * _BAR_STEP + _BAR_WIDTH
    return tag(
        "svg",
        *parts,
        class_="bars",
        role="img",
        aria_label=f"Probabilities: {best}",
        viewBox=f"0 0 {width} {_BAR_HEIGHT + 13}",
    )


def heat_map(counts: Counts, linked: Collection[tuple[int, int]]) -> Html:
    """Return the confusion matrix. linked: the cells whose images are shown below."""
    labels = range(len(counts))
    max_count = max((confusion.count for confusion in confusions(counts)), default=0)
    rows = []
    for label in labels:
        cells = []
        for prediction in labels:
            count = int(counts[label, prediction])
            content = str(count) if count else ""
            if (label, prediction) in linked:
                spoken = f"{count} images of {label} read as {prediction}"
                anchor = f"#{cell_anchor(label, prediction)}"
                content = tag("a", content, href=anchor, aria_label=spoken)
            cells.append(tag("td", content, class_=_shade(count, max_count, label == prediction)))
        rows.append(tag("tr", tag("th", str(label), scope="row"), *cells))
    head = tag("tr", tag("td"), *(tag("th", str(label), scope="col") for label in labels))
    caption = tag("caption", "Rows: what the images show. Columns: what they were read as.")
    return tag("table", caption, tag("thead", head), tag("tbody", *rows), class_="heat")


def cell_anchor(label: int, prediction: int) -> str:
    """Return the id of the heading above the images of a cell."""
    return f"shown-{label}-read-{prediction}"


def reliability_diagram(bins: Sequence[ReliabilityBin]) -> Html:
    """Return a diagram of the accuracy in each bin; on the diagonal it equals the probability."""
    side, margin = _DIAGRAM_SIDE, _DIAGRAM_MARGIN
    parts = [tag("rect", class_="frame", x=0, y=0, width=side, height=side)]
    for part in bins:
        if part.accuracy is None or part.probability is None:
            continue
        x, width = round(part.low * side, 2), round((part.high - part.low) * side - 1.5, 2)
        height = round(part.accuracy * side, 2)
        stated = f"{part.probability * side:.1f}"
        parts += [
            tag("rect", class_="bin", x=x, y=side - height, width=width, height=height),
            tag("circle", class_="stated", cx=stated, cy=f"{side - height:.1f}", r="3.5"),
        ]
    parts.append(tag("line", class_="ideal", x1=0, y1=side, x2=side, y2=0))
    for share in (0, 0.5, 1):
        at = share * side
        parts += [
            tag("text", f"{share:g}", x=f"{at:g}", y=side + 14, class_="x"),
            tag("text", f"{share:g}", x=-6, y=f"{side - at + 4:g}", class_="y"),
        ]
    left, middle = 10 - margin, side // 2
    turn = f"rotate(-90 {left} {middle})"
    return tag(
        "svg",
        *parts,
        tag("text", "stated probability", x=middle, y=side + 28, class_="x"),
        tag("text", "accuracy", x=left, y=middle, class_="x", transform=turn),
        class_="reliability",
        role="img",
        aria_label="Reliability diagram; the table beside it holds its numbers",
        viewBox=f"{-margin} -8 {side + margin + 10} {side + 44}",
    )


def _shade(count: int, max_count: int, is_correct: bool) -> str:
    if is_correct:
        return "correct"
    # With the square root, rare confusions are visible beside frequent ones.
    return f"h{max(1, round((count / max_count) ** 0.5 * SHADES))}" if count else "h0"
