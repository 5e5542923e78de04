"""Which pictures of a folder are labelled, and what is wrong with labels."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from scratchnet_cli.datasets import label_lists
from scratchnet_cli.datasets.pictures import LabelledPictures, find_labelled_pictures
from scratchnet_cli.errors import DatasetError
from scratchnet_cli.system.inputs import expand
from tests.conftest import any_file_name


def find(folder: Path, classes: int = 10) -> LabelledPictures | None:
    """The pictures that a command would find."""
    return find_labelled_pictures(folder, classes, expand)


def found(folder: Path, classes: int = 10) -> dict[str, int]:
    """The label of each picture, by its path within the folder, in order."""
    pictures = find(folder, classes)
    assert pictures
    names = [Path(os.path.relpath(name, folder)).as_posix() for name in pictures.names]
    return dict(zip(names, pictures.labels.tolist(), strict=True))


def write(folder: Path, *names: str) -> Path:
    """A folder with these files, which nobody opens here."""
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
    "mark": ("labels.tsv", "\ufeffa.png\t3\nb.png\t7\n"),
    "mark and heading": ("labels.csv", '\ufeff"file","digit"\r\na.png,3\r\nb.png,7\r\n'),
    "Windows": ("labels.tsv", "a.png\t3\r\nb.png\t7\r\n"),
    "old Mac": ("labels.csv", "a.png,3\rb.png,7\r"),
    "more columns": ("labels.tsv", "a.png\t3\tby me\t\nb.png\t7\n"),
    "quotes": ("labels.csv", '"a.png","3","by ""me"", today"\n"b.png",7\n'),
    "blanks": ("labels.csv", "a.png, 3\nb.png, 7 \n  \n,\n"),
    "zeros": ("labels.csv", "a.png,03\nb.png,7\n"),
    "another way to write it": ("labels.csv", "./a.png,3\nin/../b.png,7\n"),
}


@pytest.mark.parametrize(("name", "text"), LISTS.values(), ids=LISTS)
def test_a_list_is_read_as_tables_are_written(tmp_path: Path, name: str, text: str) -> None:
    """Headings, marks, line ends, quotes and further columns change nothing."""
    write(tmp_path, "a.png", "b.png")
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    assert found(tmp_path) == {"a.png": 3, "b.png": 7}


def test_a_list_keeps_its_order_and_may_name_folders(tmp_path: Path) -> None:
    """Pictures come in the order of the list, from folders inside too, whatever their ending."""
    write(tmp_path, "in/z.png", "a.png", "picture")
    (tmp_path / "labels.csv").write_text("in/z.png,1\npicture,2\na.png,0\n")
    assert list(found(tmp_path).items()) == [("in/z.png", 1), ("picture", 2), ("a.png", 0)]


@any_file_name
def test_names_that_are_quoted_or_no_text_are_found(tmp_path: Path) -> None:
    """Commas, quotes and line ends stand in quotes, as tables have it; bytes as they are."""
    names = ['a,"b".png', "a\nb.png", os.fsdecode(b"\xff.png"), "ü .png"]
    write(tmp_path, *names)
    quoted = ('"{}",{}\n'.format(name.replace('"', '""'), i) for i, name in enumerate(names))
    (tmp_path / "labels.csv").write_bytes("".join(quoted).encode("utf-8", "surrogateescape"))
    assert found(tmp_path) == {name: i for i, name in enumerate(names)}


@any_file_name
def test_quotes_mean_nothing_between_tabs(tmp_path: Path) -> None:
    """In a TSV a name is what stands there."""
    write(tmp_path, '"a".png')
    (tmp_path / "labels.tsv").write_text('"a".png\t5\n')
    assert found(tmp_path) == {'"a".png': 5}


WRONG = {
    "word": ("labels.tsv", "a.png\t3\nb.png\tfour\n", "line 2: the label 'four' is no class"),
    "class": ("labels.csv", "a.png,10\n", "line 1: the label '10' is no class of the network, "
              "which are 0 to 9"),
    "word at first": ("labels.csv", "a.png,one\nb.png,1\n", "line 1: the label 'one'"),
    "two headings": ("labels.csv", "file,label\nname,what\na.png,1\n", "line 2: the label 'what'"),
    "negative": ("labels.csv", "a.png,-1\n", "line 1: the label '-1'"),
    "fraction": ("labels.csv", "a.png,1.0\n", "line 1: the label '1.0'"),
    "other figures": ("labels.csv", "a.png,٣\n", "line 1: the label '٣'"),
    "nothing": ("labels.csv", "a.png,\n", "line 1: the label ''"),
    "no heading": ("labels.csv", "c.png,10\na.png,1\n", "line 1: the label '10'"),
    "one column": ("labels.csv", "a.png,1\nb.png\n", "line 2 has one column"),
    "wrong separator": ("labels.csv", "a.png;1\n", "expected a name, a comma and a label"),
    "missing": ("labels.csv", "a.png,1\nc.png,2\nd.png,2\n",
                "2 of 3 pictures are not there, the first is 'c.png' (line 2)"),
    "folder": ("labels.csv", "a.png,1\nin,2\n", "the first is 'in' (line 2)"),
    "twice": ("labels.csv", "a.png,1\nb.png,1\n./a.png,1\n",
              "line 3: 'a.png' stands on line 1 already"),
    "above": ("labels.csv", "../outside.png,1\n", "line 1: '../outside.png' is not in this folder"),
    "above by a way": ("labels.csv", "in/../../outside.png,1\n", "is not in this folder"),
    "the folder above": ("labels.csv", "..,1\n", "is not in this folder"),
    "absolute": ("labels.csv", "/etc/passwd,1\n", "line 1: '/etc/passwd' is not in this folder"),
    "no name": ("labels.csv", ",1\n", "line 1: '' is no name of a picture"),
    "null": ("labels.csv", "a\0.png,1\n", "line 1: "),
    "empty": ("labels.csv", "", "lists no pictures"),
    "only a heading": ("labels.tsv", "name\tlabel\n", "lists no pictures"),
    "open quote": ("labels.csv", '"a.png,1\n', "is no line of a table"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_list_is_told_by_line(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    """The list, the line and what stands there; nothing is looked at outside of the folder."""
    folder = write(tmp_path / "folder", "a.png", "b.png", "in/c.png")
    write(tmp_path, "outside.png")
    (folder / name).write_text(text, encoding="utf-8", newline="")
    with pytest.raises(DatasetError) as refused:
        find(folder)
    assert str(refused.value).startswith(f"{folder / name}: ")
    assert message in str(refused.value)


def test_two_lists_are_one_too_many(tmp_path: Path) -> None:
    """Which of them holds is not guessed."""
    write(tmp_path, "a.png", "labels.tsv", "labels.csv")
    with pytest.raises(DatasetError, match=r"holds both labels.tsv and labels.csv; one of them"):
        find(tmp_path)


def test_a_list_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of that name, another encoding, or more than any list has."""
    (tmp_path / "one" / "labels.tsv").mkdir(parents=True)
    with pytest.raises(DatasetError, match=r"labels\.tsv: not a file"):
        find(tmp_path / "one")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "labels.tsv").write_text("a.png\t1\n", encoding="utf-16")
    with pytest.raises(DatasetError, match=r"labels\.tsv: is text in UTF-16; expected UTF-8"):
        find(tmp_path / "two")
    (tmp_path / "labels.tsv").write_text("a.png\t1\n" * 10)
    monkeypatch.setattr(label_lists, "MAX_BYTES", 20)
    with pytest.raises(DatasetError, match=r"labels\.tsv: larger than"):
        find(tmp_path)


def test_folders_named_after_classes_take_turns(tmp_path: Path) -> None:
    """By number, not by letter, and within a class by name."""
    write(tmp_path, "2/b.png", "2/a.JPG", "10/x.png", "0/y.gif", "010/z.bmp")
    assert list(found(tmp_path, classes=11).items()) == [
        ("0/y.gif", 0), ("2/a.JPG", 2), ("010/z.bmp", 10), ("2/b.png", 2), ("10/x.png", 10),
    ]  # fmt: skip


def test_only_some_classes_may_be_there(tmp_path: Path) -> None:
    """Nobody has to have pictures of each."""
    assert found(write(tmp_path, "7/a.png")) == {"7/a.png": 7}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["3/a.png", "cat/b.png"], "cat: no class of the network; "),
        (["3/a.png", "10/b.png"], "folders named 0 to 9"),
        (["3/a.png", "4/notes.txt"], "4: this class's folder holds no pictures"),
        (["3/a.png", "4/.hidden.png"], "4: this class's folder holds no pictures"),
        (["3/a.png", "4/deeper/b.png"], "4: this class's folder holds no pictures"),
    ],
)
def test_what_is_wrong_with_a_class_is_told_by_its_folder(
    tmp_path: Path, names: list[str], message: str
) -> None:
    """A folder that names no class, and a class without pictures, are errors."""
    with pytest.raises(DatasetError) as refused:
        find(write(tmp_path, *names))
    assert message in str(refused.value)


def test_a_class_that_may_not_be_seen_is_not_called_empty(
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
    with pytest.raises(DatasetError, match=r"4: Permission denied$"):
        find(tmp_path)


@pytest.mark.parametrize("goal", ["nowhere", "b.png"])
def test_a_link_that_leads_nowhere_is_a_picture_that_cannot_be_read(
    tmp_path: Path, goal: str
) -> None:
    """It is not passed over, whether its goal is not there or it leads in a circle."""
    write(tmp_path, "3/a.png")
    for link in (tmp_path / "3" / "b.png", tmp_path / "c.png"):
        link.symlink_to(goal)
    pictures = find(tmp_path)
    assert pictures
    assert pictures.names == [str(tmp_path / "3" / name) for name in ("a.png", "b.png")]
    assert pictures.notes == (f"{tmp_path}: in no class's folder, left out: c.png",)


def test_hidden_files_are_passed_over(tmp_path: Path) -> None:
    """Neither they nor hidden folders are pictures or classes, and nothing is said of them."""
    write(tmp_path, "3/a.png", "3/.b.png", ".git/c.png", "3/.cache/d.png", ".e.png")
    pictures = find(tmp_path)
    assert pictures
    assert pictures.names == [str(tmp_path / "3" / "a.png")]
    assert pictures.notes == ()


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    """Pictures that have no label, by name as long as they are few; files of other kinds not."""
    write(tmp_path / "a", "3/a.png", "3/old/b.png", "c.png", "notes.txt")
    write(tmp_path / "b", *(f"{i}.png" for i in range(6)), "5/no class.png", "labels.bak")
    (tmp_path / "b" / "labels.tsv").write_text("4.png\t1\n")
    a, b = (find(tmp_path / name) for name in "ab")
    assert a
    assert b
    assert a.notes == (
        f"{tmp_path / 'a' / '3'}: the folders in it are left out: old",
        f"{tmp_path / 'a'}: in no class's folder, left out: c.png",
    )
    assert b.notes == (
        f"{tmp_path / 'b'}: not in labels.tsv, left out: 0.png, 1.png, 2.png and 2 more",
    )


@pytest.mark.parametrize(
    "names",
    [["a.png"], [], ["t10k-images-idx3-ubyte", "3/a.png"], ["train-labels.idx1-ubyte.gz", "1/a"]],
)
def test_other_folders_are_none_of_these(tmp_path: Path, names: list[str]) -> None:
    """Without labels, or where there are IDX files, which go first."""
    assert find(write(tmp_path, *names)) is None


def test_the_first_ones_are_labelled_as_before(tmp_path: Path) -> None:
    """``first`` keeps names and labels together, and what is to be said."""
    pictures = find(write(tmp_path, "1/a.png", "2/b.png", "1/c.png", "d.png"))
    assert pictures
    first = pictures.first(2)
    assert [Path(name).name for name in first.names] == ["a.png", "b.png"]
    assert first.notes == pictures.notes
    np.testing.assert_array_equal(first.labels, [1, 2])
    assert pictures.first(None).names == pictures.names
