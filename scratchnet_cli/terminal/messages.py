"""Text for people: one form for notes, no control characters from outside, numbers that differ."""

import os

import click

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
