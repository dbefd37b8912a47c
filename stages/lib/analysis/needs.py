"""What a study will need, told from its plans before anything is trained: time, memory, disk and git.

All figures are orders of magnitude. Those of time were measured with fleets of the engine on a core of a small cloud
machine with others at work beside it; a quiet one takes half as long, a slow one twice.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import ceil

from stages.lib.core.plan import KEPT_WEIGHTS, METRICS, SHARD, VARIANT_PLACES, Plan, Recipe
from stages.lib.core.points import Description
from stages.lib.core.runner import PARAMS, Fault
from stages.lib.core.shapes import padded
from stages.params.fields import MOST_ROWS

SECONDS_PER_ROW = 50e-9  # and epoch of a network: its place in the order, its loss, the judging by a validation point
FORWARD = 1 / 3  # of the work of a row, where a network is only asked
SECONDS_PER_UNIT = 5e-9  # and row: an activation, there and back
SECONDS_PER_WEIGHT = 0.25e-9  # and row: three products
SECONDS_PER_UPDATE = 2e-9  # of a weight
SECONDS_PER_PROGRAM = 2.0  # which is compiled
SECONDS_PER_CALL = 0.05  # of Keras's `fit`, an epoch at a time, with what its callbacks write
FLOAT = 4  # bytes
CHECKPOINT = 25_000  # bytes of a file of weights besides the weights
COPIES = 2  # of an output: one in DVC's cache
ROW = 450  # bytes of a variant in its table and in the report
PICTURE = 60_000  # bytes of a picture of a snapshot


@dataclass(frozen=True)
class Rows:
    """How many points a network learns from, and how many it is judged by after each epoch."""

    train: int
    validation: int


@dataclass(frozen=True)
class Limit:
    """What of a need is told, and what is refused.

    Args:
        told: the most that is not worth a word.
        most: the most that is allowed.
        unit: of both.
        mend: what lowers the need.
        total: makes that of the study from those of its stages, which run one after the other.
    """

    told: float
    most: float
    unit: str
    mend: str
    total: Callable[[Iterable[float]], float] = sum


LIMITS = {
    "hours": Limit(1, 1_000, "hours of a core", "fewer epochs, values, replicates or units"),
    "memory": Limit(4, 32, "GB of memory", "fewer epochs, replicates, units or places of prediction_grid", max),
    "disk": Limit(4, 100, "GB of disk", "fewer epochs, replicates, units, snapshots or places of prediction_grid"),
    "git": Limit(1, 10, "MB of git", "fewer values or snapshots"),
}
Needs = dict[str, float]  # in the units of LIMITS, by their names


def needs_of(plan: Plan, data: Description, rows: Mapping[str, Rows], places: int) -> Needs:
    """Return what a stage and those that judge and draw it need.

    Args:
        plan: of the stage.
        data: what there is to say of the points.
        rows: of the points, by the name of their sets.
        places: along each side of the grid that a network is asked on.
    """
    recipes = [variant.recipe for variant in plan.variants]
    each = [_seconds(variant.recipe, rows[variant.points]) for variant in plan.variants]
    seconds = len(plan.seeds) * sum(each) + SECONDS_PER_PROGRAM * _programs(plan)
    curves = FLOAT * len(METRICS) * len(recipes) * len(plan.seeds) * plan.steps
    # Of each replicate the row numbers of three sets and, where they are drawn, their points.
    largest = max(each.train + 2 * each.validation for each in rows.values())
    draws = FLOAT * largest * len(plan.seeds) * (len(data.features) + 2)
    weights = FLOAT * (len(KEPT_WEIGHTS) * plan.shape_of("weights")[0] + len(plan.snapshots) * recipes[0].parameters)
    grid = FLOAT * (1 if len(data.classes) == 2 else len(data.classes)) * data.in_the_plane
    grids = grid * (max(1, len(plan.snapshots)) * places**2 + table_rows(plan) * VARIANT_PLACES**2)
    checkpoints = 0
    if plan.early_stopping:
        seconds += SECONDS_PER_CALL * plan.epochs
        checkpoints = plan.epochs * (FLOAT * recipes[0].parameters + CHECKPOINT)
    widest = max(max(recipe.widths) for recipe in recipes)
    asked = 2 * FLOAT * widest * places**2 * data.in_the_plane  # of one layer, and of the next
    trained = max(_memory(variant.recipe, rows[variant.points]) for variant in plan.variants)
    return {
        "hours": seconds / 3600,
        "memory": max(trained, 2 * curves, asked, grids, 2 * draws) / 1e9,
        "disk": COPIES * (curves + weights + grids + checkpoints + draws) / 1e9,
        "git": (table_rows(plan) * ROW + len(plan.snapshots) * PICTURE) / 1e6,
    }


def table_rows(plan: Plan) -> int:
    """Return the rows of the table of variants, in which each stands at its best learning rate."""
    named = [{key: value for key, value in each.changed.items() if key != "learning_rate"} for each in plan.variants]
    return len({str(name) for name in named}) if any(named) else len(named)


def refuse_too_much(needs: Mapping[str, Needs], plans: Mapping[str, Plan]) -> None:
    """Raise Fault, with a line for each need of the study and each table that exceeds its limit, and how to mend it.

    Args:
        needs: of each stage.
        plans: of each stage.
    """
    faults = [
        f"{PARAMS}: {stage} is too large: its table would have {rows:,} rows, but at most {MOST_ROWS:,} are allowed; "
        "take fewer values"
        for stage, plan in plans.items()
        if (rows := table_rows(plan)) > MOST_ROWS
    ]
    for name, limit in LIMITS.items():
        total = limit.total(each[name] for each in needs.values())
        if total > limit.most:
            largest = max(needs, key=lambda stage: needs[stage][name])
            faults.append(
                f"{PARAMS}: {largest} is too large: with it the study needs some {ceil(total):,} {limit.unit}, but at "
                f"most {limit.most:,} are allowed; take {limit.mend}"
            )
    if faults:
        raise Fault("\n".join(faults))


def told(needs: Mapping[str, Needs]) -> str:
    """Return in a sentence what of the needs is worth a word, if anything is."""
    totals = {limit: limit.total(each[name] for each in needs.values()) for name, limit in LIMITS.items()}
    large = [f"{ceil(total):,} {limit.unit}" for limit, total in totals.items() if total > limit.told]
    return f"What the params ask for needs some {', '.join(large)}, as an order of magnitude." if large else ""


def _seconds(recipe: Recipe, rows: Rows) -> float:
    """Return the seconds of a core that a network takes to train."""
    units, weights = sum(recipe.widths[1:]), recipe.parameters
    updates = -(-rows.train // recipe.batch_size)
    per_row = SECONDS_PER_ROW + SECONDS_PER_UNIT * units + SECONDS_PER_WEIGHT * weights
    worked = rows.train + FORWARD * max(0, rows.validation - rows.train)
    return recipe.epochs * (worked * per_row + updates * SECONDS_PER_UPDATE * weights)


def _programs(plan: Plan) -> int:
    """Return how many programs are compiled: one for what trains as one, and for each 400 of these."""
    fleets: dict[str, int] = {}
    for variant in plan.variants:
        recipe = variant.recipe
        alike = replace(
            recipe,
            hidden_units=padded(recipe.hidden_units),
            kernel_initializer=plan.variants[0].recipe.kernel_initializer,
            learning_rate=0.0,
            l2=float(recipe.l2 > 0),
        )
        key = repr((alike, variant.points))
        fleets[key] = fleets.get(key, 0) + len(plan.seeds)
    return sum(-(-members // SHARD) for members in fleets.values())


def _memory(recipe: Recipe, rows: Rows) -> float:
    """Return the bytes that a network takes while it trains; alone it is trained twice, side by side."""
    at_once = min(recipe.batch_size, rows.train)
    return 2 * FLOAT * (4 * recipe.parameters + 3 * sum(recipe.widths) * at_once + rows.train + 2 * rows.validation)
