"""A confusion matrix as lines for a terminal."""

from scratchnet_cli.evaluation.metrics import Counts, confusions

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
