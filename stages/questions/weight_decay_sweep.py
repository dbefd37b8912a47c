"""Does weight decay help?

The baseline, with an L2 penalty on its kernels: what is minimised is the loss plus `l2` times the sum of their
squares, as Keras's `regularizers.L2` adds it. Under plain SGD that is weight decay: each update takes 2 * `l2` times
the learning rate of a weight away. The losses that are compared are without the penalty. AdamW's own decay is not
asked for, as it would change the optimizer with it.

Held fixed: the network, the optimizer (plain SGD), the batch size, the number of epochs.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from stages.lib.analysis.answers import code, number
from stages.lib.analysis.measures import kernel_norm
from stages.lib.analysis.page import Given, SweepPage
from stages.lib.analysis.statistics import rank_correlation
from stages.lib.analysis.sweep import Sweep, Trained
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
    reason_chart = "kernel_norm"

    def variants(self, asked: WeightDecaySweep, baseline: Recipe) -> Iterator[tuple[Changed, Recipe]]:
        """Yield each penalty at each rate; 0 is the baseline at that rate."""
        for l2 in asked.l2:
            for rate in asked.learning_rates:
                yield {"l2": l2, "learning_rate": rate}, replace(baseline, l2=l2, learning_rate=rate)

    def measured(self, tuned: Sweep, trained: Trained, given: Given) -> dict[str, np.ndarray]:
        """Return the norm of the kernels after the last epoch, of the first replicate."""
        plan = trained.plan
        networks = [plan.variants[place].recipe.split(trained.weights(place, 0)) for place in tuned.variants.index]
        return {"kernel_norm": np.array([kernel_norm(weights) for weights in networks])}

    def because(self, variants: pd.DataFrame, given: Given) -> str:
        """Return how much smaller the kernels become, where smaller ones go with more loss."""
        norm, loss = variants["kernel_norm"].to_numpy(), variants["val_loss_mean"].to_numpy()
        if not rank_correlation(variants["l2"].to_numpy(), norm) < 0 or not rank_correlation(norm, loss) < 0:
            return ""
        least, *_, most = variants.sort_values("l2").to_dict("records")
        return (
            "The larger the penalty, the smaller the kernels after the last epoch: their norm (the root of the sum of "
            f"squares) is {number(least['kernel_norm'])} at {code(least['l2'])} and {number(most['kernel_norm'])} at "
            f"{code(most['l2'])}, in the first replicate. A network of small kernels answers nearly the same to points "
            "that lie near each other, and so is unsure between two classes that do."
        )
