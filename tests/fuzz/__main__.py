"""Feed each parser for a time: ``python -m tests.fuzz [SECONDS [PARSER]]``.

Files that break a parser are saved in ``build/fuzz``. Without atheris it is Hypothesis that runs.
"""

import os
import subprocess
import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

FOUND_FOLDER = Path("build/fuzz")
HYPOTHESIS_EXAMPLES_PER_S = 300
# A file that takes longer breaks a parser, too.
MAX_FILE_S = 20
# atheris keeps 25 kB of each file that it has tried, so it is started again after this time.
ROUND_S = 20


def main() -> None:
    """Feed each parser in its own process, because atheris ends with its process."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    if len(sys.argv) > 3:
        fuzz(sys.argv[2], seconds, Path(sys.argv[3]))
    if find_spec("atheris") is None:
        print("atheris is not installed: Hypothesis instead")
        examples = str(seconds * HYPOTHESIS_EXAMPLES_PER_S)
        sys.exit(run("pytest", "tests/test_fuzz.py", SCRATCHNET_TEST_EXAMPLES=examples))
    from tests.fuzz.targets import TARGETS

    FOUND_FOLDER.mkdir(parents=True, exist_ok=True)
    names = sys.argv[2:] or TARGETS
    broken = [name for name in names if not passes(name, TARGETS[name].seeds, seconds)]
    sys.exit(f"broken: {', '.join(broken)}; the files are in {FOUND_FOLDER}" if broken else 0)


def passes(parser: str, seeds: list[bytes], seconds: int) -> bool:
    """Return whether no file broke the parser; each round continues with the files so far."""
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds):
            Path(corpus, str(number)).write_bytes(seed)
        rounds = (str(min(ROUND_S, seconds - start)) for start in range(0, seconds, ROUND_S))
        return not any(run("tests.fuzz", each, parser, corpus) for each in rounds)


def run(*module: str, **environment: str) -> int:
    """Return the exit code of ``python -m`` with that module and its arguments."""
    print("---", *module, flush=True)
    command = [sys.executable, "-m", *module]
    return subprocess.run(command, check=False, env={**os.environ, **environment}).returncode


def fuzz(parser: str, seconds: int, corpus: Path) -> None:
    """Feed a parser, and end the process after this time or at the first file that breaks it."""
    atheris = import_module("atheris")
    with atheris.instrument_imports(include=["scratchnet_cli", "pickletools", "zipfile", "PIL"]):
        from tests.fuzz.targets import TARGETS
    limits = (f"max_total_time={seconds}", f"timeout={MAX_FILE_S}", "max_len=4096")
    options = (*limits, f"artifact_prefix={FOUND_FOLDER}/", "print_final_stats=1", "verbosity=0")
    arguments = [sys.argv[0], *(f"-{option}" for option in options), str(corpus)]
    atheris.Setup(arguments, TARGETS[parser].check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
