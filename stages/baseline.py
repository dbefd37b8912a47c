"""Can a network separate the two figures?

One dense network, trained by plain stochastic gradient descent. Every sweep starts from it and
changes one thing: it is, bit for bit, the first replicate of the sweep's variant with its values.

Held fixed: the data, the optimizer, the loss (binary cross-entropy).
"""

from pathlib import Path

import pandas as pd

from stages.lib.archive import save_network
from stages.lib.files import whole, write_array, write_csv, write_json, write_text
from stages.lib.grid import predict_grid, summary_text
from stages.lib.measures import plateau_epoch
from stages.lib.points import read_points
from stages.lib.progress import Progress
from stages.lib.recipe import Recipe
from stages.lib.runner import run
from stages.lib.snapshots import Snapshots, snapshot_epochs
from stages.lib.sweep import replicate_seeds
from stages.params.baseline import Baseline
from stages.params.lr import Lr
from stages.params.network import Network
from stages.params.prediction_grid import PredictionGrid
from stages.params.seed import Seed
from stages.params.training import Training


def main(
    seed: Seed,
    lr: Lr,
    network: Network,
    training: Training,
    prediction_grid: PredictionGrid,
    baseline: Baseline,
    *,
    train: Path,
    validation: Path,
    test: Path,
    model: Path,
    summary: Path,
    grids: Path,
    curves: Path,
    metrics: Path,
) -> None:
    """Trains the network, keeps what it answers at several epochs, and judges it on all three sets."""
    points = {path.stem: read_points(path) for path in (train, validation, test)}
    recipe = Recipe.of_baseline(network, training, lr)
    fleet = recipe.fleet(
        [recipe.member(replicate_seeds(seed, 1)[0])],
        train=points["train"],
        validation=points["validation"],
        name="baseline",
    )
    snapshots = Snapshots(snapshot_epochs(training.epochs, baseline.snapshots))
    history = fleet.train(epochs=training.epochs, batch_size=training.batch_size, callbacks=[Progress(), snapshots])
    trained = fleet.network(0)
    save_network(trained, model)
    write_text(summary_text(trained), summary)
    with whole(grids) as folder:
        for epoch, weights in snapshots.weights.items():
            trained.set_weights(weights)
            write_array(predict_grid(trained, prediction_grid), folder / f"{epoch}.npy")
    learning = pd.DataFrame({name: values[:, 0] for name, values in history.items()})
    learning.insert(0, "epoch", learning.index + 1)
    write_csv(learning, curves)
    rule = {"min_delta": training.min_delta, "patience": training.patience}
    judged = {name: fleet.judge(part) for name, part in points.items()}
    write_json(
        {
            **{name: {metric: values[0] for metric, values in figures.items()} for name, figures in judged.items()},
            "parameters": trained.count_params(),
            "epochs": training.epochs,
            "plateau": {"epoch": plateau_epoch(history["val_loss"][:, 0], training), **rule},
        },
        metrics,
    )


if __name__ == "__main__":
    run(main)
