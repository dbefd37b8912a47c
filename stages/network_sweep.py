"""How many layers, how wide, which activation?

The baseline with other hidden layers: from none, which draws a straight line, to several, all of
one width and with one activation. The rate that suits a network depends on its size, so each is
tuned over a small grid of learning rates and judged at its best.

Held fixed: the optimizer (plain SGD), the initializer, the batch size, the number of epochs (its own).
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

from stages.lib.archive import save_network
from stages.lib.files import write_array, write_csv, write_json
from stages.lib.fleets import train_sweep
from stages.lib.grid import predict_grid
from stages.lib.points import read_points
from stages.lib.recipe import Recipe
from stages.lib.runner import run
from stages.lib.sweep import replicate_seeds
from stages.params.network import Activation, Network
from stages.params.network_sweep import NetworkSweep
from stages.params.prediction_grid import PredictionGrid
from stages.params.seed import Seed
from stages.params.training import Training


def main(
    seed: Seed,
    network: Network,
    training: Training,
    prediction_grid: PredictionGrid,
    network_sweep: NetworkSweep,
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
    """Tunes every size with every activation; keeps the first replicate of the best."""
    points = {"train": read_points(train), "validation": read_points(validation)}
    seeds = replicate_seeds(seed, network_sweep.replicates)
    rates = network_sweep.learning_rates
    tried = [
        (
            {"activation": activation, "depth": depth, "width": width, "learning_rate": rate},
            replace(
                Recipe.of_baseline(network, training, rate),
                hidden_units=(width,) * depth,
                activation=activation,
                epochs=network_sweep.epochs,
            ),
        )
        for activation, depth, width in sizes(network_sweep)
        for rate in rates
    ]
    with train_sweep(tried, seeds, **points, shards=shards) as sweep:
        sweep.variants.insert(3, "parameters", [recipe.parameters for _, recipe in tried])
        tuned = sweep.tuned()
        write_csv(tuned.curve_table(), curves)
        write_csv(tuned.variant_table(), variants)
        answer = tuned.answer(depth=network_sweep.depths, width=network_sweep.widths, learning_rate=rates)
        write_json(answer | sweep.counts, metrics)
        _, best = tried[sweep.best]
        network_of_best = best.network(seeds[0], **points, name="network_sweep")
        save_network(network_of_best, model)
        write_array(predict_grid(network_of_best, prediction_grid), grid)


def sizes(asked: NetworkSweep) -> Iterator[tuple[Activation, int, int]]:
    """Yields activation, depth and width of each network; without hidden layers there is but one, and it is linear."""
    if 0 in asked.depths:
        yield "linear", 0, 0
    for activation, depth, width in product(asked.activations, asked.depths, asked.widths):
        if depth:
            yield activation, depth, width


if __name__ == "__main__":
    run(main)
