"""What a notebook meets: arguments as people type them, and failures in a sentence of ours."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli import evaluate, load_dataset, load_mnist, load_weights, read_image
from scratchnet_cli.errors import DatasetError, ShapeError
from scratchnet_cli.evaluation.evaluate import Evaluation


def test_networks_and_layers_are_shown_in_a_line() -> None:
    """Their repr has sizes and activations, and none of the thousands of numbers."""
    network, _ = load_weights("bundled")
    assert repr(network) == "Network(784-50-100-10, sigmoid sigmoid identity)"
    assert repr(network.layers[1]) == "Layer(50-100, sigmoid)"


def test_a_network_takes_a_list_as_well_as_an_array() -> None:
    """Numbers as they are typed give what the array of them gives."""
    network, _ = load_weights("three-layer")
    assert network.predict([1.0, 0.5]) == network.predict(np.array([1.0, 0.5])) == 1
    assert network.probabilities([[1, 0], [0, 1]]).shape == (2, 2)
    with pytest.raises(ShapeError, match=r"takes 2 values .* have the shape \(3,\)"):
        network.logits([1, 2, 3])


def test_the_sample_is_within_reach() -> None:
    """``load_dataset("sample")`` needs no network, and gives the arrays of the book's function."""
    dataset, origin = load_dataset("sample")
    x, t = dataset.arrays()
    assert (x.shape, t.shape, origin.name) == ((1000, 784), (1000,), "sample")
    network, _ = load_weights("bundled")
    assert evaluate(network, x, t).accuracy > 0.9


def small(count: int = 3) -> NDArray[Any]:
    """Inputs for the worked example, which takes two numbers and knows two classes."""
    return np.zeros((count, 2), np.float32)


def evaluated(labels: list[int], count: int = 3, batch_size: int = 100) -> Evaluation:
    """An evaluation of the worked example."""
    network, _ = load_weights("three-layer")
    return evaluate(network, small(count), np.array(labels, np.int64), batch_size)


def test_labels_below_zero_are_refused() -> None:
    """A label of -1, as some datasets mark what is unknown, is named with the number of classes."""
    with pytest.raises(ShapeError, match="the network has 2 classes, but a label is -1"):
        evaluated([0, 1, -1])
    with pytest.raises(ShapeError, match="the network has 2 classes, but a label is 2"):
        evaluated([0, 1, 2])


def test_nothing_cannot_be_evaluated() -> None:
    """No images at all are refused, for there is no accuracy of nothing."""
    with pytest.raises(ShapeError, match="there are no images to evaluate"):
        evaluated([], count=0)


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_has_an_image_at_least(batch_size: int) -> None:
    """A batch size that would never get to the end is refused by its name."""
    with pytest.raises(ValueError, match=rf"batch_size is {batch_size}, expected 1 or more"):
        evaluated([0, 1, 0], batch_size=batch_size)


@pytest.mark.parametrize("load", [load_mnist, lambda split: load_dataset("sample", split)])
def test_an_unknown_split_is_named_with_the_known(load: Any) -> None:
    """A dataset's name in the place of the split is refused with both splits."""
    with pytest.raises(DatasetError, match="no split 'sample', expected 'test' or 'train'"):
        load("sample")


def test_a_path_may_be_an_object(tmp_path: Path) -> None:
    """A weight file's path as pathlib has it loads as its text does, and is told as text."""
    path = tmp_path / "w.npz"
    path.write_bytes(Path(load_weights("bundled")[1].source).read_bytes())
    assert load_weights(path)[1] == load_weights(str(path))[1]


@pytest.mark.parametrize("source", [7, None, [b"picture"]])
def test_read_image_takes_bytes_or_a_path(source: Any) -> None:
    """Another type than bytes or a path raises TypeError with the types that it takes."""
    with pytest.raises(TypeError, match="bytes of a picture file or its path, not "):
        read_image(source)


def test_help_has_the_keywords_of_load_mnist() -> None:
    """What each keyword does stands in the function's own help."""
    assert load_mnist.__doc__ is not None
    for keyword in ("split", "normalize", "flatten", "one_hot_label"):
        assert f"{keyword}: " in load_mnist.__doc__
