"""What start-up may cost, and what the rooms show each other; import-linter holds their order."""

import ast
import functools
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import scratchnet_cli
from scratchnet_cli.cli import COMMANDS

PACKAGE = Path(scratchnet_cli.__file__).parent

ROOMS = sorted({path.parent.name for path in PACKAGE.glob("*/__init__.py")} - {"commands"})
LATE = {"numpy", "requests", "PIL", "tqdm", "platformdirs", "onnx"}


@functools.cache
def imports(path: Path) -> list[tuple[str, str]]:
    """The module and the name of everything that a file imports of ours."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [
        (node.module, alias.name)
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module and PACKAGE.name in node.module
        for alias in node.names
    ]


@pytest.mark.parametrize("room", [f"{PACKAGE.name}.{room}" for room in ROOMS] + [PACKAGE.name])
def test_a_room_exports_what_it_shows(room: str) -> None:
    """What a type checker sees of a room is there when it runs, and no module hides a name."""
    package = importlib.import_module(room)
    shown = list(imports(Path(str(package.__file__))))
    shown.remove(("scratchnet_cli.lazy", "lazy_exports"))
    assert set(package.__all__) == {name for _, name in shown}
    for module, name in shown:
        assert getattr(package, name) is getattr(importlib.import_module(module), name)
        assert not (Path(str(package.__file__)).parent / f"{name}.py").exists()


@pytest.mark.parametrize("room", ROOMS)
def test_nobody_looks_into_a_room(room: str) -> None:
    """Only the modules of a room import its modules; the others take what it exports."""
    outside = [path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE / room]
    inner = f"{PACKAGE.name}.{room}."
    assert [
        path for path in outside for module, _ in imports(path) if module.startswith(inner)
    ] == []


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
