"""``scratchnet eval --report`` on labelled pictures: originals, what was seen, doubts."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.evaluation import result as seen
from scratchnet_cli.reports import gallery as wrong_pictures
from tests.conftest import BUNDLED_WEIGHTS, Run, any_file_name
from tests.pages.html_page import Page
from tests.pages.test_evaluation_page import check_figures


@pytest.fixture
def pictures(tmp_path: Path, digits: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Path:
    """Thirty raw pictures, of which the first four are labelled wrong, and two that are none."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    rows = []
    for i in range(30):
        Image.fromarray(digits[i]).save(folder / f"{i:02}.png")
        rows.append(f"{i:02}.png\t{(labels[i] + (i < 4)) % 10}\n")
    for name in ("<b>.png", "blank.png"):
        (folder / name).write_text("none")
        rows.append(f"{name}\t1\n")
    (folder / "labels.tsv").write_text("".join(rows))
    return folder


@any_file_name
@pytest.mark.parametrize("options", [(), ("--skip-unreadable",)])
def test_each_mistake_is_shown_with_its_original(
    run: Run, pictures: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """Name, original, what the network saw, answer and label; the figures are the JSON's."""
    path = tmp_path / "report.html"
    command = ["eval", *BUNDLED_WEIGHTS, "--dataset", pictures, "--report", path, *options]
    answer = json.loads(run(*command, "--format", "json").stdout)
    page = Page(path.read_text(encoding="utf-8"))
    mistakes = answer["mistakes"]
    assert {f"{i:02}.png" for i in range(4)} <= {Path(m["path"]).name for m in mistakes}
    for mistake in mistakes:
        told = f"{mistake['label']} read as {mistake['prediction']}{mistake['probability']:.4f}"
        assert mistake["path"] + told in page.text
    assert page.all("img", "class").count("original") == len(mistakes)
    assert page.all("img", "class").count("digit") == len(mistakes)
    assert page.all("img", "class").count("small") > len(mistakes)
    assert all(source.startswith("data:image/") for source in page.all("img", "src"))
    reason = "not a picture of a known format (PNG JPEG BMP GIF WEBP TIFF PNM)"
    assert [row[-1] for row in page.table("All of them")] == [reason] * 2
    assert str(pictures / "<b>.png") in page.text
    assert ("They do not count." if options else "They count as wrong.") in page.text
    matrix = [[int(cell or 0) for cell in row[1:]] for row in page.table("Rows")]
    assert matrix == answer["confusion"]
    assert f"{answer['correct']} of {answer['total']}, 2 " in page.text
    assert answer["dataset"]["sha256"] in page.text


def test_the_figures_are_those_of_other_pages(run: Run, pictures: Path, tmp_path: Path) -> None:
    """But for pictures in place of numbers the page is the one of IDX files."""
    lines = (pictures / "labels.tsv").read_text().splitlines(keepends=True)
    (pictures / "labels.tsv").write_text("".join(lines[:30]))
    path = tmp_path / "report.html"
    command = ["eval", *BUNDLED_WEIGHTS, "--dataset", pictures, "--report", path]
    answer = json.loads(run(*command, "--format", "json").stdout)
    page = Page(path.read_text(encoding="utf-8"))
    mistakes, answer["mistakes"] = answer["mistakes"], []
    check_figures(page, answer)
    assert mistakes
    assert "Not read" not in page.text


def test_a_page_is_bounded_and_says_so(
    run: Run, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many mistakes the surest are shown, of many unreadable pictures the first."""
    monkeypatch.setattr(wrong_pictures, "MOST_WRONG", 2)
    monkeypatch.setattr(seen, "MOST_UNREADABLE", 1)
    path = tmp_path / "report.html"
    run("eval", *BUNDLED_WEIGHTS, "--dataset", pictures, "--report", path)
    page = Page(path.read_text(encoding="utf-8"))
    assert re.search(r"The 2 of \d of which the network was most sure\.", page.text)
    assert page.all("img", "class").count("original") == 2
    assert len(page.table("The first 1 of 2")) == 1


def test_doubts_stand_beside_the_mistake(run: Run, tmp_path: Path) -> None:
    """Those of the picture and those of the answer, as ``predict`` names them."""
    folder = tmp_path / "3"
    folder.mkdir()
    scrawl = np.full((60, 60), 255, np.uint8)
    scrawl[20:40:4, 10:50] = scrawl[10:50, 20:40:6] = 0
    Image.fromarray(scrawl).save(folder / "scrawl.png")
    path = tmp_path / "report.html"
    predicted = json.loads(run("predict", *BUNDLED_WEIGHTS, folder, "--format", "json").stdout)
    assert predicted["doubts"]
    run("eval", *BUNDLED_WEIGHTS, "--dataset", tmp_path, "--report", path)
    page = Page(path.read_text(encoding="utf-8"))
    assert f"doubtful: {', '.join(predicted['doubts'])}" in page.text
    assert f"3 read as {predicted['digit']}" in page.text


def test_a_perfect_folder_has_a_page_too(run: Run, pictures: Path, tmp_path: Path) -> None:
    """Where nothing went wrong, the page says so."""
    line = (pictures / "labels.tsv").read_text().splitlines(keepends=True)[5]
    (pictures / "labels.tsv").write_text(line)
    path = tmp_path / "report.html"
    assert run("eval", *BUNDLED_WEIGHTS, "--dataset", pictures, "--report", path).exit_code == 0
    assert "No picture was read wrong." in path.read_text(encoding="utf-8")
