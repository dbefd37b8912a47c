"""The pipeline as its users run it: the real dvc, in a clone, on small params."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from stages.lib.analysis.page import pages
from stages.lib.core.places import Places
from stages.lib.core.plan import read_plan
from tests.measured import plan_of
from tests.small import run, stages_run
from tests.test_dvc_yaml import PIPELINE

STAGES = list(PIPELINE)
READ_LR = [page.stage for page in pages() if plan_of(page, lr=0.05) != plan_of(page)]
TRAINED = [page.stage for page in pages()]
DRAWN = ["judge", "networks", "figures", "report"]


def set_params(folder: Path, changes: Mapping[str, object]) -> None:
    text = (folder / "params.yaml").read_text("utf-8")
    for key, value in changes.items():
        text, count = re.subn(rf"^(\s*{key}:) [^ \n]+", rf"\1 {value}", text, flags=re.MULTILINE)
        assert count, key
    (folder / "params.yaml").write_text(text, "utf-8")


def stale(clone: Path) -> set[str]:
    """The stages that `dvc status` calls changed; those that rest on them may be among them or not."""
    return {*json.loads(run(clone, "dvc", "status", "--json"))}


@pytest.fixture
def clone(built: Path, tmp_path: Path) -> Path:
    """A copy of the built clone, with its cache, for a test to change."""
    return Path(shutil.copytree(built, tmp_path / "clone", symlinks=True))


def test_a_second_repro_runs_no_stage_and_git_is_clean(clone: Path) -> None:
    assert stages_run(run(clone, "dvc", "repro")) == []
    assert run(clone, "git", "status", "--porcelain") == ""


@pytest.mark.long
def test_a_build_from_nothing_gives_the_same_lock(built: Path, tmp_path: Path) -> None:
    run(tmp_path, "git", "clone", "--quiet", str(built), "again")
    again = tmp_path / "again"
    (again / "dvc.lock").unlink()
    shutil.rmtree(again / "plots")
    shutil.rmtree(again / "metrics")
    assert stages_run(run(again, "dvc", "repro")) == STAGES
    assert (again / "dvc.lock").read_bytes() == (built / "dvc.lock").read_bytes()
    assert run(again, "git", "status", "--porcelain") == ""


def experiments_of(clone: Path) -> list[str]:
    """The lines of the table of experiments that README shows."""
    (show,) = re.findall("^dvc exp show .+", (clone / "README.md").read_text("utf-8"), flags=re.MULTILINE)
    return run(clone, *shlex.split(show)).splitlines()


def test_lr_of_an_experiment_reaches_the_baseline_and_the_former_value_comes_from_the_run_cache(clone: Path) -> None:
    assert stages_run(run(clone, "dvc", "exp", "run", "-S", "lr=0.05", "baseline")) == ["check", "baseline"]
    assert run(clone, "git", "diff", "--unified=0", "params.yaml").splitlines()[-2:] == ["-lr: 0.1", "+lr: 0.05"]
    assert "0.05" in run(clone, "dvc", "params", "diff")
    shown = experiments_of(clone)
    assert [line.split()[-1] for line in shown if "workspace" in line or "main" in line] == ["0.05", "0.1"]
    assert max(map(len, shown)) <= 80
    set_params(clone, {"lr": 0.1})
    assert stages_run(run(clone, "dvc", "repro")) == ["check"]  # whose outputs persist
    assert run(clone, "git", "status", "--porcelain") == ""


@pytest.mark.long
def test_an_experiment_with_another_lr_runs_what_reads_it_and_what_judges_and_draws(clone: Path) -> None:
    output = run(clone, "dvc", "exp", "run", "-S", "lr=0.05")
    assert stages_run(output) == ["check", *READ_LR, *DRAWN]
    assert "metrics/baseline.json" in run(clone, "dvc", "metrics", "diff")
    set_params(clone, {"lr": 0.1})
    assert stages_run(run(clone, "dvc", "repro")) == ["check", "report"]  # whose outputs persist, or are in git
    assert run(clone, "git", "status", "--porcelain") == ""


def test_a_rate_that_dvc_writes_as_text_is_read_as_a_number(clone: Path) -> None:
    run(clone, "dvc", "exp", "run", "-S", "lr=1e-6", "check")
    assert yaml.safe_load((clone / "params.yaml").read_text("utf-8"))["lr"] == "1e-06"
    assert read_plan(Places(clone).plan("baseline")).variants[0].recipe.learning_rate == 0.000001


@pytest.mark.long
def test_other_rates_to_sweep_run_the_sweep_and_what_judges_and_draws(clone: Path) -> None:
    output = run(clone, "dvc", "exp", "run", "-S", "lr_sweep.learning_rates=[0.1,0.2]")
    assert stages_run(output) == ["check", "lr_sweep", *DRAWN]
    rows = (clone / "plots/lr_sweep/variants.csv").read_text("utf-8").splitlines()
    assert [row.split(",")[0] for row in rows] == ["learning_rate", "0.1", "0.2"]


# Which stages read a key of the params.
READ: dict[tuple[str, str], tuple[object, set[str]]] = {
    ("network_sweep", "depths"): ([2], {"network_sweep"}),
    ("lr_sweep", "learning_rates"): ([0.1, 0.2], {"lr_sweep"}),
    ("batch_sweep", "batch_sizes"): ([403], {"batch_sweep"}),
    ("optimizer_sweep", "optimizers"): (
        [{"name": "sgd", "optimizer": "sgd", "learning_rates": [0.02, 0.05]}],
        {"optimizer_sweep"},
    ),
    ("smallest_network", "most_parameters"): (7, {"smallest_network"}),
    ("network", "activation"): ("tanh", set(TRAINED) - {"network_sweep", "smallest_network"}),
}


@pytest.mark.parametrize(("section", "key"), READ)
def test_only_the_plans_that_read_a_param_change_with_it(section: str, key: str) -> None:
    value, stages = READ[section, key]
    assert {page.stage for page in pages() if plan_of(page, **{section: {key: value}}) != plan_of(page)} == stages


SHOWN_EACH_TIME = ("network", "activation")  # one is enough where each takes seconds


@pytest.mark.parametrize(
    ("section", "key"),
    [pytest.param(*each, marks=[] if each == SHOWN_EACH_TIME else pytest.mark.long) for each in READ],
)
def test_dvc_would_train_only_what_reads_a_param(clone: Path, section: str, key: str) -> None:
    value, stages = READ[section, key]
    change = f"{section}.{key}={json.dumps(value)}"
    assert stages_run(run(clone, "dvc", "exp", "run", "-S", change, "check")) == ["check"]
    assert stale(clone) & {"judge", *TRAINED} == {"judge", *stages}


@pytest.mark.parametrize(
    ("change", "stages"),
    [
        ("lr_sweep.replicates=3", {"lr_sweep"}),
        pytest.param("smallest_network.most_restarts=4", {"smallest_network"}, marks=pytest.mark.long),
        ("seed=7", set(TRAINED)),
    ],
)
def test_other_draws_of_the_points_train_only_what_learns_from_them(clone: Path, change: str, stages: set[str]) -> None:
    assert stages_run(run(clone, "dvc", "exp", "run", "-S", change, "dataset")) == ["check", "dataset"]
    assert stale(clone) & set(TRAINED) == stages


def test_comments_and_blank_lines_of_the_params_run_nothing(clone: Path) -> None:
    text = (clone / "params.yaml").read_text("utf-8")
    (clone / "params.yaml").write_text(f"# One more line.\n\n{text}", "utf-8")
    assert stages_run(run(clone, "dvc", "repro")) == []


def test_another_colour_makes_nothing_stale_but_what_draws(clone: Path) -> None:
    colours = clone / "stages/lib/publish/classes.py"
    colours.write_text(colours.read_text("utf-8").replace("#0072B2", "#0072B3"), "utf-8")
    assert stale(clone) == {"figures", "report"}


def test_a_comment_in_what_judges_or_declares_trains_nothing(clone: Path) -> None:
    files = ["stages/lib/analysis/statistics.py", "stages/questions/lr_sweep.py"]
    for file in files:
        (clone / file).write_text((clone / file).read_text("utf-8") + "\n# A comment.\n", "utf-8")
    ran = stages_run(run(clone, "dvc", "repro", "judge"))
    assert "judge" in ran
    assert not {*ran} & {*TRAINED}
    assert stale(clone) <= {*DRAWN} - {"judge"}  # whose code has the comment
    assert run(clone, "git", "status", "--porcelain").split() == ["M", "dvc.lock", "M", files[0], "M", files[1]]


def test_another_rule_of_when_a_loss_has_settled_trains_nothing(clone: Path) -> None:
    output = run(clone, "dvc", "exp", "run", "-S", "training.min_delta=1.0", "judge")
    assert stages_run(output) == ["check", "judge"]
    assert stale(clone) == {"figures", "report"}
    assert '"epoch": 1,' in (clone / "metrics/baseline.json").read_text("utf-8")


def test_a_fault_in_a_late_section_stops_before_any_output_is_removed(clone: Path) -> None:
    set_params(clone, {"lr": 0.05, "  activation": "rleu"})
    output = run(clone, "dvc", "repro", code=255)
    assert "network.activation is 'rleu'" in output
    assert "did you mean 'relu'?" in output
    assert "Traceback" not in output
    assert run(clone, "git", "status", "--porcelain").split() == ["M", "params.yaml"]
    assert (clone / "models" / "baseline.keras").is_file()


@pytest.mark.long
def test_an_experiment_in_a_fresh_clone_first_builds_what_is_missing(built: Path, tmp_path: Path) -> None:
    run(tmp_path, "git", "clone", "--quiet", str(built), "fresh")
    fresh = tmp_path / "fresh"
    assert stages_run(run(fresh, "dvc", "exp", "run", "-S", "lr=0.05")) == STAGES
    assert (fresh / "models" / "lr_sweep.keras").read_bytes() == (built / "models" / "lr_sweep.keras").read_bytes()
    changed = run(fresh, "git", "diff", "--name-only", "--", "metrics").split()
    assert sorted(changed) == sorted(f"metrics/{stage}.json" for stage in READ_LR)


@pytest.mark.long
def test_a_grid_of_experiments_runs_from_the_queue(clone: Path) -> None:
    run(clone, "dvc", "exp", "run", "-S", "lr=0.01,0.02", "--queue")
    run(clone, "dvc", "queue", "start")
    for _ in range(120):
        status = run(clone, "dvc", "queue", "status")
        if status.count("Success") + status.count("Failed") == 2:
            break
        subprocess.run(["sleep", "2"], check=True)
    assert status.count("Success") == 2, status
    shown = json.loads(run(clone, "dvc", "exp", "show", "--json"))
    experiments = [revision for branch in shown[1:] for revision in branch["experiments"] or []]
    assert max(map(len, experiments_of(clone))) <= 80
    rates = {exp["revs"][0]["data"]["params"]["params.yaml"]["data"]["lr"] for exp in experiments}
    assert rates == {0.01, 0.02}


@pytest.fixture(scope="module")
def bare(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone without DVC's cache and before any repro, whose last commit changes the baseline's curves."""
    folder = tmp_path_factory.mktemp("bare")
    run(folder, "git", "clone", "--quiet", str(built), "clone")
    for path in (folder / "clone" / "plots").glob("*/*.csv"):
        path.write_text(path.read_text("utf-8").replace("0.6", "0.5"), "utf-8")
    run(folder / "clone", "git", "commit", "--all", "--quiet", "--message", "Change curves")
    return folder / "clone"


def test_dvc_lists_metrics_experiments_and_the_graph_in_a_clone_without_a_cache(bare: Path) -> None:
    assert "metrics/lr_sweep.json" in run(bare, "dvc", "metrics", "show")
    assert "| main" in run(bare, "dvc", "exp", "show", "--md")
    graph = run(bare, "dvc", "dag", "--md")
    assert all(f'["{stage}"]' in graph for stage in STAGES)


def test_plots_show_writes_a_page_with_all_plots_and_pictures(bare: Path) -> None:
    run(bare, "dvc", "plots", "show", "--out", "page")
    page = (bare / "page" / "index.html").read_text("utf-8")
    for asked in pages():
        assert f'"text": "{asked.question}"' in page, asked.stage
    assert "figures_baseline.png" in page
