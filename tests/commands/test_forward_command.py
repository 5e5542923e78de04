"""``scratchnet forward``: the book's worked example, numbers from anywhere, every step shown."""

import io
import math
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conftest import Run
from tests.network.networks import bundled
from tests.network.test_layers import BOOK, textbook_logits, textbook_softmax

# Chapter 3.4 of the book prints these, in this order.
BOOK_TRACE = {
    "A1 = X·W1 + B1": "[0.3 0.7 1.1]",
    "Z1 = sigmoid(A1)": "[0.57444252 0.66818777 0.75026011]",
    "A2 = Z1·W2 + B2": "[0.51615984 1.21402696]",
    "Z2 = sigmoid(A2)": "[0.62624937 0.7710107 ]",
    "A3 = Z2·W3 + B3": "[0.31682708 0.69627909]",
    "Y = identity(A3)": "[0.31682708 0.69627909]",
}
BOOK_ANSWER = "0.31682708 0.69627909\n"
on_unix = pytest.mark.skipif(sys.platform == "win32", reason="Unix files and messages")
ROWS = [[1.0, 0.5], [-3.0, 2.0], [0.0, 0.25]]
NUMBERS_OR_FILE = "expected numbers or one file"
NEITHER = "'1.0,0.5' is neither a number nor a file; put spaces between numbers, as in 1.0 0.5"
NO_TEXT = "neither text nor an array in NumPy's .npy format; `scratchnet predict` reads pictures"
TOO_LARGE = "an input is too large for float32, the type of the network; use smaller numbers"


def numbers(text: str) -> list[float]:
    """Return the numbers in a line."""
    return [float(word) for word in text.split()]


def npy(array: object, dtype: str = "<f8") -> bytes:
    """Return the array as an .npy file."""
    file = io.BytesIO()
    np.save(file, np.array(array, dtype))
    return file.getvalue()


@pytest.mark.parametrize(
    "x",
    ["1 .5", "1e0 5e-1", "+1.0 0.50", "-1.0 0.5", "1.0 -0.5", "-1 -.5", "-1e-3 -5E+1", "-- -1 2"],
)
def test_forward_accepts_every_form_of_a_number(run: Run, x: str) -> None:
    """One input gives one line; a number with a minus sign is not an option."""
    result = run("forward", "three-layer", *x.split())
    assert (result.exit_code, result.stderr, result.stdout.count("\n")) == (0, "", 1)
    expected = textbook_logits(BOOK, numbers(x.removeprefix("-- ")))
    np.testing.assert_allclose(numbers(result.stdout), expected, atol=1e-8)


@pytest.mark.parametrize(
    ("activation", "a", "formula"),
    [
        ("identity", [2.0, -2.0], "softmax(A1)"),
        ("tanh", [math.tanh(2), math.tanh(-2)], "softmax(tanh(A1))"),
    ],
)
def test_forward_applies_softmax_after_the_last_activation(
    run: Run, activation: str, a: list[float], formula: str
) -> None:
    """The trace ends with the probabilities of ``predict``, whatever the last layer."""
    np.savez("x.npz", W1=np.eye(2), b1=np.ones(2), activations=[activation])
    stdout = run("forward", "x.npz", "1", "-3", "--output", "softmax", "--trace").stdout
    assert numbers(stdout.splitlines()[-1]) == pytest.approx(textbook_softmax(a), abs=1e-8)
    assert f"  Y = {formula} " in stdout


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"1.0,0.5\n-3,2\n0,0.25\n", ROWS),
        (b"1.0, 0.5\r\n -3 ,2\r\n\r\n0,0.25", ROWS),
        (b"\xef\xbb\xbf1.0 0.5\n-3\t2\n0  .25\n", ROWS),
        (npy(ROWS), ROWS),
        (npy(ROWS, ">f4"), ROWS),
        (npy([1, -2], "|i1"), [[1.0, -2.0]]),
    ],
    ids=["csv", "blanks", "tabs", "npy", "npy of another type", "a single row of integers"],
)
@pytest.mark.parametrize("where", ["rows", "-"])
def test_forward_reads_one_input_a_row(
    run: Run, content: bytes, rows: list[list[float]], where: str
) -> None:
    """CSV and .npy give a line for each row, from a file of any name or standard input."""
    Path("rows").write_bytes(content)
    stdin = content if where == "-" else b""
    result = run("forward", "three-layer", where, stdin=stdin)
    assert result.stderr == ""
    answers = [numbers(line) for line in result.stdout.splitlines()]
    expected = [textbook_logits(BOOK, row) for row in rows]
    np.testing.assert_allclose(answers, expected, atol=1e-8)


def test_forward_of_a_float32_network_prints_float32(run: Run, digits: NDArray[np.uint8]) -> None:
    """The numbers are, to the last bit, those that ``eval`` and ``predict`` work with."""
    logits = bundled().logits(digits.reshape(-1, 784).astype(np.float32) / 255)
    # Eight decimals are all of a float32 only above 0.1.
    x = digits[np.abs(logits).min(axis=1).argmax()].reshape(784) / 255
    expected = bundled().logits(x.astype(np.float32))
    assert np.abs(expected).min() > 0.1
    stdout = run("forward", "bundled", "-", stdin=npy(x)).stdout
    np.testing.assert_array_equal(np.array(stdout.split(), np.float32), expected)


@pytest.mark.parametrize(
    ("pixels", "is_noted"),
    [([0, 255], True), ([2, 0], True), ([0, 1], False), ([0, 1.5], False), ([0, 256], False),
     ([-1, 9], False)],
)  # fmt: skip
def test_forward_notes_pixels_that_are_not_divided_by_255(
    run: Run, pixels: list[float], is_noted: bool
) -> None:
    """Integers up to 255 for a network of 784 inputs have a note; the answer is still printed."""
    x = npy([[0] * 782 + pixels])
    result = run("forward", "bundled", "-", stdin=x)
    note = (
        "warning: the numbers are integers up to 255, expected pixels from 0 to 1; divide by 255\n"
    )
    assert (result.exit_code, result.stderr) == (0, note if is_noted else "")
    assert len(numbers(result.stdout)) == 10
    assert run("forward", "three-layer", "0", "255").stderr == ""


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ("1", "three-layer: expected 2 numbers for each input, found 1"),
        ("1 2 3", "three-layer: expected 2 numbers for each input, found 3"),
        ("1,0 2", f"'1,0' is not a number, {NUMBERS_OR_FILE}"),
        ("1 x.csv", f"'x.csv' is not a number, {NUMBERS_OR_FILE}"),
        ("1 nan", f"nan is not a finite number, {NUMBERS_OR_FILE}"),
        ("1 -inf", f"-inf is not a finite number, {NUMBERS_OR_FILE}"),
        ("", f"'' is not a number, {NUMBERS_OR_FILE}"),
        ("1.0,0.5", NEITHER),
        pytest.param(".", ".: Is a directory", marks=on_unix),
        pytest.param(
            "/dev/zero", "/dev/zero: larger than 64 MiB, the maximum; split it", marks=on_unix
        ),
        (b"", "contains no numbers, expected one or more"),
        (b"1," * 1_000_000 + b"1", "a line has more than 1000000 numbers; save the rows as .npy"),
        (b"a,b\n1,2\n", "row 1, column 1: 'a' is not a number; remove the heading"),
        (b"1,2\n\n3\n", "the number of columns changed from 2 to 1 at row 2; correct the file"),
        (b"1,\n", "row 1, column 2: '' is not a number; correct the file"),
        (b"1,inf\n", "contains infinity or NaN, expected finite numbers"),
        (b"1,\x1b[31m\n", "row 1, column 2: '\\x1b[31m' is not a number; correct the file"),
        (b"\x89PNG\r\n\x1a\n", NO_TEXT),
        (npy([[1, np.nan]]), "contains infinity or NaN, expected finite numbers"),
        (npy([]), "has the shape (0,), expected rows of numbers"),
        (npy(1), "has the shape (), expected rows of numbers"),
        (npy(np.ones((1, 1, 2))), "has the shape (1, 1, 2), expected rows of numbers"),
        (npy([1, 2])[:-1], "not an array of plain numbers; save it with np.save"),
        (npy([1, 2]) + b"x", "more numbers than the header states; save it again with np.save"),
        (npy("a", "<U1"), "contains no numbers, expected integers or floats"),
        (npy([{}], "object"), "not an array of plain numbers; save it with np.save"),
        (npy([0] * 783 + [1e300]), TOO_LARGE),
    ],
    ids=lambda value: value[:20],
)
def test_forward_refuses_other_input(run: Run, x: str | bytes, message: str) -> None:
    """Wrong numbers, files and shapes end with 3 and a line that says what was expected."""
    weights = "bundled" if message == TOO_LARGE else "three-layer"
    if isinstance(x, str):
        result = run("forward", weights, *x.split(" "))
    else:
        result = run("forward", weights, "-", stdin=x)
        message = message if message == TOO_LARGE else f"standard input: {message}"
    assert (result.exit_code, result.stdout, result.stderr) == (3, "", f"error: {message}\n")


def test_trace_prints_each_number_of_the_book(run: Run) -> None:
    """Below each formula of chapter 3.4 come the numbers that the book prints there."""
    stdout = run("forward", "three-layer", "1.0", "0.5", "--trace").stdout
    found = re.findall(r"^ +(\w+ = .+?) {2,}.*\n +(\[.*\])$", stdout, re.MULTILINE)
    assert found == list(BOOK_TRACE.items())
    assert stdout.endswith(f"\n{BOOK_ANSWER}")


def test_trace_prints_inputs_weights_and_shapes(run: Run) -> None:
    """Small parts of a formula come before it, each formula has shapes, a batch has matrices."""
    stdout = run("forward", "three-layer", "1.0", "0.5", "--trace").stdout
    assert "X, the input            (2,)\n    [1.  0.5]\n" in stdout
    assert "  W1                    (2, 3)\n    [[0.1 0.3 0.5]\n     [0.2 0.4 0.6]]\n" in stdout
    assert "A1 = X·W1 + B1        (2,)·(2, 3) + (3,) → (3,)\n" in stdout
    assert "Z2 = sigmoid(A2)      (2,) → (2,)\n" in stdout
    assert "\n\nLayer 3 of 3, the output layer: 2 values in, 2 out\n" in stdout
    stdout = run("forward", "three-layer", "-", "--trace", stdin=npy(ROWS)).stdout
    assert "(3, 2)·(2, 3) + (3,) → (3, 3)" in stdout
    assert len(stdout.rpartition("\n\n")[2].splitlines()) == 3


@pytest.mark.parametrize(
    ("count", "more"), [(10, []), (11, ["    … and 1 more row"]), (12, ["    … and 2 more rows"])]
)
def test_trace_of_many_rows_prints_the_first_ten(run: Run, count: int, more: list[str]) -> None:
    """A line says how many more there are."""
    stdout = run("forward", "three-layer", "-", "--trace", stdin=npy(np.ones((count, 2)))).stdout
    x = stdout.partition("\n\n")[0].splitlines()
    assert x[1:] == ["    [[1. 1.]", *["     [1. 1.]"] * 8, "     [1. 1.]]", *more]


def test_trace_of_ten_values_prints_all(run: Run) -> None:
    """Ten values are on lines that fit a terminal; of a hundred, the three largest are shown."""
    W1 = np.outer([1.0, -1.0], (np.arange(10) + 0.5) / 7)  # noqa: N806
    np.savez("x.npz", W1=W1, b1=np.zeros(10), W2=np.ones((10, 100)), b2=np.arange(100.0))
    trace = run("forward", "x.npz", "1", "0", "--trace").stdout.rpartition("\n\n")[0]
    text = " ".join(trace.split())
    for value in range(10):
        assert f" {(value + 0.5) / 7:.8f}".rstrip("0") in text
    assert re.search(r"largest: Y\[99\] = [\d.]+, Y\[98\] = [\d.]+, Y\[97\] = [\d.]+, …", text)
    assert "W2, B2 (10, 100) and (100,): 1,100 numbers, not shown" in text
    assert max(map(len, trace.splitlines())) <= 80


def test_trace_of_equal_values_prints_one(run: Run) -> None:
    """If all values of a long row are equal, none is called the largest."""
    np.savez("x.npz", W1=np.ones((1, 11)), b1=np.r_[np.zeros(9), 1.0, 2.0])
    stdout = run("forward", "x.npz", "-", "--trace", stdin=npy([[1.0]] * 2)).stdout
    assert "    largest: Y[1, 10] = 3.0000, Y[1, 9] = 2.0000, …\n" in stdout
    np.savez("x.npz", W1=np.ones((1, 11)), b1=np.zeros(11))
    assert "    all 11 are 1.0000\n" in run("forward", "x.npz", "1", "--trace").stdout
