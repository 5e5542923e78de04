"""``scratchnet predict --report``: a page of the pictures, the doubtful first."""

import io
import json
import os
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images import load as limits
from scratchnet_cli.images.digit_image import DigitImage, Place
from scratchnet_cli.prediction.answers import Answer, Digit, Number, Unreadable
from scratchnet_cli.reports import prediction_report as sheet
from scratchnet_cli.reports.data_uris import thumbnail
from scratchnet_cli.reports.html import joined, tag
from scratchnet_cli.reports.overlay import overlay
from scratchnet_cli.reports.prediction_report import PredictionPage
from scratchnet_cli.system.origin import Origin
from tests.conftest import BUNDLED_WEIGHTS as BUNDLED
from tests.conftest import Run
from tests.pages.html_page import Page

BLANK = np.zeros((28, 28), np.uint8)
ORIGIN = Origin("bundled", "somewhere", "0" * 64)
# Windows has no such names; there it is text that must not be taken for what it looks like.
EVIL = "&lt;script&gt;'&.png" if sys.platform == "win32" else "<script>alert(1)<!--'&.png"


def test_text_is_escaped_where_it_is_put_in() -> None:
    """Content, attributes and parts that were joined: only what was made here is HTML."""
    inner = tag("b", "<i>&")
    assert inner == "<b>&lt;i&gt;&amp;</b>"
    assert tag("p", inner, "<u>", title="\"'<\x1b>") == (
        f'<p title="&quot;&#x27;&lt;\\x1b&gt;">{inner}&lt;u&gt;</p>'
    )
    assert joined(str(inner), inner) == f"&lt;b&gt;&amp;lt;i&amp;gt;&amp;amp;&lt;/b&gt;{inner}"


def digit(probability: float, *doubts: str) -> Digit:
    """A seven, with that probability of at least a half, or else a one."""
    probabilities = np.zeros(10)
    probabilities[[7, 1]] = probability, 1 - probability
    return Digit(DigitImage(BLANK, doubts), probabilities, 7, probability)


def headings(page: str) -> list[str]:
    """The names of the pictures on a sheet, in their order."""
    return [part.partition("</h3>")[0] for part in page.split("<h3>")[1:]]


@pytest.fixture
def pictures(tmp_path: Path, digits: NDArray[np.uint8]) -> list[Path]:
    """Four readable pictures, one of them with a name that is a script."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    paths = [folder / name for name in ("a.png", "b.jpg", "c.gif", EVIL)]
    for path, pixels in zip(paths, digits[:4], strict=True):
        Image.fromarray(255 - pixels).resize((140, 140)).save(path)
    return paths


def test_every_input_is_on_the_sheet(run: Run, pictures: list[Path], tmp_path: Path) -> None:
    """Each picture with its name, thumbnail, the 28x28, and the answer that the JSON gives."""
    path = tmp_path / "sheet.html"
    bad = tmp_path / "bad&lt;b.png"
    bad.write_text("no picture")
    result = run("predict", *BUNDLED, "--format", "json", "--report", path, *pictures, bad)
    assert result.exit_code == 3
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    page = Page(path.read_text(encoding="utf-8"))
    for answer in answers:
        assert f"{answer['path']}{answer['digit']}{answer['probability']:.4f}" in page.text
        ranked = sorted(enumerate(answer["probabilities"]), key=lambda pair: -pair[1])[:3]
        spoken = ", ".join(f"{label} {probability:.4f}" for label, probability in ranked)
        assert f"Probabilities: {spoken}" in page.all("svg", "aria-label")
    assert page.all("img", "class").count("original") == 4
    assert page.all("img", "class").count("digit") == 4
    assert page.table("All of them") == [[str(bad), result.stderr.split(": ")[2].strip()]]


def test_a_picture_named_like_a_script_is_text(
    run: Run, pictures: list[Path], tmp_path: Path
) -> None:
    """Its name stands on the page as it is, and no element comes of it."""
    path = tmp_path / "sheet.html"
    assert run("predict", *BUNDLED, "--report", path, *pictures).exit_code == 0
    page = Page(path.read_text(encoding="utf-8"))
    assert EVIL in page.text
    assert {"script", "b"}.isdisjoint(tag for tag, _ in page.elements)


def test_the_doubtful_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has doubts stands before what has none, each by rising probability; the cap is said."""
    monkeypatch.setattr(sheet, "MOST_ANSWERS", 3)
    collected = PredictionPage()
    for name, probability, doubts in (
        ("sure", 0.99, ()),
        ("faint", 0.9, ("low contrast",)),
        ("unsure", 0.85, ()),
        ("poor", 0.5, ()),
        ("fair", 0.9, ()),
    ):
        collected.add(Answer(name, [digit(probability, *doubts)]))
    page = collected.page(ORIGIN)
    assert headings(page) == ["poor", "faint", "unsure"]
    assert "The 3 of 5 that need a look most" in page
    assert "doubtful: low contrast" in page
    assert Page(page).text.count("doubtful: low probability") == 1


def test_thousands_leave_a_page_of_bounded_size() -> None:
    """Of 5,000 answers and 5,000 failures the page shows some of each, and says of how many."""
    collected = PredictionPage()
    for i in range(5000):
        collected.add(Answer(f"{i:04}.png", [digit(0.9)]))
        collected.add(Unreadable(f"bad-{i}.png", "no picture"))
    page = collected.page(ORIGIN)
    assert headings(page) == [f"{i:04}.png" for i in range(sheet.MOST_ANSWERS)]
    assert f"The {sheet.MOST_ANSWERS} of 5,000" in page
    assert f"The first {sheet.MOST_UNREADABLE} of 5,000" in page
    assert len(page) < 2_000_000


def test_a_doubtful_number_is_marked_where_it_stands() -> None:
    """A question mark and a box of its own kind tell at which of two numbers to look."""
    places = Place((0, 0, 20, 30)), Place((80, 0, 100, 30), number=2)
    numbers = [
        Number([replace(digit(probability), picture=DigitImage(BLANK, place=place))])
        for probability, place in zip((0.99, 0.6), places, strict=True)
    ]
    page = Page(overlay("data:,", (100, 50), numbers, 1.0))
    assert page.all("rect", "class") == ["one", "all", "one", "all doubtful"]
    assert page.all("svg", "aria-label") == ["Found, row 1: 7; row 1: 7?"]


def test_a_long_number_is_cut_and_said() -> None:
    """Of a number of 30 digits the first are shown, and how many more there are."""
    collected = PredictionPage()
    collected.add(Answer("number.png", [digit(0.9)] * 30))
    page = Page(collected.page(ORIGIN))
    assert page.all("img", "class").count("digit") == sheet.MOST_DIGITS
    assert f"and {30 - sheet.MOST_DIGITS} more digits" in page.text


def test_numbers_are_drawn_where_they_stand(
    run: Run, tmp_path: Path, digits: NDArray[np.uint8]
) -> None:
    """With --multiple each number and each digit has its box over the picture, and is told."""
    sheet_of_two = np.full((900, 1500), 255, np.uint8)
    for place, pixels in (
        (np.s_[80:360, 100:380], digits[7]),
        (np.s_[560:840, 900:1180], digits[3]),
    ):
        sheet_of_two[place] = 255 - np.kron(pixels, np.ones((10, 10), np.uint8))
    picture, path = tmp_path / "two.png", tmp_path / "sheet.html"
    Image.fromarray(sheet_of_two).save(picture)
    options = ("--multiple", "--format", "json", "--report", path)
    answer = json.loads(run("predict", *BUNDLED, *options, picture).stdout)
    page = Page(path.read_text(encoding="utf-8"))
    first, second = (number["number"] for number in answer["numbers"])
    told = [label.replace("?", "") for label in page.all("svg", "aria-label")]
    assert f"Found, row 1: {first}; row 2: {second}" in told
    drawn = [attributes for name, attributes in page.elements if name == "rect"]
    boxes = [
        [float(rect["x"]), float(rect["y"]), float(rect["width"]), float(rect["height"])]
        for rect in drawn
        if rect["class"].startswith("all")
    ]
    scale = sheet.OVERLAY / 1500
    for (x, y, width, height), number in zip(boxes, answer["numbers"], strict=True):
        left, top, right, bottom = (scale * side for side in number["box"])
        assert [x, y, x + width, y + height] == pytest.approx([left, top, right, bottom], abs=0.2)


def test_standard_input_has_no_thumbnail(run: Run, pictures: list[Path], tmp_path: Path) -> None:
    """What cannot be read a second time is shown as the network saw it, without the original."""
    path = tmp_path / "sheet.html"
    run("predict", *BUNDLED, "--report", path, "-", stdin=pictures[0].read_bytes())
    page = Page(path.read_text(encoding="utf-8"))
    assert page.all("img", "class") == ["digit"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_named_pipe_is_read_once(run_process: Run, pictures: list[Path], tmp_path: Path) -> None:
    """A pipe has no second content to wait for: the run ends."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(pictures[0].read_bytes(),))
    writer.start()
    result = run_process("predict", *BUNDLED, "--report", tmp_path / "sheet.html", pipe)
    writer.join(10)
    assert result.exit_code == 0


def test_an_empty_run_has_a_page(run: Run, tmp_path: Path) -> None:
    """No picture in the list: a page that says so."""
    listed = tmp_path / "list"
    listed.touch()
    path = tmp_path / "sheet.html"
    assert run("predict", *BUNDLED, "--files-from", listed, "--report", path).exit_code == 0
    assert "0 pictures, bundled weights" in Page(path.read_text(encoding="utf-8")).text


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"])
def test_a_thumbnail_of_any_mode(mode: str, tmp_path: Path) -> None:
    """Pictures of every kind of colour become a thumbnail no larger than asked for."""
    path = tmp_path / "picture.tif"
    Image.new(mode, (300, 150)).save(path)
    assert thumbnail(path.read_bytes(), 96)[1:] == (96, 48)


@pytest.mark.parametrize("kind", ["damaged", "of no known format", "too large"])
def test_no_thumbnail_is_made_of_what_is_not_read(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thumbnail has the limits that reading has: of formats, damage and size."""
    file = io.BytesIO()
    Image.new("L", (300, 150)).save(file, "ICO" if kind == "of no known format" else "PNG")
    data = file.getvalue()[:60] if kind == "damaged" else file.getvalue()
    if kind == "too large":
        monkeypatch.setattr(limits, "MAX_PIXELS", 1000)
    with pytest.raises(ImageError):
        thumbnail(data, 96)


def test_a_picture_that_is_gone_again_has_no_thumbnail(
    run: Run, pictures: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page does without a picture that cannot be read a second time."""

    def gone(_: str) -> bytes:
        raise ImageError("No such file or directory")

    monkeypatch.setattr(sheet, "read_bytes", gone)
    path = tmp_path / "sheet.html"
    assert run("predict", *BUNDLED, "--report", path, pictures[0]).exit_code == 0
    assert Page(path.read_text(encoding="utf-8")).all("img", "class") == ["digit"]


def test_quiet_leaves_answers_and_errors(run: Run, pictures: list[Path], tmp_path: Path) -> None:
    """-q drops what is only remarked, and keeps what decides the exit code."""
    cut = tmp_path / "cut.png"
    pixels = np.full((100, 80), 255, np.uint8)
    pixels[:50, 30:44] = 0
    Image.fromarray(pixels).save(cut)
    loud = run("predict", *BUNDLED, pictures[0], cut)
    quiet = run("predict", *BUNDLED, pictures[0], cut, "--quiet")
    assert quiet.stdout == loud.stdout
    assert "cut by the edge" in loud.stderr
    assert (quiet.exit_code, quiet.stderr) == (0, "")
    failed = run("predict", *BUNDLED, "-q", tmp_path / "missing.png")
    assert failed.exit_code == 3
    assert "missing.png" in failed.stderr
    assert run("predict", "-q", pictures[0]).stderr == ""
