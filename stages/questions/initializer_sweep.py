"""Which initial weights?

The baseline, with another kernel initializer, each at the same replicates. Constants (zeros, ones) give
all units of a layer the same weights and so the same gradient: they stay one unit for ever.

Held fixed: the network, the optimizer (plain SGD at `lr`), the batch size, the number of epochs.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from stages.lib.analysis.answers import code, number
from stages.lib.analysis.page import Given, SweepPage, initializer_of
from stages.lib.analysis.sweep import Sweep, Trained, best_row
from stages.lib.core.plan import Changed, Recipe
from stages.params.fields import label_of
from stages.params.initializer_sweep import InitializerSweep
from stages.params.network import INITIALIZERS

FAINT = 0.1  # of the gradient of the best: a step of plain SGD is then a tenth of the best's, or less


class Page(SweepPage):
    """Every initializer at every replicate."""

    order = 30
    task = 3
    reads = ("seed", "lr", "network", "training", "initializer_sweep")
    command = "dvc exp run -S initializer_sweep.replicates=40"
    key = "kernel_initializer"
    names = tuple(INITIALIZERS)
    title = "Best initializer: {kernel_initializer}"

    def measured(self, tuned: Sweep, trained: Trained, given: Given) -> dict[str, np.ndarray]:
        """Return how many units of the first layer differ at the end, and the norm of the gradient at the start."""
        places = tuned.variants.index
        return {
            "distinct_units": np.array([distinct_units(trained, place) for place in places], float),
            "start_gradient": np.array(
                [np.linalg.norm(trained.start_gradients(place, given.points)) for place in places]
            ),
        }

    def reasons(self, variants: pd.DataFrame, given: Given) -> dict[str, str]:
        """Return with which initializers units have stayed alike, and with which the first gradient is small."""
        return {"distinct_units": alike(variants), "start_gradient": faint(variants)}

    def variants(self, asked: InitializerSweep, baseline: Recipe) -> Iterator[tuple[Changed, Recipe]]:
        """Yield the baseline with each initializer."""
        for named in asked.kernel_initializers:
            yield {"kernel_initializer": label_of(named)}, replace(baseline, kernel_initializer=initializer_of(named))


def alike(variants: pd.DataFrame) -> str:
    """Return with which initializers the units of the first layer have stayed alike, where they have."""
    names = [code(name) for name in variants["kernel_initializer"][variants["distinct_units"] == 1]]
    if not names:
        return ""
    return (
        f"With {' and '.join(names)} all units of the first layer are still the same after the last epoch, to the "
        "bit (first replicate): they began alike and got the same gradients, so that they act as one unit."
    )


def faint(variants: pd.DataFrame) -> str:
    """Return with which others that are significantly worse the gradient at the start is far less than the best's."""
    best = best_row(variants)
    if not best:
        return ""
    worse = variants[(variants["same_as_best"] == 0) & (variants["distinct_units"] != 1)]
    few = worse[(worse["start_gradient"] > 0) & (worse["start_gradient"] <= FAINT * best["start_gradient"])]
    if few.empty:
        return ""
    said = " and ".join(
        f"{number(row['start_gradient'])} with {code(row['kernel_initializer'])}" for _, row in few.iterrows()
    )
    return (
        f"Before the first epoch, the norm of the gradient is {said}, but {number(best['start_gradient'])} with "
        f"{code(best['kernel_initializer'])}, which does best (first replicate)."
    )


def distinct_units(trained: Trained, place: int) -> float:
    """Return how many units of the first hidden layer of a first replicate differ; NaN where it has fewer than two."""
    recipe = trained.plan.variants[place].recipe
    if max(recipe.hidden_units[:1], default=0) < 2:
        return np.nan
    kernel, bias, *_ = recipe.split(trained.weights(place, 0))
    return len(np.unique(np.vstack([kernel, bias]), axis=1).T)
