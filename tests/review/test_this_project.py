"""This project as a reviewer sees it: its review, and what the DVC extension of VS Code reads."""

import json
import re
import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from tests.review.conftest import png, run

ROOT = Path(__file__).parents[2]
CURVES = "plots/baseline/curves.csv"
PICTURE = "plots/figures/baseline.png"
PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
PLOTS = {path for stage in PIPELINE.values() for entry in stage.get("plots", []) for path in entry}
CURVE_PLOTS = {path for path in PLOTS if path.endswith(".csv")}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone with a branch on which `lr` is halved and results are committed: written by hand, not trained."""
    clone = tmp_path_factory.mktemp("project") / "clone"
    run(ROOT, "git", "clone", "--quiet", str(ROOT), str(clone))
    run(clone, "git", "remote", "remove", "origin")
    run(clone, "git", "switch", "--quiet", "--create", "before")
    run(clone, "git", "switch", "--quiet", "--create", "halved")
    params = (clone / "params.yaml").read_text("utf-8")
    lr = yaml.safe_load(params)["lr"]
    (clone / "params.yaml").write_text(re.sub("^lr: .*$", f"lr: {lr / 2}", params, flags=re.MULTILINE), "utf-8")
    metrics = clone / "metrics" / "baseline.json"
    values = json.loads(metrics.read_text("utf-8"))
    values["validation"] |= {"accuracy": 0.9901}
    metrics.write_text(json.dumps(values), "utf-8")
    curves = pd.read_csv(clone / CURVES)
    curves.assign(loss=2 * curves["loss"]).to_csv(clone / CURVES, index=False)
    pixels = np.array(Image.open(clone / PICTURE).convert("RGB"))
    pixels[:100] = 0
    (clone / PICTURE).write_bytes(png(pixels))
    run(clone, "git", "commit", "--quiet", "--all", "--message", "Halve lr")
    return clone


def test_a_halved_rate_is_reviewed_in_under_15_seconds_and_shows_exactly_what_changed(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTHONSAFEPATH", "1")  # the code under test, not that of the clone
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = run(clone, sys.executable, "-m", "review", "before", "halved")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Seconds of work rather than on the clock, which other programs slow down.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 15
    pictures = len(list(clone.glob("plots/**/*.png")))
    assert re.fullmatch(
        r"lr is \S+, but the outputs were made with \S+; "
        r"metrics/baseline.json is not what dvc.lock records: edited after the run \(2 more files too\); "
        r"1 parameter changed; baseline validation accuracy \S+ → 0.9901 \(\w+\); "
        rf"{len(CURVE_PLOTS) - 1} of {len(CURVE_PLOTS)} curve plots "
        rf"and {pictures - 1} of {pictures} pictures unchanged\.",
        output.splitlines()[0],
    )
    text = (clone / "review" / "review.md").read_text("utf-8")
    rows = re.findall(r"^\|[ *]+`(\S+)`", text, flags=re.MULTILINE)
    assert rows[:4] == ["params.yaml", "lr", "metrics/baseline.json", "validation.accuracy"]
    assert rows[4:] == ["before"]  # the heading over the picture
    sides = [f"plots-figures-baseline-png-{side}.png" for side in ("base", "head", "difference")]
    sources = re.findall('src="pictures/[0-9]+-([^"]+)"', text)
    assert sources == ["plots-baseline-curves-csv-overlay.png", *sides]
    assert "dvc exp run -S lr=" in text


def test_a_branch_without_a_change_is_said_to_have_none(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    run(clone, "git", "branch", "--force", "same", "before")
    output = run(clone, sys.executable, "-m", "review", "before", "same")
    expected = "No result changed: no parameter, metric, curve plot or picture differs."
    assert output.splitlines()[0] == expected


def asked(clone: Path, *command: str) -> Any:
    return json.loads(run(clone, "dvc", *command))


def test_vs_code_gets_a_table_of_params_and_metrics(clone: Path) -> None:
    workspace, head, *_ = asked(clone, "exp", "show", "--json")
    assert workspace["rev"] == "workspace"
    assert head["name"] == "halved"
    lr = yaml.safe_load((clone / "params.yaml").read_text("utf-8"))["lr"]
    for revision in (workspace, head):
        data = revision["data"]
        assert data["params"]["params.yaml"]["data"]["lr"] == lr
        assert data["metrics"]["metrics/baseline.json"]["data"]["validation"]["accuracy"] == 0.9901
        assert not revision.get("error")


def test_vs_code_gets_each_plot_of_both_revisions_and_the_steps_of_a_picture(clone: Path, tmp_path: Path) -> None:
    answer = asked(clone, "plots", "diff", "before", "halved", "--json", "--split", "--out", str(tmp_path))
    assert set(answer) == {"data"}  # no errors
    plots = answer["data"]
    assert set(plots) >= CURVE_PLOTS
    for name in CURVE_PLOTS:
        (plot,) = plots[name]
        assert plot["type"] == "vega"
        assert plot["revisions"] == ["before", "halved"]
        assert len(plot["anchor_definitions"]["<DVC_METRIC_DATA>"]) > 1
        json.dumps(plot, allow_nan=False)
    steps = [name for name in plots if re.fullmatch(r"plots/figures/baseline/\d+\.png", name)]
    assert len(steps) == len(list(clone.glob("plots/figures/baseline/*.png"))) > 1
    for name in (*steps, PICTURE):
        assert [Path(entry["url"]).read_bytes()[:4] for entry in plots[name]] == [b"\x89PNG"] * 2


def test_vs_code_gets_the_state_of_the_data(clone: Path) -> None:
    status = asked(clone, "data", "status", "--granular", "--unchanged", "--json")
    missing = {path.rstrip("/") for path in status["not_in_cache"]}
    assert {"data/train.csv", "models/baseline.keras"} <= missing
    assert "committed" not in status


def test_vs_code_gets_the_stages_and_their_graph(clone: Path) -> None:
    listed = run(clone, "dvc", "stage", "list", "--name-only").split()
    assert listed == list(PIPELINE)
    graph = run(clone, "dvc", "dag", "--md")
    assert graph.startswith("```mermaid\n")
    names = dict(re.findall(r'(node\d+)\["([^"]+)"\]', graph))
    edges = {(names[one], names[other]) for one, other in re.findall(r"(node\d+)-->(node\d+)", graph)}
    assert set(names.values()) == set(PIPELINE)
    assert {("check", "dataset"), ("dataset", "baseline"), ("baseline", "judge"), ("judge", "figures")} <= edges
