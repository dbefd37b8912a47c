"""How many layers, how wide, which activation?

The baseline with other hidden layers: from none, which draws a straight line, to several, all of
one width and with one activation. The rate that suits a network depends on its size, so each is
tuned over a small grid of learning rates and judged at its best.

Held fixed: the optimizer (plain SGD), the initializer, the batch size, the number of epochs (its own).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any, get_args

import numpy as np
import pandas as pd

from stages.lib.analysis.answers import all_worse, code, diverged, edge, figures, number, share, size
from stages.lib.analysis.figures import SweepFigures
from stages.lib.analysis.measures import dead_units
from stages.lib.analysis.page import Findings, Given, SweepPage
from stages.lib.analysis.sweep import Sweep, Trained, best_row
from stages.lib.core.plan import Changed, Recipe
from stages.lib.core.points import Points
from stages.lib.core.words import count
from stages.params.network import Activation
from stages.params.network_sweep import NetworkSweep

RELU = "relu"
VANISHED = 0.1  # a step of the first layer is then a tenth of one of the output layer, or less
MOST_LISTED = 6  # networks in a sentence; the table beside it has all


class Page(SweepPage):
    """Every size with every activation, at each rate."""

    order = 40
    task = 1
    reads = ("seed", "network", "training", "network_sweep")
    command = "dvc exp run -S 'network_sweep.widths=[4,32]'"
    key = "activation"
    names = get_args(Activation)
    natural = {"depth": {0}, "width": {1}}
    charts = ("map_of_sizes", "loss_by_size", "curves_of_best_sizes")

    def variants(self, asked: NetworkSweep, baseline: Recipe) -> Iterator[tuple[Changed, Recipe]]:
        """Yield each network at each rate; without hidden layers there is but one, and it is linear."""
        sized = [size for size in product(asked.activations, asked.depths, asked.widths) if size[1]]
        straight = [("linear", 0, 0)] if 0 in asked.depths else []
        for (activation, depth, width), rate in product([*straight, *sized], asked.learning_rates):
            recipe = replace(
                baseline,
                hidden_units=(width,) * depth,
                activation=activation,
                learning_rate=rate,
                epochs=asked.epochs,
            )
            shape: Changed = {"activation": activation, "depth": depth, "width": width}
            yield shape | {"parameters": recipe.parameters, "learning_rate": rate}, recipe

    def measured(self, tuned: Sweep, trained: Trained, given: Given) -> dict[str, np.ndarray]:
        """Return how much of the gradient reaches the first layer at the start, and the share of dead ReLU units."""
        places = tuned.variants.index
        return {
            "first_gradient": np.array(
                [first_gradient(trained.start_gradients(place, given.points)) for place in places]
            ),
            "dead_share": np.array([dead_share(trained, place, given.points) for place in places]),
        }

    def reasons(self, variants: pd.DataFrame, given: Given) -> dict[str, str]:
        """Return in which activations the first layer gets hardly any gradient, and how many ReLU units are dead."""
        return {"first_gradient": vanishing(variants), "dead_units": dying(variants)}

    def called(self, changed: Changed) -> str:
        """Return the size and the activation of a network."""
        if not changed["depth"]:
            return "no hidden layer"
        return f"{changed['depth']} x {changed['width']} {changed['activation']}"

    def titled(self, changed: Changed) -> str:
        """Return the title of the best network's picture."""
        units = {0: "", 1: " unit"}.get(int(changed["width"]), " units")
        return f"Best size: {self.called(changed)}{units}"

    def grids(self, tried: pd.DataFrame, best: pd.Series) -> dict[str, Collection[float]]:
        """Return the depths, the widths of networks that have any layers, and the rates."""
        widths = set(tried[tried["depth"] > 0]["width"])
        return {"depth": set(tried["depth"]), "width": widths} | super().grids(tried, best)

    def columns(self, variants: pd.DataFrame) -> tuple[str, ...]:
        """Return what names a network in the report's table."""
        return ("activation", "depth", "width", "parameters", "learning_rate")

    def answer(self, found: SweepFigures, findings: Findings) -> str:
        """Return which size and activation does best, those that are not significantly worse, and what a line gets."""
        best, variants, rates = found.best.changed, findings.tables["variants"], findings.tried["learning_rate"]
        same = [variant for variant in found.same_as_best if isinstance(variant, dict)]
        if found.best.val_loss.mean is None:
            return f"No network ends with a finite loss at every replicate.{diverged(found)}"
        by_activation = [
            f"{code(row['activation'])} {number(row['val_loss_mean'])} ({size(row)})"
            for row in variants.sort_values("val_loss_mean").drop_duplicates("activation").to_dict("records")
            if row["depth"]
        ]
        ranked = f" Least mean validation loss by activation: {', '.join(by_activation)}." if by_activation else ""
        straight = variants[variants["depth"] == 0]["val_accuracy_mean"]
        without = "A straight line" if findings.data.in_the_plane else "A network without hidden layers"
        line = f" {without} gets {share(straight.iloc[0])} right." if len(straight) else ""
        return (
            f"{size(best).capitalize()} {units(best)} ({best['parameters']} parameters) at a learning rate of "
            f"{code(best['learning_rate'])} {figures(found, len(same) - 1)}{tied(same, len(variants))}{ranked}"
            f"{line}{edge(found.best)}{at_ends(variants, rates)}{diverged(found)}"
        )


def tied(same: list[dict[str, Any]], variants: int) -> str:
    """Return in a sentence how many of so many networks are not significantly worse, the best among them."""
    if len(same) == 1:
        return all_worse(variants)
    listed = ", ".join(f"{size(variant)} {code(variant['activation'])}" for variant in same)
    smallest = min(same, key=lambda variant: variant["parameters"])
    return (
        f" Of {count(variants, 'network')} {len(same)}, with the best, are not significantly worse (5 %), the smallest "
        f"of them {size(smallest)} {units(smallest)} ({smallest['parameters']} parameters)"
        f"{f': {listed}' if len(same) <= MOST_LISTED else ''}."
    )


def at_ends(variants: pd.DataFrame, rates: pd.Series) -> str:
    """Return in a sentence how many networks do best at an end of the grid of rates, if it has two."""
    finite = variants[variants["val_loss_mean"].notna() & (rates.nunique() > 1)]
    ends = int(finite["learning_rate"].isin([rates.min(), rates.max()]).sum())
    do = "do" if ends > 1 else "does"
    return f" {ends} of the networks {do} best at an end of the grid of rates." if ends else ""


def units(variant: Mapping[Any, Any]) -> str:
    """Return what the units of a network are called."""
    return f"{code(variant['activation'])} {'unit' if variant['width'] == 1 else 'units'}"


def vanishing(variants: pd.DataFrame) -> str:
    """Return in which activations the first of many layers gets hardly any gradient, where fewer layers do better.

    The activation that does best is left out: the others are told of, and why they do worse.
    """
    best, depths = best_row(variants), sorted(set(variants["depth"]) - {0})
    if not best or len(depths) < 2:
        return ""
    least, most = depths[0], depths[-1]
    reached = variants.groupby(["activation", "depth"])["first_gradient"].median().unstack()
    loss = variants.groupby(["activation", "depth"])["val_loss_mean"].min().unstack()
    faint = (reached[most] > 0) & (reached[most] <= VANISHED) & (reached[most] < reached[least])
    lost = reached[faint & (loss[most] > loss[depths[:-1]].min(axis=1))].drop(best["activation"], errors="ignore")
    if lost.empty:
        return ""
    names = " and ".join(map(code, lost.index))
    layers = count(least, "hidden layer")
    said = "; ".join(
        f"{number(row[most])} with {code(name)} ({number(row[least])} with {layers})" for name, row in lost.iterrows()
    )
    passed = reached[most][best["activation"]]
    against = f"; {number(passed)} with {code(best['activation'])}, which does best" if passed > VANISHED else ""
    return (
        f"With {names}, {most} hidden layers do worse than fewer, and before the first epoch the first of them gets "
        f"hardly any gradient. The norm of its kernel's gradient, over that of the output layer's, is {said}{against} "
        "(medians over the widths, first replicate)."
    )


def dying(variants: pd.DataFrame) -> str:
    """Return how many ReLU units are dead, where another activation does best, and whether depth adds to them."""
    relu, best = variants[variants["dead_share"].notna()], best_row(variants)
    if not best or best["activation"] == RELU or not relu["dead_share"].any():
        return ""
    units = relu["depth"] * relu["width"]
    counts = pd.DataFrame({"units": units, "dead": units * relu["dead_share"]})
    by_depth = counts.groupby(relu["depth"]).sum()
    shares = by_depth["dead"] / by_depth["units"]
    deeper = ""
    if shares.iloc[-1] > shares.iloc[0]:
        first, last = count(int(shares.index[0]), "hidden layer"), shares.index[-1]
        deeper = f" They are {share(shares.iloc[0])} with {first}, {share(shares.iloc[-1])} with {last}."
    return (
        f"With {code(RELU)}, {share(counts['dead'].sum() / counts['units'].sum())} of all hidden units answer 0 to "
        "every training point after the last epoch (first replicate of each size), so that no gradient reaches "
        f"them any more.{deeper}"
    )


def first_gradient(norms: np.ndarray) -> float:
    """Return the norm of the first kernel's gradient over that of the output layer's; NaN of one layer."""
    return float(norms[0] / norms[-1]) if len(norms) > 1 and norms[-1] else np.nan


def dead_share(trained: Trained, place: int, points: Points) -> float:
    """Return the share of hidden units of a first replicate that are dead; NaN where they are not all ReLU's."""
    recipe = trained.plan.variants[place].recipe
    if set(recipe.activations) != {RELU}:
        return float("nan")
    return dead_units(recipe.split(trained.weights(place, 0)), points) / sum(recipe.hidden_units)
