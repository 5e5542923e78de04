"""scratchnet: the three-layer network of 'Deep Learning from Scratch', run from the shell.

The names below are the Python interface. Each is imported from its module on first use (PEP 562),
so that ``import scratchnet_cli`` loads neither NumPy nor Pillow.
"""

# Not from ``typing``: its import would slow down every start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MODULES = {
    "Network": "network.layers",
    "Prediction": "prediction.predictor",
    "Predictor": "prediction.predictor",
    "evaluate": "evaluation.evaluate",
    "load_dataset": "catalog",
    "load_mnist": "catalog",
    "load_weights": "catalog",
    "read_image": "images.read",
}
__all__ = list(_MODULES)


def __getattr__(name: str) -> "Any":
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
