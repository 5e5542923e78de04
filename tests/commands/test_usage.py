"""Wrong usage: exit 2, and a sentence that shows what was meant."""

import os
import re
from pathlib import Path

import click
import pytest

from scratchnet_cli.cli import BLAS_THREADS, COMMANDS, scratchnet
from tests.conftest import Run

EMPTY = "the name is empty, expected a file or a known name."
ENDINGS = ": expected a name that ends in .pkl, .npz, .safetensors, .onnx."
ONCE = "Standard input (-) can be read only once."
RAW = "cannot be combined with --polarity or --multiple."
PAGE = "stdout is for the answers, expected a file."
# The last argument that follows is an empty text.
BEFORE_EMPTY = (
    "eval --weights", "eval --dataset", "eval --report", "draw --weights", "draw --output",
    "forward", "inspect", "bench --weights", "convert", "predict", "predict x", "predict --weights",
    "predict --files-from", "predict --report", "predict --save-preprocessed",
)  # fmt: skip
NOT_PICTURES = "are for folders of labelled pictures; leave them out for sample."
RAW_OPTIONS = (("--raw",), ("--polarity", "dark"), ("--skip-unreadable",))
SAMPLE = ("eval", "--weights", "bundled", "--dataset", "sample")
WRONG: list[tuple[tuple[str, ...], str]] = [
    *(((*words.split(), ""), EMPTY) for words in BEFORE_EMPTY),
    (("evl",), "No such command 'evl'. Did you mean 'eval'?"),
    (("xyzzy",), "No such command 'xyzzy'."),
    (("eval", "--report", "-"), PAGE),
    *(
        (("eval", name, count), f"{count} is not in the range 1<=x<=2147483647.")
        for name in ("--batch-size", "--limit")
        for count in ("0", "2147483648", str(2**63))
    ),
    (("eval", "--min-accuracy", "nan"), "nan is not in the range 0<=x<=1."),
    (("eval", "--min-accuracy", "1.01"), "1.01 is not in the range 0<=x<=1."),
    (("eval", "--min-accuracy", "-0.01"), "-0.01 is not in the range 0<=x<=1."),
    (("eval", "--batchsize", "1"), "--batch-size"),
    (("eval", "--format", "xml"), "json"),
    (("eval", "--format", "json", "--confusion"), "--confusion needs --format text."),
    (("eval", "--raw", "--polarity", "light"), "--raw cannot be combined with --polarity."),
    *(((*SAMPLE, *args), NOT_PICTURES) for args in RAW_OPTIONS),
    # Before the weights are looked for.
    (("eval", "--weights", "x", "--raw"), "leave them out for mnist."),
    ((*SAMPLE, "--weights", "x", "--confusion"), "--confusion is for one network; use --weights"),
    ((*SAMPLE, "--weights", "x", "--activations", "relu"), "store them in each file with `scratch"),
    (("eval", "surplus"), "surplus"),
    (("predict", "--report", "-", "x.png"), PAGE),
    (("predict", "--save-preprocessed", "file", "x.png"), "Directory 'file' is a file."),
    (("predict", "--top", "0", "x.png"), "0 is not in the range 1<=x<=10."),
    (("predict", "--top", "11", "x.png"), "11 is not in the range 1<=x<=10."),
    (("predict", "--min-confidence", "NaN", "x.png"), "nan is not in the range 0<=x<=1."),
    (("predict", "--min-confidence", "2", "x.png"), "2.0 is not in the range 0<=x<=1."),
    (("predict",), "Missing argument 'IMAGE...' (- is standard input) or --files-from LIST."),
    (("predict", "-dash.png"), "No such option"),
    (("draw", "--output", "-"), PAGE),
    *((("convert", "no such file", name), ENDINGS) for name in ("", "x", "x.npz2", ".npz", "-")),
    (("forward", "--trac", "three-layer", "1"), "--trace"),
    (("forward", "three-layer", "1", "--trac"), "--trace"),
    (("forward", "three-layer"), "X..."),
    (("predict", "-", "-"), ONCE),
    (("predict", "-", "--files-from", "-"), ONCE),
    (("predict", "x.png", "--raw", "--multiple"), RAW),
    (("predict", "x.png", "--raw", "--polarity", "dark"), RAW),
    (("predict", "x.png", "--multiple", "--top", "2"), "--top cannot be combined with --multiple."),
    (("eval", "--\x1b[31m.png"), r"--\x1b[31m.png"),
    (("eval", "\x1b[31m"), "unexpected extra argument"),
    (("eval", "\x9b31m"), r"\x9b31m"),
    (("cache", "clear", "--force"), "No such option"),
    (("bench", "--activations", "relu,"), "'' is not one of sigmoid, relu, tanh, identity; "),
    (("inspect", "x", "--activations", "selu"), "; give one for each layer."),
    (("inspect", "x", "--activations", "Relu"), "'Relu' is not one of sigmoid, relu"),
]


@pytest.mark.parametrize(("args", "message"), WRONG, ids=lambda value: " ".join(value)[:40])
def test_usage_that_is_wrong_exits_with_2(run: Run, args: tuple[str, ...], message: str) -> None:
    """No work is done; the message names what is wrong, and its second line the help."""
    Path("file").write_bytes(b"mine")
    result = run(*args, stdin=b"a picture")
    assert (result.exit_code, result.stdout) == (2, "")
    text = " ".join(result.stderr.split())
    assert message in text
    assert text.isprintable()
    assert re.fullmatch(r"error: .*\n`scratchnet.* --help` explains .*\n", result.stderr)
    assert os.listdir() == ["file"]  # noqa: PTH208


def test_usage_names_a_file_that_looks_like_an_option(run: Run) -> None:
    """If there is such a file, the message shows how to write its name."""
    without = run("predict", "-dash.png").stderr
    Path("-dash.png").write_bytes(b"")
    result = run("predict", "-dash.png")
    assert result.exit_code == 2
    hint = " To name the file, write ./-dash.png.\n"
    assert result.stderr == without.replace("\n", hint, 1)


def test_usage_does_not_stop_a_completion() -> None:
    """While a shell completes a word, an unknown command is no error."""
    context = click.Context(scratchnet, resilient_parsing=True)
    assert scratchnet.resolve_command(context, ["evl"])[1] is None


def test_help_lists_every_command(run: Run) -> None:
    """Without arguments the help goes to stderr; each command has a help with an example."""
    result = run("--help")
    assert (result.exit_code, result.stderr) == (0, "")
    for name, summary in COMMANDS.items():
        assert f"  {name}" in result.stdout
        assert summary in " ".join(result.stdout.split())
        own = run(name, "-h")
        assert own.exit_code == 0
        assert "Example: scratchnet " in own.stdout
        assert summary.removesuffix(".") in " ".join(own.stdout.split())
    assert run().exit_code == 2
    assert "Commands:" in run().stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_option_has_an_environment_variable(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Each option of each command reads the variable with its name."""
    group = click.Context(scratchnet, **scratchnet.context_settings)
    command = scratchnet.get_command(group, name)
    assert command
    for option in command.params:
        if isinstance(option, click.Option):
            words = [name, *option.opts[-1].removeprefix("--").split("-")]
            monkeypatch.setenv("_".join(["SCRATCHNET", *words]).upper(), "set")
            context = click.Context(command, group, name)
            assert option.resolve_envvar_value(context) == "set", option.opts


def test_version_is_printed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """CI jobs set SCRATCHNET_VERSION for other reasons."""
    monkeypatch.setenv("SCRATCHNET_VERSION", "1")
    assert run("--version").stdout.startswith("scratchnet ")
    assert run("cache", "path").exit_code == 0


@pytest.mark.parametrize("name", [None, "OMP_NUM_THREADS"])
def test_blas_has_one_thread_by_default(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    """The program sets one thread, unless the user has set a number of threads."""
    for each in BLAS_THREADS:
        monkeypatch.setenv(each, "")  # So that it is restored even if it is not set here.
        monkeypatch.delenv(each)
    if name:
        monkeypatch.setenv(name, "2")
    run("--version")
    assert os.environ.get("OPENBLAS_NUM_THREADS") == (None if name else "1")
