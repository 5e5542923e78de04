"""scratchnet: the three-layer network of 'Deep Learning from Scratch', run from the shell.

For notebooks, the commands under their own names.
"""

from typing import TYPE_CHECKING

from scratchnet_cli.lazy import lazy_exports

if TYPE_CHECKING:
    from scratchnet_cli.catalog import load_dataset, load_mnist, load_weights
    from scratchnet_cli.evaluation import evaluate
    from scratchnet_cli.images import read_image
    from scratchnet_cli.network import Network
else:
    __getattr__, __all__ = lazy_exports(__name__)

    def __dir__():
        return __all__
