"""A revision that is run again: the same bits, the same within the tolerance, or other."""

import shutil
from pathlib import Path

import pytest

from review.__main__ import main
from tests.review.conftest import commit, run
from tests.review.test_knows import Out, first
from tests.review.test_review import read, section


@pytest.fixture
def pot(brewed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = Path(shutil.copytree(brewed, tmp_path / "pot", symlinks=True))
    monkeypatch.chdir(folder)
    return folder


def test_what_comes_out_the_same_is_said_to_be_the_same_bits(pot: Path, capsys: Out) -> None:
    line = first(capsys, "--reproduce", "base", "base")
    assert line.startswith("Run again, 3 outputs came out as committed, the same bits; no result changed")
    text = section(read(pot / "review"), "Run again")
    assert "- cup.txt: the same bits\n" in text
    assert run(pot, "git", "status", "--porcelain") == "?? review/\n"


def test_an_edit_that_was_committed_to_the_lock_is_found_only_by_running_again(pot: Path, capsys: Out) -> None:
    commit(pot, {"scores.json": {"loss": 0.0, "accuracy": 1.0}}, "edited")
    run(pot, "dvc", "commit", "--quiet", "--force")
    commit(pot, {}, "head")
    assert first(capsys, "base", "head").startswith("No parameter changed; scores accuracy")
    line = first(capsys, "--reproduce", "base", "head")
    assert line.startswith("Run again, scores.json came out other than committed; ")


def test_a_difference_within_the_stated_tolerance_is_called_that(pot: Path, tmp_path: Path, capsys: Out) -> None:
    commit(pot, {"scores.json": {"loss": 0.025000000001, "accuracy": 0.975}}, "edited")
    run(pot, "dvc", "commit", "--quiet", "--force")
    commit(pot, {}, "head")
    elsewhere = Path(shutil.copytree(pot, tmp_path / "elsewhere", symlinks=True))
    run(elsewhere, "git", "checkout", "--quiet", "base", "--", "dvc.lock", "scores.json")  # what a run gives
    assert "3 outputs came out as committed, 1 of them within 1e-06 of each number" in first(
        capsys, "base", "head", "--reproduced", str(elsewhere)
    )


def test_a_stale_commit_that_was_run_again_elsewhere_never_has_no_metric_changed(
    pot: Path, tmp_path: Path, capsys: Out
) -> None:
    commit(pot, {"params.yaml": "rate: 0.2\ncup: blue\n"}, "head")
    elsewhere = Path(shutil.copytree(pot, tmp_path / "elsewhere", symlinks=True))
    run(elsewhere, "dvc", "repro", "--quiet")
    line = first(capsys, "base", "head", "--reproduced", str(elsewhere))
    assert line.startswith("Run again, cup.txt and 2 more outputs came out other than committed; rate is 0.2, but ")
    assert "no metric changed" not in line


def test_code_runs_only_where_it_is_asked_for_and_a_run_that_fails_is_said_to(
    pot: Path, tmp_path: Path, capsys: Out
) -> None:
    code = f"open({str(tmp_path / 'ran')!r}, 'w')\nraise SystemExit('cold')\n"
    commit(pot, {"tools/brew.py": code}, "head")
    first(capsys, "base", "head")
    assert not (tmp_path / "ran").exists()
    line = first(capsys, "--reproduce", "base", "head")
    assert (tmp_path / "ran").exists()
    assert line.startswith("Run again, it failed: ERROR: failed to reproduce 'brew'")
    assert "no result changed" not in line


@pytest.mark.usefixtures("pot")
def test_only_a_commit_can_be_run_again_and_the_help_warns_of_it(capsys: Out) -> None:
    assert main(["--reproduce", "base"]) == 2
    assert "only a commit can be run again" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "this RUNS ITS CODE" in capsys.readouterr().out
