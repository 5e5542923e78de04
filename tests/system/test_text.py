"""Text output: escaping, numbers, and GitHub Actions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchnet_cli.system.text import (
    escape,
    format_exact,
    print_answer,
    print_lines,
    shorten,
    text_bar,
)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("Ziffer — 七", "Ziffer — 七"),
        ("a\tb\r\nc\x1b[31m\x7f\x9b", r"a\tb\r\nc\x1b[31m\x7f\x9b"),
        ("\u200b\u202e\ufeff\u2028", r"\u200b\u202e\ufeff\u2028"),
        ("\udcff\ue000\U000e0001", r"\udcff\ue000\U000e0001"),
        ("no-break\u00a0space", "no-break\u00a0space"),
    ],
)
def test_escape_shows_what_terminals_act_on(text: str, escaped: str) -> None:
    """Control, format and private characters and invalid bytes are escaped, letters are not."""
    assert escape(text) == escaped


@given(st.text())
def test_escape_leaves_one_visible_line(text: str) -> None:
    """Escaped text is one line of text, and escaping it again changes nothing."""
    escaped = escape(text)
    assert len(f"{escaped}x".splitlines()) == 1
    escaped.encode()
    assert escape(escaped) == escaped


def test_shorten_counts_what_it_leaves_out() -> None:
    """A text of at most that length stays as it is."""
    assert [shorten("abc", length) for length in (3, 2)] == ["abc", "ab… (1 more)"]
    assert shorten("x" * 5000) == "x" * 4096 + "… (904 more)"


def test_format_exact_returns_the_shortest_text() -> None:
    """The text stands for this number alone."""
    assert [*map(format_exact, (1.0, 0.93, 1 / 3))] == ["1", "0.93", "0.3333333333333333"]


@pytest.mark.parametrize(
    ("share", "bar"), [(0, "    "), (1, "████"), (0.5, "██  "), (1 / 32, "▏   "), (0.3, "█▎  ")]
)
def test_text_bar_shows_eighths(share: float, bar: str) -> None:
    """A bar has a resolution of an eighth of a character, and always the same width."""
    assert text_bar(share, 4) == bar


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("::error::x", r"\x3a:error::x"),
        ("  \t::error::x", "  \t\\x3a:error::x"),
        ("a\n\u00a0::b\n\n::c", "a\n\u00a0\\x3a:b\n\n\\x3a:c"),
        ("a\r::b", "a\r\\x3a:b"),
        (":::", r"\x3a::"),
        ("a ##[group]b ##[c", r"a #\u0023[group]b #\u0023[c"),
        ("a::b :c ## [d", "a::b :c ## [d"),
    ],
)
def test_output_on_github_starts_no_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, escaped: str
) -> None:
    """A line of stdout or stderr that would start a workflow command is escaped, there alone."""
    print_answer(text)
    assert capsys.readouterr().out == f"{text}\n"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    print_answer(text)
    assert capsys.readouterr().out == f"{escaped}\n"
    print_lines(text)
    assert capsys.readouterr().err == f"{escaped}\n"
