"""`make try`: the baseline with other params, in seconds, with nothing recorded."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import pixels
from tests.small import ROOT, commit, copy_project, run
from tools import trial


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clone")
    copy_project(folder)
    commit(folder, "Begin")
    return folder


def tried(clone: Path, *overrides: str, code: int = 0) -> str:
    return run(clone, sys.executable, "-m", "tools.trial", *overrides, code=code)


def figures(output: str) -> dict[str, tuple[str, str]]:
    """Of each figure the value of the last commit and that of now, as they are printed."""
    rows = [line.split() for line in output.splitlines() if line.count(" ") and "." in line.split()[0]]
    return {row[0]: (row[1], row[2]) for row in rows if len(row) == 3}


def test_without_a_change_it_finds_what_is_committed(clone: Path) -> None:
    found = figures(tried(clone))
    committed = json.loads((ROOT / "metrics/baseline.json").read_text("utf-8"))
    assert found["test.loss"] == (f"{committed['test']['loss']:.6g}",) * 2
    assert all(before == now for before, now in found.values())


def test_a_change_is_shown_beside_the_last_commit_with_pictures_and_nothing_is_recorded(clone: Path) -> None:
    output = tried(clone, "lr=0.2", "training.epochs=2", "network.hidden_units=[8,4]")
    before, now = figures(output)["test.loss"]
    assert before != now
    assert figures(output.replace("parameters", "number.parameters"))["number.parameters"] == ("337", "65")
    assert figures(output)["plateau.epoch"] == ("133", "none")  # in so few epochs
    assert "to record it  dvc exp run -S lr=0.2 -S training.epochs=2 -S 'network.hidden_units=[8,4]'\n" in output
    for name in ("curves.png", "answers.png"):
        assert len(np.unique(pixels(clone / ".dvc/tmp/try" / name), axis=0)) > 10
    assert run(clone, "git", "status", "--porcelain") == ""


GIVEN = ["lr=0.05", "network.hidden_units=[8, 8]", "dataset.label=it's", "dataset.source=a&b; echo $HOME"]


def test_make_hands_over_what_it_is_given_and_no_shell_reads_it(tmp_path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8").replace("try: .venv/run", "try:")
    (tmp_path / "Makefile").write_text(makefile, "utf-8")
    (tmp_path / "network.hidden_units=8").touch()  # which the list would be replaced by, were it a pattern
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").write_text(f"#!{sys.executable}\nimport sys\nprint(sys.argv[1:])\n", "utf-8")
    (tmp_path / ".venv/bin/python").chmod(0o755)
    command = ["make", "--silent", "try", "PYTHON=/a folder/python", *(given.replace("$", "$$") for given in GIVEN)]
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    asked = ast.literal_eval(printed)
    assert asked[:2] == ["-m", "tools.trial"]
    assert sorted(asked[2:]) == sorted(given.replace("$", "$$") for given in GIVEN)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["lrr=0.05"], "lrr=0.05: Could not override 'lrr'; write key=value, as in lr=0.05"),
        (["lr=fast"], "params.yaml: lr is 'fast'"),
        (["0.05"], "write key=value, as in lr=0.05"),
        (["network.hidden_units=[8,"], "network.hidden_units=[8,: no viable alternative"),
        (["dataset.source=nosuch.csv"], "nosuch.csv"),
    ],
)
def test_what_is_not_sound_is_refused_in_a_line(
    overrides: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        trial.main(overrides)
    assert message in str(ended.value)
    assert "\n" not in str(ended.value)
    assert list((tmp_path / trial.FOLDER).iterdir()) == []


def test_what_is_given_is_read_as_dvc_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No word of YAML 1.1 is a truth value, and a place in a list is a level of a key."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "try").mkdir()
    given = trial.overridden(["dataset.label=no", "network.hidden_units.0=4"], tmp_path / "try")
    assert given["dataset"].label == "no"
    assert given["network"].hidden_units[0] == 4


@pytest.mark.parametrize(
    ("values", "line"),
    [([0, 0.5, 1], "▁▅█"), ([float("nan"), 1.0], "▁█"), ([0.1] * 200, "▁" * 60)],
    ids=["from 0 to 1", "no number", "many"],
)
def test_a_curve_is_a_line_of_text(values: list[float], line: str) -> None:
    assert trial.sparkline(np.array(values)) == line
