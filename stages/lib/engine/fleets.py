"""A plan trained as fleets side by side, on all cores or on a cluster.

What can't train as one (other depths, activations, optimizers, batch sizes) makes a fleet of its own, and a large
fleet is cut into shards. A network trains to the same bits whatever else is in its fleet and wherever it is trained.
What a shard found goes to a file at once, so that training needs no more memory than a shard does.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

from stages.lib.core.files import array_on_disk, whole
from stages.lib.core.plan import METRICS, Plan, Recipe
from stages.lib.core.points import Points
from stages.lib.core.runner import Fault
from stages.lib.engine.fleet import Fleet, Member
from stages.lib.engine.network import optimizer_of
from stages.lib.engine.progress import Progress, counted
from stages.lib.engine.shards import Shapes, Shards, unfinished
from stages.lib.engine.snapshots import Snapshots
from stages.lib.engine.workers import run_all

SHARD = 400  # members; a larger fleet is no faster per member, a smaller one compiles more often
SHARD_MEMORY = 1e9  # bytes, of what grows with the members; it makes shards of large networks smaller
EPOCHS_AT_ONCE = 10  # the most epochs per step of Keras, where nobody watches
IN_A_ROW = {"weights", "snapshots"}  # what has no axes of variants and seeds

Run = tuple[int, Recipe, int]  # the run's number (variant by variant, seed by seed), its recipe and its seed
Outcome = dict[str, np.ndarray]


def train_plan(plan: Plan, points: Mapping[str, Points], *, name: str, shards: Path, folder: Path) -> None:
    """Train every variant from every seed, and write what was measured, as float32 arrays.

    `loss`, `accuracy`, `val_loss`, `val_accuracy` have the shape (variants, seeds, epochs). `start_loss` (before the
    first epoch), `train_loss`, `train_accuracy` and, where the plan says so, `test_loss` and `test_accuracy` (of the
    final networks) have the shape (variants, seeds). `weights` has all weights that are kept in one row, variant by
    variant; `snapshots` has a row for each snapshot.

    Args:
        plan: what to train.
        points: the sets `train` (to learn), `validation` (to judge by after each epoch) and, if needed, `test`.
        name: what progress is shown under.
        shards: a folder where shards that are trained are kept until all are. A sweep that was ended before goes
            on from there.
        folder: where the arrays are written, once all networks are trained.
    """
    runs = [(variant.recipe, seed) for variant in plan.variants for seed in plan.seeds]
    parts = list(parts_of([(number, *run) for number, run in enumerate(runs)]))
    with unfinished(shards) as kept:
        causes = [([run for _, *run in part], [n % len(plan.seeds) < plan.kept for n, *_ in part]) for part in parts]
        names = [kept.name_of(cause, plan.snapshots, plan.tested, points) for cause in causes]
        shapes = [shapes_of(part, plan) for part in parts]
        files = _train_missing(parts, names, shapes, plan, points, kept, name)
        with whole(folder) as partial:
            partial.mkdir()
            _merge(parts, files, plan, partial)


def parts_of(runs: Sequence[Run]) -> Iterator[list[Run]]:
    """Yield the runs that train as one, those that take longest first, so that all processes end together."""
    fleets: dict[str, list[Run]] = {}
    for run in runs:
        _, recipe, seed = run
        padded = member_of(recipe, seed).padded_units
        optimizer = (recipe.optimizer.name, recipe.optimizer.arguments)
        alike = (padded, recipe.activations, optimizer, recipe.batch_size, recipe.epochs, recipe.l2 > 0)
        fleets.setdefault(json.dumps(alike, sort_keys=True), []).append(run)
    sized = [(fleet, _shard_size(fleet)) for fleet in fleets.values()]
    parts = [fleet[first : first + size] for fleet, size in sized for first in range(0, len(fleet), size)]
    yield from sorted(parts, key=lambda part: -len(part) * part[0][1].parameters * part[0][1].epochs)


def member_of(recipe: Recipe, seed: int) -> Member:
    """Return the member of a fleet that is made by a recipe from a seed."""
    return Member(recipe.hidden_units, recipe.kernel_initializer, recipe.learning_rate, seed, recipe.l2)


def fleet_of(runs: Sequence[tuple[Recipe, int]], *, train: Points, validation: Points, name: str) -> Fleet:
    """Return the fleet of some recipes and seeds, which share activations, optimizer, classes and padded units."""
    recipe, _ = runs[0]
    return Fleet(
        [member_of(*run) for run in runs],
        activation=recipe.activations,
        optimizer=optimizer_of(recipe.optimizer),
        train=train,
        validation=validation,
        classes=recipe.classes,
        name=name,
    )


def shapes_of(part: Sequence[Run], plan: Plan) -> Shapes:
    """Return the shape of each array that the outcome of a shard must have."""
    final = ["start_loss", "train_loss", "train_accuracy", *["test_loss", "test_accuracy"] * plan.tested]
    shapes: Shapes = dict.fromkeys(METRICS, (len(part), plan.epochs)) | dict.fromkeys(final, (len(part),))
    shapes["weights"] = (sum(recipe.parameters for _, recipe, _ in _kept(part, plan)),)
    if plan.snapshots:
        shapes["snapshots"] = (len(plan.snapshots), part[0][1].parameters)
    return shapes


def _kept(part: Sequence[Run], plan: Plan) -> list[Run]:
    """Return the runs whose weights are kept."""
    return [run for run in part if run[0] % len(plan.seeds) < plan.kept]


def _shard_size(fleet: list[Run]) -> int:
    """Return how many of these runs train as one: at most `SHARD`, and what `SHARD_MEMORY` holds.

    A weight takes four numbers (itself, its gradient, two moments of the optimizer), a unit three to each point
    of a batch (its sum, its activation, a gradient).
    """
    numbers = max(4 * recipe.parameters + 3 * sum(recipe.hidden_units) * recipe.batch_size for _, recipe, _ in fleet)
    return max(1, min(SHARD, int(SHARD_MEMORY / (4 * numbers))))


def _train_missing(
    parts: list[list[Run]],
    names: list[str],
    shapes: list[Shapes],
    plan: Plan,
    points: Mapping[str, Points],
    kept: Shards,
    name: str,
) -> list[Path]:
    """Return the file of each shard, after training those that have none."""
    missing = [number for number, shard in enumerate(names) if not kept.find(shard, shapes[number])]
    tasks = [(parts[number], plan, points, name if len(parts) == 1 else None) for number in missing]
    sizes = [len(parts[number]) for number in missing]
    done = sum(map(len, parts)) - sum(sizes)
    for position, outcome in counted(run_all(train_shard, tasks), sizes, done=done, name=name):
        kept.keep(names[missing[position]], outcome)
    files = [kept.find(shard, shape) for shard, shape in zip(names, shapes, strict=True)]
    if None in files:
        raise Fault(f"a shard of {name} that was just kept is gone from {kept.folder}; `dvc repro` trains it again")
    return [file for file in files if file]


def train_shard(part: list[Run], plan: Plan, points: Mapping[str, Points], name: str | None) -> Outcome:
    """Return what became of a shard's networks, as `shapes_of` says; `name` shows a progress bar."""
    runs = [(recipe, seed) for _, recipe, seed in part]
    sets = {part: points[part] for part in ("train", "validation")}
    fleet = fleet_of(runs, **sets, name=name or "fleet")
    start = fleet.judge(points["train"])["loss"]
    snapshots = Snapshots(plan.snapshots)
    watchers = [Progress(len(part))] * bool(name) + [snapshots] * bool(plan.snapshots)
    at_once = max(count for count in range(1, EPOCHS_AT_ONCE + 1) if plan.epochs % count == 0)
    curves = fleet.train(
        epochs=plan.epochs,
        batch_size=part[0][1].batch_size,
        callbacks=watchers,
        epochs_per_step=1 if watchers else at_once,
    )
    judged = {
        f"{kind}_{metric}": values
        for kind in ["train", *["test"] * plan.tested]
        for metric, values in fleet.judge(points[kind]).items()
    }
    outcome = {**{metric: values.T for metric, values in curves.items()}, "start_loss": start, **judged}
    positions = [part.index(run) for run in _kept(part, plan)]
    outcome["weights"] = _in_a_row([fleet.weights_of(position) for position in positions])
    if plan.snapshots:
        outcome["snapshots"] = np.stack([_in_a_row([weights]) for _, weights in sorted(snapshots.weights.items())])
    keras.utils.clear_session()  # or a process that trains many shards would keep the programs of all
    return outcome


def _in_a_row(networks: list[list[np.ndarray]]) -> np.ndarray:
    arrays = [np.zeros(0, np.float32), *(array.ravel() for weights in networks for array in weights)]
    return np.concatenate(arrays)


def _merge(parts: list[list[Run]], files: list[Path], plan: Plan, folder: Path) -> None:
    """Write what all shards found, each array straight to the disk, with the runs in the order of the plan."""
    grid = (len(plan.variants), len(plan.seeds))
    arrays = {name: array_on_disk(folder / f"{name}.npy", plan.shape_of(name)) for name in shapes_of(parts[0], plan)}
    for part, file in zip(parts, files, strict=True):
        places = np.unravel_index([number for number, *_ in part], grid)
        with np.load(file, allow_pickle=False) as found:
            for name in arrays.keys() - IN_A_ROW:
                arrays[name][places] = found[name]
            first = 0
            for number, recipe, _ in _kept(part, plan):
                target = plan.weights_of(arrays["weights"], *divmod(number, len(plan.seeds)))
                target[:] = found["weights"][first : first + recipe.parameters]
                first += recipe.parameters
            if plan.snapshots:
                arrays["snapshots"][:] = found["snapshots"]
