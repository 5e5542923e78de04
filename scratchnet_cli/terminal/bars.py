"""Shares as horizontal bars of text."""

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def text_bar(share: float, width: int) -> str:
    """A bar that fills so much of its width, to an eighth of a character. share: in [0, 1]."""
    eighths = round(share * width * 8)
    return (_EIGHTHS[8] * (eighths // 8) + _EIGHTHS[eighths % 8].strip()).ljust(width)
