"""Wrong usage: exit 2, and a sentence from which one sees what was meant."""

from pathlib import Path

import click
import pytest

from scratchnet_cli.cli import scratchnet
from tests.conftest import Run


@pytest.mark.parametrize(
    ("typed", "meant"), [("evl", "eval"), ("preidct", "predict"), ("ispect", "inspect")]
)
def test_a_mistyped_command_gets_a_suggestion(run: Run, typed: str, meant: str) -> None:
    """A name that is near to a command's is answered with that one, whichever Click is there."""
    result = run(typed)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"No such command '{typed}'. Did you mean '{meant}'?" in result.stderr


def test_a_word_that_is_like_no_command_gets_none(run: Run) -> None:
    """Nothing is suggested where nothing is near."""
    result = run("xyzzy")
    assert result.exit_code == 2
    assert result.stderr.endswith("No such command 'xyzzy'.\n")


def test_a_mistyped_command_does_not_stop_a_completion() -> None:
    """While a shell asks how a word goes on, an unknown command is none, and no error."""
    context = click.Context(scratchnet, resilient_parsing=True)
    assert scratchnet.resolve_command(context, ["evl"])[1] is None


@pytest.mark.parametrize(
    "args",
    [
        ("inspect", ""),
        ("forward", "", "1"),
        ("convert", "", "new.npz"),
    ],
)
def test_an_empty_name_of_a_network_is_wrong_usage(run: Run, args: tuple[str, ...]) -> None:
    """What a script's unset variable gives is refused like an empty --weights."""
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "the name is empty" in result.stderr


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        (("eval", "--batch-size", "abc"), "whole number"),
        (("eval", "--limit", "1.5"), "whole number"),
        (("predict", "--top", "two", "-"), "whole number"),
        (("eval", "--min-accuracy", "high"), "number"),
        (("predict", "--min-confidence", "50%", "-"), "number"),
    ],
)
def test_what_is_no_number_is_called_that(run: Run, args: tuple[str, ...], kind: str) -> None:
    """The message says which kind of number is expected, in everyday words."""
    result = run(*args)
    assert result.exit_code == 2
    assert result.stderr.endswith(f"'{args[2]}' is not a valid {kind}.\n")


def test_predict_without_pictures_says_how_to_read_standard_input(run: Run) -> None:
    """Who sends a picture through a pipe, and names none, learns of the dash."""
    result = run("predict", stdin=b"a picture")
    assert result.exit_code == 2
    assert "Missing argument 'IMAGE...' (- is standard input)" in result.stderr


def test_a_file_whose_name_begins_like_an_option(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is such a file, the message has the way to write its name; else it has not."""
    monkeypatch.chdir(tmp_path)
    without = run("predict", "-dash.png").stderr
    (tmp_path / "-dash.png").write_bytes(b"")
    result = run("predict", "-dash.png")
    assert result.exit_code == 2
    assert result.stderr == f"{without}The file of that name is ./-dash.png.\n"
