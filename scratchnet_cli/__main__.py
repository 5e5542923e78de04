"""Where the program starts, and where every way of ending is given its exit code.

Ctrl-C and SIGTERM are answered before anything heavy is imported.
"""

try:
    import os
    import sys

    # ``python -m`` looks for modules in the current folder first, where ``click`` may be anybody's.
    # Only where this package itself is there, as in a clone, that folder stays.
    if (
        __name__ == "__main__"
        and not sys.flags.safe_path
        and os.path.realpath(sys.path[0]) != os.path.realpath(f"{__file__}/../..")
    ):
        del sys.path[0]

    import gc
    import signal
    from types import FrameType
    from typing import NoReturn
except KeyboardInterrupt:
    # There is no handler yet. What comes before, Python's own start, is not ours to say.
    raise SystemExit(130) from None

SIGNALS = (signal.SIGINT, signal.SIGTERM)
EXIT_NO_MEMORY = 3
# EX_SOFTWARE of sysexits.h; Python's own 1 would be read as "below the threshold".
EXIT_BUG = 70
TOO_LITTLE = (
    b"scratchnet: there is not enough memory for this; a smaller input, a smaller --batch-size or "
    b"a higher limit may help\n"
)
# How systems call it that there is no memory, where Python does not call it a MemoryError.
NO_MEMORY = ("cannot allocate memory", "failed to map segment")


def main() -> NoReturn:
    """Run the command line; leave with its exit code, or with 128 and the number of a signal.

    What nobody foresaw leaves with 70 and its traceback, want of memory with 3 and a sentence.
    """
    # To look for garbage among all that NumPy's import leaves takes as long as a small evaluation.
    # Only where many pictures are read is there any, and ``workers`` turns it on again.
    gc.disable()
    for number in SIGNALS:
        # What the parent had ignored, as ``nohup`` and ``&`` do, stays ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)
    try:
        from scratchnet_cli.cli import main as run

        run()
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    except BaseException as error:  # whatever it is, its exit code must not be 1
        code = EXIT_NO_MEMORY if _wants_memory(error) else EXIT_BUG
        _tell(error, code)
    # The answer is out; what Python still has to clear up is not worth another exit code.
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    # Nor is it worth a tenth of the program's time; and what was interrupted may have left a
    # thread that would be waited for, for ever.
    os._exit(code)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """Unwind, so that bars end and temporary files go; from within an import, leave at once.

    There is nothing to lose there yet, but an exception could be: a module that is half imported
    may take it for something else.
    """
    inner = frame
    while inner is not None:
        if inner.f_code.co_filename.startswith("<frozen importlib"):
            os._exit(128 + number)
        inner = inner.f_back
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)


def _wants_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, OSError | ImportError) and any(sign in text for sign in NO_MEMORY)


def _tell(error: BaseException, code: int) -> None:
    """Say on stderr what became of the run; where even that fails, the exit code has to say it."""
    try:
        if code == EXIT_NO_MEMORY:
            # The frames hold what has taken the memory.
            error.with_traceback(None)
            # Past Python's streams, which may take some.
            os.write(sys.stderr.fileno(), TOO_LITTLE)
            return
        from traceback import format_exception

        text = "".join(format_exception(error)) + (
            "scratchnet: this is a bug; please report it with the lines above, as the README "
            "says under Reporting\n"
        )
        if mirror := os.environ.get("SCRATCHNET_MIRROR", "").rstrip("/"):
            # There may be a password in it.
            text = text.replace(mirror, "SCRATCHNET_MIRROR")
        # A file's name may be in there, and so anything.
        safe = (c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)
        sys.stderr.write("".join(safe))
        sys.stderr.flush()
    except BaseException:  # noqa: S110
        pass


if __name__ == "__main__":
    main()
