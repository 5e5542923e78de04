"""The house holds together: who may import whom, and what start-up may cost."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scratchnet_cli.cli import COMMANDS

PACKAGE = Path(__file__).parents[1] / "scratchnet_cli"

# From the ground up: each room may use rooms above it in this table only, and of the outside
# packages only those named.
ALLOWED: dict[str, tuple[set[str], set[str]]] = {
    "errors": (set(), set()),
    "streams": ({"errors"}, set()),
    "messages": (set(), {"click"}),
    "github": ({"messages"}, {"click"}),
    "report_file": ({"errors"}, set()),
    "options": (set(), {"click"}),
    "network": ({"errors"}, {"numpy"}),
    "arrays": ({"errors"}, {"numpy"}),
    "pickle_machine": ({"errors"}, set()),
    "pickles": ({"errors", "arrays", "pickle_machine"}, {"numpy"}),
    "pickle_writer": (set(), {"numpy"}),
    "npy": ({"errors"}, set()),
    "npz": ({"errors", "arrays", "npy"}, {"numpy"}),
    "safetensors": ({"errors", "arrays"}, {"numpy"}),
    "layouts": ({"errors", "network"}, {"numpy"}),
    "weights": (
        {"errors", "network", "arrays", "layouts", "pickles", "npz", "safetensors"},
        {"numpy"},
    ),
    "onnx_graph": ({"errors", "network"}, {"numpy", "onnx"}),
    "convert": (
        {"errors", "network", "arrays", "layouts"}
        | {"pickle_writer", "npz", "safetensors", "onnx_graph"},
        set(),
    ),
    "output": ({"errors"}, set()),
    "vectors": ({"errors", "arrays", "npy"}, {"numpy"}),
    "trace": ({"errors", "network"}, {"numpy"}),
    "derivation": ({"network", "trace"}, {"numpy"}),
    "inspection": ({"network"}, set()),
    "idx": ({"errors"}, {"numpy"}),
    "mnist": ({"errors", "idx"}, {"numpy"}),
    "dataset_files": ({"errors", "idx", "mnist"}, {"numpy"}),
    "opening": ({"errors"}, {"PIL"}),
    "decode": ({"errors", "opening"}, {"numpy", "PIL"}),
    "grey": (set(), {"numpy", "PIL"}),
    "ink": ({"errors", "grey"}, {"numpy"}),
    "regions": (set(), {"numpy"}),
    "paper": ({"grey", "regions"}, {"numpy"}),
    "lines": ({"grey", "regions"}, {"numpy"}),
    "groups": ({"grey", "regions"}, {"numpy"}),
    "fit": ({"grey"}, {"numpy"}),
    "images": (
        {"errors", "decode", "grey", "ink", "regions", "paper", "lines", "groups", "fit"},
        {"numpy"},
    ),
    "cache": ({"errors"}, {"platformdirs"}),
    "http": ({"errors"}, {"requests", "urllib3"}),
    "fetch": ({"errors", "cache", "http"}, set()),
    "assets": ({"cache"}, set()),
    "catalog": (
        {"errors", "network", "arrays", "weights", "mnist", "fetch", "assets", "dataset_files"},
        {"numpy"},
    ),
    "forward": ({"errors", "network"}, {"numpy"}),
    "evaluate": ({"errors", "network", "forward"}, {"numpy"}),
    "api": ({"network", "images", "catalog", "evaluate"}, set()),
    "inputs": ({"errors"}, set()),
    "readings": ({"errors", "images", "inputs"}, set()),
    "classify": ({"errors", "network", "images", "readings"}, {"numpy"}),
    "bars": (set(), set()),
    "bench": ({"network", "forward"}, {"numpy"}),
    "show": ({"bars", "classify"}, {"numpy"}),
    "formats": ({"errors", "messages", "classify"}, set()),
    "preprocessed": ({"errors", "decode", "images", "inputs"}, set()),
    "workers": ({"errors"}, set()),
    "progress": ({"messages", "cache", "fetch", "evaluate"}, {"click", "tqdm"}),
    "measures": (set(), {"numpy"}),
    "outcomes": ({"network"}, {"numpy"}),
    "record": ({"catalog", "evaluate"}, set()),
    "matrix": ({"measures"}, set()),
    "eval_formats": ({"messages", "measures", "outcomes", "record"}, set()),
    "page": ({"messages"}, set()),
    "pictures": (set(), {"numpy", "PIL"}),
    "charts": ({"measures", "outcomes", "page"}, set()),
    "provenance": ({"catalog", "record", "page"}, set()),
    "gallery": ({"measures", "outcomes", "eval_formats", "page", "pictures", "charts"}, {"numpy"}),
    "report": (
        {
            "network",
            "measures",
            "outcomes",
            "record",
            "eval_formats",
            "page",
            "pictures",
            "charts",
            "provenance",
            "gallery",
        },
        {"numpy"},
    ),
    "sheet": (
        {
            "errors",
            "report_file",
            "catalog",
            "classify",
            "inputs",
            "record",
            "page",
            "pictures",
            "charts",
            "provenance",
        },
        set(),
    ),
    "cli": ({"errors", "streams", "messages"}, {"click"}),
}
COMMANDS_MAY_USE = {"click"}
LATE = {"numpy", "requests", "PIL", "tqdm", "platformdirs", "onnx"}


def imports(module: Path) -> Iterator[str]:
    """Every module name that a file imports, wherever in the file it does so."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.name} uses a relative import"
            if node.module == "scratchnet_cli":
                yield from (f"scratchnet_cli.{alias.name}" for alias in node.names)
            elif node.module:
                yield node.module


def split_imports(module: Path) -> tuple[set[str], set[str]]:
    """What a module imports of ours, and of outside packages; the standard library is free."""
    ours, outside = set(), set()
    for name in imports(module):
        top, _, rest = name.partition(".")
        if top == "scratchnet_cli":
            ours.add(rest.partition(".")[0])
        elif top not in sys.stdlib_module_names:
            outside.add(top)
    return ours, outside


@pytest.mark.parametrize("module", sorted(PACKAGE.glob("[!_]*.py")), ids=lambda path: path.stem)
def test_modules_import_only_what_their_place_allows(module: Path) -> None:
    """Imports run one way, and each outside package has its known users."""
    ours, outside = split_imports(module)
    allowed_ours, allowed_outside = ALLOWED[module.stem]
    assert ours <= allowed_ours
    assert outside <= allowed_outside


@pytest.mark.parametrize(
    "module", sorted((PACKAGE / "commands").glob("[!_]*.py")), ids=lambda path: path.stem
)
def test_commands_use_only_our_modules_and_click(module: Path) -> None:
    """A command uses our modules and Click, and commands do not know each other."""
    ours, outside = split_imports(module)
    assert outside <= COMMANDS_MAY_USE
    assert "commands" not in ours


def test_the_table_is_in_order() -> None:
    """A room uses only rooms that stand before it in the table: imports cannot run in circles."""
    seen: set[str] = set()
    for module, (ours, _) in ALLOWED.items():
        assert ours <= seen
        seen.add(module)


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
