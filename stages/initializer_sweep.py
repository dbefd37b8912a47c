"""Which initial weights?

The baseline, with another kernel initializer, each from the same seeds. Constants (zeros, ones) give
all units of a layer the same weights and so the same gradient: they stay one unit for ever.

Held fixed: the network, the optimizer (plain SGD at `lr`), the batch size, the number of epochs.
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
    model: Path,
    grid: Path,
    curves: Path,
    variants: Path,
    metrics: Path,
) -> None:
    """Trains every initializer from every seed at once; keeps the first replicate of the best initializer."""
    points = read_points(train)
    fleet = Fleet(
        [
            Member(tuple(network.hidden_units), kernel_initializer, lr, replicate)
            for kernel_initializer in initializer_sweep.kernel_initializers
            for replicate in replicate_seeds(seed, initializer_sweep.replicates)
        ],
        activation=network.activation,
        optimizer=keras.optimizers.SGD,
        train=points,
        validation=read_points(validation),
        name="initializer_sweep",
    )
    start = fleet.judge(points)["loss"]
    history = fleet.train(epochs=training.epochs, batch_size=training.batch_size)
    sweep = Sweep("kernel_initializer", initializer_sweep.kernel_initializers, history, start, constant_loss(points))
    write_csv(sweep.curve_table(), curves)
    write_csv(sweep.variant_table(), variants)
    write_json(sweep.answer(), metrics)
    best = fleet.network(sweep.best * initializer_sweep.replicates)
    save_network(best, model)
    write_array(predict_grid(best, prediction_grid), grid)


if __name__ == "__main__":
    run(main)
