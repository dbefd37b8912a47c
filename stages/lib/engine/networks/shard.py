"""What a shard of a plan becomes: its networks, trained as one fleet, and measured."""

from collections.abc import Sequence

import keras
import numpy as np

from stages.lib.core.plan import Plan, Recipe
from stages.lib.core.points import Draws
from stages.lib.engine.networks.fleet import Fleet, Member
from stages.lib.engine.networks.network import optimizer_of
from stages.lib.engine.networks.progress import Progress
from stages.lib.engine.networks.snapshots import Snapshots
from stages.lib.engine.parts import Outcome, Run, Sets, kept_of

EPOCHS_AT_ONCE = 50  # the most epochs per step of Keras, where nobody watches
ORDERS_AT_ONCE = 10_000_000  # row numbers: no step of several epochs has more


def member_of(recipe: Recipe, seed: int, draw: int = 0) -> Member:
    """Return the member of a fleet that is made by a recipe from a seed and learns from a draw of the points."""
    return Member(recipe.hidden_units, recipe.kernel_initializer, recipe.learning_rate, seed, recipe.l2, draw)


def fleet_of(runs: Sequence[tuple[Recipe, int, int]], *, train: Draws, validation: Draws, name: str) -> Fleet:
    """Return the fleet of some recipes, seeds and draws.

    The recipes share activations, optimizer, classes and padded units.
    """
    recipe = runs[0][0]
    return Fleet(
        [member_of(*run) for run in runs],
        activation=recipe.activations,
        optimizer=optimizer_of(recipe.optimizer),
        train=train,
        validation=validation,
        classes=recipe.classes,
        name=name,
    )


def train_shard(part: list[Run], plan: Plan, points: Sets, name: str | None) -> Outcome:
    """Return what became of a shard's networks, as `shapes_of` says; `name` shows a progress bar."""
    runs = [(run.recipe, run.seed, run.draw) for run in part]
    seeds = len({run.seed for run in part})
    fleet = fleet_of(runs, train=points["train"], validation=points["validation"], name=name or "fleet")
    start = fleet.judge(points["train"])["loss"]
    kept = [part.index(run) for run in kept_of(part, plan)]
    start_weights = _in_a_row([fleet.weights_of(position) for position in kept])
    snapshots = Snapshots(plan.snapshots)
    watchers = [Progress(len(part))] * bool(name) + [snapshots] * bool(plan.snapshots)
    recipe = part[0].recipe
    curves = fleet.train(
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        callbacks=watchers,
        epochs_per_step=1 if watchers else epochs_at_once(recipe.epochs, seeds * points["train"].size),
    )
    judged = {
        f"{kind}_{metric}": values for kind in ("train", "test") for metric, values in fleet.judge(points[kind]).items()
    }
    first = 0 if plan.curves else -1
    outcome = {**{metric: values[first:].T for metric, values in curves.items()}, "start_loss": start, **judged}
    outcome |= {"start_weights": start_weights, "weights": _in_a_row([fleet.weights_of(each) for each in kept])}
    if plan.snapshots:
        outcome["snapshots"] = np.stack([_in_a_row([weights]) for _, weights in sorted(snapshots.weights.items())])
    keras.utils.clear_session()  # or a process that trains many shards would keep the programs of all
    return outcome


def epochs_at_once(epochs: int, orders: int) -> int:
    """Return how many epochs make a step of Keras, of those that divide `epochs`; each has so many row numbers."""
    most = max(1, min(EPOCHS_AT_ONCE, ORDERS_AT_ONCE // orders))
    return max(count for count in range(1, most + 1) if epochs % count == 0)


def _in_a_row(networks: list[list[np.ndarray]]) -> np.ndarray:
    arrays = [np.zeros(0, np.float32), *(array.ravel() for weights in networks for array in weights)]
    return np.concatenate(arrays)
