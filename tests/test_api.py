"""The Python interface: documentation that runs, types as people use them, and clear errors."""

import doctest
import inspect
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scratchnet_cli
from scratchnet_cli import evaluate, load_dataset, load_mnist, load_weights, read_image
from scratchnet_cli.errors import DatasetError, ShapeError
from tests.conftest import ACCURACY

ASSETS = Path(__file__).parents[1] / ".github" / "assets"


@pytest.mark.parametrize("name", scratchnet_cli.__all__)
def test_documentation_is_complete_and_runs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each function has arguments, result, errors and an example that gives what it shows."""
    monkeypatch.chdir(ASSETS)
    public = getattr(scratchnet_cli, name)
    known = {each: getattr(scratchnet_cli, each) for each in scratchnet_cli.__all__}
    known |= vars(sys.modules[public.__module__])
    runner = doctest.DocTestRunner()
    for test in doctest.DocTestFinder().find(public, name, globs=known):
        runner.run(test)
    assert runner.failures == 0
    if inspect.isfunction(public):
        text = inspect.getdoc(public) or ""
        for title in ("Args", "Returns", "Raises", "Example"):
            assert f"\n{title}:\n" in text
        for argument in inspect.signature(public).parameters:
            assert f"\n    {argument}: " in text


def test_documentation_shows_a_layer_in_a_line() -> None:
    """The repr of networks and layers has sizes and activations, but no weights."""
    network = load_weights("bundled").network
    assert repr(network) == "Network(784-50-100-10, sigmoid sigmoid identity)"
    assert repr(network.layers[1]) == "Layer(50-100, sigmoid)"


def test_network_takes_lists() -> None:
    """Numbers as people type them give the same as their array."""
    network = load_weights("three-layer").network
    assert network.predict([1.0, 0.5]) == network.predict(np.array([1.0, 0.5])) == 1
    assert network.probabilities([[1, 0], [0, 1]]).shape == (2, 2)


def test_sample_is_evaluated_as_dataset_and_as_arrays() -> None:
    """Neither needs an internet connection, and both have the same accuracy."""
    dataset, weights = load_dataset("sample"), load_weights("bundled")
    x, t = dataset.arrays()
    assert (x.shape, t.shape, dataset.origin.name) == ((1000, 784), (1000,), "sample")
    for each in (weights, weights.network):
        for data in (dataset, (x, t)):
            assert f"{evaluate(each, data).accuracy:.4f}" == ACCURACY


@pytest.mark.parametrize(
    ("labels", "batch_size", "error", "message"),
    [
        ([0, 1, -1], 100, ShapeError, "arrays has a label -1, but .* classes 0 to 1"),
        ([0, 1, 2], 100, ShapeError, "arrays has a label 2, but .* classes 0 to 1"),
        ([], 100, DatasetError, "the dataset is empty, expected an image or more"),
        ([0, 1], 100, DatasetError, "expected 3 labels, one for each image, found 2"),
        ([0, 1, 0], 0, ValueError, "batch_size is 0, expected 1 or more"),
        ([0, 1, 0], -1, ValueError, "batch_size is -1, expected 1 or more"),
    ],
)
def test_evaluate_rejects(labels: list[int], batch_size: int, error: Any, message: str) -> None:
    """A label without a class, no images, or an endless batch is an error."""
    data = np.zeros((3 if labels else 0, 2)), np.array(labels, np.int64)
    with pytest.raises(error, match=message):
        evaluate(load_weights("three-layer"), data, batch_size)


@pytest.mark.parametrize("load", [load_mnist, lambda split: load_dataset("sample", split)])
def test_unknown_split_is_rejected_with_the_known(load: Any) -> None:
    """A dataset's name in place of the split is an error that names both splits."""
    with pytest.raises(DatasetError, match="no split 'sample', expected 'test' or 'train'"):
        load("sample")


def test_paths_may_be_objects() -> None:
    """A ``Path`` loads the same as its text; anything else is not a picture."""
    path = Path(load_weights("bundled").origin.source)
    assert load_weights(path).origin == load_weights(str(path)).origin
    photo = ASSETS / "photo.jpg"
    assert np.array_equal(read_image(photo).pixels, read_image(photo.read_bytes()).pixels)
    why = "expected a path, the bytes of a file, an array or a PIL image, not int"
    with pytest.raises(TypeError, match=why):
        read_image(7)  # type: ignore[arg-type]
