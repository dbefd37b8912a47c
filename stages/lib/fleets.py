"""A sweep as fleets side by side, on all cores or on a cluster.

What can't train as one (other depths, activations, optimizers, batch sizes) makes a fleet of its
own, and a large fleet is cut into shards. A member's bits depend neither on its company nor on where
it is trained. What a shard found goes to a file at once, so that training needs no more memory than a
shard does.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from stages.lib.fleet import Member
from stages.lib.measures import METRICS, constant_loss
from stages.lib.points import Points
from stages.lib.progress import Progress, counted
from stages.lib.recipe import Recipe
from stages.lib.shards import Shards, unfinished
from stages.lib.sweep import Sweep
from stages.lib.workers import run_all

SHARD = 400  # members; a larger fleet is no faster per member, a smaller one compiles more often
SHARD_MEMORY = 1e9  # bytes, of what grows with the members; it makes shards of large networks smaller
EPOCHS_AT_ONCE = 10  # the most epochs per step of Keras, where nobody watches

Run = tuple[int, Recipe, Member]  # the run's number in the sweep, and what it trains
Outcome = dict[str, np.ndarray]


@contextmanager
def train_sweep(
    tried: Sequence[tuple[dict[str, Any], Recipe]],
    seeds: Sequence[int],
    *,
    train: Points,
    validation: Points,
    shards: Path,
) -> Iterator[Sweep]:
    """Yields the outcome of every recipe from every seed.

    Args:
        tried: for each variant what was changed, by its name, and its recipe; all have the same epochs.
        seeds: one for each replicate.
        train: the points to learn.
        validation: the points to judge by after each epoch.
        shards: a folder, named after the sweep, where shards that are trained are kept until the block
            has ended well. A sweep that was ended before goes on from there.
    """
    runs = [(recipe, recipe.member(seed)) for _, recipe in tried for seed in seeds]
    parts = list(_parts([(number, *run) for number, run in enumerate(runs)]))
    with unfinished(shards) as kept:
        files = [kept.path_of([run for _, *run in part], train, validation) for part in parts]
        _train_missing(parts, files, train, validation, kept)
        found = _merged(parts, files, kept, epochs=tried[0][1].epochs)
        shape = (len(tried), len(seeds))
        yield Sweep(
            variants=pd.DataFrame([changed for changed, _ in tried]),
            curves={metric: found[metric].reshape(*shape, -1) for metric in METRICS},
            start=found["start"].reshape(shape),
            train_accuracy=found["train_accuracy"].reshape(shape),
            constant=constant_loss(train),
        )


def _parts(runs: Sequence[Run]) -> Iterator[list[Run]]:
    """Yields the runs that train as one, those that take longest first, so that all processes end together."""
    fleets: dict[Any, list[Run]] = {}
    for run in runs:
        _, recipe, member = run
        alike = (member.padded_units, recipe.activation, recipe.optimizer, recipe.batch_size)
        fleets.setdefault(alike, []).append(run)
    sized = [(fleet, _shard_size(fleet)) for fleet in fleets.values()]
    parts = [fleet[first : first + size] for fleet, size in sized for first in range(0, len(fleet), size)]
    yield from sorted(parts, key=lambda part: -len(part) * part[0][1].parameters * part[0][1].epochs)


def _shard_size(fleet: list[Run]) -> int:
    """Returns how many of these runs train as one: at most `SHARD`, and what `SHARD_MEMORY` holds.

    A weight takes four numbers (itself, its gradient, two moments of the optimizer), a unit three to each point
    of a batch (its sum, its activation, a gradient).
    """
    numbers = max(4 * recipe.parameters + 3 * sum(recipe.hidden_units) * recipe.batch_size for _, recipe, _ in fleet)
    return max(1, min(SHARD, int(SHARD_MEMORY / (4 * numbers))))


def _train_missing(parts: list[list[Run]], files: list[Path], train: Points, validation: Points, kept: Shards) -> None:
    missing = [number for number, file in enumerate(files) if not kept.has(file)]
    name = kept.folder.name
    tasks = [(parts[number], train, validation, name if len(parts) == 1 else None) for number in missing]
    sizes = [len(parts[number]) for number in missing]
    done = sum(map(len, parts)) - sum(sizes)
    for position, outcome in counted(run_all(_train, tasks), sizes, done=done, name=name):
        kept.keep(files[missing[position]], outcome)


def _train(shard: list[Run], train: Points, validation: Points, name: str | None) -> Outcome:
    """Returns what became of a shard's members, each array with M as its first axis; `name` shows a progress bar."""
    _, recipe, _ = shard[0]
    members = [member for _, _, member in shard]
    fleet = recipe.fleet(members, train=train, validation=validation, name=name or "fleet")
    start = fleet.judge(train)["loss"]
    if name:
        curves = fleet.train(epochs=recipe.epochs, batch_size=recipe.batch_size, callbacks=[Progress()])
    else:
        at_once = max(count for count in range(1, EPOCHS_AT_ONCE + 1) if recipe.epochs % count == 0)
        curves = fleet.train(epochs=recipe.epochs, batch_size=recipe.batch_size, epochs_per_step=at_once)
    by_member = {metric: values.T for metric, values in curves.items()}
    outcome = {**by_member, "start": start, "train_accuracy": fleet.judge(train)["accuracy"]}
    keras.utils.clear_session()  # or a process that trains many shards would keep the programs of all
    return outcome


def _merged(parts: list[list[Run]], files: list[Path], kept: Shards, *, epochs: int) -> Outcome:
    """Returns what all shards found, each array on disk, with the runs in the order of the sweep as its first axis."""
    runs = sum(map(len, parts))
    shapes = dict.fromkeys(METRICS, (runs, epochs)) | {"start": (runs,), "train_accuracy": (runs,)}
    merged = {name: kept.array(name, shape) for name, shape in shapes.items()}
    for part, file in zip(parts, files, strict=True):
        with np.load(file, allow_pickle=False) as found:
            for name, values in merged.items():
                values[[number for number, *_ in part]] = found[name]
    return merged
