"""When to stop, and what to keep?

Keras's own callbacks on a plain `Sequential` network, driven by plain `fit`: EarlyStopping ends the
training when the validation loss has stopped falling and takes the best weights back;
ModelCheckpoint writes weights to disk, the best ones and each improvement; PlotLossesKeras (of
livelossplot) redraws the curves after each epoch.

Held fixed: the network of the baseline, its data and its batch size. The optimizer is Adam.
"""

from pathlib import Path

import keras
import numpy as np
import pandas as pd
from livelossplot import PlotLossesKeras
from livelossplot.outputs import MatplotlibPlot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.lib.files import whole, write_csv, write_json
from stages.lib.network import dense_network, judge
from stages.lib.png import write_png
from stages.lib.points import Points, read_points
from stages.lib.progress import Progress
from stages.lib.runner import run
from stages.lib.sweep import replicate_seeds
from stages.params.callbacks_demo import CallbacksDemo
from stages.params.network import Network
from stages.params.seed import Seed
from stages.params.training import Training


def main(
    seed: Seed,
    network: Network,
    training: Training,
    callbacks_demo: CallbacksDemo,
    *,
    train: Path,
    validation: Path,
    best: Path,
    improvements: Path,
    live_plot: Path,
    curves: Path,
    metrics: Path,
) -> None:
    """Trains until EarlyStopping says so, and shows that what ModelCheckpoint kept is what it gave back."""
    keras.utils.set_random_seed(replicate_seeds(seed, 1)[0])
    points, held_out = read_points(train), read_points(validation)
    model = dense_network(
        network.hidden_units,
        network.activation,
        keras.optimizers.Adam(callbacks_demo.learning_rate),
        kernel_initializer=network.kernel_initializer,
        name="callbacks_demo",
        steps_per_execution=-(-len(points) // training.batch_size),  # an epoch per call into XLA: the same weights
    )
    rule = {"min_delta": callbacks_demo.min_delta, "patience": callbacks_demo.patience}
    early_stopping = keras.callbacks.EarlyStopping("val_loss", restore_best_weights=True, **rule)
    keep = {"monitor": "val_loss", "save_best_only": True, "save_weights_only": True}
    with whole(best) as best_file, whole(improvements) as folder, whole(live_plot) as picture:
        callbacks = [
            early_stopping,
            keras.callbacks.ModelCheckpoint(best_file, **keep),
            keras.callbacks.ModelCheckpoint(folder / "{epoch:04d}.weights.h5", **keep),
            PlotLossesKeras(outputs=[matplotlib_plot(picture)], step_names="epoch (the first is 0)"),
            Progress(),
        ]
        history = model.fit(
            points.x,
            points.y,
            batch_size=training.batch_size,
            epochs=callbacks_demo.epochs,
            validation_data=(held_out.x, held_out.y),
            validation_batch_size=len(held_out),
            callbacks=callbacks,
            verbose=0,
        ).history
    learning = pd.DataFrame(history)
    learning.insert(0, "epoch", learning.index + 1)
    write_csv(learning, curves)

    restored = judge_held_out(model, held_out)
    model.load_weights(best)
    lowest = learning["val_loss"].fillna(np.inf).to_numpy().argmin()
    saved = sorted(int(file.name.split(".")[0]) for file in improvements.iterdir())
    write_json(
        {
            "early_stopping": {
                **rule,
                "best_epoch": early_stopping.best_epoch + 1,
                "restored": restored,
                "stopped_epoch": len(learning),
            },
            "model_checkpoint": {
                "best_epoch": lowest + 1,
                "epochs_saved": saved,
                "logged": {name: learning[name][lowest] for name in restored},
                "loaded": judge_held_out(model, held_out),
            },
        },
        metrics,
    )


def judge_held_out(model: keras.Sequential, points: Points) -> dict[str, float]:
    """Returns `val_loss` and `val_accuracy` of the model as it is now."""
    return {f"val_{name}": value for name, value in judge(model, points).items()}


def matplotlib_plot(path: Path) -> MatplotlibPlot:
    """Returns livelossplot's drawing of the curves, which writes each state over the last one."""

    def prepare(figure: Figure, axes: np.ndarray, groups: int) -> None:
        figure.set_size_inches(10, 4)

    def label(axes: Axes, group: str, step_name: str) -> None:
        axes.set(title=group.capitalize(), xlabel=step_name)
        axes.set_yscale("log" if group == "Loss" else "linear")
        axes.set_ylabel("binary cross-entropy [nats]" if group == "Loss" else "share of points on the right side")
        axes.legend()

    def save(figure: Figure) -> None:
        figure.tight_layout()
        write_png(figure, path)  # livelossplot opens a figure per epoch and closes none

    return MatplotlibPlot(before_plots=prepare, after_subplot=label, after_plots=save)


if __name__ == "__main__":
    run(main)
