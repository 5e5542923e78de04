"""Pictures to answers: which were named, the work spread over processes, the answers' formats."""

from typing import TYPE_CHECKING

from scratchnet_cli.lazy import lazy_exports

if TYPE_CHECKING:
    from scratchnet_cli.prediction.answers import (
        Answer,
        Digit,
        Number,
        Result,
        Unreadable,
        classify,
    )
    from scratchnet_cli.prediction.bulk import Prediction, Predictor
    from scratchnet_cli.prediction.drawing import draw
    from scratchnet_cli.prediction.formats import FORMATS, number_json_line
    from scratchnet_cli.prediction.inputs import expand, read_bytes, read_list
    from scratchnet_cli.prediction.preprocessed import PreprocessedFolder
    from scratchnet_cli.prediction.printing import AnswerPrinter, views
    from scratchnet_cli.prediction.reading import read_batch, read_file
    from scratchnet_cli.prediction.workers import spread, spread_parts
else:
    __getattr__, __all__ = lazy_exports(__name__)
