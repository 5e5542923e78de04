"""Feed each parser for a time: ``python -m tests.fuzz [SECONDS [PARSER]]``.

atheris steers by the branches that a file takes. A file that breaks a parser is kept in
``build/fuzz``. Where atheris cannot be installed, Hypothesis tries ``tests/test_fuzz.py`` longer.
"""

import os
import subprocess
import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

FOUND = Path("build/fuzz")
HYPOTHESIS_EXAMPLES_PER_S = 300
# A file that keeps a parser busy for so many seconds is a find like one that breaks it.
LONGEST_S = 20
# atheris itself takes some 25 kB more with each file that it has tried, so it starts anew in time.
ROUND_S = 60


def main() -> None:
    """Each parser in a process of its own, for atheris ends with its process."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    if len(sys.argv) > 3:
        fuzz(sys.argv[2], seconds, Path(sys.argv[3]))
    if find_spec("atheris") is None:
        print("atheris is not installed: Hypothesis instead")
        examples = str(seconds * HYPOTHESIS_EXAMPLES_PER_S)
        sys.exit(run("pytest", "tests/test_fuzz.py", SCRATCHNET_TEST_EXAMPLES=examples))
    from tests.fuzz.targets import TARGETS

    FOUND.mkdir(parents=True, exist_ok=True)
    broken = [name for name in sys.argv[2:] or TARGETS if not holds(name, seconds)]
    sys.exit(f"broken: {', '.join(broken)}; the files are in {FOUND}" if broken else 0)


def holds(parser: str, seconds: int) -> bool:
    """Whether no file broke the parser in this time; each round goes on with the files so far."""
    from tests.fuzz.targets import TARGETS

    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(TARGETS[parser].seeds):
            Path(corpus, str(number)).write_bytes(seed)
        for start in range(0, seconds, ROUND_S):
            if run("tests.fuzz", str(min(ROUND_S, seconds - start)), parser, corpus):
                return False
    return True


def run(*module: str, **environment: str) -> int:
    """The exit code of ``python -m`` with that module and its arguments."""
    print("---", *module, flush=True)
    command = [sys.executable, "-m", *module]
    return subprocess.run(command, check=False, env={**os.environ, **environment}).returncode


def fuzz(parser: str, seconds: int, corpus: Path) -> None:
    """Ends the process when the time is over, or at the first file that breaks the parser."""
    atheris = import_module("atheris")
    with atheris.instrument_imports(include=["scratchnet_cli", "pickletools", "zipfile", "PIL"]):
        from tests.fuzz.targets import TARGETS
    limits = (f"max_total_time={seconds}", f"timeout={LONGEST_S}", "max_len=4096")
    options = (*limits, f"artifact_prefix={FOUND}/", "print_final_stats=1", "verbosity=0")
    arguments = [sys.argv[0], *(f"-{option}" for option in options), str(corpus)]
    atheris.Setup(arguments, TARGETS[parser].check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
