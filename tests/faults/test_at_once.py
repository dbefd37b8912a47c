"""Two commands at once, and changes under a running stage."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.clones import bits, call, copy_of, environment, run, set_seed

BUSY = "is busy, it is being blocked by"


def start(clone: Path, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=clone,
        env=environment(clone.parent / "home"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def while_the_stage_walk_runs(clone: Path, disturb: Callable[[], object]) -> str:
    """Returns what a `dvc repro` prints during which something happens."""
    (clone / "wait").touch()
    repro = start(clone, "dvc", "repro")
    wait_for((clone / "data/partial-grids").is_dir)
    disturb()
    (clone / "wait").unlink()
    return repro.communicate()[0]


def test_a_repro_or_experiment_during_a_repro_says_that_it_waits_and_what_it_changed_is_never_mixed_in(
    clone: Path, undisturbed: dict[str, str]
) -> None:
    ended = []

    def at_once() -> None:
        ended.append(call(clone, "dvc", "repro"))
        ended.append(call(clone, "dvc", "exp", "run", "-S", "seed=3"))

    while_the_stage_walk_runs(clone, at_once)
    for command in ended:
        assert command.returncode
        assert BUSY in command.stdout
    text = (clone / "params.yaml").read_text("utf-8")
    assert "seed: 3" in text
    (clone / "params.yaml").write_text(text.replace("seed: 3", "seed: 2"), "utf-8")
    run(clone, "dvc", "repro")
    assert bits(clone) == undisturbed


def test_params_that_change_under_a_running_stage_are_not_taken_for_those_it_read(
    clone: Path, undisturbed: dict[str, str]
) -> None:
    sought = (clone / "params.yaml").read_text("utf-8")
    (clone / "params.yaml").write_text(sought.replace("seed: 2", "seed: 3"), "utf-8")
    output = while_the_stage_walk_runs(clone, lambda: (clone / "params.yaml").write_text(sought, "utf-8"))
    assert "params.yaml: seed changed while the stage ran" in output
    assert "Traceback" not in output
    run(clone, "dvc", "repro")
    assert bits(clone) == undisturbed


def test_code_that_changes_under_a_running_stage_is_not_taken_for_what_ran(clone: Path) -> None:
    page = clone / "stages/walk.py"
    code = page.read_text("utf-8")
    output = while_the_stage_walk_runs(clone, lambda: page.write_text(f"{code}# Another line.\n", "utf-8"))
    assert "stages/walk.py changed while the stage ran" in output
    assert "Running stage 'walk'" in run(clone, "dvc", "repro", "--dry", "--single-item", "walk")


@pytest.fixture(scope="module")
def failed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone whose params have changed, and whose last stage has failed as its code was broken."""
    clone = copy_of(built, tmp_path_factory.mktemp("failed"))
    set_seed(clone, 2)
    page = clone / "stages/summary.py"
    page.write_text(page.read_text("utf-8").replace("    write_json(", "    open('nowhere')\n    write_json("), "utf-8")
    output = call(clone, "dvc", "repro")
    assert output.returncode
    assert "No such file or directory: 'nowhere'" in output.stdout
    return clone


def test_a_stage_that_fails_is_undone_by_git_and_dvc_checkout(built: Path, failed: Path, tmp_path: Path) -> None:
    clone = copy_of(failed, tmp_path)
    run(clone, "git", "checkout", ".")
    run(clone, "dvc", "checkout")
    assert bits(clone) == bits(built)
    assert run(clone, "git", "status", "--porcelain") == ""


def test_a_stage_that_failed_is_run_by_one_plain_repro_once_it_is_mended(
    failed: Path, tmp_path: Path, undisturbed: dict[str, str]
) -> None:
    clone = copy_of(failed, tmp_path)
    run(clone, "git", "checkout", "stages/summary.py")
    run(clone, "dvc", "repro")
    assert bits(clone) == undisturbed


@pytest.mark.parametrize("years", [pytest.param(-1, id="back"), pytest.param(1, id="ahead", marks=pytest.mark.long)])
def test_a_clock_that_was_set_back_or_ahead_changes_nothing(
    clone: Path, undisturbed: dict[str, str], years: int
) -> None:
    """So that all files are of the future, or of long ago; code that is newer than a stage is not taken for changed."""
    moment = time.time() - years * 365 * 24 * 3600
    for file in clone.rglob("*"):
        if ".git" not in file.parts and file.is_file():
            os.utime(file, (moment, moment))
    run(clone, "dvc", "repro")
    assert bits(clone) == undisturbed


def test_a_clock_that_is_set_back_while_a_stage_runs_changes_nothing(clone: Path, undisturbed: dict[str, str]) -> None:
    """What the stage has read is then of its future."""
    ahead = time.time() + 3600

    def set_back() -> None:
        os.utime(clone / "params.yaml", (ahead, ahead))

    output = while_the_stage_walk_runs(clone, set_back)
    assert "changed while the stage ran" not in output
    assert bits(clone) == undisturbed
