"""Which initial weights?

The baseline, with another kernel initializer, each at the same replicates. Constants (zeros, ones) give
all units of a layer the same weights and so the same gradient: they stay one unit for ever.

Held fixed: the network, the optimizer (plain SGD at `lr`), the batch size, the number of epochs.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from stages.lib.analysis.answers import code
from stages.lib.analysis.page import SweepPage, initializer_of
from stages.lib.analysis.sweep import Sweep, Trained
from stages.lib.core.plan import Changed, Recipe
from stages.lib.core.points import Description
from stages.params.fields import label_of
from stages.params.initializer_sweep import InitializerSweep
from stages.params.network import INITIALIZERS


class Page(SweepPage):
    """Every initializer at every replicate."""

    order = 30
    task = 3
    reads = ("seed", "lr", "network", "training", "initializer_sweep")
    command = "dvc exp run -S initializer_sweep.replicates=20"
    key = "kernel_initializer"
    names = tuple(INITIALIZERS)
    title = "Best initializer: {kernel_initializer}"

    def because(self, sweep: Sweep, tuned: Sweep, trained: Trained, data: Description) -> str:
        """Return with which initializers the units of the first layer have stayed alike, where they have."""
        alike, units = [], 0
        for place, variant in enumerate(trained.plan.variants):
            kernel, bias, *_ = variant.recipe.split(trained.weights(place, 0))
            found = len(np.unique(np.vstack([kernel, bias]), axis=1).T)
            if variant.recipe.hidden_units and found == 1 < kernel.shape[1]:
                alike.append(code(variant.changed["kernel_initializer"]))
                units = kernel.shape[1]
        if not alike:
            return ""
        return (
            f"With {' and '.join(alike)} all {units} units of the first layer are still the same after the last epoch, "
            "to the bit (first replicate): they began alike and got the same gradients, so that they act as one unit."
        )

    def variants(self, asked: InitializerSweep, baseline: Recipe) -> Iterator[tuple[Changed, Recipe]]:
        """Yield the baseline with each initializer."""
        for named in asked.kernel_initializers:
            yield {"kernel_initializer": label_of(named)}, replace(baseline, kernel_initializer=initializer_of(named))
