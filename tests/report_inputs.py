"""What the stage `report` reads, small and made by hand."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from PIL import Image

from stages import report
from stages.lib.archive import save_network
from stages.lib.network import dense_network
from stages.params.baseline import Baseline
from stages.params.callbacks_demo import CallbacksDemo
from stages.params.initializer_sweep import InitializerSweep
from stages.params.lr_sweep import LrSweep
from stages.params.network import Activation, Network
from stages.params.prediction_grid import PredictionGrid
from stages.params.training import Training
from tests.conftest import SEED

RATES = [0.01, 0.5, 1000.0]
INITIALIZERS = ["zeros", "he_normal"]
EPOCHS = (0, 1, 3)
FIGURES = {"mean": 0.25, "std": 0.0625, "min": 0.125, "max": 0.5, "n": 3}


def sections() -> dict[str, Any]:
    """Returns the sections of params.yaml under the names of `main`."""
    return {
        "seed": SEED,
        "lr": 0.1,
        "network": Network(hidden_units=[3], activation="tanh", kernel_initializer="glorot_uniform"),
        "training": Training(epochs=3, batch_size=500, min_delta=0.001, patience=2),
        "prediction_grid": PredictionGrid(limit=2.0, points=5),
        "baseline": Baseline(snapshots=3),
        "lr_sweep": LrSweep(learning_rates=RATES, replicates=3),
        "initializer_sweep": InitializerSweep(kernel_initializers=["zeros", "he_normal"], replicates=3),
        "callbacks_demo": CallbacksDemo(learning_rate=0.01, epochs=9, min_delta=0.001, patience=2),
    }


def inputs(folder: Path, train: Path) -> dict[str, Path]:
    """Returns the files that it writes into the folder, under the names of `main`."""
    learning = pd.DataFrame({"epoch": [1, 2, 3], "loss": [0.6, 0.4, 0.2], "accuracy": [0.5, 0.7, 0.9]})
    learning = learning.assign(val_loss=learning["loss"], val_accuracy=learning["accuracy"])
    paths = {"train": train}
    for stage, found in (("baseline", baseline_metrics()), ("callbacks_demo", callbacks_metrics())):
        paths |= {f"{stage}_metrics": folder / f"{stage}.json", f"{stage}_plots": folder / stage}
        write_metrics(found, paths[f"{stage}_metrics"])
        paths[f"{stage}_plots"].mkdir()
        learning.to_csv(paths[f"{stage}_plots"] / "curves.csv", index=False)
    write_picture(paths["callbacks_demo_plots"] / "live_plot.png")
    paths |= {"baseline_grids": folder / "grids"} | trained(folder, "baseline")
    paths["baseline_grids"].mkdir()
    for epoch in EPOCHS:
        across = np.linspace(0, epoch / 3, 5, dtype=np.float32)
        np.save(paths["baseline_grids"] / f"{epoch}.npy", np.tile(across, (5, 1)))
    paths |= sweep_inputs(folder, "lr_sweep", "learning_rate", RATES, best=0.5)
    return paths | sweep_inputs(folder, "initializer_sweep", "kernel_initializer", INITIALIZERS, best="he_normal")


def outputs(folder: Path) -> dict[str, Path]:
    """Returns where a report is written, under the names of `main`."""
    return {"html": folder / "index.html", "markdown": folder / "report.md"}


def write_report(folder: Path, files: dict[str, Path], **changed: Any) -> dict[str, Path]:
    """Returns the files of a report, written with some sections changed."""
    paths = outputs(folder)
    values: dict[str, Any] = sections() | changed | files | paths
    report.main(**values)
    return paths


def write_metrics(found: dict[str, Any], path: Path) -> None:
    """Returns nothing; writes JSON."""
    path.write_text(json.dumps(found), "utf-8")


def random_network(activation: Activation, seed: int) -> keras.Sequential:
    """Returns a network of two hidden layers with random weights and biases, negative ones too."""
    network = dense_network([5, 4], activation, keras.optimizers.SGD(), name="random")
    random = np.random.default_rng(seed)
    network.set_weights([random.normal(0, 0.8, weights.shape) for weights in network.get_weights()])
    return network


def baseline_metrics() -> dict[str, Any]:
    """Returns what the stage `baseline` measures."""
    parts = {part: {"accuracy": 0.875, "loss": 0.25} for part in ("train", "validation", "test")}
    return {**parts, "parameters": 13, "epochs": 3, "plateau": {"epoch": 2, "min_delta": 0.001, "patience": 2}}


def callbacks_metrics() -> dict[str, Any]:
    """Returns what the stage `callbacks_demo` measures."""
    figures = {"val_loss": 0.25, "val_accuracy": 0.875}
    stopping = {"best_epoch": 1, "min_delta": 0.001, "patience": 2, "restored": figures, "stopped_epoch": 3}
    kept = {"best_epoch": 3, "epochs_saved": [1, 3], "loaded": figures, "logged": figures}
    return {"early_stopping": stopping, "model_checkpoint": kept}


def sweep_inputs(folder: Path, stage: str, key: str, variants: list[Any], *, best: Any) -> dict[str, Path]:
    """Returns the files of a sweep; the last variant has no loss, as if all of its runs had diverged."""
    plots = folder / stage
    plots.mkdir()
    names = [f"{metric}_{part}" for metric in ("val_loss", "val_accuracy") for part in ("mean", "std", "min", "max")]
    table = pd.DataFrame({key: variants} | {name: np.linspace(0.5, 0.25, len(variants)) for name in names})
    table.loc[len(variants) - 1, "val_loss_mean"] = np.nan
    table.assign(diverged=[0] * (len(variants) - 1) + [3], n=3).to_csv(plots / "variants.csv", index=False)
    rows = [{key: variant, "epoch": epoch} for variant in variants for epoch in (1, 2, 3)]
    columns = [f"{metric}{part}" for metric in ("val_loss", "val_accuracy") for part in ("", "_min", "_max")]
    pd.DataFrame(rows).assign(**dict.fromkeys(columns, 0.5)).to_csv(plots / "curves.csv", index=False)
    found = {"best": {key: best, "at_end_of_grid": False, "diverged": 0, "val_loss": FIGURES, "val_accuracy": FIGURES}}
    write_metrics(found | {"diverged": 3, "runs": 3 * len(variants)}, folder / f"{stage}.json")
    return {f"{stage}_metrics": folder / f"{stage}.json", f"{stage}_plots": plots} | trained(folder, stage)


def trained(folder: Path, stage: str) -> dict[str, Path]:
    """Returns the network of a stage and the picture of its boundary."""
    paths = {f"{stage}_model": folder / f"{stage}.keras", f"{stage}_picture": folder / f"{stage}.png"}
    save_network(random_network("tanh", seed=7), paths[f"{stage}_model"])
    write_picture(paths[f"{stage}_picture"])
    return paths


def write_picture(path: Path) -> None:
    """Returns nothing; writes a small PNG."""
    Image.new("RGB", (40, 20), "#0072B2").save(path)
