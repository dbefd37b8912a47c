"""A sweep as fleets side by side, on all cores.

What can't train as one (other depths, activations, optimizers, batch sizes) makes a fleet of its
own, and a large fleet is cut into shards. A member's bits depend neither on its company nor on the
number of processes.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from stages.lib.fleet import Member
from stages.lib.measures import constant_loss
from stages.lib.points import Points
from stages.lib.progress import Progress, counted
from stages.lib.recipe import Recipe
from stages.lib.sweep import Sweep

SHARD = 425  # members; a larger fleet is no faster per member, a smaller one compiles more often

Run = tuple[int, Recipe, Member]  # the run's number in the sweep, and what it trains
Outcome = dict[str, np.ndarray]


def train_sweep(
    tried: Sequence[tuple[dict[str, Any], Recipe]],
    seeds: Sequence[int],
    *,
    train: Points,
    validation: Points,
    name: str,
) -> Sweep:
    """Returns the outcome of every recipe from every seed.

    Args:
        tried: for each variant what was changed, by its name, and its recipe.
        seeds: one for each replicate.
        train: the points to learn.
        validation: the points to judge by after each epoch.
        name: what the progress bar calls the sweep.
    """
    recipes = [recipe for _, recipe in tried]
    runs = [(recipe, recipe.member(seed)) for recipe in recipes for seed in seeds]
    shards = list(_shards([(number, *run) for number, run in enumerate(runs)]))
    jobs = min(len(shards), os.cpu_count() or 1)
    outcomes = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(_train)(shard, train, validation, name if len(shards) == 1 else None) for shard in shards
    )
    if len(shards) > 1:
        outcomes = counted(outcomes, total=len(shards), name=name)
    numbers = [number for shard in shards for number, _, _ in shard]
    found = _in_order(list(outcomes), numbers, shape=(len(tried), len(seeds)))
    return Sweep(
        variants=pd.DataFrame([changed for changed, _ in tried]),
        curves={metric: found[metric] for metric in ("loss", "accuracy", "val_loss", "val_accuracy")},
        start=found["start"],
        train_accuracy=found["train_accuracy"],
        constant=constant_loss(train),
    )


def _shards(runs: Sequence[Run]) -> Iterator[list[Run]]:
    fleets: dict[Any, list[Run]] = {}
    for run in runs:
        _, recipe, member = run
        alike = (member.padded_units, recipe.activation, recipe.optimizer, recipe.batch_size, recipe.epochs)
        fleets.setdefault(alike, []).append(run)
    for fleet in fleets.values():
        yield from (fleet[first : first + SHARD] for first in range(0, len(fleet), SHARD))


def _train(shard: list[Run], train: Points, validation: Points, name: str | None) -> Outcome:
    """Returns what became of a shard's members, each array with M as its first axis; `name` shows a progress bar."""
    _, recipe, _ = shard[0]
    members = [member for _, _, member in shard]
    fleet = recipe.fleet(members, train=train, validation=validation, name=name or "fleet")
    start = fleet.judge(train)["loss"]
    callbacks = [Progress()] if name else []
    curves = fleet.train(epochs=recipe.epochs, batch_size=recipe.batch_size, callbacks=callbacks)
    by_member = {metric: values.T for metric, values in curves.items()}
    return {**by_member, "start": start, "train_accuracy": fleet.judge(train)["accuracy"]}


def _in_order(outcomes: list[Outcome], numbers: list[int], *, shape: tuple[int, int]) -> Outcome:
    """Returns the runs of all shards in the order of the sweep, each array of shape (variants, replicates, ...)."""
    order = np.argsort(numbers)
    joined = {key: np.concatenate([outcome[key] for outcome in outcomes])[order] for key in outcomes[0]}
    return {key: values.reshape(*shape, *values.shape[1:]) for key, values in joined.items()}
