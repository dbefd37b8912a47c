"""How much momentum?

The baseline, with momentum: an update is the gradient's step plus `momentum` times the update before. A steady
gradient is followed 1 / (1 - `momentum`) times as fast, so each momentum is tuned over the same learning rates.

Held fixed: the network, the optimizer (SGD), the batch size, the number of epochs.
"""

from collections.abc import Iterator
from dataclasses import replace

from stages.lib.analysis.page import SGD, SweepPage
from stages.lib.core.plan import Changed, Optimizer, Recipe
from stages.params.momentum_sweep import MomentumSweep


class Page(SweepPage):
    """Every momentum at each rate."""

    order = 80
    task = 2
    reads = ("seed", "network", "training", "momentum_sweep")
    command = "dvc exp run -S 'momentum_sweep.momentum=[0.0,0.95]'"
    key = "momentum"
    title = "Best momentum: {momentum:g}"
    natural = {"momentum": {0}}

    def variants(self, asked: MomentumSweep, baseline: Recipe) -> Iterator[tuple[Changed, Recipe]]:
        """Yield each momentum at each rate; 0 is plain SGD, as the baseline has it."""
        for momentum in asked.momentum:
            optimizer = Optimizer("sgd", {"momentum": momentum}) if momentum else SGD
            for rate in asked.learning_rates:
                recipe = replace(baseline, optimizer=optimizer, learning_rate=rate)
                yield {"momentum": momentum, "learning_rate": rate}, recipe
