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
    "__init__": (set(), set()),
    "errors": (set(), set()),
    "streams": ({"errors"}, set()),
    "messages": (set(), {"click"}),
    "github": ({"messages"}, {"click"}),
    "options": (set(), {"click"}),
    "network": ({"errors"}, {"numpy"}),
    "weights.arrays": ({"errors"}, {"numpy"}),
    "weights.pickle_machine": ({"errors"}, set()),
    "weights.pickles": ({"errors", "weights.arrays", "weights.pickle_machine"}, {"numpy"}),
    "weights.pickle_writer": (set(), {"numpy"}),
    "weights.npy": ({"errors"}, set()),
    "weights.npz": ({"errors", "weights.arrays", "weights.npy"}, {"numpy"}),
    "weights.safetensors": ({"errors", "weights.arrays"}, {"numpy"}),
    "weights.layouts": ({"errors", "network"}, {"numpy"}),
    "weights": (
        {
            "errors",
            "network",
            "weights.arrays",
            "weights.layouts",
            "weights.pickles",
            "weights.npz",
            "weights.safetensors",
        },
        {"numpy"},
    ),
    "weights.onnx_graph": ({"errors", "network"}, {"numpy", "onnx"}),
    "weights.convert": (
        {"errors", "network", "weights.arrays", "weights.layouts"}
        | {"weights.pickle_writer", "weights.npz", "weights.safetensors", "weights.onnx_graph"},
        set(),
    ),
    "output": ({"errors"}, set()),
    "inputs": ({"errors"}, set()),
    "vectors": ({"errors", "inputs", "weights.arrays", "weights.npy"}, {"numpy"}),
    "trace": ({"errors", "network"}, {"numpy"}),
    "derivation": ({"network", "trace"}, {"numpy"}),
    "inspection": ({"network"}, set()),
    "idx": ({"errors"}, {"numpy"}),
    "mnist": ({"errors", "idx"}, {"numpy"}),
    "dataset_files": ({"errors", "idx", "mnist"}, {"numpy"}),
    "images.grey": (set(), {"numpy", "PIL"}),
    "images.opening": ({"errors"}, {"PIL"}),
    "images.decode": ({"errors", "images.grey", "images.opening"}, {"numpy", "PIL"}),
    "images.regions": (set(), {"numpy"}),
    "images.polarity": ({"images.grey", "images.regions"}, {"numpy"}),
    "images.light": ({"images.grey"}, {"numpy"}),
    "images.ink": ({"errors", "images.grey", "images.light", "images.polarity"}, {"numpy"}),
    "images.paper": ({"images.grey", "images.regions"}, {"numpy"}),
    "images.lines": ({"images.grey", "images.regions"}, {"numpy"}),
    "images.groups": ({"images.grey", "images.regions"}, {"numpy"}),
    "images.fit": ({"images.grey"}, {"numpy"}),
    "images": (
        {
            "errors",
            "images.grey",
            "images.decode",
            "images.ink",
            "images.light",
            "images.regions",
            "images.paper",
            "images.lines",
            "images.groups",
            "images.fit",
        },
        {"numpy"},
    ),
    "cache": ({"errors", "output"}, {"platformdirs"}),
    "http": ({"errors"}, {"requests", "urllib3"}),
    "fetch": ({"errors", "cache", "http"}, set()),
    "assets": ({"cache"}, set()),
    "catalog": (
        {
            "errors",
            "network",
            "weights.arrays",
            "weights",
            "mnist",
            "fetch",
            "assets",
            "dataset_files",
        },
        {"numpy"},
    ),
    "forward": ({"errors", "network"}, {"numpy"}),
    "evaluate": ({"errors", "network", "forward"}, {"numpy"}),
    "api": ({"network", "images", "catalog", "evaluate"}, set()),
    "readings": ({"errors", "images", "inputs"}, set()),
    "classify": ({"errors", "network", "images", "readings"}, {"numpy"}),
    "bars": (set(), set()),
    "bench": ({"network", "forward"}, {"numpy"}),
    "show": ({"bars", "classify"}, {"numpy"}),
    "predict_formats": ({"messages", "classify"}, set()),
    "preprocessed": (
        {"errors", "output", "images.decode", "images", "inputs", "classify"},
        set(),
    ),
    "workers": ({"errors"}, set()),
    "progress": ({"messages", "cache", "fetch", "evaluate"}, {"click", "tqdm"}),
    "printer": (
        {
            "errors",
            "streams",
            "messages",
            "network",
            "trace",
            "derivation",
            "classify",
            "show",
            "progress",
        },
        {"click"},
    ),
    "measures": (set(), {"numpy"}),
    "outcomes": ({"network"}, {"numpy"}),
    "record": ({"catalog", "evaluate"}, set()),
    "matrix": ({"measures"}, set()),
    "eval_formats": ({"messages", "measures", "outcomes", "record"}, set()),
    "pages": (set(), set()),
    "pages.page": ({"messages"}, set()),
    "pages.data_uris": ({"images.opening"}, {"numpy", "PIL"}),
    "pages.charts": ({"measures", "outcomes", "pages.page"}, set()),
    "pages.provenance": ({"catalog", "record", "pages.page"}, set()),
    "pages.gallery": (
        {"measures", "outcomes", "pages.page", "pages.data_uris", "pages.charts"},
        {"numpy"},
    ),
    "pages.report": (
        {
            "network",
            "measures",
            "outcomes",
            "record",
            "pages.page",
            "pages.data_uris",
            "pages.charts",
            "pages.provenance",
            "pages.gallery",
        },
        {"numpy"},
    ),
    "pages.sheet": (
        {
            "errors",
            "output",
            "catalog",
            "classify",
            "inputs",
            "record",
            "pages.page",
            "pages.data_uris",
            "pages.charts",
            "pages.provenance",
        },
        set(),
    ),
    "cli": ({"errors", "streams", "messages"}, {"click"}),
    "__main__": ({"cli"}, set()),
}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE / "commands")
COMMANDS_MAY_USE = {"click"}
LATE = {"numpy", "requests", "PIL", "tqdm", "platformdirs", "onnx"}


def place(module: Path) -> str:
    """A module's name in the table: ``images`` for ``images/__init__.py``, ``images.ink``."""
    parts = module.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def imports(module: Path) -> Iterator[str]:
    """Every module name that a file imports, wherever in the file it does so."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.name} uses a relative import"
            assert node.module is not None
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner.removeprefix(f"{PACKAGE.name}.") in ALLOWED else node.module


def split_imports(module: Path) -> tuple[set[str], set[str]]:
    """What a module imports of ours, and of outside packages; the standard library is free."""
    ours, outside = set(), set()
    for name in imports(module):
        top, _, rest = name.partition(".")
        if top == PACKAGE.name:
            ours.add(rest)
        elif top not in sys.stdlib_module_names:
            outside.add(top)
    return ours, outside


@pytest.mark.parametrize("module", MODULES, ids=place)
def test_modules_import_what_their_place_allows_and_no_more(module: Path) -> None:
    """Imports run one way, each outside package has its known users, and the table is no wider."""
    ours, outside = split_imports(module)
    assert (ours, outside) == ALLOWED[place(module)]


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
