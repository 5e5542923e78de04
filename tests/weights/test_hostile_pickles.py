"""Hostile pickles: refused in one line, at once, and nothing is run."""

import contextlib
import copyreg
import pickle
import struct
import textwrap
import tracemalloc
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scratchnet_cli.errors import WeightsError
from tests.weights.hostile_pickles import HOSTILE, RUNNING, Evil
from tests.weights.opcodes import (
    FROMBUFFER,
    GOOD_W,
    NONE,
    TRUE,
    assembled,
    call,
    dtype,
    imported,
    number,
    raw,
    sequence,
    text,
)
from tests.weights.weight_files import PROTOCOLS, assert_holds, book_arrays, network_in, refusal


def test_pickles_assembled_here_are_sound() -> None:
    """What the attacks below start from is a good file, for Python as for this program."""
    data = assembled()
    assert_holds(network_in(data), pickle.loads(data))  # noqa: S301
    frombuffer = call(
        FROMBUFFER, raw(bytes(16)), dtype(), sequence(number(2), number(2)), text("F")
    )
    data = assembled(frombuffer)
    assert_holds(network_in(data), pickle.loads(data))  # noqa: S301


def assert_runs_only_when_unpickled(data: bytes, marker: Path) -> None:
    """Reading refuses the file and makes no folder, which Python's own unpickling does make."""
    refusal(data)
    assert not marker.exists()
    with contextlib.suppress(Exception):
        pickle.loads(data)  # noqa: S301
    assert marker.exists(), "the attack itself is broken"


@pytest.mark.parametrize("attack", sorted(RUNNING))
def test_no_pickle_runs_code(attack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that would run code, wherever the call is hidden, is refused and runs nothing."""
    monkeypatch.chdir(tmp_path)
    assert_runs_only_when_unpickled(RUNNING[attack], tmp_path / "MARKER")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_object_runs_code(protocol: int, tmp_path: Path) -> None:
    """An object whose unpickling runs code is refused in an array's place and runs nothing."""
    marker = tmp_path / "MARKER"
    data = pickle.dumps({**book_arrays(2, 2), "b1": Evil(marker)}, protocol)
    assert_runs_only_when_unpickled(data, marker)


def test_no_registered_extension_runs_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that the pickle names by a number known to this process is refused as well."""
    monkeypatch.chdir(tmp_path)
    copyreg.add_extension("os", "mkdir", 240)
    try:
        data = assembled(call(pickle.EXT1 + bytes((240,)), text("MARKER")))
        assert_runs_only_when_unpickled(data, tmp_path / "MARKER")
    finally:
        copyreg.remove_extension("os", "mkdir", 240)
        copyreg.clear_extension_cache()


def test_no_pickle_rewrites_a_function() -> None:
    """A file that would set attributes of a function in this process is refused and sets none."""
    attributes = pickle.EMPTY_DICT + text("marked") + TRUE + pickle.SETITEM
    data = assembled(imported("textwrap", "dedent") + sequence(NONE, attributes) + pickle.BUILD)
    refusal(data)
    assert not hasattr(textwrap.dedent, "marked")
    pickle.loads(data)  # noqa: S301
    assert hasattr(textwrap.dedent, "marked"), "the attack itself is broken"
    del textwrap.dedent.marked


@pytest.mark.parametrize("attack", sorted(HOSTILE))
def test_hostile_pickles_are_refused_at_once(attack: str) -> None:
    """Tricks that crash, bloat or stall an unpickler end in one line, within a second."""
    refusal(HOSTILE[attack])


def test_one_array_under_many_names_is_not_multiplied() -> None:
    """A small file that uses one array for hundreds of layers does not fill the memory."""
    W = np.asfortranarray(np.ones((256, 256)))  # noqa: N806
    b = np.ones(256)
    arrays = {f"{kind}{i}": W if kind == "W" else b for i in range(1, 201) for kind in "Wb"}
    data = pickle.dumps(arrays, 4)
    assert len(data) < 2**20
    tracemalloc.start()
    try:
        with contextlib.suppress(WeightsError):
            network_in(data)
        assert tracemalloc.get_traced_memory()[1] < 200 * 2**20
    finally:
        tracemalloc.stop()


def test_a_memo_far_out_costs_nothing() -> None:
    """A memo key of 2³¹-1, for which Python's reader asks for gigabytes, is just a key."""
    far = pickle.LONG_BINPUT + struct.pack("<I", 2**31 - 1)
    tracemalloc.start()
    try:
        network_in(assembled(GOOD_W + far))
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("value", "protocol", "reason"),
    [
        (OrderedDict(W1=1), 4, "this pickle fills something that is not a plain dict"),
        ([1], 4, "this pickle uses EMPTY_LIST (byte 11), a dict of arrays does not"),
        ({}, 1, "neither a .safetensors nor an .npz file nor a pickle of protocol 2 or later"),
        ({}, 0, "neither a .safetensors nor an .npz file nor a pickle of protocol 2 or later"),
    ],
)
def test_a_refusal_says_what_is_wrong(value: Any, protocol: int, reason: str) -> None:
    """A file that is nearly right gets a reason that tells what to change."""
    assert refusal(pickle.dumps(value, protocol)) == f"some file.pkl: {reason}"


def test_odd_escapes_are_no_warning() -> None:
    """An escape that Python would warn of, in an opcode that is refused anyway, is just refused."""
    assert "damaged or cut short" in refusal(b"\x80\x03S'\\ '\n.")


@pytest.mark.parametrize(
    ("function", "shown"),
    [(imported("os", "system"), "os.system"), (imported("builtins", "eval"), "builtins.eval")],
)
def test_a_refusal_names_what_would_be_called(function: bytes, shown: str) -> None:
    """The message says what the pickle would have called, so that one can judge it."""
    message = refusal(assembled(call(function, text("x"))))
    assert message == f"some file.pkl: this pickle is refused, it would call '{shown}'"
