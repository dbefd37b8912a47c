"""Which optimizer?

The baseline, with another optimizer. An untuned comparison proves nothing (Choi et al. 2019,
arXiv 1910.05446), so each optimizer is tuned over a grid of learning rates of its own, all grids of
one length, and judged at its best rate. How much its result depends on that rate is shown beside.

Held fixed: the network, the batch size, the number of epochs, all other settings of an optimizer.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from stages.lib.analysis import answers
from stages.lib.analysis.answers import code, number
from stages.lib.analysis.figures import Figure, Figures, Share, SweepFigures
from stages.lib.analysis.page import Findings, Given, SweepPage
from stages.lib.analysis.sweep import Sweep, Trained, best_row
from stages.lib.core.plan import Changed, Optimizer, Recipe
from stages.lib.core.words import count
from stages.params.fields import arguments_of, name_of
from stages.params.optimizer_sweep import OptimizerSweep

PLAIN = "sgd"
SOON = 0.5  # of the epochs


class Momentum(Figures):
    """What momentum does for SGD: the loss without it over that with the best of it, each at its best rate.

    The interval and p are those of all rates that may be the best of plain SGD.
    """

    optimizer: str
    ratio: Figure
    low: Figure
    high: Figure
    p_value: Share


class OptimizerFigures(SweepFigures):
    """A sweep, and the gain of momentum, where both were asked for."""

    momentum: Momentum | None = None


class Page(SweepPage):
    """Every optimizer at each rate of its own grid."""

    order = 60
    task = 2
    reads = ("seed", "network", "training", "optimizer_sweep")
    command = "dvc exp run -S optimizer_sweep.replicates=40"
    figures = OptimizerFigures
    key = "optimizer"
    # Those of the study, in the order of their colours; a user's own come after them.
    names = (
        "adadelta",
        "adagrad",
        "adam",
        "adamax",
        "adamw",
        "lion",
        "momentum_0.5",
        "momentum_0.9",
        "momentum_0.99",
        "nadam",
        "nesterov_0.9",
        "rmsprop",
        "sgd",
    )
    title = "Best optimizer: {optimizer}"
    charts = ("rates", "variants", "curves")
    reason_chart = "epochs_to_sgd"

    def variants(self, asked: OptimizerSweep, baseline: Recipe) -> Iterator[tuple[Changed, Recipe]]:
        """Yield each optimizer at each of its rates."""
        for entry in asked.optimizers:
            optimizer = Optimizer(name_of(entry.optimizer), arguments_of(entry.optimizer))
            for rate in entry.learning_rates:
                recipe = replace(baseline, optimizer=optimizer, learning_rate=rate)
                yield {"optimizer": entry.name, "learning_rate": rate}, recipe

    def tables(self, sweep: Sweep, tuned: Sweep, given: Given) -> dict[str, pd.DataFrame]:
        """Return each optimizer at each rate."""
        return {"rates": sweep.variant_table()}

    def measured(self, tuned: Sweep, trained: Trained, given: Given) -> dict[str, np.ndarray]:
        """Return after how many epochs the mean validation loss is first as low as plain SGD's after the last one."""
        names, loss = tuned.variants[self.key].tolist(), tuned.curves["val_loss"].mean(axis=1)
        if PLAIN not in names:
            return {"epochs_to_sgd": np.full(len(names), np.nan)}
        there = loss <= loss[names.index(PLAIN), -1]
        return {"epochs_to_sgd": np.where(there.any(axis=1), there.argmax(axis=1) + 1.0, np.nan)}

    def because(self, variants: pd.DataFrame, given: Given) -> str:
        """Return how much sooner the best has what plain SGD ends with, where it takes half of the epochs or fewer."""
        best = best_row(variants)
        if not best or best[self.key] == PLAIN or not best["epochs_to_sgd"] <= SOON * given.rule.epochs:
            return ""
        return (
            f"{code(best[self.key])} is faster: it needs {count(int(best['epochs_to_sgd']), 'epoch')} of "
            f"{given.rule.epochs} to the validation loss with which plain SGD ends at its own best rate."
        )

    def more(self, whole: Sweep, tuned: Sweep, given: Given) -> dict[str, Any]:
        """Return the gain of momentum."""
        return momentum(tuned)

    def answer(self, found: OptimizerFigures, findings: Findings) -> str:
        """Return which does best at its own best rate, what momentum does for SGD, and how Adam compares."""
        losses = findings.tables["variants"].set_index("optimizer")["val_loss_mean"]
        shown = [f"{code(name)} {number(losses[name])}" for name in ("sgd", "adam") if name in losses]
        compared = f" Mean validation loss at the best rate of each: {', '.join(shown)}." if shown else ""
        return f"{answers.sweep(found, self.key)}{gain_of(found.momentum)}{compared}"


def momentum(tuned: Sweep) -> dict[str, Any]:
    """Return the gain of momentum for `metrics/optimizer_sweep.json`, empty where either was not asked for.

    The ratio is a geometric mean over the replicates, with its 95 % t interval and the two-sided p value of the
    paired test, both corrected for all pairs of candidates; see stages/lib/analysis/statistics.py.
    """
    names = tuned.variants["optimizer"].tolist()
    with_it = [position for position, name in enumerate(names) if name.startswith(("momentum", "nesterov"))]
    if not with_it or PLAIN not in names:
        return {}
    best = min(with_it, key=lambda position: tuned.ranks[position])
    found, plain = tuned.compared_to(best), names.index(PLAIN)
    figures = {name: getattr(found, name)[plain] for name in ("ratio", "low", "high", "p_value")}
    return {"momentum": {"optimizer": names[best], **figures}}


def gain_of(momentum: Momentum | None) -> str:
    """Return the gain of momentum in a sentence, or nothing where it is not known."""
    if momentum is None or momentum.ratio is None:
        return ""
    interval = ""
    if momentum.low is not None:
        interval = f"95 % interval {number(momentum.low)} to {number(momentum.high)}, "
    return (
        f" Without momentum SGD ends with {number(momentum.ratio)} times the loss of the best with it, "
        f"{code(momentum.optimizer)} ({interval}p {number(momentum.p_value, 1)}; corrected for all pairs of "
        "optimizers and rates)."
    )
