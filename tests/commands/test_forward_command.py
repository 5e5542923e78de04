"""``scratchnet forward``: the book's worked example, numbers from anywhere, every step shown."""

import io
import itertools
import math
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.catalog import load_weights
from tests.conftest import Run

# What chapter 3.4 of the book prints, in its order: A1 Z1 A2 Z2 A3.
BOOK_TRACE = {
    "A1 = X·W1 + B1": "[0.3 0.7 1.1]",
    "Z1 = sigmoid(A1)": "[0.57444252 0.66818777 0.75026011]",
    "A2 = Z1·W2 + B2": "[0.51615984 1.21402696]",
    "Z2 = sigmoid(A2)": "[0.62624937 0.7710107 ]",
    "A3 = Z2·W3 + B3": "[0.31682708 0.69627909]",
    "Y = identity(A3)": "[0.31682708 0.69627909]",
}
BOOK_ANSWER = "0.31682708 0.69627909\n"

W = (
    [[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]],
    [[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]],
    [[0.1, 0.3], [0.2, 0.4]],
)
B = ([0.1, 0.2, 0.3], [0.1, 0.2], [0.1, 0.2])


def by_hand(x: list[float]) -> list[float]:
    """The book's example with nothing but Python's numbers."""
    for i, (w, b) in enumerate(zip(W, B, strict=True)):
        a = [
            math.fsum(xi * wi[j] for xi, wi in zip(x, w, strict=True)) + b[j] for j in range(len(b))
        ]
        x = a if i == len(W) - 1 else [1 / (1 + math.exp(-value)) for value in a]
    return x


def numbers(text: str) -> list[float]:
    """The numbers in a line."""
    return [float(word) for word in text.split()]


@pytest.mark.parametrize("x", [("1.0", "0.5"), ("1", ".5"), ("1e0", "5e-1"), ("+1.0", "0.50")])
def test_the_book_s_example_gives_the_book_s_digits(run: Run, x: tuple[str, ...]) -> None:
    """The book's input, however it is written, gives the line that the book prints."""
    result = run("forward", "three-layer", *x)
    assert (result.exit_code, result.stdout, result.stderr) == (0, BOOK_ANSWER, "")


def test_three_layer_holds_the_book_s_numbers() -> None:
    """The data in the package are the numbers printed in the book, in float64."""
    network, origin = load_weights("three-layer")
    assert origin.name == "three-layer"
    assert [layer.W.tolist() for layer in network.layers] == list(W)
    assert [layer.b.tolist() for layer in network.layers] == list(B)
    assert [layer.activation for layer in network.layers] == ["sigmoid", "sigmoid", "identity"]


def test_the_trace_gives_each_number_of_the_book(run: Run) -> None:
    """Below each formula of chapter 3.4 stand the numbers that the book prints there."""
    result = run("forward", "three-layer", "1.0", "0.5", "--trace")
    lines = [line.strip() for line in result.stdout.splitlines()]
    found = {
        re.split(r"\s{2,}", line)[0]: below
        for line, below in itertools.pairwise(lines)
        if "=" in line
    }
    assert found == BOOK_TRACE
    assert list(found) == list(BOOK_TRACE)
    assert lines[-1] == BOOK_ANSWER.strip()


def test_the_trace_shows_inputs_weights_and_shapes(run: Run) -> None:
    """The parts of a formula stand above it where they are small, and each formula has shapes."""
    stdout = run("forward", "three-layer", "1.0", "0.5", "--trace").stdout
    assert "X, the input            (2,)\n    [1.  0.5]\n" in stdout
    assert "  W1                    (2, 3)\n    [[0.1 0.3 0.5]\n     [0.2 0.4 0.6]]\n" in stdout
    assert "A1 = X·W1 + B1        (2,)·(2, 3) + (3,) → (3,)\n" in stdout
    assert "Z2 = sigmoid(A2)      (2,) → (2,)\n" in stdout


@pytest.mark.parametrize(
    "x", [("-1.0", "0.5"), ("1.0", "-0.5"), ("-1", "-.5"), ("-1e-3", "-5E+1"), ("--", "-1", "2")]
)
def test_numbers_may_begin_with_a_minus_sign(run: Run, x: tuple[str, ...]) -> None:
    """A negative number is a number, not an option."""
    result = run("forward", "three-layer", *x)
    assert result.stderr == ""
    expected = by_hand([float(text) for text in x if text != "--"])
    np.testing.assert_allclose(numbers(result.stdout), expected, atol=1e-8)


def test_softmax_makes_probabilities_of_the_output(run: Run) -> None:
    """With --output softmax the line is the textbook's softmax of the logits."""
    powers = [math.exp(value) for value in by_hand([1.0, 0.5])]
    result = run("forward", "three-layer", "1.0", "0.5", "--output", "softmax", "--trace")
    expected = [power / math.fsum(powers) for power in powers]
    np.testing.assert_allclose(numbers(result.stdout.splitlines()[-1]), expected, atol=1e-8)
    assert "Y = softmax(A3)" in result.stdout


@pytest.mark.parametrize("activation", ["identity", "tanh"])
def test_softmax_comes_after_an_activation_of_the_last_layer(
    run: Run, tmp_path: Path, activation: str
) -> None:
    """What ``predict`` calls probabilities is what the trace ends with, whatever the last layer."""
    path = tmp_path / "x.npz"
    np.savez(path, W1=np.eye(2), b1=np.ones(2), activations=[activation])
    stdout = run("forward", path, "1", "-3", "--output", "softmax", "--trace").stdout
    a = [2.0, -2.0] if activation == "identity" else [math.tanh(2), math.tanh(-2)]
    expected = 1 / (1 + math.exp(a[1] - a[0]))
    assert numbers(stdout.splitlines()[-1])[0] == pytest.approx(expected, abs=1e-8)
    formula = "softmax(A1)" if activation == "identity" else "softmax(tanh(A1))"
    assert f"  Y = {formula} " in stdout


ROWS = [[1.0, 0.5], [-3.0, 2.0], [0.0, 0.25]]


def npy(array: object, dtype: str = "<f8") -> bytes:
    """The array as an .npy file."""
    file = io.BytesIO()
    np.save(file, np.array(array, dtype))
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"1.0,0.5\n-3,2\n0,0.25\n",
        b"1.0, 0.5\r\n -3 ,2\r\n\r\n0,0.25",
        b"\xef\xbb\xbf1.0 0.5\n-3\t2\n0  .25\n",
        npy(ROWS),
        npy(ROWS, ">f4"),
    ],
    ids=["csv", "blanks", "tabs", "npy", "npy of another type"],
)
@pytest.mark.parametrize("where", ["file", "stdin"])
def test_a_file_holds_one_input_a_row(run: Run, tmp_path: Path, content: bytes, where: str) -> None:
    """CSV and .npy give a line for each row, from a file of any name or standard input."""
    path = tmp_path / "rows"
    path.write_bytes(content)
    stdin = content if where == "stdin" else b""
    result = run("forward", "three-layer", "-" if where == "stdin" else path, stdin=stdin)
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0] == BOOK_ANSWER.strip()
    np.testing.assert_allclose([numbers(line) for line in lines], [*map(by_hand, ROWS)], atol=1e-8)


def test_integers_and_a_single_row_are_inputs_too(run: Run) -> None:
    """An .npy file of integers, or of one axis, is an input like any other."""
    result = run("forward", "three-layer", "-", stdin=npy([1, -2], "|i1"))
    np.testing.assert_allclose(numbers(result.stdout), by_hand([1, -2]), atol=1e-8)


def test_a_batch_is_traced_as_matrices(run: Run) -> None:
    """Several inputs give matrices in the trace, a row for each, and their shapes say so."""
    result = run("forward", "three-layer", "-", "--trace", stdin=npy(ROWS))
    assert "(3, 2)·(2, 3) + (3,) → (3, 3)" in result.stdout
    assert len(result.stdout.rpartition("\n\n")[2].splitlines()) == 3


def test_the_trace_of_a_wide_network_has_all_values_that_fit(run: Run, tmp_path: Path) -> None:
    """Ten values are all there, on lines that fit a terminal; of hundreds the largest are."""
    path = tmp_path / "x.npz"
    W1 = np.outer([1.0, -1.0], (np.arange(10) + 0.5) / 7)  # noqa: N806
    np.savez(path, W1=W1, b1=np.zeros(10), W2=np.ones((10, 100)), b2=np.arange(100.0))
    lines = run("forward", path, "1", "0", "--trace").stdout.split("\n\n")[:-1]
    text = " ".join("\n".join(lines).split())
    for value in range(10):
        assert f" {(value + 0.5) / 7:.8f}".rstrip("0") in text
    assert "largest: Y[99] = " in text
    assert "W2, B2 (10, 100) and (100,): 1,100 numbers, not shown" in text
    assert max(len(line) for part in lines for line in part.splitlines()) <= 80


def test_hidden_layers_of_any_width_are_traced_alike(run: Run) -> None:
    """Of the book's 50 and 100 units the largest are shown; the ten outputs are all there."""
    x = npy(np.linspace(0, 1, 784))
    stdout = run("forward", "bundled", "-", "--trace", stdin=x).stdout
    assert len(re.findall(r"^    largest: (?:A|Z)[12]\[", stdout, re.MULTILINE)) == 4
    outputs = re.search(r"Y = identity\(A3\).*\n    \[([^]]*)\]", stdout)
    assert outputs
    np.testing.assert_allclose(numbers(outputs[1]), numbers(stdout.splitlines()[-1]), rtol=1e-6)


def test_of_many_rows_the_first_are_traced(run: Run) -> None:
    """Of eleven inputs ten are shown, and it says that one more is there."""
    stdout = run("forward", "three-layer", "-", "--trace", stdin=npy(np.ones((11, 2)))).stdout
    x = stdout.partition("\n\n")[0].splitlines()
    assert x[1:] == ["    [[1. 1.]", *["     [1. 1.]"] * 8, "     [1. 1.]]", "    … and 1 more row"]


def test_a_network_of_float32_answers_in_float32(run: Run, digits: NDArray[np.uint8]) -> None:
    """The numbers are, to the last bit, those that ``eval`` and ``predict`` work with."""
    network, _ = load_weights("bundled")
    for digit in digits:
        x = digit.reshape(784) / 255
        expected = network.logits(x.astype(np.float32))
        # Of such numbers eight decimals are all that float32 has.
        if np.abs(expected).min() > 0.1:
            break
    assert np.abs(expected).min() > 0.1
    stdout = run("forward", "bundled", "-", stdin=npy(x)).stdout
    np.testing.assert_array_equal(np.array(stdout.split(), np.float32), expected)


@pytest.mark.parametrize(
    ("x", "stdin", "message"),
    [
        (("1",), b"", "three-layer takes 2 numbers for each input, but 1 came"),
        (("1", "2", "3"), b"", "three-layer takes 2 numbers for each input, but 3 came"),
        (("1,0", "2"), b"", "'1,0' is not a number; expected numbers, or the name of one file"),
        (("1", "x.csv"), b"", "'x.csv' is not a number; expected numbers, or the name of one file"),
        (
            ("1.0,0.5",),
            b"",
            "1.0,0.5: neither a number nor a file; numbers are separated by spaces, as in "
            "scratchnet forward three-layer 1.0 0.5",
        ),
        (
            ("1", "nan"),
            b"",
            "nan is not a finite number; expected numbers, or the name of one file",
        ),
        (("",), b"", "'' is not a number; expected numbers, or the name of one file"),
        (
            ("1", "-inf"),
            b"",
            "-inf is not a finite number; expected numbers, or the name of one file",
        ),
        (("-",), b"", "standard input: holds no numbers"),
        (
            ("-",),
            b"1," * 1_000_000 + b"1",
            "standard input: line 1 has more than 1000000 numbers",
        ),
        (("-",), b"a,b\n1,2\n", "standard input: line 1: 'a' is not a number"),
        (("-",), b"1,2\n\n3\n", "standard input: line 3 has 1 numbers, the lines before have 2"),
        (("-",), b"1,\n", "standard input: line 1: '' is not a number"),
        (("-",), b"1,inf\n", "standard input: line 1: inf is not a finite number"),
        (("-",), b"1,\x1b[31m\n", r"standard input: line 1: '\x1b[31m' is not a number"),
        (
            ("-",),
            b"\x89PNG\r\n\x1a\n",
            "standard input: neither text nor an array in NumPy's .npy format; "
            "`scratchnet predict` reads pictures",
        ),
        (
            ("-",),
            npy([[1, np.nan]]),
            "standard input: holds a value that is infinite or not a number",
        ),
        (("-",), npy([]), "standard input: holds no rows of numbers, its shape is (0,)"),
        (("-",), npy(1), "standard input: holds no rows of numbers, its shape is ()"),
        (("-",), npy(np.ones((1, 1, 2))), "standard input: an array has 3 axes, expected 1 or 2"),
        (("-",), npy([1, 2])[:-1], "standard input: an array of 16 bytes comes with 15 bytes"),
        (
            ("-",),
            npy(["a", "b"], "<U1"),
            "standard input: holds no numbers, expected integers or floats",
        ),
    ],
)  # fmt: skip
def test_what_is_no_input_is_refused_in_one_line(
    run: Run, x: tuple[str, ...], stdin: bytes, message: str
) -> None:
    """Wrong numbers, files and shapes end with 3 and a line that says what was expected."""
    result = run("forward", "three-layer", *x, stdin=stdin)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == f"scratchnet: {message}\n"


def test_objects_in_an_npy_are_not_unpickled(run: Run) -> None:
    """An .npy file of Python objects is refused without looking at them."""
    file = io.BytesIO()
    np.save(file, np.array([{}], object), allow_pickle=True)
    assert run("forward", "three-layer", "-", stdin=file.getvalue()).exit_code == 3


@pytest.mark.skipif(sys.platform == "win32", reason="Unix files")
def test_a_device_without_end_is_read_to_the_limit(run: Run) -> None:
    """What never ends is left at the limit, with a message that has it in MiB."""
    result = run("forward", "three-layer", "/dev/zero")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == ("scratchnet: /dev/zero: larger than 64 MiB, the most that is read\n")


def test_a_folder_or_an_unreadable_file_is_refused(run: Run, tmp_path: Path) -> None:
    """A folder in the place of a file is named with the system's reason."""
    result = run("forward", "three-layer", tmp_path)
    assert result.exit_code == 3
    assert result.stderr.startswith(f"scratchnet: {tmp_path}: ")


@pytest.mark.parametrize("args", [("--trac", "three-layer", "1"), ("three-layer", "1", "--trac")])
def test_a_misspelt_option_is_no_number(run: Run, args: tuple[str, ...]) -> None:
    """Numbers may begin with a minus sign, but options that do not exist are still refused."""
    result = run("forward", *args)
    assert result.exit_code == 2
    assert "--trac" in result.stderr
    assert "--trace" in result.stderr


def test_a_number_too_large_for_the_weights_is_refused(run: Run) -> None:
    """What float32 cannot hold is refused by name, not turned into infinity."""
    x = np.zeros(784)
    x[3] = 1e300
    result = run("forward", "bundled", "-", stdin=npy(x))
    assert result.exit_code == 3
    assert "too large for float32" in result.stderr


def test_the_numbers_are_needed(run: Run) -> None:
    """Without numbers the usage is shown."""
    assert run("forward", "three-layer").exit_code == 2
