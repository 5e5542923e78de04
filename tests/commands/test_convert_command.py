"""``scratchnet convert``: the new file, whole or not at all; tests/weights has the formats."""

import errno
import os
import sys
from pathlib import Path

import pytest

from scratchnet_cli.errors import OutputError
from scratchnet_cli.system.files import write_file
from scratchnet_cli.system.origin import Origin
from scratchnet_cli.weights.load import read_weights
from scratchnet_cli.weights.write import write_weights
from tests.conftest import Run, any_file_name
from tests.network.networks import random_network
from tests.weights.refused_safetensors import state_dict


def names_in(folder: Path) -> list[str]:
    """Return the names of everything in a folder."""
    return [path.name for path in folder.iterdir()]


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """Return a weight file that states the names of its classes, of which one has a comma."""
    path = tmp_path / "named.npz"
    network = random_network(3, 2, activations=("tanh",))
    path.write_bytes(write_weights(network, ".npz", ("T-shirt", "a, or ü")))
    return path


def test_convert_prints_the_path_of_the_new_file(run: Run, tmp_path: Path) -> None:
    """The path goes to stdout, nothing else is left, and the new file gives the same answers."""
    target = tmp_path / "three.npz"
    result = run("convert", "three-layer", target)
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{target}\n", "")
    assert names_in(tmp_path) == ["three.npz"]
    answer = run("forward", target, "1.0", "0.5").stdout
    assert answer == run("forward", "three-layer", "1.0", "0.5").stdout


def test_convert_accepts_an_ending_in_capitals(run: Run, tmp_path: Path) -> None:
    """The format is the same, and the name is kept."""
    result = run("convert", "three-layer", tmp_path / "WEIGHTS.Npz")
    assert (result.exit_code, result.stderr) == (0, "")
    assert names_in(tmp_path) == ["WEIGHTS.Npz"]
    assert run("inspect", tmp_path / "WEIGHTS.Npz").exit_code == 0


@pytest.mark.parametrize("name", ["weights", "weights.txt", "weights.npz2", ".npz", "-"])
def test_convert_of_another_ending_is_wrong_usage(run: Run, tmp_path: Path, name: str) -> None:
    """It is refused before anything is read, and the message lists the known endings."""
    result = run("convert", "no such file", name if name == "-" else tmp_path / name)
    assert result.exit_code == 2
    assert ".pkl, .npz, .safetensors, .onnx" in result.stderr


@any_file_name
def test_convert_escapes_the_path(run: Run, tmp_path: Path) -> None:
    """Escape sequences and newlines in the new file's name do not reach the terminal."""
    result = run("convert", "three-layer", tmp_path / "a\x1b[31m\n.npz")
    assert (result.exit_code, result.stdout) == (0, f"{tmp_path}/a\\x1b[31m\\n.npz\n")


@pytest.mark.parametrize("suffix", [".npz", ".onnx", ".pkl"])
def test_convert_keeps_the_names_of_classes(
    run: Run, named: Path, tmp_path: Path, suffix: str
) -> None:
    """If the new format cannot store them, a note says that they are left out."""
    names = ("T-shirt", "ü" * 99)
    named.write_bytes(write_weights(random_network(3, 2), ".npz", names))
    if suffix == ".onnx":
        pytest.importorskip("onnx")
    target = tmp_path / f"new{suffix}"
    result = run("convert", named, target)
    assert result.exit_code == 0
    if suffix == ".npz":
        assert result.stderr == ""
        assert read_weights(target.read_bytes(), Origin("x", "x", "")).classes == names
    else:
        left_out = f"the names of the classes are left out; {suffix} has no place for them"
        assert f"{target}: {left_out}\n" in result.stderr


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("new.safetensors", "a .safetensors separates the names of classes by commas"),
        (
            "new.pkl",
            "a .pkl in the book's layout has no place for activations, and this network's are "
            "tanh; .npz, .safetensors and .onnx can hold them\n",
        ),
        ("new.onnx", "writing .onnx needs the package onnx: pip install onnx"),
        ("missing/x.npz", "cannot be written ("),
        ("named.npz/x.npz", "cannot be written ("),
        ("x" * 300 + ".npz", "cannot be written ("),
    ],
)
def test_convert_that_fails_leaves_nothing(
    run: Run, named: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    """If a format or the system refuses, there is one line and exit code 3."""
    monkeypatch.setitem(sys.modules, "onnx", None)
    result = run("convert", named, named.parent / name)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith(f"scratchnet: {named.parent / name}: {message}")
    assert len(result.stderr.splitlines()) == 1
    assert names_in(named.parent) == ["named.npz"]


def test_convert_notes_a_guess_at_activations(run: Run, tmp_path: Path) -> None:
    """A state_dict does not state its activations; the note says what to do about it."""
    source, target = tmp_path / "torch.safetensors", tmp_path / "new.npz"
    source.write_bytes(state_dict("0", "2"))
    assert "does not say which activations" in run("convert", source, target).stderr
    assert "a guess" in run("inspect", source).stdout
    assert run("inspect", target).stderr == ""


def test_convert_overwrites_a_file_only_by_force(run: Run, tmp_path: Path) -> None:
    """An existing file stays as it is, unless --force is given."""
    target = tmp_path / "mine.npz"
    target.write_bytes(b"precious")
    result = run("convert", "three-layer", target)
    assert result.exit_code == 3
    assert result.stderr == f"scratchnet: {target}: exists already; --force overwrites it\n"
    assert target.read_bytes() == b"precious"
    # Nothing is read, or even downloaded, before that.
    assert run("convert", "no such file", target).stderr == result.stderr
    assert run("convert", "three-layer", target, "--force").exit_code == 0
    assert names_in(tmp_path) == ["mine.npz"]
    assert run("inspect", target).exit_code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_convert_does_not_write_through_a_link(run: Run, tmp_path: Path) -> None:
    """A link is in the way too, even if it leads nowhere."""
    target = tmp_path / "link.npz"
    target.symlink_to(tmp_path / "elsewhere.npz")
    assert run("convert", "three-layer", target).exit_code == 3
    assert not (tmp_path / "elsewhere.npz").exists()


def test_convert_does_not_overwrite_a_folder(run: Run, tmp_path: Path) -> None:
    """--force overwrites files, not folders."""
    target = tmp_path / "folder.npz"
    target.mkdir()
    assert run("convert", "three-layer", target, "--force").exit_code == 3
    assert names_in(tmp_path) == ["folder.npz"]


def test_convert_does_not_overwrite_a_file_that_came_in_between(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even a file that appears while the new one is being written stays."""
    target = tmp_path / "mine.npz"
    write = Path.write_bytes

    def write_late(path: Path, data: bytes) -> int:
        write(target, b"precious")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", write_late)
    assert run("convert", "three-layer", target).exit_code == 3
    assert target.read_bytes() == b"precious"
    assert names_in(tmp_path) == ["mine.npz"]


def no_links(*_: object) -> None:
    """Fail as Linux does on a FAT file system."""
    raise PermissionError(errno.EPERM, "Operation not permitted")


def test_convert_writes_to_a_file_system_without_links(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a memory stick too the file is whole, and an existing one stays."""
    target = tmp_path / "mine.npz"
    monkeypatch.setattr(os, "link", no_links)
    assert run("convert", "three-layer", target).exit_code == 0
    assert run("inspect", target).exit_code == 0
    written = target.read_bytes()
    assert run("convert", "bundled", target).exit_code == 3
    with pytest.raises(OutputError, match="exists already"):
        write_file(target, b"other")
    assert target.read_bytes() == written
    assert names_in(tmp_path) == ["mine.npz"]


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("failure", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_file_whose_writing_fails_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool, failure: BaseException
) -> None:
    """If the move into place fails, or Ctrl-C comes then, there is no file, not an empty one."""

    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(os, "link", fail if links else no_links)
    monkeypatch.setattr(Path, "replace", fail)
    expected = OutputError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write_file(tmp_path / "mine.npz", b"data")
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("suffix", [".pkl", ".npz", ".safetensors"])
def test_convert_keeps_the_score_of_the_books_weights(
    run: Run, tmp_path: Path, real_data: Path, suffix: str
) -> None:
    """sample_weight.pkl in each format is right on 9,352 of 10,000 images."""
    target = tmp_path / f"book{suffix}"
    assert run("convert", real_data / "sample_weight.pkl", target).exit_code == 0
    result = run("eval", "--weights", target, "--dataset", real_data, "--progress", "none")
    assert result.stdout == "Accuracy: 0.9352\n"
