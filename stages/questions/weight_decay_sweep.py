"""Does weight decay help?

The baseline, with an L2 penalty on its kernels: what is minimised is the loss plus `l2` times the sum of their
squares, as Keras's `regularizers.L2` adds it. Under plain SGD that is weight decay: each update takes 2 * `l2` times
the learning rate of a weight away. The losses that are compared are without the penalty. AdamW's own decay is not
asked for, as it would change the optimizer with it.

Held fixed: the network, the optimizer (plain SGD), the batch size, the number of epochs.
"""

from collections.abc import Iterator
from dataclasses import replace

from stages.lib.analysis.page import SweepPage
from stages.lib.core.plan import Changed, Recipe
from stages.params.weight_decay_sweep import WeightDecaySweep


class Page(SweepPage):
    """Every penalty at each rate."""

    order = 70
    reads = ("seed", "network", "training", "weight_decay_sweep")
    command = "dvc exp run -S 'weight_decay_sweep.l2=[0.0,0.0001]'"
    key = "l2"
    title = "Best weight decay: {l2:g}"
    natural = {"l2": {0}}

    def variants(self, asked: WeightDecaySweep, baseline: Recipe) -> Iterator[tuple[Changed, Recipe]]:
        """Yield each penalty at each rate; 0 is the baseline at that rate."""
        for l2 in asked.l2:
            for rate in asked.learning_rates:
                yield {"l2": l2, "learning_rate": rate}, replace(baseline, l2=l2, learning_rate=rate)
