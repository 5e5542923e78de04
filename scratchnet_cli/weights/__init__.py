"""Weight files: bytes to a checked network and back. None of them can run code."""

from typing import TYPE_CHECKING

from scratchnet_cli.lazy import lazy_exports

if TYPE_CHECKING:
    from scratchnet_cli.weights.arrays import DTYPES, MAX_BYTES, view_floats
    from scratchnet_cli.weights.npy import MAGIC, split_npy
    from scratchnet_cli.weights.npz import read_npz
    from scratchnet_cli.weights.pickle_reader import read_pickle
    from scratchnet_cli.weights.reader import WeightFile, read_weight_file
    from scratchnet_cli.weights.safetensors import read_safetensors
    from scratchnet_cli.weights.writer import FORMATS, NAMING, write_weights
else:
    __getattr__, __all__ = lazy_exports(__name__)
