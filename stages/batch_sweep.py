"""Which batch size, and how many epochs?

The baseline, with other batches: from a few points per update to all of them. The rate that suits a
batch grows with it, so each size is tuned over a small grid of learning rates and judged at its best.
The cost is counted in epochs, updates and samples until the loss has settled, never in seconds: those
are the machine's.

Held fixed: the network, the optimizer (plain SGD), the number of epochs that each gets.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from stages.lib.archive import save_network
from stages.lib.files import write_array, write_csv, write_json
from stages.lib.fleets import train_sweep
from stages.lib.grid import predict_grid
from stages.lib.measures import plateau_epoch, summary
from stages.lib.points import read_points
from stages.lib.recipe import Recipe
from stages.lib.runner import run
from stages.lib.sweep import Sweep, replicate_seeds
from stages.params.batch_sweep import BatchSweep
from stages.params.network import Network
from stages.params.prediction_grid import PredictionGrid
from stages.params.seed import Seed
from stages.params.training import Training


def main(
    seed: Seed,
    network: Network,
    training: Training,
    prediction_grid: PredictionGrid,
    batch_sweep: BatchSweep,
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
    """Tunes every batch size, and counts what each needs until the loss has settled."""
    points = {"train": read_points(train), "validation": read_points(validation)}
    seeds = replicate_seeds(seed, batch_sweep.replicates)
    rates = batch_sweep.learning_rates
    tried = [
        (
            {"batch_size": size, "learning_rate": rate},
            replace(Recipe.of_baseline(network, training, rate), batch_size=size, epochs=batch_sweep.epochs),
        )
        for size in batch_sweep.batch_sizes
        for rate in rates
    ]
    with train_sweep(tried, seeds, **points, shards=shards) as sweep:
        tuned = sweep.tuned()
        rows = len(points["train"])
        costs = cost_table(tuned, training, rows=rows)
        write_csv(tuned.curve_table(), curves)
        write_csv(tuned.variant_table().join(costs), variants)
        answer = tuned.answer(batch_size=batch_sweep.batch_sizes, learning_rate=rates)
        write_json(answer | sweep.counts | cheapest(tuned, training, costs, rows=rows), metrics)
        _, best = tried[sweep.best]
        network_of_best = best.network(seeds[0], **points, name="batch_sweep")
        save_network(network_of_best, model)
        write_array(predict_grid(network_of_best, prediction_grid), grid)


def settled_epochs(sweep: Sweep, rule: Training) -> list[list[int]]:
    """Returns for each variant the epochs after which its validation loss has settled, of the seeds that did.

    A run that diverged has not settled, though its loss no longer falls.
    """
    return [
        [epoch for run in runs[~diverged] if (epoch := plateau_epoch(run, rule)) is not None]
        for runs, diverged in zip(sweep.curves["val_loss"], sweep.diverged, strict=True)
    ]


def cost_table(sweep: Sweep, rule: Training, *, rows: int) -> pd.DataFrame:
    """Returns what each variant needs until its validation loss has settled, one row per variant.

    `settled` counts the seeds that did; `epochs`, `updates` (of the weights) and `samples` (points
    seen) are the means over those, and empty where none did.
    """
    epochs = settled_epochs(sweep, rule)
    mean = np.array([summary(np.array(runs))["mean"] if runs else np.nan for runs in epochs])
    updates_per_epoch = np.ceil(rows / sweep.variants["batch_size"].to_numpy())
    return pd.DataFrame(
        {
            "settled": [len(runs) for runs in epochs],
            "epochs": mean,
            "epochs_min": [min(runs, default=np.nan) for runs in epochs],
            "epochs_max": [max(runs, default=np.nan) for runs in epochs],
            "updates": mean * updates_per_epoch,
            "samples": mean * rows,
        }
    )


def cheapest(sweep: Sweep, rule: Training, costs: pd.DataFrame, *, rows: int) -> dict[str, object]:
    """Returns the batch sizes that need the fewest updates and the fewest samples, of those that settle from all seeds.

    Empty where none does.
    """
    steady = costs[costs["settled"] == sweep.replicates]
    if steady.empty:
        return {}
    fewest = {cost: int(steady[cost].to_numpy().argmin()) for cost in ("updates", "samples")}
    return {
        f"fewest_{cost}": spread_of_cost(sweep, rule, steady.index.to_list()[place], rows=rows)
        for cost, place in fewest.items()
    }


def spread_of_cost(sweep: Sweep, rule: Training, variant: int, *, rows: int) -> dict[str, object]:
    """Returns a batch size that settles from all seeds, and what it needs over the seeds."""
    epochs = np.array(settled_epochs(sweep, rule)[variant])
    chosen = sweep.variants.to_dict("records")[variant]
    updates = -(-rows // chosen["batch_size"])
    return chosen | {
        name: summary(epochs * each) for name, each in (("epochs", 1), ("updates", updates), ("samples", rows))
    }


if __name__ == "__main__":
    run(main)
