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

    parts = []
    for power in range(low, high + 1):
        at = y(10**power)
        parts.append(f'<path class="grid" d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}"/>')
        label = f"{10**power:,}"
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{label}</text>')
    for size in batch_sizes:
        at = x(size)
        label = (
            f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{size:,}</text>'
        )
        parts.append(label)
    labels_above = math.inf
    for (name, line), colour in sorted(
        zip(rates.items(), COLOURS, strict=False), key=lambda item: item[0][1][-1]
    ):
        points = " ".join(f"{x(s):.1f},{y(r):.1f}" for s, r in zip(batch_sizes, line, strict=True))
        parts.append(f'<path d="M{points}" stroke="{colour}"/>')
        # The names of lines that end close to each other must not overlap.
        labels_above = min(y(line[-1]) + 4, labels_above - 16)
        parts.append(
            f'<text x="{WIDTH - RIGHT + 8}" y="{labels_above:.1f}" style="fill:{colour}">'
            f"{escape(name)}</text>"
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(
        f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">images in a batch</text>'
    )
    parts.append(f'<text x="{LEFT}" y="16">images per second, one thread</text>')
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">\n'
        "<title>Images per second over the batch size</title>\n"
        f"<style>{STYLE}</style>\n{body}\n</svg>\n"
    )
