"""``scratchnet eval``: how often a network is right on labelled images."""

from typing import TYPE_CHECKING, Any, Literal

import click

from scratchnet_cli.options import weights_option

if TYPE_CHECKING:
    from scratchnet_cli.catalog import Origin
    from scratchnet_cli.evaluate import Evaluation


@click.command("eval", epilog="Example: scratchnet eval --batch-size 100 --min-accuracy 0.93")
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    metavar="N",
    help="Images that go through the network at once.",
)
@weights_option
@click.option(
    "--dataset",
    metavar="mnist|sample|DIR",
    help="The labelled images; DIR holds IDX files named like MNIST's.  "
    "[default: mnist, or sample where mnist cannot be downloaded]",
)
@click.option(
    "--split",
    type=click.Choice(["test", "train"]),
    default="test",
    show_default=True,
    help="Which part of the dataset.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Use only the first N images."
)
@click.option(
    "--format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="One line for people, or one object with every number.",
)
@click.option(
    "--min-accuracy",
    type=click.FloatRange(0, 1),
    metavar="F",
    help="Exit with 1 if the accuracy is below F (0 to 1).",
)
@click.option(
    "--progress",
    type=click.Choice(["auto", "bar", "plain", "none"]),
    default="auto",
    show_default=True,
    help="How stderr shows progress; auto is a bar on a terminal and plain lines elsewhere.",
)
def command(
    batch_size: int,
    weights: str | None,
    dataset: str | None,
    split: Literal["test", "train"],
    limit: int | None,
    format: str,  # noqa: A002
    min_accuracy: float | None,
    progress: str,
) -> int:
    """Run a network on labelled images and print its accuracy.

    Without options: the book's weights on the 10,000 MNIST test images, both downloaded once and
    then cached.
    """
    from scratchnet_cli.catalog import load_dataset, load_weights
    from scratchnet_cli.evaluate import evaluate
    from scratchnet_cli.fetch import Fetcher
    from scratchnet_cli.messages import note
    from scratchnet_cli.progress import Progress

    stderr = Progress(progress)
    fetcher = Fetcher(stderr)
    network, weights_origin = load_weights(weights, fetcher)
    images, dataset_origin = load_dataset(dataset, split, fetcher)
    images = images.first(limit)
    with stderr.evaluation(len(images), batch_size) as show:
        evaluation = evaluate(network, images.images, images.labels, batch_size, show)
    stderr.summary(
        f"{weights_origin.name} weights on {dataset_origin.name}: {evaluation.correct} of "
        f"{evaluation.total} right, {evaluation.images_per_s:,.0f} images/s"
    )
    if format == "json":
        click.echo(_as_json(evaluation, dataset_origin, weights_origin))
    else:
        click.echo(f"Accuracy: {evaluation.accuracy:.4f}")
    if min_accuracy is not None and not evaluation.accuracy >= min_accuracy:
        note(f"the accuracy {evaluation.accuracy:.4f} is below --min-accuracy {min_accuracy:g}")
        return 1
    return 0


def _as_json(evaluation: "Evaluation", dataset: "Origin", weights: "Origin") -> str:
    import json
    from dataclasses import asdict

    fields: dict[str, Any] = {
        "accuracy": evaluation.accuracy,
        "correct": evaluation.correct,
        "total": evaluation.total,
        "batch_size": evaluation.batch_size,
        "classes": [score.label for score in evaluation.per_class],
        "confusion": evaluation.confusion.tolist(),
        "per_class": [
            {
                "class": score.label,
                "total": score.total,
                "correct": score.correct,
                "accuracy": score.accuracy,
            }
            for score in evaluation.per_class
        ],
        "dataset": asdict(dataset),
        "weights": asdict(weights),
        "elapsed_s": evaluation.elapsed_s,
        "images_per_s": evaluation.images_per_s,
    }
    return json.dumps(fields)
