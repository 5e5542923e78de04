"""What start-up may cost, and what the rooms show each other; import-linter holds their order."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from scratchnet_cli.cli import COMMANDS

PACKAGE = Path(__file__).parents[1] / "scratchnet_cli"

ROOMS = sorted({path.parent.name for path in PACKAGE.glob("*/__init__.py")} - {"commands"})
LATE = {"numpy", "requests", "PIL", "tqdm", "platformdirs", "onnx"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_exports_what_it_shows(room: str) -> None:
    """What a type checker sees of a room is there when it runs, and no module hides a name."""
    name = f"scratchnet_cli.{room}"
    package = importlib.import_module(name)
    tree = ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf-8"))
    shown = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    for module, alias in ((node.module, alias) for node in shown for alias in node.names):
        if module is not None and module.startswith(f"{name}."):
            assert not (PACKAGE / room / f"{alias.name}.py").exists()
            exported = getattr(package, alias.name)
            assert exported is getattr(importlib.import_module(module), alias.name)


@pytest.mark.parametrize(
    "command", ["--help", "--version", *(f"{command} --help" for command in COMMANDS)]
)
def test_start_up_loads_nothing_heavy(command: str) -> None:
    """Importing the command line, or asking for help, loads none of the heavy packages."""
    script = (
        "import sys, scratchnet_cli.cli\n"
        "try: scratchnet_cli.cli.main(sys.argv[1:])\n"
        f"finally: print(*({LATE} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *command.split()], capture_output=True, text=True, check=True
    )
    assert done.stderr.split() == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_list_of_commands_says_what_their_help_says(command: str) -> None:
    """The help of the program has the first words of each command's own help."""
    help_ = importlib.import_module(f"scratchnet_cli.commands.{command}").command.help
    assert help_.startswith(COMMANDS[command].removesuffix("."))


def test_a_warm_evaluation_needs_no_network_library() -> None:
    """Where nothing is downloaded and no bar is drawn, neither requests nor tqdm is loaded."""
    script = (
        "import sys, scratchnet_cli.cli\n"
        "try: scratchnet_cli.cli.main(['eval', '--weights', 'bundled', '--dataset', 'sample'])\n"
        "finally: print(*({'requests', 'tqdm', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == ""
