"""Hostile .npz files: refused in one line, at once, and nothing is run."""

import io
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.weights.hostile_npz import HOSTILE_NPZ, zeros
from tests.weights.hostile_pickles import Evil
from tests.weights.weight_files import B1, W1, npy, npy_header, npy_of, npz, outcome, refusal


def test_the_zeros_are_packed_well() -> None:
    """The bomb below is a sound archive: its member really unpacks to all those zeros."""
    with zipfile.ZipFile(io.BytesIO(zeros(3))) as archive:
        assert archive.read("W1.npy") == bytes(3 * 2**20)


@pytest.mark.parametrize("attack", sorted(HOSTILE_NPZ))
def test_hostile_npz_files_are_refused_at_once(
    attack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Archives that lie about their sizes or hold something else than arrays end in one line."""
    monkeypatch.chdir(tmp_path)
    refusal(HOSTILE_NPZ[attack])
    assert not (tmp_path / "MARKER").exists()


def test_two_members_of_one_name_are_refused() -> None:
    """An archive with two arrays of the same name does not leave it to chance which one counts."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = npz(W1, B1, W1)
    assert refusal(data) == "some file.pkl: this .npz holds two arrays of the same name"


def test_objects_in_an_npz_are_not_unpickled(tmp_path: Path) -> None:
    """An .npz that makes ``np.load(allow_pickle=True)`` run a command is refused, nothing run."""
    marker = tmp_path / "MARKER"
    data = npz(W1, ("b1.npy", npy(np.array([Evil(marker)], object))))
    assert "float" in refusal(data)
    assert not marker.exists()
    with np.load(io.BytesIO(data), allow_pickle=True) as archive:
        assert archive["b1"].shape == (1,)
    assert marker.exists(), "the attack itself is broken"


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_in_other_compressions_is_refused(compression: int) -> None:
    """Archives packed as NumPy never packs them are refused too where they are damaged."""
    data = npz(W1, B1, compression=compression)
    rng = random.Random(5)  # noqa: S311
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= rng.randrange(1, 256)
        message = outcome(bytes(damaged))
        assert message is None or message.isprintable()


@pytest.mark.parametrize("length", ["2L", "2"])
def test_archives_of_python_2_are_no_noise(length: str) -> None:
    """A file saved under Python 2, with its long integers, is read or refused without a warning."""
    member = npy_of(npy_header(f"({length}, {length})"), np.ones((2, 2), "<f4").tobytes())
    message = outcome(npz(("W1.npy", member), B1))
    assert message is None or (length == "2L" and message.isprintable())
