"""``Predictor``, compared with ``scratchnet predict``."""

import json
import pickle
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from scratchnet_cli import Prediction, Predictor, load_weights
from scratchnet_cli.errors import ShapeError, WeightsError
from scratchnet_cli.images.load import KNOWN_FORMATS
from scratchnet_cli.images.read import POLARITIES
from scratchnet_cli.prediction.predictor import BATCH_SIZE
from tests.conftest import Result, Run, Uint8, encoded
from tests.fuzz.targets import with_checksums


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory, digits: Uint8) -> list[str]:
    """Return files in MNIST's form, large ones in dark ink, uncertain, broken and missing ones."""
    files = [encoded(Image.fromarray(digit)) for digit in digits[:20]]
    large = (Image.fromarray(255 - digit).resize((80, 80)) for digit in digits[:20:4])
    files += [encoded(image, "JPEG") for image in large]
    for i in (0, 10):
        two = Image.fromarray(np.hstack([*digits[i : i + 2]])).resize((112, 56))
        blank = Image.new("L", (50, 50), 200)
        files[i + 1 : i + 1] = [files[i][:60], b"", b"no picture", encoded(blank), encoded(two)]
    folder = tmp_path_factory.mktemp("pictures")
    paths = [str(folder / f"{i:03}.png") for i in range(len(files))]
    for path, data in zip(paths, files, strict=True):
        Path(path).write_bytes(data)
    return [*paths[:7], str(folder / "missing.png"), *paths[7:]]


def contents(paths: list[str]) -> list[bytes]:
    """Return the content of the files that exist."""
    return [Path(path).read_bytes() for path in paths if Path(path).exists()]


def printed_predictions(result: Result, paths: list[str]) -> list[Prediction]:
    """Return what ``predict --format json`` printed about the paths."""
    answers = {answer["path"]: answer for answer in map(json.loads, result.stdout.splitlines())}
    return [
        Prediction(path, answer["digit"], answer["probability"], tuple(answer["doubts"]))
        if "error" not in (answer := answers[path])
        else Prediction(**answer)
        for path in paths
    ]


def assert_same(predictions: list[Prediction], others: list[Prediction]) -> None:
    """Compare everything; probabilities to six decimals, the precision of float32."""
    for prediction, other in zip(predictions, others, strict=True):
        assert replace(prediction, probability=None) == replace(other, probability=None)
        assert (prediction.probability or 0) == pytest.approx(other.probability or 0, abs=2e-6)


@pytest.mark.parametrize("option", [*(f"--polarity={each}" for each in POLARITIES), "--raw"])
def test_predictor_predicts_what_predict_prints(run: Run, paths: list[str], option: str) -> None:
    """Each path has the digit, probability, warnings or error of the command."""
    raw, polarity = option == "--raw", option.partition("=")[2] or "auto"
    predictions = Predictor("bundled", polarity, raw)(paths)
    result = run("predict", "--format", "json", option, *paths)
    assert_same(predictions, printed_predictions(result, paths))
    assert sum(prediction.error is not None for prediction in predictions) >= 9
    assert any(prediction.warnings for prediction in predictions) or raw


def test_predictor_takes_bytes_and_paths(paths: list[str]) -> None:
    """The content of a file gives the same as its path; a dash is a file of that name."""
    predictor = Predictor("bundled")
    by_path = predictor([path for path in paths if Path(path).exists()])
    files = contents(paths)
    assert predictor(files) == [replace(each, path=None) for each in by_path]
    assert predictor(np.array(files, object)) == predictor(map(bytearray, files))
    Path("-").write_bytes(files[0])
    dash = replace(by_path[0], path="-")
    assert predictor(["-", Path("-")]) == [dash, dash]


def test_predictor_takes_arrays_and_pil_images(paths: list[str]) -> None:
    """They are predicted as their PNG is: greys, colours, floats in [0, 1]; none is changed."""
    predictor = Predictor("bundled")
    with Image.open(paths[0]) as image:
        expected = [replace(each, path=None) for each in predictor([paths[0]])]
        grey = np.array(image)
        colours = np.stack([grey] * 3, axis=2)
        arrays: list[Any] = [grey, colours, grey / 255, np.float32(colours) / np.float32(255)]
        before = [array.copy() for array in arrays]
        assert predictor([*arrays, image, image.convert("RGBA")]) == expected * 6
        assert predictor(np.stack([grey, grey])) == expected * 2
        assert np.array_equal(np.array(image), grey)
    for array, old in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, old)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (np.zeros(4, np.uint8), "an array of shape (4,), expected (height, width) or (height, w"),
        (np.zeros((4, 4, 2)), "an array of shape (4, 4, 2), expected (height, width) or"),
        (
            np.broadcast_to(np.float64(0.5), (20_000, 20_000)),
            "an array of shape (20000, 20000) takes 4.00 GB; use a smaller one",
        ),
        (np.zeros((0, 4)), "an array of shape (0, 4), expected a pixel or more"),
        (np.zeros((4, 4), int), "an array of int64; convert it to uint8, or to floats in [0, 1]"),
        (np.full((4, 4), 255.0), "floats from 255 to 255, expected 0 to 1"),
        (np.full((4, 4), np.nan), "floats from nan to nan, expected 0 to 1"),
        (np.zeros((4, 4)), "no digit found"),
        (Image.new("1", (10_001, 10_000)), "10001x10000 pixels, the maximum is 100 million"),
    ],
)
def test_predictor_says_why_an_array_is_not_a_picture(source: Any, error: str) -> None:
    """Each has an error that names its shape, type or values, or the limit."""
    (prediction,) = Predictor("bundled")([source])
    assert prediction.error
    assert prediction.error.startswith(error)


def test_memory_of_an_array_depends_on_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """An array of uint8 is only copied, so it may have as many pixels as a file."""
    monkeypatch.setattr("scratchnet_cli.images.arrays.MAX_MEMORY_BYTES", 3 * 100 * 100)
    pictures = [np.zeros((100, 100, 3), dtype) for dtype in ("u1", "f4")]
    of_bytes, of_floats = Predictor("bundled")(pictures)
    assert str(of_bytes.error).startswith("no digit found")
    assert of_floats.error == "an array of shape (100, 100, 3) takes 0.00 GB; use a smaller one"


def test_predictor_keeps_the_order_of_batches(digits: Uint8) -> None:
    """There are as many predictions as pictures, for several batches, and for none."""
    count, weights = 2 * BATCH_SIZE + 3, load_weights("bundled")
    files = [encoded(Image.fromarray(digit)) for digit in digits[:count]]
    expected = weights.network.predict(digits[:count].reshape(count, -1) / np.float32(255))
    for each in (weights, weights.network):
        digits_read = [prediction.digit for prediction in Predictor(each)(iter(files))]
        assert digits_read == expected.tolist()
    assert Predictor(weights)([]) == []


def test_predictor_returns_errors_in_their_place(paths: list[str]) -> None:
    """Each source that is not a picture has its own error, and its neighbours have answers."""
    odd: list[Any] = [None, 7, ".", "no\0file", b"", bytes(300)]
    first, *others, last = Predictor("bundled")([paths[0], *odd, paths[0]])
    assert (first, first.error) == (last, None)
    assert [each.error for each in others] == [
        "expected a path, the bytes of a file, an array or a PIL image, not NoneType",
        "expected a path, the bytes of a file, an array or a PIL image, not int",
        "a folder, expected a picture",
        "not a valid file name",
        "the file is empty; save or copy it again",
        f"not a picture of a known format ({KNOWN_FORMATS}); export it as PNG",
    ]
    assert {(each.digit, each.probability) for each in others} == {(None, None)}


# A worker that fails if it changes its process.
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
    sys.exit(f"the process changed: {before} to {state()}, {started}")
sys.stdout.buffer.write(pickle.dumps((predictor, predictions)))
"""


def test_predictor_pickles_with_its_weights(paths: list[str]) -> None:
    """Without its weight file it answers the same, before and after use, and changes no process."""
    pictures = contents(paths)
    Path("w.npz").write_bytes(Path(load_weights("bundled").origin.source).read_bytes())
    predictor = Predictor("w.npz")
    Path("w.npz").unlink()
    command = [sys.executable, "-c", WORKER]
    for _ in range(2):
        sent = pickle.dumps((predictor, pictures))
        done = subprocess.run(command, input=sent, capture_output=True, check=True)
        assert done.stderr == b""
        predictor, predictions = pickle.loads(done.stdout)  # noqa: S301
        assert predictions == Predictor("bundled")(pictures)
    assert len(pickle.dumps(predictor)) < 200_000


def test_predictions_are_small_rows(paths: list[str]) -> None:
    """A prediction is frozen, takes a hundred bytes beside its path, and converts to a dict."""
    predictions = Predictor("bundled")(paths * 2)
    size = sum(len(each.path or "") for each in predictions)
    assert len(pickle.dumps(predictions)) < size + 100 * len(predictions)
    assert pickle.loads(pickle.dumps(predictions)) == predictions  # noqa: S301
    assert json.loads(json.dumps(asdict(predictions[0])))["path"] == paths[0]
    with pytest.raises(FrozenInstanceError):
        predictions[0].digit = 1  # type: ignore[misc]


def test_predictor_is_shared_by_threads(digits: Uint8) -> None:
    """Eight threads at once get the answers of one."""
    # Pillow warns of an animated picture without frames.
    large = encoded(Image.fromarray(digits[0]).resize((140, 140)))
    animated = with_checksums(large[:33] + b"\0\0\0\x08acTL" + bytes(12) + large[33:])
    predictor, pictures = Predictor("bundled"), [animated] * 6
    alone = predictor(pictures)
    assert alone[0].error is None
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(predictor, [pictures] * 12))
    sys.setswitchinterval(interval)
    assert answers == [alone] * 12


def test_predictor_rejects_what_cannot_work() -> None:
    """Other inputs, options that exclude each other, and other types fail at once."""
    with pytest.raises(ShapeError, match=r"^weights: the network takes 2 values .* 784 \(28x28\)"):
        Predictor("three-layer")
    with pytest.raises(WeightsError, match="expected book, bundled or the path"):
        Predictor("")
    with pytest.raises(ValueError, match="excludes a polarity"):
        Predictor("bundled", polarity="dark", raw=True)
    for weights, raw in ((1, False), ("bundled", "no")):
        with pytest.raises(TypeError, match=r"not int|raw is 'no', expected True or False"):
            Predictor(weights, raw=raw)  # type: ignore[arg-type]
    shown = r"Predictor\(Network\(784-.* identity\), polarity='dark', raw=False\)"
    assert re.fullmatch(shown, repr(Predictor("bundled", polarity="dark")))
