"""A network over labelled images, and what the results tell: metrics, calibration, formats."""

from typing import TYPE_CHECKING

from scratchnet_cli.lazy import lazy_exports

if TYPE_CHECKING:
    from scratchnet_cli.evaluation.batches import Evaluation, evaluate
    from scratchnet_cli.evaluation.calibration import ReliabilityBin
    from scratchnet_cli.evaluation.confusion_matrix import confusion_lines
    from scratchnet_cli.evaluation.formats import json_object, markdown
    from scratchnet_cli.evaluation.metrics import (
        CONFUSIONS,
        Counts,
        class_metrics,
        confusions,
        format_share,
        wilson,
    )
    from scratchnet_cli.evaluation.pictures import evaluate_pictures
    from scratchnet_cli.evaluation.predictions import MISTAKES, Mistake, Predictions
    from scratchnet_cli.evaluation.record import Record, Setting, unread
    from scratchnet_cli.evaluation.seen import SeenPictures
else:
    __getattr__, __all__ = lazy_exports(__name__)
