"""The charts in a report: every length in them, and every colour."""

import base64
import io
import re

import numpy as np
from PIL import Image

from scratchnet_cli.evaluation.metrics import ReliabilityBin
from scratchnet_cli.reports.charts import bars, heat_map, reliability_diagram
from scratchnet_cli.reports.data_uris import signed_img


def test_bars_show_probabilities() -> None:
    """Their heights are proportional; the answer and the label have their own colours."""
    assert bars([0.75, 0.25, 0.0], 0, 1) == (
        '<svg class="bars" role="img" aria-label="Probabilities: 0 0.7500, 1 0.2500, 2 0.0000" '
        'viewBox="0 0 33 57">'
        '<rect class="answer" x="0" y="11" width="9" height="33"></rect>'
        '<text x="4.5" y="55">0</text>'
        '<rect class="label" x="12" y="33" width="9" height="11"></rect>'
        '<text x="16.5" y="55">1</text>'
        '<rect class="other" x="24" y="43.5" width="9" height="0.5"></rect>'
        '<text x="28.5" y="55">2</text></svg>'
    )
    assert bars([0.05] * 20, 0).count("<rect") == 20
    assert bars([*[0.0] * 19, 0.25, 0.75], 20) == "<span>20 0.7500, 19 0.2500, 0 0.0000</span>"


def test_heat_map_has_a_shade_for_each_count() -> None:
    """The shades follow the root of the count, the largest confusion is the darkest."""
    cells = re.findall('class="(h?[0-9correct]+)"', heat_map(np.array([[5, 1], [4, 0]]), []))
    assert cells == ["correct", "h3", "h6", "correct"]


def test_reliability_diagram_shows_accuracy_and_probability() -> None:
    """A bin has a bar up to its accuracy and a point at its probability; an empty one nothing."""
    bins = ReliabilityBin(0.12345, 0.23456, 5, 0.25, 0.54321), ReliabilityBin(0, 0.1, 0, None, None)
    svg = reliability_diagram(bins)
    assert 'viewBox="-46 -8 296 284"><rect class="frame" x="0" y="0" width="240"' in svg
    for text in (
        '<rect class="bin" x="29.63" y="109.63" width="25.17" height="130.37"></rect>'
        '<circle class="stated" cx="60.0" cy="109.6" r="3.5"></circle>'
        '<line class="ideal" x1="0" y1="240" x2="240" y2="0"></line>',
        '<text x="120" y="254" class="x">0.5</text><text x="-6" y="124" class="y">0.5</text>',
        '<text x="120" y="268" class="x">stated probability</text>'
        '<text x="-36" y="120" class="x" transform="rotate(-90 -36 120)">accuracy</text></svg>',
    ):
        assert text in svg


def test_signed_image_has_a_colour_for_each_number() -> None:
    """Blue is below 0, orange above, and the gap between fields is transparent."""
    fields = np.zeros((3, 2, 2))
    fields[0, 0, 0], fields[1, 1, 1], fields[2, 0, 1] = 2, -2, 1
    (png,) = re.findall('base64,([^"]*)', signed_img(fields, 2, "weights"))
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA"))
    # Three fields of 2x2 pixels in two columns, with a gap of 2 pixels.
    visible = np.zeros((6, 6), bool)
    visible[:2, :2] = visible[:2, 4:] = visible[4:, :2] = True
    assert ((pixels[:, :, 3] == 255) == visible).all()
    expected = {(0, 0): [190, 75, 0], (1, 5): [5, 80, 160], (4, 1): [219, 162, 124]}
    for y, x in np.argwhere(visible).tolist():
        assert pixels[y, x, :3].tolist() == expected.get((y, x), [247] * 3)
