"""``scratchnet convert``: the new file, whole or not at all; tests/weights has the formats."""

import sys
from pathlib import Path

import pytest

from scratchnet_cli.system.origin import Origin
from scratchnet_cli.weights import write
from scratchnet_cli.weights.load import read_weights
from scratchnet_cli.weights.write import write_weights
from tests.conftest import Run, any_file_name
from tests.network.networks import random_network
from tests.weights.refused_safetensors import state_dict

NAMES = ("T-shirt", "a, or " + "ü" * 93)


def names_in(folder: Path) -> list[str]:
    """Return the names of everything in a folder."""
    return [path.name for path in folder.iterdir()]


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """Return a weight file that states the names of its classes, of which one has commas."""
    path = tmp_path / "named.npz"
    path.write_bytes(write_weights(random_network(3, 2, activations=("tanh",)), ".npz", NAMES))
    return path


@pytest.mark.parametrize("name", ["three.npz", "WEIGHTS.Npz"])
def test_convert_prints_the_path_of_the_new_file(run: Run, tmp_path: Path, name: str) -> None:
    """The path goes to stdout, nothing else is left, and the new file gives the same answers."""
    target = tmp_path / name
    result = run("convert", "three-layer", target)
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{target}\n", "")
    assert names_in(tmp_path) == [name]
    answer = run("forward", target, "1.0", "0.5").stdout
    assert answer == run("forward", "three-layer", "1.0", "0.5").stdout


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
    named.write_bytes(write_weights(random_network(3, 2), ".npz", NAMES))
    if suffix == ".onnx":
        pytest.importorskip("onnx")
    target = tmp_path / f"new{suffix}"
    result = run("convert", named, target)
    note = f"{target}: {suffix} cannot store the names of the classes; use .npz or .safetensors\n"
    assert result.exit_code == 0
    assert (note in result.stderr) is (suffix != ".npz")
    if suffix == ".npz":
        assert result.stderr == ""
        assert read_weights(target.read_bytes(), Origin("x", "x", "")).classes == NAMES


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("new.safetensors", ".safetensors cannot store the name of a class with a comma; use .npz"),
        ("new.pkl", ".pkl cannot store activations, and these are not the book's; use .npz\n"),
        ("new.onnx", 'writing .onnx needs the package onnx; run python -m pip install ".[onnx]"'),
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
    assert result.stderr.startswith(f"error: {named.parent / name}: {message}")
    assert len(result.stderr.splitlines()) == 1
    assert names_in(named.parent) == ["named.npz"]


def test_convert_states_no_activations_that_are_assumed(run: Run, tmp_path: Path) -> None:
    """The new file does not state them either, until --activations does."""
    source, target = tmp_path / "torch.safetensors", tmp_path / "new.npz"
    source.write_bytes(state_dict("0", "2"))
    note = (
        f"warning: {source}: assuming activations sigmoid,identity; if wrong, use "
        "--activations relu,identity\n"
    )
    assert run("convert", source, target).stderr == note
    assert "assumed, because the file does not contain them" in run("inspect", target).stdout
    refused = run("convert", source, "new.onnx")
    assert (refused.exit_code, refused.stderr.splitlines()[1:]) == (
        3,
        [
            "error: new.onnx: .onnx needs activations, and the weights do not state them; add "
            "--activations relu,identity"
        ],
    )
    relu = ("--activations", "relu,identity")
    assert run("convert", source, target, "--force", *relu).stderr == ""
    result = run("inspect", target)
    assert "stated by the file" in result.stdout
    assert result.stderr == ""


def test_convert_overwrites_a_file_only_by_force(run: Run, tmp_path: Path) -> None:
    """An existing file stays as it is, unless --force is given."""
    target = tmp_path / "mine.npz"
    target.write_bytes(b"precious")
    result = run("convert", "three-layer", target)
    assert result.exit_code == 3
    assert result.stderr == f"error: {target}: already exists; use --force to overwrite it\n"
    assert target.read_bytes() == b"precious"
    # Nothing is read, or even downloaded, before that.
    assert run("convert", "no such file", target).stderr == result.stderr
    assert run("convert", "three-layer", target, "--force").exit_code == 0
    assert names_in(tmp_path) == ["mine.npz"]
    assert run("inspect", target).exit_code == 0


def test_convert_does_not_overwrite_a_file_that_came_in_between(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even a file that appears after the first check stays."""
    target = tmp_path / "mine.npz"
    monkeypatch.setattr(write, "write_weights", lambda *_: target.write_bytes(b"precious"))
    assert run("convert", "three-layer", target).exit_code == 3
    assert target.read_bytes() == b"precious"
    assert names_in(tmp_path) == ["mine.npz"]
