"""The form of messages: severity, subject, what happened and what to do, in two short lines."""

import os
import re
from pathlib import Path

import click
import numpy as np
import pytest
from PIL import Image

from scratchnet_cli.cli import COMMANDS, scratchnet
from tests.conftest import Run, Uint8, write_dataset
from tests.weights.weight_files import book_arrays, saved

MAX_CHARACTERS, MAX_WORDS = 100, 30
# What the system says needs no advice, and a threshold is a result.
PLAIN = ("No such file or directory", "below --min-")
BUNDLED = "--weights bundled --dataset"
# A command line, and the file or option that its last message is about.
MESSAGES = {
    "": "Usage:", "foo": "'foo'", "--foo": "'--foo'", "evl": "'eval'",
    "cache": "Usage:", "cache foo": "'foo'", "cache clear --force": "'--force'",
    "predict": "--files-from", "predict -d.png": "./-d.png", "predict --top 0 ok.png": "'--top'",
    "predict --format xml ok.png": "'--format'", "predict --jobs 0 ok.png": "'--jobs'",
    "predict --raw --multiple ok.png": "--raw", "predict --multiple --top 2 ok.png": "--top",
    "predict --min-confidence 2 ok.png": "'--min-confidence'", "predict - -": "(-)",
    "predict -": "standard input",
    "predict --save-preprocessed ok.png ok.png": "'--save-preprocessed'",
    "predict --report - ok.png": "'--report'", "predict -0 ok.png": "--null",
    "predict --activations relu, ok.png": "'--activations'",
    "predict none.png": "none.png", "predict blank.png": "blank.png",
    "predict cut.png": "cut.png", "predict empty.png": "empty.png", "predict x.txt": "x.txt",
    "predict x.pdf": "x.pdf", "predict x.svg": "x.svg", "predict big.png": "big.png",
    "predict page.html": "page.html", "predict pointer": "pointer", "predict nothing": "nothing",
    "predict http://a/b.png": "http://a/b.png", "predict --raw ok.png": "ok.png",
    "predict --polarity light blank.png": "blank.png",
    "predict --files-from none": "--files-from none", "predict --files-from 0": "--files-from 0",
    "predict --null --files-from list": "--files-from list",
    "predict --report . ok.png": "--report .", "predict --report x.txt ok.png": "--report x.txt",
    "predict --report none/x.html ok.png": "--report none/x.html",
    "predict --min-confidence 1 ok.png": "ok.png",
    **{
        f"predict --weights {name} blank.png none.png": name
        for name in (
            "none.npz", "shapes.npz", "names.npz", "integers.npz", "nan.npz", "one.npz", "list.pkl",
            "class.pkl", "x.h5", "x.pt", "x.txt", "page.html", "pointer", "empty.png", "nothing",
            "old.pkl", "joblib.pkl", "x.onnx", "x.safetensors", "cut.npz",
        )
    },
    "predict --weights two.npz --activations relu ok.png": "two.npz",
    "inspect two.npz": "two.npz", "inspect bundled --activations tanh,tanh,tanh": "bundled.npz",
    "eval --batch-size 0": "'--batch-size'", "eval --batch-size x": "'--batch-size'",
    "eval --limit 0": "'--limit'", "eval --min-accuracy 2": "'--min-accuracy'",
    "eval --split foo": "'--split'", "eval --confusion --format json": "--confusion",
    "eval --raw --polarity dark": "--raw", "eval --dataset sample --raw": "--raw",
    "eval --weights a --weights b --confusion": "--confusion",
    "eval --weights a --weights b --activations relu": "--activations",
    f"eval {BUNDLED} sample --split train": "sample", f"eval {BUNDLED} none": "none",
    f"eval {BUNDLED} sample --min-accuracy 1": "--min-accuracy",
    f"eval {BUNDLED} nothing": "nothing", f"eval {BUNDLED} rows.csv": "rows.csv",
    f"eval {BUNDLED} ok.png": "ok.png", f"eval {BUNDLED} list.pkl": "list.pkl",
    f"eval {BUNDLED} names.npz": "names.npz", f"eval {BUNDLED} listed": "listed/labels.tsv",
    f"eval {BUNDLED} classes": "classes/foo", f"eval {BUNDLED} pictures --transpose": "--transpose",
    f"eval {BUNDLED} labels": "labels", f"eval {BUNDLED} x.csv": "x.csv",
    "eval --weights one.npz --dataset sample": "one.npz",
    "eval --dataset mnist --weights bundled": "t10k-images-idx3-ubyte.gz",
    "eval --weights book --dataset sample": "sample_weight.pkl",
    "forward one.npz": "'X...'", "forward one.npz 1 2": "one.npz", "forward one.npz a b": "'a'",
    "forward one.npz 1,2": "1,2", "forward one.npz inf 1 1 1": "inf",
    "forward one.npz 1e99 1 1 1": "float32", "forward one.npz ok.png": "ok.png",
    "forward one.npz rows.csv": "rows.csv",
    "convert one.npz one.npz": "one.npz", "convert one.npz x": "'OUT'",
    "convert two.npz new.onnx": "new.onnx", "convert relu.npz new.pkl": "new.pkl",
    "draw --output none/x.html": "--output none/x.html", "draw --output x.txt": "--output x.txt",
    "bench --weights one.npz": "one.npz", "cache verify": "cache/sample_weight.pkl",
}  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, digits: Uint8) -> Path:
    """Return a folder with the files that the command lines name."""
    folder = tmp_path_factory.mktemp("files")
    start = Path.cwd()
    os.chdir(folder)
    picture = Image.fromarray(255 - digits[0]).resize((140, 140))
    for name in ("ok.png", "pictures/3/ok.png", "classes/foo/ok.png"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        picture.save(name)
    Image.new("L", (50, 50), 255).save("blank.png")
    Image.new("1", (20_000, 20_000)).save("big.png")
    Path("cut.png").write_bytes(Path("ok.png").read_bytes()[:500])
    for name in ("nothing", "listed", "cache"):
        Path(name).mkdir()
    write_dataset(Path("labels"), digits[:2], np.zeros(1, np.uint8))
    arrays = book_arrays(4, 3)
    Path("one.npz").write_bytes(saved(arrays))
    Path("two.npz").write_bytes(saved(book_arrays(784, 5, 10)))
    np.savez("relu.npz", W1=arrays["W1"], b1=arrays["b1"], activations=["relu"])
    np.savez("shapes.npz", W1=arrays["W1"], b1=np.ones(2))
    np.savez("names.npz", foo=np.ones(2))
    np.savez("integers.npz", W1=np.ones((4, 3), int), b1=np.ones(3))
    np.savez("nan.npz", W1=arrays["W1"] * np.nan, b1=arrays["b1"])
    contents: dict[str, bytes] = {
        "empty.png": b"", "x.txt": b"hello", "x.pdf": b"%PDF-1.4", "x.svg": b"<svg></svg>",
        "page.html": b"<!DOCTYPE html>", "pointer": b"version https://git-lfs.github.com",
        "list.pkl": b"\x80\4]\x94.", "class.pkl": b"\x80\4\x8c\1a\x8c\1b\x93)\x81.",
        "old.pkl": b"(dp0\n.", "joblib.pkl": b"\x78\x9c", "x.h5": b"\x89HDF\r\n\x1a\n",
        "x.pt": b"\x80\2\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "x.onnx": b"\x08\x08\x3b",
        "x.safetensors": b"\2\0\0\0\0\0\0\0{}", "cut.npz": b"PK\3\4", "list": b"a.png\n",
        "0": b"a.png\0", "rows.csv": b"a,b\n1,2\n", "x.csv": b"0," * 783 + b"0\n",
        "listed/labels.tsv": b"a.png\t3\n", "cache/sample_weight.pkl": b"x", "-d.png": b"",
    }  # fmt: skip
    for name, content in contents.items():
        Path(name).write_bytes(content)
    os.chdir(start)
    return folder


@pytest.mark.parametrize("line", MESSAGES)
def test_message_has_its_form(
    run: Run, files: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """It begins with its severity, names its subject, and says in two lines what to do."""
    monkeypatch.chdir(files)
    monkeypatch.setenv("SCRATCHNET_OFFLINE", "1")
    monkeypatch.setenv("SCRATCHNET_CACHE_DIR", "cache")
    subject = MESSAGES[line]
    text = run(*line.split()).stderr
    if subject == "Usage:":
        # The help alone; it ends with an example.
        assert text.startswith(subject)
        assert text.splitlines()[-1].startswith("  Example: ")
        return
    *_, start = re.finditer("^(?:error|warning|note): ", text, re.MULTILINE)
    first, *rest = text[start.end() :].splitlines()
    assert subject in first
    assert len(rest) <= 1
    assert rest or re.search("; |expected ", first) or any(plain in first for plain in PLAIN)
    # Without paths.
    shown = [re.sub(r"(^| )(/|[A-Z]:)\S+", "", one.replace(subject, "")) for one in (first, *rest)]
    assert max(map(len, shown)) <= MAX_CHARACTERS
    assert max(len(one.split()) for one in re.split(r"[;.] ", first)) <= MAX_WORDS


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_short_sentences(name: str) -> None:
    """No sentence in the help of a command has more than 30 words."""
    command = scratchnet.get_command(click.Context(scratchnet), name)
    assert command
    options = [option.help for option in command.params if isinstance(option, click.Option)]
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    for text in filter(None, (command.help, *options, *(each.help for each in inner))):
        assert max(len(one.split()) for one in re.split(r"[.:;]\s", text)) <= MAX_WORDS
