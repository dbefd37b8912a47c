"""What `make repro` says before DVC begins: params.yaml and dvc.lock, in a line."""

import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.lib.core.runner import Fault
from tests.faults.clones import WAY_OUT
from tests.lib.core.test_bounds import BILLION
from tools import before

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "dvc.lock").read_text("utf-8")
PIPELINE = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
GIBIBYTE = 2**30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with the project's params.yaml, dvc.yaml and dvc.lock, committed."""
    for name in ("params.yaml", "dvc.yaml", "dvc.lock"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Start"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def said(folder: Path) -> str:
    """What it ends with, in a gibibyte of memory."""
    ended = subprocess.run(
        [sys.executable, "-m", "tools.before"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "OPENBLAS_NUM_THREADS": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (GIBIBYTE, GIBIBYTE)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in ended.stderr
    assert bool(ended.returncode) == bool(ended.stderr)
    return ended.stderr


def test_make_repro_says_it_before_dvc_begins() -> None:
    recipe = re.search(r"^repro:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert recipe
    assert recipe[1].split("\n")[:2] == ["\t@python -m tools.before", "\tdvc repro"]


def test_what_is_as_committed_gets_no_word(folder: Path) -> None:
    assert said(folder) == ""


def test_a_bomb_of_aliases_ends_in_one_line_and_in_little_memory(folder: Path) -> None:
    (folder / "params.yaml").write_text(BILLION, "utf-8")
    (line,) = said(folder).splitlines()
    assert line.startswith("params.yaml: line 5 is too much: ")


def test_a_value_that_its_tag_does_not_know_ends_in_one_line(folder: Path) -> None:
    (folder / "params.yaml").write_text("lr: !!bool maybe\n", "utf-8")
    (line,) = said(folder).splitlines()
    assert line.startswith("params.yaml: not YAML in UTF-8: ")


@pytest.mark.parametrize("name", ["figures", "report", "check"])
def test_a_lock_that_is_cut_at_a_lines_end_is_named_with_the_documented_way_back(folder: Path, name: str) -> None:
    (folder / "dvc.lock").write_text(LOCK[: LOCK.index(f"\n  {name}:\n") + 1], "utf-8")
    (line,) = said(folder).splitlines()
    assert line.startswith("dvc.lock lacks what the last commit notes of ")
    assert name in line
    assert f"`{WAY_OUT}`, then `make repro`" in line
    subprocess.run(["sh", "-c", WAY_OUT], cwd=folder, check=True, capture_output=True)
    assert said(folder) == ""


def test_a_lock_that_is_no_yaml_is_left_to_dvc_and_one_that_is_gone_is_a_beginning(folder: Path) -> None:
    (folder / "dvc.lock").write_text("stages: [", "utf-8")
    assert said(folder) == ""
    (folder / "dvc.lock").unlink()
    assert said(folder) == ""


def test_each_cut_at_a_lines_end_is_noticed_or_loses_no_note_of_any_content() -> None:
    committed, lines = YAML(typ="safe").load(LOCK)["stages"], LOCK.splitlines(keepends=True)
    noticed = 0
    for kept in [*range(1, len(lines), 67), *range(len(lines) - 30, len(lines))]:
        try:
            found = before._stages("".join(lines[:kept]))
            before.refuse_cut(PIPELINE, committed, found)
        except (Fault, YAMLError):
            noticed += 1
        else:
            assert all(before._noted(found[name]) == before._noted(committed[name]) for name in committed)
    assert noticed > 45


def test_what_dvc_yaml_no_longer_names_is_not_missed() -> None:
    committed = {"a": {"outs": [{"path": "x", "md5": "1"}, {"path": "y", "md5": "2"}]}}
    found = {"a": {"outs": [{"path": "x", "md5": "1"}]}}
    before.refuse_cut({"a": {"outs": ["x"]}}, committed, found)
    with pytest.raises(Fault):
        before.refuse_cut({"a": {"outs": ["x", {"y": {"cache": False}}]}}, committed, found)


@pytest.mark.parametrize("lock", ["sche", "schema: '2.0'\nstages:\n  check:\n    c", "schema: '2.0'\nstages:\n  chec"])
def test_a_lock_that_is_cut_within_a_line_is_left_to_dvc(folder: Path, lock: str) -> None:
    (folder / "dvc.lock").write_text(lock, "utf-8")
    assert said(folder) == ""
