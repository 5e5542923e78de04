"""The threshold of ``eval``: exit code, and what GitHub Actions receives."""

from collections.abc import Sequence

from scratchnet_cli.errors import EXIT_BELOW
from scratchnet_cli.evaluation.result import Evaluation
from scratchnet_cli.system.text import (
    annotate,
    append_to_summary,
    format_below,
    format_exact,
    on_github,
    print_message,
)


def check_accuracy(results: Sequence[Evaluation], min_accuracy: float) -> int:
    """Return the exit code; report each network that is below, by name if there are several."""
    failed = [result for result in results if result.accuracy < min_accuracy]
    for result in failed:
        message = (
            f"the accuracy {format_below(result.accuracy, min_accuracy)} is below "
            f"--min-accuracy {format_exact(min_accuracy)}"
        )
        name = f"{result.weights.name}: " if len(results) > 1 else ""
        print_message("error", f"{name}{message}")
        if on_github():
            from scratchnet_cli.evaluation.formats import to_markdown

            annotate("scratchnet eval", f"{message}: {result.title}")
            append_to_summary(f"**Failed: {message}**\n\n{to_markdown([result])}")
    return EXIT_BELOW if failed else 0
