"""Labelled pictures: label lists, folders named after classes, and what is wrong with them."""

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scratchnet_cli.datasets import label_lists
from scratchnet_cli.datasets.pictures import LabelledPictures, find_labelled_pictures
from scratchnet_cli.errors import DatasetError
from tests.conftest import any_file_name


def find(folder: Path, classes: int = 10) -> LabelledPictures:
    """Return the labelled pictures in a folder."""
    pictures = find_labelled_pictures(str(folder), classes)
    assert pictures
    return pictures


def labels_in(folder: Path, classes: int = 10) -> list[tuple[str, int]]:
    """Return the path within the folder and the label of each picture, in order."""
    pictures = find(folder, classes)
    names = [Path(os.path.relpath(path, folder)).as_posix() for path in pictures.paths]
    assert len(pictures) == len(names)
    return list(zip(names, pictures.labels.tolist(), strict=True))


def refusal(folder: Path) -> str:
    """Return the message that refuses a folder."""
    with pytest.raises(DatasetError) as refused:
        find(folder)
    return str(refused.value)


def write(folder: Path, *names: str) -> Path:
    """Create empty files in a folder; return it."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


LISTS = {
    "plain": ("labels.tsv", "a.png\t3\nb.png\t7\n"),
    "no last line end": ("labels.tsv", "a.png\t3\nb.png\t7"),
    "heading": ("labels.tsv", "file\tdigit\na.png\t3\nb.png\t7\n"),
    "heading after a blank line": ("labels.csv", "\nfile,digit\na.png,3\nb.png,7\n"),
    "heading with a dot": ("labels.csv", "file.name,Label\na.png,3\nb.png,7\n"),
    "mark": ("labels.tsv", "\ufeffa.png\t3\nb.png\t7\n"),
    "mark and heading": ("labels.csv", '\ufeff"file","digit"\r\na.png,3\r\nb.png,7\r\n'),
    "Windows": ("labels.tsv", "a.png\t3\r\nb.png\t7\r\n"),
    "old Mac": ("labels.csv", "a.png,3\rb.png,7\r"),
    "more columns": ("labels.tsv", "a.png\t3\tby me\t\nb.png\t7\n"),
    "quotes": ("labels.csv", '"a.png","3","by ""me"", today"\n"b.png",7\n'),
    "blanks": ("labels.csv", "a.png, 3\nb.png, 7 \n  \n,\n"),
    "semicolons": ("labels.csv", 'file;digit;"by me"\na.png;3;"1,5"\nb.png;7\n'),
    "zeros": ("labels.csv", "a.png,03\nb.png,7\n"),
    "paths": ("labels.csv", "./a.png,3\nin/../b.png,7\n"),
}


@pytest.mark.parametrize(("name", "text"), LISTS.values(), ids=LISTS)
def test_list_is_read_as_tables_are_written(tmp_path: Path, name: str, text: str) -> None:
    """Headings, byte order marks, line ends, quotes and further columns change nothing."""
    write(tmp_path, "a.png", "b.png")
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    assert labels_in(tmp_path) == [("a.png", 3), ("b.png", 7)]


def test_list_keeps_its_order_and_may_name_folders(tmp_path: Path) -> None:
    """Pictures come in the order of the list, from folders too, whatever their suffix."""
    write(tmp_path, "in/z.png", "a.png", "picture")
    (tmp_path / "labels.csv").write_text("in/z.png,1\npicture,2\na.png,0\n")
    assert labels_in(tmp_path) == [("in/z.png", 1), ("picture", 2), ("a.png", 0)]


@any_file_name
def test_list_may_name_files_of_any_name(tmp_path: Path) -> None:
    """In a CSV, commas, quotes and line ends are quoted, and bytes need not be text."""
    names = ['a,"b".png', "a\nb.png", os.fsdecode(b"\xff.png"), "ü .png"]
    write(tmp_path / "csv", *names)
    quoted = ('"{}",{}\n'.format(name.replace('"', '""'), i) for i, name in enumerate(names))
    (tmp_path / "csv" / "labels.csv").write_bytes("".join(quoted).encode(errors="surrogateescape"))
    assert labels_in(tmp_path / "csv") == [(name, i) for i, name in enumerate(names)]
    write(tmp_path / "tsv", '"a".png')
    (tmp_path / "tsv" / "labels.tsv").write_text('"a".png\t5\n')
    assert labels_in(tmp_path / "tsv") == [('"a".png', 5)]


@any_file_name
@pytest.mark.parametrize(
    ("encoding", "name", "found"),
    [
        ("cp949", "숫자.png", "the text is in cp949 (line 2: '숫자.png'); save it as UTF-8"),
        ("cp932", "数字だ.png", "the text is in cp932 (line 2: '数字だ.png'); save it as UTF-8"),
        ("cp1252", "müßig.png", "the text is in cp1252 (line 2: 'müßig.png'); save it as UTF-8"),
        ("koi8-r", "цифра.png", "the text is not in UTF-8 (line 2); save it as UTF-8"),
    ],
)
def test_list_in_another_encoding_is_named(
    tmp_path: Path, encoding: str, name: str, found: str
) -> None:
    """If no picture has the listed name, the message begins with the encoding in which one has."""
    write(tmp_path, name)
    (tmp_path / "labels.csv").write_bytes(f"file,label\n{name},3\n".encode(encoding))
    assert refusal(tmp_path) == f"{tmp_path / 'labels.csv'}: {found}"


def test_list_in_another_encoding_may_have_a_long_name(tmp_path: Path) -> None:
    """A name that no file system allows in any encoding is a name that is not there."""
    (tmp_path / "labels.csv").write_bytes(b"\x88" + b"\xdc" * 125 + b",1\n")
    assert refusal(tmp_path).endswith("the text is not in UTF-8 (line 1); save it as UTF-8")


LONG = "x" * 99
EMPTY = "the list is empty, expected one picture per line"
EMPTY_CLASS = "the folder contains no pictures; add some, or remove it"
WRONG = {
    "word": ("labels.tsv", "a.png\t3\nb.png\tfour\n", "line 2: the label 'four' is not a class"),
    "class": ("labels.csv", "a.png,10\n", "line 1: the label '10' is not a class, expected "
              "0 to 9"),
    "huge": ("labels.csv", f"a.png,{'1' * 99}\n", f"line 1: the label '{'1' * 60}' is"),
    "name and word at first": ("labels.tsv", "c.png\tfour\nb.png\t1\n", "line 1: the label 'four'"),
    "word at first": ("labels.csv", "a.png,one\nb.png,1\n", "line 1: the label 'one'"),
    "two headings": ("labels.csv", "file,label\nname,what\na.png,1\n", "line 2: the label 'what'"),
    "negative": ("labels.csv", "a.png,-1\n", "line 1: the label '-1'"),
    "fraction": ("labels.csv", "a.png,1.0\n", "line 1: the label '1.0'"),
    "other figures": ("labels.csv", "a.png,٣\n", "line 1: the label '٣'"),
    "nothing": ("labels.csv", "a.png,\n", "line 1: the label ''"),
    "no heading": ("labels.csv", "c.png,10\na.png,1\n", "line 1: the label '10'"),
    "one column": ("labels.csv", "a.png,1\nb.png\n", "line 2 has one column; expected a name, a "
                   "comma or semicolon and a label"),
    "no tab": ("labels.tsv", "a.png,1\n", "line 1 has one column; expected a name, a tab "
               "(commas and semicolons are for labels.csv) and a label"),
    "semicolons in a .tsv": ("labels.tsv", "a.png;1\n", "line 1 has one column; expected a name, "),
    "missing": ("labels.csv", f"a.png,1\n{LONG},2\nd.png,2\n",
                f"'{LONG[:60]}' (line 2) does not exist; 2 of 3 pictures are missing"),
    "folder": ("labels.csv", "a.png,1\nin,2\n",
               "'in' (line 2) does not exist; 1 of 2 pictures is missing"),
    "twice": ("labels.csv", "a.png,1\nb.png,1\n./a.png,1\n",
              "line 3: 'a.png' is already on line 1; delete one"),
    "above": ("labels.csv", "../outside.png,1\n", "line 1: '../outside.png' is not in this folder"),
    "above by a way": ("labels.csv", "in/../../outside.png,1\n", "line 1: 'in/../../outside.png'"),
    "the folder above": ("labels.csv", "..,1\n", "line 1: '..' is not in this folder"),
    "absolute": ("labels.csv", "/etc/passwd,1\n", "line 1: '/etc/passwd' is not in this folder"),
    "no name": ("labels.csv", ",1\n", "line 1: '' is not a file name, expected that of a picture"),
    "null": ("labels.csv", "a\0.png,1\n", r"line 1: "),
    "empty": ("labels.csv", "", EMPTY),
    "only a heading": ("labels.tsv", "name\tlabel\n", EMPTY),
    "open quote": ("labels.csv", '"a.png,1\n', "line 1 is not valid CSV (unexpected end"),
    "many lines": ("labels.tsv", "\n" * 1_000_001, "line 1000001: expected at most 1000000"),
    "long line": ("labels.csv", f"a.png,1\n{' ' * (2**20 + 1)}", "line 2: expected at most"),
    "UTF-16": ("labels.csv", "\ufeffa.png,1\n", "the text is in UTF-16; save it as UTF-8"),
    "UTF-16 without a mark": ("labels.csv", "a.png,1\n", "the text is in UTF-16; save it as UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_list_that_is_wrong_is_refused_by_line(tmp_path: Path, kind: str) -> None:
    """The message names the list, the line and the cell; nothing outside the folder is read."""
    name, text, message = WRONG[kind]
    folder = write(tmp_path / "folder", "a.png", "b.png", "in/c.png")
    write(tmp_path, "outside.png")
    encoding = "utf-16-le" if kind.startswith("UTF-16") else "utf-8"
    (folder / name).write_text(text, encoding=encoding, newline="")
    assert refusal(folder).startswith(f"{folder / name}: {message}")


def test_list_that_cannot_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder in its place, a second list, or one that is too large."""
    (tmp_path / "one" / "labels.tsv").mkdir(parents=True)
    assert refusal(tmp_path / "one").endswith("labels.tsv: not a file, expected a list")
    folder = write(tmp_path / "two", "a.png", "labels.tsv", "labels.csv")
    assert refusal(folder) == (
        f"{folder}: contains both labels.tsv and labels.csv; delete one of them"
    )
    (folder / "labels.csv").unlink()
    (folder / "labels.tsv").write_text("a.png\t1\n".ljust(2**20, "\t"))
    monkeypatch.setattr(label_lists, "MAX_LIST_BYTES", 2**20)
    assert labels_in(folder) == [("a.png", 1)]
    (folder / "labels.tsv").write_text("a.png\t1\n".ljust(2**20 + 1, "\t"))
    assert refusal(folder).endswith("labels.tsv: larger than 1 MiB, the maximum; split it")


def test_class_folders_take_turns(tmp_path: Path) -> None:
    """Classes come by number, pictures by name; classes may be missing."""
    write(tmp_path, "2/b.png", "2/a.JPG", "10/x.png", "0/y.gif", "010/z.bmp")
    assert labels_in(tmp_path, classes=11) == [
        ("0/y.gif", 0), ("2/a.JPG", 2), ("010/z.bmp", 10), ("2/b.png", 2), ("10/x.png", 10),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["3/a.png", "cat/b.png"], "cat: not a class (0 to 9); rename or remove the folder, or use "
         "labels.tsv or labels.csv"),
        (["3/a.png", "10/b.png"], "10: not a class (0 to 9)"),
        (["3/a.png", "4/.hidden.png", "4/Thumbs.db"], f"4: {EMPTY_CLASS}"),
        (["3/a.png", "4/deeper/b.png"], f"4: {EMPTY_CLASS}"),
    ],
)  # fmt: skip
def test_class_folder_that_is_wrong_is_named(
    tmp_path: Path, names: list[str], message: str
) -> None:
    """A folder that is not named after a class, and a class without pictures, are errors."""
    assert refusal(write(tmp_path, *names)).startswith(f"{tmp_path}{os.sep}{message}")


def test_class_folder_that_is_unreadable_is_not_called_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message has the system's reason."""
    write(tmp_path, "3/a.png", "4/b.png")
    scandir = os.scandir

    def refusing(path: str | Path) -> Iterator[os.DirEntry[str]]:
        if str(path) == str(tmp_path / "4"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert refusal(tmp_path) == f"{tmp_path / '4'}: Permission denied"


@pytest.mark.parametrize("target", ["nowhere", "b.png"])
def test_broken_link_is_a_picture_that_cannot_be_read(tmp_path: Path, target: str) -> None:
    """It is not left out, whether its target is missing or it leads in a circle."""
    write(tmp_path, "3/a.png")
    for link in (tmp_path / "3" / "b.png", tmp_path / "c.png"):
        link.symlink_to(target)
    pictures = find(tmp_path)
    assert pictures.paths == [str(tmp_path / "3" / name) for name in ("a.png", "b.png")]
    assert pictures.notes == (
        f"{tmp_path}: left out, because they are in no class's folder: c.png",
    )


@pytest.mark.parametrize("link", ["inside", "folder/a.png", "folder"])
def test_list_does_not_leave_its_folder_by_a_link(tmp_path: Path, link: str) -> None:
    """A listed picture may be a link, or in a linked folder, if that leads into the folder."""
    folder = write(tmp_path / "set", "in/a.png")
    write(tmp_path / "elsewhere", "a.png")
    if link == "inside":
        (folder / "folder").symlink_to("in")
    else:
        (folder / link).parent.mkdir(exist_ok=True)
        (folder / link).symlink_to(tmp_path / "elsewhere" / link.partition("/")[2])
    (folder / "labels.tsv").write_text("in/a.png\t1\nfolder/a.png\t2\n")
    if link == "inside":
        assert len(find(folder)) == 2
    else:
        assert "line 2: 'folder/a.png' is not in this folder" in refusal(folder).replace("\\", "/")


def test_pictures_without_a_label_are_noted(tmp_path: Path) -> None:
    """A few are named; only hidden files, and those that systems leave, have no note."""
    a = write(tmp_path / "a", "3/a.png", "3/old/b.png", "c.png", "notes.txt", "3/.b.png",
              ".git/c.png", "3/.cache/d.png", ".e.png", "__MACOSX/3/._a.png", ".DS_Store",
              "3/.DS_Store", "3/Thumbs.db", "desktop.ini", "3/__MACOSX/x")  # fmt: skip
    assert labels_in(a) == [("3/a.png", 3)]
    assert find(a).notes == (
        f"{a / '3'}: left out, because they are not files: old",
        f"{a}: left out, because they are in no class's folder: c.png, notes.txt",
    )
    b = write(tmp_path / "b", *(f"{i}.png" for i in range(6)), "5/no class.png", "Thumbs.db")
    for listed, left_out in ((1, "1.png, 2.png, 3.png and 2 more"), (3, "3.png, 4.png, 5.png")):
        (b / "labels.tsv").write_text("".join(f"{i}.png\t1\n" for i in range(listed)))
        assert find(b).notes == (f"{b}: left out, because they are not in labels.tsv: {left_out}",)


@pytest.mark.parametrize(
    "names",
    [["a.png"], [], ["t10k-images-idx3-ubyte", "3/a.png"], ["train-labels.idx1-ubyte.gz", "1/a"]],
)
def test_folder_of_other_files_is_none(tmp_path: Path, names: list[str]) -> None:
    """Without labels, or with IDX files, which have priority, there are no labelled pictures."""
    assert find_labelled_pictures(str(write(tmp_path, *names)), 10) is None
    assert find_labelled_pictures(str(tmp_path / "missing"), 10) is None


def test_idx_files_have_known_names(tmp_path: Path) -> None:
    """A file whose name is only similar is not one."""
    write(tmp_path, "3/a.png", "t10k-images.txt", "my-t10k-images-idx3-ubyte")
    assert labels_in(tmp_path) == [("3/a.png", 3)]


@pytest.mark.skipif(sys.platform == "win32", reason="Unix files")
def test_pipe_in_a_class_folder_is_noted(tmp_path: Path) -> None:
    """Reading it would wait for ever."""
    os.mkfifo(write(tmp_path, "3/a.png") / "3" / "b.png")
    assert labels_in(tmp_path) == [("3/a.png", 3)]
    assert find(tmp_path).notes == (
        f"{tmp_path / '3'}: left out, because they are not files: b.png",
    )


def test_list_has_priority_over_the_folders_of_torchvision(tmp_path: Path) -> None:
    """But not over IDX files beside it."""
    write(tmp_path, "a.png", "raw/t10k-images-idx3-ubyte")
    assert find_labelled_pictures(str(tmp_path), 10) is None
    (tmp_path / "labels.csv").write_text("a.png,3\n")
    assert labels_in(tmp_path) == [("a.png", 3)]


def test_pictures_can_be_cut_to_the_first(tmp_path: Path) -> None:
    """``first`` keeps paths and labels together, and the notes."""
    pictures = find(write(tmp_path, "1/a.png", "2/b.png", "1/c.png", "d.png"))
    first = pictures.first(2)
    assert [Path(path).name for path in first.paths] == ["a.png", "b.png"]
    assert first.labels.tolist() == [1, 2]
    assert (first.folder, first.notes) == (pictures.folder, pictures.notes)
    assert pictures.first(None).paths == pictures.paths
