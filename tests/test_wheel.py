"""The built wheel, installed in an environment of its own."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.conftest import BUNDLED, run_python

ROOT = Path(__file__).parents[1]
# With the way to the internet that each test takes away.
ONLINE = dict(os.environ)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel with only its dependencies beside it; return the program."""
    folder = tmp_path_factory.mktemp("installed")
    options = ("--wheel", "--no-isolation", "--outdir")
    run_python("-m", "build", *options, folder, ROOT, check=True)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    venv.create(environment, symlinks=sys.platform != "win32")
    scripts = environment / ("Scripts" if sys.platform == "win32" else "bin")
    pip = ("-m", "pip", "--python", scripts / "python", "install", "--no-deps", "--no-index")
    run_python(*pip, wheel, check=True)
    # The dependencies are those of this environment. A path in a .pth file brings no editable
    # install along, so the package under test is the wheel's.
    (site_packages,) = environment.rglob("site-packages")
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return scripts / "scratchnet"


def run_installed(program: Path, *args: str | Path) -> str:
    """Run the installed program outside of the checkout; return its answer."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.check_output([program, *args], text=True, timeout=60, env=environment)


def test_wheel_contains_weights_and_sample(installed: Path) -> None:
    """Without internet, the bundled network, sample and worked example are used."""
    answer = json.loads(run_installed(installed, "eval", "--format", "json"))
    for origin in (answer["weights"], answer["dataset"]):
        assert origin["fallback"] is True
        assert origin["source"].startswith(str(installed.parents[1]))
    example = run_installed(installed, "forward", "three-layer", "-1.0", "0.5")
    assert example == "0.30594585 0.67212002\n"


def test_wheel_contains_the_parts_of_reports(installed: Path) -> None:
    """Reports and the page to draw on have their styles and scripts."""
    run_installed(installed, "eval", *BUNDLED, "-q", "--report", "report.html")
    run_installed(installed, "draw")
    report, page = (path.read_text(encoding="utf-8") for path in sorted(Path().glob("*.html")))
    assert "prefers-color-scheme" in report
    assert re.search("prefers-color-scheme.*function softmax", page, re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["pipx install", "uv tool install"])
def test_checkout_is_installed_as_a_tool(tmp_path: Path, command: str) -> None:
    """The command of the README installs a program that reads a picture; it needs an index."""
    tool, *arguments = command.split()
    if not (found := shutil.which(tool)):
        pytest.skip(f"{tool} is not installed")
    variables = {
        **dict.fromkeys(("PIPX_HOME", "UV_TOOL_DIR"), str(tmp_path / "home")),
        **dict.fromkeys(("PIPX_BIN_DIR", "UV_TOOL_BIN_DIR"), str(tmp_path / "bin")),
        **dict.fromkeys(("PIPX_DEFAULT_PYTHON", "UV_PYTHON"), sys.executable),
    }
    subprocess.run([found, *arguments, ROOT], env=ONLINE | variables, check=True)
    (program,) = (tmp_path / "bin").iterdir()
    photo = ROOT / ".github" / "assets" / "photo.jpg"
    assert run_installed(program, "predict", photo) == f"{photo}\t4\t1.0000\n"
