"""The sweeps that tune a learning rate for each variant, on few epochs and seeds."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stages import batch_sweep, network_sweep, optimizer_sweep
from stages.lib.analysis.measures import METRICS
from stages.lib.analysis.sweep import Sweep
from stages.params.batch_sweep import BatchSweep
from stages.params.network_sweep import NetworkSweep
from stages.params.optimizer_sweep import OptimizerSweep
from stages.params.training import Training
from tests.conftest import SEED

FILES = {"model": "keras", "grid": "npy", "curves": "csv", "variants": "csv", "metrics": "json"}


def run(page: Any, folder: Path, data: dict[str, Path], *sections: Any, **more: Path) -> dict[str, Path]:
    paths = {name: folder / f"{name}.{kind}" for name, kind in FILES.items()} | more
    page.main(
        SEED, *sections, train=data["train"], validation=data["validation"], shards=folder / "unfinished", **paths
    )
    return paths


def test_a_straight_line_and_each_size_are_judged_at_their_best_rate(
    tmp_path: Path, network: Any, training: Any, prediction_grid: Any, data: dict[str, Path]
) -> None:
    asked = NetworkSweep(["tanh", "relu"], [0, 1], [2, 8], [1e-6, 0.3], epochs=3, replicates=2)
    paths = run(network_sweep, tmp_path, data, network, training, prediction_grid, asked)
    variants = pd.read_csv(paths["variants"])
    assert variants[["activation", "depth", "width", "parameters"]].to_numpy().tolist() == [
        ["linear", 0, 0, 3],
        ["tanh", 1, 2, 9],
        ["tanh", 1, 8, 33],
        ["relu", 1, 2, 9],
        ["relu", 1, 8, 33],
    ]
    assert (variants["learning_rate"][1:] == 0.3).all()
    best = json.loads(paths["metrics"].read_text("utf-8"))["best"]
    assert best["val_loss"]["mean"] == variants["val_loss_mean"].min()
    assert best["at_end_of_grid"] == ["depth", "width", "learning_rate"]


def test_the_cost_of_a_batch_size_is_counted_in_epochs_updates_and_samples(
    tmp_path: Path, network: Any, training: Any, prediction_grid: Any, data: dict[str, Path]
) -> None:
    # A rate of 1e-6 learns nothing, so the loss has settled from the first epoch on.
    asked = BatchSweep([400, 1209], [1e-6], epochs=4, replicates=2)
    paths = run(batch_sweep, tmp_path, data, network, training, prediction_grid, asked)
    variants = pd.read_csv(paths["variants"])
    assert variants["settled"].tolist() == [2, 2]
    assert variants["epochs"].tolist() == [1, 1]
    assert variants["updates"].tolist() == [4, 1]
    assert variants["samples"].tolist() == [1209, 1209]
    fewest = json.loads(paths["metrics"].read_text("utf-8"))["fewest_updates"]
    assert fewest["batch_size"] == 1209
    assert fewest["samples"] == {"mean": 1209, "std": 0, "min": 1209, "max": 1209, "n": 2}


def test_a_run_that_diverged_has_not_settled_though_its_loss_no_longer_falls() -> None:
    falling, rising = [0.6, 0.2, 0.1, 0.1], [0.9, 2.0, 4.0, 5.0]
    curves = dict.fromkeys(METRICS, np.array([[falling, rising]]))
    start = np.full((1, 2), 0.7)
    sweep = Sweep(pd.DataFrame({"batch_size": [8]}), curves, start, train_accuracy=start, constant=0.6)
    rule = Training(epochs=4, batch_size=8, min_delta=0.01, patience=1)
    assert batch_sweep.settled_epochs(sweep, rule) == [[3]]


def test_each_optimizer_is_tuned_over_a_grid_of_its_own(
    tmp_path: Path, network: Any, training: Any, prediction_grid: Any, data: dict[str, Path]
) -> None:
    grids: Any = {"sgd": [1e-6, 0.3], "adam": [1e-6, 0.01], "momentum_0.9": [1e-6, 0.1]}
    asked = OptimizerSweep(grids, replicates=2)
    rates = tmp_path / "rates.csv"
    paths = run(optimizer_sweep, tmp_path, data, network, training, prediction_grid, asked, rates=rates)
    assert len(pd.read_csv(rates)) == 6
    variants = pd.read_csv(paths["variants"])
    assert variants["optimizer"].tolist() == ["sgd", "adam", "momentum_0.9"]
    assert variants["learning_rate"].tolist() == [0.3, 0.01, 0.1]
    found = json.loads(paths["metrics"].read_text("utf-8"))
    ranked = variants.sort_values("val_loss_mean")
    assert found["best"]["optimizer"] == ranked["optimizer"].tolist()[0]
    assert found["best"]["at_end_of_grid"] == ["learning_rate"]
    losses = variants.set_index("optimizer")["val_loss_mean"]
    assert found["momentum"]["optimizer"] == "momentum_0.9"
    assert found["momentum"]["ratio"] == pytest.approx(losses["sgd"] / losses["momentum_0.9"], rel=0.2)
    assert found["momentum"]["low"] < found["momentum"]["ratio"] < found["momentum"]["high"]
    assert np.load(paths["grid"]).shape == (11, 11)
