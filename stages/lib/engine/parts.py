"""How a plan is cut into shards, each of which trains as one, and what a shard gives back.

What can't train as one (other points, depths, activations, optimizers, batch sizes) makes a fleet of its own, and a
large fleet is cut.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from stages.lib.core.plan import KEPT_WEIGHTS, METRICS, SHARD, Plan, Recipe
from stages.lib.core.points import Draws
from stages.lib.core.shapes import padded
from stages.lib.engine.shards import Shapes

FEWEST = 50  # members; a fleet that is more than half of a sweep is cut, but to no fewer: a second core would wait
JUDGED_AT_ONCE = 64  # points; what a fleet makes of them stays in the processor's cache
SHARD_MEMORY = 1e9  # bytes, of what grows with the members; it makes shards of large networks smaller

Sets = Mapping[str, Draws]  # by the names `train`, `validation` and `test`
Outcome = dict[str, np.ndarray]


class Run(NamedTuple):
    """A network that is to be trained.

    Args:
        number: among the runs of a plan, variant by variant, seed by seed.
        recipe: by which it is trained.
        seed: from which it is drawn.
        draw: of its sets of points, from 0.
        points: the name of its sets of points.
    """

    number: int
    recipe: Recipe
    seed: int
    draw: int = 0
    points: str = ""


def parts_of(runs: Sequence[Run], sets: Mapping[str, Sets]) -> Iterator[list[Run]]:
    """Yield the runs that train as one, those that take longest first, so that all processes end together.

    Args:
        runs: in any order.
        sets: of points, by the names that the runs give them.
    """
    fleets: dict[str, list[Run]] = {}
    for run in runs:
        fleets.setdefault(json.dumps(_alike(run), sort_keys=True), []).append(run)
    rows = {name: points["train"].size for name, points in sets.items()}
    total = sum(_work(fleet, rows[fleet[0].points]) for fleet in fleets.values())
    parts = []
    for fleet in fleets.values():
        in_balance = max(FEWEST, -(-len(fleet) * total // (2 * _work(fleet, rows[fleet[0].points]))))
        size = min(in_balance, _shard_size(fleet, rows[fleet[0].points]))
        parts += [fleet[first : first + size] for first in range(0, len(fleet), size)]
    yield from sorted(parts, key=lambda part: -_work(part, rows[part[0].points]))


def _alike(run: Run) -> tuple[Any, ...]:
    """Return what must be the same in runs that train as one."""
    recipe = run.recipe
    shape = (recipe.inputs, padded(recipe.hidden_units), recipe.activations, recipe.classes)
    optimizer = (recipe.optimizer.name, recipe.optimizer.arguments)
    return (shape, optimizer, recipe.batch_size, recipe.epochs, recipe.l2 > 0, run.points)


def _work(part: Sequence[Run], rows: int) -> int:
    recipe = part[0].recipe
    return len(part) * recipe.parameters * recipe.epochs * rows


def shapes_of(part: Sequence[Run], plan: Plan) -> Shapes:
    """Return the shape of each array that the outcome of a shard must have."""
    final = ["start_loss", *(f"{part}_{metric}" for part in ("train", "test") for metric in ("loss", "accuracy"))]
    steps = part[0].recipe.epochs if plan.curves else 1
    shapes: Shapes = dict.fromkeys(METRICS, (len(part), steps)) | dict.fromkeys(final, (len(part),))
    shapes |= dict.fromkeys(KEPT_WEIGHTS, (sum(run.recipe.parameters for run in kept_of(part, plan)),))
    if plan.snapshots:
        shapes["snapshots"] = (len(plan.snapshots), part[0].recipe.parameters)
    return shapes


def kept_of(part: Sequence[Run], plan: Plan) -> list[Run]:
    """Return the runs of a shard whose weights are kept."""
    return [run for run in part if run.number % len(plan.seeds) < plan.kept]


def _shard_size(fleet: Sequence[Run], rows: int) -> int:
    """Return how many of these runs train as one: at most `SHARD`, and what `SHARD_MEMORY` holds.

    A weight takes four numbers (itself, its gradient, two moments of the optimizer), a unit three to each point
    of a batch (its sum, its activation, a gradient), and so does an input (itself, turned, in pieces); a row three
    in each epoch (its number as it is drawn, handed over and read), or fewer where members share a seed.
    """
    at_once = max(min(fleet[0].recipe.batch_size, rows), JUDGED_AT_ONCE)
    numbers = max(4 * run.recipe.parameters + 3 * sum(run.recipe.widths) * at_once for run in fleet) + 3 * rows
    return max(1, min(SHARD, int(SHARD_MEMORY / (4 * numbers))))
