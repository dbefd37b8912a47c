"""Files that are gone, cut short or edited by hand: a clear word, or made again; nothing is lost."""

from pathlib import Path

import pytest

from tests.faults.clones import ROOT, bits, call, copy_of, run


@pytest.fixture
def former(built: Path, tmp_path: Path) -> Path:
    """A built clone in which nothing has changed."""
    return copy_of(built, tmp_path)


PARAMS_FILES = {
    "missing": None,
    "empty": b"",
    "not YAML": b"seed: [1",
    "not UTF-8": b"seed: 1 # \xe9\nsteps: 20\n",
    "tabs": b"seed: 1\n\tsteps: 20\n",
    "a key twice": b"seed: 1\nsteps: 20\nseed: 2\n",
    "a tag": b"seed: !!python/object/apply:os.getcwd []\nsteps: 20\n",
    "a list": b"- 1\n",
    "a wrong value": b"seed: 1\nsteps: 0\n",
    "an unknown key": b"seed: 1\nsteps: 20\nstep: 1\n",
    "a shell command": b"seed: '$(touch harm)'\nsteps: 20\n",
}


SHORT = {"missing", "empty", "a key twice", "a wrong value", "a shell command"}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(content, id=name, marks=[] if name in SHORT else pytest.mark.long)
        for name, content in PARAMS_FILES.items()
    ],
)
def test_a_params_file_that_is_not_sound_stops_dvc_before_anything_is_removed(
    former: Path, content: bytes | None
) -> None:
    before = bits(former)
    params = former / "params.yaml"
    params.unlink() if content is None else params.write_bytes(content)
    ended = call(former, "dvc", "repro")
    assert ended.returncode
    assert "params.yaml" in ended.stdout
    assert "Traceback" not in ended.stdout
    assert "Running stage 'walk'" not in ended.stdout
    assert bits(former) == before
    assert not (former / "harm").exists()


def test_a_value_that_was_refused_is_taken_back_by_the_documented_command(former: Path) -> None:
    before = (former / "params.yaml").read_bytes()
    assert call(former, "dvc", "exp", "run", "-S", "steps=-1").returncode
    assert b"steps: -1" in (former / "params.yaml").read_bytes()
    command = "touch params.yaml && git checkout params.yaml"
    run(former, "sh", "-c", command)
    assert (former / "params.yaml").read_bytes() == before
    assert command in (ROOT / "docs/faults.md").read_text("utf-8")


@pytest.mark.parametrize("output", ["data/path.csv", "data/grids/1.npy", "metrics/summary.json"])
def test_an_output_that_was_edited_or_cut_short_is_made_again(former: Path, output: str) -> None:
    before = bits(former)
    content = (former / output).read_bytes()
    (former / output).write_bytes(content[: len(content) // 2])
    run(former, "dvc", "repro")
    assert bits(former) == before


def test_a_stage_that_meets_a_damaged_input_names_it_in_one_line(former: Path) -> None:
    path = former / "data/path.csv"
    path.write_text(path.read_text("utf-8")[:-10], "utf-8")
    words = (former / "dvc.yaml").read_text("utf-8").split("exec ")[-1].split("deps")[0].split()
    ended = call(former, *words)
    assert ended.returncode == 1
    (line,) = ended.stdout.splitlines()
    assert line.startswith("data/path.csv: line 21 holds ")
    assert line.endswith("`dvc repro` makes it again")


def test_a_half_written_file_is_no_part_of_a_folder_that_another_stage_reads(former: Path) -> None:
    (former / "data/grids/partial-9.npy").write_bytes(b"half")
    assert "up to date" in run(former, "dvc", "status")
    assert run(former, "git", "status", "--porcelain") == ""
    assert "partial-*" in (ROOT / ".dvcignore").read_text("utf-8").splitlines()
