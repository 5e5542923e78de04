"""The page to draw on in a real browser: what it shows, what one can do, and what never happens."""

import base64
import io
import json
import math
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from scratchnet_cli.images.read import read_image
from scratchnet_cli.network.layers import Layer, Network
from scratchnet_cli.network.trace import trace_network
from scratchnet_cli.weights.load import load_weights
from tests.conftest import Run, Uint8, encoded
from tests.reports.browser import Browser
from tests.reports.conftest import MakePage
from tests.reports.drawings import SIDE, Stroke, drawings

pytestmark = pytest.mark.slow

PHOTO = Path(__file__).parents[2] / ".github" / "assets" / "photo.jpg"
INK = "JSON.stringify([...readPen.getImageData(0, 0, PAD_SIDE, PAD_SIDE).data])"
EXAMPLE = ".example"
DIGITS = dict(drawings(10, seed=3))
PASTE = 'new ClipboardEvent("paste", { clipboardData: files })'
DROP = 'new DragEvent("drop", { dataTransfer: files, cancelable: true })'


def press(tab: Browser, key: str, **options: Any) -> None:
    """Press a key and release it."""
    letter = {"text": "\r"} if key == "Enter" else {}
    tab.call("Input.dispatchKeyEvent", type="keyDown", key=key, **letter, **options)
    tab.call("Input.dispatchKeyEvent", type="keyUp", key=key, **options)
    tab.wait()


def pointer(tab: Browser, kinds: str, x: float, y: float) -> None:
    """Press, move or release the mouse at a point of the pad, in shares of its side."""
    pad = tab.box("#pad")
    place = {"x": pad["left"] + x * pad["width"], "y": pad["top"] + y * pad["height"]}
    for kind in kinds.split():
        button = {"button": "left", "buttons": 1, "clickCount": 1}
        tab.call("Input.dispatchMouseEvent", type=f"mouse{kind}", **place, **button)


def draw_with_mouse(tab: Browser, strokes: Sequence[Stroke], step: int = 3) -> None:
    """Draw every ``step``-th point of the strokes."""
    for stroke in strokes:
        points = (stroke[::step] / SIDE).tolist()
        pointer(tab, "Pressed", *points[0])
        for point in points[1:]:
            pointer(tab, "Moved", *point)
        pointer(tab, "Released", *points[-1])
    tab.wait()


def give(tab: Browser, event: str, data: bytes, name: str) -> None:
    """Paste or drop a file, and wait until it is opened."""
    tab.run(
        f"""new Promise(done => {{
          const files = new DataTransfer();
          const bytes = new Uint8Array({list(data)});
          files.items.add(new File([bytes], {json.dumps(name)}, {{ type: "image/png" }}));
          const open = openPicture;
          openPicture = list => open(list).finally(() => {{ openPicture = open; done(); }});
          document.dispatchEvent({event});
        }})"""
    )
    tab.wait()


def check_answer_fits(tab: Browser) -> None:
    """Check that the whole probability is within the line of the answer, which hides the rest."""
    for edge in ("bottom", "right"):
        assert tab.box("#probability")[edge] <= tab.box("#answer p")[edge]


def test_page_shows_a_wide_network(tab: Browser, make_page: MakePage) -> None:
    """More values than a function takes as arguments do not stop the page."""
    pairs = pairwise((784, 1, 126_000, 1, 10))
    layers = [Layer(np.full((m, n), 1e-3), np.zeros(n), "relu") for m, n in pairs]
    page = make_page("wide.npz", Network(tuple(layers)))
    tab.show(page)
    tab.run("document.querySelector('.example').click()")
    tab.wait()
    assert tab.run("document.querySelector('#probability').textContent")
    tab.check_quiet(page)


@pytest.fixture
def opened(tab: Browser, drawing_page: Path) -> Iterator[Browser]:
    """Open the page, and check in the end that it made no requests and printed no messages."""
    tab.show(drawing_page)
    yield tab
    tab.check_quiet(drawing_page)


@pytest.mark.parametrize(("width", "dark"), list(product((1280, 390), (False, True))))
def test_page_is_accessible(tab: Browser, drawing_page: Path, width: int, dark: bool) -> None:
    """It is as wide as its window, and axe-core finds nothing, whatever is drawn and chosen."""
    tab.show(drawing_page, width, dark)
    for step in ("0", "document.querySelectorAll('.example')[8].click()", "choose({ l: 0, j: 7 })"):
        tab.run(step)
        tab.wait()
        tab.check_accessible()
        assert tab.width() <= width
    tab.check_quiet(drawing_page)


@pytest.mark.parametrize(
    "window", ["320x568", "568x320", "640x450", "844x390", "390x664", "360x640"]
)
def test_page_fits_small_windows(opened: Browser, window: str) -> None:
    """Nothing is cut off, there is room to scroll, and a phone shows what it needs together."""
    width, height = map(int, window.split("x"))
    opened.resize(width, height)
    opened.click(EXAMPLE)
    assert opened.width() == width
    check_answer_fits(opened)
    for row, number in enumerate((9999.99, 10000)):
        opened.run(f"write(softmaxRows[{row}][1], format({number}, 2))")
    assert opened.run("softmaxRows.flat().every(one => one.scrollWidth <= one.clientWidth)")
    side = opened.box("#pad")["width"]
    assert side < height or side < 0.7 * width
    if window in ("390x664", "360x640"):
        parts = ("#pad", "#undo", EXAMPLE, "#digit")
        bottoms = [opened.box(part)["bottom"] for part in (*parts, "#probability")]
        assert bottoms[:4] == sorted(bottoms[:4])
        assert max(bottoms) <= height


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_first_screen_has_no_large_empty_area(opened: Browser, width: int, height: int) -> None:
    """The largest rectangle of background colour covers less than a quarter of the window."""
    opened.resize(width, height)
    shot = base64.b64decode(opened.call("Page.captureScreenshot", format="png")["data"])
    pixels = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))
    empty = (pixels == pixels[0, 0]).all(2)[: height // 10 * 10, : width // 10 * 10]
    blocks = empty.reshape(height // 10, 10, width // 10, 10).all((1, 3))
    areas = [
        (bottom - top) * max(map(len, bytes(blocks[top:bottom].all(0)).split(b"\0")))
        for top, bottom in combinations(range(len(blocks) + 1), 2)
    ]
    assert 0.02 < max(areas) / blocks.size < 0.25


def test_page_keeps_meaningful_colours_when_colours_are_forced(opened: Browser) -> None:
    """Units and bars keep their colours if the system replaces colours, and on paper."""
    styles = """["#layers .cell", ".bar i", ".answer .share i"].map(one =>
      getComputedStyle(document.querySelector(one)))"""
    opened.click(EXAMPLE, 6)
    before = opened.run(f"{styles}.map(style => style.backgroundColor)")
    forced = {"name": "forced-colors", "value": "active"}
    opened.call("Emulation.setEmulatedMedia", features=[forced])
    assert opened.run("matchMedia('(forced-colors: active)').matches")
    assert opened.run(f"{styles}.map(style => style.backgroundColor)") == before
    assert opened.run(f"{styles}.every(style => style.printColorAdjust === 'exact')")


def test_page_without_scripts_explains_why_it_is_empty(tab: Browser, drawing_page: Path) -> None:
    """It shows a sentence, and no parts that would stay empty."""
    tab.call("Emulation.setScriptExecutionDisabled", value=True)
    tab.show(drawing_page)
    shown = tab.run("document.body.innerText")
    tab.call("Emulation.setScriptExecutionDisabled", value=False)
    assert ("needs JavaScript" in shown, "The answer" in shown) == (True, False)


def test_page_starts_with_an_example(opened: Browser) -> None:
    """All layers show values and can be clicked; the first stroke replaces it until undo."""
    coloured = "cells.slice(0, last).map(layer => new Set(layer.map(cell => cell.colour)).size > 9)"
    assert (opened.text("digit"), opened.run(coloured)) == ("2", [True, True])
    assert "Click or tap any unit" in opened.text("click-hint")
    assert "your first stroke replaces it" in opened.text("hint")
    for _ in range(2):
        draw_with_mouse(opened, DIGITS[3])
        state = "[drawing.base, drawing.strokes.length, $('hint').hidden]"
        assert (opened.run(state), opened.text("digit")) == ([None, 1, True], "3")
        opened.click("#undo")
        assert opened.text("digit") == "2"
    opened.click("#clear")
    assert (opened.text("digit"), opened.text("hint")[:5]) == ("–", "Draw ")
    opened.click(EXAMPLE, 1)
    draw_with_mouse(opened, DIGITS[3])
    assert opened.run("drawing.base.label") == 1


def test_drawing_is_answered(opened: Browser) -> None:
    """The mouse draws, the answer appears, and undo and clear work."""
    draw_with_mouse(opened, DIGITS[3])
    assert opened.text("spoken").startswith("Read as 3, probability 1.00")
    draw_with_mouse(opened, [np.array([[120.0, 112], [120, 112]])])
    assert opened.run("drawing.strokes.length") == 2
    press(opened, "z", modifiers=2)
    assert (opened.run("drawing.strokes.length"), opened.text("digit")) == (1, "3")
    for button, answer in (("#clear", "–"), ("#undo", "3")):
        opened.click(button)
        assert opened.text("digit") == answer


def test_stroke_draws_only_its_own_lines(opened: Browser) -> None:
    """Earlier strokes are not drawn again, and the pad shows what a full redraw would show."""
    draw_with_mouse(opened, DIGITS[8])
    opened.run("const all = readPen.stroke; let lines = 0")
    opened.run("readPen.stroke = () => { lines++; all.call(readPen); }")
    draw_with_mouse(opened, [np.array([[40.0, 60], [70, 50], [90, 80]])], step=1)
    assert opened.run("lines") == 3
    before = opened.run(INK)
    opened.run("redraw()")
    assert (opened.run(INK), opened.run("lines > 20")) == (before, True)


@pytest.mark.parametrize("button", ["#clear", EXAMPLE])
def test_stroke_ends_when_another_drawing_begins(opened: Browser, button: str) -> None:
    """The pad shows what is read although the mouse is still down; undo restores the stroke."""
    pointer(opened, "Pressed", 0.2, 0.2)
    pointer(opened, "Moved", 0.4, 0.4)
    opened.click(button)
    before = opened.run(INK)
    pointer(opened, "Moved Released", 0.8, 0.7)
    opened.wait()
    assert opened.run(INK) == before
    opened.click("#undo")
    assert opened.run("drawing.strokes.map(points => points.length)") == [2]
    pointer(opened, "Pressed Released", 0.5, 0.5)
    assert opened.run("drawing.strokes.length") == 2


def test_stroke_stays_under_the_pointer(opened: Browser) -> None:
    """Scrolling the page or turning the phone during a stroke does not move the ink."""
    pointer(opened, "Pressed", 0.2, 0.2)
    opened.run("scrollTo({ top: 60, behavior: 'instant' })")
    pointer(opened, "Moved", 0.5, 0.5)
    opened.resize(390, 844)
    opened.wait()
    pointer(opened, "Moved Released", 0.5, 0.8)
    points = opened.run("drawing.strokes[0].slice(1).map(({ x, y }) => [x, y])")
    assert np.abs(np.array(points) / SIDE - [[0.5, 0.5], [0.5, 0.8]]).max() < 0.01


def test_finger_draws_without_scrolling(tab: Browser, drawing_page: Path) -> None:
    """On a phone the page stays in place, and a second finger is ignored."""
    tab.show(drawing_page, 390)
    tab.call("Emulation.setTouchEmulationEnabled", enabled=True)
    for kind, y in (("touchStart", 180), ("touchMove", 250), ("touchMove", 380), ("touchEnd", 0)):
        points = [{"x": 200 - y / 20, "y": y}, {"x": 300, "y": 400}] if y else []
        tab.call("Input.dispatchTouchEvent", type=kind, touchPoints=points)
    tab.wait()
    tab.call("Emulation.setTouchEmulationEnabled", enabled=False)
    assert tab.run("[scrollY, drawing.strokes.length, $('digit').textContent]") == [0, 1, "1"]


def test_examples_are_loaded_by_the_keyboard(opened: Browser, digits: Uint8) -> None:
    """Each press loads the next example of the digit, and the network sees its exact pixels."""
    opened.run("document.querySelectorAll('.example')[7].focus()")
    seen = []
    for _ in range(4):
        press(opened, "Enter")
        assert opened.text("digit") == "7"
        seen.append(bytes(opened.run("[...image.pixels]")))
    assert (len(set(seen)), seen[0]) == (3, seen[3])
    assert set(seen) < {image.tobytes() for image in digits}


@pytest.mark.parametrize("event", [PASTE, DROP])
def test_picture_file_is_read_as_predict_reads_it(opened: Browser, event: str) -> None:
    """A photo gets the same answer, and a preprocessed picture is taken unchanged."""
    photo = PHOTO.read_bytes()
    give(opened, event, photo, "photo.jpg")
    assert (opened.text("digit"), opened.text("message")) == ("4", "photo.jpg")
    pixels = read_image(photo).pixels
    give(opened, event, encoded(Image.fromarray(pixels)), "28x28.png")
    assert opened.run("[...image.pixels]") == pixels.reshape(-1).tolist()


def test_picture_opened_last_is_shown(opened: Browser) -> None:
    """A picture that was opened earlier, but takes longer to decode, does not replace it."""
    opened.run(
        f"""(async () => {{
          const photo = name => new File([new Uint8Array({list(PHOTO.read_bytes())})], name);
          let first, decode = createImageBitmap;
          createImageBitmap = file => new Promise(done => {{ first = () => done(decode(file)); }});
          const slow = openPicture([photo("first.jpg")]);
          createImageBitmap = decode;
          await openPicture([photo("last.jpg")]);
          first();
          await slow;
        }})()"""
    )
    assert opened.text("message") == "last.jpg"


def test_unreadable_picture_is_explained(opened: Browser) -> None:
    """A message names the file and the reason; it fits, and belongs to its drawing."""
    name = "<img src=x onerror=document.title='bad'>.png"
    give(opened, DROP, b"no picture", name)
    assert opened.text("message") == f"{name[:23]}…: no picture that this browser can read"
    before = opened.box("#message")
    give(opened, DROP, encoded(Image.new("L", (50, 50), 200)), name)
    blank = opened.text("message")
    assert blank.startswith(f"{name[:23]}…: no digit found")
    assert (opened.box("#message"), opened.text("digit")) == (before, "–")
    assert opened.run("$('message').scrollWidth <= $('message').clientWidth")
    opened.click(EXAMPLE)
    for message in ("", blank, ""):
        assert opened.text("message") == message
        press(opened, "z", modifiers=2)
    assert opened.run("document.images.length") == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_layout_stays_while_drawing(tab: Browser, drawing_page: Path, width: int) -> None:
    """No part moves, from the first page to one answer and to another."""
    parts = "main, section, h2, canvas, table, tr, .cell, .row, footer"
    boxes = f"""[...document.querySelectorAll("{parts}")]
      .map(part => part.getBoundingClientRect()).map(box => [box.left, box.top, box.height])"""
    tab.show(drawing_page, width)
    before = tab.run(boxes)
    assert len(before) > 200
    for digit in (8, 1):
        draw_with_mouse(tab, DIGITS[digit])
        assert tab.run(boxes) == before


def test_unit_shows_its_formula(opened: Browser) -> None:
    """A chosen unit shows its sum, its value and its largest terms, as NumPy computes them."""
    opened.click(EXAMPLE, 6)
    pixels = np.array(opened.run("[...image.pixels]"), np.float32)
    step = trace_network(load_weights("bundled").network, pixels / 255)[1]
    opened.click("#layers section:nth-of-type(2) .cell", 17)
    assert opened.text("unit-title") == "Layer 2, unit 17"
    for value in (step.a[17], step.z[17]):
        assert f"= {value:.4f}" in opened.text("formulas").replace("−", "-")
    products = step.x * step.layer.W[:, 17]
    order = np.argsort(-np.abs(products))[:8]
    rows = opened.run("[...document.querySelectorAll('#terms tr')].map(row => row.innerText)")
    for line, i in zip(rows, order, strict=True):
        assert line.startswith(f"layer 1, unit {i}\t")
        assert line.replace("−", "-").endswith(f"{products[i]:.2f}")
    assert opened.run("links.filter(path => path.getAttribute('d')).length") == 6
    for button, title in (("#terms button", f"Layer 1, unit {order[0]}"), ("#follow", "Class 6")):
        opened.click(button)
        assert opened.text("unit-title") == title
        assert opened.run("$('maps').hidden") is (button == "#follow")


def test_arrow_keys_move_within_a_layer(opened: Browser) -> None:
    """A layer is one stop of the tab key; in it the arrow keys move, and Enter chooses."""
    opened.run("document.querySelector('.cell').focus()")
    for keys, unit in (("ArrowRight ArrowDown ArrowLeft ArrowDown", 10), ("End", 49)):
        for key in (*keys.split(), "Enter"):
            press(opened, key)
        assert opened.text("unit-title") == f"Layer 1, unit {unit}"
    assert opened.run("document.querySelectorAll('#layers [tabindex=\"0\"]').length") == 3


def test_softmax_keeps_the_order_and_needs_the_maximum(opened: Browser) -> None:
    """Labels on both sides have one order; 1000 more on each logit only spoils the plain way."""
    draw_with_mouse(opened, DIGITS[9])
    labels = opened.run("slopes.map(one => one.labels.map(label => label.textContent))")
    names = [left.split()[0] for left, _ in labels]
    assert (names, names[0]) == ([right.split()[-1] for _, right in labels], "9")
    cells = "softmaxRows.map(row => row.map(cell => cell.textContent))"
    before = opened.run(cells)
    assert all(row[2] == row[4] for row in before)
    opened.run("$('shift').value = 1000; $('shift').dispatchEvent(new Event('input'))")
    after = opened.run(cells)
    assert {tuple(row[1:3]) for row in after} == {("∞", "∞/∞")}
    assert [row[3:] for row in after] == [row[3:] for row in before]
    assert "larger than the largest float32" in opened.text("overflow")


def test_many_classes_with_long_names_have_room(tab: Browser, make_page: MakePage) -> None:
    """Their list scrolls by itself, the page ends with its footer, and the answer is not cut."""
    names = tuple(f"a class with number {i}" for i in range(1000))
    network = Network((Layer(np.ones((784, 1000)), np.arange(1000.0), "identity"),))
    path = make_page("w.npz", network, names)
    for width in (1280, 320):
        tab.show(path, width)
        tab.click(EXAMPLE)
        assert tab.text("digit") == names[-1]
        bottom = tab.box("main")["bottom"] + tab.run("scrollY")
        assert tab.run("document.documentElement.scrollHeight") <= math.ceil(bottom)
        check_answer_fits(tab)
    tab.check_quiet(path)


def test_output_that_overflows_is_explained(tab: Browser, make_page: MakePage, run: Run) -> None:
    """The page gives no answer and the same reason as ``predict``; drawing still works."""
    shapes = [(784, 9), *[(9, 9)] * 10, (9, 10)]
    layers = (Layer(np.full(shape, 1e30), np.zeros(shape[1]), "relu") for shape in shapes)
    path = make_page("w.npz", Network(tuple(layers)))
    tab.show(path)
    draw_with_mouse(tab, DIGITS[3])
    why = "the weights are so large that the network's output overflows"
    assert [tab.text(part) for part in ("digit", "warnings", "spoken")] == ["–", why, why]
    assert why in run("predict", PHOTO, "--weights", "w.npz").stderr
    tab.check_quiet(path)


def test_returning_to_the_page_resets_the_slider(opened: Browser) -> None:
    """The browser does not restore the slider beside another number."""
    opened.run("$('shift').value = 500")
    opened.navigate("Page.navigate", url="about:blank")
    before = opened.call("Page.getNavigationHistory")["entries"][-2]
    opened.requests.clear()
    opened.navigate("Page.navigateToHistoryEntry", entryId=before["id"])
    opened.wait()
    assert opened.run("$('shift').value") == opened.text("shift-value") == "0"


def test_names_in_a_weight_file_stay_text(tab: Browser, make_page: MakePage) -> None:
    """Names of classes and of the file are shown as they are, never as markup or script."""
    names = (
        "</script><script>document.title='bad'</script>", "{{script}}", "Stiefelette ü", "x" * 99,
        "<img src=x onerror=\"document.title='bad'\">", "<!--<script>", "'\"&amp;`${1}", "",
    )  # fmt: skip
    network = Network((Layer(np.ones((784, 8)), np.zeros(8), "identity"),))
    path = make_page("<script>alert(1)<!--.npz", network, names)
    tab.show(path, 390)
    assert tab.run("document.title") == "Draw a digit and watch the network"
    shown = tab.run("[...document.querySelectorAll('.row .name')].map(one => one.textContent)")
    assert tuple(shown) == names
    assert ", <script>alert(1)<!--.npz weights" in tab.text("about")
    assert tab.run("[document.images.length, document.scripts.length]") == [0, 2]
    tab.click(EXAMPLE)
    assert (tab.text("digit"), tab.width()) == (names[0], 390)
    tab.check_quiet(path)
