"""``scratchnet eval --report``: the report agrees with the JSON, and shows the mistakes."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image

from scratchnet_cli.images.load import KNOWN_FORMATS
from scratchnet_cli.reports import gallery
from tests.conftest import BUNDLED, BUNDLED_WEIGHTS, Run, Uint8, any_file_name, write_dataset
from tests.reports.html_page import Page

TIDY = shutil.which("tidy")


def make_report(run: Run, *args: str | Path) -> tuple[Page, dict[str, Any]]:
    """Return the report and the JSON of the same run."""
    result = run("eval", *args, "--report", "report.html", "--format", "json", "--quiet")
    return Page(Path("report.html").read_text(encoding="utf-8")), json.loads(result.stdout)


def check_figures(page: Page, answer: dict[str, Any]) -> None:
    """Check every figure of the report against the JSON."""
    for text in (
        "accuracy{accuracy:.4f}", "{correct:,} of {total:,}", "calibration error{ece:.4f}",
        "{interval[low]:.4f} – {interval[high]:.4f}", "{versions[numpy]}",
        "{weights[sha256]}", "{dataset[sha256]}",
    ):  # fmt: skip
        assert text.format(**answer) in page.text
    matrix = [[int(cell or 0) for cell in row[1:]] for row in page.table("Rows")]
    assert matrix == answer["confusion"]
    line = "{class} {total:,} {correct:,} {precision:.4f} {recall:.4f} {f1:.4f}"
    lines = [line.format(**score).split() for score in answer["per_class"]]
    assert page.table("Every class") == lines
    cells = np.argwhere(np.array(matrix) * (1 - np.eye(len(matrix), dtype=int))).tolist()
    confused = sorted(((t, y, matrix[t][y]) for t, y in cells), key=lambda cell: -cell[2])
    table = page.table(f"The most frequent confusions, of {len(cells)}")
    assert table == [[*map(str, cell)] for cell in confused[:10]]
    for row, part in zip(page.table("By stated"), answer["reliability"], strict=True):
        means = (part["probability"], part["accuracy"])
        texts = ["–" if mean is None else f"{mean:.4f}" for mean in means]
        assert row == [f"{part['low']:.1f} – {part['high']:.1f}", f"{part['count']:,}", *texts]


def test_report_has_the_figures_of_the_json(run: Run) -> None:
    """Accuracy, interval, matrix, classes, calibration and mistakes are the same in both."""
    page, answer = make_report(run, *BUNDLED)
    check_figures(page, answer)
    # The weights of 50 units, ten in a row of 28 pixels each and gaps of 2.
    assert "298" in page.all("img", "width")
    assert len(page.all("img", "alt")) == len(page.all("img", "src")) > 50
    assert "The weights of 50 units, on one scale. Ink" in page.text
    text = "{label} read as {prediction}image {index} · {probability:.4f}"
    assert all(text.format(**mistake) in page.text for mistake in answer["mistakes"])


def test_report_of_mnist_shows_all_mistakes(run: Run, real_data: Path) -> None:
    """All 648 mistakes are shown, and the report is smaller than 2 MB."""
    with patch.dict(os.environ, SCRATCHNET_MIRROR=str(real_data)):
        page, answer = make_report(run)
    check_figures(page, answer)
    assert "0.9302 – 0.9399" in page.text
    assert Path("report.html").stat().st_size < 2_000_000
    assert page.all("img", "class").count("small") == 648 + 10 * 10


def test_matrix_links_to_images_and_shades_confusions(run: Run) -> None:
    """The contents list the sections; each cell with a count links to its images, shaded by it."""
    page, answer = make_report(run, *BUNDLED)
    links, anchors, sections = page.all("a", "href"), page.all("*", "id"), page.all("section", "id")
    assert links[: len(sections)] == [f"#{anchor}" for anchor in sections]
    assert sections[-2:] == ["pictures", "run"]
    assert len(anchors) == len(set(anchors))
    assert {link.removeprefix("#") for link in links} <= set(anchors)
    counts = np.array(answer["confusion"])
    assert len(links) - len(sections) == np.count_nonzero(counts)
    for label, prediction in np.argwhere(counts == 1).tolist():
        assert re.search(f"{label} read as {prediction} 1 image(?!s)", page.text)
    assert re.search(r"0 read as 0 10 of \d+ with the lowest probability", page.text)
    shades = np.array([shade for shade in page.all("td", "class") if shade != "correct"])
    confused = counts[~np.eye(10, dtype=bool)]
    assert {*shades} <= {f"h{shade}" for shade in range(7)}
    assert ((shades == "h6") == (confused == confused.max())).all()
    assert ((shades == "h0") == (confused == 0)).all()


def test_report_of_many_mistakes_is_bounded(run: Run) -> None:
    """It shows some of thousands of mistakes, and how many there are."""
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (10_000, 28, 28), np.uint8)
    folder = write_dataset(Path("noise"), images, np.arange(10_000).astype(np.uint8) % 10)
    np.savez("w.npz", W1=rng.normal(size=(784, 10)), b1=np.zeros(10))
    page, answer = make_report(run, "--weights", "w.npz", "--dataset", folder)
    assert Path("report.html").stat().st_size < 2_400_000
    assert answer["correct"] < 2000
    assert re.search(r"\d+ of \d+ with the highest probability", page.text)


def test_report_without_mistakes_says_so(run: Run, labels: Uint8) -> None:
    """It also shows classes without images."""
    page, answer = make_report(run, *BUNDLED, "--limit", "1")
    assert answer["accuracy"] == 1
    assert "No image was read wrong." in page.text
    expected = [[str(label), *"00–––"] for label in range(10)]
    expected[labels[0]][1:] = ["1", "1", *["1.0000"] * 3]
    assert page.table("Every class") == expected


def test_report_of_many_classes_has_no_matrix(run: Run) -> None:
    """Images of 3x5 pixels in 41 classes: no matrix of 1,681 cells, but everything else."""
    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (200, 3, 5), np.uint8)
    folder = write_dataset(Path("small"), images, np.arange(200, dtype=np.uint8) % 41)
    first, second = rng.normal(size=(15, 120)), rng.normal(size=(120, 41))
    np.savez("w.npz", W1=first, b1=np.zeros(120), W2=second, b2=np.zeros(41))
    page, _ = make_report(run, "--weights", "w.npz", "--dataset", folder)
    assert "41 classes are too many for a matrix here" in page.text
    assert "The weights of 100 of 120 units, on one scale. Ink" in page.text
    assert (len(page.table("Every class")), "shown-" in str(page.elements)) == (41, False)
    # Only the reliability diagram: mistakes have no bars for so many classes.
    assert page.all("svg", "class") == ["reliability"]


@any_file_name
def test_folder_named_like_a_script_stays_text(run: Run, digits: Uint8, labels: Uint8) -> None:
    """Its name is shown as it is, and makes no element."""
    folder = write_dataset(Path("<script>alert(1)<!--\"'&\n\x1b"), digits[:20], labels[:20])
    page, _ = make_report(run, *BUNDLED_WEIGHTS, "--dataset", folder)
    assert "<script>alert(1)<!--\"'&\\n\\x1b" in page.text
    assert "script" not in {tag for tag, _ in page.elements}


@pytest.mark.skipif(TIDY is None, reason="tidy is not installed")
def test_report_is_valid_html(run: Run) -> None:
    """The program tidy reports neither errors nor warnings."""
    make_report(run, *BUNDLED)
    command = [str(TIDY), "-q", "-e", "report.html"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.fixture
def pictures(tmp_path: Path, digits: Uint8, labels: Uint8) -> Path:
    """Thirty readable pictures, the first four with a wrong label, and two unreadable ones."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    rows = [f"{i:02}.png\t{(labels[i] + (i < 4)) % 10}\n" for i in range(30)]
    for i in range(30):
        Image.fromarray(digits[i]).save(folder / f"{i:02}.png")
    for name in ("<b>.png", "blank.png"):
        (folder / name).write_text("none")
    (folder / "labels.tsv").write_text("".join([*rows, "<b>.png\t1\n", "blank.png\t1\n"]))
    return folder


@any_file_name
@pytest.mark.parametrize("options", [[], ["--skip-unreadable"]])
def test_picture_report_shows_failures(run: Run, pictures: Path, options: list[str]) -> None:
    """Each mistake with its path, original and image; each unreadable picture with the reason."""
    page, answer = make_report(run, *BUNDLED_WEIGHTS, "--dataset", pictures, *options)
    mistakes = answer["mistakes"]
    assert {f"{i:02}.png" for i in range(4)} <= {Path(m["path"]).name for m in mistakes}
    text = "{path}{label} read as {prediction}{probability:.4f}"
    assert all(text.format(**mistake) in page.text for mistake in mistakes)
    classes = page.all("img", "class")
    assert classes.count("original") == classes.count("digit") == len(mistakes)
    assert classes.count("small") > len(mistakes)
    assert all(source.startswith("data:image/") for source in page.all("img", "src"))
    reason = f"not a picture of a known format ({KNOWN_FORMATS}); export it as PNG"
    paths = [str(pictures / name) for name in ("<b>.png", "blank.png")]
    assert page.table("All of them") == [[path, reason] for path in paths]
    assert ("They do not count." if options else "They count as wrong.") in page.text
    assert f"{answer['correct']} of {answer['total']}, 2 " in page.text


def test_picture_report_has_the_figures_of_the_json(run: Run, pictures: Path) -> None:
    """Pictures are named by their files; all figures are those of other datasets."""
    lines = (pictures / "labels.tsv").read_text().splitlines(keepends=True)
    (pictures / "labels.tsv").write_text("".join(lines[:30]))
    page, answer = make_report(run, *BUNDLED_WEIGHTS, "--dataset", pictures)
    check_figures(page, answer)
    assert answer["mistakes"]
    assert ("29.png" in page.text, "Not read" in page.text) == (True, False)
    (pictures / "labels.tsv").write_text(lines[5])
    page, _ = make_report(run, *BUNDLED_WEIGHTS, "--dataset", pictures)
    assert "No picture was read wrong." in page.text


@patch.object(gallery, "MAX_PICTURE_MISTAKES", 2)
@patch("scratchnet_cli.evaluation.pictures.MAX_FAILURES", 1)
def test_picture_report_is_bounded(run: Run, pictures: Path) -> None:
    """The mistakes with the highest probability are shown, and the first failures."""
    options = ("--dataset", pictures, "--skip-unreadable")
    page, _ = make_report(run, *BUNDLED_WEIGHTS, *options)
    assert re.search(r"The 2 of \d with the highest probability\.", page.text)
    assert page.all("img", "class").count("original") == 2
    assert len(page.table("The first 1 of 2")) == 1


def test_picture_report_shows_warnings(run: Run) -> None:
    """They are those of ``predict``: of the image, and of the probabilities."""
    Path("3").mkdir()
    scrawl = np.full((60, 60), 255, np.uint8)
    scrawl[20:40:4, 10:50] = scrawl[10:50, 20:40:6] = 0
    Image.fromarray(scrawl).save("3/scrawl.png")
    answer = json.loads(run("predict", "3", "--format", "json").stdout)
    page, _ = make_report(run, *BUNDLED_WEIGHTS, "--dataset", ".")
    assert answer["doubts"]
    assert f"warning: {', '.join(answer['doubts'])}" in page.text
    assert f"3 read as {answer['digit']}" in page.text
