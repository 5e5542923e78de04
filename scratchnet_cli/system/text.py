"""Text output: one function each for stdout and stderr, escaping, and GitHub Actions."""

import os
import re
import sys
from typing import Literal, TextIO

from scratchnet_cli.errors import OutputError, ReaderGoneError

# Unicode categories that a terminal may act on or cannot show: control and format characters,
# surrogates, unassigned and private characters, line and paragraph separators.
_ESCAPED_CATEGORIES = ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp")
# Longer names in messages are cut. No file system allows them.
MAX_NAME_LENGTH = 4096
_BAR_EIGHTHS = " ▏▎▍▌▋▊▉█"


def print_answer(text: str) -> None:
    """Write a line, or several, to stdout."""
    _write_stdout(f"{_without_commands(text)}\n")


def flush_answers() -> None:
    """Write buffered answers now; raise what ``print_answer`` raises."""
    _write_stdout("", flush=True)


def print_message(kind: Literal["error", "warning", "note"], *lines: str) -> None:
    """Write a message to stderr. Errors of stderr are ignored: they must not change the result."""
    print_lines(f"{kind}: " + "\n".join(map(escape, lines)))


def print_lines(text: str) -> None:
    """Write lines to stderr without a prefix. Errors of stderr are ignored."""
    write_stderr(f"{_without_commands(text)}\n")


def write_stderr(text: str) -> None:
    """Write to stderr; after an error, ignore everything that follows."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115


def escape(text: str) -> str:
    """Return the text with control characters and invalid bytes escaped."""
    if text.isprintable():
        return text
    from unicodedata import category

    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if category(character) in _ESCAPED_CATEGORIES
        else character
        for character in text
    )


def shorten(text: str, max_length: int = MAX_NAME_LENGTH) -> str:
    """Return at most ``max_length`` characters of the text, and how many were left out."""
    left_out = len(text) - max_length
    return text if left_out <= 0 else f"{text[:max_length]}… ({left_out} more)"


def format_exact(number: float) -> str:
    """Return all digits of the number that matter: ``0.93``, ``1``."""
    return repr(number).removesuffix(".0")


def format_below(number: float, limit: float) -> str:
    """Return the number with four decimals, or with more until it reads as below the limit."""
    texts = (f"{number:.{decimals}f}" for decimals in range(4, 9))
    return next((text for text in texts if float(text) < limit), format_exact(number))


def text_bar(share: float, width: int) -> str:
    """Return a horizontal bar with a resolution of an eighth of a character. share: in [0, 1]."""
    eighths = round(share * width * 8)
    return (_BAR_EIGHTHS[8] * (eighths // 8) + _BAR_EIGHTHS[eighths % 8].strip()).ljust(width)


def has_colour(stream: TextIO) -> bool:
    """Return whether the stream is a terminal with colours that are not disabled (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def on_github() -> bool:
    """Return whether this is a job of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def annotate(title: str, message: str) -> None:
    """Show an error beside the job on GitHub, by a workflow command; do nothing elsewhere."""
    if on_github():
        title = _command_data(title).replace(":", "%3A").replace(",", "%2C")
        write_stderr(f"::error title={title}::{_command_data(escape(message))}\n")


def append_to_summary(markdown: str) -> None:
    """Append to the summary of a GitHub job, if there is one."""
    if not (path := os.environ.get("GITHUB_STEP_SUMMARY")):
        return
    try:
        # The import of pathlib takes a tenth of the time of --help.
        with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123
            file.write(f"{markdown}\n\n")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        print_message("warning", f"GITHUB_STEP_SUMMARY {path}: cannot be written ({reason})")


def _command_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _without_commands(text: str) -> str:
    """Return the lines with everything escaped that starts a command in a log on GitHub."""
    if not on_github():
        return text
    text = re.sub(r"((?:^|[\r\n])\s*):(?=:)", r"\1\\x3a", text)
    # In JSON this is the same string.
    return text.replace("##[", "#\\u0023[")


def _write_stdout(text: str, flush: bool = False) -> None:
    if sys.stdout is None:
        raise OutputError("stdout: the answer cannot be written (closed)")
    try:
        sys.stdout.write(text)
        if flush:
            sys.stdout.flush()
    except BrokenPipeError as error:
        raise ReaderGoneError from error
    except OSError as error:
        raise OutputError(f"stdout: the answer cannot be written ({error.strerror})") from error
