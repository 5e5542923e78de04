"""The network made fast: bytes in, logits out, the same as ``Network.logits`` but for rounding.

What is left of the forward pass is one matrix product a layer, and one tanh between two of them.

- σ(a) = (1 + tanh(a/2)) / 2, so a sigmoid layer is a tanh layer whose halves move into the weights
  on either side, once and for all. The division of the pixels by 255 moves into ``W1`` likewise.
- ``x·W + b`` is ``[x 1]·[W; b]``: each layer gets one more unit, which always gives 1.
- Every result is written into a buffer that is used again, and images go through in blocks whose
  numbers fit into the processor's cache, however large a batch is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import WeightsError
from scratchnet_cli.network.layers import Array, Network

# Measured: from 128 to 512 there is no difference, and from 1,000 on the cache is too small.
BLOCK = 256
LARGEST_PIXEL = 255


@dataclass(frozen=True, eq=False)
class Step:
    """One layer, ready to run: f([x 1]·W), where f works in place, and None is the identity.

    out: (BLOCK, W's columns), where the result goes.
    """

    W: Array
    f: Callable[..., Array] | None
    out: Array


@dataclass(frozen=True)
class Fold:
    """An activation as it runs here: h(x) = gain·f(before·x) + offset, with f in place.

    one: what f must be given to give exactly 1.
    """

    f: Callable[..., Array] | None
    one: float
    before: float = 1.0
    gain: float = 1.0
    offset: float = 0.0


FOLDS = {
    # tanh(20) differs from 1 by less than any of NumPy's floats can tell.
    "sigmoid": Fold(np.tanh, 20, before=0.5, gain=0.5, offset=0.5),
    "tanh": Fold(np.tanh, 20),
    "relu": Fold(partial(np.maximum, 0), 1),
    "identity": Fold(None, 1),
}


class Forward:
    """A network with its buffers. Not for several threads at once: each needs one of its own.

    largest: the input value that stands for 1.

    Raises:
        WeightsError: the weights are so large that a result could overflow.
    """

    def __init__(self, network: Network, largest: float = LARGEST_PIXEL) -> None:
        dtype = np.result_type(np.float32, *(layer.W for layer in network.layers))
        limit = float(np.finfo(dtype).max)
        self._network = network
        width = network.inputs + 1
        self._x = np.ones((BLOCK, width), dtype)
        self._steps: list[Step] = []
        # What comes into a layer is gain·x + offset, where x is what the step before it gives.
        gain, offset, bound = 1 / largest, 0.0, 1.0
        for layer in network.layers:
            fold = FOLDS[layer.activation]
            W, b = layer.W.astype(np.float64), layer.b.astype(np.float64)  # noqa: N806
            bound = float((np.abs(W).sum(axis=0) * bound + np.abs(b)).max())
            if not bound < limit:
                raise WeightsError("the weights are so large that the network's output overflows")
            step = np.zeros((width, _padded(layer.outputs)), dtype)
            step[: layer.inputs, : layer.outputs] = fold.before * gain * W
            step[layer.inputs, : layer.outputs] = fold.before * (b + offset * W.sum(axis=0))
            step[layer.inputs, layer.outputs] = fold.one
            width = step.shape[1]
            self._steps.append(Step(step, fold.f, np.empty((BLOCK, width), dtype)))
            gain, offset = fold.gain, fold.offset
            bound = 1.0 if fold.f is np.tanh else bound
        self._gain, self._offset = gain, offset

    def classes(self, images: Array) -> NDArray[np.intp]:
        """The class of each image, (n,): the argmax of its logits, which softmax would keep."""
        return np.asarray(self.logits(images).argmax(axis=1))

    def logits(self, images: Array) -> Array:
        """The scores of the output layer, (n, outputs).

        images: (n, inputs), 0 background to ``largest`` ink.

        Raises:
            ShapeError: the images have another number of pixels than the network has inputs.
        """
        self._network.check_input(images, axes=(2,))
        logits = np.empty((len(images), self._network.outputs), self._x.dtype)
        for start in range(0, len(images), BLOCK):
            block = images[start : start + BLOCK]
            n = len(block)
            x = self._x[:n]
            x[:, :-1] = block
            for step in self._steps:
                x = np.dot(x, step.W, out=step.out[:n])
                if step.f is not None:
                    step.f(x, out=x)
            logits[start : start + BLOCK] = x[:, : self._network.outputs]
        if self._offset:
            logits = logits * self._gain + self._offset
        return logits


def _padded(outputs: int) -> int:
    """Room for the outputs and the unit that gives 1: products of such widths run faster."""
    return -(-(outputs + 1) // 4) * 4
