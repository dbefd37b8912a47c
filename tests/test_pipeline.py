"""The pipeline as its users run it: the real dvc, in a clone, on small params."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import vl_convert
import yaml

ROOT = Path(__file__).parents[1]
SMALL = {
    "training": {"epochs": 4, "patience": 2, "batch_size": 403},
    "prediction_grid": {"points": 15},
    "baseline": {"snapshots": 3},
    "lr_sweep": {"replicates": 2},
    "initializer_sweep": {"replicates": 2},
    "network_sweep": {
        "activations": ["tanh"],
        "depths": [0, 1],
        "widths": [2, 4],
        "learning_rates": [0.1, 0.3],
        "epochs": 4,
        "replicates": 2,
    },
    # At such rates nothing is learned, so that every size has settled and its cost can be drawn.
    "batch_sweep": {"batch_sizes": [403, 1209], "learning_rates": [1.0e-05, 2.0e-05], "epochs": 4, "replicates": 2},
    "optimizer_sweep": {"learning_rates": {"sgd": [0.1, 0.3], "adam": [0.01, 0.03]}, "replicates": 2},
    "smallest_network": {"activations": ["tanh"], "most_parameters": 9, "restarts": 2, "epochs": 4, "batch_size": 403},
    "callbacks_demo": {"epochs": 4, "patience": 2},
}
STAGES = [
    "check",
    "dataset",
    "baseline",
    "lr_sweep",
    "initializer_sweep",
    "network_sweep",
    "batch_sweep",
    "optimizer_sweep",
    "smallest_network",
    "callbacks_demo",
    "figures",
    "report",
]


def run(folder: Path, *command: str, code: int = 0) -> str:
    """Returns what a command prints, and checks its exit code."""
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def stages_run(output: str) -> list[str]:
    return re.findall(r"Running stage '(\w+)'", output)


def set_params(folder: Path, changes: Mapping[str, object]) -> None:
    text = (folder / "params.yaml").read_text("utf-8")
    for key, value in changes.items():
        text, count = re.subn(rf"^(\s*{key}:) [^ \n]+", rf"\1 {value}", text, flags=re.MULTILINE)
        assert count, key
    (folder / "params.yaml").write_text(text, "utf-8")


def make_small(path: Path) -> None:
    params = yaml.safe_load(path.read_text("utf-8"))
    for section, changes in SMALL.items():
        params[section].update(changes)
    path.write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")


def copy_project(clone: Path) -> None:
    """Copies the files that git has or would take, as they are in the work tree."""
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, files.stdout.split("\0")):
        if (ROOT / name).exists():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)


@pytest.fixture(scope="module", autouse=True)
def _own_dvc_and_git(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    os.environ["DVC_SITE_CACHE_DIR"] = str(home / "dvc")
    os.environ["GIT_CONFIG_GLOBAL"] = str(home / "gitconfig")
    subprocess.run(["git", "config", "--global", "user.name", "A Reader"], check=True)
    subprocess.run(["git", "config", "--global", "user.email", "reader@example.org"], check=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone in which the whole pipeline has run on small params, and is committed."""
    clone = tmp_path_factory.mktemp("built") / "clone"
    copy_project(clone)
    run(clone, "git", "init", "--quiet", "--initial-branch", "main")
    make_small(clone / "params.yaml")
    assert stages_run(run(clone, "dvc", "repro")) == STAGES
    run(clone, "git", "add", "--all")
    run(clone, "git", "commit", "--quiet", "--message", "Build on small params")
    return clone


@pytest.fixture
def clone(built: Path, tmp_path: Path) -> Path:
    """A copy of the built clone, with its cache, for a test to change."""
    return Path(shutil.copytree(built, tmp_path / "clone", symlinks=True))


def test_a_second_repro_runs_no_stage_and_git_is_clean(clone: Path) -> None:
    assert stages_run(run(clone, "dvc", "repro")) == []
    assert run(clone, "git", "status", "--porcelain") == ""


def test_a_build_from_nothing_gives_the_same_lock(built: Path, tmp_path: Path) -> None:
    run(tmp_path, "git", "clone", "--quiet", str(built), "again")
    again = tmp_path / "again"
    (again / "dvc.lock").unlink()
    shutil.rmtree(again / "plots")
    shutil.rmtree(again / "metrics")
    assert stages_run(run(again, "dvc", "repro")) == STAGES
    assert (again / "dvc.lock").read_bytes() == (built / "dvc.lock").read_bytes()
    assert run(again, "git", "status", "--porcelain") == ""


def test_lr_of_an_experiment_reaches_what_reads_it_and_the_former_value_comes_from_the_run_cache(
    clone: Path,
) -> None:
    output = run(clone, "dvc", "exp", "run", "-S", "lr=0.05")
    assert stages_run(output) == ["check", "baseline", "initializer_sweep", "figures", "report"]
    assert run(clone, "git", "diff", "--unified=0", "params.yaml").splitlines()[-2:] == ["-lr: 0.1", "+lr: 0.05"]
    assert "0.05" in run(clone, "dvc", "params", "diff")
    assert "metrics/baseline.json" in run(clone, "dvc", "metrics", "diff")
    set_params(clone, {"lr": 0.1})
    assert stages_run(run(clone, "dvc", "repro")) == ["check", "report"]  # they alone have outs that git holds
    assert run(clone, "git", "status", "--porcelain") == ""


def test_a_rate_that_dvc_writes_as_text_is_read_as_a_number(clone: Path) -> None:
    run(clone, "dvc", "exp", "run", "-S", "lr=1e-6")
    assert yaml.safe_load((clone / "params.yaml").read_text("utf-8"))["lr"] == "1e-06"
    curves = (clone / "plots" / "baseline" / "curves.csv").read_text("utf-8").splitlines()
    first, last = (float(curves[epoch].split(",")[3]) for epoch in (1, 4))
    assert first == pytest.approx(last, abs=1e-4)  # at this rate next to nothing is learned


@pytest.mark.parametrize(
    ("stage", "change", "column"),
    [
        ("lr_sweep", "learning_rates=[0.1,0.2]", ["learning_rate", "0.1", "0.2"]),
        ("network_sweep", "depths=[2]", ["activation", "tanh", "tanh"]),
        ("batch_sweep", "batch_sizes=[403]", ["batch_size", "403"]),
        ("optimizer_sweep", "learning_rates.adam=[0.02,0.05]", ["optimizer", "sgd", "adam"]),
        ("smallest_network", "most_parameters=7", ["activation", "tanh", "tanh"]),
    ],
)
def test_other_values_to_sweep_run_the_sweep_and_what_draws_alone(
    clone: Path, stage: str, change: str, column: list[str]
) -> None:
    output = run(clone, "dvc", "exp", "run", "-S", f"{stage}.{change}")
    assert stages_run(output) == ["check", stage, "figures", "report"]
    rows = (clone / "plots" / stage / "variants.csv").read_text("utf-8").splitlines()
    assert [row.split(",")[0] for row in rows] == column


def test_comments_and_blank_lines_of_the_params_run_nothing(clone: Path) -> None:
    text = (clone / "params.yaml").read_text("utf-8")
    (clone / "params.yaml").write_text(f"# One more line.\n\n{text}", "utf-8")
    assert stages_run(run(clone, "dvc", "repro")) == []


def test_another_colour_runs_what_draws_alone(clone: Path) -> None:
    drawing = clone / "stages" / "lib" / "drawing.py"
    drawing.write_text(drawing.read_text("utf-8").replace("#0072B2", "#0072B3"), "utf-8")
    assert stages_run(run(clone, "dvc", "repro")) == ["figures", "report"]


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
    assert run(fresh, "git", "diff", "--name-only", "--", "metrics").split() == [
        "metrics/baseline.json",
        "metrics/initializer_sweep.json",
    ]


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


CURVE_PLOTS = [
    "plots/baseline/curves.csv",
    "plots/lr_sweep/curves.csv",
    "plots/lr_sweep/variants.csv",
    "plots/initializer_sweep/curves.csv",
    "plots/initializer_sweep/variants.csv",
    "plots/network_sweep/curves.csv",
    "plots/network_sweep/variants.csv",
    "plots/batch_sweep/curves.csv",
    "plots/batch_sweep/variants.csv",
    "plots/optimizer_sweep/curves.csv",
    "plots/optimizer_sweep/rates.csv",
    "plots/optimizer_sweep/variants.csv",
    "plots/smallest_network/variants.csv",
    "plots/callbacks_demo/curves.csv",
]


@pytest.mark.parametrize("plot", CURVE_PLOTS)
def test_a_clone_without_a_cache_draws_each_plot_of_two_revisions(bare: Path, plot: str) -> None:
    command = ("dvc", "plots", "diff", "HEAD~1", "HEAD", "--show-vega", "--targets", plot)
    text = subprocess.run(command, cwd=bare, capture_output=True, text=True, check=True).stdout
    assert "<DVC_METRIC" not in text
    svg = vl_convert.vegalite_to_svg(json.loads(text), vl_version="5.8")
    for revision in ("HEAD~1", "HEAD"):
        assert f">{revision}<" in svg
    assert "NaN" not in svg
    assert svg.count("<path") > 10


def test_categories_stand_in_the_order_of_the_params(bare: Path) -> None:
    command = ("dvc", "plots", "show", "--show-vega", "plots/lr_sweep/curves.csv")
    text = subprocess.run(command, cwd=bare, capture_output=True, text=True, check=True).stdout
    svg = vl_convert.vegalite_to_svg(json.loads(text), vl_version="5.8")
    labels = re.findall(r">([0-9.e-]+)</text>", svg)
    legend = labels[labels.index("0.000001") :]
    assert [float(label) for label in legend] == sorted(map(float, legend))
    assert len(legend) == 15


def test_dvc_lists_metrics_experiments_and_the_graph_in_a_clone_without_a_cache(bare: Path) -> None:
    assert "metrics/lr_sweep.json" in run(bare, "dvc", "metrics", "show")
    assert "| main" in run(bare, "dvc", "exp", "show", "--md")
    graph = run(bare, "dvc", "dag", "--md")
    assert all(f'["{stage}"]' in graph for stage in STAGES)


def test_plots_show_writes_a_page_with_all_plots_and_pictures(bare: Path) -> None:
    run(bare, "dvc", "plots", "show", "--out", "page")
    page = (bare / "page" / "index.html").read_text("utf-8")
    for title in (
        "Baseline",
        "Learning rates: curves",
        "Learning rates: final validation loss",
        "Initializers: curves",
    ):
        assert page.count(f'"text": "{title}"') == 1, title
    assert "figures_baseline.png" in page
