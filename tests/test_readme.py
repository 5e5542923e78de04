"""The README and the other documents, compared with the program."""

import doctest
import pickle
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import numpy as np
import pytest
from PIL import Image

from scratchnet_cli.cli import COMMANDS, scratchnet
from scratchnet_cli.downloads.assets import all_assets
from scratchnet_cli.images import digit_image
from scratchnet_cli.prediction.answers import LOW_PROBABILITY, NOT_A_DIGIT, TURN_WARNINGS
from tests.conftest import WINDOWS, Uint8
from tests.weights.weight_files import Arrays, book_arrays

ROOT = Path(__file__).parents[1]
NAMES = ["README.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md"]
NAMES += [path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob(".github/docs/*.md"))]
TEXTS = {name: (ROOT / name).read_text("utf-8") for name in NAMES}
TRANSLATIONS = [name for name in NAMES if "/README." in name]
README, CI = TEXTS["README.md"], TEXTS[".github/docs/ci.md"]
LINES = re.findall(r"^ *- (?:run: )?(scratchnet .*)$", README + CI, re.MULTILINE)


def blocks(language: str, *names: str) -> list[str]:
    """Return the blocks of code in this language, in all documents or in these."""
    # A translation has the README's own blocks.
    text = "\n".join(TEXTS[name] for name in names or TEXTS if name not in TRANSLATIONS)
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands_in(block: str) -> list[tuple[str, str]]:
    """Return the commands in a block, with what they print."""
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)


EXAMPLES = [example for block in blocks("console") for example in commands_in(block)]
SCRIPTS = blocks("py", "README.md", ".github/docs/reference.md")


def run_in_shell(
    script: str, stderr: int = subprocess.STDOUT
) -> "subprocess.CompletedProcess[str]":
    """Run a script in which ``scratchnet`` is the program that is tested."""
    if (WINDOWS and "|" in script) or ("| jq" in script and not shutil.which("jq")):
        pytest.skip("there is no /bin/sh, or no jq")
    program = [sys.executable, "-m", "scratchnet_cli"]
    command = [*program, *shlex.split(script)[1:]]
    if not WINDOWS:
        function = f'scratchnet() {{ {shlex.join(program)} "$@"; }}\n'
        command = ["/bin/sh", "-euc", function + script]
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=stderr, encoding="utf-8", check=False
    )


@pytest.fixture
def _mirror(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the folder of the real files the mirror."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(real_data.resolve()))


@pytest.fixture
def params() -> Arrays:
    """Return the arrays of the book's ``TwoLayerNet``."""
    return book_arrays(784, 50, 10)


@pytest.fixture
def _files(digits: Uint8, labels: Uint8, params: Arrays) -> None:
    """Write the files that the examples read."""
    shutil.copytree(ROOT / ".github" / "assets", ".github/assets")
    exec(SCRIPTS[0], {"np": np, "network": SimpleNamespace(params=params)})  # noqa: S102
    Path("two_layer_net.pkl").write_bytes(pickle.dumps(params))
    np.savetxt("test.csv", digits[:2].reshape(2, 784), "%d", ",", header="pixels", comments="")
    for label in range(10):
        folder = Path("my-pictures", str(label))
        folder.mkdir(parents=True)
        Image.fromarray(digits[labels == label][0]).save(folder / "digit.png")


def test_readme_is_short() -> None:
    """The README has at most 250 lines."""
    assert len(README.splitlines()) <= 250


@pytest.mark.parametrize("name", TRANSLATIONS)
def test_translations_keep_what_is_not_prose(name: str) -> None:
    """A translation has the README's code, structure, inline code and figures."""
    original, translation = README.partition("\n## Chapter 3")[0], TEXTS[name]
    structure = re.compile(r"^```.*?^```$|^#+ |^\||^- |^!", re.MULTILINE | re.DOTALL)
    assert structure.findall(translation) == structure.findall(original)
    details = re.compile(r"`[^`\n]+`|\d[\d.,]*\d")
    assert set(details.findall(translation)) == set(details.findall(original))


@pytest.mark.parametrize("name", TEXTS)
def test_sentences_are_short(name: str) -> None:
    """No sentence has more than 30 words."""
    text = re.sub(r"^```.*?^```$", ".", TEXTS[name], flags=re.MULTILINE | re.DOTALL)
    ends = r"[.?!:][)*\"]*\s|\s[·|]\s|\n\s*\n|\n\s*(?:-|\d\.)\s"
    assert [one for one in re.split(ends, text) if len(one.split()) > 30] == []


def test_documents_name_all_options_and_no_others() -> None:
    """The options in the text are those of the commands, and the reference has all of them."""
    context = click.Context(scratchnet)
    commands = [scratchnet, *(scratchnet.get_command(context, name) for name in COMMANDS)]
    known = {option for command in commands if command for p in command.params for option in p.opts}
    known = {option for option in known if option.startswith("--")} | {"--help"}
    named = {
        name: set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)) for name, text in TEXTS.items()
    }
    assert known <= named[".github/docs/reference.md"]
    assert set().union(*named.values()) - known == {"--json-lines", "--repo"}


def test_pictures_md_explains_each_warning() -> None:
    """The first column of its table has the warnings of the program, and no others."""
    section = TEXTS[".github/docs/pictures.md"].split("## Warnings")[1].split("## ")[0]
    explained = re.findall(r"^\| (.*?) \|", section, re.MULTILINE)[1:]
    constants = vars(digit_image).items()
    known = {text for name, text in constants if name.isupper() and isinstance(text, str)}
    known |= {NOT_A_DIGIT, LOW_PROBABILITY}.union(*TURN_WARNINGS)
    assert sorted(explained) == sorted(known | {"only the first of N pages or frames is read"})


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_somewhere(name: str) -> None:
    """Each link leads to a file, and to a heading in it."""
    for target in re.findall(r"\]\((?!https:)(.*?)\)", TEXTS[name]):
        path, _, anchor = target.partition("#")
        linked = ROOT / name if not path else (ROOT / name).parent / path
        assert linked.exists(), target
        headings = re.findall(r"^#+ (.*)$", linked.read_text("utf-8") if anchor else "", re.M)
        anchors = [
            re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings
        ]
        assert not anchor or anchor in anchors, target


@pytest.mark.usefixtures("_mirror", "_files")
@pytest.mark.parametrize(("command", "expected"), EXAMPLES)
def test_examples_print_what_they_show(command: str, expected: str) -> None:
    """Each example, run on the real files, prints the text below it ("..." is any text)."""
    shown = run_in_shell(command).stdout
    assert doctest.OutputChecker().check_output(expected, shown, doctest.ELLIPSIS), shown


@pytest.mark.usefixtures("_files")
@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_run(script: str, params: Arrays) -> None:
    """Each script runs where its packages are installed."""
    names: dict[str, Any] = {"np": np, "network": SimpleNamespace(params=params)}
    if "save_file" in script:
        names["save_file"] = pytest.importorskip("safetensors.torch").save_file
        names["model"] = pytest.importorskip("torch").nn.Linear(784, 10)
    exec(script, names)  # noqa: S102


@pytest.mark.usefixtures("_mirror")
@pytest.mark.parametrize("prompts", blocks("python") + blocks("pycon"))
def test_prompts_give_what_they_show(prompts: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed at the prompts of Python, fifteen lines at most, gives what is below it."""
    monkeypatch.chdir(ROOT)
    test = doctest.DocTestParser().get_doctest(prompts, {}, "prompts", None, None)
    failed, attempted = doctest.DocTestRunner().run(test)
    assert failed == 0
    assert 3 <= attempted <= len(prompts.splitlines()) <= 15


@pytest.mark.parametrize("command", COMMANDS)
def test_readme_has_an_example_of_each_command(command: str) -> None:
    """The table of commands shows each of them in use."""
    assert re.search(rf"^\| `{command}[ `].*scratchnet {command} ?.*\|$", README, re.MULTILINE)


@pytest.mark.skipif(WINDOWS, reason="a shell script")
@pytest.mark.parametrize(
    ("old", "new", "exit_code", "stdout"),
    [
        ("0", "0", 0, "good enough: Accuracy: 0."),
        ("0.93", "0.9999", 1, "not good enough: Accuracy: 0."),
        ("bundled", "missing.npz", 3, ""),
    ],
)
def test_ci_script_explains_failures(old: str, new: str, exit_code: int, stdout: str) -> None:
    """In CI the script passes, fails on a higher threshold, and keeps the code of a failure."""
    (script,) = blocks("sh", ".github/docs/ci.md")
    assert old in script
    done = run_in_shell(script.replace(old, new), stderr=subprocess.PIPE)
    assert done.returncode == exit_code
    assert done.stdout.startswith(stdout)
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("_mirror")
def test_ci_jobs_run() -> None:
    """The README, the GitHub and the GitLab job run the same line, which leaves its artifact."""
    (line,) = set(LINES)
    assert len(LINES) == 3
    assert run_in_shell(line).stdout.splitlines()[-1] == "Accuracy: 0.9352"
    assert Path("report.html").exists()


def test_ci_jobs_cache_by_the_pinned_hashes() -> None:
    """Both jobs key their cache on the file with all hashes, and keep the cache folder."""
    keys = ["".join(key) for key in re.findall(r"hashFiles\('(.*)'\)|files: \[(.*)\]", CI)]
    assert keys == ["scratchnet_cli/downloads/assets.py"] * 2
    text = (ROOT / keys[0]).read_text(encoding="utf-8")
    assert all(asset.sha256 in text for asset in all_assets())
    assert CI.count("path: .scratchnet\n") == CI.count("paths: [.scratchnet]\n") == 1
