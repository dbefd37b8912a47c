"""What the stage `report` reads, small and made by hand."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from PIL import Image

from stages import report
from stages.lib.engine.archive import save_network
from stages.lib.engine.network import dense_network
from stages.params.baseline import Baseline
from stages.params.batch_sweep import BatchSweep
from stages.params.callbacks_demo import CallbacksDemo
from stages.params.initializer_sweep import InitializerSweep
from stages.params.lr_sweep import LrSweep
from stages.params.network import Activation, Network
from stages.params.network_sweep import NetworkSweep
from stages.params.optimizer_sweep import OptimizerSweep
from stages.params.prediction_grid import PredictionGrid
from stages.params.smallest_network import SmallestNetwork
from stages.params.training import Training
from tests.conftest import SEED

RATES = [0.01, 0.5, 1000.0]
# For each sweep what was changed, the best first; the last has diverged.
VARIANTS: dict[str, dict[str, list[Any]]] = {
    "lr_sweep": {"learning_rate": [0.5, 0.01, 1000.0]},
    "initializer_sweep": {"kernel_initializer": ["he_normal", "zeros"]},
    "network_sweep": {
        "activation": ["tanh", "tanh", "linear"],
        "depth": [2, 1, 0],
        "width": [4, 8, 0],
        "parameters": [37, 33, 3],
        "learning_rate": [0.3, 0.3, 0.1],
    },
    "batch_sweep": {"batch_size": [8, 1209], "learning_rate": [0.1, 0.3]},
    "optimizer_sweep": {"optimizer": ["adam", "sgd"], "learning_rate": [0.01, 0.3]},
}
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
        "network_sweep": NetworkSweep(["tanh"], [0, 2], [4], [0.1, 0.3], epochs=3, replicates=3),
        "batch_sweep": BatchSweep([8, 1209], [0.1, 0.3], epochs=3, replicates=3),
        "optimizer_sweep": OptimizerSweep({"sgd": [0.1, 0.3], "adam": [0.01, 0.03]}, replicates=3),
        "smallest_network": SmallestNetwork(["tanh"], 17, restarts=3, epochs=3, batch_size=32, learning_rate=0.1),
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
    for stage, variants in VARIANTS.items():
        paths |= sweep_inputs(folder, stage, pd.DataFrame(variants))
    return paths | smallest_inputs(folder)


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


def sweep_inputs(folder: Path, stage: str, variants: pd.DataFrame) -> dict[str, Path]:
    """Returns the files of a sweep; the first variant is the best, the last has no loss, as if all had diverged."""
    plots = folder / stage
    plots.mkdir()
    names = [f"{metric}_{part}" for metric in ("val_loss", "val_accuracy") for part in ("mean", "std", "min", "max")]
    table = variants.assign(**{name: np.linspace(0.25, 0.5, len(variants)) for name in names})
    table.loc[len(variants) - 1, "val_loss_mean"] = np.nan
    table = table.assign(diverged=[0] * (len(variants) - 1) + [3], n=3, same_as_best=[1] + [0] * (len(variants) - 1))
    table = table.assign(ratio=2.0, ratio_low=1.5, ratio_high=3.0, p_value=0.01)
    table.assign(settled=3, epochs=2.0, updates=4.0, samples=2418.0).to_csv(plots / "variants.csv", index=False)
    table.to_csv(plots / "rates.csv", index=False)
    epochs = variants.loc[variants.index.repeat(3)].assign(epoch=[1, 2, 3] * len(variants))
    columns = [f"{metric}{part}" for metric in ("val_loss", "val_accuracy") for part in ("", "_min", "_max")]
    epochs.assign(**dict.fromkeys(columns, 0.5)).to_csv(plots / "curves.csv", index=False)
    best = variants.to_dict("records")[0]
    figures = {"at_end_of_grid": [], "diverged": 0, "val_loss": FIGURES, "val_accuracy": FIGURES}
    same = [best] if len(variants.columns) > 1 else list(best.values())
    found = {"best": best | figures, "diverged": 3, "runs": 3 * len(variants), "same_as_best": same}
    found |= {"epochs": 3, "variants": len(variants)}
    if stage == "batch_sweep":
        cost = dict.fromkeys(("epochs", "updates", "samples"), FIGURES)
        found |= dict.fromkeys(("fewest_updates", "fewest_samples"), best | cost)
    write_metrics(found, folder / f"{stage}.json")
    return {f"{stage}_metrics": folder / f"{stage}.json", f"{stage}_plots": plots} | trained(folder, stage)


def smallest_inputs(folder: Path) -> dict[str, Path]:
    """Returns the files of the stage `smallest_network`, with an answer for any start and none for nine of ten."""
    plots = folder / "smallest_network"
    plots.mkdir()
    row = {"activation": "tanh", "hidden_units": "4", "parameters": 17, "restarts": 3, "perfect": 1, "share": 1 / 3}
    row |= {"accuracy_mean": 0.9, "accuracy_max": 1.0}
    pd.DataFrame([row]).to_csv(plots / "variants.csv", index=False)
    kept = {part: {"loss": 0.25, "accuracy": 0.875} for part in ("validation", "test")}
    found = {"smallest": row, "smallest_reliable": None, "kept": kept, "runs": 3, "most_parameters": 17}
    write_metrics(found, folder / "smallest_network.json")
    write_picture(folder / "units.png")
    paths = {"smallest_network_metrics": folder / "smallest_network.json", "smallest_network_plots": plots}
    return paths | {"smallest_network_units": folder / "units.png"} | trained(folder, "smallest_network")


def trained(folder: Path, stage: str) -> dict[str, Path]:
    """Returns the network of a stage and the picture of its boundary."""
    paths = {f"{stage}_model": folder / f"{stage}.keras", f"{stage}_picture": folder / f"{stage}.png"}
    save_network(random_network("tanh", seed=7), paths[f"{stage}_model"])
    write_picture(paths[f"{stage}_picture"])
    return paths


def write_picture(path: Path) -> None:
    """Returns nothing; writes a small PNG."""
    Image.new("RGB", (40, 20), "#0072B2").save(path)
