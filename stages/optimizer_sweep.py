"""Which optimizer?

The baseline, with another optimizer. An untuned comparison proves nothing (Choi et al. 2019,
arXiv 1910.05446), so each optimizer is tuned over a grid of learning rates of its own, all grids of
one length, and judged at its best rate. How much its result depends on that rate is shown beside.

Held fixed: the network, the batch size, the number of epochs, all other settings of an optimizer.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras

from stages.lib.archive import save_network
from stages.lib.files import write_array, write_csv, write_json
from stages.lib.fleet import OptimizerFactory
from stages.lib.fleets import train_sweep
from stages.lib.grid import predict_grid
from stages.lib.points import read_points
from stages.lib.recipe import Recipe
from stages.lib.runner import run
from stages.lib.statistics import compare_to_best
from stages.lib.sweep import Sweep, replicate_seeds
from stages.params.network import Network
from stages.params.optimizer_sweep import OptimizerName, OptimizerSweep
from stages.params.prediction_grid import PredictionGrid
from stages.params.seed import Seed
from stages.params.training import Training

OPTIMIZERS: dict[OptimizerName, OptimizerFactory] = {
    "adadelta": keras.optimizers.Adadelta,
    "adagrad": keras.optimizers.Adagrad,
    "adam": keras.optimizers.Adam,
    "adamax": keras.optimizers.Adamax,
    "adamw": keras.optimizers.AdamW,
    "lion": keras.optimizers.Lion,
    "momentum_0.5": partial(keras.optimizers.SGD, momentum=0.5),
    "momentum_0.9": partial(keras.optimizers.SGD, momentum=0.9),
    "momentum_0.99": partial(keras.optimizers.SGD, momentum=0.99),
    "nadam": keras.optimizers.Nadam,
    "nesterov_0.9": partial(keras.optimizers.SGD, momentum=0.9, nesterov=True),
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}


def main(
    seed: Seed,
    network: Network,
    training: Training,
    prediction_grid: PredictionGrid,
    optimizer_sweep: OptimizerSweep,
    *,
    train: Path,
    validation: Path,
    shards: Path,
    model: Path,
    grid: Path,
    curves: Path,
    rates: Path,
    variants: Path,
    metrics: Path,
) -> None:
    """Tunes every optimizer; keeps the first replicate of the best."""
    points = {"train": read_points(train), "validation": read_points(validation)}
    seeds = replicate_seeds(seed, optimizer_sweep.replicates)
    tried = [
        (
            {"optimizer": name, "learning_rate": rate},
            replace(Recipe.of_baseline(network, training, rate), optimizer=OPTIMIZERS[name]),
        )
        for name, grid_of_rates in optimizer_sweep.learning_rates.items()
        for rate in grid_of_rates
    ]
    with train_sweep(tried, seeds, **points, shards=shards) as sweep:
        tuned = sweep.tuned()
        best_name = tuned.variants["optimizer"][tuned.best]
        write_csv(tuned.curve_table(), curves)
        write_csv(sweep.variant_table(), rates)
        write_csv(tuned.variant_table(), variants)
        answer = tuned.answer(learning_rate=optimizer_sweep.learning_rates[best_name])
        write_json(answer | sweep.counts | momentum(tuned), metrics)
        _, best = tried[sweep.best]
        network_of_best = best.network(seeds[0], **points, name="optimizer_sweep")
        save_network(network_of_best, model)
        write_array(predict_grid(network_of_best, prediction_grid), grid)


def momentum(tuned: Sweep) -> dict[str, Any]:
    """Returns what momentum does for SGD, both at their best rates: the loss without it over that with the best of it.

    Empty where either was not asked for. The ratio is a geometric mean over the seeds, with its 95 % t
    interval and the two-sided p value of the paired test; see stages/lib/statistics.py.
    """
    names = tuned.variants["optimizer"].tolist()
    with_it = [position for position, name in enumerate(names) if name.startswith(("momentum", "nesterov"))]
    if not with_it or "sgd" not in names:
        return {}
    best = min(with_it, key=lambda position: tuned.ranks[position])
    found = compare_to_best(tuned.final_val_loss[[best, names.index("sgd")]], 0)
    figures = {name: getattr(found, name)[1] for name in ("ratio", "low", "high", "p_value")}
    return {"momentum": {"optimizer": names[best], **figures}}


if __name__ == "__main__":
    run(main)
