"""scratchnet: the three-layer network of 'Deep Learning from Scratch', run from the shell.

The names below are the Python interface. Each is imported from its module on first use (PEP 562),
so ``import scratchnet_cli`` is fast.
"""

# Not imported from ``typing``, because that would slow down every start.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from scratchnet_cli.datasets.load import load_dataset as load_dataset
    from scratchnet_cli.datasets.load import load_mnist as load_mnist
    from scratchnet_cli.evaluation.evaluate import evaluate as evaluate
    from scratchnet_cli.images.read import read_image as read_image
    from scratchnet_cli.network.layers import Network as Network
    from scratchnet_cli.prediction.predict import predict_files as predict_files
    from scratchnet_cli.prediction.predictor import Prediction as Prediction
    from scratchnet_cli.prediction.predictor import Predictor as Predictor
    from scratchnet_cli.weights.load import load_weights as load_weights

_MODULES = {
    "Network": "network.layers",
    "Prediction": "prediction.predictor",
    "Predictor": "prediction.predictor",
    "evaluate": "evaluation.evaluate",
    "load_dataset": "datasets.load",
    "load_mnist": "datasets.load",
    "load_weights": "weights.load",
    "predict_files": "prediction.predict",
    "read_image": "images.read",
}
__all__ = list(_MODULES)


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
