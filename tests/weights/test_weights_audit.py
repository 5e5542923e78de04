"""What reading a weight file does besides: nothing."""

import contextlib
import functools
import pickle

import pytest

from tests.audit import FORBIDDEN, listening
from tests.weights.hostile_npz import HOSTILE_NPZ
from tests.weights.hostile_pickles import HOSTILE, RUNNING
from tests.weights.weight_files import network_in, sound_files


@functools.cache
def everything() -> dict[str, bytes]:
    """All weight files of the tests that are quickly read: sound, running and hostile ones."""
    return {
        **sound_files(),
        **RUNNING,
        **HOSTILE,
        **HOSTILE_NPZ,
    }


@functools.cache
def warm_up() -> None:
    """Read good files once, for codecs and the like are imported on their first use."""
    for data in sound_files().values():
        network_in(data)


@pytest.mark.parametrize("key", sorted(everything()))
def test_reading_imports_opens_and_runs_nothing(key: str) -> None:
    """While a weight file is read, Python neither imports, opens, runs nor connects to anything."""
    data = everything()[key]
    warm_up()
    # What is raised where a file should be refused is another test's business.
    with listening() as events, contextlib.suppress(Exception):
        network_in(data)
    assert [event for event in events if FORBIDDEN.match(event)] == []


def test_the_proof_would_notice() -> None:
    """Unpickling in the usual way does raise such events, so their absence above counts."""
    with listening() as events:
        pickle.loads(sound_files()["protocol 4"])  # noqa: S301
    assert "pickle.find_class" in events
    assert all(
        FORBIDDEN.match(event)
        for event in ("import", "exec", "open", "socket.connect", "os.system", "pickle.find_class")
    )
