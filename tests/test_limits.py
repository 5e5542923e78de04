"""Small inputs that ask for much: the program refuses them, or needs little for them as well."""

import os
import struct
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from scratchnet_cli.errors import InputError
from scratchnet_cli.network import layers as size
from scratchnet_cli.network.layers import Layer, Network
from scratchnet_cli.network.trace import output_blocks, trace_network
from scratchnet_cli.system.text import shortened
from tests.conftest import BUNDLED_WEIGHTS, SCRATCHNET, Run, encoded
from tests.memory import Measured, run_measured
from tests.weights.weight_files import B1, W1, npz, refusal

LONGEST_S = 20
SMALL = Path(__file__).parents[1] / ".github" / "assets" / "photo.jpg"


def run_limited(*args: str | Path, cwd: Path, stdin: bytes = b"") -> Measured:
    """Run the program within 3 GB of address space and 20 seconds."""
    measured = run_measured(*args, cwd=cwd, address_space=3_000_000, stdin=stdin, timeout=LONGEST_S)
    assert "Traceback" not in measured.stderr
    return measured


def zeros(path: Path, *widths: int) -> Path:
    """A weight file of zeros, packed into next to nothing."""
    arrays: dict[str, Any] = {}
    for i, (inputs, wide) in enumerate(pairwise(widths), 1):
        arrays |= {f"W{i}": np.zeros((inputs, wide), "f2"), f"b{i}": np.zeros(wide, "f2")}
    np.savez_compressed(path, **arrays)
    return path


COMMANDS = [
    ("predict", "--weights", "{}", "photo.jpg", "photo.jpg", "--show"),
    ("eval", "--weights", "{}", "--dataset", "sample"),
    ("forward", "{}", "x.npy"),
    ("inspect", "{}"),
    ("convert", "{}", "new.npz"),
    ("bench", "--weights", "{}"),
]


@pytest.mark.parametrize(
    ("widths", "reason"),
    [
        ((784, 1, 200_000, 1, 10), "computes 200796 values of each input, the most is 131072"),
        ((784, 1, 20_000), "has 20000 classes, the most is 1000"),
        ((784, *[1, 2**16] * 8, 1, 10), "values of each input"),
    ],
)
def test_a_network_that_computes_too_much_is_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, widths: tuple[int, ...], reason: str
) -> None:
    """Of too many classes, too wide or too deep for its width, no command uses it."""
    path = zeros(tmp_path / "zeros.npz", *widths)
    assert path.stat().st_size < 2**18
    (tmp_path / "photo.jpg").write_bytes(SMALL.read_bytes())
    np.save(tmp_path / "x.npy", np.zeros((3, 784)))
    monkeypatch.chdir(tmp_path)
    for command in COMMANDS:
        result = run(*(part.format("zeros.npz") for part in command))
        assert result.exit_code == 3, command
        assert reason in result.stderr
        assert len(result.stderr) < 300


@pytest.mark.parametrize(
    "widths",
    [(784, 1, 10**7, 1, 10), pytest.param((784, 1, 15_000_000), marks=pytest.mark.slow)],
)
def test_a_network_of_millions_of_zeros_is_refused_in_little_memory(
    tmp_path: Path, widths: tuple[int, ...]
) -> None:
    """A file of 58 KiB takes no more memory than its arrays, nor does it print megabytes."""
    zeros(tmp_path / "zeros.npz", *widths)
    photos = [str(SMALL)] * 3
    measured = run_limited("predict", "--weights", "zeros.npz", "--show", *photos, cwd=tmp_path)
    assert measured.exit_code == 3
    assert measured.peak_mib < 512
    assert len(measured.stderr) < 300


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["f2", "f8"])
def test_the_largest_network_takes_bounded_memory(tmp_path: Path, dtype: str) -> None:
    """With the widest layers that are allowed, a folder of pictures is answered within a GiB."""
    arrays: dict[str, Any] = {}
    for i, (inputs, wide) in enumerate(((784, 1), (1, 130_000), (130_000, 1), (1, 10)), 1):
        arrays |= {f"W{i}": np.zeros((inputs, wide), dtype), f"b{i}": np.zeros(wide, dtype)}
    np.savez_compressed(tmp_path / "wide.npz", **arrays)
    (tmp_path / "pictures").mkdir()
    picture = encoded_stroke()
    for number in range(300):
        (tmp_path / "pictures" / f"{number}.png").write_bytes(picture)
    for command in (("predict", "pictures"), ("eval", "--dataset", "sample")):
        measured = run_limited(*command, "--weights", "wide.npz", cwd=tmp_path)
        assert measured.exit_code == 0, measured.stderr
        assert measured.peak_mib < 1024


def encoded_stroke() -> bytes:
    """A picture of 28x28 as MNIST's own."""
    grey = np.zeros((28, 28), np.uint8)
    grey[4:24, 13:16] = 255
    return encoded(Image.fromarray(grey))


def test_many_inputs_go_through_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many inputs there are, no more numbers are computed at once than is allowed."""
    rng = np.random.default_rng(3)
    network = Network((Layer(rng.normal(size=(4, 6)), rng.normal(size=6), "tanh"),
                       Layer(rng.normal(size=(6, 3)), rng.normal(size=3), "identity")))  # fmt: skip
    x = rng.normal(size=(50, 4))
    whole = network.logits(x)
    monkeypatch.setattr(size, "MAX_BLOCK_VALUES", 40)
    np.testing.assert_allclose(network.logits(x), whole)
    parts = list(output_blocks(network, x))
    assert max(map(len, parts)) == 3
    np.testing.assert_allclose(np.concatenate(parts), whole)
    with pytest.raises(InputError, match="without --trace any number goes through"):
        trace_network(network, x)


def test_a_place_beyond_every_file_in_an_npz_is_refused() -> None:
    """A zip64 entry that lies at 2⁶³ or later ends in the sentence for damage."""
    data = npz(W1, B1)
    start = data.index(b"PK\1\2")
    name = int.from_bytes(data[start + 28 : start + 30], "little")
    for place in (2**63, 2**64 - 1):
        entry = bytearray(data[start : start + 46 + name])
        struct.pack_into("<H", entry, 30, 12)
        struct.pack_into("<I", entry, 42, 2**32 - 1)
        end = bytearray(data[start + 46 + name :])
        at = end.rindex(b"PK\5\6")
        (length,) = struct.unpack_from("<I", end, at + 12)
        struct.pack_into("<I", end, at + 12, length + 12)
        far = data[:start] + entry + struct.pack("<2HQ", 1, 8, place) + end
        assert refusal(bytes(far)) == "some file.pkl: this .npz is damaged or cut short"


def test_a_list_of_one_endless_line_is_refused(tmp_path: Path) -> None:
    """A list whose line is longer than any path is refused at once, and not repeated."""
    arguments = (*BUNDLED_WEIGHTS, "--files-from", "-")
    measured = run_limited("predict", *arguments, cwd=tmp_path, stdin=b"x" * 50_000_000)
    assert measured.exit_code == 3
    assert "a line of more than 65536 bytes is no path" in measured.stderr
    assert len(measured.stderr) < 300
    assert measured.peak_mib < 150


def test_the_pictures_before_it_are_answered(run: Run) -> None:
    """What stands in the list before such a line has its answer."""
    names = os.fsencode(SMALL) + b"\n" + b"x" * 200_000
    result = run("predict", *BUNDLED_WEIGHTS, "--files-from", "-", stdin=names)
    assert result.stdout.split("\t")[:2] == [str(SMALL), "4"]
    assert result.exit_code == 3


def test_a_long_name_is_cut_in_messages(run: Run) -> None:
    """A name that no file can have is told by its start."""
    result = run("predict", *BUNDLED_WEIGHTS, "x" * 60_000)
    assert result.exit_code == 3
    assert len(result.stderr) < 5000
    assert "x… (55904 more): " in result.stderr
    assert shortened("abc", 3) == "abc"


@pytest.mark.slow
def test_a_number_of_many_digits_is_cut_in_messages(run: Run) -> None:
    """A cell of a million digits is no finite number, and not repeated."""
    result = run("forward", "three-layer", "-", stdin=b"9" * 1_000_000 + b",1")
    assert result.exit_code == 3
    assert "is not a finite number" in result.stderr
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
        assert running.wait(LONGEST_S) == 141
        assert running.stderr.read() == b""
