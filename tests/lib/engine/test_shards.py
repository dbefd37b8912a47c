"""What is kept of a sweep that has not ended."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stages.lib import runner, shards
from stages.lib.core.runner import Fault
from stages.lib.engine.shards import unfinished
from tests.lib.test_fleets import RECIPE

ROOT = Path(__file__).parents[2]


def test_a_shard_is_found_again_by_another_process(tmp_path: Path) -> None:
    code = (
        "from tests.lib.test_shards import *\n"
        f"with unfinished(Path({str(tmp_path / 'other')!r})) as kept: print(kept.path_of([RECIPE, 7]).name)"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    with unfinished(tmp_path / "here") as kept:
        assert kept.path_of([RECIPE, 7]).name == ended.stdout.strip()


def test_a_shard_of_other_code_is_not_taken_for_this_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = tmp_path / "stages"
    code.mkdir()
    monkeypatch.setattr(shards, "CODE", code)
    names = []
    for text in ("x = 1\n", "x = 2\n", "x = 1\n"):
        (code / "page.py").write_text(text, "utf-8")
        with unfinished(tmp_path / "shards") as kept:
            names.append(kept.path_of("cause").name)
    assert names[0] == names[2] != names[1]


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_shard_that_is_damaged_is_not_taken(tmp_path: Path, damage: str) -> None:
    with unfinished(tmp_path / "shards") as kept:
        path = kept.path_of("cause")
        kept.keep(path, {"loss": np.arange(100, dtype=np.float32)})
        assert kept.has(path)
        content = bytearray(path.read_bytes())
        content[200] ^= 1
        path.write_bytes(content[:100] if damage == "cut" else content)
        assert not kept.has(path)
        assert not path.exists()


def test_code_that_was_changed_while_a_shard_was_trained_stops_the_sweep_and_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = tmp_path / "stages"
    code.mkdir()
    monkeypatch.setattr(shards, "CODE", code)
    with unfinished(tmp_path / "shards") as kept:
        (code / "page.py").write_text("x = 1\n", "utf-8")
        with pytest.raises(Fault, match="stages/ changed while the stage ran"):
            kept.keep(kept.path_of("cause"), {"loss": np.zeros(1, np.float32)})
        assert not kept.path_of("cause").exists()


def test_code_that_was_changed_since_the_stage_began_takes_and_keeps_no_shard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "STARTED", 0)  # as if all modules had been written since
    with (
        pytest.raises(Fault, match=r"stages/lib/shards\.py changed while the stage ran"),
        unfinished(tmp_path / "shards"),
    ):
        pytest.fail("the block must not be entered")


def test_what_is_kept_comes_back_and_goes_when_all_ended_well(tmp_path: Path) -> None:
    values = {"loss": np.arange(3, dtype=np.float32)}
    with unfinished(tmp_path / "shards") as kept:
        path = kept.path_of("cause")
        kept.keep(path, values)
        with np.load(path) as found:
            np.testing.assert_array_equal(found["loss"], values["loss"])
    assert not (tmp_path / "shards").exists()
