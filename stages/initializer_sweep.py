"""Which initial weights?

The baseline, with another kernel initializer, each at the same replicates. Constants (zeros, ones) give
all units of a layer the same weights and so the same gradient: they stay one unit for ever.

Held fixed: the network, the optimizer (plain SGD at `lr`), the batch size, the number of epochs.
"""

from collections.abc import Iterator
from dataclasses import replace

from stages.lib.analysis.page import SweepPage, initializer_of
from stages.lib.core.plan import Changed, Recipe
from stages.params.fields import label_of
from stages.params.initializer_sweep import InitializerSweep
from stages.params.network import INITIALIZERS


class Page(SweepPage):
    """Every initializer at every replicate."""

    order = 30
    reads = ("seed", "lr", "network", "training", "initializer_sweep")
    command = "dvc exp run -S initializer_sweep.replicates=20"
    key = "kernel_initializer"
    names = tuple(INITIALIZERS)
    title = "Best initializer: {kernel_initializer}"

    def variants(self, asked: InitializerSweep, baseline: Recipe) -> Iterator[tuple[Changed, Recipe]]:
        """Yield the baseline with each initializer."""
        for named in asked.kernel_initializers:
            yield {"kernel_initializer": label_of(named)}, replace(baseline, kernel_initializer=initializer_of(named))
