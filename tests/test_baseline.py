"""The baseline on three epochs: what it writes, and that it is the first replicate of the sweeps."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from stages import baseline, initializer_sweep, lr_sweep
from stages.lib.core.points import read_points
from stages.params.baseline import Baseline
from stages.params.initializer_sweep import InitializerSweep
from stages.params.lr_sweep import LrSweep
from tests.conftest import SEED

SWEEP_FILES = ("model.keras", "grid.npy", "curves.csv", "variants.csv", "metrics.json")


def outputs(folder: Path) -> dict[str, Path]:
    names = {"model": "keras", "summary": "txt", "curves": "csv", "metrics": "json"}
    return {name: folder / f"{name}.{kind}" for name, kind in names.items()} | {"grids": folder / "grids"}


@pytest.fixture(scope="module")
def written(
    tmp_path_factory: pytest.TempPathFactory, network: Any, training: Any, prediction_grid: Any, data: dict[str, Path]
) -> dict[str, Path]:
    paths = outputs(tmp_path_factory.mktemp("baseline"))
    baseline.main(SEED, 0.1, network, training, prediction_grid, Baseline(snapshots=3), **data, **paths)
    return paths


def test_the_saved_network_gives_the_metrics(written: dict[str, Path], data: dict[str, Path]) -> None:
    network = keras.models.load_model(written["model"])
    metrics = json.loads(written["metrics"].read_text("utf-8"))
    for name, path in data.items():
        points = read_points(path)
        loss, accuracy = network.evaluate(points.x, points.y, verbose=0)
        assert metrics[name]["loss"] == pytest.approx(loss, rel=1e-4)
        assert metrics[name]["accuracy"] == pytest.approx(accuracy, rel=1e-4)
    assert metrics["parameters"] == (2 * 16 + 16) + (16 * 16 + 16) + (16 + 1)
    assert metrics["epochs"] == 3
    assert metrics["plateau"] == {"epoch": None, "min_delta": 0.001, "patience": 2}
    assert "337" in written["summary"].read_text("utf-8")


def test_the_curves_have_a_row_for_each_epoch_under_keras_names(written: dict[str, Path]) -> None:
    curves = pd.read_csv(written["curves"])
    assert list(curves.columns) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy"]
    assert curves["epoch"].tolist() == [1, 2, 3]
    metrics = json.loads(written["metrics"].read_text("utf-8"))
    assert curves["val_loss"].iloc[-1] == metrics["validation"]["loss"]


def test_the_grids_show_the_network_before_during_and_after(written: dict[str, Path]) -> None:
    assert sorted(file.name for file in written["grids"].iterdir()) == ["0.npy", "1.npy", "3.npy"]
    last = np.load(written["grids"] / "3.npy")
    assert (last.shape, last.dtype) == ((11, 11), np.float32)
    corner = keras.models.load_model(written["model"]).predict(np.array([[2.0, -2.0]]), verbose=0)
    assert last[0, -1] == pytest.approx(float(corner[0, 0]), rel=1e-5)  # row 0 is the lowest x2
    assert not np.array_equal(last, np.load(written["grids"] / "0.npy"))


def test_a_second_run_writes_the_same_bytes(
    written: dict[str, Path],
    tmp_path: Path,
    network: Any,
    training: Any,
    prediction_grid: Any,
    data: dict[str, Path],
) -> None:
    again = outputs(tmp_path)
    baseline.main(SEED, 0.1, network, training, prediction_grid, Baseline(snapshots=3), **data, **again)
    for name in ("model", "summary", "curves", "metrics"):
        assert written[name].read_bytes() == again[name].read_bytes(), name
    for file in written["grids"].iterdir():
        assert file.read_bytes() == (again["grids"] / file.name).read_bytes(), file.name


@pytest.mark.parametrize("stage", ["lr_sweep", "initializer_sweep"])
def test_the_baseline_is_bit_for_bit_its_member_of_a_sweep(
    stage: str,
    written: dict[str, Path],
    tmp_path: Path,
    network: Any,
    training: Any,
    prediction_grid: Any,
    data: dict[str, Path],
) -> None:
    sets = {"train": data["train"], "validation": data["validation"], "shards": tmp_path / "shards"}
    paths = {name.split(".")[0]: tmp_path / name for name in SWEEP_FILES}
    if stage == "lr_sweep":  # 0.1 wins: after three epochs the smaller rates have hardly moved
        rates = LrSweep(learning_rates=[1e-6, 0.1, 1e-4], replicates=4)
        lr_sweep.main(SEED, network, training, prediction_grid, rates, **sets, **paths)
    else:
        initializers = InitializerSweep(kernel_initializers=["zeros", "glorot_uniform"], replicates=4)
        initializer_sweep.main(SEED, 0.1, network, training, prediction_grid, initializers, **sets, **paths)
    ours, theirs = (keras.models.load_model(path).get_weights() for path in (written["model"], paths["model"]))
    assert [values.tobytes() for values in ours] == [values.tobytes() for values in theirs]
    assert np.load(paths["grid"]).tobytes() == np.load(written["grids"] / "3.npy").tobytes()
