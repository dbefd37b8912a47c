"""Which learning rate?

The baseline, with another learning rate: from rates so small that nothing moves to rates so large
that nothing settles, each from the same seeds.

Held fixed: the network, the optimizer (plain SGD), the batch size, the number of epochs.
"""

from pathlib import Path

from stages.lib.archive import save_network
from stages.lib.files import write_array, write_csv, write_json
from stages.lib.fleets import train_sweep
from stages.lib.grid import predict_grid
from stages.lib.points import read_points
from stages.lib.recipe import Recipe
from stages.lib.runner import run
from stages.lib.sweep import replicate_seeds
from stages.params.lr_sweep import LrSweep
from stages.params.network import Network
from stages.params.prediction_grid import PredictionGrid
from stages.params.seed import Seed
from stages.params.training import Training


def main(
    seed: Seed,
    network: Network,
    training: Training,
    prediction_grid: PredictionGrid,
    lr_sweep: LrSweep,
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
    """Trains every rate from every seed at once; keeps the first replicate of the best rate."""
    points = {"train": read_points(train), "validation": read_points(validation)}
    seeds = replicate_seeds(seed, lr_sweep.replicates)
    rates = lr_sweep.learning_rates
    tried = [({"learning_rate": rate}, Recipe.of_baseline(network, training, rate)) for rate in rates]
    with train_sweep(tried, seeds, **points, shards=shards) as sweep:
        write_csv(sweep.curve_table(), curves)
        write_csv(sweep.variant_table(), variants)
        write_json(sweep.answer(learning_rate=rates) | sweep.counts, metrics)
        _, best = tried[sweep.best]
        network_of_best = best.network(seeds[0], **points, name="lr_sweep")
        save_network(network_of_best, model)
        write_array(predict_grid(network_of_best, prediction_grid), grid)


if __name__ == "__main__":
    run(main)
