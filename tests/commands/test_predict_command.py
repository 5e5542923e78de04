"""``scratchnet predict``: pictures in, one answer a line out."""

import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from threading import Timer

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from scratchnet_cli.images.ink import BLANK_MESSAGE
from scratchnet_cli.images.load import KNOWN_FORMATS
from scratchnet_cli.images.png import png, read_grey_png
from scratchnet_cli.weights.load import load_weights
from tests.conftest import SCRATCHNET, WINDOWS, Run, any_file_name, run_python
from tests.datasets.test_files import HEADING, csv
from tests.network.networks import bundled
from tests.system.test_streams import run_on_terminal


def save(path: Path, pixels: NDArray[np.uint8]) -> Path:
    """Write grey values as a picture of the format that the suffix names."""
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def predict(run: Run) -> Run:
    """Run ``predict`` with the bundled weights."""
    return functools.partial(run, "predict")


@pytest.fixture
def pictures(tmp_path: Path, digits: NDArray[np.uint8], labels: NDArray[np.uint8]) -> list[Path]:
    """Return PNGs of 0 to 9 as in MNIST that the bundled network reads right."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    read_as = load_weights("bundled").network.predict(digits.reshape(len(digits), -1) / 255)
    return [
        save(folder / f"{i}.png", digits[np.flatnonzero((labels == i) & (read_as == i))[0]])
        for i in range(10)
    ]


@pytest.fixture
def page(tmp_path: Path, digits: NDArray[np.uint8]) -> Path:
    """Return a sheet with two numbers in its first row and one below them: 2 6, and 013."""
    sheet = np.full((320, 560), 255, np.uint8)
    places = {2: (20, 20), 6: (20, 380), 0: (180, 30), 1: (180, 120), 3: (180, 210)}
    for digit, (top, left) in places.items():
        part = sheet[top : top + 112, left : left + 112]
        large = Image.fromarray(255 - digits[digit]).resize((112, 112))
        np.minimum(part, np.asarray(large), out=part)
    return save(tmp_path / "page.png", sheet)


def enlarged(picture: Path) -> NDArray[np.uint8]:
    """Return the grey values of a picture at four times its size."""
    return np.asarray(Image.open(picture).resize((112, 112)))


def column(stdout: str, index: int) -> list[str]:
    """Return a column of the answers: the paths (0) or the digits (1)."""
    return [line.split("\t")[index] for line in stdout.splitlines()]


@pytest.mark.parametrize("top", [1, 3])
def test_predict_formats_agree(predict: Run, pictures: list[Path], top: int) -> None:
    """There is a line for each picture, in order, in each format, with the most probable digits."""
    chosen = [pictures[i] for i in (7, 2, 1, 0)]
    tsv, plain, objects = (
        predict(*chosen, "--top", top, "--format", format_).stdout.splitlines()
        for format_ in ("tsv", "plain", "json")
    )
    assert [line.split()[0] for line in plain] == ["7", "2", "1", "0"]
    for path, row, digits, line in zip(chosen, tsv, plain, objects, strict=True):
        answer = json.loads(line)
        assert list(answer) == ["path", "digit", "probability", "top", "probabilities", "doubts"]
        assert sum(answer["probabilities"]) == pytest.approx(1)
        best = np.argsort(answer["probabilities"])[::-1][:top].tolist()
        ranked = [(digit, answer["probabilities"][digit]) for digit in best]
        assert answer["path"] == str(path)
        assert [tuple(one.values()) for one in answer["top"]] == ranked
        assert (answer["digit"], answer["probability"]) == ranked[0]
        cells = [cell for digit, p in ranked for cell in (str(digit), f"{p:.4f}")]
        assert row.split("\t") == [str(path), *cells]
        assert digits.split(" ") == cells[::2]


def test_predict_keeps_the_order_of_its_inputs(predict: Run, pictures: list[Path]) -> None:
    """A folder stands for its pictures, sorted by name, and a dash for standard input."""
    folder = pictures[0].parent
    (folder / "notes.txt").write_text("not a picture")
    result = predict(pictures[3], "-", folder, stdin=pictures[7].read_bytes())
    assert result.exit_code == 0
    assert column(result.stdout, 0) == [str(pictures[3]), "-", *map(str, pictures)]
    assert column(result.stdout, 1) == ["3", "7", *"0123456789"]


@pytest.mark.parametrize("name", ["-", "list.txt"])
def test_predict_reads_paths_from_a_list(predict: Run, pictures: list[Path], name: str) -> None:
    """Paths of --files-from follow those of the command line; byte order marks are skipped."""
    paths = [b"\xef\xbb\xbf" + os.fsencode(pictures[4]), *map(os.fsencode, pictures[5:7])]
    text = b"\n".join(paths) + b"\r\n\n"
    Path("list.txt").write_bytes(text)
    result = predict("--files-from", name, pictures[9], stdin=text)
    assert column(result.stdout, 1) == ["9", "4", "5", "6"]


def test_predict_answers_while_its_list_is_open(pictures: list[Path]) -> None:
    """Each answer is in the pipe before more names are awaited."""
    command = [*SCRATCHNET, "predict", "--files-from", "-", "--format", "plain"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        watchdog = Timer(60, process.kill)
        watchdog.start()
        for digit in (4, 2):
            process.stdin.write(os.fsencode(pictures[digit]) + b"\n")
            process.stdin.flush()
            assert process.stdout.readline() == b"%d\n" % digit
        process.stdin.close()
        assert process.wait() == 0
        watchdog.cancel()


def test_predict_reads_any_polarity(predict: Run, pictures: list[Path], tmp_path: Path) -> None:
    """The answer is the same whether the polarity is given or detected."""
    dark = save(tmp_path / "dark.png", 255 - np.asarray(Image.open(pictures[8])))
    for args in ((pictures[8], "--polarity", "light"), (dark, "--polarity", "dark"), (dark,)):
        answer = predict(*args).stdout.partition("\t")[2]
        assert answer == predict(pictures[8]).stdout.partition("\t")[2]
        assert answer.startswith("8\t")


def test_predict_multiple_reads_numbers(predict: Run, pictures: list[Path], page: Path) -> None:
    """Numbers come row by row, each with its row, box and digits; one digit is a number, too."""
    tsv, plain, json_ = (
        predict("--multiple", page, pictures[7], "--format", format_).stdout
        for format_ in ("tsv", "plain", "json")
    )
    answer, single = map(json.loads, json_.splitlines())
    numbers = answer["numbers"] + single["numbers"]
    assert (answer["number"], single["number"]) == ("2 6 013", "7")
    found = [(number["number"], number["row"]) for number in numbers]
    assert found == [("2", 1), ("6", 1), ("013", 2), ("7", 1)]
    paths = [str(page)] * 3 + [str(pictures[7])]
    for path, number, line in zip(paths, numbers, tsv.splitlines(), strict=True):
        digits = number["digits"]
        assert list(number) == ["number", "probability", "row", "box", "digits"]
        assert "".join(str(digit["digit"]) for digit in digits) == number["number"]
        assert number["probability"] == min(digit["probability"] for digit in digits)
        assert line == f"{path}\t{number['number']}\t{number['probability']:.4f}"
        boxes = np.array([digit["box"] for digit in digits])
        assert number["box"] == [*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)]
    assert plain.split("\n") == ["2", "6", "013", "7", ""]
    for each in (answer, single):
        assert list(each) == ["path", "number", "digits", "doubts", "numbers"]
        assert each["digits"] == [digit for one in each["numbers"] for digit in one["digits"]]
        assert all(digit["probability"] == max(digit["probabilities"]) for digit in each["digits"])
        assert all(len(digit["top"]) == 1 for digit in each["digits"])
    left, top, right, bottom = numbers[0]["box"]
    assert 20 <= left < right <= 132
    assert 20 <= top < bottom <= 132


def test_predict_of_a_clear_picture_needs_nothing_else(
    run_process: Run, pictures: list[Path], cache: Path
) -> None:
    """With an empty cache and no internet, stderr is empty and nothing is cached."""
    result = run_process("predict", pictures[3])
    assert (result.exit_code, result.stderr, cache.exists()) == (0, "", False)
    assert result.stdout == run_process("predict", pictures[3], "--weights", "bundled").stdout


@pytest.mark.parametrize("options", [[], ["--multiple"]])
def test_predict_reports_warnings_on_stderr_and_in_json(
    predict: Run, pictures: list[Path], tmp_path: Path, options: list[str]
) -> None:
    """A warning is a list entry for scripts and a line for people, which --quiet suppresses."""
    faint = save(tmp_path / "faint.png", 200 - enlarged(pictures[0]) // 20)
    result = predict(*options, "--format", "json", faint, pictures[0])
    answers = list(map(json.loads, result.stdout.splitlines()))
    assert [answer["doubts"] for answer in answers] == [["low contrast"], []]
    probability = answers[0]["digits" if options else "top"][0]["probability"]
    assert result.stderr == (
        f"warning: {faint}: 0 ({probability:.4f}): low contrast (crop it or use more light)\n"
        "bundled weights: 2 pictures read, 1 of them with warnings, 0 unreadable\n"
    )
    assert result.exit_code == 0
    assert predict(*options, "--quiet", faint).stderr == ""


def test_predict_names_the_position_of_an_uncertain_number(predict: Run, page: Path) -> None:
    """A message about one of several numbers names its row and its position in the row."""
    with Image.open(page) as sheet:
        ImageDraw.Draw(sheet).ellipse((390, 20, 490, 130), fill=0)
        sheet.save(page)
    (warning,) = predict("--multiple", page).stderr.splitlines()
    result = predict("--multiple", "--min-confidence", "0.5", page)
    (error,) = result.stderr.splitlines()
    position = f"{page}, row 1, number 2: "
    assert warning.startswith(f"warning: {position}")
    assert error.startswith(f"error: {position}")
    assert error.endswith("): below --min-confidence 0.5")
    assert result.exit_code == 1


def test_predict_min_confidence_sets_the_exit_code(predict: Run, pictures: list[Path]) -> None:
    """Answers below it are printed, and named on stderr; unreadable pictures count more."""
    result = predict("--quiet", "--min-confidence", "1", *pictures)
    assert (result.exit_code, column(result.stdout, 1)) == (1, list("0123456789"))
    assert result.stderr.count("below --min-confidence 1\n") == 10
    for names in (["missing.png", pictures[0]], [pictures[0], "missing.png"]):
        assert predict("--min-confidence", "1", *names).exit_code == 3


def test_predict_passes_at_the_exact_threshold(run: Run, pictures: list[Path]) -> None:
    """A probability of exactly 0.1 is not below --min-confidence 0.1."""
    np.savez("even.npz", W1=np.zeros((784, 10)), b1=np.zeros(10))
    even = ("predict", "--weights", "even.npz", pictures[0], "--min-confidence")
    assert (run(*even, "0.1").exit_code, run(*even, "0.10000001").exit_code) == (0, 1)


@pytest.mark.parametrize("separator", [b",", b";"])
@pytest.mark.parametrize("heading", [HEADING.removeprefix("label,"), None])
def test_predict_says_how_to_read_rows_of_pixels(
    run: Run, digits: NDArray[np.uint8], heading: str | None, separator: bytes
) -> None:
    """The line of Python in the message classifies Kaggle's test.csv, with a heading or not."""
    Path("test.csv").write_bytes(csv(digits[:30], None, heading).replace(b",", separator))
    result = run("predict", "test.csv")
    assert (result.exit_code, result.stdout) == (3, "")
    start, _, line = result.stderr.strip().partition("; without, Python: ")
    assert start == (
        "error: test.csv: rows of pixels, not a picture; with labels, "
        "use `scratchnet eval --dataset FILE`"
    )
    names = {"FILE": "test.csv", "numpy": np, "load_weights": load_weights}
    expected = bundled().predict(digits[:30].reshape(30, 784) / 255)
    assert eval(line, names).tolist() == expected.tolist()  # noqa: S307


def test_predict_reports_each_unreadable_picture(predict: Run, pictures: list[Path]) -> None:
    """Each has one line on stderr with its reason; the others are answered; the code is 3."""
    Path("empty.png").touch()
    Path("text.png").write_text("not a picture")
    Path("cut.png").write_bytes(pictures[0].read_bytes()[:60])
    Path("folder").mkdir()
    save(Path("blank.png"), np.full((50, 50), 200, np.uint8))
    reasons = {
        "missing.png": "No such file or directory",
        "empty.png": "the file is empty; save or copy it again",
        "text.png": f"not a picture of a known format ({KNOWN_FORMATS}); export it as PNG",
        "cut.png": "the picture is damaged or cut short; save or copy it again",
        "folder": "the folder contains no pictures; choose another folder, or use --recursive",
        "blank.png": BLANK_MESSAGE,
    }
    result = predict("--quiet", pictures[1], *reasons, pictures[2])
    assert result.exit_code == 3
    assert column(result.stdout, 1) == ["1", "2"]
    lines = [f"error: {name}: {reason}" for name, reason in reasons.items()]
    assert result.stderr.splitlines() == lines
    rows = predict("--format", "json", *reasons).stdout.splitlines()
    expected = [{"path": path, "error": reason} for path, reason in reasons.items()]
    assert [json.loads(row) for row in rows] == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--raw large.png", "large.png: 40x30 pixels, expected 28x28 for --raw"),
        ("--files-from large.png", "--files-from large.png: contains zero bytes; use --null"),
        ("--files-from utf16", "--files-from utf16: the text is in UTF-16; save it as UTF-8"),
        ("--files-from utf16le", "--files-from utf16le: the text is in UTF-16; save it as UTF-8"),
        ("data:image/png;base64,AA", "data:image/png;base64,AA: a data URL, not a file; save the"),
        ("HTTPS://a/b.png", "HTTPS://a/b.png: a web address, not a file; save the picture to a"),
        (
            "-0 --files-from lines",
            "--files-from lines: expected paths, with a zero byte after each",
        ),
        (
            "--files-from blank",
            "--files-from blank: 65536 bytes without a path; expected paths, one",
        ),
        (
            "-0 --files-from zeros",
            "--files-from zeros: 65536 bytes without a path; expected paths, w",
        ),
        pytest.param(
            "--files-from special",
            "pipe: a pipe or device in a list is not read; give it as an argument",
            marks=pytest.mark.skipif(WINDOWS, reason="a pipe with a name"),
        ),
        ("--files-from missing", "--files-from missing: No such file or directory"),
        (
            "x.png --weights small.npz",
            "small.npz: the network takes 2 values for each input, a picture has 784 (28x28)",
        ),
        # Before the weights are looked for.
        ("x --weights x --save-preprocessed small.npz/x", "--save-preprocessed small.npz/x: this"),
    ],
)
def test_predict_stops_with_a_message(run: Run, line: str, message: str) -> None:
    """What cannot be read or written exits with 3 and one line."""
    save(Path("large.png"), np.zeros((30, 40), np.uint8))
    Path("utf16").write_text("large.png\n", "utf-16")
    Path("utf16le").write_text("large.png\n", "utf-16-le")
    Path("lines").write_text("large.png\nlarge.png\n")
    for name, byte in (("blank", b"\n"), ("zeros", b"\0")):
        Path(name).write_bytes(byte * 200_000)
    Path("special").write_text("pipe\n")
    if not WINDOWS:
        os.mkfifo("pipe")
    np.savez("small.npz", W1=np.ones((2, 10)), b1=np.ones(10))
    result = run("predict", *line.split())
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith(f"error: {message}")
    assert result.stderr.count("\n") == 1


def test_predict_show_draws_the_image_and_bars(predict: Run, pictures: list[Path]) -> None:
    """Under the path there are 14 lines of at most 80 columns on stderr, with the answer marked."""
    result = predict("--show", pictures[0])
    assert column(result.stdout, 1) == ["0"]
    heading, *drawing = result.stderr.splitlines()
    assert heading == str(pictures[0])
    assert [len(line) for line in drawing[2:12]] == [65] * 10
    assert (len(drawing), {*"".join(line[:28] for line in drawing)}) == (14, {*" ▄▀█"})
    assert [line[30:33] for line in drawing[2:12]] == ["> 0", *(f"  {i}" for i in range(1, 10))]


@pytest.mark.skipif(sys.platform == "win32", reason="a Unix terminal")
@pytest.mark.parametrize(("no_colour", "term"), [("", "xterm"), ("1", "xterm"), ("", "dumb")])
def test_predict_show_draws_in_grey_on_a_terminal(
    pictures: list[Path], monkeypatch: pytest.MonkeyPatch, no_colour: str, term: str
) -> None:
    """On a terminal with colours, two pixels share a character, unless NO_COLOR is set."""
    monkeypatch.setenv("NO_COLOR", no_colour)
    monkeypatch.setenv("TERM", term)
    _, written = run_on_terminal("predict", "--show", str(pictures[0]))
    answer, heading, *drawing, summary = written.decode().splitlines()
    assert summary == "bundled weights: 1 picture read, 0 of them with warnings, 0 unreadable"
    assert answer.startswith(f"{heading}\t0\t")
    is_coloured = term == "xterm" and not no_colour
    assert [line.count("\x1b[38;5;") for line in drawing] == [28 * is_coloured] * 14
    assert (b"\x1b" in written) is is_coloured


@any_file_name
def test_predict_views_have_headings(
    predict: Run, pictures: list[Path], page: Path, tmp_path: Path
) -> None:
    """Each drawing and each trace follows the escaped path, the row, the number and the digit."""
    strange = pictures[2].rename(tmp_path / "a\x1b[31m.png")
    number = save(tmp_path / "number.png", np.hstack([enlarged(pictures[i]) for i in (0, 6)]))
    seen = ("--multiple", "--show", "--trace")
    lines = predict(*seen, strange, number, page).stderr.splitlines()
    headings = {
        str(tmp_path / r"a\x1b[31m.png"): 2,
        f"{number}, digit 1 of 2": 0,
        f"{number}, digit 2 of 2": 6,
        f"{page}, row 1, number 1": 2,
        f"{page}, row 1, number 2": 6,
        **{f"{page}, row 2, digit {i} of 3": digit for i, digit in ((1, 0), (2, 1), (3, 3))},
    }
    found = [
        i for i, line in enumerate(lines) if ".png" in line and not line.startswith("warning: ")
    ]
    assert [lines[i] for i in found] == list(headings)
    for i, digit in zip(found, headings.values(), strict=True):
        assert sum(f"> {digit} █" in line for line in lines[i : i + 15]) == 1
        assert lines[i + 15] == "X, the input            (784,)"


def test_predict_trace_ends_in_the_answer(predict: Run, pictures: list[Path]) -> None:
    """Each layer's formula and values are on stderr; the last are the answer's probabilities."""
    plain = predict(*pictures[:2])
    traced = predict("--trace", *pictures[:2])
    assert (traced.exit_code, traced.stdout) == (0, plain.stdout)
    assert traced.stderr.count("A1 = X·W1 + B1        (784,)·(784, 50) + (50,) → (50,)\n") == 2
    ends = [text.splitlines()[1:3] for text in traced.stderr.split("Y = softmax(A3)")[1:]]
    for line, end in zip(plain.stdout.splitlines(), ends, strict=True):
        _, digit, probability = line.split("\t")
        values = " ".join(end).strip(" []").split()
        assert (len(values), f"{float(values[int(digit)]):.4f}") == (10, probability)


def test_predict_trace_names_the_largest_pixels(predict: Run) -> None:
    """The largest inputs are named by index, row and column."""
    pixels = np.zeros((28, 28), np.uint8)
    pixels[6, 12], pixels[20, 3] = 255, 51
    save(Path("two.png"), pixels)
    assert predict("--raw", "--trace", "two.png").stderr.splitlines()[2:4] == [
        "    largest: X[180] = 1.0000, X[563] = 0.2000, …",
        "          at row 6, column 12; row 20, column 3",
    ]


@pytest.mark.skipif(WINDOWS, reason="Unix redirections")
@pytest.mark.parametrize("option", ["--save-preprocessed=.", "--report=stdin.28x28.png"])
def test_predict_does_not_replace_its_input(pictures: list[Path], option: str) -> None:
    """The picture on standard input stays, though an earlier run wrote it."""
    path = Path("stdin.28x28.png")
    path.write_bytes(png(np.asarray(Image.open(pictures[3]))))
    before = path.read_bytes()
    with path.open("rb") as stdin:
        done = run_python(*SCRATCHNET[1:], "predict", "-", option, stdin=stdin)
    assert (done.returncode, path.read_bytes()) == (3, before)
    assert done.stderr.endswith("is the file on standard input; choose another name\n")


@any_file_name
@pytest.mark.parametrize("options", ["", "--format json", "--show"])
def test_predict_prints_no_commands_on_github(
    predict: Run, digits: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    """There no line starts with ``::`` or contains ``##[``, and JSON stays the same."""
    names = ["::error::x.png", " ::error::x.png", "a##[error]x.png"]
    for name in names:
        save(Path(name), digits[4])
    args = (*options.split(), "--", *names, "##[error]missing.png")
    here = predict(*args).stdout
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    there = predict(*args)
    assert all(name in here for name in names)
    assert not re.search(r"^\s*::|##\[", there.stdout + there.stderr, re.MULTILINE)
    assert there.stdout.count("\n") == (4 if "json" in options else 3)
    if "json" in options:
        parsed = [[*map(json.loads, text.splitlines())] for text in (here, there.stdout)]
        assert parsed[0] == parsed[1]


def test_predict_answers_many_files_as_it_answers_each(
    predict: Run, tmp_path: Path, digits: NDArray[np.uint8]
) -> None:
    """With several processes, too, answers come in order, and one bad file gets one line."""
    names = [save(tmp_path / f"{i:03}.png", digits[i]) for i in range(600)]
    broken = names.pop(500)
    broken.write_bytes(broken.read_bytes()[:50])
    result = predict("--quiet", tmp_path)
    assert result.exit_code == 3
    assert column(result.stdout, 0) == list(map(str, names))
    assert (
        result.stderr
        == f"error: {broken}: the picture is damaged or cut short; save or copy it again\n"
    )
    singles = "".join(predict(name).stdout for name in names[::50])
    assert singles == "".join(result.stdout.splitlines(keepends=True)[::50])


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="limits the cores of a process")
def test_predict_answers_the_same_on_one_core(tmp_path: Path, digits: NDArray[np.uint8]) -> None:
    """Answers and warnings do not depend on the cores, though images share other products."""
    for i in range(600):
        save(tmp_path / f"{i:03}.png", digits[i])
    one = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n"
    main = "import sys; from scratchnet_cli.cli import main; main(sys.argv[1:])"
    command = ("predict", "--progress", "none", tmp_path)
    many, single = (run_python("-c", start + main, *command) for start in ("", one))
    assert (many.stdout, many.stderr) == (single.stdout, single.stderr)
    assert many.stdout.count("\n") == 600
    assert "low probability" in many.stderr


def test_predict_saves_the_images_that_the_network_saw(
    predict: Run, pictures: list[Path], tmp_path: Path
) -> None:
    """--save-preprocessed writes 28x28 PNGs with a mark, which --raw reads to the same answers."""
    other = tmp_path / "6.png"
    Image.open(pictures[6]).resize((280, 300)).save(other)
    folder = tmp_path / "new" / "kept"
    args = ("--save-preprocessed", folder, pictures[6], other, "missing.png", "-")
    first = predict(*args, stdin=pictures[2].read_bytes())
    kept = [folder / name for name in ("6.28x28.png", "6.28x28-2.png", "stdin.28x28.png")]
    assert sorted(folder.iterdir()) == sorted(kept)
    second = predict("--raw", *kept)
    for index in (1, 2):
        assert column(first.stdout, index) == column(second.stdout, index)
    with Image.open(kept[0]) as image:
        assert (image.size, image.info) == ((28, 28), {"Software": "scratchnet"})
        pixels = np.asarray(image)
    for path in (pictures[6], kept[0]):
        np.testing.assert_array_equal(pixels, read_grey_png(path.read_bytes()))


def test_predict_does_not_save_over_a_picture(predict: Run, pictures: list[Path]) -> None:
    """A picture of this run stays, though an earlier run wrote it, and the code is 3."""
    folder = pictures[0].parent
    saved = folder / "3.28x28.png"
    saved.write_bytes(png(np.asarray(Image.open(pictures[8]))))
    before = saved.read_bytes()
    result = predict(pictures[3], saved, "--save-preprocessed", folder)
    assert (result.exit_code, column(result.stdout, 1)) == (3, ["3", "8"])
    assert f"{saved}: is one of the pictures; choose another folder\n" in result.stderr
    assert saved.read_bytes() == before


def test_predict_replaces_only_its_own_images(predict: Run, pictures: list[Path]) -> None:
    """Those of an earlier run are replaced; another file of this name stays, and the code is 3."""
    (save_in, folder), kept = ("--save-preprocessed", Path("kept")), Path("kept/3.28x28.png")
    assert predict(save_in, folder, pictures[3]).exit_code == 0
    save(pictures[3], 255 - np.asarray(Image.open(pictures[8])))
    assert predict(save_in, folder, pictures[3]).exit_code == 0
    assert list(folder.iterdir()) == [kept]
    assert column(predict("--raw", kept).stdout, 1) == ["8"]
    save(kept, np.zeros((28, 28), np.uint8))
    before = kept.read_bytes()
    result = predict(save_in, folder, pictures[3], "--report", "r.html")
    assert (result.exit_code, column(result.stdout, 1)) == (3, ["8"])
    assert Path("r.html").exists()
    assert f"error: {kept}: already exists and was not written by scratchnet" in result.stderr
    assert (list(folder.iterdir()), kept.read_bytes()) == ([kept], before)
