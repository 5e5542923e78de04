"""``scratchnet predict``: pictures in, one answer a line out."""

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from scratchnet_cli.catalog import load_dataset, load_weights
from scratchnet_cli.images.decode import decode
from tests.conftest import BUNDLED_WEIGHTS as BUNDLED
from tests.conftest import Run, any_file_name
from tests.test_process import needs_unix, run_on_terminal


def save(path: Path, pixels: NDArray[np.uint8]) -> Path:
    """Write grey values as the picture that the path's ending names."""
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def pictures(tmp_path: Path, digits: NDArray[np.uint8], labels: NDArray[np.uint8]) -> list[Path]:
    """PNGs of 0 to 9 as MNIST shows them, such as the bundled network reads right."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    read_as = load_weights("bundled")[0].predict(digits.reshape(len(digits), -1) / 255)
    return [
        save(folder / f"{i}.png", digits[np.flatnonzero((labels == i) & (read_as == i))[0]])
        for i in range(10)
    ]


@pytest.fixture
def number(pictures: list[Path], tmp_path: Path) -> Path:
    """A 2 and a 6 side by side, four times as large as MNIST's."""
    digits = [np.asarray(Image.open(pictures[i]).resize((112, 112))) for i in (2, 6)]
    return save(tmp_path / "number.png", np.hstack(digits))


def digits_in(stdout: str) -> list[int]:
    """The second column of the answer."""
    return [int(line.split("\t")[1]) for line in stdout.splitlines()]


def test_one_line_a_picture_in_the_order_given(run: Run, pictures: list[Path]) -> None:
    """Each line holds the path as given, the digit, and its probability."""
    chosen = [pictures[i] for i in (7, 2, 1, 0)]
    result = run("predict", *BUNDLED, *chosen)
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [line[0] for line in lines] == [str(path) for path in chosen]
    assert [line[1] for line in lines] == ["7", "2", "1", "0"]
    assert all(0.1 < float(line[2]) <= 1 for line in lines)


def test_a_folder_means_the_pictures_in_it(run: Run, pictures: list[Path]) -> None:
    """A folder stands for its pictures, sorted by name; other files in it are passed over."""
    (pictures[0].parent / "notes.txt").write_text("no picture")
    result = run("predict", *BUNDLED, pictures[0].parent)
    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == list(map(str, pictures))


def test_a_dash_reads_one_picture_from_stdin(run: Run, pictures: list[Path]) -> None:
    """- stands between files like any other name."""
    result = run("predict", *BUNDLED, pictures[3], "-", stdin=pictures[7].read_bytes())
    assert digits_in(result.stdout) == [3, 7]
    assert result.stdout.splitlines()[1].startswith("-\t")


@pytest.mark.parametrize("as_stdin", [True, False])
def test_paths_can_come_from_a_list(
    run: Run, pictures: list[Path], tmp_path: Path, as_stdin: bool
) -> None:
    """--files-from takes one path a line from a file or stdin, after those on the command line.

    The mark that editors put at the head of UTF-8 is no part of a path.
    """
    text = b"\n".join(
        [b"\xef\xbb\xbf" + os.fsencode(pictures[4]), *map(os.fsencode, pictures[5:7])]
    )
    text += b"\r\n\n"
    listed = tmp_path / "list.txt"
    listed.write_bytes(text)
    source = "-" if as_stdin else listed
    result = run("predict", *BUNDLED, "--files-from", source, pictures[9], stdin=text)
    assert digits_in(result.stdout) == [9, 4, 5, 6]


def test_the_formats_tell_the_same(run: Run, pictures: list[Path]) -> None:
    """plain is the digits, json holds path, digit and all ten probabilities."""
    plain = run("predict", *BUNDLED, "--format", "plain", *pictures).stdout
    objects = run("predict", *BUNDLED, "--format", "json", *pictures).stdout.splitlines()
    answers = [json.loads(line) for line in objects]
    assert plain.split() == [str(answer["digit"]) for answer in answers]
    for path, answer in zip(pictures, answers, strict=True):
        assert answer["path"] == str(path)
        assert sum(answer["probabilities"]) == pytest.approx(1)
        assert answer["probability"] == max(answer["probabilities"])
        assert answer["digit"] == np.argmax(answer["probabilities"])


def test_top_lists_the_most_probable_digits(run: Run, pictures: list[Path]) -> None:
    """--top 3 adds two more pairs of digit and probability, in falling order."""
    line = run("predict", *BUNDLED, "--top", "3", pictures[5]).stdout.rstrip("\n").split("\t")
    probabilities = [float(cell) for cell in line[2::2]]
    assert len(line) == 7
    assert line[1] == "5"
    assert probabilities == sorted(probabilities, reverse=True)


def test_json_ranks_as_many_digits_as_asked_for(run: Run, pictures: list[Path]) -> None:
    """--top 3 gives three objects, best first, whose first is the answer."""
    answer = json.loads(
        run("predict", *BUNDLED, "--top", "3", "--format", "json", pictures[5]).stdout
    )
    order = np.argsort(answer["probabilities"])[::-1][:3]
    assert answer["top"] == [
        {"digit": digit, "probability": answer["probabilities"][digit]} for digit in order
    ]
    assert answer["digit"] == answer["top"][0]["digit"] == 5


def test_a_number_is_one_line(run: Run, pictures: list[Path], number: Path) -> None:
    """--multiple puts the digits into one cell, and the lowest of their probabilities after it."""
    result = run("predict", *BUNDLED, "--multiple", number, pictures[7])
    (name, read, probability), seven = (line.split("\t") for line in result.stdout.splitlines())
    assert (name, read) == (str(number), "26")
    answer = json.loads(run("predict", *BUNDLED, "--multiple", "--format", "json", number).stdout)
    assert probability == f"{min(digit['probability'] for digit in answer['digits']):.4f}"
    assert seven[:2] == [str(pictures[7]), "7"]
    assert run("predict", *BUNDLED, "--multiple", "--format", "plain", number).stdout == "26\n"


def test_a_number_in_json_has_an_object_for_each_digit(
    run: Run, pictures: list[Path], number: Path
) -> None:
    """Even a picture of a single digit has the fields of a number, for scripts ask for one."""
    result = run("predict", *BUNDLED, "--multiple", "--format", "json", number, pictures[7])
    for line, read in zip(result.stdout.splitlines(), ("26", "7"), strict=True):
        answer = json.loads(line)
        assert list(answer) == ["path", "number", "digits", "doubts", "numbers"]
        (only,) = answer["numbers"]
        assert list(only) == ["number", "probability", "row", "box", "digits"]
        assert (only["number"], only["row"], only["digits"]) == (read, 1, answer["digits"])
        assert (
            answer["number"] == "".join(str(digit["digit"]) for digit in answer["digits"]) == read
        )
        for digit in answer["digits"]:
            assert digit["probability"] == max(digit["probabilities"])
            assert len(digit["top"]) == 1


@pytest.fixture
def page(tmp_path: Path, digits: NDArray[np.uint8]) -> Path:
    """A sheet with two numbers in its first row and one below them: 2 6, and 0 1 3."""
    sheet = np.full((320, 560), 255, np.uint8)
    places = {2: (20, 20), 6: (20, 380), 0: (180, 30), 1: (180, 120), 3: (180, 210)}
    for digit, (top, left) in places.items():
        big = Image.fromarray(255 - digits[digit]).resize((112, 112))
        part = sheet[top : top + 112, left : left + 112]
        np.minimum(part, np.asarray(big), out=part)
    return save(tmp_path / "page.png", sheet)


def test_a_page_is_a_line_for_each_number(run: Run, page: Path) -> None:
    """Numbers come row by row from the top, in a row from the left, each under the path."""
    lines = run("predict", *BUNDLED, "--multiple", page).stdout.splitlines()
    assert [line.split("\t")[:2] for line in lines] == [
        [str(page), number] for number in ("2", "6", "013")
    ]
    assert run("predict", *BUNDLED, "--multiple", "--format", "plain", page).stdout == "2\n6\n013\n"


def test_a_page_in_json_says_where_each_number_stands(run: Run, page: Path) -> None:
    """Each number has its row and its box, which holds the boxes of its digits."""
    result = run("predict", *BUNDLED, "--multiple", "--format", "json", page)
    answer = json.loads(result.stdout)
    assert answer["number"] == "2 6 013"
    numbers = answer["numbers"]
    assert [(number["number"], number["row"]) for number in numbers] == [
        ("2", 1), ("6", 1), ("013", 2),
    ]  # fmt: skip
    for number in numbers:
        boxes = np.array([digit["box"] for digit in number["digits"]])
        assert number["box"] == [*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)]
        assert number["probability"] == min(digit["probability"] for digit in number["digits"])
    (left, top, right, bottom), *_ = (number["box"] for number in numbers)
    assert 20 <= left < right <= 132
    assert 20 <= top < bottom <= 132


def test_show_names_row_and_place(run: Run, page: Path) -> None:
    """Where there are several rows, numbers or digits, a drawing says which it shows."""
    lines = run("predict", *BUNDLED, "--multiple", "--show", page).stderr.splitlines()
    assert [line for line in lines if "page.png" in line][:5] == [
        f"{page}, row 1, number 1",
        f"{page}, row 1, number 2",
        f"{page}, row 2, digit 1 of 3",
        f"{page}, row 2, digit 2 of 3",
        f"{page}, row 2, digit 3 of 3",
    ]


def test_each_doubtful_number_of_a_page_is_told_with_its_place(run: Run, page: Path) -> None:
    """What is said of a page is said of those of its numbers that it holds for."""
    with Image.open(page) as sheet:
        ImageDraw.Draw(sheet).ellipse((390, 20, 490, 130), fill=0)
        sheet.save(page)
    multiple = ("predict", *BUNDLED, "--multiple")
    (doubtful,) = run(*multiple, page).stderr.splitlines()
    gate = run(*multiple, "--min-confidence", "0.5", page)
    (low,) = gate.stderr.splitlines()
    for line, remark in ((doubtful, "but doubtful: "), (low, "below --min-confidence 0.5")):
        assert line.startswith(f"scratchnet: {page}, row 1, number 2: read as ")
        assert remark in line
    assert gate.exit_code == 1


@pytest.mark.parametrize("multiple", [[], ["--multiple"]])
def test_doubts_are_in_the_json(
    run: Run, pictures: list[Path], tmp_path: Path, multiple: list[str]
) -> None:
    """What stderr says in words is a list for scripts."""
    pixels = np.asarray(Image.open(pictures[0]).resize((112, 112)))
    faint = save(tmp_path / "faint.png", 200 - pixels // 20)
    result = run("predict", *BUNDLED, *multiple, "--format", "json", faint, pictures[0])
    assert [json.loads(line)["doubts"] for line in result.stdout.splitlines()] == [
        ["low contrast"],
        [],
    ]
    assert result.stderr.endswith("but doubtful: low contrast\n")


def test_a_bad_picture_does_not_stop_the_others(
    run: Run, pictures: list[Path], tmp_path: Path
) -> None:
    """Missing, empty, foreign and cut files are a line each on stderr, and the exit code is 3."""
    cut = tmp_path / "cut.png"
    cut.write_bytes(pictures[0].read_bytes()[:60])
    empty = tmp_path / "empty.png"
    empty.touch()
    text = tmp_path / "text.png"
    text.write_text("not a picture")
    bad = [tmp_path / "missing.png", empty, text, cut]
    result = run("predict", *BUNDLED, pictures[1], *bad, pictures[2])
    assert result.exit_code == 3
    assert digits_in(result.stdout) == [1, 2]
    lines = result.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == [str(path) for path in bad]
    assert lines[1].endswith(": the file is empty")


def test_a_blank_picture_is_refused(run: Run, tmp_path: Path) -> None:
    """A picture that shows nothing gets a message of its own, not a digit."""
    blank = save(tmp_path / "blank.png", np.full((50, 50), 200, np.uint8))
    result = run("predict", *BUNDLED, blank)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "blank" in result.stderr


def test_an_empty_folder_is_an_error(run: Run, tmp_path: Path) -> None:
    """A folder without pictures is not silently nothing."""
    folder = tmp_path / "empty"
    folder.mkdir()
    result = run("predict", *BUNDLED, folder)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "holds no pictures" in result.stderr


@pytest.mark.parametrize(("threshold", "exit_code"), [("0.11", 0), ("1", 1)])
def test_a_doubtful_answer_can_fail_a_script(
    run: Run, pictures: list[Path], threshold: str, exit_code: int
) -> None:
    """Below --min-confidence the answer is printed, named on stderr, and the exit code is 1."""
    result = run("predict", *BUNDLED, "--min-confidence", threshold, *pictures)
    assert result.exit_code == exit_code
    assert digits_in(result.stdout) == list(range(10))
    assert bool(result.stderr) == bool(exit_code)


def test_an_answer_at_the_threshold_passes(run: Run, pictures: list[Path], tmp_path: Path) -> None:
    """--min-confidence 0.1 is met by exactly 0.1."""
    weights = tmp_path / "even.npz"
    np.savez(weights, W1=np.zeros((784, 10)), b1=np.zeros(10))
    even = ("predict", "--weights", weights, pictures[0], "--min-confidence")
    assert (run(*even, "0.1").exit_code, run(*even, "0.10000001").exit_code) == (0, 1)


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_exit_codes_the_highest_counts(
    run: Run, pictures: list[Path], tmp_path: Path, order: int
) -> None:
    """Whichever comes last, an unreadable picture is 3 and an answer below the threshold is 1."""
    names = [tmp_path / "missing.png", pictures[0]][::order]
    assert run("predict", *BUNDLED, "--min-confidence", "1", *names).exit_code == 3


def test_polarity_can_be_told(run: Run, pictures: list[Path], tmp_path: Path) -> None:
    """Dark ink on white is read like light ink on black, whether told or found out."""
    inverted = save(tmp_path / "dark.png", 255 - np.asarray(Image.open(pictures[8])))
    light = run("predict", *BUNDLED, pictures[8], "--polarity", "light").stdout.split("\t", 1)[1]
    dark = run("predict", *BUNDLED, inverted, "--polarity", "dark").stdout.split("\t", 1)[1]
    auto = run("predict", *BUNDLED, inverted).stdout.split("\t", 1)[1]
    assert light == dark == auto


def test_raw_takes_only_pictures_of_the_right_size(run: Run, tmp_path: Path) -> None:
    """--raw changes nothing in a picture, so it must be 28x28 already."""
    large = save(tmp_path / "large.png", np.zeros((30, 40), np.uint8))
    result = run("predict", *BUNDLED, "--raw", large)
    assert result.exit_code == 3
    assert "40x30" in result.stderr


def test_show_draws_on_stderr_what_the_network_saw(run: Run, pictures: list[Path]) -> None:
    """--show leaves the answer on stdout alone, and fits a terminal of 80 columns."""
    result = run("predict", *BUNDLED, "--show", pictures[0])
    assert digits_in(result.stdout) == [0]
    heading, *drawing = result.stderr.splitlines()
    assert heading == str(pictures[0])
    assert len(drawing) == 14
    assert any("█" in line for line in drawing)
    assert max(map(len, drawing)) <= 80
    assert sum(line.startswith("> 0", 30) for line in drawing) == 1


@needs_unix
@pytest.mark.parametrize("no_colour", ["1", ""])
def test_show_draws_in_grey_on_a_terminal(
    pictures: list[Path], monkeypatch: pytest.MonkeyPatch, no_colour: str
) -> None:
    """On a terminal the pixels are 24 greys, two to a character, unless NO_COLOR is set."""
    monkeypatch.setenv("NO_COLOR", no_colour)
    exit_code, written = run_on_terminal(["predict", *BUNDLED, "--show", str(pictures[0])])
    answer, heading, *drawing = written.decode().splitlines()
    assert exit_code == 0
    assert answer.startswith(f"{heading}\t0\t")
    assert len(drawing) == 14
    coloured = [line for line in drawing if line.count("\x1b[38;5;") == 28]
    assert coloured == ([] if no_colour else drawing)
    assert (b"\x1b" in written) is not bool(no_colour)


def test_show_and_trace_say_whose_they_are(run: Run, pictures: list[Path], number: Path) -> None:
    """Each drawing and each trace stands under the name of its picture, and of its digit."""
    strange = pictures[2].rename(pictures[2].with_name("a\x1b[31m.png"))
    seen = ("--multiple", "--show", "--trace")
    lines = run("predict", *BUNDLED, *seen, strange, number).stderr.splitlines()
    heads = [i for i, line in enumerate(lines) if ".png" in line]
    assert [lines[i] for i in heads] == [
        str(pictures[2].with_name(r"a\x1b[31m.png")),
        f"{number}, digit 1 of 2",
        f"{number}, digit 2 of 2",
    ]
    for i, digit in zip(heads, (2, 2, 6), strict=True):
        assert sum(f"> {digit} █" in line for line in lines[i : i + 15]) == 1
        assert lines[i + 15] == "X, the input            (784,)"


@any_file_name
@pytest.mark.parametrize("name", ["::error::x.png", " ::error::x.png", "a##[error]x.png"])
@pytest.mark.parametrize("options", [(), ("--format", "json"), ("--show",)], ids=str)
def test_no_name_is_a_command_to_github(
    run: Run,
    tmp_path: Path,
    digits: NDArray[np.uint8],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    options: tuple[str, ...],
) -> None:
    """There no line begins with ``::`` or has ``##[`` in it; elsewhere names stay as they are."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path / name, digits[4])
    (tmp_path / f"{name}.bad.png").write_bytes(b"x")
    inputs = (*options, "--", name, f"{name}.bad.png")
    here = run("predict", *BUNDLED, *inputs)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    there = run("predict", *BUNDLED, *inputs)
    assert name in here.stdout
    for line in (there.stdout + there.stderr).splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
    assert there.stdout.count("\n") == here.stdout.count("\n") == 1
    if "json" in options:
        assert json.loads(there.stdout) == json.loads(here.stdout)


def test_names_cannot_reach_the_terminal_raw(
    run: Run, tmp_path: Path, digits: NDArray[np.uint8]
) -> None:
    """Escape sequences, tabs and newlines in a file's name are printed escaped, on one line."""
    strange = save(tmp_path / "a\tb\n\x1b[31m.png", digits[4])
    result = run("predict", *BUNDLED, strange)
    assert len(result.stdout.splitlines()) == 1
    assert "\x1b" not in result.stdout
    assert result.stdout.split("\t")[0].endswith(r"a\tb\n\x1b[31m.png")


@pytest.mark.parametrize(
    "args",
    [
        ("",),
        *(("x.png", name, "") for name in ("--files-from", "--weights", "--save-preprocessed")),
    ],
)
def test_an_empty_name_is_wrong_usage(run: Run, args: tuple[str, ...]) -> None:
    """A variable that a script forgot to set is not taken for the current folder."""
    result = run("predict", *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "the name is empty" in result.stderr


def test_a_picture_is_no_list(run: Run, pictures: list[Path]) -> None:
    """A picture given to --files-from is refused in one line, not shown byte by byte."""
    result = run("predict", "--weights", "bundled", "--files-from", pictures[0])
    assert (result.exit_code, result.stdout) == (3, "")
    assert (
        result.stderr == f"scratchnet: --files-from {pictures[0]}: no list of paths, one a line\n"
    )


def test_weights_that_do_not_fit_are_named(run: Run, pictures: list[Path], tmp_path: Path) -> None:
    """Where a network does not take 28x28 pictures, the message names its file."""
    weights = tmp_path / "small.npz"
    np.savez(weights, W1=np.ones((2, 10)), b1=np.ones(10))
    result = run("predict", "--weights", weights, *pictures)
    assert result.exit_code == 3
    assert result.stderr.startswith(f"scratchnet: {weights}: the network takes 2 values")


def test_nothing_to_do_is_wrong_usage(run: Run) -> None:
    """Without a picture there is exit 2 and a hint."""
    result = run("predict")
    assert result.exit_code == 2
    assert "IMAGE" in result.stderr


def test_other_picture_formats_are_told_by_content(
    run: Run, tmp_path: Path, digits: NDArray[np.uint8]
) -> None:
    """The file's ending does not matter, only what is in it."""
    names = []
    for kind in ("BMP", "GIF", "TIFF", "PPM", "WEBP"):
        file = io.BytesIO()
        Image.fromarray(digits[6]).save(
            file, kind, **({"lossless": True} if kind == "WEBP" else {})
        )
        names.append(tmp_path / f"{kind}.dat")
        names[-1].write_bytes(file.getvalue())
    assert digits_in(run("predict", *BUNDLED, *names).stdout) == [6] * 5


def test_one_bad_file_among_a_thousand(run: Run, tmp_path: Path, digits: NDArray[np.uint8]) -> None:
    """In bulk too: 999 answers in order, one line on stderr, exit 3."""
    names = [save(tmp_path / f"{i:03}.png", digits[i]) for i in range(1000)]
    names[500].write_bytes(names[500].read_bytes()[:50])
    result = run("predict", *BUNDLED, tmp_path)
    answered = [line.split("\t")[0] for line in result.stdout.splitlines()]
    refused = [line for line in result.stderr.splitlines() if "doubtful" not in line]
    assert result.exit_code == 3
    assert answered == [str(name) for name in names if name != names[500]]
    assert [line.split(": ")[1] for line in refused] == [str(names[500])]


def test_bulk_and_single_answers_are_the_same(
    run: Run, tmp_path: Path, digits: NDArray[np.uint8]
) -> None:
    """A picture's answer does not depend on what it is read together with."""
    names = [save(tmp_path / f"{i:03}.png", digits[i]) for i in range(300)]
    bulk = run("predict", *BUNDLED, tmp_path).stdout.splitlines()
    assert [run("predict", *BUNDLED, name).stdout.strip() for name in names[::50]] == bulk[::50]


def test_what_the_network_saw_can_be_kept(run: Run, pictures: list[Path], tmp_path: Path) -> None:
    """--save-preprocessed makes a folder of 28x28 PNGs that --raw reads to the same answers."""
    large = Image.open(pictures[6]).resize((280, 300))
    (tmp_path / "other").mkdir()
    large.save(tmp_path / "other" / "6.png")
    chosen = [pictures[6], tmp_path / "other" / "6.png", "-"]
    folder = tmp_path / "new" / "kept"
    stdin = pictures[2].read_bytes()
    first = run("predict", *BUNDLED, "--save-preprocessed", folder, *chosen, stdin=stdin)
    kept = [folder / name for name in ("6.28x28.png", "6.28x28-2.png", "stdin.28x28.png")]
    assert sorted(folder.iterdir()) == sorted(kept)
    second = run("predict", *BUNDLED, "--raw", *kept)
    assert [line.split("\t")[1:] for line in first.stdout.splitlines()] == [
        line.split("\t")[1:] for line in second.stdout.splitlines()
    ]


def test_a_folder_that_cannot_be_made_is_named(run: Run, pictures: list[Path]) -> None:
    """Nothing is read or downloaded where the pictures could not be kept; the exit code is 3."""
    folder = pictures[0] / "folder"
    result = run("predict", "--weights=no such file", "--save-preprocessed", folder, pictures[1])
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith(f"scratchnet: {folder}: no folder can be made here (")


def test_kept_pictures_replace_those_of_an_earlier_run(
    run: Run, pictures: list[Path], tmp_path: Path
) -> None:
    """A second run into the same folder leaves as many files as the first."""
    folder = tmp_path / "kept"
    save_in = ("--save-preprocessed", folder)
    assert run("predict", *BUNDLED, *save_in, pictures[3]).exit_code == 0
    save(pictures[3], 255 - np.asarray(Image.open(pictures[8])))
    assert run("predict", *BUNDLED, *save_in, pictures[3]).exit_code == 0
    (kept,) = folder.iterdir()
    assert digits_in(run("predict", *BUNDLED, "--raw", kept).stdout) == [8]


@pytest.mark.parametrize(
    "kind",
    ["small", "large", "colour", "text", pytest.param("link", marks=any_file_name), "folder"],
)
def test_kept_pictures_replace_no_other_file(
    run: Run, pictures: list[Path], tmp_path: Path, kind: str
) -> None:
    """A file of one's own that has such a name stays as it is; the exit code is 3."""
    folder = tmp_path / "kept"
    taken = folder / "3.28x28.png"
    folder.mkdir()
    if kind == "small":
        save(taken, np.zeros((28, 28), np.uint8))
    elif kind == "large":
        save(taken, np.zeros((29, 28), np.uint8))
    elif kind == "colour":
        save(taken, np.zeros((28, 28, 3), np.uint8))
    elif kind == "text":
        taken.write_text("mine")
    elif kind == "link":
        taken.symlink_to(pictures[4])
    else:
        taken.mkdir()
    result = run("predict", *BUNDLED, "--save-preprocessed", folder, pictures[3])
    assert result.exit_code == 3
    assert result.stderr == (
        f"scratchnet: {taken}: exists and was not written by scratchnet; "
        "choose another folder, or delete it first\n"
    )
    assert list(folder.iterdir()) == [taken]
    assert digits_in(run("predict", *BUNDLED, pictures[4]).stdout) == [4]


@pytest.mark.parametrize("listed", [False, True], ids=["named", "listed"])
def test_kept_pictures_replace_none_that_is_read(
    run: Run, pictures: list[Path], tmp_path: Path, listed: bool
) -> None:
    """What an earlier run wrote into a folder that is read as well stays; the exit code is 3."""
    folder = tmp_path / "kept"
    folder.mkdir()
    picture = save(folder / "a.png", np.asarray(Image.open(pictures[3])))
    save_in = ("--save-preprocessed", folder)
    assert run("predict", *BUNDLED, *save_in, picture).exit_code == 0
    kept = folder / "a.28x28.png"
    before = kept.stat().st_mtime_ns, kept.read_bytes()
    (tmp_path / "list").write_text(f"{picture}\n{kept}\n")
    inputs = ("--files-from", tmp_path / "list") if listed else (folder,)
    result = run("predict", *BUNDLED, *save_in, *inputs)
    assert result.exit_code == 3
    if listed:
        assert result.stderr.endswith(": is one of the pictures to read; choose another folder\n")
    assert (kept.stat().st_mtime_ns, kept.read_bytes()) == before


def test_kept_pictures_are_read_fast(run: Run, pictures: list[Path], tmp_path: Path) -> None:
    """The mark in them changes no pixel, and Pillow shows it to whoever looks."""
    folder = tmp_path / "kept"
    assert run("predict", *BUNDLED, "--save-preprocessed", folder, pictures[5]).exit_code == 0
    (kept,) = folder.iterdir()
    with Image.open(kept) as image:
        assert image.info == {"Software": "scratchnet"}
        assert (np.asarray(image) == decode(kept.read_bytes()).grey).all()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scratchnet_cli.images.decode.opened", None)
        assert decode(kept.read_bytes()).grey is not None


@pytest.mark.parametrize(
    "options", [["--multiple", "--raw"], ["--multiple", "--top", "2"], ["--raw", "--polarity=dark"]]
)
def test_options_that_exclude_each_other_are_wrong_usage(
    run: Run, pictures: list[Path], options: list[str]
) -> None:
    """Whoever asks for both is told why, with exit 2."""
    result = run("predict", *options, pictures[0])
    assert (result.exit_code, result.stdout) == (2, "")
    assert options[0] in result.stderr


def test_the_first_test_images_read_right(
    run: Run, real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PNGs of MNIST's first four test images, one on stdin and one in a folder, are 7 2 1 0."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(real_data))
    images = load_dataset("mnist")[0].images
    folder = tmp_path / "folder"
    folder.mkdir()
    seven = save(tmp_path / "a.png", images[0])
    save(folder / "b.png", images[1])
    one = save(tmp_path / "c.png", images[2])
    zero = save(tmp_path / "d.png", images[3])
    result = run("predict", seven, folder, one, "-", stdin=zero.read_bytes())
    assert digits_in(result.stdout) == [7, 2, 1, 0]


def test_trace_shows_the_way_of_each_picture_on_stderr(run: Run, pictures: list[Path]) -> None:
    """stdout stays as it is; stderr has each layer's formula, shapes and largest values."""
    plain = run("predict", *BUNDLED, *pictures[:2])
    traced = run("predict", *BUNDLED, "--trace", *pictures[:2])
    assert (traced.exit_code, traced.stdout) == (0, plain.stdout)
    assert traced.stderr.count("A1 = X·W1 + B1        (784,)·(784, 50) + (50,) → (50,)\n") == 2
    assert (
        traced.stderr.count("W1, B1                (784, 50) and (50,): 39,250 numbers, not") == 2
    )
    ends = [text.splitlines()[1:3] for text in traced.stderr.split("Y = softmax(A3)")[1:]]
    for line, end in zip(plain.stdout.splitlines(), ends, strict=True):
        _, digit, probability = line.split("\t")
        y = [float(value) for value in " ".join(end).strip(" []").split()]
        assert len(y) == 10
        assert f"{y[int(digit)]:.4f}" == probability


def test_the_trace_tells_where_the_largest_pixels_are(run: Run, tmp_path: Path) -> None:
    """Of a picture's 784 inputs the largest are named by number, row and column."""
    pixels = np.zeros((28, 28), np.uint8)
    pixels[6, 12], pixels[20, 3] = 255, 51
    picture = save(tmp_path / "two.png", pixels)
    lines = run("predict", *BUNDLED, "--raw", "--trace", picture).stderr.splitlines()
    assert lines[2:4] == [
        "    largest: X[180] = 1.0000, X[563] = 0.2000, …",
        "          at row 6, column 12; row 20, column 3",
    ]


def test_the_trace_of_a_black_picture_names_no_pixel(run: Run, tmp_path: Path) -> None:
    """Where all inputs are alike, none is the largest."""
    picture = save(tmp_path / "black.png", np.zeros((28, 28), np.uint8))
    lines = run("predict", *BUNDLED, "--raw", "--trace", picture).stderr.splitlines()
    assert lines[1:4] == ["X, the input            (784,)", "    all 784 are 0.0000", ""]
