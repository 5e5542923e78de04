"""The option --activations of every command that takes weights."""

import json
from pathlib import Path

import numpy as np
import pytest

from scratchnet_cli import Predictor, load_weights
from tests.conftest import BUNDLED_WEIGHTS, Run
from tests.network.networks import random_network
from tests.weights.weight_files import saved

# Where these stand, the weights follow.
COMMANDS = (
    "eval --dataset sample --limit 9 --weights", "predict seven.png --weights", "draw --weights",
    pytest.param("bench --weights", marks=pytest.mark.slow),
    "inspect", "convert new.npz", "forward zeros.npy",
)  # fmt: skip
NOTE = "w.npz: assuming activations sigmoid,identity; if wrong, use --activations relu,identity"


@pytest.fixture(autouse=True)
def _files(digits: np.ndarray) -> None:
    """Write weights without activations, and something to run them on."""
    from PIL import Image

    layers = random_network(784, 9, 10).layers
    arrays = {
        f"{k}{i}": v for i, x in enumerate(layers, 1) for k, v in {"W": x.W, "b": x.b}.items()
    }
    Path("w.npz").write_bytes(saved(arrays))
    Image.fromarray(digits[0]).save("seven.png")
    np.save("zeros.npy", np.zeros((1, 784)))


@pytest.mark.parametrize("command", COMMANDS)
def test_command_notes_that_activations_are_assumed(run: Run, command: str) -> None:
    """With --activations it runs what was named, without a note; identity is not sigmoid."""
    name, *rest = command.split()
    args = [name, "w.npz", *rest] if name in ("convert", "forward") else [name, *rest, "w.npz"]
    result = run(*args)
    assert result.exit_code == 0
    assert f"warning: {NOTE}\n" in result.stderr
    again = run(*args, "--activations", "relu, identity", *(["--force"] * (name == "convert")))
    assert again.exit_code == 0
    assert "activations" not in again.stderr
    if name in ("predict", "forward"):
        assert again.stdout != result.stdout


def test_json_and_report_of_eval_contain_that_activations_are_assumed(run: Run) -> None:
    """They do so also with --quiet."""
    command = ("eval", "-q", "--dataset", "sample", "--weights", "w.npz", "--format", "json")
    assert json.loads(run(*command, "--report", "page.html").stdout)["activations"] == "assumed"
    assert "assumed, because the file does not contain them" in Path("page.html").read_text()


def test_command_notes_that_stated_activations_are_overridden(run: Run) -> None:
    """A figure that is not the file's own network's has a line on stderr."""
    bundled = (*BUNDLED_WEIGHTS, "--activations", "relu,relu,identity")
    note = "the file states other activations; using --activations relu,relu,identity\n"
    for command in (("eval", "--dataset", "sample"), ("inspect",)):
        args = bundled if command[0] == "eval" else ("bundled", *bundled[-2:])
        assert run(*command, *args).stderr.count(note) == 1
    stated = run("eval", "--dataset", "sample", *bundled[:-1], "sigmoid,sigmoid,identity")
    assert "activations" not in stated.stderr


def test_note_on_many_layers_is_short(run: Run) -> None:
    """It does not name the activations of a thousand layers."""
    Path("deep.npz").write_bytes(saved({f"W{i}": np.ones((1, 1)) for i in range(1, 1001)}))
    (note,) = run("inspect", "deep.npz").stderr.splitlines()
    assert len(note) < 350
    assert "assuming activations sigmoid,sigmoid" in note


def test_library_takes_activations_as_one_text() -> None:
    """It is what the note suggests for the command line."""
    network = load_weights("w.npz", activations="relu,identity").network
    assert [layer.activation for layer in network.layers] == ["relu", "identity"]


def test_library_warns_that_activations_are_assumed() -> None:
    """``load_weights`` and ``Predictor`` take the activations, or raise a UserWarning."""
    for load in (load_weights, Predictor):
        with pytest.warns(UserWarning, match=NOTE):
            load("w.npz")
        load("w.npz", activations=("relu", "softmax"))
    assert str(load_weights("w.npz", activations=["tanh", "identity"]).network) == (
        "Network(784-9-10, tanh identity)"
    )
