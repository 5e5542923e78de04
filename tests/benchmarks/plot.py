"""A plot of images per second over the batch size as SVG, with logarithmic axes."""

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 96, 134, 30, 50
# Also distinct for colour-blind readers (Okabe and Ito, 2008).
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00")
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #333 }
  .grid { stroke: #ccc; stroke-width: 1 }
  path { fill: none; stroke-width: 2.5 }
  @media (prefers-color-scheme: dark) { text { fill: #ddd } .grid { stroke: #444 } }
"""


def plot(batch_sizes: Sequence[int], rates: Mapping[str, Sequence[float]]) -> str:
    """Return the SVG, a line for each name. rates: images per second for each batch size."""
    everything = [rate for line in rates.values() for rate in line]
    low, high = math.floor(math.log10(min(everything))), math.ceil(math.log10(max(everything)))

    def x(batch_size: float) -> float:
        most = math.log10(max(batch_sizes))
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log10(batch_size) / most

    def y(rate: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (math.log10(rate) - low) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>Images per second over the batch size</title>\n<style>{STYLE}</style>",
    ]

    def write(text: str, x: float, y: float, style: str) -> None:
        parts.append(f'<text x="{x:.1f}" y="{y:.1f}" style="{style}">{escape(text)}</text>')

    for power in range(low, high + 1):
        height = y(10**power)
        parts.append(f'<path class="grid" d="M{LEFT} {height:.1f}H{WIDTH - RIGHT}"/>')
        write(f"{10**power:,}", LEFT - 8, height + 4, "text-anchor:end")
    for size in batch_sizes:
        write(f"{size:,}", x(size), HEIGHT - BOTTOM + 20, "text-anchor:middle")
    label_y = math.inf
    lines = zip(rates.items(), COLOURS, strict=False)
    for (name, line), colour in sorted(lines, key=lambda item: item[0][1][-1]):
        points = " ".join(f"{x(s):.1f},{y(r):.1f}" for s, r in zip(batch_sizes, line, strict=True))
        parts.append(f'<path d="M{points}" stroke="{colour}"/>')
        # The names of lines that end close to each other must not overlap.
        label_y = min(y(line[-1]) + 4, label_y - 16)
        write(name, WIDTH - RIGHT + 8, label_y, f"fill:{colour}")
    write("images in a batch", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, "text-anchor:middle")
    write("images per second, one thread", LEFT, 16, "")
    return "\n".join([*parts, "</svg>\n"])
