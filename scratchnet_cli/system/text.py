"""What GitHub Actions hears of a job: annotations in its log, and its summary.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

import os
from pathlib import Path

import click


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


# Control and formatting characters, halves of letters, separators of lines.
_UNFIT = ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp")

# No file has a longer name; what is longer, an attack or an accident, would flood a log.
MOST_LETTERS = 4096


def note(*lines: str) -> None:
    """One message on stderr, under the program's name, without control characters."""
    click.echo("scratchnet: " + "\n".join(map(printable, lines)), err=True)


def on_github() -> bool:
    """Whether this is a job of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def printable(text: str) -> str:
    """``text`` with all that a terminal might act on, and bytes that are no text, escaped.

    On GitHub also what would make a line of a job's log a command.
    """
    if ("::" in text or "##[" in text) and on_github():
        if text.lstrip().startswith("::"):
            text = text.replace("::", "\\x3a:", 1)
        text = text.replace("##[", "#\\x23[")
    if text.isprintable():
        return text
    from unicodedata import category

    return "".join(
        letter.encode("unicode_escape").decode("ascii") if category(letter) in _UNFIT else letter
        for letter in text
    )


def shortened(text: str, most: int = MOST_LETTERS) -> str:
    """``text``, or where it is longer than ``most`` its start and how much is left out."""
    left = len(text) - most
    return text if left <= 0 else f"{text[:most]}… ({left} more)"


def exact(number: float) -> str:
    """The shortest text that stands for this number alone: ``0.93``, ``1``."""
    return repr(number).removesuffix(".0")


def below(number: float, limit: float) -> str:
    """A number below ``limit``, to four decimals, or to as many more as it takes to see that."""
    texts = (f"{number:.{decimals}f}" for decimals in range(4, 9))
    return next((text for text in texts if float(text) < limit), exact(number))


_EIGHTHS = " ▏▎▍▌▋▊▉█"


def text_bar(share: float, width: int) -> str:
    """A bar that fills so much of its width, to an eighth of a character. share: in [0, 1]."""
    eighths = round(share * width * 8)
    return (_EIGHTHS[8] * (eighths // 8) + _EIGHTHS[eighths % 8].strip()).ljust(width)
