"""Pages for a browser: each is one HTML file that needs nothing else."""

from typing import TYPE_CHECKING

from scratchnet_cli.lazy import lazy_exports

if TYPE_CHECKING:
    from scratchnet_cli.pages.drawing import drawing_page
    from scratchnet_cli.pages.evaluation import evaluation_page
    from scratchnet_cli.pages.prediction import prediction_page
else:
    __getattr__, __all__ = lazy_exports(__name__)
