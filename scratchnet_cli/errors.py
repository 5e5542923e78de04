"""Every failure that a user can act on; the command line turns each into one message and its code.

The message is a whole sentence for people: what failed, what was expected, what came, what to do.
"""

from collections.abc import Iterator
from contextlib import contextmanager

# Nothing failed, but the result is below the threshold that was asked for.
EXIT_BELOW = 1


class ScratchnetError(Exception):
    """The root of all expected failures; anything else that is raised is a bug."""

    exit_code = 3

    def __str__(self) -> str:
        """The message; several arguments are its lines."""
        return "\n".join(map(str, self.args))


class WeightsError(ScratchnetError):
    """A weight file cannot be read, or does not describe a network."""


class DatasetError(ScratchnetError):
    """A dataset cannot be read, or its images and labels do not fit together."""


class ImageError(ScratchnetError):
    """A picture cannot be read, or shows nothing."""


class InputError(ScratchnetError):
    """Numbers for a network cannot be read."""


class OutputError(ScratchnetError):
    """What was asked for cannot be written: an answer, a file, a report."""


class ShapeError(ScratchnetError):
    """An input does not fit the network it is given to."""


class DownloadError(ScratchnetError):
    """A file is not cached and no source could deliver it."""

    exit_code = 4

    def __init__(self, *lines: str, cause: str = "") -> None:
        """Keep, beside the whole message, the first source's failure in a few words."""
        super().__init__(*lines)
        self.cause = cause or str(self)


class MirrorError(DownloadError):
    """SCRATCHNET_MIRROR is nothing that files could come from, whichever is asked for."""


class TransferError(DownloadError):
    """One source did not deliver a file; the message is a few words for a list of sources."""


class CacheError(ScratchnetError):
    """The cache folder cannot be used."""


class ReaderGoneError(OutputError):
    """Whoever read stdout has gone away; nothing is to be said, as ``cat`` says nothing."""

    exit_code = 141


@contextmanager
def about(subject: object) -> Iterator[None]:
    """Put what a failure within is about, such as a file, at the head of its message."""
    try:
        yield
    except ScratchnetError as error:
        raise type(error)(f"{subject}: {error}") from error
