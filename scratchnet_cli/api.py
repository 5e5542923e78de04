"""What a notebook needs, by the name that it had before the package itself exported it."""

from scratchnet_cli import (
    Network,
    Prediction,
    Predictor,
    evaluate,
    load_dataset,
    load_mnist,
    load_weights,
    read_image,
)

__all__ = [
    "Network",
    "Prediction",
    "Predictor",
    "evaluate",
    "load_dataset",
    "load_mnist",
    "load_weights",
    "read_image",
]
