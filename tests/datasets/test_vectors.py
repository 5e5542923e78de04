"""Input vectors: numbers on the command line, CSV and .npy files, standard input."""

import errno
import io
import os
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from scratchnet_cli.datasets import vectors
from scratchnet_cli.datasets.vectors import parse_vectors, read_vectors
from scratchnet_cli.errors import InputError

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
DTYPES = ["<f2", "<f4", ">f4", "<f8", ">f8", "i1", "u1", "<i2", ">i2", "<i4", "<u4", "<i8", ">u8"]


def npy(array: object, dtype: str = "<f8", order: str = "C") -> bytes:
    """Return the array as an .npy file."""
    file = io.BytesIO()
    np.save(file, np.array(array, dtype, order=order))  # type: ignore[call-overload]
    return file.getvalue()


def header(text: str, body: bytes = bytes(64)) -> bytes:
    """Return an .npy file with that header."""
    return b"\x93NUMPY\1\0" + (len(text) + 1).to_bytes(2, "little") + f"{text}\n".encode() + body


def stated(descr: str, shape: str, rest: str = "") -> bytes:
    """Return an .npy file of 64 bytes that states this type and shape."""
    return header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, {rest}}}")


@given(
    array=arrays(np.float64, array_shapes(max_dims=2, max_side=5), elements=st.integers(0, 99)),
    dtype=st.sampled_from(DTYPES),
    order=st.sampled_from("CF"),
)
def test_npy_gives_what_was_written(array: NDArray[np.float64], dtype: str, order: str) -> None:
    """Arrays of one or two axes come back, whatever their type, byte order and layout."""
    found = parse_vectors(npy(array, dtype, order), "x")
    assert found.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(found, array)


@given(
    rows=st.integers(1, 3).flatmap(
        lambda n: st.lists(st.lists(FLOATS, min_size=n, max_size=n), min_size=1, max_size=4)
    ),
    separator=st.sampled_from([",", ", ", " ,", " ", "\t", " \t "]),
    end=st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\n \t\n"]),
    start=st.sampled_from(["", "\ufeff", "\n"]),
)
def test_csv_gives_what_was_written(
    rows: list[list[float]], separator: str, end: str, start: str
) -> None:
    """Commas or blanks, every kind of line end, empty lines and a byte order mark."""
    text = start + "".join(separator.join(map(repr, row)) + end for row in rows)
    np.testing.assert_array_equal(parse_vectors(text.encode(), "x"), rows, strict=True)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("+.5 1e3 -2.", [[0.5, 1000, -2]]),
        ("1 2\n3,4\n5\t6", [[1, 2], [3, 4], [5, 6]]),
        ("7", [[7]]),
        ("1\n2\n", [[1], [2]]),
    ],
)
def test_csv_takes_every_form_of_a_number(text: str, rows: list[list[float]]) -> None:
    """As the command line does; each line has its own separator."""
    np.testing.assert_array_equal(parse_vectors(text.encode(), "x"), np.array(rows, float))


TYPE = "contains no numbers, expected integers or floats"
SHAPE = "has the shape {}, expected rows of numbers"
VALUE = "contains infinity or NaN, expected finite numbers"
CELL = "row {1}, column 1: {0} is not a number; correct the file"
MORE = "more numbers than the header states; save it again with np.save"
LONG = "a line has more than 8388608 characters; save the rows as .npy"
NOT_PLAIN = "not an array of plain numbers; save it with np.save"
NO_TEXT = "neither text nor an array in NumPy's .npy format; `scratchnet predict` reads pictures"
WRONG = {
    "bool": (npy([True], "?"), TYPE),
    "complex": (npy([1], "<c8"), TYPE),
    "bytes": (npy([b"a"], "S1"), TYPE),
    "date": (npy([1], "<M8[s]"), TYPE),
    "record": (npy([(1, 2)], "f4,f4"), TYPE),
    "empty rows": (npy(np.zeros((2, 0))), SHAPE.format((2, 0))),
    "infinite": (npy([-np.inf, 1]), VALUE),
    "pickle": (stated("'|O'", "(1,)"), NOT_PLAIN),
    "too few": (stated("'<f4'", "(17,)"), NOT_PLAIN),
    "too many": (stated("'<f4'", "(15,)"), MORE),
    "far too few": (stated("'<f8'", "(99999999999,)"), NOT_PLAIN),
    "overflow": (stated("'<f4'", f"({2**32}, {2**32})"), NOT_PLAIN),
    "endless": (stated("'<f4'", f"({10**40},)"), NOT_PLAIN),
    "negative": (stated("'<f4'", "(-1,)"), NOT_PLAIN),
    "Python 2": (stated("'<f4'", "(16L,)"), NOT_PLAIN),
    "call": (stated("exit()", "(16,)"), NOT_PLAIN),
    "more keys": (stated("'<f4'", "(16,)", "'x': 1"), NOT_PLAIN),
    "nested": (header("(" * 3000), NOT_PLAIN),
    "open string": (header("'''"), NOT_PLAIN),
    "only the magic": (b"\x93NUMPY", NOT_PLAIN),
    "no header": (b"\x93NUMPY\1\0\xff\xff", NOT_PLAIN),
    "other version": (b"\x93NUMPY\x09\0", NOT_PLAIN),
    "blanks": (b"\xef\xbb\xbf \n\t\n", "contains no numbers, expected one or more"),
    "semicolon": (b"1;2", CELL.format("'1;2'", 1)),
    "comment": (b"1\n#\n", CELL.format("'#'", 2)),
    "hexadecimal": (b"0x1p3", CELL.format("'0x1p3'", 1)),
    "Python": (b"1_0", CELL.format("'1_0'", 1)),
    "digits": ("١".encode(), CELL.format("'١'", 1)),
    "too large": (b"1e999\n", VALUE),
    "not a number": (b"nan 1\n", VALUE),
    "long line": (b"0" * (2**23 + 1), LONG),
    "many lines": (b"\n" * 1_000_001, "more than 1000000 lines; save them as .npy"),
    "UTF-16": ("1,2".encode("utf-16"), NO_TEXT),
}  # fmt: skip


@pytest.mark.parametrize(("data", "message"), WRONG.values(), ids=WRONG)
def test_vectors_that_are_no_numbers_are_refused(data: bytes, message: str) -> None:
    """The message is one line that names the file and the problem."""
    with pytest.raises(InputError) as refused:
        parse_vectors(data, "some file")
    assert str(refused.value) == f"some file: {message}"


def test_vectors_of_wide_floats_are_refused() -> None:
    """No network computes with more than 8 bytes a number."""
    if np.dtype(np.longdouble).itemsize == 8:
        pytest.skip("this machine has no wider floats")
    with pytest.raises(InputError, match=TYPE):
        parse_vectors(npy([1], np.dtype(np.longdouble).str), "x")


@pytest.mark.parametrize("separator", [",", " "])
def test_csv_with_endless_lines_is_refused(separator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line has at most so many numbers; a long one that is wrong is not repeated."""
    monkeypatch.setattr(vectors, "MAX_COLUMNS", 3)
    assert parse_vectors(separator.join("111").encode(), "x").shape == (1, 3)
    with pytest.raises(
        InputError, match=r"^x: a line has more than 3 numbers; save the rows as .npy$"
    ):
        parse_vectors(separator.join("1111").encode(), "x")
    with pytest.raises(InputError) as refused:
        parse_vectors(b"9" * 5000 + b"x", "x")
    assert len(str(refused.value)) < 250


def test_read_vectors_reads_standard_input_up_to_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte more is an error."""
    monkeypatch.setattr(vectors, "MAX_VECTOR_BYTES", 2**20)
    for size in (2**20, 2**20 + 1):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"1".ljust(size))))
        if size == 2**20:
            assert read_vectors(["-"]).tolist() == [[1]]
        else:
            with pytest.raises(
                InputError, match=r"^standard input: larger than 1 MiB, the maximum; "
            ):
                read_vectors(["-"])


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["inf"], "inf is not a finite number, expected"),
        (["1", "1_0"], "'1_0' is not a number, expected"),
        (["1", "١"], "'١' is not a number, expected"),
        (["1", "x" * 99], f"'{'x' * 30}' is not a number, expected"),
        (["1", "9" * 999], f"{'9' * 30}… (969 more) is not a finite number, expected"),
        (["x" * 999], f"{'x' * 999}: {os.strerror(errno.ENAMETOOLONG)}"),
    ],
)
def test_read_vectors_names_what_is_wrong(texts: list[str], message: str) -> None:
    """A long text is cut; a name that the system refuses comes with its reason."""
    with pytest.raises(InputError) as refused:
        read_vectors(texts)
    assert str(refused.value).startswith(message)


def test_read_vectors_needs_an_open_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed standard input is an error of its own."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match=r"^standard input is closed; name a file$"):
        read_vectors(["-"])
