"""The object that a pipeline hands to its workers, held against ``scratchnet predict``."""

import json
import pickle
import struct
import subprocess
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli import Prediction, Predictor, load_weights
from scratchnet_cli.errors import ShapeError, WeightsError
from scratchnet_cli.prediction.predictor import BATCH
from tests.conftest import BUNDLED_WEIGHTS, Result, Run, encoded


def files_as_they_come(digits: NDArray[np.uint8]) -> list[bytes]:
    """MNIST's own pictures, large ones in dark ink, doubtful ones and broken ones."""
    files: list[bytes] = []
    for i, digit in enumerate(digits[:20]):
        own = encoded(Image.fromarray(digit))
        files.append(own)
        if i % 4 == 0:
            files.append(encoded(Image.fromarray(255 - digit).resize((80, 80)), "JPEG"))
        if i % 10 == 0:
            two = np.hstack([digit, digits[i + 1]])
            files += [own[:60], b"", b"no picture", encoded(Image.new("L", (50, 50), 200))]
            files.append(encoded(Image.fromarray(two).resize((112, 56))))
    return files


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory, digits: NDArray[np.uint8]) -> list[str]:
    """Those files, and among them the name of none."""
    folder = tmp_path_factory.mktemp("pictures")
    named: list[str] = []
    for i, data in enumerate(files_as_they_come(digits)):
        path = folder / f"{i:03}.png"
        path.write_bytes(data)
        named.append(str(path))
    return [*named[:7], str(folder / "missing.png"), *named[7:]]


def as_told(result: Result, paths: list[str]) -> list[Prediction]:
    """What ``predict --format json`` has said of the paths, as the object says it."""
    answers = map(json.loads, result.stdout.splitlines())
    told = {
        line["path"]: Prediction(
            line["path"], line["digit"], line["probability"], tuple(line["doubts"])
        )
        for line in answers
    }
    remarks = (line.removeprefix("scratchnet: ") for line in result.stderr.splitlines())
    errors = dict(remark.split(": ", 1) for remark in remarks)
    return [told.get(path) or Prediction(path, error=errors[path]) for path in paths]


def alike(one: list[Prediction], other: list[Prediction]) -> bool:
    """Whether all is the same; of the probabilities six decimals, which is what float32 gives."""
    return [replace(each, probability=None) for each in one] == [
        replace(each, probability=None) for each in other
    ] and np.allclose(
        [each.probability or 0 for each in one],
        [each.probability or 0 for each in other],
        rtol=0,
        atol=2e-6,
    )


@pytest.mark.parametrize(
    ("options", "keywords"),
    [
        ((), {}),
        (("--polarity", "dark"), {"polarity": "dark"}),
        (("--polarity", "light"), {"polarity": "light"}),
        (("--raw",), {"raw": True}),
    ],
)
def test_predictions_are_predict_s(
    run: Run, paths: list[str], options: tuple[str, ...], keywords: dict[str, Any]
) -> None:
    """Path by path there is the same digit, probability, doubts or error, and in the same order."""
    predictions = Predictor("bundled", **keywords)(paths)
    result = run("predict", *BUNDLED_WEIGHTS, "--format", "json", *options, *paths)
    assert alike(predictions, as_told(result, paths))
    assert sum(each.error is not None for each in predictions) >= 9
    assert any(each.doubts for each in predictions) or keywords == {"raw": True}


def test_bytes_say_the_same_as_paths(paths: list[str]) -> None:
    """A picture's content gives what its path gives, whatever kind of bytes or path it is."""
    predictor = Predictor("bundled")
    there = [path for path in paths if Path(path).exists()]
    contents = [Path(path).read_bytes() for path in there]
    by_path = predictor(there)
    assert predictor(map(Path, there)) == by_path
    assert predictor(contents) == [replace(each, path=None) for each in by_path]
    assert predictor(np.array(contents, object)) == predictor(map(bytearray, contents))


def test_each_batch_is_like_the_others(digits: NDArray[np.uint8]) -> None:
    """More pictures than the network is given at once keep their order, to the last."""
    own = [encoded(Image.fromarray(digit)) for digit in digits[: 2 * BATCH + 3]]
    network, _ = load_weights("bundled")
    x = digits[: len(own)].reshape(len(own), -1) / np.float32(255)
    assert [each.digit for each in Predictor(network)(iter(own))] == network.predict(x).tolist()
    assert Predictor(network)([]) == []


def test_a_failing_picture_harms_no_other(paths: list[str], tmp_path: Path) -> None:
    """What is no picture gets its own error, and its neighbours their answers."""
    (tmp_path / "folder").mkdir()
    odd: list[Any] = [None, 7, str(tmp_path / "folder"), "no\0file", b"", bytes(300)]
    predictions = Predictor("bundled")([paths[0], *odd, paths[0]])
    assert predictions[0] == predictions[-1]
    assert predictions[0].error is None
    assert [each.error for each in predictions[1:-1]] == [
        "neither the bytes of a picture nor its path, but NoneType",
        "neither the bytes of a picture nor its path, but int",
        "a folder, not a picture",
        "no file can have this name",
        "the file is empty",
        "not a picture of a known format (PNG JPEG BMP GIF WEBP TIFF PNM)",
    ]
    assert all(each.digit is None and each.probability is None for each in predictions[1:-1])


def test_a_dash_is_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, paths: list[str]
) -> None:
    """Only the command line means standard input by ``-``."""
    monkeypatch.chdir(tmp_path)
    Path("-").write_bytes(Path(paths[0]).read_bytes())
    assert Predictor("bundled")(["-"]) == [replace(*Predictor("bundled")([paths[0]]), path="-")]


# A worker, which says what it should not have done.
WORKER = """
import os, pickle, signal, sys
predictor, pictures = pickle.load(sys.stdin.buffer)
predictor(pictures)
started = []
watched = ("os.fork", "os.posix_spawn", "os.system", "subprocess.", "socket.", "signal.")
sys.addaudithook(lambda event, _: started.append(event) if event.startswith(watched) else None)
def state():
    files = os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd") else ()
    return len(files), signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
before = state()
predictions = predictor(pictures)
if state() != before or started:
    sys.exit(f"it has changed the process: {before} to {state()}, {started}")
sys.stdout.buffer.write(pickle.dumps((predictor, predictions)))
"""


def test_it_travels_with_its_weights(tmp_path: Path, digits: NDArray[np.uint8]) -> None:
    """Pickled before and after use, it answers the same where its weight file is not.

    And it leaves the process as it was: streams, signals, files, no processes and no sockets.
    """
    pictures = files_as_they_come(digits)
    source = Path(load_weights("bundled")[1].source)
    weights = tmp_path / "own.npz"
    weights.write_bytes(source.read_bytes())
    predictor = Predictor(str(weights))
    weights.unlink()
    with pytest.raises(WeightsError):
        Predictor(str(weights))
    for _ in range(2):
        sent = pickle.dumps((predictor, pictures))
        done = subprocess.run(
            [sys.executable, "-c", WORKER], input=sent, capture_output=True, check=True
        )
        assert done.stderr == b""
        predictor, predictions = pickle.loads(done.stdout)  # noqa: S301
        assert predictions == Predictor("bundled")(pictures)
    assert len(pickle.dumps(predictor)) < 200_000


def test_predictions_are_rows_and_cheap_to_send(paths: list[str]) -> None:
    """A prediction is frozen, takes a hundred bytes beside its path, and is a row of a table."""
    predictions = Predictor("bundled")(paths * 2)
    size = sum(len(each.path or "") for each in predictions)
    assert len(pickle.dumps(predictions)) < size + 100 * len(predictions)
    assert pickle.loads(pickle.dumps(predictions)) == predictions  # noqa: S301
    assert json.loads(json.dumps(asdict(predictions[0])))["path"] == paths[0]
    with pytest.raises(FrozenInstanceError):
        predictions[0].digit = 1  # type: ignore[misc]


def test_threads_share_it(digits: NDArray[np.uint8]) -> None:
    """Eight threads at once get the answers of one, and the host's warnings are as they were."""
    # Pillow warns of a picture that says that it is animated, and shows no frame.
    large = encoded(Image.fromarray(digits[0]).resize((140, 140)))
    body = b"acTL" + bytes(8)
    chunk = struct.pack(">I", 8) + body + struct.pack(">I", zlib.crc32(body))
    predictor, pictures = Predictor("bundled"), [large[:33] + chunk + large[33:]] * 6
    alone = predictor(pictures)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            before = list(warnings.filters)
            with ThreadPoolExecutor(8) as threads:
                assert list(threads.map(predictor, [pictures] * 12)) == [alone] * 12
            assert warnings.filters == before
    finally:
        sys.setswitchinterval(interval)
    assert alone[0].error is None


@pytest.mark.parametrize("picture", ["seven.png", Path("seven.png"), b"bytes"])
def test_one_picture_is_no_list(picture: Any) -> None:
    """A name alone is not taken for a list of letters."""
    with pytest.raises(TypeError, match=r"expected a list of pictures, not .*\[picture\]"):
        Predictor("bundled")(picture)


def test_what_cannot_work_is_refused_at_once() -> None:
    """A network for other inputs, or contrary keywords, are told when it is made."""
    with pytest.raises(ShapeError, match=r"takes 2 values .* have the shape \(784,\)"):
        Predictor("three-layer")
    with pytest.raises(ValueError, match="polarity is 'black', expected one of auto, dark, light"):
        Predictor("bundled", polarity="black")
    with pytest.raises(ValueError, match="no polarity but auto"):
        Predictor("bundled", polarity="dark", raw=True)
    assert repr(Predictor("bundled")).startswith("Predictor(Network(784-50-100-10, sigmoid")
