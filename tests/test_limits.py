"""Small inputs that ask for much: they are refused, or need little memory."""

import os
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scratchnet_cli.errors import InputError
from scratchnet_cli.network import layers
from scratchnet_cli.network.trace import output_blocks, trace_network
from scratchnet_cli.system.text import shorten
from tests.conftest import BUNDLED_WEIGHTS, SCRATCHNET, Run
from tests.memory import Measured, run_measured
from tests.network.networks import random_network

PHOTO = Path(__file__).parents[1] / ".github" / "assets" / "photo.jpg"


def run_limited(*args: str | Path, cwd: Path, stdin: bytes = b"") -> Measured:
    """Run the program within 3 GB of address space."""
    measured = run_measured(*args, cwd=cwd, address_space=3_000_000, stdin=stdin)
    assert "Traceback" not in measured.stderr
    return measured


def zeros(path: Path, *widths: int, dtype: str = "f2") -> None:
    """Write a weight file of zeros, packed into very few bytes."""
    arrays: dict[str, Any] = {}
    for i, (inputs, outputs) in enumerate(pairwise(widths), 1):
        arrays |= {f"W{i}": np.zeros((inputs, outputs), dtype), f"b{i}": np.zeros(outputs, dtype)}
    np.savez_compressed(path, **arrays)


@pytest.mark.parametrize(
    ("widths", "reason"),
    [
        ((784, 1, 200_000, 1, 10), "200796 values an input, expected at most 131072"),
        ((784, 1, 20_000), "20000 classes, expected at most 1000"),
        ((784, *[1, 2**16] * 8, 1, 10), "values an input, expected at most"),
    ],
)
@pytest.mark.parametrize(
    "command",
    [
        "predict --weights zeros.npz photo.jpg photo.jpg --show", "forward zeros.npz x.npy",
        "eval --weights zeros.npz --dataset sample", "inspect zeros.npz",
        "convert zeros.npz new.npz", "bench --weights zeros.npz",
    ],
)  # fmt: skip
def test_network_that_computes_too_much_is_refused(
    run: Run, tmp_path: Path, command: str, widths: tuple[int, ...], reason: str
) -> None:
    """No command uses a network of too many classes, too wide, or too deep for its width."""
    zeros(tmp_path / "zeros.npz", *widths)
    assert (tmp_path / "zeros.npz").stat().st_size < 2**18
    (tmp_path / "photo.jpg").write_bytes(PHOTO.read_bytes())
    np.save(tmp_path / "x.npy", np.zeros((3, 784)))
    result = run(*command.split())
    assert result.exit_code == 3
    assert reason in result.stderr
    assert len(result.stderr) < 300


@pytest.mark.parametrize(
    "widths", [(784, 1, 10**7, 1, 10), pytest.param((784, 1, 15_000_000), marks=pytest.mark.slow)]
)
def test_network_of_millions_of_zeros_is_refused_in_little_memory(
    tmp_path: Path, widths: tuple[int, ...]
) -> None:
    """A file of 58 KiB takes no more memory than its arrays, and prints no megabytes."""
    zeros(tmp_path / "zeros.npz", *widths)
    options = ("--weights", "zeros.npz", "--show")
    measured = run_limited("predict", *options, *[PHOTO] * 3, cwd=tmp_path)
    assert measured.exit_code == 3
    assert measured.peak_mib < 512
    assert len(measured.stderr) < 300


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["f2", "f8"])
def test_largest_network_takes_bounded_memory(tmp_path: Path, dtype: str) -> None:
    """With the widest layers that are allowed, a folder of pictures needs less than a GiB."""
    zeros(tmp_path / "wide.npz", 784, 1, 130_000, 1, 10, dtype=dtype)
    for number in range(300):
        (tmp_path / f"{number}.jpg").write_bytes(PHOTO.read_bytes())
    for command in (("predict", "."), ("eval", "--dataset", "sample")):
        measured = run_limited(*command, "--weights", "wide.npz", cwd=tmp_path)
        assert measured.exit_code == 0, measured.stderr
        assert measured.peak_mib < 1024


def test_many_inputs_are_computed_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many inputs there are, no more values are computed at once than is allowed."""
    network = random_network(4, 6, 3, activations=("tanh", "identity"))
    x = np.random.default_rng(3).normal(size=(50, 4)).astype(np.float32)
    whole = network.logits(x)
    monkeypatch.setattr(layers, "MAX_BLOCK_VALUES", 40)
    assert [layers.max_rows(width) for width in (1, 6, 13, 40, 41)] == [40, 6, 3, 1, 1]
    blocks = list(output_blocks(network, x))
    assert max(map(len, blocks)) == 3
    np.testing.assert_allclose(np.concatenate(blocks), whole, rtol=1e-5, atol=1e-6)
    affine = layers.Layer.affine

    def affine_of_six(layer: layers.Layer, x: layers.Array) -> layers.Array:
        assert len(x) <= 6
        return affine(layer, x)

    monkeypatch.setattr(layers.Layer, "affine", affine_of_six)
    np.testing.assert_allclose(network.logits(x), whole, rtol=1e-5, atol=1e-6)
    trace_network(network, x[:3])
    with pytest.raises(InputError, match=r"at most 3 inputs, found 4; leave out --trace"):
        trace_network(network, x[:4])


@pytest.mark.parametrize(
    ("name", "mib", "command"),
    [
        ("t10k-images-idx3-ubyte", 4096, "eval --dataset ."),
        ("labels.tsv", 64, "eval --dataset ."),
        ("weights.npz", 64, "eval --dataset sample --weights weights.npz"),
        ("x.npy", 64, "forward bundled x.npy"),
        ("huge.png", 256, "predict huge.png"),
    ],
)
def test_file_is_refused_from_one_byte_above_the_limit(
    run: Run, tmp_path: Path, name: str, mib: int, command: str
) -> None:
    """The message names the limit; a file of exactly that size is read, and is not valid."""
    (tmp_path / name.replace("images-idx3", "labels-idx1")).touch()
    for excess in (1, 0):
        with (tmp_path / name).open("wb") as file:
            file.truncate(mib * 2**20 + excess)
        result = run(*command.split())
        assert result.exit_code == 3
        assert (f"{name}: larger than {mib} MiB" in result.stderr) == bool(excess), result.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "line", "command"),
    [
        ("labels.tsv", b"\t", "eval --weights bundled --dataset ."),
        ("x.csv", b"0," * 783 + b"0\n", "forward three-layer x.csv"),
        ("x.csv", "\U0001f600".encode(), "forward three-layer x.csv"),
    ],
)
def test_largest_text_takes_bounded_memory(
    tmp_path: Path, name: str, line: bytes, command: str
) -> None:
    """A file of 64 MiB, of any lines, takes less than 500 MiB."""
    (tmp_path / name).write_bytes(line * (2**26 // len(line)))
    measured = run_limited(*command.split(), cwd=tmp_path)
    assert measured.exit_code == 3
    assert measured.peak_mib < 500


def test_endless_line_in_a_list_is_refused(tmp_path: Path) -> None:
    """A line longer than any path is not repeated, and pictures before it are answered."""
    arguments = (*BUNDLED_WEIGHTS, "--files-from", "-")
    names = os.fsencode(PHOTO) + b"\n" + b"x" * 50_000_000
    measured = run_limited("predict", *arguments, cwd=tmp_path, stdin=names)
    assert measured.exit_code == 3
    assert measured.stdout.split(b"\t")[:2] == [os.fsencode(PHOTO), b"4"]
    assert "65536 bytes without a path; expected paths, one per line" in measured.stderr
    assert len(measured.stderr) < 300
    assert measured.peak_mib < 150


def test_long_name_is_cut_in_messages(run: Run) -> None:
    """Only the start of a name that no file can have is printed."""
    result = run("predict", "x" * 60_000)
    assert result.exit_code == 3
    assert len(result.stderr) < 5000
    assert "x… (55904 more): " in result.stderr
    assert shorten("abc", 3) == "abc"


@pytest.mark.slow
def test_number_of_many_digits_is_cut_in_messages(run: Run) -> None:
    """A cell of a million digits is infinite, and not repeated."""
    result = run("forward", "three-layer", "-", stdin=b"9" * 1_000_000 + b",1")
    assert result.exit_code == 3
    assert "contains infinity or NaN" in result.stderr
    assert len(result.stderr) < 200


def test_millions_of_inputs_are_answered_one_after_the_other(tmp_path: Path) -> None:
    """The first answers come before the last ones are computed, in little memory."""
    np.save(tmp_path / "x.npy", np.zeros((30_000_000, 2), np.int8))
    program = [*SCRATCHNET, "forward", "three-layer", "x.npy"]
    with subprocess.Popen(
        program, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    ) as running:  # fmt: skip
        assert running.stdout
        assert running.stderr
        assert b"0." in running.stdout.readline()
        status = Path(f"/proc/{running.pid}/status")
        if status.exists():
            peak = status.read_text().partition("VmHWM:")[2].split()[0]
            assert int(peak) < 900 * 1024
        running.stdout.close()
        assert running.wait(60) == 141
        assert running.stderr.read() == b""
