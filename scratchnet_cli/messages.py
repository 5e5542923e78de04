"""Text on its way to a terminal: one form for notes, and no control characters from outside."""

import click

# Control and formatting characters, halves of letters, separators of lines.
_UNFIT = ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp")


def note(*lines: str) -> None:
    """One message on stderr, under the program's name, without control characters."""
    click.echo("scratchnet: " + "\n".join(map(printable, lines)), err=True)


def printable(text: str) -> str:
    """``text`` with all that a terminal might act on, and bytes that are no text, escaped."""
    if text.isprintable():
        return text
    from unicodedata import category

    return "".join(
        letter.encode("unicode_escape").decode("ascii") if category(letter) in _UNFIT else letter
        for letter in text
    )
