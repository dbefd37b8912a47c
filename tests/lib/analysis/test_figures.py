"""The types of metrics/*.json."""

import json
from pathlib import Path

import numpy as np
import pytest

from stages.lib.analysis.figures import Judged, SweepFigures
from stages.lib.core.runner import Fault
from tests.lib.analysis.test_answers import figures


def test_figures_come_back_from_their_file_rounded_and_without_what_is_not_finite(tmp_path: Path) -> None:
    found = Judged.of({"loss": np.float32("nan"), "accuracy": np.float64(2 / 3)})
    assert found == Judged(loss=None, accuracy=0.666667)
    found.write(tmp_path / "found.json")
    assert json.loads((tmp_path / "found.json").read_text("utf-8")) == {"accuracy": 0.666667, "loss": None}
    assert Judged.read(tmp_path / "found.json") == found


def test_what_was_changed_stands_beside_the_figures_of_the_best(tmp_path: Path) -> None:
    found = figures({"activation": "tanh", "depth": 2, "learning_rate": 0.5})
    assert found.best.changed == {"activation": "tanh", "depth": 2, "learning_rate": 0.5}
    found.write(tmp_path / "found.json")
    written = json.loads((tmp_path / "found.json").read_text("utf-8"))
    assert written["best"]["depth"] == 2
    assert "at_end_of_grid" not in written["best"]
    assert SweepFigures.read(tmp_path / "found.json") == found


def test_the_fault_of_a_file_names_the_figure(tmp_path: Path) -> None:
    found = figures({"learning_rate": 0.5}).model_dump()
    found["best"]["val_loss"]["mean"] = -1
    (tmp_path / "found.json").write_text(json.dumps(found), "utf-8")
    with pytest.raises(Fault, match=r"found\.json: best\.val_loss\.mean: Input should be greater than or equal to 0;"):
        SweepFigures.read(tmp_path / "found.json")


@pytest.mark.parametrize("content", ['{"loss": 1}', '{"loss": 1, "accuracy": 2}', '{"loss": -1, "accuracy": 1}', "[]"])
def test_a_file_of_other_figures_is_a_clear_word(tmp_path: Path, content: str) -> None:
    (tmp_path / "found.json").write_text(content, "utf-8")
    with pytest.raises(Fault, match=r"found\.json: .*it is no longer as its stage wrote it"):
        Judged.read(tmp_path / "found.json")
