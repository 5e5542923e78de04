"""Connections and processes, seen in Python's audit events; pinned actions and packages."""

import os
import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

from scratchnet_cli.downloads.assets import all_assets
from tests.conftest import Uint8, run_python

ROOT = Path(__file__).parents[1]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
WORKFLOWS = sorted(WORKFLOW.parent.glob("*.yml"))

# Runs command lines and prints what sockets and processes they requested, without opening them.
WATCHED = """
import sys
events = set()
def watch(event, args):
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.spawn", "os.posix")):
        events.add(f"{event} {args[0]}" if event == "socket.getaddrinfo" else event)
        if event in ("socket.getaddrinfo", "socket.connect"):
            raise OSError("watched")
sys.addaudithook(watch)
from scratchnet_cli.cli import main
for line in sys.argv[1:]:
    try:
        main(line.split())
    except SystemExit as leaving:
        print("exit", leaving.code, file=sys.__stderr__)
print(*sorted(events), sep="\\n", file=sys.__stderr__)
"""


def watched(*lines: str) -> tuple[list[str], list[str]]:
    """Return the exit codes of command lines that run in a new process, and their events."""
    stderr = run_python("-c", WATCHED, *lines, timeout=60, check=True).stderr
    codes = re.findall(r"^exit (\d+)$", stderr, re.MULTILINE)
    return codes, re.findall(r"^(?:socket|subprocess|os)\..*", stderr, re.MULTILINE)


def test_offline_opens_no_socket(digits: Uint8, monkeypatch: pytest.MonkeyPatch) -> None:
    """With SCRATCHNET_OFFLINE=1 nothing is requested, whatever is missing."""
    monkeypatch.setenv("SCRATCHNET_OFFLINE", "1")
    Image.fromarray(digits[0]).save("digit.png")
    lines = (
        "eval --limit 10", "eval --weights book --dataset mnist", "predict digit.png",
        "download --split all", "download --force", "cache verify", "cache clear",
    )  # fmt: skip
    assert watched(*lines) == (["0", "4", "0", "4", "4", "0", "0"], [])


def test_run_without_downloads_opens_no_socket(digits: Uint8) -> None:
    """A run that needs no download makes no connection and starts no process."""
    Image.fromarray(digits[0]).save("digit.png")
    lines = (
        "eval --weights bundled --dataset sample --limit 10",
        "predict --show digit.png", "cache list", "cache verify", "--version",
    )  # fmt: skip
    assert watched(*lines) == (["0"] * len(lines), [])


def test_download_uses_only_the_listed_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A download looks up the hosts of the assets, and no other: there is no telemetry."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name)
    codes, events = watched("download --split all")
    hosts = {urlsplit(url).hostname for asset in all_assets() for url in asset.folders}
    assert codes == ["4"]
    looked_up = {event.partition(" ")[2] for event in events if "getaddrinfo" in event}
    assert looked_up == hosts
    assert not any(event.startswith(("subprocess", "os")) for event in events)


@pytest.mark.parametrize("module", ["click", "requests", "simplejson"])
def test_python_m_imports_nothing_from_the_current_folder(module: str) -> None:
    """``python -m scratchnet_cli`` does not run a file that has the name of a library."""
    Path(f"{module}.py").write_text("print('run', flush=True)")
    offline = {**os.environ, "SCRATCHNET_OFFLINE": "1"}
    done = run_python("-m", "scratchnet_cli", "download", timeout=20, env=offline)
    assert (done.returncode, done.stdout) == (4, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "path", [*WORKFLOWS, ROOT / ".github" / "docs" / "ci.md"], ids=lambda path: path.name
)
def test_actions_are_pinned(path: Path) -> None:
    """A tag can be moved, a commit cannot: each action is named by its commit."""
    used = re.findall(r"^ *- uses: (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    pinned = r"(actions|pypa)/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+"
    assert sum(re.fullmatch(pinned, action) is not None for action in used) == len(used) >= 4


def test_packages_come_from_one_index() -> None:
    """A second index could replace packages of the first; what make adds is pinned."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    workflows = "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    assert "index" not in (makefile + workflows).lower()
    added = re.findall(r"pip install .* (\S+)$", makefile, re.MULTILINE)
    ours = r"\$\(PACKAGE\)|'\$\(PACKAGE\)\[dev\]'|.*==\d"
    assert all(re.match(ours, name) for name in added)


def test_workflow_tests_every_lower_bound() -> None:
    """A job uses the oldest version of each dependency, and none has known flaws."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    floors = dict(line.split(">=") for line in tomllib.loads(text)["project"]["dependencies"])
    assert [int(part) for part in floors["pillow"].split(".")] >= [13, 0]
    assert [int(part) for part in floors["urllib3"].split(".")] >= [2, 8]
    (pattern,) = re.findall(r's/(\.\*"\(.*?\)"\.\*)/', WORKFLOW.read_text(encoding="utf-8"))
    (block,) = re.findall(r"^dependencies(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert dict(re.findall(pattern, block)) == floors


def test_workflow_runs_tests_that_exist() -> None:
    """Each path of the workflow exists."""
    paths = re.findall(r"pytest (?:-m slow )?(\S+)", WORKFLOW.read_text(encoding="utf-8"))
    assert paths
    assert all((ROOT / path).exists() for path in paths)
