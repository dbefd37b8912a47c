"""What is kept of a plan that has not ended."""

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from stages.lib.core import runner
from stages.lib.core.runner import Fault
from stages.lib.engine import shards
from stages.lib.engine.shards import unfinished
from tests.lib.engine.test_fleets import RECIPE

ROOT = Path(__file__).parents[3]
ARRAYS = {"loss": np.arange(100, dtype=np.float32)}
SHAPES: shards.Shapes = {"loss": (100,)}


def test_a_shard_is_found_again_by_another_process(tmp_path: Path) -> None:
    code = (
        "from tests.lib.engine.test_shards import *\n"
        f"with unfinished(Path({str(tmp_path / 'other')!r})) as kept: print(kept.name_of([RECIPE, 7]))"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    with unfinished(tmp_path / "here") as kept:
        assert kept.name_of([RECIPE, 7]) == ended.stdout.strip()


@pytest.fixture
def floors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Floors with a module each, in place of the project's."""
    for floor in ("core", "engine", "publish"):
        (tmp_path / "floors" / floor).mkdir(parents=True)
        (tmp_path / "floors" / floor / "module.py").write_text("x = 1\n", "utf-8")
    monkeypatch.setattr(shards, "FLOORS", tmp_path / "floors")
    return tmp_path / "floors"


@pytest.mark.parametrize(("floor", "taken"), [("core", False), ("engine", False), ("publish", True)])
def test_a_shard_is_taken_if_the_floors_that_its_bits_follow_from_are_the_same(
    tmp_path: Path, floors: Path, floor: str, taken: bool
) -> None:
    names = []
    for text in ("x = 1\n", "x = 2\n", "x = 1\n"):
        (floors / floor / "module.py").write_text(text, "utf-8")
        with unfinished(tmp_path / "shards") as kept:
            names.append(kept.name_of("cause"))
    assert names[0] == names[2]
    assert (names[0] == names[1]) == taken


@pytest.mark.parametrize("library", shards.LIBRARIES)
def test_a_shard_is_not_taken_from_another_version_of_a_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    names = []
    for newer in ("", library):
        monkeypatch.setattr(shards, "version", lambda name, newer=newer: "2.0" if name == newer else "1.0")
        with unfinished(tmp_path / "shards") as kept:
            names.append(kept.name_of("cause"))
    assert names[0] != names[1]


def test_what_is_kept_comes_back_and_goes_when_all_ended_well(tmp_path: Path) -> None:
    with unfinished(tmp_path / "shards") as kept:
        kept.keep("name", ARRAYS)
        path = kept.find("name", SHAPES)
        assert path is not None
        with np.load(path) as found:
            np.testing.assert_array_equal(found["loss"], ARRAYS["loss"])
        assert kept.find("other", SHAPES) is None
    assert not (tmp_path / "shards").exists()


@pytest.mark.parametrize("damage", ["cut", "flipped", "other values", "another shard's"])
def test_a_shard_that_is_damaged_or_altered_is_not_taken(tmp_path: Path, damage: str) -> None:
    with unfinished(tmp_path / "shards") as kept:
        kept.keep("name", ARRAYS)
        path = kept.find("name", SHAPES)
        assert path is not None
        content = bytearray(path.read_bytes())
        if damage == "cut":
            path.write_bytes(content[:100])
        elif damage == "flipped":
            content[200] ^= 1
            path.write_bytes(content)
        else:  # whole files, whose own checksums are right
            np.savez(path, loss=ARRAYS["loss"] + (damage == "other values"), more=np.zeros(1))
        assert kept.find("name", SHAPES) is None
        assert not path.exists()


@pytest.mark.parametrize("shapes", [{"loss": (99,)}, {"loss": (100,), "accuracy": (100,)}, {"accuracy": (100,)}])
def test_a_shard_of_other_shapes_is_not_taken(tmp_path: Path, shapes: shards.Shapes) -> None:
    with unfinished(tmp_path / "shards") as kept:
        kept.keep("name", ARRAYS)
        assert kept.find("name", shapes) is None


def test_code_that_was_changed_while_a_shard_was_trained_stops_the_sweep_and_keeps_nothing(
    tmp_path: Path, floors: Path
) -> None:
    kept = unfinished(tmp_path / "shards").__enter__()
    (floors / "engine" / "module.py").write_text("x = 2\n", "utf-8")
    with pytest.raises(Fault, match="the code of the engine changed while the stage ran"):
        kept.keep("name", ARRAYS)
    assert kept.find("name", SHAPES) is None


def test_a_style_sheet_that_was_changed_while_a_shard_was_trained_stops_nothing(tmp_path: Path, floors: Path) -> None:
    with unfinished(tmp_path / "shards") as kept:
        (floors / "publish" / "report.css").write_text("body {}\n", "utf-8")
        kept.keep("name", ARRAYS)
        assert kept.find("name", SHAPES)


def test_code_that_was_changed_since_the_stage_began_takes_and_keeps_no_shard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "DATES", {})  # as if all modules had been written since
    with (
        pytest.raises(Fault, match=r"stages/lib/engine/shards\.py changed while the stage ran"),
        unfinished(tmp_path / "shards"),
    ):
        pytest.fail("the block must not be entered")


def test_what_is_kept_stays_where_the_code_is_found_changed_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = unfinished(tmp_path / "shards")
    kept = block.__enter__()
    kept.keep("name", ARRAYS)
    monkeypatch.setattr(runner, "DATES", {})
    with pytest.raises(Fault, match="changed while the stage ran"):
        block.__exit__(None, None, None)
    assert kept.find("name", SHAPES)


def test_an_editors_copy_beside_the_code_is_not_the_code(tmp_path: Path, floors: Path) -> None:
    with unfinished(tmp_path / "shards") as kept:
        (floors / "engine" / ".module.py.swp").write_text("x", "utf-8")
        kept.keep("name", ARRAYS)
        assert kept.find("name", SHAPES)


def test_so_it_does_where_only_the_processes_that_train_have_loaded_the_code(tmp_path: Path, floors: Path) -> None:
    block = unfinished(tmp_path / "shards")
    kept = block.__enter__()
    kept.keep("name", ARRAYS)
    (floors / "engine" / "module.py").write_text("x = 2\n", "utf-8")
    with pytest.raises(Fault, match="the code of the engine changed while the stage ran"):
        block.__exit__(None, None, None)
    assert kept.find("name", SHAPES)


def test_a_shard_that_holds_what_is_no_array_of_numbers_is_not_taken(tmp_path: Path) -> None:
    contents = {
        "text": np.array(["bias"] * 100),
        "float64": np.zeros(100),
        "objects": np.array([{}] * 100, dtype=object),
    }
    with unfinished(tmp_path / "kept") as kept:
        for name, array in contents.items():
            path = kept.folder / "any.npz"
            np.savez(path, loss=array)
            path.rename(kept.folder / f"{name}-{shards._digest(path)}.npz")
            assert kept.find(name, SHAPES) is None


@pytest.mark.parametrize("member", ["loss.txt", "loss.npy"])
def test_a_shard_that_no_reader_understands_is_not_taken(tmp_path: Path, member: str) -> None:
    with unfinished(tmp_path / "kept") as kept:
        path = kept.folder / "any.npz"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(member, b"no array")
        if member == "loss.npy":  # by a method that Python does not know
            content = bytearray(path.read_bytes())
            content[8] = content[content.rfind(b"PK\x01\x02") + 10] = 99
            path.write_bytes(content)
        path.rename(kept.folder / f"odd-{shards._digest(path)}.npz")
        assert kept.find("odd", SHAPES) is None
