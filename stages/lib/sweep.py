"""A sweep: the baseline with one thing changed, each variant trained from several seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stages.lib.measures import diverged, summary

METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")
MOST_ROWS = 5_000  # of a plotted table; 80,000 rows made a page of 118 MB


def replicate_seeds(seed: int, replicates: int) -> list[int]:
    """Returns the seed of each replicate; every variant uses the same ones, and the baseline the first."""
    return [int(np.random.SeedSequence((seed, k)).generate_state(1)[0]) for k in range(replicates)]


@dataclass(frozen=True)
class Sweep:
    """The outcome of a sweep.

    Args:
        key: what was changed, in Keras's spelling, such as `learning_rate`.
        variants: its values, in the order of params.yaml.
        curves: for each of Keras's metric names the values, shape (epochs, variants x replicates), all
            replicates of the first variant first.
        start: training loss before the first epoch, shape (variants x replicates,).
        constant: training loss of the constant answer, in nats.
    """

    key: str
    variants: Sequence[Any]
    curves: dict[str, np.ndarray]
    start: np.ndarray
    constant: float

    def by_variant(self, metric: str) -> np.ndarray:
        """Returns the values of a metric, shape (variants, replicates, epochs)."""
        values = self.curves[metric].T
        return values.reshape(len(self.variants), -1, values.shape[-1])

    @property
    def best(self) -> int:
        """Returns the position of the variant with the least mean validation loss at the end; of equals the first."""
        final = self.by_variant("val_loss")[:, :, -1].astype(np.float64).mean(axis=1)
        return int(np.argmin(np.where(np.isfinite(final), final, np.inf)))

    @property
    def replicates(self) -> int:
        """Returns the number of seeds per variant."""
        return self.by_variant("loss").shape[1]

    def curve_table(self) -> pd.DataFrame:
        """Returns mean, least and greatest over the seeds, one row per variant and epoch, thinned to 5,000 rows.

        Thinning keeps the first epoch and the last.
        """
        epochs = self.curves["loss"].shape[0]
        step = -(-epochs * len(self.variants) // MOST_ROWS)
        kept = np.unique(np.append(np.arange(0, epochs, step), epochs - 1))
        columns: dict[str, Any] = {
            self.key: [variant for variant in self.variants for _ in kept],
            "epoch": np.tile(kept + 1, len(self.variants)),
        }
        for metric in METRICS:
            values = self.by_variant(metric)[:, :, kept].astype(np.float64)
            columns[metric] = values.mean(axis=1).ravel()
            columns[f"{metric}_min"] = values.min(axis=1).ravel()
            columns[f"{metric}_max"] = values.max(axis=1).ravel()
        return pd.DataFrame(columns)

    def variant_table(self) -> pd.DataFrame:
        """Returns the figures at the last epoch, one row per variant, with the number of runs that diverged."""
        rows = [
            {self.key: variant}
            | {f"{metric}_{name}": value for metric in METRICS for name, value in self.final(i, metric).items()}
            | {"diverged": self.diverged(i)}
            for i, variant in enumerate(self.variants)
        ]
        return pd.DataFrame(rows).drop(columns=[f"{metric}_n" for metric in METRICS]).assign(n=self.replicates)

    def final(self, variant: int, metric: str) -> dict[str, Any]:
        """Returns the summary over the seeds of a metric at the last epoch."""
        return summary(self.by_variant(metric)[variant, :, -1])

    def diverged(self, variant: int) -> int:
        """Returns how many of a variant's runs diverged."""
        start = self.start.reshape(len(self.variants), -1)[variant]
        return int(diverged(self.by_variant("loss")[variant], start=start, constant=self.constant).sum())

    def answer(self) -> dict[str, Any]:
        """Returns the best variant and its figures, for metrics/<stage>.json.

        `at_end_of_grid`: whether the best of several numbers is the least or greatest tried, so that a
        better one may lie beyond; None for names.
        """
        ordered = all(isinstance(variant, int | float) for variant in self.variants)
        best = self.variants[self.best]
        return {
            "best": {
                self.key: best,
                "at_end_of_grid": best in {min(self.variants), max(self.variants)} if ordered else None,
                "diverged": self.diverged(self.best),
                **{metric: self.final(self.best, metric) for metric in ("val_loss", "val_accuracy")},
            },
            "diverged": sum(self.diverged(i) for i in range(len(self.variants))),
            "runs": len(self.variants) * self.replicates,
        }
