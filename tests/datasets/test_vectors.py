"""Input vectors: numbers on the command line, CSV and .npy files, standard input."""

import errno
import io
import os
import sys
from pathlib import Path

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
        ("1_000 +.5 1e3 ٣", [[1000, 0.5, 1000, 3]]),
        ("1 2\n3,4\n5\t6", [[1, 2], [3, 4], [5, 6]]),
        ("7", [[7]]),
        ("1\n2\n", [[1], [2]]),
    ],
)
def test_csv_takes_numbers_as_python_does(text: str, rows: list[list[float]]) -> None:
    """As on the command line; each line has its own separator."""
    np.testing.assert_array_equal(parse_vectors(text.encode(), "x"), np.array(rows, float))


TYPE = "holds no numbers, expected integers or floats"
SHAPE = "holds no rows of numbers, its shape is "
VALUE = "holds a value that is infinite or not a number"
NOT_PLAIN = "not an array of plain numbers"
NO_TEXT = "neither text nor an array in NumPy's .npy format; `scratchnet predict` reads pictures"
WRONG = {
    "bool": (npy([True], "?"), TYPE),
    "complex": (npy([1], "<c8"), TYPE),
    "text": (npy(["a"], "<U1"), TYPE),
    "bytes": (npy([b"a"], "S1"), TYPE),
    "date": (npy([1], "<M8[s]"), TYPE),
    "record": (npy([(1, 2)], "f4,f4"), TYPE),
    "0-d": (npy(1), f"{SHAPE}()"),
    "3-d": (npy([[[1]]]), f"{SHAPE}(1, 1, 1)"),
    "empty": (npy([]), f"{SHAPE}(0,)"),
    "empty rows": (npy(np.zeros((2, 0))), f"{SHAPE}(2, 0)"),
    "nan": (npy([[1, np.nan]]), VALUE),
    "infinite": (npy([-np.inf, 1]), VALUE),
    "object": (npy([None], "O"), NOT_PLAIN),
    "pickle": (stated("'|O'", "(1,)"), NOT_PLAIN),
    "too few": (stated("'<f4'", "(17,)"), NOT_PLAIN),
    "too many": (stated("'<f4'", "(15,)"), "its header promises fewer numbers than there are"),
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
    "nothing": (b"", "holds no numbers"),
    "blanks": (b"\xef\xbb\xbf \n\t\n", "holds no numbers"),
    "heading": (b"a,b\n1,2\n", "could not convert string 'a' to float64 at row 0, column 1."),
    "ragged": (b"1,2\n\n3\n", "the number of columns changed from 2 to 1 at row 2"),
    "open end": (b"1,\n", "could not convert string '' to float64 at row 0, column 2."),
    "comment": (b"1\n#\n", "could not convert string '#' to float64 at row 1, column 1."),
    "hexadecimal": (b"0x1p3", "could not convert string '0x1p3' to float64 at row 0, column 1."),
    "controls": (b"1,\x1b[m", r"could not convert string '\x1b[m' to float64 at row 0, column 2."),
    "not finite": (b"1,inf\n", VALUE),
    "too large": (b"1e999\n", VALUE),
    "not a number": (b"nan 1\n", VALUE),
    "picture": (b"\x89PNG\r\n\x1a\n", NO_TEXT),
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
    with pytest.raises(InputError, match=r"^x: a line has more than 3 numbers$"):
        parse_vectors(separator.join("1111").encode(), "x")
    with pytest.raises(InputError) as refused:
        parse_vectors(b"9" * 5000 + b"x", "x")
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize("where", ["file", "stdin"])
def test_read_vectors_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """A file, or standard input, is read up to a size."""
    monkeypatch.setattr(vectors, "MAX_VECTOR_BYTES", 2**20)
    name = "-" if where == "stdin" else str(tmp_path / "x.csv")
    for size in (2**20, 2**20 + 1):
        data = b"1" + b" " * (size - 1)
        if where == "stdin":
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        else:
            Path(name).write_bytes(data)
        if size == 2**20:
            assert read_vectors([name]).tolist() == [[1]]
        else:
            label = "standard input" if where == "stdin" else name
            with pytest.raises(InputError) as refused:
                read_vectors([name])
            assert str(refused.value) == f"{label}: larger than 1 MiB, the most that is read"


def test_read_vectors_takes_numbers() -> None:
    """Numbers are one input, a single one too."""
    assert read_vectors(["1", "-.5", "2e3"]).tolist() == [1, -0.5, 2000]
    assert read_vectors(["7"]).tolist() == [7]


HINT = "; expected numbers, or the name of one file"


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["1", "x.csv"], f"'x.csv' is not a number{HINT}"),
        ([""], f"'' is not a number{HINT}"),
        (["1", "nan"], f"nan is not a finite number{HINT}"),
        (["inf"], f"inf is not a finite number{HINT}"),
        (["1", "x" * 99], f"'{'x' * 30}' is not a number{HINT}"),
        (["1", "9" * 999], f"{'9' * 30}… (969 more) is not a finite number{HINT}"),
        (["1,2"], "1,2: neither a number nor a file; numbers are separated by spaces, as in "
                  "scratchnet forward three-layer 1.0 0.5"),
        (["."], f".: {os.strerror(errno.EISDIR)}"),
        (["x" * 999], f"{'x' * 999}: {os.strerror(errno.ENAMETOOLONG)}"),
    ],
)  # fmt: skip
def test_read_vectors_names_what_is_wrong(texts: list[str], message: str) -> None:
    """A text that is neither a finite number nor a readable file is an error."""
    with pytest.raises(InputError) as refused:
        read_vectors(texts)
    assert str(refused.value) == message


def test_read_vectors_needs_an_open_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed standard input is an error of its own."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match=r"^standard input is closed$"):
        read_vectors(["-"])
