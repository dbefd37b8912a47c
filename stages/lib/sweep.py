"""A sweep: the baseline with one thing changed, each variant trained from several seeds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from stages.lib.measures import METRICS, diverged, summary
from stages.lib.statistics import Comparison, compare_to_best

MOST_ROWS = 5_000  # of a plotted table; 80,000 rows made a page of 118 MB


def replicate_seeds(seed: int, replicates: int) -> list[int]:
    """Returns the seed of each replicate; every variant uses the same ones, and the baseline the first."""
    return [int(np.random.SeedSequence((seed, k)).generate_state(1)[0]) for k in range(replicates)]


@dataclass(frozen=True)
class Sweep:
    """The outcome of a sweep.

    Args:
        variants: a row for each variant, in the order of params.yaml; its columns say what was changed,
            in Keras's spelling, such as `learning_rate`.
        curves: for each of Keras's metric names the values, shape (variants, replicates, epochs).
        start: training loss before the first epoch, shape (variants, replicates).
        train_accuracy: share of the training points that are right after the last epoch, shape
            (variants, replicates); the curve `accuracy` is a mean over the epoch.
        constant: training loss of the constant answer, in nats.
    """

    variants: pd.DataFrame
    curves: dict[str, np.ndarray]
    start: np.ndarray
    train_accuracy: np.ndarray
    constant: float

    @property
    def replicates(self) -> int:
        """Returns the number of seeds per variant."""
        return self.start.shape[1]

    @property
    def final_val_loss(self) -> np.ndarray:
        """Returns the validation loss after the last epoch, shape (variants, replicates)."""
        return self.curves["val_loss"][:, :, -1].astype(np.float64)

    @property
    def ranks(self) -> np.ndarray:
        """Returns what variants are ranked by, the lower the better, shape (variants,): mean final validation loss."""
        mean = self.final_val_loss.mean(axis=1)
        return np.where(np.isfinite(mean), mean, np.inf)

    @property
    def best(self) -> int:
        """Returns the position of the best variant; of equals the first."""
        return int(np.argmin(self.ranks))

    @property
    def diverged(self) -> np.ndarray:
        """Returns which runs diverged, shape (variants, replicates)."""
        pairs = zip(self.curves["loss"], self.start, strict=True)
        return np.array([diverged(loss, start=start, constant=self.constant) for loss, start in pairs])

    @property
    def counts(self) -> dict[str, int]:
        """Returns how many runs there are and how many of them diverged, for metrics/<stage>.json."""
        return {"diverged": int(self.diverged.sum()), "runs": self.start.size}

    @property
    def comparison(self) -> Comparison:
        """Returns how the final validation loss of each variant compares to that of the best."""
        return compare_to_best(self.final_val_loss, self.best)

    def tuned(self) -> "Sweep":
        """Returns the sweep with each variant at its own best `learning_rate`; of equals the first.

        A variant is what all other columns say; its rows must be adjacent.
        """
        others = [column for column in self.variants if column != "learning_rate"]
        ranked = self.variants.assign(rank=self.ranks)
        chosen = ranked.groupby(others, sort=False)["rank"].idxmin().to_numpy()
        return replace(
            self,
            variants=self.variants.iloc[chosen].reset_index(drop=True),
            curves={metric: values[chosen] for metric, values in self.curves.items()},
            start=self.start[chosen],
            train_accuracy=self.train_accuracy[chosen],
        )

    def curve_table(self) -> pd.DataFrame:
        """Returns mean, least and greatest over the seeds, one row per variant and epoch, thinned to 5,000 rows.

        Thinning keeps the first epoch and the last.
        """
        epochs = self.curves["loss"].shape[-1]
        step = -(-epochs * len(self.variants) // MOST_ROWS)
        kept = np.unique(np.append(np.arange(0, epochs, step), epochs - 1))
        table = self.variants.loc[self.variants.index.repeat(len(kept))].reset_index(drop=True)
        table["epoch"] = np.tile(kept + 1, len(self.variants))
        for metric in METRICS:
            values = self.curves[metric][:, :, kept].astype(np.float64)
            table[metric] = values.mean(axis=1).ravel()
            table[f"{metric}_min"] = values.min(axis=1).ravel()
            table[f"{metric}_max"] = values.max(axis=1).ravel()
        return table

    def variant_table(self) -> pd.DataFrame:
        """Returns one row per variant: its figures after the last epoch, runs that diverged, and the comparison.

        `ratio` (with the ends of its 95 % interval), `p_value` and `same_as_best` compare the validation
        loss to that of the best variant; see stages/lib/statistics.py.
        """
        table = self.variants.copy()
        for metric in METRICS:
            figures = [summary(values[:, -1]) for values in self.curves[metric]]
            for name in ("mean", "std", "min", "max"):
                table[f"{metric}_{name}"] = [figure[name] for figure in figures]
        found = self.comparison
        return table.assign(
            diverged=self.diverged.sum(axis=1),
            n=self.replicates,
            ratio=found.ratio,
            ratio_low=found.low,
            ratio_high=found.high,
            p_value=found.p_value,
            same_as_best=found.same_as_best.astype(int),
        )

    def answer(self, **grids: Sequence[float]) -> dict[str, Any]:
        """Returns the best variant and its figures for metrics/<stage>.json, and after how many epochs of how many.

        `at_end_of_grid`, where grids are given: of which of them the best has the least or the greatest
        value, so that a better one may lie beyond. `same_as_best`: the variants that can't be told from
        the best at 5 %, itself included.

        Args:
            grids: the values that were tried of columns of `variants`, such as `learning_rate`.
        """
        best = self.variants.to_dict("records")[self.best]
        figures = {metric: summary(self.curves[metric][self.best, :, -1]) for metric in ("val_loss", "val_accuracy")}
        same = self.variants[self.comparison.same_as_best]
        ends = [name for name, grid in grids.items() if best[name] in {min(grid), max(grid)}]
        edge = {"at_end_of_grid": ends} if grids else {}
        return {
            "best": {**best, **figures, **edge, "diverged": self.diverged[self.best].sum()},
            "epochs": self.curves["loss"].shape[-1],
            "same_as_best": same.to_dict("records") if len(same.columns) > 1 else same.iloc[:, 0].tolist(),
            "variants": len(self.variants),
        }
