"""The sweep of learning rates, with a rate that is too large."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from stages import lr_sweep
from stages.params.lr_sweep import LrSweep
from tests.conftest import SEED


@pytest.fixture(scope="module")
def written(
    tmp_path_factory: pytest.TempPathFactory, network: Any, training: Any, prediction_grid: Any, data: dict[str, Path]
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("lr_sweep")
    names = {"model": "keras", "grid": "npy", "curves": "csv", "variants": "csv", "metrics": "json"}
    paths = {name: folder / f"{name}.{kind}" for name, kind in names.items()}
    rates = LrSweep(learning_rates=[1e-6, 0.1, 1000.0], replicates=3)
    sets = {"train": data["train"], "validation": data["validation"], "shards": folder / "unfinished"}
    lr_sweep.main(SEED, network, training, prediction_grid, rates, **sets, **paths)
    return paths


def test_the_metrics_name_the_best_rate_with_its_spread_over_the_seeds(written: dict[str, Path]) -> None:
    metrics = json.loads(written["metrics"].read_text("utf-8"))
    assert metrics["best"]["learning_rate"] == 0.1
    assert metrics["best"]["at_end_of_grid"] == []
    assert sorted(metrics["best"]["val_loss"]) == ["max", "mean", "min", "n", "std"]
    assert metrics["best"]["val_loss"]["n"] == 3
    assert metrics["runs"] == 9
    assert metrics["diverged"] == 3


def test_each_rate_has_a_row_with_its_figures_and_divergent_runs(written: dict[str, Path]) -> None:
    variants = pd.read_csv(written["variants"])
    assert variants["learning_rate"].tolist() == [1e-6, 0.1, 1000.0]
    assert variants["diverged"].tolist() == [0, 0, 3]
    metrics = json.loads(written["metrics"].read_text("utf-8"))
    assert variants.loc[1, "val_loss_mean"] == metrics["best"]["val_loss"]["mean"]


def test_the_curves_have_a_row_for_each_rate_and_epoch(written: dict[str, Path]) -> None:
    curves = pd.read_csv(written["curves"])
    assert curves["learning_rate"].tolist() == [1e-6] * 3 + [0.1] * 3 + [1000.0] * 3
    assert curves["epoch"].tolist() == [1, 2, 3] * 3
    assert (curves["val_loss_min"] <= curves["val_loss"]).all()
    assert (curves["val_loss"] <= curves["val_loss_max"]).all()


def test_the_model_of_the_best_rate_answers_as_the_grid_says(written: dict[str, Path]) -> None:
    grid = np.load(written["grid"])
    corner = keras.models.load_model(written["model"]).predict(np.array([[-2.0, 2.0]]), verbose=0)
    assert grid[-1, 0] == pytest.approx(float(corner[0, 0]), rel=1e-5)
