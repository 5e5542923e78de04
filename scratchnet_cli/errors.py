"""The expected failures. The command line prints their messages and exits with their codes.

A message says what failed, what was expected or found, and what to do, in at most two lines.
"""

from collections.abc import Iterator
from contextlib import contextmanager

# Done, but the result is below the threshold that was asked for.
EXIT_BELOW = 1
# Causes of a TransferError. Together they mean that there is no internet connection.
NO_ANSWER = "no answer in time"
NO_HOST = "the host's name cannot be found"


class ScratchnetError(Exception):
    """An expected failure; every other exception is a bug. Each argument is a line."""

    exit_code = 3

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))


class WeightsError(ScratchnetError):
    """A weight file cannot be read, or does not describe a network."""


class DatasetError(ScratchnetError):
    """A dataset cannot be read, or its images and labels do not fit together."""


class ImageError(ScratchnetError):
    """A picture cannot be read, or contains no ink. traceback: of an unexpected error."""

    traceback = ""


class WorkerError(ImageError):
    """The process that read a picture died, so it is not known whether it can be read."""


class InputError(ScratchnetError):
    """Numbers for a network cannot be read."""


class OutputError(ScratchnetError):
    """An answer, a file or a report cannot be written."""


class ShapeError(ScratchnetError):
    """An input does not fit the network."""


class CacheError(ScratchnetError):
    """The cache folder cannot be used."""


class DownloadError(ScratchnetError):
    """A file is not cached and cannot be downloaded. cause: why, in a few words."""

    exit_code = 4

    def __init__(self, *lines: str, cause: str = "") -> None:
        super().__init__(*lines)
        self.cause = cause or str(self)


class MirrorError(DownloadError):
    """SCRATCHNET_MIRROR is neither a folder nor a URL."""


class TransferError(DownloadError):
    """A download from one source failed; the message is a short cause."""


class ReaderGoneError(OutputError):
    """The reader closed the pipe; exit silently."""

    exit_code = 141


def reason_of(error: OSError | ValueError) -> str:
    """Return why the system refuses a path, for a message."""
    return str(error.strerror) if isinstance(error, OSError) else "not a valid file name"


@contextmanager
def about(subject: object) -> Iterator[None]:
    """Put the subject, such as a file, at the start of the message of a failure inside."""
    try:
        yield
    except ScratchnetError as error:
        first, *rest = error.args
        raise type(error)(f"{subject}: {first}", *rest) from error
