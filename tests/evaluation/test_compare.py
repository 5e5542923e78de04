"""Several networks on the same images: their figures in every format, and McNemar's test."""

import hashlib
import json
import os
import re
from fractions import Fraction
from math import comb
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli import load_dataset, load_weights
from scratchnet_cli.evaluation.compare import Comparison, mcnemar
from scratchnet_cli.evaluation.evaluate import evaluate
from scratchnet_cli.images.read import read_file
from scratchnet_cli.network.layers import Layer, Network
from scratchnet_cli.weights.write import write_weights
from tests.conftest import ACCURACY, BUNDLED_WEIGHTS, Run, Uint8
from tests.reports.html_page import Page

BOTH = ("--weights", "bundled", "--weights", "mine.npz", "--dataset")
TIMES = dict.fromkeys(("made", "elapsed_s", "images_per_s"))
CHANCE = "The difference between bundled and {} may be chance (McNemar's exact test, p ≥ 0.05)."
NO_CHANCE = (
    "The difference between bundled and mine.npz is unlikely to be chance (McNemar's exact test, "
    "p < 0.05)."
)


@pytest.fixture(autouse=True)
def mine() -> Network:
    """Write a network that prefers 7 more than the bundled one; return it."""
    *hidden, last = load_weights("bundled").network.layers
    bias = np.eye(10, dtype=np.float32)[7] * 4
    network = Network((*hidden, Layer(last.W, last.b + bias, last.activation)))
    Path("mine.npz").write_bytes(write_weights(network, ".npz"))
    return network


@pytest.fixture
def only(mine: Network) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the places in the sample that only the bundled network reads, and only mine."""
    x, t = load_dataset("sample").arrays()
    first, second = (each.predict(x) == t for each in (load_weights("bundled").network, mine))
    return np.flatnonzero(first & ~second), np.flatnonzero(second & ~first)


@pytest.mark.parametrize(
    ("only_first", "only_second"), [(0, 0), (5, 0), (0, 6), (1, 8), (7, 7), (120, 90), (400, 600)]
)
def test_mcnemar_is_the_sum_of_a_binomial(only_first: int, only_second: int) -> None:
    """Both tails of n tosses of a fair coin, added as fractions."""
    n, least = only_first + only_second, min(only_first, only_second)
    tail = sum(Fraction(comb(n, k), 2**n) for k in range(least + 1))
    assert mcnemar(only_first, only_second) == pytest.approx(float(min(1, 2 * tail)), rel=1e-11)


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [(5000, 5000, 1), (0, 10_000, 0), (4900, 5100, 0.0465855277), (5100, 4900, 0.0465855277)],
)
def test_mcnemar_does_not_overflow(only_first: int, only_second: int, p: float) -> None:
    """10,000 images on which two networks differ; 0.0465… is the sum of a binomial, too."""
    assert mcnemar(only_first, only_second) == pytest.approx(p, rel=1e-9)


@pytest.mark.parametrize(
    ("p", "text", "is_chance"),
    [(1.0, "1.0000", True), (0.05, "0.0500", True), (0.049999, "0.049999", False),
     (0.0123, "0.0123", False), (0.00009, "<0.0001", False)],
)  # fmt: skip
def test_p_value_is_shown_on_the_side_of_the_limit(p: float, text: str, is_chance: bool) -> None:
    """Rounding contradicts no verdict."""
    result = evaluate(load_weights("bundled"), load_dataset("sample").first(1), details=True)
    comparison = Comparison(result, result)
    comparison.__dict__["p_value"] = p
    assert comparison.p_text == text
    assert ("may be chance" in comparison.verdict) is is_chance


def test_text_is_a_line_for_each_network(
    run: Run, only: tuple[NDArray[np.intp], NDArray[np.intp]]
) -> None:
    """Stdout has names and accuracies in the given order; stderr a table and what it means."""
    by_first, by_second = map(len, only)
    assert min(by_first, by_second) > 0
    accuracy = f"{float(ACCURACY) + (by_second - by_first) / 1000:.4f}"
    p = mcnemar(by_first, by_second)
    verdict = NO_CHANCE if p < 0.05 else CHANCE.format("mine.npz")
    result = run("eval", *BOTH, "sample", *BUNDLED_WEIGHTS, "--progress", "none")
    lines = [f"bundled\t{ACCURACY}", f"mine.npz\t{accuracy}", f"bundled\t{ACCURACY}"]
    assert (result.exit_code, result.stdout.splitlines()) == (0, lines)
    table = result.stderr.splitlines()
    assert [re.split(r"  +", line) for line in table[:4]] == [
        ["network", "accuracy", "first wrong, this right", "first right, this wrong", "p-value"],
        ["bundled", ACCURACY],
        ["mine.npz", accuracy, str(by_second), str(by_first), f"{p:.4f}"],
        ["bundled", ACCURACY, "0", "0", "1.0000"],
    ]
    assert len({len(line) for line in (table[0], *table[2:4])}) == 1
    assert table[4:] == [verdict, CHANCE.format("bundled")]
    assert run("eval", *BOTH, "sample", "--quiet").stderr == ""


def test_json_has_all_networks_and_comparisons(
    run: Run, only: tuple[NDArray[np.intp], NDArray[np.intp]]
) -> None:
    """Each network has the object that it has alone, except for times."""
    result = run("eval", *BOTH, "sample", "--format", "json", "--progress", "none")
    answer = json.loads(result.stdout)
    counts = [len(places) for places in only]
    assert result.stderr == ""
    assert answer["comparisons"] == [
        {"first": "bundled", "second": "mine.npz", "only_first": counts[0],
         "only_second": counts[1], "p_value": mcnemar(*counts)}
    ]  # fmt: skip
    assert list(answer) == ["networks", "comparisons"]
    for name, network in zip(("bundled", "mine.npz"), answer["networks"], strict=True):
        alone = run("eval", "--weights", name, "--dataset", "sample", "--format", "json").stdout
        assert {**network, **TIMES} == {**json.loads(alone), **TIMES}


def test_markdown_ends_in_the_comparison(run: Run) -> None:
    """It follows the tables of each network."""
    os.rename("mine.npz", "a_b.npz")  # noqa: PTH104
    weights = (*BUNDLED_WEIGHTS, "--weights", "a_b.npz")
    text = run("eval", *weights, "--dataset", "sample", "--format", "markdown").stdout
    assert [line.split()[1] for line in text.splitlines() if line.startswith("### ")] == [
        "Accuracy", "Accuracy", "Comparison",
    ]  # fmt: skip
    *_, head, _, first, second, _, verdict = text.splitlines()
    assert {line.count("|") for line in (head, first, second)} == {6}
    assert second.startswith(r"| a\_b.npz | 0.9")
    assert verdict.startswith(r"The difference between bundled and a\_b.npz ")


def test_pictures_are_read_once(run: Run, digits: Uint8) -> None:
    """Unreadable ones count for each network, or for none; the exit code is the same."""
    Path("set/7").mkdir(parents=True)
    for i in range(4):
        Image.fromarray(digits[i]).save(f"set/7/{i}.png")
    Path("set/7/bad.png").touch()
    for options, exit_code, total in (((), 3, 5), (("--skip-unreadable",), 0, 4)):
        with patch("scratchnet_cli.evaluation.pictures.read_file", wraps=read_file) as reading:
            result = run("eval", *BOTH, "set", "--format", "json", *options)
        networks = json.loads(result.stdout)["networks"]
        assert (result.exit_code, reading.call_count) == (exit_code, 5)
        assert [network["total"] for network in networks] == [total, total]
        assert result.stderr.count("bad.png") == 1
        alone = run("eval", *BOTH[2:], "set", "--format", "json", *options).stdout
        assert {**networks[1], **TIMES} == {**json.loads(alone), **TIMES}


def test_classes_of_pictures_are_those_of_every_network(run: Run) -> None:
    """A label that only one network has is refused before pictures are read."""
    np.savez("12.npz", W1=np.ones((784, 12)), b1=np.ones(12))
    Path("set/11").mkdir(parents=True)
    Path("set/11/x.png").touch()
    result = run("eval", "--weights", "12.npz", *BOTH, "set")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines()[-1].startswith("error: set/11: not a class (0 to 9); ")


@pytest.mark.parametrize("on_github", [False, True])
def test_gate_is_for_all_networks(
    run: Run, monkeypatch: pytest.MonkeyPatch, on_github: bool
) -> None:
    """Exit 1 if one of them is below; the message names it."""
    monkeypatch.setenv("GITHUB_ACTIONS", str(on_github).lower())
    np.savez("zeros.npz", W1=np.zeros((784, 10)), b1=np.zeros(10))
    args = ("eval", "--weights", "zeros.npz", *BOTH, "sample", "--min-accuracy", "0.5", "-q")
    result = run(*args)
    message = "the accuracy 0.1000 is below --min-accuracy 0.5"
    assert (result.exit_code, len(result.stdout.splitlines())) == (1, 3)
    error, *annotations = result.stderr.splitlines()
    assert error == f"error: zeros.npz: {message}"
    title = "::error title=scratchnet eval"
    expected = [f"{title}::{message}: zeros.npz weights on sample, test split"]
    assert annotations == expected * on_github
    assert run(*args, "--min-accuracy", "0.1").exit_code == 0


def test_report_shows_the_images_on_which_they_differ(
    run: Run, only: tuple[NDArray[np.intp], NDArray[np.intp]]
) -> None:
    """A table, and each image that only one of them reads, with the other's reading."""
    run("eval", *BOTH, "sample", *BUNDLED_WEIGHTS, "--report", "report.html")
    page = Page(Path("report.html").read_text(encoding="utf-8"))
    rows = page.table("Each network, compared with the first")
    assert [row[0] for row in rows] == ["bundled", "mine.npz", "bundled"]
    assert rows[1][2:4] == [str(len(places)) for places in reversed(only)]
    section = page.text.rpartition("Networks compared")[2].partition("Confusion matrix")[0]
    assert CHANCE.format("bundled") in section
    mine = section.partition("bundled reads, mine.npz does not ")[2]
    shown = re.findall(r"(\d) read as 7(\d+?)(?=\d read|$|\D)", mine)
    labels = load_dataset("sample").labels
    assert {int(place) for _, place in shown} == {*only[0].tolist()}
    assert all(labels[int(place)] == int(label) for label, place in shown)
    assert hashlib.sha256(Path("mine.npz").read_bytes()).hexdigest() in page.text
    anchors = page.all("*", "id")
    assert len(anchors) == len(set(anchors))


def test_variable_has_several_names(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are separated as in PATH."""
    monkeypatch.setenv("SCRATCHNET_EVAL_WEIGHTS", os.pathsep.join(["bundled", "mine.npz"]))
    lines = run("eval", "--dataset", "sample").stdout.splitlines()
    assert [line.partition("\t")[0] for line in lines] == ["bundled", "mine.npz"]


def test_fallback_names_all_networks(run: Run) -> None:
    """Only the dataset can be a default, whose warning is the last line before the answer."""
    result = run("eval", *BOTH[:-1])
    *_, last = result.stderr.splitlines()
    assert (result.exit_code, result.stdout.count("\n")) == (0, 2)
    assert last.startswith("warning: not MNIST: bundled, mine.npz weights on the 1,000-digit ")
