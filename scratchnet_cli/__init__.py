"""scratchnet: the three-layer network of 'Deep Learning from Scratch', run from the shell.

For notebooks, the commands under their own names.
"""

# Not from ``typing``: until __main__ has run, a Ctrl-C shows a traceback, so this must be brief.
TYPE_CHECKING = False

if TYPE_CHECKING:
    # To type checkers, ``as`` says that the name is for users.
    from scratchnet_cli.catalog import load_dataset as load_dataset
    from scratchnet_cli.catalog import load_mnist as load_mnist
    from scratchnet_cli.catalog import load_weights as load_weights
    from scratchnet_cli.evaluation import evaluate as evaluate
    from scratchnet_cli.images import read_image as read_image
    from scratchnet_cli.network import Network as Network
    from scratchnet_cli.prediction import Prediction as Prediction
    from scratchnet_cli.prediction import Predictor as Predictor
else:

    def __getattr__(name):
        from scratchnet_cli.lazy import lazy_exports

        get, names = lazy_exports(__name__)
        return names if name == "__all__" else get(name)

    def __dir__():
        return __getattr__("__all__")
