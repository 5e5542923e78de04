"""``scratchnet predict --report``: the pictures, those with warnings first."""

import base64
import io
import json
import os
import re
import sys
import threading
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images import load
from scratchnet_cli.images.digit_image import DigitImage, Place
from scratchnet_cli.prediction.answers import Answer, Digit, Number, Unreadable
from scratchnet_cli.reports import articles, prediction_report
from scratchnet_cli.reports.articles import overlay
from scratchnet_cli.reports.data_uris import thumbnail
from scratchnet_cli.reports.html import breakable, join, tag
from scratchnet_cli.reports.prediction_report import PredictionPage
from scratchnet_cli.system.origin import Origin
from tests.benchmarks.numbers import KINDS, Writer
from tests.conftest import Run, Uint8, encoded
from tests.reports.html_page import Page

HEADING = re.compile("<h3>(.*?)</h3>")
ORIGIN = Origin("bundled", "somewhere", "0" * 64)
# Windows does not allow such names; there it is text that only looks like HTML.
HOSTILE = "&lt;script&gt;'&.png" if sys.platform == "win32" else "<script>alert(1)<!--'&.png"


def test_text_is_escaped() -> None:
    """Content, attributes and joined parts: only what is ``Html`` is taken as it is."""
    inner = tag("b", "<i>&")
    assert inner == "<b>&lt;i&gt;&amp;</b>"
    outer = f'<p title="&quot;&#x27;&lt;\\x1b&gt;">{inner}&lt;u&gt;</p>'
    assert tag("p", inner, "<u>", title="\"'<\x1b>") == outer
    assert breakable("/<a>/b_c-d.e\\f.png") == "/&lt;a&gt;/b_<wbr>c-<wbr>d.e\\<wbr>f.png"
    assert join(str(inner), inner) == f"&lt;b&gt;&amp;lt;i&amp;gt;&amp;amp;&lt;/b&gt;{inner}"


def digit(probability: float, *warnings: str, place: Place | None = None) -> Digit:
    """Return a seven with this probability, or else a one."""
    y = np.array([0, 1 - probability, 0, 0, 0, 0, 0, probability, 0, 0])
    return Digit(DigitImage(np.zeros((28, 28), np.uint8), warnings, place), y, 7, probability)


@pytest.fixture
def pictures(tmp_path: Path, digits: Uint8) -> list[Path]:
    """Four readable pictures, one of them with a name that is a script."""
    paths = [tmp_path / name for name in ("a.png", "b.jpg", "c.gif", HOSTILE)]
    for path, pixels in zip(paths, digits[:4], strict=True):
        Image.fromarray(255 - pixels).resize((140, 140)).save(path)
    return paths


def make_report(run: Run, *args: str | Path, stdin: bytes = b"") -> tuple[Page, list[Any]]:
    """Return the report and the JSON of the same run."""
    options = ("--format", "json", "--report", "report.html")
    answers = run("predict", *options, *args, stdin=stdin).stdout.splitlines()
    return Page(Path("report.html").read_text(encoding="utf-8")), [*map(json.loads, answers)]


def test_report_shows_each_picture(run: Run, pictures: list[Path]) -> None:
    """Path, thumbnail, 28x28 image and answer of each; a path that is a script stays text."""
    Path("bad&lt;b.png").write_text("no picture")
    page, (*answers, unreadable) = make_report(run, *pictures, "bad&lt;b.png")
    assert [answer["path"] for answer in answers] == list(map(str, pictures))
    for answer in answers:
        assert f"{answer['path']}{answer['digit']}{answer['probability']:.4f}" in page.text
        ranked = sorted(enumerate(answer["probabilities"]), key=lambda pair: -pair[1])[:3]
        spoken = ", ".join(f"{label} {probability:.4f}" for label, probability in ranked)
        assert f"Probabilities: {spoken}" in page.all("svg", "aria-label")
    assert sorted(page.all("img", "class")) == ["digit"] * 4 + ["original"] * 4
    assert sorted(page.all("img", "width")) == ["28"] * 4 + ["96"] * 4
    assert page.table("All of them") == [[*unreadable.values()]]
    assert {"script", "b"}.isdisjoint(tag for tag, _ in page.elements)


def test_report_begins_with_uncertain_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers with warnings come first, then by rising probability, up to the maximum."""
    monkeypatch.setattr(prediction_report, "MAX_ANSWERS", 3)
    report = PredictionPage()
    for name, probability in (("sure", 0.99), ("unsure", 0.85), ("poor", 0.5), ("fair", 0.9)):
        report.add(Answer(name, [digit(probability)]))
    report.add(Answer("faint", [digit(0.9, "low contrast")]))
    html = report.to_html(ORIGIN)
    assert HEADING.findall(html) == ["poor", "faint", "unsure"]
    text = Page(html).text
    assert "3 of 5 pictures, those with a warning first, then the least certain." in text
    assert "answered5with a warning2not read0" in text
    assert text.count("warning: low contrast") == text.count("warning: low probability") == 1


def test_report_of_thousands_is_bounded() -> None:
    """It shows the first of 5,000 answers and of 5,000 failures, and how many there are."""
    report = PredictionPage()
    for i in range(5000):
        report.add(Answer(f"{i:04}.png", [digit(0.9)]))
        report.add(Unreadable(f"bad-{i}.png", "no picture"))
    page = report.to_html(ORIGIN)
    assert HEADING.findall(page) == [f"{i:04}.png" for i in range(200)]
    for text in ("200 of 5,000 pictures", "The first 100 of 5,000"):
        assert text in page
    assert len(page) < 2_000_000


@pytest.mark.parametrize(("cards", "shown"), [(40, 40), (41, 12)])
def test_report_collapses_many_cards(cards: int, shown: int) -> None:
    """Of more than 40 cards the first 12 are shown, and the others by a click."""
    report = PredictionPage()
    for i in range(cards):
        report.add(Answer(f"{i}.png", [digit(0.9)]))
    first, _, rest = report.to_html(ORIGIN).partition("<details><summary>Show 29 more</summary>")
    assert (first.count("<article"), rest.count("<article")) == (shown, cards - shown)


def test_report_marks_uncertain_numbers() -> None:
    """A question mark and a box of another kind show which of two numbers to check."""
    numbers = [
        Number([digit(0.99, place=Place((0, 0, 20, 30)))]),
        Number([digit(0.6, place=Place((80, 0, 100, 30), number=2))]),
    ]
    page = Page(overlay(numbers, (100, 50), 0.5))
    assert page.all("rect", "class") == ["one", "all", "one", "all uncertain"]
    assert page.all("svg", "aria-label") == ["Found, row 1: 7; row 1: 7?"]


@pytest.mark.parametrize(
    ("top", "bottom", "drop", "y", "size"),
    # Half as high as the digits, above them, also if they stand aslant; the largest and the
    # smallest; one below; as the room is.
    [
        (100, 120, 0, 49.0, 5.0),
        (90, 110, 10, 44.0, 5.0),
        (100, 180, 0, 48.8, 6.2),
        (100, 104, 0, 49.7, 1.7),
        (6, 30, 0, 20.4, 6.0),
        (8, 116, 0, 3.2, 4.0),
    ],
)
def test_report_writes_numbers_at_boxes(
    top: int, bottom: int, drop: int, y: float, size: float
) -> None:
    """The letters are above the box, or below it if there is no room; their size is limited."""
    places = Place((20, top, 40, bottom)), Place((40, top + drop, 60, bottom + drop))
    number = Number([digit(0.99, place=place) for place in places])
    page = Page(overlay([number], (100, 60), 0.5))
    (text,) = (attributes for name, attributes in page.elements if name == "text")
    assert text == {"x": "10.0", "y": f"{y}", "font-size": f"{size}"}
    tops, heights = (top, top + drop, top), (bottom - top, bottom - top, bottom + drop - top)
    assert page.all("rect", "y") == [f"{side / 2:.1f}" for side in tops]
    assert page.all("rect", "height") == [f"{side / 2:.1f}" for side in heights]


@pytest.mark.parametrize(("count", "class_"), [(1, "narrow"), (2, "full"), (30, "full")])
def test_report_cuts_long_numbers(count: int, class_: str) -> None:
    """Several digits take the whole width; of 30, the 12 least certain are shown."""
    report = PredictionPage()
    report.add(Answer("number.png", [digit(0.9 + i / 1000) for i in reversed(range(count))]))
    page = Page(report.to_html(ORIGIN))
    assert page.all("article", "class") == [class_]
    assert page.all("img", "class").count("digit") == min(count, 12)
    assert ("12 of 30 digits" in page.text) is (count == 30)
    spoken = [label for label in page.all("svg", "aria-label") if label.startswith("Prob")]
    expected = range(12) if count == 30 else reversed(range(count))
    assert [label[:23] for label in spoken] == [
        f"Probabilities: 7 {0.9 + i / 1000:.4f}" for i in expected
    ]


def test_report_draws_numbers_at_their_places(run: Run, digits: Uint8) -> None:
    """With --multiple each number has its box over the picture, and is read to screen readers."""
    pixels = np.full((900, 1500), 255, np.uint8)
    for i, y, x in ((7, 80, 100), (3, 560, 900)):
        pixels[y : y + 280, x : x + 280] -= np.kron(digits[i], np.ones((10, 10), np.uint8))
    Image.fromarray(pixels).save("two.png")
    page, (answer,) = make_report(run, "--multiple", "two.png")
    first, second = answer["numbers"]
    labels = [label.replace("?", "") for label in page.all("svg", "aria-label")]
    assert f"Found, row 1: {first['number']}; row 2: {second['number']}" in labels
    boxes = [
        [float(box[key]) for key in ("x", "y", "width", "height")]
        for name, box in page.elements
        if name == "rect" and box["class"].startswith("all")
    ]
    expected = np.array([first["box"], second["box"]]) * 1024 / 1500
    expected[:, 2:] -= expected[:, :2]
    assert np.array(boxes) == pytest.approx(expected, abs=0.2)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_report_shows_a_turned_page_as_it_was_read(
    run: Run, digits: Uint8, labels: Uint8, turns: int
) -> None:
    """Its picture, boxes and numbers are those of the upright page, which are not uncertain."""
    data, _ = Writer(digits, labels, KINDS["rows of two numbers"], 1).picture()
    pixels = np.asarray(Image.open(io.BytesIO(data)))
    images, marks = [], []
    for quarters in (0, turns):
        Image.fromarray(np.rot90(pixels, -quarters)).save("page.png")
        page, _ = make_report(run, "--multiple", "page.png")
        (source,) = (img["src"] for _, img in page.elements if img.get("class") == "original")
        jpeg = base64.b64decode(source.removeprefix("data:image/jpeg;base64,"))
        images.append(np.asarray(Image.open(io.BytesIO(jpeg)), np.float32))
        marks.append([mark for mark in page.elements if mark[0] in ("rect", "text")])
    assert marks[0] == marks[1]
    assert np.abs(images[0] - images[1]).max() < 32


def test_report_without_a_second_look_has_no_thumbnail(run: Run, pictures: list[Path]) -> None:
    """Standard input and a deleted picture are shown only as the network saw them."""
    page = make_report(run, "-", stdin=pictures[0].read_bytes())[0]
    assert page.all("img", "class") == ["digit"]
    with patch.object(articles, "read_bytes", side_effect=ImageError("No such file")):
        assert make_report(run, pictures[0])[0].all("img", "class") == ["digit"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_report_reads_a_named_pipe_once(run_process: Run, pictures: list[Path]) -> None:
    """The run ends: it does not wait for more content."""
    os.mkfifo("pipe")
    writer = threading.Thread(target=Path("pipe").write_bytes, args=(pictures[0].read_bytes(),))
    writer.start()
    result = run_process("predict", "--report", "report.html", "pipe")
    writer.join(10)
    assert result.exit_code == 0


def test_report_of_no_pictures_says_so(run: Run) -> None:
    """An empty list gives a report."""
    Path("list").touch()
    assert "0 pictures, bundled weights" in make_report(run, "--files-from", "list")[0].text


@pytest.mark.parametrize(
    ("mode", "colour", "grey"),
    [
        ("1", 1, 255), ("L", 100, 100), ("LA", (0, 0), 255), ("P", 0, 0), ("I;16", 40_000, 156),
        ("RGB", (100,) * 3, 100), ("RGBA", (0,) * 4, 255), ("CMYK", (0, 0, 0, 255), 0),
        ("F", 100, 100),
    ],
)  # fmt: skip
def test_thumbnail_is_made_of_any_mode(mode: str, colour: Any, grey: int) -> None:
    """Its longer side is as long as asked for, transparent is white, and its scale is known."""
    uri, *rest = thumbnail(encoded(Image.new(mode, (300, 150), colour), "TIFF"), 96)
    assert rest == [96, 48, 96 / 300]
    jpeg = base64.b64decode(uri.removeprefix("data:image/jpeg;base64,"))
    pixels = np.asarray(Image.open(io.BytesIO(jpeg)).convert("L"))
    assert np.abs(pixels.astype(int) - grey).max() <= 2
    assert thumbnail(encoded(Image.new(mode, (30, 15), colour), "TIFF"), 96)[1:] == (30, 15, 1)


def test_thumbnail_is_upright() -> None:
    """A photo that was stored on its side is turned, and the scale is that of its width."""
    image = Image.new("L", (300, 150))
    image.getexif()[0x0112] = 6
    data = encoded(image, "JPEG", exif=image.getexif())
    assert thumbnail(data, 100)[1:] == (50, 100, 50 / 150)
    assert thumbnail(data, 100, turns=1)[1:] == (100, 50, 100 / 300)


@pytest.mark.parametrize("kind", ["damaged", "unknown format", "too large"])
def test_thumbnail_has_the_limits_of_reading(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is none of a picture that cannot be read."""
    data = encoded(Image.new("L", (300, 150)), "ICO" if kind == "unknown format" else "PNG")
    if kind == "too large":
        monkeypatch.setattr(load, "MAX_PIXELS", 1000)
    with pytest.raises(ImageError):
        thumbnail(data[:60] if kind == "damaged" else data, 96)
