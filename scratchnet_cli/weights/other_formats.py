"""Advice about files that people give in place of a weight file, by their first bytes."""

import re
from collections.abc import Sequence

from scratchnet_cli.weights.arrays import SAVE_NPZ

# A pattern is matched against this many bytes.
START_BYTES = 2000
_PYTORCH = (
    "PyTorch's own format is not supported; save the weights with safetensors.torch:\n"
    "save_file(model.state_dict(), 'mine.safetensors', "
    "metadata={'activations': 'relu,identity'})"
)
_KERAS = "Keras' own format is not supported; use model.export('mine.onnx', format='onnx')"
_OLD_PICKLE = (
    "an old pickle; if you trust its source, read it with "
    f"pickle.load(file, encoding='latin1')\n{SAVE_NPZ}"
)
# Files that may be in place of a file of any format.
PLACEHOLDERS = (
    (
        rb"version https://git-lfs",
        "this is a Git LFS pointer, not the file itself; run git lfs pull",
    ),
    (
        rb"\s*<(!doctype|html|\?xml)",
        "this is an HTML page, not the file itself; download the file (on GitHub: Raw)",
    ),
)
_ADVICE = (
    (rb"\x1f\x8b", "this is compressed by gzip; unpack it first, with gunzip"),
    (rb"\x89HDF\r\n|PK.*(metadata|config)\.json", _KERAS),
    # Before version 1.6, PyTorch's files started with this number; state_dicts can be pickled, too.
    (rb"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19\.|\x80.*torch\._utils|PK.*/data\.pkl", _PYTORCH),
    (
        rb"\x80.*(sklearn\.|joblib\.)|\x78[\x01\x5e\x9c\xda]",
        f"scikit-learn and joblib files are not supported; load it in Python\n{SAVE_NPZ}",
    ),
    (
        rb"\x80.*train_img",
        "this is the book's mnist.pkl, a dataset, not a network; use --dataset mnist",
    ),
    (
        # The start of a pickle, in which each line feed follows a carriage return.
        rb"(?=\x80|\((?:dp|lp|i|l)|c[a-z_.]+\r\n|[\]}]q)(?=.*\r\n)(?:[^\n]|(?<=\r)\n)*\Z",
        "the line ends of this pickle were converted to CRLF; copy the original as a binary file",
    ),
    (rb"\x80\x02\}.*U.W1|\((dp|lp|i|l)|c[a-z_.]+\r?\n|[\]}]q", _OLD_PICKLE),
    *PLACEHOLDERS,
)


def advice_for(data: bytes, table: Sequence[tuple[bytes, str]] = _ADVICE) -> str | None:
    """Return what a file is and what to do with it, or None if this is not known."""
    for pattern, advice in table:
        if re.match(pattern, data[:START_BYTES], re.DOTALL | re.IGNORECASE):
            return advice
    return None
