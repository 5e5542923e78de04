"""``scratchnet predict``: pictures in, one answer a line out."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.catalog import load_dataset, load_weights
from tests.conftest import Run

BUNDLED = ("--weights", "bundled")


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
    """--files-from takes one path a line from a file or stdin, after those on the command line."""
    text = "\n".join(map(str, pictures[4:7])).encode() + b"\n\n"
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
    drawing = result.stderr.splitlines()
    assert len(drawing) == 14
    assert any("█" in line for line in drawing)
    assert max(map(len, drawing)) <= 80
    assert sum(line.startswith("> 0", 30) for line in drawing) == 1


def test_names_cannot_reach_the_terminal_raw(
    run: Run, tmp_path: Path, digits: NDArray[np.uint8]
) -> None:
    """Escape sequences, tabs and newlines in a file's name are printed escaped, on one line."""
    strange = save(tmp_path / "a\tb\n\x1b[31m.png", digits[4])
    result = run("predict", *BUNDLED, strange)
    assert len(result.stdout.splitlines()) == 1
    assert "\x1b" not in result.stdout
    assert result.stdout.split("\t")[0].endswith(r"a\tb\n\x1b[31m.png")


@pytest.mark.parametrize("args", [("",), ("--files-from", ""), ("x.png", "--weights", "")])
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
    """Nothing is read where the pictures could not be kept; the exit code is 3."""
    result = run("predict", *BUNDLED, "--save-preprocessed", pictures[0] / "folder", pictures[1])
    assert (result.exit_code, result.stdout) == (3, "")
    assert str(pictures[0] / "folder") in result.stderr


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
    ends = [text.splitlines()[1:3] for text in traced.stderr.split("Y = softmax(A3)")[1:]]
    for line, end in zip(plain.stdout.splitlines(), ends, strict=True):
        _, digit, probability = line.split("\t")
        y = [float(value) for value in " ".join(end).strip(" []").split()]
        assert len(y) == 10
        assert f"{y[int(digit)]:.4f}" == probability
