"""Keras's callbacks on a few epochs of plain `fit`."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from stages import callbacks_demo
from stages.lib.engine.network import dense_network
from stages.lib.core.points import read_points
from stages.params.callbacks_demo import CallbacksDemo
from tests.conftest import SEED, pixels


def run(folder: Path, network: Any, training: Any, data: dict[str, Path]) -> dict[str, Path]:
    paths = {
        "best": folder / "best.weights.h5",
        "improvements": folder / "improvements",
        "live_plot": folder / "live_plot.png",
        "curves": folder / "curves.csv",
        "metrics": folder / "metrics.json",
    }
    demo = CallbacksDemo(learning_rate=0.05, epochs=12, min_delta=0.5, patience=3)
    sets = {"train": data["train"], "validation": data["validation"]}
    callbacks_demo.main(SEED, network, training, demo, **sets, **paths)
    return paths


@pytest.fixture(scope="module")
def written(
    tmp_path_factory: pytest.TempPathFactory, network: Any, training: Any, data: dict[str, Path]
) -> dict[str, Path]:
    return run(tmp_path_factory.mktemp("callbacks_demo"), network, training, data)


def test_training_stops_when_patience_runs_out_and_the_best_weights_come_back(written: dict[str, Path]) -> None:
    stopping = json.loads(written["metrics"].read_text("utf-8"))["early_stopping"]
    curves = pd.read_csv(written["curves"])
    # Nothing improves on a loss below 1 by 0.5, so the first epoch stays the best for ever.
    assert stopping["best_epoch"] == 1
    assert stopping["stopped_epoch"] == len(curves) == 1 + 3
    assert stopping["restored"]["val_loss"] == curves["val_loss"][0]


def test_a_checkpoint_loaded_again_gives_the_metrics_that_were_logged(
    written: dict[str, Path], network: Any, data: dict[str, Path]
) -> None:
    kept = json.loads(written["metrics"].read_text("utf-8"))["model_checkpoint"]
    curves = pd.read_csv(written["curves"])
    assert kept["loaded"] == kept["logged"]
    assert kept["logged"]["val_loss"] == curves["val_loss"].min()
    model = dense_network(network.hidden_units, network.activation, keras.optimizers.Adam(), name="loaded")
    model.load_weights(written["best"])
    points = read_points(data["validation"])
    loss, _ = model.evaluate(points.x, points.y, verbose=0)
    assert loss == pytest.approx(kept["loaded"]["val_loss"], rel=1e-5)


def test_one_checkpoint_is_kept_per_improvement(written: dict[str, Path]) -> None:
    val_loss = pd.read_csv(written["curves"])["val_loss"].to_numpy()
    improved = [epoch + 1 for epoch in range(len(val_loss)) if val_loss[epoch] < min([np.inf, *val_loss[:epoch]])]
    kept = json.loads(written["metrics"].read_text("utf-8"))["model_checkpoint"]
    assert kept["epochs_saved"] == improved
    assert sorted(file.name for file in written["improvements"].iterdir()) == [
        f"{epoch:04d}.weights.h5" for epoch in improved
    ]


def test_the_live_plot_is_a_picture_with_both_curves(written: dict[str, Path]) -> None:
    for colour in ([31, 119, 180], [255, 127, 14]):  # Matplotlib's first two
        assert (pixels(written["live_plot"]) == colour).all(axis=1).sum() > 50


def test_a_second_run_writes_the_same_bytes(
    written: dict[str, Path], tmp_path: Path, network: Any, training: Any, data: dict[str, Path]
) -> None:
    again = run(tmp_path, network, training, data)
    for name in ("best", "live_plot", "curves", "metrics"):
        assert written[name].read_bytes() == again[name].read_bytes(), name
