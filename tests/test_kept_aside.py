"""A user's file where points go is never lost without a word: tried with the real DVC, without any training."""

import shutil
from pathlib import Path

import pytest
import yaml

from tests.small import ROOT, commit, copy_project, run, shrink, stages_run

OWN = "a,b,kind\n1,2,x\n3,4,y\n"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone in which the points are drawn, committed; those of seed 7 were drawn before, so that DVC knows them."""
    clone = tmp_path_factory.mktemp("drawn") / "clone"
    copy_project(clone)
    params = shrink(yaml.safe_load((clone / "params.yaml").read_text("utf-8")))  # of which few draws are made
    (clone / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")
    for seed in (7, 42):
        set_seed(clone, seed)
        run(clone, "dvc", "repro", "dataset")
    commit(clone, "Draw the points")
    return clone


@pytest.fixture
def clone(drawn: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(drawn, tmp_path / "clone", symlinks=True))


def set_seed(clone: Path, seed: int) -> None:
    params = yaml.safe_load((clone / "params.yaml").read_text("utf-8"))
    (clone / "params.yaml").write_text(yaml.safe_dump(params | {"seed": seed}, sort_keys=False), "utf-8")


def kept(clone: Path) -> dict[str, str]:
    return {file.name: file.read_text("utf-8") for file in (clone / "data").glob("*.kept-*")}


def test_a_file_over_the_points_is_kept_aside_and_the_points_are_made_again(clone: Path) -> None:
    paths = {part: clone / f"data/{part}.csv" for part in ("train", "validation", "test")}
    before = {part: path.read_bytes() for part, path in paths.items()}
    for part, path in paths.items():
        path.write_text(f"{OWN}{part},7,x\n", "utf-8")
    output = " ".join(run(clone, "dvc", "repro", "dataset").split())
    assert kept(clone) == {f"{part}.kept-1.csv": f"{OWN}{part},7,x\n" for part in paths}
    for part, path in paths.items():
        assert (
            f"data/{part}.csv is not what DVC knows, so it was renamed to data/{part}.kept-1.csv. To learn from it: "
            f"`mv data/{part}.kept-1.csv data/own/yours.csv`, then `dvc exp run -S dataset.source=yours.csv`"
        ) in output
        assert path.read_bytes() == before[part]


def test_a_second_file_does_not_take_the_place_of_the_first(clone: Path) -> None:
    for text in (OWN, f"{OWN}5,6,x\n"):
        (clone / "data/train.csv").write_text(text, "utf-8")
        run(clone, "dvc", "repro", "dataset")
    assert kept(clone) == {"train.kept-1.csv": OWN, "train.kept-2.csv": f"{OWN}5,6,x\n"}


def test_a_file_over_the_points_is_kept_aside_though_dvc_knows_the_run(clone: Path) -> None:
    (clone / "data/train.csv").write_text(OWN, "utf-8")
    set_seed(clone, 7)
    assert stages_run(run(clone, "dvc", "repro", "dataset")) == ["check", "dataset"]
    assert kept(clone) == {"train.kept-1.csv": OWN}


@pytest.mark.parametrize("command", ["dvc exp run -S seed=8 dataset", "dvc checkout --force data/train.csv"])
def test_what_takes_a_file_away_before_any_stage_runs_is_told_in_the_docs(clone: Path, command: str) -> None:
    before = (clone / "data/train.csv").read_bytes()
    (clone / "data/train.csv").write_text(OWN, "utf-8")
    run(clone, *command.split())
    assert (clone / "data/train.csv").read_bytes() == before or "seed=8" in command
    assert kept(clone) == {}
    assert f"`{' '.join(command.split()[:3])}`" in " ".join(
        (ROOT / "docs/your-own-points.md").read_text("utf-8").split()
    )


def test_a_folder_or_a_link_is_kept_aside_too(clone: Path) -> None:
    for part in ("train", "test"):
        (clone / f"data/{part}.csv").unlink()
    (clone / "data/train.csv").mkdir()
    (clone / "data/train.csv/mine.csv").write_text(OWN, "utf-8")
    (clone / "mine.csv").write_text(OWN, "utf-8")
    (clone / "data/test.csv").symlink_to(clone / "mine.csv")
    run(clone, "dvc", "repro", "dataset")
    assert (clone / "data/train.kept-1.csv/mine.csv").read_text("utf-8") == OWN
    assert (clone / "mine.csv").read_text("utf-8") == (clone / "data/test.kept-1.csv").read_text("utf-8") == OWN


def test_points_that_dvc_can_bring_back_are_not_kept_aside(clone: Path) -> None:
    of_42 = (clone / "data/train.csv").read_bytes()
    set_seed(clone, 7)
    assert stages_run(run(clone, "dvc", "repro", "dataset")) == ["check", "dataset"]
    assert (clone / "data/train.csv").read_bytes() != of_42
    run(clone, "git", "checkout", "--quiet", "params.yaml", "dvc.lock")  # as after `git switch` without `dvc checkout`
    run(clone, "dvc", "repro", "dataset")
    assert (clone / "data/train.csv").read_bytes() == of_42
    assert kept(clone) == {}


def test_dvc_checkout_takes_no_file_of_the_users_away(clone: Path) -> None:
    (clone / "data/train.csv").write_text(OWN, "utf-8")
    assert "Can't remove the following unsaved files" in run(clone, "dvc", "checkout", code=255)
    assert (clone / "data/train.csv").read_text("utf-8") == OWN
