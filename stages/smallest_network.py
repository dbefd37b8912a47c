"""What is the smallest network that separates the points?

Every shape of one or two hidden layers up to a number of trainable parameters, each trained from
many random starts. Two answers: the fewest parameters with which some start gets every training
point right, and the fewest with which nine starts of ten do.

Held fixed: the optimizer (Adam), its rate, the initializer, the batch size, the number of epochs.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from stages.lib.archive import save_network
from stages.lib.files import write_array, write_csv, write_json
from stages.lib.fleets import train_sweep
from stages.lib.grid import predict_grid, predict_units
from stages.lib.measures import summary
from stages.lib.network import judge
from stages.lib.points import read_points
from stages.lib.recipe import Recipe
from stages.lib.runner import run
from stages.lib.sweep import Sweep, replicate_seeds
from stages.params.network import Network
from stages.params.prediction_grid import PredictionGrid
from stages.params.seed import Seed
from stages.params.smallest_network import SmallestNetwork

RELIABLE = 0.9  # share of the restarts


def main(
    seed: Seed,
    network: Network,
    prediction_grid: PredictionGrid,
    smallest_network: SmallestNetwork,
    *,
    train: Path,
    validation: Path,
    test: Path,
    shards: Path,
    model: Path,
    grid: Path,
    units: Path,
    variants: Path,
    metrics: Path,
) -> None:
    """Counts the restarts that get every training point right; keeps the smallest network that does."""
    points = {"train": read_points(train), "validation": read_points(validation)}
    seeds = replicate_seeds(seed, smallest_network.restarts)
    shapes = [
        Recipe(
            hidden_units=hidden_units,
            activation=activation,
            kernel_initializer=network.kernel_initializer,
            optimizer=keras.optimizers.Adam,
            learning_rate=smallest_network.learning_rate,
            batch_size=smallest_network.batch_size,
            epochs=smallest_network.epochs,
        )
        for activation in smallest_network.activations
        for hidden_units in smallest_network.shapes
    ]
    tried = [({"activation": shape.activation, "hidden_units": label(shape.hidden_units)}, shape) for shape in shapes]
    with train_sweep(tried, seeds, **points, shards=shards) as sweep:
        table = success_table(sweep, [shape.parameters for shape in shapes])
        write_csv(table, variants)
        shape, restart = smallest(sweep, table)
        kept = shapes[shape].network(seeds[restart], **points, name="smallest_network")
        figures = {path.stem: judge(kept, read_points(path)) for path in (validation, test)}
        write_json({**answer(table, sweep.train_accuracy), "kept": figures}, metrics)
        save_network(kept, model)
        write_array(predict_grid(kept, prediction_grid), grid)
        write_array(predict_units(kept, prediction_grid), units)


def label(hidden_units: tuple[int, ...]) -> str:
    """Returns the widths of the hidden layers as text, such as 4 or 3-2."""
    return "-".join(map(str, hidden_units))


def success_table(sweep: Sweep, parameters: list[int]) -> pd.DataFrame:
    """Returns one row per shape: restarts that get all training points right, and the most points that any got."""
    return sweep.variants.assign(
        parameters=parameters,
        restarts=sweep.replicates,
        perfect=(sweep.train_accuracy == 1).sum(axis=1),
        share=(sweep.train_accuracy == 1).mean(axis=1),
        accuracy_mean=sweep.train_accuracy.astype(np.float64).mean(axis=1),
        accuracy_max=sweep.train_accuracy.max(axis=1),
    )


def answer(table: pd.DataFrame, train_accuracy: np.ndarray) -> dict[str, Any]:
    """Returns the smallest shape with any perfect restart and that with nine of ten, or None where there is none.

    Of equally many parameters the shape with more perfect restarts counts.

    Args:
        table: a row for each shape.
        train_accuracy: share of the training points that each restart gets right, shape (shapes, restarts).
    """
    by_size = table.sort_values(["parameters", "perfect"], ascending=[True, False], kind="stable")
    found = {
        "smallest": by_size[by_size["perfect"] > 0],
        "smallest_reliable": by_size[by_size["share"] >= RELIABLE],
    }
    shown = ["activation", "hidden_units", "parameters", "restarts", "perfect", "share"]
    rows = {
        name: {**rows[shown].to_dict("records")[0], "accuracy": summary(train_accuracy[rows.index[0]])}
        for name, rows in found.items()
        if len(rows)
    }
    tried = {"runs": int(table["restarts"].sum()), "most_parameters": int(table["parameters"].max())}
    return {**dict.fromkeys(found), **rows, **tried}


def smallest(sweep: Sweep, table: pd.DataFrame) -> tuple[int, int]:
    """Returns the position of the shape to keep and of its restart.

    The smallest shape with a perfect restart, else the one that comes nearest; of its restarts
    the most accurate, and of these the one with the least validation loss.
    """
    order = table.assign(missed=1 - table["accuracy_max"], failed=-table["perfect"])
    shape = int(order.sort_values(["missed", "parameters", "failed"], kind="stable").index[0])
    ranked = np.lexsort((sweep.final_val_loss[shape], -sweep.train_accuracy[shape]))
    return shape, int(ranked[0])


if __name__ == "__main__":
    run(main)
