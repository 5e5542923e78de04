"""Folders and lists of odd files: each input has a row, or a line on stderr."""

import json
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.conftest import Run, encoded

HEIC = b"\0\0\0\x24ftypheic\0\0\0\0mif1heic"
NEED = 'a HEIC picture; run python -m pip install ".[heic]", or export it as JPEG'


@pytest.fixture
def folder(digits: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of odd files, where HEIC cannot be read."""
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    zero = Image.fromarray(digits[0]).resize((56, 56))
    pictures = {
        "IMG_1.HEIC": encoded(zero, "JPEG"), "no suffix": encoded(zero), "b.PNG": encoded(zero),
        "c.avif": encoded(zero, "AVIF", quality=100), "d.txt": encoded(zero, "WEBP"),
        "e.jpg": encoded(zero, "GIF"), "sub/a.png": encoded(zero), "sub/deep/b": encoded(zero),
    }  # fmt: skip
    unreadable = {
        "real.heic": HEIC, "real too": HEIC, "empty.png": b"", "text.png": b"text",
        "cut": encoded(zero)[:60], "animated.avif": HEIC.replace(b"heic", b"avis"),
    }  # fmt: skip
    others = {
        "x.pdf": b"%PDF-1.7",
        "labels.tsv": b"b.PNG\t0\n",
        "new\nline.txt": b"BM is a make of cars",
        "y.TXT": b"P1 hello",
        "z.npz": b"P1 hello",
    }
    ignored = [".hidden.png", "Thumbs.db", "desktop.ini", "__MACOSX/x.png", ".git/x.png"]
    for name, data in (pictures | unreadable | others | dict.fromkeys(ignored, b"x")).items():
        Path("odd", name).parent.mkdir(parents=True, exist_ok=True)
        Path("odd", name).write_bytes(data)
    Path("odd/broken.png").symlink_to("missing")
    Path("odd/link to sub").symlink_to("sub")
    if hasattr(os, "mkfifo"):
        os.mkfifo("odd/pipe.png")
    return Path("odd")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a pipe with a name")
def test_nothing_in_a_folder_is_skipped_silently(run: Run, folder: Path) -> None:
    """Of 23 names each is answered, has an error row, or is counted in a note."""
    result = run("predict", "--format", "json", folder)
    rows = {row["path"]: row for row in map(json.loads, result.stdout.splitlines())}
    read = ["IMG_1.HEIC", "b.PNG", "c.avif", "d.txt", "e.jpg", "no suffix"]
    assert [path for path, row in rows.items() if row.get("digit") == 0] == [
        str(folder / name) for name in read
    ]
    errors = {Path(path).name: row["error"] for path, row in rows.items() if "error" in row}
    first, second, *others, heic, summary = result.stderr.splitlines()
    assert first == (
        "note: 7 files in odd are not pictures "
        "(.txt 2, .tsv 1, link to a folder 1, pipe or device 1, .pdf 1, …)"
    )
    assert second == "note: odd: 1 picture in 1 subfolder skipped; use --recursive"
    assert heic == f"error: {folder / 'real too'} and 1 more: {NEED}"
    assert summary == "bundled weights: 6 pictures read, 0 of them with warnings, 7 unreadable"
    assert (errors.pop("real.heic"), errors.pop("real too")) == (NEED, NEED)
    assert {re.split("[/:] ?", line)[2]: line.rpartition(": ")[2] for line in others} == {
        name: error.rpartition(": ")[2] for name, error in errors.items()
    }
    names = [path for path in folder.iterdir() if path.name[0] != "."]
    assert len(names) == len(rows) + 7 + len(["sub", "Thumbs.db", "desktop.ini", "__MACOSX"])
    assert (result.exit_code, len(rows)) == (3, 13)


def test_recursive_reads_subfolders(run: Run, folder: Path) -> None:
    """The pictures of subfolders follow, and no note says that they are skipped."""
    result = run("predict", "--recursive", folder)
    paths = [line.partition("\t")[0] for line in result.stdout.splitlines()]
    assert paths[-2:] == [str(folder / "sub" / "a.png"), str(folder / "sub" / "deep" / "b")]
    assert "--recursive" not in result.stderr


@pytest.mark.parametrize(
    ("make", "note"),
    [
        (["a/x.png", "a/b/y.JPG", "a/c/no.txt"], "2 pictures in 2 subfolders"),
        (["a/no.txt"], "1 subfolder"),
        ([f"a/{i}.png" for i in range(30)], "at least 20 pictures in 1 subfolder"),
    ],
)
def test_note_counts_pictures_in_subfolders(
    run: Run, monkeypatch: pytest.MonkeyPatch, make: list[str], note: str
) -> None:
    """Without --recursive one note says how many there are, or at least how many."""
    monkeypatch.setattr("scratchnet_cli.system.folders.MAX_COUNTED", 20)
    for name in make:
        Path("odd", name).parent.mkdir(parents=True, exist_ok=True)
        Path("odd", name).touch()
    result = run("predict", "odd")
    assert result.stderr == (
        f"note: odd: {note} skipped; use --recursive\n"
        "error: odd: the folder contains no pictures; choose another folder, or use --recursive\n"
    )


def test_lists_of_find_print0_are_read(run: Run, folder: Path) -> None:
    """With --null each path ends in a zero byte, and may contain a line break."""
    odd = folder / "new\nline.png"
    odd.write_bytes((folder / "b.PNG").read_bytes())
    paths = b"\0".join(map(os.fsencode, (odd, folder / "b.PNG"))) + b"\0"
    command = ("predict", "--format", "plain")
    assert run(*command, "-0", "--files-from", "-", stdin=paths).stdout == "0\n0\n"
    assert run(*command, "--null", folder).exit_code == 2


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "PNG", "WEBP"])
def test_pages_and_frames_are_counted(run: Run, digits: NDArray[np.uint8], kind: str) -> None:
    """A note has their number; only the first is read."""
    pages = [Image.fromarray(digit) for digit in digits[:3]]
    data = encoded(pages[0], kind, save_all=True, append_images=pages[1:])
    Path("pages").write_bytes(data)
    result = run("predict", "pages", "--raw")
    assert result.stdout.startswith("pages\t0")
    assert "only the first of 3 pages or frames is read: save each as a file" in result.stderr
