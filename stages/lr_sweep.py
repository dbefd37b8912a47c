"""Which learning rate?

The baseline, with another learning rate: from rates so small that nothing moves to rates so large
that nothing settles, each from the same seeds.

Held fixed: the network, the optimizer (plain SGD), the batch size, the number of epochs.
"""

from collections.abc import Iterator
from dataclasses import replace

from stages.lib.analysis.page import SweepPage
from stages.lib.core.plan import Changed, Recipe
from stages.params.lr_sweep import LrSweep


class Page(SweepPage):
    """Every rate from every seed."""

    order = 20
    reads = ("seed", "network", "training", "lr_sweep")
    command = "dvc exp run -S 'lr_sweep.learning_rates=[0.05,0.5,5.0]'"
    key = "learning_rate"
    title = "Best learning rate: {learning_rate:g}"

    def variants(self, asked: LrSweep, baseline: Recipe) -> Iterator[tuple[Changed, Recipe]]:
        """Yield the baseline at each rate."""
        for rate in asked.learning_rates:
            yield {"learning_rate": rate}, replace(baseline, learning_rate=rate)
