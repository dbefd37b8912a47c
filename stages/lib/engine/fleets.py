"""A plan trained as fleets side by side, on all cores or on a cluster.

A network trains to the same bits whatever else is in its fleet and wherever it is trained. What a shard found goes to
a file at once, so that training needs no more memory than a shard does.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import joblib
import numpy as np

from stages.lib.core.files import array_on_disk, whole
from stages.lib.core.plan import KEPT_WEIGHTS, METRICS, Plan, Variant, faultless
from stages.lib.core.runner import Fault
from stages.lib.engine.parts import Outcome, Run, Sets, kept_of, parts_of, shapes_of
from stages.lib.engine.progress import counted
from stages.lib.engine.shards import Shards, unfinished
from stages.lib.engine.workers import run_all

IN_A_ROW = {*KEPT_WEIGHTS, "snapshots"}  # what has no axes of variants and seeds


def train_plan(plan: Plan, points_of: Callable[[Variant], Sets], *, name: str, shards: Path, folder: Path) -> None:
    """Train every variant from every seed that a round asks for, and write what was measured, as float32 arrays.

    `loss`, `accuracy`, `val_loss`, `val_accuracy` have the shape (variants, seeds, epochs); where a variant gets fewer
    epochs than others, the last values stand to the end. `start_loss` (before the first epoch), `train_loss`,
    `train_accuracy`, `test_loss` and `test_accuracy` (of the final networks) have the shape (variants, seeds). What no
    round of the plan asked for is NaN. `start_weights` and `weights` have all weights that are kept in one row, variant
    by variant, before the first epoch and after the last; `snapshots` has a row for each snapshot.

    Args:
        plan: what to train.
        points_of: returns the sets of a variant: `train` (to learn), `validation` (to judge by after each epoch)
            and `test`; each has a draw for each seed, or one for all.
        name: what progress is shown under.
        shards: a folder where shards that are trained are kept until all are. A sweep that was ended before goes
            on from there.
        folder: where the arrays are written, once all networks are trained.
    """
    of_variants = [points_of(variant) for variant in plan.variants]
    distinct = {id(sets): sets for sets in of_variants}
    hashes = {key: str(joblib.hash(sets)) for key, sets in distinct.items()}  # which also tells other points apart
    sets = {hashes[key]: points for key, points in distinct.items()}
    recipes = [
        (variant.recipe, seed, replicate, hashes[id(points)])
        for variant, points in zip(plan.variants, of_variants, strict=True)
        for replicate, seed in enumerate(plan.seeds)
    ]
    runs = [Run(number, *recipe) for number, recipe in enumerate(recipes)]
    parts: list[list[Run]] = []
    files: list[Path] = []
    trained = np.zeros(len(plan.variants), int)
    with unfinished(shards) as kept:
        while ((wanted := plan.wanted(trained, _faultless(parts, files, plan))) > trained).any():
            places = [(run, *divmod(run.number, len(plan.seeds))) for run in runs]
            more = [run for run, variant, seed in places if trained[variant] <= seed < wanted[variant]]
            added = list(parts_of(more, sets))
            files += _train_missing(added, plan, sets, kept, name)
            parts, trained = parts + added, wanted
        with whole(folder) as partial:
            partial.mkdir()
            _merge(parts, files, plan, partial)


def _train_missing(parts: list[list[Run]], plan: Plan, sets: Mapping[str, Sets], kept: Shards, name: str) -> list[Path]:
    """Return the file of each shard, after training those that have none."""
    causes = [([run for _, *run in part], [n % len(plan.seeds) < plan.kept for n, *_ in part]) for part in parts]
    names = [kept.name_of(cause, plan.curves, plan.snapshots) for cause in causes]
    shapes = [shapes_of(part, plan) for part in parts]
    missing = [number for number, shard in enumerate(names) if not kept.find(shard, shapes[number])]
    shown = name if len(parts) == 1 else None
    tasks = [(parts[number], plan, sets[parts[number][0].points], shown) for number in missing]
    sizes = [len(parts[number]) for number in missing]
    done = sum(map(len, parts)) - sum(sizes)
    for position, outcome in counted(run_all(_train_shard, tasks), sizes, done=done, name=name):
        kept.keep(names[missing[position]], outcome)
    files = [kept.find(shard, shape) for shard, shape in zip(names, shapes, strict=True)]
    if None in files:
        raise Fault(f"a shard of {name} that was just kept is gone from {kept.folder}; `dvc repro` trains it again")
    return [file for file in files if file]


def _train_shard(part: list[Run], plan: Plan, points: Sets, name: str | None) -> Outcome:
    from stages.lib.engine.networks.shard import train_shard  # where it is called: a stage waits without TensorFlow

    return train_shard(part, plan, points, name)


def _faultless(parts: list[list[Run]], files: list[Path], plan: Plan) -> np.ndarray:
    """Return how many networks of each variant get every training point right, shape (variants,)."""
    counts = np.zeros(len(plan.variants), int)
    if not plan.rounds:  # nobody asks
        return counts
    for part, file in zip(parts, files, strict=True):
        with np.load(file, allow_pickle=False) as found:
            variants = [run.number // len(plan.seeds) for run in part]
            np.add.at(counts, variants, faultless(found["train_accuracy"]))
    return counts


def _to_the_end(curves: np.ndarray, epochs: int) -> np.ndarray:
    """Return curves, shape (runs, their epochs), whose last values stand up to a number of epochs."""
    return np.pad(curves, [(0, 0), (0, epochs - curves.shape[1])], mode="edge")


def _merge(parts: list[list[Run]], files: list[Path], plan: Plan, folder: Path) -> None:
    """Write what all shards found, each array straight to the disk, with the runs in the order of the plan."""
    grid = (len(plan.variants), len(plan.seeds))
    arrays = {name: array_on_disk(folder / f"{name}.npy", plan.shape_of(name)) for name in shapes_of(parts[0], plan)}
    if plan.rounds:
        for name in arrays.keys() - IN_A_ROW:
            arrays[name][:] = np.nan
    for part, file in zip(parts, files, strict=True):
        places = np.unravel_index([run.number for run in part], grid)
        with np.load(file, allow_pickle=False) as found:
            for name in arrays.keys() - IN_A_ROW:
                arrays[name][places] = _to_the_end(found[name], plan.steps) if name in METRICS else found[name]
            first = 0
            for run in kept_of(part, plan):
                last = first + run.recipe.parameters
                for name in KEPT_WEIGHTS:
                    target = plan.weights_of(arrays[name], *divmod(run.number, len(plan.seeds)))
                    target[:] = found[name][first:last]
                first = last
            if plan.snapshots:
                arrays["snapshots"][:] = found["snapshots"]
