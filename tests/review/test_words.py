"""What stands in code and commands, whatever the text."""

import shlex
from html import escape
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.utils.hydra import apply_overrides
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from ruamel.yaml import YAML

from review.changes import Change, changes, headline, text_of
from review.comparison import Comparison
from review.overrides import override
from review.pages import _cell, _code
from review.revisions import Revision
from review.words import commands
from tests.review.conftest import HOSTILE

MARKDOWN = MarkdownIt("commonmark").enable("table")


@given(st.text(st.characters(exclude_categories=["C"]), max_size=30))
def test_any_text_in_markdown_is_one_span_of_code_that_reads_the_same(text: str) -> None:
    read = " ".join(text.split()) or " "
    expected = f"<code>{escape(read, quote=False).replace(chr(34), '&quot;')}</code>"
    assert MARKDOWN.render(f"is {_code(text)}") == f"<p>is {expected}</p>\n"
    table = MARKDOWN.render(f"| a | b |\n| --- | --- |\n| {_cell(text)} | c |\n")
    assert f"<td>{expected}</td>\n<td>c</td>" in table


TEXTS = ["Assam", "a/b.c", "true", "1e-3", "", "x, y=1", 'a "b" \\ c', '\\\\"', "end\\", "it's", HOSTILE]


@pytest.mark.parametrize("value", [*TEXTS, 2, 0.05, 1e-06, True])
def test_the_command_for_an_experiment_sets_the_value(value: str | float, tmp_path: Path) -> None:
    change = Change("params.yaml", "leaf", "old", value)
    base = Revision("main", 40 * "a")
    blocks = dict(commands(Comparison(base, base, [change], [], [], [], [], [], "", {})))
    words = shlex.split(blocks["The same parameters upon the base, as an experiment"])
    assert words[-4:-1] == ["exp", "run", "-S"]
    (tmp_path / "params.yaml").write_text("leaf: old\n", "utf-8")
    apply_overrides(tmp_path / "params.yaml", [words[-1]])
    written = yaml.safe_load((tmp_path / "params.yaml").read_text("utf-8"))["leaf"]
    assert float(written) == value if isinstance(value, float) else written == value  # PyYAML reads 1e-06 as text


VALUES = [
    [{"a": 1}, {"a": 3}],
    [{"name": "x y", "k": [1, 2]}],
    [[1, 2], [3]],
    ["a b", "c,d", "it's", '"q"', "a\\"],
    [True, False, None, -1.5],
    [],
    None,
    -1,
    1e-07,
    1e22,
    float("inf"),
    float("-inf"),
    *(
        "1",
        "null",
        "s3://b/k:v",
        "50%",
        "C:\\data\\x",
        "f(x)",
        "choice(1,2)",
        "*.csv",
        "gr\u00f6\u00dfe",
        " x",
        "~",
        "+1",
    ),
    *("a=b", "{a}", "[a", "# c", "a$b", "1_000", "yes", "1:30", "\u2615"),
]
REFUSED = ["${x}", "${oc.env:HOME}", "a\nb", "a\tb", 10**20, ["${x}"], [{"a b": 1}]]


@pytest.mark.parametrize("value", [*TEXTS, *VALUES])
def test_an_override_is_read_back_as_the_same_value(value: Any, tmp_path: Path) -> None:
    file = tmp_path / "params.yaml"
    file.write_text("a:\n  leaf: old\nother: 1\n", "utf-8")
    (text,) = shlex.split(shlex.quote(override("params.yaml", ("a", "leaf"), value) or ""))
    apply_overrides(file, [text])
    assert repr(YAML(typ="safe").load(file.read_text("utf-8"))) == repr({"a": {"leaf": value}, "other": 1})


@pytest.mark.parametrize("value", REFUSED)
def test_a_value_that_dvc_does_not_take_has_no_override(value: Any) -> None:
    assert override("params.yaml", ("leaf",), value) is None


@pytest.mark.parametrize("keys", [("rates", "momentum_0.9"), ("a b",), ("a=b",), ("-a",), ("\u00f6",), ("a", "")])
def test_a_key_that_dvc_takes_for_another_has_no_override(keys: tuple[str, ...]) -> None:
    assert override("params.yaml", keys, 1) is None
    assert override("a:b.yaml", ("x",), 1) is None
    assert override("conf/b.yaml", ("x",), 1) == "conf/b.yaml:x=1"


def test_two_numbers_have_the_digits_that_tell_them_apart() -> None:
    assert text_of(0.9967, 0.99) == ["0.9967", "0.99"]
    assert text_of(1.0, 0.99999) == ["1", "0.99999"]
    assert text_of(0.1, 0.1) == ["0.1", "0.1"]
    assert text_of(None, float("nan"), True, 12345, "a") == ["none", "NaN", "True", "12345", "a"]


def test_a_mean_without_std_or_n_is_a_metric_like_any_other() -> None:
    values: dict[str, dict[str, float]] = {"loss.mean": {"old": 1.0, "new": 2.0}, "loss.n": {"old": 3, "new": 3}}
    rows = changes({"scores.json": values})
    assert [row.name for row in rows] == ["loss.mean", "loss.n"]
    assert [row.deviations for row in rows] == [None, None]
    assert [row.better for row in rows] == [False, None]


def test_any_change_exceeds_a_spread_of_nothing() -> None:
    values = {"loss.mean": (1.0, 2.0), "loss.std": (0.0, 0.0), "loss.n": (3, 3)}
    (row,) = changes({"scores.json": {name: {"old": old, "new": new} for name, (old, new) in values.items()}})
    assert row.deviations == float("inf")


def test_the_headline_is_the_accuracy_on_validation_before_all_others() -> None:
    names = ["time", "loss", "train.accuracy", "validation.accuracy", "validation.loss"]
    rows = [Change("scores.json", name, 1.0, 2.0) for name in names]
    best = []
    while row := headline(rows):
        best.append(row.name)
        rows.remove(row)
    assert best == ["validation.accuracy", "train.accuracy", "validation.loss", "loss", "time"]
    assert Change("metrics/baseline.json", "validation.accuracy", 1.0, 2.0).title == "baseline validation accuracy"
    assert Change("metrics.json", "val_loss", 1.0, 2.0).title == "val loss"
