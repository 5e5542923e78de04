"""Drawing on the page in a real browser: what one sees and can do, and what never happens."""

import json
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.catalog import load_weights
from scratchnet_cli.images.read import read_image
from scratchnet_cli.network.layers import Layer, Network
from scratchnet_cli.network.trace import trace_network
from scratchnet_cli.weights.write import write_weights
from tests.conftest import Run, encoded
from tests.pages.browser import Browser
from tests.pages.drawings import SIDE, Stroke, drawings

ROOT = Path(__file__).parents[2]
# Two frames later all that an event brought about is on the screen.
SHOWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
POINTS = 30
# Whether all of the probability stands within the line of the answer, which cuts off what does not.
INSIDE = """(([inner, outer]) => inner.bottom <= outer.bottom && inner.right <= outer.right)(
  ["#probability", "#answer p"].map(one => document.querySelector(one).getBoundingClientRect()))"""
MESSAGE = "document.getElementById('message')"
AXE = "axe.run().then(found => found.violations.map(one => `${one.id}: ${one.nodes[0].html}`))"


def text(tab: Browser, name: str) -> str:
    """What stands in the element of that name."""
    return str(tab.run(f"document.getElementById({name!r}).textContent"))


def press(tab: Browser, key: str, **how: Any) -> None:
    """Press a key and let it go."""
    for kind in ("keyDown", "keyUp"):
        letter = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
        tab.call("Input.dispatchKeyEvent", type=kind, key=key, **letter, **how)


def mouse(tab: Browser, strokes: Sequence[Stroke], step: int = 3) -> None:
    """Draw strokes with the mouse."""
    box = "document.getElementById('pad').getBoundingClientRect()"
    left, top, width = tab.run(f"(box => [box.left, box.top, box.width])({box})")
    for stroke in strokes:
        places = [(left + x * width / SIDE, top + y * width / SIDE) for x, y in stroke[::step]]
        kinds = ["mousePressed", *["mouseMoved"] * (len(places) - 1), "mouseReleased"]
        for kind, (x, y) in zip(kinds, [*places, places[-1]], strict=True):
            tab.call(
                "Input.dispatchMouseEvent",
                type=kind, x=x, y=y, button="left", buttons=1, clickCount=1,
            )  # fmt: skip
    tab.run(SHOWN)


def digit(wanted: int) -> list[Stroke]:
    """The strokes of a digit."""
    return next(strokes for shown, strokes in drawings(10, seed=3) if shown == wanted)


def busy_s(tab: Browser) -> float:
    """How many seconds of the processor the page has taken."""
    metrics = tab.call("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


def give(tab: Browser, event: str, data: bytes, name: str) -> None:
    """Paste or drop a file."""
    made = {
        "paste": 'new ClipboardEvent("paste", { clipboardData: held })',
        "drop": 'new DragEvent("drop", { dataTransfer: held, cancelable: true })',
    }[event]
    tab.run(
        f"""(() => {{
          const held = new DataTransfer();
          const bytes = new Uint8Array({list(data)});
          held.items.add(new File([bytes], {json.dumps(name)}, {{ type: "image/png" }}));
          document.dispatchEvent({made});
        }})()"""
    )
    # A picture is decoded in the background.
    tab.run("new Promise(done => setTimeout(done, 150))")
    tab.run(SHOWN)


@pytest.fixture
def opened(tab: Browser, drawing_page: Path) -> Iterator[Browser]:
    """The page, of which nothing was asked and no complaint was heard when all is done."""
    tab.show(drawing_page)
    yield tab
    assert [url for url in tab.requested if not url.startswith("data:")] == [drawing_page.as_uri()]
    assert tab.complaints == []


@pytest.mark.parametrize(
    ("width", "dark"),
    [
        (1280, False),
        (390, True),
        pytest.param(1280, True, marks=pytest.mark.slow),
        pytest.param(390, False, marks=pytest.mark.slow),
    ],
)
def test_everybody_can_use_it(tab: Browser, drawing_page: Path, width: int, dark: bool) -> None:
    """It is as wide as its window, and axe-core finds nothing, whatever is drawn and chosen."""
    axe = pytest.importorskip("axe_core_python")
    script = resources.files(axe).joinpath("axe.min.js").read_text(encoding="utf-8")
    tab.show(drawing_page, width, dark)
    tab.run(f"{script}; 0")
    for step in ("0", "document.querySelectorAll('.example')[8].click()", "choose({ l: 0, j: 7 })"):
        tab.run(step)
        tab.run(SHOWN)
        assert tab.run(AXE) == []
        assert tab.run("document.documentElement.scrollWidth") <= width
    assert tab.requested == [drawing_page.as_uri()]
    assert tab.complaints == []


def test_a_drawing_fits_any_window(opened: Browser) -> None:
    """In a small window nothing is cut off, and beside a sheet as high as it one can scroll."""
    for width, height in ((320, 568), (568, 320), (640, 450), (844, 390)):
        opened.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        opened.run("document.querySelector('.example').click()")
        opened.run(SHOWN)
        assert opened.run("document.documentElement.scrollWidth") == width
        assert opened.run(INSIDE)
        opened.run("write(softmaxRows[0][1], number(9999.99, 2))")
        opened.run("write(softmaxRows[1][1], number(10000, 2))")
        assert opened.run("softmaxRows.flat().every(one => one.scrollWidth <= one.clientWidth)")
        side = opened.run("document.getElementById('pad').clientWidth")
        assert side < height or side < 0.7 * width


@pytest.mark.parametrize(("width", "height"), [(390, 664), (360, 640)])
def test_a_telephone_shows_sheet_and_answer_at_once(
    opened: Browser, width: int, height: int
) -> None:
    """Who draws need not scroll to see the answer, nor to take a stroke back."""
    opened.call(
        "Emulation.setDeviceMetricsOverride",
        width=width, height=height, deviceScaleFactor=1, mobile=False,
    )  # fmt: skip
    opened.run("document.querySelector('.example').click()")
    opened.run(SHOWN)
    for part in ("pad", "undo", "digit", "probability"):
        box = f"document.getElementById('{part}').getBoundingClientRect()"
        assert opened.run(f"{box}.bottom") <= height


def test_colours_that_are_numbers_outlast_forced_ones(opened: Browser) -> None:
    """Where the system gives the colours, and on paper, the units and the bars keep theirs."""
    styles = """["#layers .cell", ".bar i", ".answer .share i"].map(one =>
      getComputedStyle(document.querySelector(one)))"""
    colours = f"{styles}.map(style => style.backgroundColor)"
    opened.run("document.querySelectorAll('.example')[6].click()")
    opened.run(SHOWN)
    before = opened.run(colours)
    opened.call(
        "Emulation.setEmulatedMedia", features=[{"name": "forced-colors", "value": "active"}]
    )
    assert opened.run("matchMedia('(forced-colors: active)').matches")
    assert opened.run(colours) == before
    assert opened.run(f"{styles}.every(style => style.printColorAdjust === 'exact')")


def test_without_its_script_the_page_says_so(tab: Browser, drawing_page: Path) -> None:
    """And it shows no parts that would stay empty."""
    tab.call("Emulation.setScriptExecutionDisabled", value=True)
    tab.show(drawing_page)
    shown = tab.run("document.body.innerText")
    tab.call("Emulation.setScriptExecutionDisabled", value=False)
    assert "is a script: allow it to run" in shown
    assert "The answer" not in shown


def test_a_drawing_is_answered(opened: Browser) -> None:
    """The mouse draws; the answer comes while it does; undo and clear take it back."""
    mouse(opened, digit(3))
    assert text(opened, "digit") == "3"
    assert text(opened, "spoken").startswith("Read as 3, probability 1.00")
    mouse(opened, [np.array([[120.0, 112], [120, 112]])])
    opened.run(SHOWN)
    assert opened.run("drawing.strokes.length") == 2
    press(opened, "z", modifiers=2)
    opened.run(SHOWN)
    assert opened.run("drawing.strokes.length") == 1
    assert text(opened, "digit") == "3"
    opened.run("document.getElementById('clear').click()")
    opened.run(SHOWN)
    assert text(opened, "digit") == "–"
    opened.run("document.getElementById('undo').click()")
    opened.run(SHOWN)
    assert text(opened, "digit") == "3"


def pointer(tab: Browser, kind: str, x: float, y: float) -> None:
    """Move the mouse to a place on the sheet, in shares of its side, with its button held."""
    box = "document.getElementById('pad').getBoundingClientRect()"
    left, top, side = tab.run(f"(box => [box.left, box.top, box.width])({box})")
    tab.call(
        "Input.dispatchMouseEvent",
        type=kind, x=left + x * side, y=top + y * side, button="left", buttons=1, clickCount=1,
    )  # fmt: skip


def test_a_stroke_costs_nothing_of_those_before_it(opened: Browser) -> None:
    """Only its own lines are drawn, and the sheet shows what it would if all were drawn anew."""
    ink = "JSON.stringify([...sheet.getImageData(0, 0, PAPER, PAPER).data])"
    mouse(opened, digit(8))
    opened.run("const all = sheet.stroke; let lines = 0")
    opened.run("sheet.stroke = () => { lines++; all.call(sheet); }")
    mouse(opened, [np.array([[40.0, 60], [70, 50], [90, 80]])], step=1)
    assert opened.run("lines") == 3
    before = opened.run(ink)
    opened.run("redraw()")
    assert opened.run(ink) == before
    assert opened.run("lines") > 20


@pytest.mark.parametrize("button", ["#clear", ".example"])
def test_a_stroke_ends_where_another_drawing_begins(opened: Browser, button: str) -> None:
    """What the sheet shows is what is read, though the pen is still down; undo brings all back."""
    ink = "JSON.stringify([...sheet.getImageData(0, 0, PAPER, PAPER).data])"
    pointer(opened, "mousePressed", 0.2, 0.2)
    pointer(opened, "mouseMoved", 0.4, 0.4)
    opened.run(f"document.querySelector('{button}').click()")
    before = opened.run(ink)
    pointer(opened, "mouseMoved", 0.8, 0.7)
    pointer(opened, "mouseReleased", 0.8, 0.7)
    opened.run(SHOWN)
    assert opened.run(ink) == before
    opened.run("document.getElementById('undo').click()")
    assert opened.run("drawing.strokes.map(points => points.length)") == [2]
    pointer(opened, "mousePressed", 0.5, 0.5)
    pointer(opened, "mouseReleased", 0.5, 0.5)
    assert opened.run("drawing.strokes.length") == 2


def test_the_ink_stays_under_the_pen(opened: Browser) -> None:
    """Also where the page is scrolled, or the telephone turned, in the middle of a stroke."""
    pointer(opened, "mousePressed", 0.2, 0.2)
    opened.run("scrollTo({ top: 60, behavior: 'instant' })")
    pointer(opened, "mouseMoved", 0.5, 0.5)
    opened.call(
        "Emulation.setDeviceMetricsOverride",
        width=390, height=844, deviceScaleFactor=1, mobile=False,
    )  # fmt: skip
    opened.run(SHOWN)
    pointer(opened, "mouseMoved", 0.5, 0.8)
    pointer(opened, "mouseReleased", 0.5, 0.8)
    points = opened.run("drawing.strokes[0].slice(1).map(({ x, y }) => [x / PAPER, y / PAPER])")
    assert np.abs(np.array(points) - [[0.5, 0.5], [0.5, 0.8]]).max() < 0.01


def test_a_finger_draws_too(tab: Browser, drawing_page: Path) -> None:
    """On a telephone the page does not scroll under the finger, and a second one is ignored."""
    tab.show(drawing_page, 390)
    tab.call("Emulation.setTouchEmulationEnabled", enabled=True)
    for kind, y in (("touchStart", 180), ("touchMove", 250), ("touchMove", 380), ("touchEnd", 0)):
        points = [{"x": 200 - y / 20, "y": y}, {"x": 300, "y": 400}] if y else []
        tab.call("Input.dispatchTouchEvent", type=kind, touchPoints=points)
    tab.run(SHOWN)
    tab.call("Emulation.setTouchEmulationEnabled", enabled=False)
    assert text(tab, "digit") == "1"
    assert tab.run("[scrollY, drawing.strokes.length]") == [0, 1]


def test_examples_need_no_hand(opened: Browser, digits: NDArray[np.uint8]) -> None:
    """The keyboard loads them, one after the other; the network sees each byte for byte."""
    opened.run("document.querySelectorAll('.example')[7].focus()")
    seen = []
    for _ in range(4):
        press(opened, "Enter")
        opened.run(SHOWN)
        assert text(opened, "digit") == "7"
        seen.append(bytes(opened.run("[...seen.pixels]")))
    assert len(set(seen)) == 3
    assert seen[0] == seen[3]
    assert set(seen) < {image.tobytes() for image in digits}


@pytest.mark.parametrize("event", ["paste", "drop"])
def test_a_picture_file_is_read(opened: Browser, event: str) -> None:
    """A photo gets predict's answer, and what the program saved of it is taken as it is."""
    photo = (ROOT / ".github" / "assets" / "photo.jpg").read_bytes()
    give(opened, event, photo, "photo.jpg")
    assert (text(opened, "digit"), text(opened, "message")) == ("4", "photo.jpg")
    pixels = read_image(photo).pixels
    give(opened, event, encoded(Image.fromarray(pixels)), "28x28.png")
    assert opened.run("[...seen.pixels]") == pixels.reshape(-1).tolist()


def test_of_two_pictures_the_last_is_read(opened: Browser) -> None:
    """Also where the browser takes longer for the first."""
    data = list((ROOT / ".github" / "assets" / "photo.jpg").read_bytes())
    opened.run(
        f"""(async () => {{
          const decode = createImageBitmap;
          const photo = name => new File([new Uint8Array({data})], name);
          let first;
          createImageBitmap = file => new Promise(done => {{ first = () => done(decode(file)); }});
          const slow = openPicture([photo("first.jpg")]);
          createImageBitmap = decode;
          await openPicture([photo("last.jpg")]);
          first();
          await slow;
        }})()"""
    )
    assert text(opened, "message") == "last.jpg"


def test_what_is_no_picture_is_told(opened: Browser) -> None:
    """A file without a picture, or without a digit, is a sentence that can be read to its end, as
    long as that drawing is there; its name stays text.
    """
    name = "<img src=x onerror=document.title='bad'>.png"
    give(opened, "drop", b"no picture", name)
    shown = f"{name[:23]}…"
    assert text(opened, "message") == f"{shown}: no picture that this browser can read"
    before = opened.run(f"{MESSAGE}.getBoundingClientRect().height")
    give(opened, "drop", encoded(Image.new("L", (50, 50), 200)), name)
    blank = text(opened, "message")
    assert blank.startswith(f"{shown}: blank, or nothing")
    assert opened.run(f"{MESSAGE}.getBoundingClientRect().height") == before
    assert opened.run(f"{MESSAGE}.scrollWidth <= {MESSAGE}.clientWidth")
    assert text(opened, "digit") == "–"
    opened.run("document.querySelector('.example').click()")
    assert text(opened, "message") == ""
    for message in (blank, ""):
        press(opened, "z", modifiers=2)
        assert text(opened, "message") == message
    assert opened.run("document.images.length") == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_moves_while_drawing(tab: Browser, drawing_page: Path, width: int) -> None:
    """From the empty page to an answer, and to another one, no part of it changes its place."""
    parts = "main, section, h2, canvas, table, tr, .cell, .row, footer"
    places = f"""[...document.querySelectorAll("{parts}")]
      .map(part => part.getBoundingClientRect()).map(box => [box.left, box.top, box.height])"""
    tab.show(drawing_page, width)
    before = tab.run(places)
    assert len(before) > 200
    for shown in (8, 1):
        mouse(tab, digit(shown))
        assert tab.run(places) == before


def test_a_point_is_shown_within_8_ms(opened: Browser) -> None:
    """A point of a stroke, all that follows from it and the layout, on average and in time of the
    processor, for others may use it; the first round is for the compiler.
    """
    script = f"""(() => {{
      begin({{ x: 60, y: 120, width: BRUSH }});
      for (let i = 0; i < {POINTS}; i++) {{
        extend({{ x: 60 + 3 * i, y: 120 + 20 * Math.sin(i / 3), width: BRUSH }});
        update();
        document.body.offsetHeight;
      }}
      finish();
    }})()"""
    mouse(opened, digit(2))
    opened.call("Performance.enable", timeDomain="threadTicks")
    rounds = []
    for _ in range(4):
        start = busy_s(opened)
        opened.run(script)
        rounds.append((busy_s(opened) - start) / POINTS)
    opened.call("Performance.disable")
    assert min(rounds[1:]) < 0.008


def test_a_unit_shows_its_formula(opened: Browser) -> None:
    """A click on a unit tells its sum, its value and what feeds it most, as NumPy computes them."""
    opened.run("document.querySelectorAll('.example')[6].click()")
    opened.run(SHOWN)
    pixels = np.array(opened.run("[...seen.pixels]"), np.float32)
    steps = trace_network(load_weights("bundled")[0], pixels / 255)
    opened.run(
        "document.querySelectorAll('#layers section')[1].querySelectorAll('.cell')[17].click()"
    )
    assert text(opened, "unit-title") == "Layer 2, unit 17"
    shown = text(opened, "formulas").replace("−", "-")
    assert f"= {steps[1].a[17]:.4f}" in shown
    assert f"= {steps[1].z[17]:.4f}" in shown
    products = steps[1].x * steps[1].layer.W[:, 17]
    order = np.argsort(-np.abs(products))[:8]
    feeders = opened.run("[...document.querySelectorAll('#feeders tr')].map(r => r.innerText)")
    for line, i in zip(feeders, order, strict=True):
        assert line.startswith(f"layer 1, unit {i}\t")
        assert line.replace("−", "-").endswith(f"{products[i]:.2f}")
    assert opened.run("[...links.map(path => path.getAttribute('d'))].filter(Boolean).length") == 6
    opened.run("document.querySelector('#feeders button').click()")
    assert text(opened, "unit-title") == f"Layer 1, unit {order[0]}"
    assert opened.run("document.getElementById('maps').hidden") is False
    opened.run("document.getElementById('follow').click()")
    assert text(opened, "unit-title") == "Class 6"


def test_arrow_keys_go_through_a_layer(opened: Browser) -> None:
    """A layer is one stop of the tab key; within it the arrows move, and Enter chooses."""
    opened.run("document.querySelector('.cell').focus()")
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowDown", "Enter"):
        press(opened, key)
    assert text(opened, "unit-title") == "Layer 1, unit 10"
    press(opened, "End")
    press(opened, "Enter")
    assert text(opened, "unit-title") == "Layer 1, unit 49"
    stops = opened.run("document.querySelectorAll('#layers [tabindex=\"0\"]').length")
    assert stops == 3


def test_softmax_keeps_the_order_and_needs_the_maximum(opened: Browser) -> None:
    """The labels on both sides have one order; 1000 more on each logit spoils only the left way."""
    mouse(opened, digit(9))
    left, right = (
        opened.run(f"slopes.map(one => one.labels[{side}].textContent)") for side in (0, 1)
    )
    assert [label.split()[0] for label in left] == [label.split()[-1] for label in right]
    assert left[0].startswith("9 ")
    before = opened.run("softmaxRows.map(row => row.map(cell => cell.textContent))")
    assert [row[2] for row in before] == [row[4] for row in before]
    opened.run(
        "(slider => { slider.value = 1000; slider.dispatchEvent(new Event('input')); })"
        "(document.getElementById('shift'))"
    )
    after = opened.run("softmaxRows.map(row => row.map(cell => cell.textContent))")
    assert {row[1] for row in after} == {"∞"}
    assert {row[2] for row in after} == {"∞/∞"}
    assert [row[3:] for row in after] == [row[3:] for row in before]
    assert "more than float32 can hold" in text(opened, "overflow")


def test_many_classes_with_long_names_have_room(tab: Browser, run: Run, tmp_path: Path) -> None:
    """Their list is scrolled for itself, the page ends with its footer, no answer is cut off."""
    weights, path = tmp_path / "many.npz", tmp_path / "draw.html"
    names = tuple(f"a class with number {i}" for i in range(1000))
    network = Network((Layer(np.ones((784, 1000)), np.arange(1000.0), "identity"),))
    weights.write_bytes(write_weights(network, ".npz", names))
    assert run("draw", "--weights", weights, "--output", path).exit_code == 0
    for width in (1280, 320):
        tab.show(path, width)
        tab.run("document.querySelector('.example').click()")
        tab.run(SHOWN)
        assert text(tab, "digit") == names[-1]
        main = "document.querySelector('main').getBoundingClientRect().bottom + scrollY"
        assert tab.run("document.documentElement.scrollHeight") <= tab.run(f"Math.ceil({main})")
        assert tab.run(INSIDE)
    assert tab.complaints == []


def test_an_output_that_overflows_is_told(tab: Browser, run: Run, tmp_path: Path) -> None:
    """As predict does, the page gives no answer then, and says why; drawing goes on."""
    weights, path = tmp_path / "large.npz", tmp_path / "draw.html"
    shapes = [(784, 9), *[(9, 9)] * 10, (9, 10)]
    layers = (Layer(np.full(shape, 1e30), np.zeros(shape[1]), "relu") for shape in shapes)
    weights.write_bytes(write_weights(Network(tuple(layers)), ".npz"))
    assert run("draw", "--weights", weights, "--output", path).exit_code == 0
    tab.show(path)
    mouse(tab, digit(3))
    why = "the weights are so large that the network's output overflows"
    assert (text(tab, "digit"), text(tab, "doubts"), text(tab, "spoken")) == ("–", why, why)
    photo = ROOT / ".github" / "assets" / "photo.jpg"
    assert why in run("predict", photo, "--weights", weights).stderr
    assert tab.complaints == []


def test_who_returns_finds_an_empty_page(tab: Browser, drawing_page: Path) -> None:
    """The browser, which brings back what was entered, sets no slider beside another number."""
    tab.show(drawing_page)
    tab.run("document.getElementById('shift').value = 500")
    tab.leave_and_return()
    tab.run(SHOWN)
    assert tab.run("document.getElementById('shift').value") == "0"
    assert text(tab, "shift-value") == "0"


def test_names_in_a_weight_file_stay_text(tab: Browser, run: Run, tmp_path: Path) -> None:
    """Whatever a class or the file is called is shown as it is, neither as markup nor as script."""
    names = (
        "</script><script>document.title='bad'</script>",
        "<img src=x onerror=\"document.title='bad'\">",
        "<!--<script>",
        "{{script}}",
        "'\"&amp;`${1}",
        "Stiefelette ü",
        "x" * 99,
        "",
    )
    network = Network((Layer(np.ones((784, 8)), np.zeros(8), "identity"),))
    weights = tmp_path / "<script>alert(1)<!--.npz"
    weights.write_bytes(write_weights(network, ".npz", names))
    path = tmp_path / "draw.html"
    assert run("draw", "--weights", weights, "--output", path).exit_code == 0
    tab.show(path, 390)
    assert tab.run("document.title") == "Draw a digit and watch the network"
    shown = tab.run("[...document.querySelectorAll('.row .name')].map(one => one.textContent)")
    assert tuple(shown) == names
    assert "the <script>alert(1)<!--.npz weights" in text(tab, "about")
    assert tab.run("document.images.length") == 0
    assert tab.run("document.scripts.length") == 2
    tab.run("document.querySelector('.example').click()")
    tab.run(SHOWN)
    assert text(tab, "digit") == names[0]
    assert tab.run("document.documentElement.scrollWidth") <= 390
    assert tab.complaints == []


def test_the_policy_stops_what_slipped_in(tab: Browser, drawing_page: Path) -> None:
    """Had a script, a handler or a request got into the page, the browser would refuse it."""
    spoil = (
        "<script>document.title='bad'</script><p onclick=\"document.title='bad'\" id='spoilt'>x</p>"
        "<img src='https://example.org/x.png' alt=''>"
    )
    html = drawing_page.read_text(encoding="utf-8")
    drawing_page.write_text(html.replace("</main>", f"{spoil}</main>"), encoding="utf-8")
    tab.show(drawing_page)
    tab.run("document.getElementById('spoilt').click()")
    assert tab.run("fetch('https://example.org').then(() => 'sent', () => 'refused')") == "refused"
    assert tab.run("document.title") != "bad"
    assert len(tab.complaints) >= 4
    assert all("Content Security Policy" in complaint for complaint in tab.complaints)
