"""What GitHub Actions hears of a job: annotations in its log, and its summary.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

import os
from pathlib import Path

import click

from scratchnet_cli.terminal.messages import note, on_github, printable


def annotate(title: str, message: str) -> None:
    """On GitHub an error that is shown with the job; on stderr, for both streams are read."""
    if on_github():
        click.echo(f"::error title={_property(title)}::{_data(printable(message))}", err=True)


def append_to_summary(markdown: str) -> None:
    """Add to the job's summary, where it has one; a note where that cannot be written."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{markdown}\n\n")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        note(f"the job summary {path} cannot be written ({reason})")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
