"""The answers of the study, each a sentence or two made from the metrics of its stage.

They are Markdown: a name stands between backticks, and nothing else is marked up.
"""

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

import pandas as pd

from stages.lib.statistics import interval_of_mean, interval_of_share

MOST_LISTED = 6  # variants in a sentence; the table beside it has all


def baseline(found: dict[str, Any]) -> str:
    """Returns how well the baseline does, test points included, and since when its loss has settled."""
    settled, rule = found["plateau"]["epoch"], found["plateau"]
    span, gain = f"{rule['patience']} epochs", f"{rule['min_delta']:g}"
    when = f"settled at epoch {settled}: the next {span} gain less than {gain}" if settled else "not settled yet"
    shares = [f"{found[part]['accuracy']:.2%} of the {part} points" for part in ("validation", "test")]
    return (
        f"{_verdict(found)}: the baseline ({found['parameters']} parameters, {found['epochs']} epochs, one seed) gets "
        f"{found['train']['accuracy']:.2%} of the training points, {' and '.join(shares)} right. Its loss has "
        f"{when}."
    )


def sweep(found: dict[str, Any], key: str) -> str:
    """Returns which variant of a sweep does best, how surely, and which others can't be told from it.

    Args:
        found: the metrics of the stage.
        key: what names a variant, in Keras's spelling.
    """
    best = found["best"]
    if best["val_loss"]["mean"] is None:
        return f"No {key.replace('_', ' ')} ends with a finite loss from every seed.{_diverged(found)}"
    tuned = key != "learning_rate" and "learning_rate" in best
    rate = f" at a learning rate of {code(best['learning_rate'])}" if tuned else ""
    others = [code(other) for other in names(found["same_as_best"], key) if other != best[key]]
    tied = " All others are worse at 5 %." if found["variants"] > 1 else ""
    if others:
        tied = f" Not to be told from it at 5 %: {', '.join(others)}."
    return f"{code(best[key])}{rate} {_figures(found)}{tied}{_edge(best)}{_diverged(found)}"


def names(same_as_best: list[Any], key: str) -> list[Any]:
    """Returns the names of variants that are given by their name or by all that was changed."""
    return [variant[key] if isinstance(variant, dict) else variant for variant in same_as_best]


def network_sweep(found: dict[str, Any], variants: pd.DataFrame, rates: Sequence[float]) -> str:
    """Returns which size and activation does best, those that can't be told from it, and what a line gets.

    Args:
        found: the metrics of the stage.
        variants: a row for each size and activation at its best learning rate.
        rates: the learning rates over which each was tuned.
    """
    best, same = found["best"], found["same_as_best"]
    if best["val_loss"]["mean"] is None:
        return f"No network ends with a finite loss from every seed.{_diverged(found)}"
    smallest = min(same, key=lambda variant: variant["parameters"])
    by_activation = [
        f"{code(row['activation'])} {number(row['val_loss_mean'])} ({size(row)})"
        for row in variants.sort_values("val_loss_mean").drop_duplicates("activation").to_dict("records")
        if row["depth"]
    ]
    listed = ", ".join(f"{size(variant)} {code(variant['activation'])}" for variant in same)
    those = f": {listed}" if len(same) <= MOST_LISTED else ""
    ranked = f" Least mean validation loss by activation: {', '.join(by_activation)}." if by_activation else ""
    ends = int(variants["learning_rate"].isin([min(rates), max(rates)]).sum())
    straight = variants[variants["depth"] == 0]["val_accuracy_mean"]
    line = f" A straight line gets {share(straight.iloc[0])} right." if len(straight) else ""
    return (
        f"{size(best).capitalize()} {code(best['activation'])} units ({best['parameters']} parameters) at a learning "
        f"rate of {code(best['learning_rate'])} {_figures(found)} Of {len(variants)} networks {len(same)} can't be "
        f"told from the best at 5 %, the smallest of them {size(smallest)} {code(smallest['activation'])} units "
        f"({smallest['parameters']} parameters){those}.{ranked}{line}{_edge(best)} Of all networks {ends} do best at "
        f"an end of the grid of learning rates.{_diverged(found)}"
    )


def size(variant: Mapping[Any, Any]) -> str:
    """Returns the size of a network in words."""
    layers = "1 layer" if variant["depth"] == 1 else f"{variant['depth']} layers"
    return f"{layers} of {variant['width']}" if variant["depth"] else "no layers of"


def batch_sweep(found: dict[str, Any]) -> str:
    """Returns which batch size ends lowest, and which settles after the fewest updates and the fewest samples."""
    costs = ""
    if "fewest_updates" in found:
        updates, samples = found["fewest_updates"], found["fewest_samples"]
        costs = (
            f" Of the sizes that settle from every seed, {code(updates['batch_size'])} does after the fewest updates "
            f"({_mean(updates, 'updates')}, in {_mean(updates, 'epochs')} epochs) and {code(samples['batch_size'])} "
            f"after the fewest points seen ({_mean(samples, 'samples')}, in {_mean(samples, 'epochs')} epochs and "
            f"{_mean(samples, 'updates')} updates)."
        )
    fair = f" All sizes get {found['epochs']} epochs, and so the smaller ones more updates."
    return sweep(found, "batch_size") + fair + costs


def _mean(found: dict[str, Any], name: str) -> str:
    """Returns the mean of a figure over the seeds as a whole number."""
    return f"{found[name]['mean']:,.0f}"


def optimizer_sweep(found: dict[str, Any], variants: pd.DataFrame) -> str:
    """Returns which optimizer does best at its own best rate, what momentum does for SGD, and how Adam compares.

    Args:
        found: the metrics of the stage.
        variants: a row for each optimizer at its best learning rate.
    """
    losses = variants.set_index("optimizer")["val_loss_mean"]
    shown = [f"{code(name)} {number(losses[name])}" for name in ("sgd", "adam") if name in losses]
    compared = f" Mean validation loss at the best rate of each: {', '.join(shown)}." if shown else ""
    return f"{sweep(found, 'optimizer')}{_momentum(found)}{compared}"


def _momentum(found: dict[str, Any]) -> str:
    gain = found.get("momentum")
    if not gain or gain["ratio"] is None:
        return ""
    interval = f"95 % interval {number(gain['low'])} to {number(gain['high'])}, " if gain["low"] is not None else ""
    return (
        f" Without momentum SGD ends with {number(gain['ratio'])} times the loss of the best with it, "
        f"{code(gain['optimizer'])} ({interval}p {number(gain['p_value'], 1)}, not corrected for "
        "the choice of the best)."
    )


def smallest_network(found: dict[str, Any]) -> str:
    """Returns the fewest parameters that separate all training points from any start, and from nine starts of ten."""
    least, reliable = found["smallest"], found["smallest_reliable"]
    tried = (
        f"Tried were all shapes of one or two hidden layers up to {found['most_parameters']} parameters, "
        f"in {found['runs']} runs."
    )
    if least is None:
        return f"No network that was tried gets every training point right. {tried}"
    steady = (
        f"The fewest with which nine starts of ten did are {reliable['parameters']}: {_shape(reliable)}; the interval "
        "says how sharp a limit that is."
        if reliable
        else "None does so in nine starts of ten."
    )
    held_out = [f"{share(found['kept'][part]['accuracy'])} of the {part} points" for part in ("validation", "test")]
    return (
        f"{least['parameters']} parameters are the fewest with which some start gets every training point right: "
        f"{_shape(least)}. The one that is kept gets {' and '.join(held_out)} right. {steady} {tried}"
    )


def _shape(found: dict[str, Any]) -> str:
    low, high = interval_of_share(found["perfect"], found["restarts"])
    return (
        f"{code(found['hidden_units'])} {code(found['activation'])} units, in {found['perfect']} starts of "
        f"{found['restarts']} (95 % interval {low:.0%} to {high:.0%})"
    )


def _figures(found: dict[str, Any]) -> str:
    loss, accuracy = found["best"]["val_loss"], found["best"]["val_accuracy"]
    seeds = f"{loss['n']} seed{'s' * (loss['n'] > 1)}"
    interval = ""
    if loss["n"] > 1 and loss["mean"] is not None:
        low, high = interval_of_mean(loss["mean"], loss["std"], loss["n"])
        interval = f", 95 % interval {number(max(low, 0.0))} to {number(high)}"  # no loss is below 0
    return (
        f"has the least validation loss after {found['epochs']} epochs: {number(loss['mean'])}{interval} ({seeds}), "
        f"with {share(accuracy['mean'])} of the validation points right."
    )


def _edge(best: dict[str, Any]) -> str:
    ends = [f"its {name.replace('_', ' ')}" for name in best.get("at_end_of_grid", [])]
    if not ends:
        return ""
    stand = "stands" if len(ends) == 1 else "stand"
    return f" {' and '.join(ends).capitalize()} {stand} at an end of what was tried, so a better one may lie beyond."


def _diverged(found: dict[str, Any]) -> str:
    return f" Of {found['runs']} runs {found['diverged']} diverged."


def callbacks(found: dict[str, Any]) -> str:
    """Returns when EarlyStopping stopped, what it gave back, and what ModelCheckpoint kept."""
    stopping, kept = found["early_stopping"], found["model_checkpoint"]
    same = "the same figures as were logged" if kept["loaded"] == kept["logged"] else "other figures than were logged"
    last = stopping["stopped_epoch"]
    ended = f"`EarlyStopping` ends the training after {last} epochs and"
    if last - stopping["best_epoch"] < stopping["patience"]:
        ended = f"{last} epochs run out before `EarlyStopping` ends the training; it"
    return (
        f"From one seed, {ended} takes back the weights of epoch {stopping['best_epoch']}, the last that gained "
        f"{stopping['min_delta']:g}. `ModelCheckpoint`, which counts every gain, saved {len(kept['epochs_saved'])} "
        f"epochs, the best of them {kept['best_epoch']}; loaded again, it gives {same}."
    )


def code(value: Any) -> str:
    """Returns a value as Markdown code; a backtick or line break in it could end the code, so it has none."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"`{' '.join(text.replace('`', chr(39)).split())}`"


def number(value: float | None, digits: int = 2) -> str:
    """Returns a number with so many significant digits; a run that diverged may have none."""
    return "not a number" if value is None or isnan(value) else f"{value:.{digits}g}"


def share(value: float | None) -> str:
    """Returns a share as per cent."""
    return "no known share" if value is None or isnan(value) else f"{value:.2%}"


def _verdict(found: dict[str, Any]) -> str:
    return "Yes" if found["test"]["accuracy"] == 1 else "Nearly" if found["test"]["accuracy"] > 0.95 else "Not so far"
