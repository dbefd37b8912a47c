"""A sweep: the baseline with one thing changed, each variant trained from several replicates."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stages.lib.analysis.measures import RISE, diverged, gradient_norms, summary
from stages.lib.analysis.statistics import Comparison, compare_to_best, likely_best
from stages.lib.core.files import damaged, read_array
from stages.lib.core.plan import METRICS, Plan
from stages.lib.core.points import Points
from stages.params.fields import MOST_ROWS

Ends = Mapping[str, Collection[float]]  # values of what was changed, by its name


@dataclass(frozen=True)
class Trained:
    """What a stage measured while it trained, as `train_plan` writes it; arrays are read from disk when asked for.

    Args:
        plan: what was trained.
        folder: the arrays.
    """

    plan: Plan
    folder: Path

    def array(self, name: str) -> np.ndarray:
        """Return an array; raise Fault where it is damaged, or of another plan."""
        path, shape = self.folder / f"{name}.npy", self.plan.shape_of(name)
        values = read_array(path)
        if values.shape != shape:
            raise damaged(path, f"its shape is {values.shape}, but must be {shape}")
        return values

    def weights(self, variant: int, replicate: int) -> np.ndarray:
        """Return the final weights of a network, all in one row."""
        return self.plan.weights_of(self.array("weights"), variant, replicate)

    def start_gradients(self, variant: int, points: Points) -> np.ndarray:
        """Return what `gradient_norms` says of a variant's first replicate before the first epoch, shape (layers,).

        Args:
            variant: its position in the plan.
            points: those that the first replicate learns.
        """
        recipe = self.plan.variants[variant].recipe
        weights = self.plan.weights_of(self.array("start_weights"), variant, 0)
        return gradient_norms(recipe.split(weights), recipe.activations, points)


@dataclass(frozen=True)
class Sweep:
    """The outcome of a sweep.

    Args:
        variants: a row for each variant, in the order of the plan; its columns say what was changed,
            in Keras's spelling, such as `learning_rate`. Its index is the place of each in the plan.
        curves: for each of Keras's metric names the values, shape (variants, replicates, epochs).
        start: training loss before the first epoch, shape (variants, replicates).
        test: `test_loss` and `test_accuracy` after the last epoch, each of the same shape.
        epochs: that each variant was trained for, shape (variants,); beyond them a curve stays where it ended.
        constant: training loss of the constant answer, in nats.
        tried: all variants at all rates, where these are each at its best rate; None where nothing was tuned.
    """

    variants: pd.DataFrame
    curves: dict[str, np.ndarray]
    start: np.ndarray
    test: dict[str, np.ndarray]
    epochs: np.ndarray
    constant: float
    tried: "Sweep | None" = None

    @classmethod
    def of(cls, trained: Trained, constant: float) -> "Sweep":
        """Return the sweep that a stage has trained."""
        return cls(
            variants=pd.DataFrame([variant.changed for variant in trained.plan.variants]),
            curves={metric: trained.array(metric) for metric in METRICS},
            start=trained.array("start_loss"),
            test={metric: trained.array(metric) for metric in ("test_loss", "test_accuracy")},
            epochs=np.array([variant.recipe.epochs for variant in trained.plan.variants]),
            constant=constant,
        )

    @property
    def replicates(self) -> int:
        """Return the number of networks of each variant."""
        return self.start.shape[1]

    @property
    def final_val_loss(self) -> np.ndarray:
        """Return the validation loss after the last epoch, shape (variants, replicates)."""
        return self.curves["val_loss"][:, :, -1].astype(np.float64)

    @property
    def ranks(self) -> np.ndarray:
        """Return what variants are ranked by, the lower the better, shape (variants,): mean final validation loss."""
        mean = self.final_val_loss.mean(axis=1)
        return np.where(np.isfinite(mean), mean, np.inf)

    @property
    def best(self) -> int:
        """Return the position of the best variant; of equals the first."""
        return int(np.argmin(self.ranks))

    @property
    def diverged(self) -> np.ndarray:
        """Return which runs diverged, shape (variants, replicates)."""
        pairs = zip(self.curves["loss"], self.start, strict=True)
        return np.array([diverged(loss, start=start, constant=self.constant) for loss, start in pairs])

    @property
    def climbed(self) -> np.ndarray:
        """Return which runs had a training loss above that before the first epoch, shape (variants, replicates)."""
        with np.errstate(invalid="ignore"):
            fell = self.curves["loss"] <= self.start[:, :, np.newaxis] * (1 + RISE)
        return np.logical_not(np.all(fell, axis=2))  # a loss that is no number has not fallen

    @property
    def counts(self) -> dict[str, int]:
        """Return how many runs there are and how many of them diverged, for metrics/<stage>.json."""
        return {"diverged": int(self.diverged.sum()), "runs": self.start.size}

    @property
    def comparison(self) -> Comparison:
        """Return how the final validation loss of each variant compares to that of the best."""
        return self.compared_to(self.best)

    def compared_to(self, best: int) -> Comparison:
        """Return how the final validation loss of each variant compares to that of the one at a position."""
        if not self.tried:
            return compare_to_best(self.final_val_loss, best)
        losses = self.tried.final_val_loss
        chosen = np.array(self.tried.best_places)
        likely = [places[likely_best(losses[places])] for places in self.tried.places_of_variants]
        likely[best] = chosen[[best]]  # all others are compared with it as it stands
        return compare_to_best(losses, chosen[best]).at_rates(chosen, likely)

    @property
    def places_of_variants(self) -> list[np.ndarray]:
        """Return the positions of each variant at all its rates; a variant is what columns but `learning_rate` say."""
        others = [column for column in self.variants if column != "learning_rate"]
        number = self.variants.groupby(others, sort=False).ngroup().to_numpy()
        return [np.flatnonzero(number == variant) for variant in range(number.max() + 1)]

    @property
    def best_places(self) -> list[int]:
        """Return the position of each variant at its best rate; of equals the first."""
        return [int(places[self.ranks[places].argmin()]) for places in self.places_of_variants]

    def tuned(self) -> "Sweep":
        """Return the sweep with each variant at its best rate; without a rate beside other columns nothing is tuned."""
        if "learning_rate" not in self.variants or len(self.variants.columns) == 1:
            return self
        return replace(self.at(np.array(self.best_places)), tried=self)

    def at(self, positions: np.ndarray) -> "Sweep":
        """Return the sweep with the variants at some positions alone."""
        return replace(
            self,
            variants=self.variants.iloc[positions],
            curves={metric: values[positions] for metric, values in self.curves.items()},
            start=self.start[positions],
            test={metric: values[positions] for metric, values in self.test.items()},
            epochs=self.epochs[positions],
            tried=None,
        )

    def curve_table(self) -> pd.DataFrame:
        """Return mean, least and greatest over the replicates, one row per variant and epoch, thinned to 5,000 rows.

        Thinning keeps the first epoch and the last of each variant.
        """
        step = max(1, int(self.epochs.sum()) // MOST_ROWS)
        while sum(len(every(step, epochs)) for epochs in self.epochs) > MOST_ROWS and step < self.epochs.max():
            step += 1
        kept = [every(step, epochs) for epochs in self.epochs]
        rows = np.repeat(np.arange(len(kept)), [len(epochs) for epochs in kept])
        places = np.concatenate(kept)
        table = self.variants.iloc[rows].reset_index(drop=True)
        table["epoch"] = places + 1
        for metric in METRICS:
            values = self.curves[metric][rows, :, places].astype(np.float64)
            table[metric] = values.mean(axis=1)
            table[f"{metric}_min"] = values.min(axis=1)
            table[f"{metric}_max"] = values.max(axis=1)
        return table

    def variant_table(self) -> pd.DataFrame:
        """Return one row per variant: its figures after the last epoch, runs that diverged, and the comparison.

        `ratio` (with the ends of its 95 % interval), `p_value` and `same_as_best` compare the validation
        loss to that of the best variant; see stages/lib/analysis/statistics.py.
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

    def answer(self, grids: Ends, natural: Ends) -> dict[str, Any]:
        """Return the best variant and its figures, and after how many epochs of how many, as `SweepFigures` says.

        Args:
            grids: the values that were tried of what can have a better one beyond its ends.
            natural: ends beyond which there is nothing, such as 0 hidden layers; they are not told of.

        What was tried at one value has no ends, nor has what has no best: no variant is finite from every seed.
        """
        best = self.variants.to_dict("records")[self.best]
        figures = {metric: summary(self.curves[metric][self.best, :, -1]) for metric in ("val_loss", "val_accuracy")}
        figures |= {metric: summary(values[self.best]) for metric, values in self.test.items()}
        same = self.variants[self.comparison.same_as_best]
        ends = [
            name
            for name, grid in grids.items()
            if len(grid) > 1 and best[name] in {min(grid), max(grid)} and best[name] not in natural.get(name, ())
        ]
        edge = {"at_end_of_grid": ends if np.isfinite(self.ranks[self.best]) else []} if grids else {}
        return {
            "best": {**best, **figures, **edge, "diverged": self.diverged[self.best].sum()},
            "epochs": self.epochs[self.best],
            "same_as_best": same.to_dict("records") if len(same.columns) > 1 else same.iloc[:, 0].tolist(),
            "variants": len(self.variants),
        }


def best_row(variants: pd.DataFrame) -> dict[Any, Any] | None:
    """Return the row of the least mean validation loss of a table of variants; of equals the first; None of none."""
    finite = variants[variants["val_loss_mean"].notna()].sort_values("val_loss_mean", kind="stable")
    return finite.to_dict("records")[0] if len(finite) else None


def every(step: int, epochs: int) -> np.ndarray:
    """Return the places of every so many epochs, from the first one on, and of the last."""
    return np.unique(np.append(np.arange(0, epochs, step), epochs - 1))
