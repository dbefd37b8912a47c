"""Trains one network by Keras's plain `fit`, watched by callbacks: EarlyStopping, ModelCheckpoint, PlotLossesKeras.

`python -m stages.lib.engine.networks.callbacks STAGE` is the command of a stage whose plan has `early_stopping`.
"""

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from livelossplot import MainLogger, PlotLossesKeras
from livelossplot.outputs import MatplotlibPlot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.lib.core.files import whole, write_text
from stages.lib.core.places import Places
from stages.lib.core.plan import EarlyStopping, read_plan
from stages.lib.core.png import write_png
from stages.lib.core.points import Points, read_points
from stages.lib.core.runner import run
from stages.lib.engine.networks.network import judge, network_of
from stages.lib.engine.networks.progress import Progress

SECONDS_BETWEEN = 1  # two drawings of the curves, while they grow


def train(stage: str, *, places: Places) -> None:
    """Train until EarlyStopping says so, and measure what each callback gives back.

    Writes `curves.csv`, a row for each epoch, and `callbacks.json`, both with all digits; the weights that
    ModelCheckpoint kept; and the picture that PlotLossesKeras draws, which can be watched: it stands under its name
    from the first epoch on, and each drawing takes the place of the last one, whole.
    """
    plan = read_plan(places.plan(stage))
    (variant,), (seed,) = plan.variants, plan.seeds
    rule = plan.early_stopping or EarlyStopping(min_delta=0.0, patience=plan.epochs)  # which never stops
    keras.utils.set_random_seed(seed)
    points, held_out = (read_points(places.points(part), variant.recipe.classes) for part in ("train", "validation"))
    recipe = variant.recipe
    network = network_of(
        recipe,
        name=stage,
        kernel_initializer=recipe.kernel_initializer,
        steps_per_execution=-(-len(points) // recipe.batch_size),  # an epoch per call into XLA: the same weights
    )
    early_stopping = keras.callbacks.EarlyStopping(
        "val_loss", min_delta=rule.min_delta, patience=rule.patience, restore_best_weights=True
    )
    checkpoints = places.checkpoints(stage)
    curves = live_plot(places.live_plot(stage), recipe.classes)
    with whole(checkpoints) as folder:
        (folder / "improvements").mkdir(parents=True)
        best = folder / "best.weights.h5"
        keep = {"monitor": "val_loss", "save_best_only": True, "save_weights_only": True}
        history = network.fit(
            points.x,
            points.y,
            batch_size=recipe.batch_size,
            epochs=plan.epochs,
            validation_data=(held_out.x, held_out.y),
            validation_batch_size=len(held_out),
            callbacks=[
                early_stopping,
                keras.callbacks.ModelCheckpoint(best, **keep),
                keras.callbacks.ModelCheckpoint(folder / "improvements/{epoch:04d}.weights.h5", **keep),
                PlotLossesKeras(outputs=[curves], step_names="epoch (the first is 0)"),
                Progress(),
            ],
            verbose=0,
        ).history
        curves.draw()
    learning = pd.DataFrame(history)
    learning.insert(0, "epoch", learning.index + 1)
    restored = judge_held_out(network, held_out)
    network.load_weights(checkpoints / "best.weights.h5")
    found = {
        "best_epoch": early_stopping.best_epoch + 1,
        "restored": restored,
        "epochs_saved": sorted(int(file.name.split(".")[0]) for file in (checkpoints / "improvements").iterdir()),
        "loaded": judge_held_out(network, held_out),
    }
    with whole(places.trained(stage)) as folder:
        folder.mkdir()
        learning.to_csv(folder / "curves.csv", index=False, lineterminator="\n")
        write_text(json.dumps(found), folder / "callbacks.json")


def judge_held_out(network: keras.Sequential, points: Points) -> dict[str, float]:
    """Return `val_loss` and `val_accuracy` of the network as it is now."""
    return {f"val_{name}": value for name, value in judge(network, points).items()}


class LivePlot(MatplotlibPlot):
    """livelossplot's drawing of the curves, now and then: to draw takes longer than many epochs."""

    def __init__(self, **hooks: Any) -> None:
        super().__init__(**hooks)
        self._drawn = -math.inf

    def send(self, logger: MainLogger) -> None:  # noqa: D102
        self._logger = logger
        if time.monotonic() - self._drawn >= SECONDS_BETWEEN:
            self.draw()

    def draw(self) -> None:
        """Draw the curves as they are now."""
        super().send(self._logger)
        self._drawn = time.monotonic()


def live_plot(path: Path, classes: int = 2) -> LivePlot:
    """Return the drawing of the curves, which writes each state over the last one."""
    loss = "binary cross-entropy [nats]" if classes == 2 else "cross-entropy [nats]"
    accuracy = "share of points on the right side" if classes == 2 else "share of points with the right class"

    def prepare(figure: Figure, axes: np.ndarray, groups: int) -> None:
        figure.set_size_inches(10, 4)

    def label(axes: Axes, group: str, step_name: str) -> None:
        axes.set(title=group.capitalize(), xlabel=step_name)
        axes.set_yscale("log" if group == "Loss" else "linear")
        axes.set_ylabel(loss if group == "Loss" else accuracy)
        axes.legend()

    def save(figure: Figure) -> None:
        figure.tight_layout()
        write_png(figure, path)  # livelossplot opens a figure per drawing and closes none

    return LivePlot(before_plots=prepare, after_subplot=label, after_plots=save)


if __name__ == "__main__":
    run(lambda places: train(sys.argv[1], places=places))
