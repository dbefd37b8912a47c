"""docs/add-a-sweep.md followed to the letter, in a copy of the project from which its example was taken away."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pytest

from stages.lib.analysis.chapter import read_chapters
from stages.lib.core.places import Places
from stages.lib.core.plan import read_plan
from tests.small import commit, copy_project, run

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/add-a-sweep.md").read_text("utf-8")
SWEEP = "momentum_sweep"
PYTHON = (sys.executable, "-m")
HAND_MADE = (
    "from stages.lib.core.places import Places; from tests.measured import judge_by_hand; judge_by_hand(Places())"
)
# What quotes the sweep's answer, or speaks of it as an example.
QUOTES = {"README.md", "report/report.md", "dvc.lock", "docs/add-a-sweep.md", "tests/test_add_a_sweep.py"}


@dataclass(frozen=True)
class Step:
    """Text that is written by hand: into a new file, or before each line of a file that reads `before`."""

    file: str
    before: str
    text: str

    def follow(self, project: Path) -> None:
        path = project / self.file
        if not self.before:
            path.write_text(self.text, "utf-8")
            return
        text, count = re.subn(rf"^ *{re.escape(self.before)}\n", self._with_line, path.read_text("utf-8"), flags=re.M)
        assert count, f"{self.file} has no line {self.before}"
        path.write_text(text, "utf-8")

    def _with_line(self, line: re.Match[str]) -> str:
        return f"{self.text}{line[0]}"

    def take_back(self, project: Path) -> None:
        path = project / self.file
        text = path.read_text("utf-8")
        assert self.text in text, f"{self.file} is not as the page has it"
        if self.before:
            path.write_text(text.replace(self.text, ""), "utf-8")
        else:
            path.unlink()


IN_A_FILE = r"^In (?:the new file )?`([^`\n]+)`(?:, before (?:each )?`([^`\n]+)`)?[^\n]*:\n\n```(\w+)\n(.*?)^```$"
STEPS = [
    # `ruff format` takes the blank lines after a function from a page, and wants them in a module.
    Step(file, before, f"{text}\n\n" if before and language == "python" else text)
    for file, before, language, text in re.findall(IN_A_FILE, PAGE, flags=re.MULTILINE | re.DOTALL)
]
COUNTED = {name.strip("`"): int(lines) for name, lines in re.findall(r"^\| (\S+) \| (\d+) \|$", PAGE, re.MULTILINE)}
FORGOTTEN = re.findall(r"^\| (.+) \| \[`(test_\w+)`\]\(\.\./(.+)\) \|$", PAGE, re.MULTILINE)
HOLD = sorted({f"{file}::{test}" for _, test, file in FORGOTTEN})


def tracked(project: Path) -> list[str]:
    return run(project, "git", "ls-files").splitlines()


def derive(project: Path) -> None:
    """What `make plots docs readme` runs."""
    for tool in ("plots", "outputs", "readme"):
        run(project, *PYTHON, f"tools.{tool}")


def judge(project: Path) -> None:
    """What `dvc repro` runs, but for the training: its measurements are made by hand."""
    run(project, *PYTHON, "stages.check")
    run(project, sys.executable, "-c", HAND_MADE)


def pytest_in(project: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    command = [*PYTHON, "pytest", "-n", "0", "-q", "-m", "not long", *tests]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}  # of another folder
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def former(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it is without the sweep, committed."""
    project = tmp_path_factory.mktemp("former") / "project"
    copy_project(project)
    for step in STEPS:
        step.take_back(project)
    (project / "metrics" / f"{SWEEP}.json").unlink(missing_ok=True)
    shutil.rmtree(project / "plots" / SWEEP, ignore_errors=True)
    (project / "plots/figures" / f"{SWEEP}.png").unlink(missing_ok=True)
    judge(project)
    derive(project)
    commit(project, "Without the sweep")
    return project


@pytest.fixture
def project(former: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(former, tmp_path / "project"))


def follow(project: Path, left_out: Collection[int] = ()) -> None:
    for number, step in enumerate(STEPS):
        if number not in left_out:
            step.follow(project)


def test_nothing_but_its_own_files_knows_a_sweep(former: Path) -> None:
    knowing = {file for file in tracked(former) if SWEEP.encode() in (former / file).read_bytes()}
    assert {file for file in knowing if not file.endswith(".gitignore")} <= QUOTES  # which DVC writes


def test_the_page_adds_the_sweep_as_it_is_in_the_repository(project: Path) -> None:
    follow(project)
    run(project, "git", "add", "--all")
    rows = [row.split("\t") for row in run(project, "git", "diff", "--cached", "--numstat", "HEAD").splitlines()]
    assert {file: (int(added), int(removed)) for added, removed, file in rows} == {
        file: (lines, 0) for file, lines in COUNTED.items() if file != "all"
    }
    assert COUNTED["all"] == sum(int(added) for added, _, _ in rows) <= 100
    assert len(rows) == 5

    judge(project)
    places = Places(project)
    assert len(read_plan(places.plan(SWEEP)).variants) == 49
    (chapter,) = (chapter for chapter in read_chapters(places.chapters) if chapter.stage == SWEEP)
    assert chapter.question == "How much momentum?"
    assert chapter.answer.startswith("Momentum `0.995` at a learning rate of `1` does best")
    derive(project)
    found = pytest_in(project, *HOLD)
    assert found.returncode == 0, found.stdout
    run(project, "git", "add", "--all")
    for file in run(project, "git", "diff", "--cached", "--name-only", "HEAD").splitlines():
        # These follow from what was measured, and here that is made by hand.
        if not file.startswith(("data/", "metrics/", "plots/", "docs/statistics.md")):
            assert (project / file).read_bytes() == (ROOT / file).read_bytes(), file


@pytest.mark.long
@pytest.mark.parametrize("number", range(len(FORGOTTEN)), ids=lambda number: FORGOTTEN[number][0])
def test_what_is_forgotten_is_named_by_the_test_that_the_page_tells(project: Path, number: int) -> None:
    _, test, file = FORGOTTEN[number]
    follow(project, left_out=[number])
    found = pytest_in(project, f"{file}::{test}")
    assert found.returncode == 1, found.stdout + found.stderr
    assert re.search(rf"^E .*{SWEEP}", found.stdout, flags=re.MULTILINE), found.stdout


def test_every_step_of_the_page_can_be_forgotten() -> None:
    derived = [what for what, _, _ in FORGOTTEN[len(STEPS) :]]
    assert derived == ["`make plots`", "`make repro`", "`make docs`", "`make readme`"]
