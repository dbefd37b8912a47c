"""Which learning rate?

The baseline, with another learning rate: from rates so small that nothing moves to rates so large
that nothing settles, each from the same seeds.

Held fixed: the network, the optimizer (plain SGD), the batch size, the number of epochs.
"""

from pathlib import Path

import keras

from stages.lib.archive import save_network
from stages.lib.files import write_array, write_csv, write_json
from stages.lib.fleet import Fleet, Member
from stages.lib.grid import predict_grid
from stages.lib.measures import constant_loss
from stages.lib.points import read_points
from stages.lib.runner import run
from stages.lib.sweep import Sweep, replicate_seeds
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
    model: Path,
    grid: Path,
    curves: Path,
    variants: Path,
    metrics: Path,
) -> None:
    """Trains every rate from every seed at once; keeps the first replicate of the best rate."""
    points = read_points(train)
    fleet = Fleet(
        [
            Member(tuple(network.hidden_units), network.kernel_initializer, learning_rate, replicate)
            for learning_rate in lr_sweep.learning_rates
            for replicate in replicate_seeds(seed, lr_sweep.replicates)
        ],
        activation=network.activation,
        optimizer=keras.optimizers.SGD,
        train=points,
        validation=read_points(validation),
        name="lr_sweep",
    )
    start = fleet.judge(points)["loss"]
    history = fleet.train(epochs=training.epochs, batch_size=training.batch_size)
    sweep = Sweep("learning_rate", lr_sweep.learning_rates, history, start, constant_loss(points))
    write_csv(sweep.curve_table(), curves)
    write_csv(sweep.variant_table(), variants)
    write_json(sweep.answer(), metrics)
    best = fleet.network(sweep.best * lr_sweep.replicates)
    save_network(best, model)
    write_array(predict_grid(best, prediction_grid), grid)


if __name__ == "__main__":
    run(main)
