"""The two kinds of datasets that ``eval`` takes: arrays of images, and pictures in files."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

from scratchnet_cli import catalog
from scratchnet_cli.downloads.fetch import Fetcher
from scratchnet_cli.errors import about
from scratchnet_cli.evaluation import evaluate as engine
from scratchnet_cli.evaluation.evaluate import evaluate
from scratchnet_cli.evaluation.result import Predictions, Record, SeenPictures, Setting
from scratchnet_cli.images.read import read_file
from scratchnet_cli.prediction.answers import read_batch
from scratchnet_cli.system.origin import Origin
from scratchnet_cli.system.pool import spread, spread_parts
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.streams import STDIN
from scratchnet_cli.system.text import shortened

if TYPE_CHECKING:
    from scratchnet_cli.datasets.pictures import LabelledPictures
    from scratchnet_cli.network.layers import Network


@dataclass(frozen=True)
class Task:
    """What is to be run. single: whether the results of single images are told later."""

    network: Network
    weights: Origin
    batch_size: int
    limit: int | None
    single: bool
    progress: Progress


@dataclass(frozen=True)
class Outcome:
    """An evaluation and what is told of single images; images: (n, rows, columns), by number.

    seen: where they were pictures in files.
    """

    record: Record
    predictions: Predictions | None
    images: Any
    seen: SeenPictures | None = None


def evaluate_images(
    task: Task, dataset: str | None, split: Literal["test", "train"], fetcher: Fetcher
) -> Outcome:
    """Evaluate MNIST, the sample or IDX files.

    Raises:
        DatasetError, DownloadError: they cannot be had.
        ShapeError: they do not fit the network.
    """
    data, origin = catalog.load_dataset(dataset, split, fetcher)
    data = data.first(task.limit)
    predictions = Predictions([], data.labels) if task.single else None
    with (
        about(f"{task.weights.source} on {origin.source}"),
        task.progress.evaluation(len(data), task.batch_size) as show,
    ):
        result = evaluate(
            task.network,
            data.images,
            data.labels,
            task.batch_size,
            show,
            predictions.batches.append if predictions else None,
            spread_parts if data.stored else None,
        )
    setting = Setting(task.weights, origin, split)
    return Outcome(Record(result, setting), predictions, data.images)


def evaluate_pictures(
    task: Task,
    dataset: str,
    pictures: LabelledPictures,
    seen: SeenPictures,
    raw: bool,
    polarity: str,
    skip_unreadable: bool,
) -> Outcome:
    """Evaluate pictures, which go through the recipe of ``predict``; ``seen`` keeps the results.

    Raises:
        DatasetError: none of them can be read.
        ShapeError: the network takes other images, or has other classes.
    """
    for note in pictures.notes:
        task.progress.note(note)
    pictures = pictures.first(task.limit)
    say = task.progress.note if skip_unreadable else task.progress.error
    read = partial(read_file, raw=raw, multiple=False, polarity=polarity)
    batches = spread(partial(read_batch, read), [pictures.names], here=STDIN)
    with (
        about(f"{task.weights.source} on {dataset}"),
        closing(batches),
        task.progress.evaluation(len(pictures.names), task.batch_size) as show,
    ):
        result = engine.evaluate_pictures(
            task.network,
            chain.from_iterable(batches),
            pictures.labels,
            seen,
            task.batch_size,
            show,
            lambda name, reason: say(f"{shortened(name)}: {reason}"),
            skip_unreadable,
        )
    setting = Setting(task.weights, Origin(dataset, dataset, seen.sha256), None)
    predictions = seen.predictions if task.single else None
    return Outcome(Record(result, setting), predictions, seen, seen)
