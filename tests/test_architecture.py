"""The structure of the package, and what each start loads; import-linter checks the layers."""

import ast
import gzip
import importlib
from pathlib import Path

import pytest

import scratchnet_cli
from scratchnet_cli.cli import COMMANDS
from scratchnet_cli.downloads.assets import BOOK_WEIGHTS, MNIST
from scratchnet_cli.weights.load import load_weights
from scratchnet_cli.weights.write import write_weights
from tests.conftest import Uint8, idx, run_python

PACKAGE = Path(scratchnet_cli.__file__).parent
PHOTO = Path(__file__).parents[1] / ".github" / "assets" / "photo.jpg"
HEAVY_PACKAGES = {
    "numpy", "requests", "PIL", "tqdm", "platformdirs", "onnx", "scratchnet_cli.datasets.files",
    "scratchnet_cli.datasets.idx_files", "scratchnet_cli.datasets.pictures", "pillow_heif",
    "scratchnet_cli.images.arrays", "scratchnet_cli.images.heif",
}  # fmt: skip

# Runs the program on the files in its cache; prints how many of the package's files it passes
# through, and the heavy packages that it imports.
MEASURED = f"""
import hashlib, os, sys
from dataclasses import replace
from pathlib import Path
from scratchnet_cli.downloads import assets
def cached(asset):
    data = (Path(os.environ["SCRATCHNET_CACHE_DIR"]) / asset.name).read_bytes()
    return replace(asset, size=len(data), sha256=hashlib.sha256(data).hexdigest())
assets.BOOK_WEIGHTS = cached(assets.BOOK_WEIGHTS)
assets.MNIST = {{"test": tuple(map(cached, assets.MNIST["test"]))}}
files = set()
def record(frame, event, arg):
    # Only functions: importing a module runs its body and those of its classes.
    code = frame.f_code
    if event == "call" and code.co_flags & 1 and "scratchnet_cli" in code.co_filename:
        files.add(code.co_filename)
def end(code):
    sys.setprofile(None)
    sys.exit(f"{{code}} {{len(files)}} {{sorted({HEAVY_PACKAGES} & set(sys.modules))}}")
os._exit = end
sys.setprofile(record)
from scratchnet_cli.__main__ import main
main()
"""


def test_modules_have_a_readable_length() -> None:
    """A module has 25 to 250 lines, and the ``__init__`` of a package only its docstring."""
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert (0 if path.stem in ("__init__", "__main__") else 25) <= text.count("\n") <= 250, path
        if path.stem == "__init__" and path.parent != PACKAGE:
            assert [*map(type, ast.parse(text).body)] == [ast.Expr], path


def test_public_names_are_those_that_type_checkers_see() -> None:
    """The table of lazy imports and the imports for type checkers are the same names."""
    root = ast.walk(ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8")))
    imports = [node for node in root if isinstance(node, ast.ImportFrom) and node.level == 0]
    typed = {alias.asname: node.module for node in imports for alias in node.names}
    lazy = {name: f"scratchnet_cli.{module}" for name, module in scratchnet_cli._MODULES.items()}
    assert {name: module for name, module in typed.items() if name} == lazy
    assert dir(scratchnet_cli) == scratchnet_cli.__all__ == sorted(lazy)
    for name, module in lazy.items():
        assert getattr(scratchnet_cli, name) is getattr(importlib.import_module(module), name)
    with pytest.raises(AttributeError, match="no attribute 'predictor'"):
        _ = scratchnet_cli.predictor


@pytest.mark.parametrize("command", ["--help", "--version", *(f"{c} --help" for c in COMMANDS)])
def test_help_loads_no_heavy_package(command: str) -> None:
    """Neither the command line nor a help text imports NumPy, Pillow or what downloads need."""
    script = (
        "import sys, scratchnet_cli.cli\n"
        "try: scratchnet_cli.cli.main(sys.argv[1:])\n"
        f"finally: print(*({HEAVY_PACKAGES} & set(sys.modules)), file=sys.stderr)"
    )
    done = run_python("-c", script, *command.split())
    assert (done.returncode, done.stderr) == (0, "\n")


@pytest.mark.parametrize(
    ("args", "max_files", "heavy"),
    [(["eval", "--progress=none"], 18, ["numpy"]), (["predict", str(PHOTO)], 28, ["PIL", "numpy"])],
)
def test_warm_run_passes_through_few_files(
    cache: Path, digits: Uint8, labels: Uint8,
    args: list[str], max_files: int, heavy: list[str],
) -> None:  # fmt: skip
    """With everything cached, a reader follows a run through few files, and little is imported."""
    cache.mkdir()
    (cache / BOOK_WEIGHTS.name).write_bytes(write_weights(load_weights("bundled").network, ".pkl"))
    for asset, array in zip(MNIST["test"], (digits, labels), strict=True):
        (cache / asset.name).write_bytes(gzip.compress(idx(array)))
    code, files, packages = run_python("-c", MEASURED, *args).stderr.split(maxsplit=2)
    assert (code, packages) == ("0", f"{heavy}\n")
    assert 10 < int(files) <= max_files
