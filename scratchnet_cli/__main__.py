"""Entry point: signals, and the exit code of everything unexpected."""

import os
import sys

# ``python -m`` looks for modules in the current folder first, and a file there may be named like a
# module. So remove the folder, unless this package itself is in it, as in a clone.
if (
    __name__ == "__main__"
    and not sys.flags.safe_path
    and os.path.realpath(sys.path[0]) != os.path.realpath(f"{__file__}/../..")
):
    del sys.path[0]

import gc
import signal
from typing import NoReturn

EXIT_OUT_OF_MEMORY = 3
# EX_SOFTWARE of sysexits.h. Python's own 1 would mean "below the threshold".
EXIT_BUG = 70
OUT_OF_MEMORY_MESSAGE = "not enough memory; use a smaller input or --batch-size, or raise the limit"
# If memory is short, some calls raise an OSError or ImportError with one of these texts.
OUT_OF_MEMORY_REASONS = ("cannot allocate memory", "failed to map segment")
BUG_MESSAGE = (
    "internal error; please report it with the lines above, as the README says under Reporting"
)


def main() -> NoReturn:
    """Run the command line and exit with its code, or with 130 or 143 for Ctrl-C or SIGTERM.

    Unexpected errors exit with 70 and a traceback; out of memory exits with 3.
    """
    # Garbage collection after importing NumPy takes as long as a small evaluation. ``map_in_order``
    # turns it on again, because it reads many pictures.
    gc.disable()
    # A signal that the parent ignores, as ``nohup`` does, stays ignored.
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    code = EXIT_BUG
    try:
        from scratchnet_cli.cli import main as run

        run()
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
        # The terminal shows ^C.
        _print("")
    except BaseException as error:
        if _is_out_of_memory(error):
            code = EXIT_OUT_OF_MEMORY
            # Its traceback keeps the large objects in memory.
            error.with_traceback(None)
            _print(OUT_OF_MEMORY_MESSAGE, is_error=True)
        else:
            from traceback import format_exception

            _print("".join(format_exception(error)))
            _print(BUG_MESSAGE, is_error=True)
    finally:
        # The answer is written. Python's clean-up would take a tenth of the time, or wait forever
        # for the thread of an interrupted download.
        os._exit(code)


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, OSError | ImportError) and any(
        reason in text for reason in OUT_OF_MEMORY_REASONS
    )


def _print(text: str, is_error: bool = False) -> None:
    """Print to stderr; the exit code counts if even that fails."""
    try:
        from scratchnet_cli.system.text import escape, print_lines, print_message

        lines = text.rstrip("\n").split("\n")
        if is_error:
            print_message("error", *lines)
        else:
            print_lines("\n".join(map(escape, lines)))
    except BaseException:  # noqa: S110
        pass


if __name__ == "__main__":
    main()
