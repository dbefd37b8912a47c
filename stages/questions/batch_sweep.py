"""Which batch size, and how many epochs?

The baseline, with other batches: from a few points per update to all of them. The rate that suits a
batch grows with it, so each size is tuned over a small grid of learning rates and judged at its best.
The cost is counted in epochs, updates and samples until the loss has settled, never in seconds: those
are the machine's.

Held fixed: the network, the optimizer (plain SGD), the number of epochs that each gets.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from stages.lib.analysis import answers
from stages.lib.analysis.answers import code
from stages.lib.analysis.figures import OverSeeds, SweepFigures, VariantFigures
from stages.lib.analysis.measures import plateau_epoch, summary
from stages.lib.analysis.page import Findings, Given, SweepPage
from stages.lib.analysis.statistics import rank_correlation
from stages.lib.analysis.sweep import Sweep, Trained
from stages.lib.core.plan import Changed, Recipe
from stages.lib.core.points import Description
from stages.lib.core.words import count
from stages.params.batch_sweep import BatchSweep
from stages.params.training import Training


class Cost(VariantFigures):
    """What a batch size needs until its loss has settled, at every replicate."""

    epochs: OverSeeds
    updates: OverSeeds
    samples: OverSeeds


class BatchFigures(SweepFigures):
    """The sizes that need the fewest updates and the fewest samples, where one settles at every replicate."""

    fewest_updates: Cost | None = None
    fewest_samples: Cost | None = None


class Page(SweepPage):
    """Every batch size at each rate."""

    order = 50
    task = 1
    reads = ("seed", "network", "training", "batch_sweep")
    command = "dvc exp run -S batch_sweep.epochs=500"
    figures = BatchFigures
    key = "batch_size"
    title = "Best batch size: {batch_size}"
    charts = ("cost", "variants", "curves")
    reason_chart = "updates"

    def fitted(self, asked: BatchSweep, data: Description) -> BatchSweep:
        """Return the sizes without those that are more than all points, which train as all points do."""
        return replace(asked, batch_sizes=list(dict.fromkeys(min(size, data.rows) for size in asked.batch_sizes)))

    def natural_ends(self, data: Description) -> dict[str, set[float]]:
        """Return a single point, and all."""
        return {"batch_size": {1, data.rows}}

    def variants(self, asked: BatchSweep, baseline: Recipe) -> Iterator[tuple[Changed, Recipe]]:
        """Yield each size at each rate."""
        for size in asked.batch_sizes:
            for rate in asked.learning_rates:
                recipe = replace(baseline, batch_size=size, learning_rate=rate, epochs=asked.epochs)
                yield {"batch_size": size, "learning_rate": rate}, recipe

    def tables(self, sweep: Sweep, tuned: Sweep, given: Given) -> dict[str, pd.DataFrame]:
        """Return the variants with what each needs until its loss has settled."""
        return {"variants": tuned.variant_table().join(cost_table(tuned, given.rule, rows=given.data.rows))}

    def more(self, whole: Sweep, tuned: Sweep, given: Given) -> dict[str, Any]:
        """Return the sizes that settle at every replicate at the least cost."""
        return cheapest(tuned, given.rule, rows=given.data.rows)

    def measured(self, tuned: Sweep, trained: Trained, given: Given) -> dict[str, np.ndarray]:
        """Return how many updates of the weights each size has made in all."""
        return {"updates_made": np.ceil(given.data.rows / tuned.variants["batch_size"].to_numpy()) * tuned.epochs}

    def because(self, variants: pd.DataFrame, given: Given) -> str:
        """Return how closely the loss follows the number of updates, where more of them go with less loss."""
        correlation = rank_correlation(variants["updates_made"].to_numpy(), variants["val_loss_mean"].to_numpy())
        if correlation >= 0:
            return ""
        least, *_, most = variants.sort_values("updates_made").to_dict("records")
        return (
            f"In the same epochs, size {code(most['batch_size'])} makes {most['updates_made']:,.0f} updates of the "
            f"weights, and size {code(least['batch_size'])} makes {least['updates_made']:,.0f}. More updates went with "
            f"less loss (rank correlation {correlation:.2f} over {len(variants)} sizes)."
        )

    def columns(self, variants: pd.DataFrame) -> tuple[str, ...]:
        """Return what names a size, and its cost."""
        return (*super().columns(variants), "settled", "epochs", "updates", "samples")

    def answer(self, found: BatchFigures, findings: Findings) -> str:
        """Return which size ends lowest, and which settles after the fewest updates and the fewest samples."""
        costs = ""
        if found.fewest_updates and found.fewest_samples:
            updates, samples = found.fewest_updates, found.fewest_samples
            costs = (
                f" Of the sizes that settle at every replicate, {code(updates.changed['batch_size'])} does after the "
                f"fewest updates ({mean(updates.updates):,}, in {count(mean(updates.epochs), 'epoch', ',')}) and "
                f"{code(samples.changed['batch_size'])} after the fewest points seen ({mean(samples.samples):,}, in "
                f"{count(mean(samples.epochs), 'epoch', ',')} and {count(mean(samples.updates), 'update', ',')})."
            )
        fair = f" All sizes get {count(found.epochs, 'epoch')}, and so the smaller ones more updates."
        return answers.sweep(found, self.key) + fair + costs


def mean(figure: OverSeeds) -> int:
    """Return the mean over the replicates as a whole number."""
    return round(figure.mean or 0)


def settled_epochs(sweep: Sweep, rule: Training) -> list[list[int]]:
    """Return for each variant the epochs after which its validation loss has settled, of the replicates that did.

    A run that diverged has not settled, though its loss no longer falls.
    """
    return [
        [epoch for run in runs[~diverged] if (epoch := plateau_epoch(run, rule)) is not None]
        for runs, diverged in zip(sweep.curves["val_loss"], sweep.diverged, strict=True)
    ]


def cost_table(sweep: Sweep, rule: Training, *, rows: int) -> pd.DataFrame:
    """Return what each variant needs until its validation loss has settled, one row per variant.

    `settled` counts the replicates that did; `epochs`, `updates` (of the weights) and `samples` (points
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
        },
        index=sweep.variants.index,
    )


def cheapest(sweep: Sweep, rule: Training, *, rows: int) -> dict[str, Any]:
    """Return the batch sizes that need the fewest updates and the fewest samples until they settle at all replicates.

    Empty where none does.
    """
    costs = cost_table(sweep, rule, rows=rows).reset_index(drop=True)
    steady = costs[costs["settled"] == sweep.replicates]
    if steady.empty:
        return {}
    fewest = {cost: int(steady[cost].to_numpy().argmin()) for cost in ("updates", "samples")}
    return {
        f"fewest_{cost}": spread_of_cost(sweep, rule, steady.index.to_list()[place], rows=rows)
        for cost, place in fewest.items()
    }


def spread_of_cost(sweep: Sweep, rule: Training, variant: int, *, rows: int) -> dict[str, Any]:
    """Return a batch size that settles at all replicates, and what it needs over the replicates."""
    epochs = np.array(settled_epochs(sweep, rule)[variant])
    chosen = sweep.variants.to_dict("records")[variant]
    updates = -(-rows // chosen["batch_size"])
    spread = {name: summary(epochs * each) for name, each in (("epochs", 1), ("updates", updates), ("samples", rows))}
    return {**{str(name): value for name, value in chosen.items()}, **spread}
