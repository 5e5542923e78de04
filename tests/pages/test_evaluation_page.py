"""``scratchnet eval --report``: the page says what the JSON says, and nothing gets in or out."""

import json
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.conftest import BUNDLED, Run, any_file_name, write_dataset
from tests.pages.html_page import Page

TIDY = shutil.which("tidy")


OLD = '<!DOCTYPE html>\n<meta name="generator" content="scratchnet">old'


def reported(run: Run, path: Path, *args: str | Path) -> tuple[Page, dict[str, Any]]:
    """The page and the JSON of one and the same run."""
    result = run("eval", *args, "--report", path, "--format", "json", "--quiet")
    assert (result.exit_code, result.stderr) == (0, "")
    return Page(path.read_text(encoding="utf-8")), json.loads(result.stdout)


def check_figures(page: Page, answer: dict[str, Any]) -> None:
    """Hold every figure of the page to the JSON's."""
    interval = answer["interval"]
    for figure in (
        f"accuracy{answer['accuracy']:.4f}",
        f"{answer['correct']:,} of {answer['total']:,}",
        f"{interval['low']:.4f} – {interval['high']:.4f}",
        f"calibration error{answer['ece']:.4f}",
        answer["weights"]["sha256"],
        answer["dataset"]["sha256"],
        answer["versions"]["numpy"],
    ):
        assert figure in page.text
    matrix = [[int(cell or 0) for cell in row[1:]] for row in page.table("Rows")]
    assert matrix == answer["confusion"]
    assert sum(map(sum, matrix)) == answer["total"]
    assert page.table("Every class") == [
        [
            str(score["class"]),
            f"{score['total']:,}",
            f"{score['correct']:,}",
            *(f"{score[name]:.4f}" for name in ("precision", "recall", "f1")),
        ]
        for score in answer["per_class"]
    ]
    confused = [
        (-count, label, prediction)
        for label, row in enumerate(matrix)
        for prediction, count in enumerate(row)
        if count and label != prediction
    ]
    assert page.table(f"The most frequent confusions, of {len(confused)}") == [
        [str(label), str(prediction), str(-count)]
        for count, label, prediction in sorted(confused)[:10]
    ]
    shares = ("probability", "accuracy")
    assert [row[1:] for row in page.table("By stated probability")] == [
        [f"{part['count']:,}", *("–" if part[s] is None else f"{part[s]:.4f}" for s in shares)]
        for part in answer["reliability"]
    ]
    for mistake in answer["mistakes"]:
        assert (
            f"{mistake['label']} read as {mistake['prediction']}"
            f"image {mistake['index']} · {mistake['probability']:.4f}"
        ) in page.text


def test_the_page_s_figures_are_the_json_s(run: Run, tmp_path: Path) -> None:
    """Accuracy, interval, matrix, classes, calibration and mistakes are the same in both."""
    check_figures(*reported(run, tmp_path / "report.html", *BUNDLED))


def test_the_page_on_the_real_set(
    run: Run, real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On MNIST the figures agree, all 648 mistakes are shown, and the page is under 2 MB."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(real_data))
    path = tmp_path / "report.html"
    page, answer = reported(run, path)
    check_figures(page, answer)
    assert "0.9302 – 0.9399" in page.text
    assert path.stat().st_size < 2_000_000
    assert page.all("img", "class").count("small") == 648 + 10 * 10


def test_cells_lead_to_their_pictures(run: Run, tmp_path: Path) -> None:
    """Every cell that counts something is a link, and each link's goal is on the page, once."""
    page, answer = reported(run, tmp_path / "report.html", *BUNDLED)
    links = page.all("a", "href")
    anchors = page.all("*", "id")
    assert len(anchors) == len(set(anchors))
    assert {link.removeprefix("#") for link in links} <= set(anchors)
    assert len(links) == sum(count > 0 for row in answer["confusion"] for count in row)


def test_the_most_frequent_confusion_is_the_darkest(run: Run, tmp_path: Path) -> None:
    """Six shades, of which the last is that of the largest number off the diagonal."""
    page, answer = reported(run, tmp_path / "report.html", *BUNDLED)
    shades = [shade for shade in page.all("td", "class") if shade != "hit"]
    counts = [n for i, row in enumerate(answer["confusion"]) for j, n in enumerate(row) if i != j]
    assert set(shades) <= {f"h{shade}" for shade in range(7)}
    assert [shade == "h6" for shade in shades] == [count == max(counts) for count in counts]
    assert [shade == "h0" for shade in shades] == [count == 0 for count in counts]


def test_nothing_is_loaded_from_elsewhere(run: Run, tmp_path: Path) -> None:
    """All pictures are in the page, there is no script, and the policy forbids the rest."""
    page, _ = reported(run, tmp_path / "report.html", *BUNDLED)
    assert all(source.startswith("data:image/png;base64,") for source in page.all("img", "src"))
    assert page.all("img", "alt") != []
    (policy,) = (p for p in page.all("meta", "content") if p.startswith("default-src 'none'"))
    assert "script-src" not in policy
    assert {name for name, _ in page.elements}.isdisjoint({"script", "link", "iframe", "object"})
    assert not any(key in held for _, held in page.elements for key in ("style", "onclick"))


def test_a_network_that_errs_everywhere_still_fits(run: Run, tmp_path: Path) -> None:
    """Of thousands of mistakes so many are shown as keep the page small, and it says how many."""
    noise = np.random.default_rng(7).integers(0, 256, (10_000, 28, 28)).astype(np.uint8)
    classes = np.arange(10_000).astype(np.uint8) % 10
    rng = np.random.default_rng(1)
    weights = tmp_path / "random.npz"
    np.savez(weights, W1=rng.normal(size=(784, 10)).astype(np.float32), b1=np.zeros(10, np.float32))
    path = tmp_path / "report.html"
    folder = write_dataset(tmp_path / "noise", noise, classes)
    page, answer = reported(run, path, "--weights", weights, "--dataset", folder)
    assert path.stat().st_size < 2_400_000
    assert answer["correct"] < 2000
    assert re.search(r"the surest \d+ of \d+", page.text)


def test_a_perfect_network_has_a_page_too(
    run: Run, tmp_path: Path, labels: NDArray[np.uint8]
) -> None:
    """No mistakes, one image, classes without any: the page says so."""
    page, answer = reported(run, tmp_path / "report.html", *BUNDLED, "--limit", "1")
    assert answer["accuracy"] == 1
    assert "No image was read wrong." in page.text
    assert page.table("Every class") == [
        [str(label), "1", "1", *["1.0000"] * 3] if label == labels[0] else
        [str(label), "0", "0", *["–"] * 3]
        for label in range(10)
    ]  # fmt: skip


def test_other_shapes_and_many_classes(run: Run, tmp_path: Path) -> None:
    """Images of 3x5 pixels in 50 classes: no matrix of 2,500 cells, but all the rest."""
    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (200, 3, 5)).astype(np.uint8)
    folder = write_dataset(tmp_path / "small", images, np.arange(200, dtype=np.uint8) % 50)
    weights = tmp_path / "w.npz"
    np.savez(weights, W1=rng.normal(size=(15, 50)), b1=np.zeros(50))
    page, _ = reported(run, tmp_path / "report.html", "--weights", weights, "--dataset", folder)
    assert "50 classes are too many for a matrix here" in page.text
    assert len(page.table("Every class")) == 50
    assert page.all("a", "href") == []


@any_file_name
def test_names_from_outside_are_text(
    run: Run, tmp_path: Path, digits: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> None:
    """A dataset in a folder named like a script is named on the page, and runs nothing."""
    name = "<script>alert(1)<!--\"'&\n\x1b"
    folder = write_dataset(tmp_path / name, digits[:20], labels[:20])
    page, _ = reported(run, tmp_path / "r.html", "--weights", "bundled", "--dataset", folder)
    assert "<script>alert(1)<!--\"'&\\n\\x1b" in page.text
    assert "script" not in {tag for tag, _ in page.elements}


def test_the_report_is_an_ordinary_file(run: Run, tmp_path: Path) -> None:
    """It has the permissions of any new file, replaces an older one, and leaves nothing beside."""
    umask = os.umask(0o022)
    os.umask(umask)
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / "report.html"
    path.write_text(OLD)
    reported(run, path, *BUNDLED, "--limit", "5")
    assert not path.read_text(encoding="utf-8").endswith("old")
    assert list(folder.iterdir()) == [path]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


@pytest.mark.skipif(os.name != "posix", reason="symbolic links")
def test_a_link_stays_a_link(run: Run, tmp_path: Path) -> None:
    """What a symbolic link leads to is written."""
    link, goal = tmp_path / "link.html", tmp_path / "goal.html"
    link.symlink_to(goal)
    reported(run, link, *BUNDLED, "--limit", "5")
    assert link.is_symlink()
    assert goal.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("command", ["eval", "predict"])
@pytest.mark.parametrize("place", ["missing/report.html", "", "x" * 300, "file/report.html", "/"])
def test_a_report_that_cannot_be_written_is_told_before_the_work(
    run: Run, tmp_path: Path, command: str, place: str
) -> None:
    """A missing folder, a folder itself, an impossible name: exit 3, one message, no answer."""
    (tmp_path / "file").touch()
    picture = [tmp_path / "none.png"] if command == "predict" else ["--dataset", "sample"]
    result = run(command, *picture, "--weights", "bundled", "--report", tmp_path / place)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("scratchnet: --report ")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no devices in /dev")
def test_a_device_is_not_replaced(run: Run) -> None:
    """/dev/null is no place for a report, and is still a device afterwards."""
    result = run("eval", *BUNDLED, "--report", "/dev/null")
    assert result.exit_code == 3
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="no descriptors in /dev")
def test_a_pipe_is_no_place_for_a_page(run: Run) -> None:
    """/dev/stdout, which leads to one, is refused as what it is: no file."""
    ends = os.pipe()
    result = run("eval", *BUNDLED, "--report", f"/dev/fd/{ends[1]}")
    for end in ends:
        os.close(end)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "is no file" in result.stderr


def test_a_failed_run_leaves_the_old_report(run: Run, tmp_path: Path) -> None:
    """Where the weights cannot be read, an older report stays, and nothing new is beside it."""
    path = tmp_path / "report.html"
    path.write_text(OLD)
    result = run("eval", "--weights", "nowhere", "--dataset", "sample", "--report", path)
    assert result.exit_code == 3
    assert path.read_text() == OLD
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("command", ["eval", "predict"])
@pytest.mark.parametrize(
    "mine",
    [b"\x89PNG precious", b"<!DOCTYPE html>\n<title>My thesis</title>"],
    ids=["picture", "page"],
)
def test_a_file_that_is_no_page_of_ours_is_not_replaced(
    run: Run, tmp_path: Path, command: str, mine: bytes
) -> None:
    """``--report *.png`` costs nobody a picture or a thesis: exit 3 before the work."""
    path = tmp_path / "mine"
    path.write_bytes(mine)
    picture = [path] if command == "predict" else []
    result = run(command, *picture, "--weights", "no such file", "--report", path)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == (
        f"scratchnet: --report {path}: exists and is no page by scratchnet; choose another name, "
        "or delete it first\n"
    )
    assert path.read_bytes() == mine


@pytest.mark.skipif(os.name != "posix", reason="permissions")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o400])
def test_a_replaced_page_keeps_its_mode(run: Run, tmp_path: Path, mode: int) -> None:
    """What nobody else could read, nobody else can read afterwards."""
    path = tmp_path / "report.html"
    path.write_text(OLD)
    path.chmod(mode)
    reported(run, path, *BUNDLED, "--limit", "5")
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert not path.read_text(encoding="utf-8").endswith("old")
    reported(run, path, *BUNDLED, "--limit", "5")


def test_a_file_that_came_during_the_work_is_not_replaced(
    run: Run, tmp_path: Path, digits: NDArray[np.uint8]
) -> None:
    """A name that was free at first may be taken when the page is done; the file stays."""
    Image.fromarray(digits[0]).save(tmp_path / "zero.png")
    kept = tmp_path / "kept"
    kept.mkdir()
    result = run("predict", *BUNDLED[:2], tmp_path / "zero.png", "--save-preprocessed", kept,
                 "--report", kept / "zero.28x28.png")  # fmt: skip
    assert result.exit_code == 3
    assert [path.name for path in kept.iterdir()] == ["zero.28x28.png"]
    assert (kept / "zero.28x28.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "old",
    [
        "",
        "<!doctype HTML>\n\n<META NAME=generator content='x'><meta name=generator "
        "content=scratchnet><title>old</title>",
    ],
)
def test_an_empty_file_and_a_tidied_page_are_replaced(run: Run, tmp_path: Path, old: str) -> None:
    """mktemp makes an empty file, and tidying may have changed an old page's first line."""
    path = tmp_path / "report.html"
    path.write_text(old)
    reported(run, path, *BUNDLED, "--limit", "5")
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>\n<html")


def test_a_page_that_mentions_the_mark_in_a_comment_stays(run: Run, tmp_path: Path) -> None:
    """Only a page that bears the mark itself is one of ours."""
    path = tmp_path / "thesis.html"
    path.write_text('<!doctype html><!-- <meta name="generator" content="scratchnet"> --><p>mine')
    assert run("eval", *BUNDLED, "--limit", "5", "--report", path).exit_code == 3
    assert path.read_text().endswith("mine")


@pytest.mark.parametrize("command", ["eval", "predict"])
@pytest.mark.parametrize(
    ("name", "message"),
    [("", "the name is empty"), ("-", "a page goes to a file, stdout is for the answers")],
)
def test_a_report_without_a_file_is_wrong_usage(
    run: Run, command: str, name: str, message: str
) -> None:
    """Neither an unset variable nor stdout is a place for a page: exit 2."""
    result = run(command, "--report", name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"'--report': {message}" in result.stderr


@pytest.mark.skipif(TIDY is None, reason="tidy is not installed")
def test_tidy_finds_nothing(run: Run, tmp_path: Path) -> None:
    """The HTML is sound: tidy has neither errors nor warnings."""
    path = tmp_path / "report.html"
    reported(run, path, *BUNDLED)
    assert TIDY
    done = subprocess.run([TIDY, "-q", "-e", path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
