"""Which initial weights?

The baseline, with another kernel initializer, each from the same seeds. Constants (zeros, ones) give
all units of a layer the same weights and so the same gradient: they stay one unit for ever.

Held fixed: the network, the optimizer (plain SGD at `lr`), the batch size, the number of epochs.
"""

from dataclasses import replace
from pathlib import Path

from stages.lib.archive import save_network
from stages.lib.files import write_array, write_csv, write_json
from stages.lib.fleets import train_sweep
from stages.lib.grid import predict_grid
from stages.lib.points import read_points
from stages.lib.recipe import Recipe
from stages.lib.runner import run
from stages.lib.sweep import replicate_seeds
from stages.params.initializer_sweep import InitializerSweep
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
    initializer_sweep: InitializerSweep,
    *,
    train: Path,
    validation: Path,
    shards: Path,
    model: Path,
    grid: Path,
    curves: Path,
    variants: Path,
    metrics: Path,
) -> None:
    """Trains every initializer from every seed at once; keeps the first replicate of the best."""
    points = {"train": read_points(train), "validation": read_points(validation)}
    seeds = replicate_seeds(seed, initializer_sweep.replicates)
    baseline = Recipe.of_baseline(network, training, lr)
    tried = [
        ({"kernel_initializer": initializer}, replace(baseline, kernel_initializer=initializer))
        for initializer in initializer_sweep.kernel_initializers
    ]
    with train_sweep(tried, seeds, **points, shards=shards) as sweep:
        write_csv(sweep.curve_table(), curves)
        write_csv(sweep.variant_table(), variants)
        write_json(sweep.answer() | sweep.counts, metrics)
        _, best = tried[sweep.best]
        network_of_best = best.network(seeds[0], **points, name="initializer_sweep")
        save_network(network_of_best, model)
        write_array(predict_grid(network_of_best, prediction_grid), grid)


if __name__ == "__main__":
    run(main)
