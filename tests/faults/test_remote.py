"""A remote: what one clone pushes, another pulls, and then has nothing to run."""

from pathlib import Path

from tests.faults.clones import bits, copy_of, run


def test_a_fresh_clone_that_pulls_from_a_folder_runs_no_stage(built: Path, tmp_path: Path) -> None:
    first = copy_of(built, tmp_path)
    run(first, "dvc", "remote", "add", "--default", "storage", str(tmp_path / "storage"))
    run(first, "git", "commit", "--all", "--quiet", "--message", "Name the remote")
    run(first, "dvc", "push")
    run(tmp_path, "git", "clone", "--quiet", str(first), "second")
    second = tmp_path / "second"
    run(second, "dvc", "pull")
    assert bits(second) == bits(built)
    assert "Running stage" not in run(second, "dvc", "repro")
    assert bits(second) == bits(built)
