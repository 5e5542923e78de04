"""What a notebook needs, in one place and under the names of the commands; nothing is made here."""

from scratchnet_cli.catalog import load_dataset, load_mnist, load_weights
from scratchnet_cli.evaluate import evaluate
from scratchnet_cli.images import read_image
from scratchnet_cli.network import Network

__all__ = ["Network", "evaluate", "load_dataset", "load_mnist", "load_weights", "read_image"]
