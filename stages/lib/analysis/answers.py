"""Sentences that the answers of several pages share, made from their figures.

They are Markdown: a name stands between backticks, and nothing else is marked up.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

from stages.lib.analysis.figures import Best, SweepFigures, Value
from stages.lib.analysis.statistics import interval_of_mean
from stages.lib.analysis.sweep import best_row
from stages.lib.core.words import count

FEW = 0.99  # of the points right
BY_HEART = 2.0  # times the training loss


def sweep(found: SweepFigures, key: str) -> str:
    """Return which variant of a sweep does best, how surely, and which others are not significantly worse.

    Args:
        found: the figures of the stage.
        key: what names a variant, in Keras's spelling.
    """
    best = found.best.changed
    if found.best.val_loss.mean is None:
        return f"No {key.replace('_', ' ')} ends with a finite loss at every replicate.{diverged(found)}"
    tuned = key != "learning_rate" and "learning_rate" in best
    rate = f" at a learning rate of {code(best['learning_rate'])}" if tuned else ""
    others = [code(other) for other in names(found.same_as_best, key) if other != best[key]]
    what = f"{key.replace('_', ' ').capitalize()} " if key != "value" else ""
    tied = f" Not significantly worse (5 %): {', '.join(others)}." if others else all_worse(found.variants)
    return f"{what}{code(best[key])}{rate} {figures(found, len(others))}{tied}{edge(found.best)}{diverged(found)}"


def all_worse(variants: int) -> str:
    """Return that the best of so many variants is better than all others."""
    alone = {1: "", 2: " The other is significantly worse (5 %)."}
    return alone.get(variants, " All others are significantly worse (5 %).")


def names(same_as_best: list[Value | dict[str, Value]], key: str) -> list[Value]:
    """Return the names of variants that are given by their name or by all that was changed."""
    return [variant[key] if isinstance(variant, dict) else variant for variant in same_as_best]


def figures(found: SweepFigures, others: int) -> str:
    """Return how the best variant does on the test points, which did not choose it: first in plain words.

    Args:
        found: the figures of the stage.
        others: how many others are not significantly worse.
    """
    loss, accuracy = found.best.test_loss, found.best.test_accuracy
    shared = f", and {count(others, 'other')} not significantly worse" if others else ""
    interval = ""
    if loss.n > 1 and loss.mean is not None and loss.std is not None:
        low, high = interval_of_mean(loss.mean, loss.std, loss.n)
        interval = f", 95 % interval {number(max(low, 0.0))} to {number(high)}"  # no loss is below 0
    return (
        f"does best{shared}: after "
        f"{count(found.epochs, 'epoch')} it gets {share(accuracy.mean)} of new points right{wrong(accuracy.mean)}. Its "
        f"loss on these test points, which were not used for choosing, is {number(loss.mean)} nats{interval} "
        f"({count(loss.n, 'replicate')})."
    )


def wrong(accuracy: float | None) -> str:
    """Return how many points of 1,000 are wrong where they are so few that per cent say little."""
    return f" ({number(1000 * (1 - accuracy))} of 1,000 wrong)" if accuracy is not None and accuracy >= FEW else ""


def edge(best: Best) -> str:
    """Return what of the best variant stands at an end of what was tried."""
    ends = [f"its {name.replace('_', ' ')}" for name in best.at_end_of_grid]
    if not ends:
        return ""
    stand = "stands" if len(ends) == 1 else "stand"
    return f" {' and '.join(ends).capitalize()} {stand} at an end of what was tried, so a better one may lie beyond."


def diverged(found: SweepFigures) -> str:
    """Return how many runs diverged."""
    return f" Of {count(found.runs, 'run')} {found.diverged} diverged."


def learned_less(variants: pd.DataFrame) -> str:
    """Return whether the variants that are significantly worse have learned less, or by heart; nothing of a mixture.

    Less is learned where the training loss is greater than that of the best; by heart, where the validation loss is
    more than `BY_HEART` times the training loss. A training loss is Keras's mean over the last epoch.
    """
    best, losses = best_row(variants), variants.loc[variants["same_as_best"] == 0, ["loss_mean", "val_loss_mean"]]
    if not best or losses.empty or not np.isfinite(losses).all(axis=None):
        return ""
    less, heart = losses["loss_mean"] > best["loss_mean"], losses["val_loss_mean"] > BY_HEART * losses["loss_mean"]
    if less.all():
        by_heart = int(heart.sum())
        too = (
            f" For {by_heart} of these variants, the loss on new points is more than twice that on learned points."
            if by_heart
            else ""
        )
        return (
            "What is significantly worse has a greater loss on the points that it learned from, too: by the last epoch "
            f"it has learned less.{too}"
        )
    if heart.all() and not less.any():
        return (
            "What is significantly worse has no greater loss than the best on the points that it learned from, but "
            "more than twice that loss on new points, as if learned by heart."
        )
    return ""


def size(variant: Mapping[Any, Any]) -> str:
    """Return the size of a network in words."""
    return f"{count(variant['depth'], 'layer')} of {variant['width']}" if variant["depth"] else "no layers of"


def code(value: Any) -> str:
    """Return a value as Markdown code; a backtick or line break in it could end the code, so it has none."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"`{' '.join(text.replace('`', chr(39)).split())}`"


def number(value: float | None, digits: int = 2) -> str:
    """Return a number with so many significant digits; a run that diverged may have none."""
    return "not a number" if value is None or not isfinite(value) else f"{value:.{digits}g}"


def share(value: float | None, digits: int = 2) -> str:
    """Return a share as per cent, with so many digits after the point."""
    return "no known share" if value is None or not isfinite(value) else f"{value:.{digits}%}"
