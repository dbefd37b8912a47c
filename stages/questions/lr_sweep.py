"""Which learning rate?

The baseline, with another learning rate: from rates so small that nothing moves to rates so large
that nothing settles, each at the same replicates. A rate that wins may be only the fastest, so all are
trained for other numbers of epochs too: for many times as many, and judged after a part of them.

Held fixed: the network, the optimizer (plain SGD), the batch size, the number of epochs.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from stages.lib.analysis import answers
from stages.lib.analysis.answers import code
from stages.lib.analysis.figures import Count, Figures, SweepFigures, Value
from stages.lib.analysis.page import Findings, Given, SweepPage
from stages.lib.analysis.sweep import Sweep, Trained, best_row
from stages.lib.core.plan import Changed, Recipe
from stages.lib.core.words import count
from stages.params.lr_sweep import LrSweep

HALF = 0.5  # of the runs of a rate, and of the training loss before the first epoch


class Budget(Figures):
    """After another number of epochs: the best rate, and all that are not significantly worse; none is finite: null."""

    epochs: Count
    learning_rate: Value | None
    same_as_best: list[Value]


class LrFigures(SweepFigures):
    """A sweep, and which rates do best after other numbers of epochs."""

    budgets: list[Budget] = []


class Page(SweepPage):
    """Every rate at every replicate."""

    order = 20
    task = 2
    reads = ("seed", "network", "training", "lr_sweep")
    command = "dvc exp run -S 'lr_sweep.learning_rates=[0.05,0.5,5.0]'"
    figures = LrFigures
    key = "learning_rate"
    title = "Best learning rate: {learning_rate:g}"
    reason_chart = "too_long_or_short"

    def variants(self, asked: LrSweep, baseline: Recipe) -> Iterator[tuple[Changed, Recipe]]:
        """Yield the baseline at each rate; then again with more epochs, where they are asked for."""
        for times in dict.fromkeys((1, asked.budget)):
            for rate in asked.learning_rates:
                yield {"learning_rate": rate}, replace(baseline, learning_rate=rate, epochs=times * baseline.epochs)

    def ranked(self, whole: Sweep) -> Sweep:
        """Return the rates with the epochs of the baseline."""
        return whole.at(np.flatnonzero(whole.epochs == whole.epochs.min()))

    def more(self, whole: Sweep, tuned: Sweep, given: Given) -> dict[str, Any]:
        """Return the best rates after a part of the epochs, and after many times as many."""
        least, most = int(whole.epochs.min()), int(whole.epochs.max())
        longest = whole.at(np.flatnonzero(whole.epochs == most))
        others = [epochs for epochs in (least * least // most, most) if epochs not in (0, least)]
        return {"budgets": [budget(longest, number) for number in others]}

    def measured(self, tuned: Sweep, trained: Trained, given: Given) -> dict[str, np.ndarray]:
        """Return the shares of runs whose training loss climbs above its start, and of those that keep half of it."""
        kept = tuned.curves["loss"][:, :, -1] > HALF * tuned.start
        return {"climbed": tuned.climbed.mean(axis=1), "lingered": (kept & ~tuned.climbed).mean(axis=1)}

    def because(self, variants: pd.DataFrame, given: Given) -> str:
        """Return from which rate on most runs climb, and up to which they have no time to go down."""
        by_rate = variants.sort_values("learning_rate")
        rates, best = by_rate["learning_rate"].to_numpy(), best_row(variants)
        climbs, lingers = (by_rate[name].to_numpy() > HALF for name in ("climbed", "lingered"))
        climb = rates[::-1][np.logical_and.accumulate(climbs[::-1])]  # this one and all that are greater
        slow = rates[np.logical_and.accumulate(lingers)]
        parts = []
        if best and len(climb) and climb.min() > best["learning_rate"]:
            parts.append(
                f"From {code(climb.min())} on, the training loss of most runs climbs above where it began: their steps "
                "are too long to follow the gradient."
            )
        if best and len(slow) and slow.max() < best["learning_rate"]:
            parts.append(
                f"Up to {code(slow.max())}, most runs have lost less than half of their first training loss when the "
                "epochs are over: their steps are too short to get there."
            )
        return " ".join(parts)

    def answer(self, found: LrFigures, findings: Findings) -> str:
        """Return which rate does best, and whether it does after other numbers of epochs."""
        return answers.sweep(found, self.key) + "".join(after(found, other) for other in found.budgets)


def budget(sweep: Sweep, epochs: int) -> dict[str, Any]:
    """Return which rates do best after a number of epochs, for metrics/lr_sweep.json."""
    cut = replace(sweep, curves={name: values[:, :, :epochs] for name, values in sweep.curves.items()})
    rates = cut.variants["learning_rate"].to_numpy()
    finite = bool(np.isfinite(cut.ranks[cut.best]))
    return {
        "epochs": epochs,
        "learning_rate": rates[cut.best] if finite else None,
        "same_as_best": rates[cut.comparison.same_as_best].tolist() if finite else [],
    }


def after(found: LrFigures, other: Budget) -> str:
    """Return in a sentence whether the best rate is the best after another number of epochs, too."""
    stated = found.best.changed["learning_rate"]
    if other.learning_rate is None or found.best.val_loss.mean is None:
        return ""
    if other.learning_rate == stated:
        which = "it does best, too"
    else:
        worse = "not significantly worse" if stated in other.same_as_best else "significantly worse"
        which = f"{code(other.learning_rate)} does best, and {code(stated)} is {worse}"
    return f" After {count(other.epochs, 'epoch', ',')} {which}."
