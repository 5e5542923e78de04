"""Where the program starts; Ctrl-C and SIGTERM are answered before anything heavy is imported."""

import gc
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def main() -> NoReturn:
    """Run the command line; leave with its exit code, or with 128 and the number of a signal."""
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


if __name__ == "__main__":
    main()
