"""What is said after `dvc repro`, in a repository of git and DVC whose stage writes what the "processor" says."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import as_committed

PIPELINE = """
stages:
  train:
    cmd: cat source processor > trained
    deps:
    - source
    params:
    - rate
    outs:
    - trained:
        cache: false
  report:
    cmd: cat trained > text
    deps:
    - trained
    outs:
    - text:
        cache: false
  other:
    cmd: cat source > copied
    deps:
    - source
    outs:
    - copied:
        cache: false
"""


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("committed")
    for name, text in (("dvc.yaml", PIPELINE), ("source", "a"), ("processor", "b"), ("params.yaml", "rate: 1\n")):
        (folder / name).write_text(text, "utf-8")
    run(folder, "git", "init", "--quiet")
    run(folder, "dvc", "init", "--quiet")
    repro(folder)
    run(folder, "git", "add", "--all")
    run(folder, "git", "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--message", "a")
    return folder


@pytest.fixture
def repository(committed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(committed, tmp_path / "repository"))


def run(folder: Path, *command: str) -> str:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def repro(folder: Path) -> None:
    run(folder, sys.executable, "-m", "dvc", "repro", "--force")


def said(folder: Path) -> str:
    return run(folder, sys.executable, as_committed.__file__).strip()


def test_the_same_bits_are_called_as_committed(repository: Path) -> None:
    repro(repository)
    assert said(repository) == "All outputs of 3 stages came out as committed."


def test_other_bits_of_the_same_inputs_break_the_promise_and_name_stage_and_processor(repository: Path) -> None:
    (repository / "processor").write_text("c", "utf-8")
    repro(repository)
    line = said(repository)
    assert line.startswith("Not as committed: train, and what follows.")
    assert "Please report it" in line
    assert as_committed.processor() in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("file", "text"), [("params.yaml", "rate: 2\n"), ("dvc.yaml", PIPELINE.replace("cat s", "cat ./s"))]
)
def test_a_change_of_the_users_breaks_no_promise(repository: Path, file: str, text: str) -> None:
    (repository / file).write_text(text, "utf-8")
    (repository / "processor").write_text("c", "utf-8")
    repro(repository)
    line = said(repository)
    assert line.startswith("Other params, code or data than those of the committed dvc.lock were read by ")
    assert "train" in line


def test_a_change_elsewhere_does_not_hide_a_broken_promise(repository: Path) -> None:
    (repository / "dvc.yaml").write_text(PIPELINE.replace("cat source >", "cat ./source >"), "utf-8")
    (repository / "processor").write_text("c", "utf-8")
    repro(repository)
    assert said(repository).startswith("Not as committed: train,")


def test_nothing_is_said_without_a_commit_to_compare_with(repository: Path) -> None:
    run(repository, "git", "rm", "--cached", "--quiet", "dvc.lock")
    run(repository, "git", "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--message", "b")
    assert said(repository) == ""
