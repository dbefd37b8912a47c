"""What is the smallest network that separates the points?

Every shape of one or two hidden layers up to a number of trainable parameters, each trained from
many random starts, on points of their own. Two answers: the fewest parameters with which some start
gets every training point right, and the fewest with which nine starts of ten do. That one is decided
by as many starts as it takes: a shape whose interval has nine of ten in it gets more, up to a bound.

Held fixed: the optimizer (Adam), its rate, the initializer, the batch size, the number of epochs.
"""

from typing import Any, get_args

import numpy as np
import pandas as pd

from stages.lib.analysis import page
from stages.lib.analysis.answers import code, share
from stages.lib.analysis.chapter import Chapter, Column
from stages.lib.analysis.figures import Count, Figures, Judged, OverSeeds, Share
from stages.lib.analysis.measures import summary
from stages.lib.analysis.page import Chosen, Findings, Given, Params, initializer_of
from stages.lib.analysis.statistics import LEVEL, interval_of_share
from stages.lib.analysis.sweep import Trained
from stages.lib.core.plan import Kept, Optimizer, Plan, Recipe, Round, Variant, faultless, replicate_seeds
from stages.lib.core.points import Description
from stages.lib.core.words import count
from stages.params.network import Activation

RELIABLE = 0.9  # share of the restarts
MOST_LISTED = 3  # shapes in a sentence; the table beside it has all


class Shape(Figures):
    """A shape, how many of its restarts get every training point right, and the accuracy of all.

    `low` and `high` are the ends of the interval of the share, which nine of ten are held against.
    """

    activation: str
    hidden_units: str
    parameters: Count
    restarts: Count
    perfect: Count
    share: Share
    low: Share
    high: Share
    accuracy: OverSeeds


class KeptFigures(Figures):
    """The network that is kept, on points of its own draw that it has not learned from; `start` counts from 0."""

    start: Count
    validation: Judged
    test: Judged


class SmallestFigures(Figures):
    """The smallest shape with any perfect restart, that with nine of ten, and what was tried.

    `undecided` are smaller shapes than the latter that may have nine of ten, too.
    """

    smallest: Shape | None
    smallest_reliable: Shape | None
    undecided: list[Shape]
    kept: KeptFigures
    runs: Count
    most_parameters: Count


class Page(page.Page):
    """Counts the restarts that get every training point right; keeps the smallest network that does."""

    order = 90
    task = 1
    reads = ("seed", "network", "smallest_network")
    command = "dvc exp run -S smallest_network.restarts=100"
    figures = SmallestFigures
    charts = ("success",)
    key = "activation"
    names = get_args(Activation)

    def plan(self, params: Params, data: Description) -> Plan:
        """Return every shape from every start; the weights of all starts of the first round are kept."""
        asked = params["smallest_network"]
        recipes = [
            (
                activation,
                Recipe(
                    hidden_units=hidden_units,
                    activation=activation,
                    kernel_initializer=initializer_of(params["network"].kernel_initializer),
                    optimizer=Optimizer("adam"),
                    learning_rate=asked.learning_rate,
                    batch_size=min(asked.batch_size, data.rows),
                    epochs=asked.epochs,
                    inputs=len(data.features),
                    classes=len(data.classes),
                ),
            )
            for activation in asked.activations
            for hidden_units in asked.shapes
        ]
        variants = [
            Variant({"activation": activation, "hidden_units": label(recipe.hidden_units)}, recipe)
            for activation, recipe in recipes
        ]
        seeds = replicate_seeds(params["seed"], asked.replicates)
        rounds = rounds_of(asked.restarts, asked.replicates)
        return Plan(variants, seeds, kept=asked.restarts, curves=False, rounds=rounds)

    def judge(self, trained: Trained, given: Given) -> Findings:
        """Return the two answers, and the smallest network that any start separates the points with."""
        accuracy, val_loss = trained.array("train_accuracy"), trained.array("val_loss")[:, :, -1]
        table = success_table(trained.plan, accuracy)
        shape, restart = smallest(table, accuracy[:, : trained.plan.kept])
        final = {"loss": val_loss, "accuracy": trained.array("val_accuracy")[:, :, -1]}
        test = {name: trained.array(f"test_{name}") for name in final}
        kept = {
            part: {name: values[shape, restart] for name, values in measured.items()}
            for part, measured in (("validation", final), ("test", test))
        }
        chosen = Chosen(Kept(trained.plan.variants[shape].recipe, units=True), trained.weights(shape, restart))
        found: Any = self.figures.of({**answer(table, accuracy), "kept": {"start": restart, **kept}})
        because = reason(table, found.smallest, len(given.points))
        return Findings(given.data, found, {"variants": table}, chosen, because=because)

    def chapter(self, findings: Findings) -> Chapter:
        """Return the two answers, with a picture of what each unit of the smallest network adds."""
        found: Any = findings.figures
        title = titled(found.smallest) if found.smallest else "The network that comes nearest"
        name = title.split(":")[0]
        others = " It has learned from a draw of its own." if found.kept.start else ""
        pictures = [self.picture(f"{name}: its {findings.data.pictured}.{others}")]
        if findings.data.has_units:
            kinds = "figures" if findings.data.article else "classes"
            alt = f"What each of its hidden units adds, and their sum, which parts the two {kinds}."
            pictures.append(self.picture(alt, "units"))
        return self.written(
            findings,
            sentences(found, findings.data),
            title,
            charts=self.charted(len(findings.data.classes)),
            pictures=tuple(pictures),
            table=(
                Column("activation", "activation", "g"),
                Column("hidden units", "hidden_units", "g"),
                Column("parameters", "parameters", "d"),
                Column("starts", "restarts", "d"),
                Column("without a fault", "perfect", "d"),
                Column("share from", "low", ".0%"),
                Column("to", "high", ".0%"),
                Column("mean training accuracy", "accuracy_mean", ".2%"),
                Column("best training accuracy", "accuracy_max", ".2%"),
            ),
        )


def label(hidden_units: tuple[int, ...]) -> str:
    """Return the widths of the hidden layers as text, such as 4 or 3-2."""
    return "-".join(map(str, hidden_units))


def success_table(plan: Plan, accuracy: np.ndarray) -> pd.DataFrame:
    """Return one row per shape: restarts that get all training points right, and the most points that any got.

    The interval of the share, from `low` to `high`, holds at 95 % however often it was looked at.

    Args:
        plan: what was trained.
        accuracy: share of the training points that each restart gets right, shape (shapes, restarts); NaN of those
            that no round asked for.
    """
    restarts, perfect = np.isfinite(accuracy).sum(axis=1), faultless(accuracy).sum(axis=1)
    low, high = interval_of_share(perfect, restarts, LEVEL / (len(plan.rounds) + 1))
    return pd.DataFrame([variant.changed for variant in plan.variants]).assign(
        parameters=[variant.recipe.parameters for variant in plan.variants],
        restarts=restarts,
        perfect=perfect,
        share=perfect / restarts,
        low=low,
        high=high,
        accuracy_mean=np.nanmean(accuracy.astype(np.float64), axis=1),
        accuracy_max=np.nanmax(accuracy, axis=1),
    )


def rounds_of(restarts: int, most: int) -> list[Round]:
    """Return after how many restarts, twice as many each time, which numbers of perfect ones do not tell."""
    sizes = [restarts]
    while sizes[-1] < most:
        sizes.append(min(2 * sizes[-1], most))
    rounds = []
    for size in sizes[:-1]:
        low, high = interval_of_share(np.arange(size + 1), size, LEVEL / len(sizes))
        undecided = np.flatnonzero((low <= RELIABLE) & (high >= RELIABLE))
        rounds.append(Round(size, int(undecided[0]), int(undecided[-1])))
    return rounds


def answer(table: pd.DataFrame, accuracy: np.ndarray) -> dict[str, Any]:
    """Return the smallest shape with any perfect restart and that with nine of ten, or None where there is none.

    Of equally many parameters the shape with the greater share of perfect restarts counts. Nine of ten do where the
    interval of the share lies above; smaller shapes whose interval has nine of ten in it are undecided.

    Args:
        table: a row for each shape.
        accuracy: share of the training points that each restart gets right, shape (shapes, restarts).
    """
    by_size = table.sort_values(["parameters", "share"], ascending=[True, False], kind="stable")
    reliable = by_size[by_size["low"] > RELIABLE]
    smaller = by_size[by_size["parameters"] < reliable["parameters"].iloc[0]] if len(reliable) else by_size
    undecided = smaller[(smaller["low"] <= RELIABLE) & (smaller["high"] >= RELIABLE)]
    shown = ["activation", "hidden_units", "parameters", "restarts", "perfect", "share", "low", "high"]

    def shapes(rows: pd.DataFrame) -> list[dict[str, Any]]:
        accuracies = [summary(runs[np.isfinite(runs)]) for runs in accuracy[rows.index]]
        records: list[dict[Any, Any]] = rows[shown].to_dict("records")
        return [{**row, "accuracy": found} for row, found in zip(records, accuracies, strict=True)]

    return {
        "smallest": next(iter(shapes(by_size[by_size["perfect"] > 0])), None),
        "smallest_reliable": next(iter(shapes(reliable)), None),
        "undecided": shapes(undecided),
        "runs": int(table["restarts"].sum()),
        "most_parameters": int(table["parameters"].max()),
    }


def smallest(table: pd.DataFrame, accuracy: np.ndarray) -> tuple[int, int]:
    """Return the position of the shape to keep and of its restart.

    The smallest shape with a perfect restart, else the one that comes nearest; of its restarts the first of the most
    accurate ones: each has validation points of its own, by which they can't be compared.

    Args:
        table: a row for each shape.
        accuracy: share of the training points that each restart gets right, shape (shapes, restarts).
    """
    order = table.assign(missed=1 - table["accuracy_max"], failed=-table["share"])
    shape = int(order.sort_values(["missed", "parameters", "failed"], kind="stable").index[0])
    return shape, int(accuracy[shape].argmax())


def reason(table: pd.DataFrame, least: Shape | None, points: int) -> str:
    """Return how near smaller shapes come, and that the smallest one does not separate the points from every start.

    Args:
        table: a row for each shape.
        least: the smallest shape that separates the points from some start.
        points: that are learned from.
    """
    smaller = table[table["parameters"] < least.parameters] if least else table[:0]
    if least is None or smaller.empty:
        return ""
    starts, wrong = int(smaller["restarts"].sum()), round((1 - smaller["accuracy_max"].max()) * points)
    failed = least.restarts - least.perfect
    luck = (
        f" With {least.parameters}, {count(failed, 'start')} of {least.restarts} {'fails' if failed == 1 else 'fail'}: "
        "such a network can do it, and whether it does depends on its start, its points and the order of its batches."
    )
    return (
        f"With fewer parameters, the best of {count(starts, 'start')} still gets {count(wrong, 'point')} of {points:,} "
        f"wrong.{luck if failed else ''}"
    )


def sentences(found: SmallestFigures, data: Description) -> str:
    """Return the fewest parameters that separate all training points from any start, and from nine starts of ten."""
    least, reliable = found.smallest, found.smallest_reliable
    # Shapes are counted as for the plane and two classes; elsewhere a larger one may have fewer parameters.
    shapes = "all shapes of one or two hidden layers up to" if data.has_units else "small shapes, the largest of"
    tried = f"Tried were {shapes} {found.most_parameters} parameters, in {count(found.runs, 'run')}."
    if least is None:
        return f"No network that was tried gets every training point right. {tried}"
    also, steady = "", " None is seen to do so in nine starts of ten."
    if reliable:
        also = f", and {'at most ' if found.undecided else ''}{reliable.parameters} from nine starts of ten"
        steady = f" With {reliable.parameters}: {starts_of(reliable)}."
    if found.undecided:
        listed = "; ".join(f"{shape.parameters}: {starts_of(shape)}" for shape in found.undecided[:MOST_LISTED])
        more = f"; and {len(found.undecided) - MOST_LISTED} more" if len(found.undecided) > MOST_LISTED else ""
        steady += f" Undecided with as many starts as were allowed: {listed}{more}."
    held_out = f"{share(found.kept.validation.accuracy)} of its validation points and {share(found.kept.test.accuracy)}"
    return (
        f"{least.parameters} parameters are enough to get every training point right from some start{also}. With "
        f"{least.parameters}: {starts_of(least)}. The first such start is kept, and gets {held_out} of its test points "
        f"right.{steady} {tried}"
    )


def titled(shape: Shape) -> str:
    """Return the title of the smallest network's picture."""
    named = f"{shape.hidden_units} {shape.activation} {units_of(shape)}"
    return f"Smallest network: {named}, {shape.parameters} parameters"


def units_of(shape: Shape) -> str:
    """Return what the units of a shape are called."""
    return "unit" if shape.hidden_units == "1" else "units"


def starts_of(shape: Shape) -> str:
    """Return a shape and its share of perfect starts, with its interval."""
    return (
        f"{code(shape.hidden_units)} {code(shape.activation)} {units_of(shape)}, in {count(shape.perfect, 'start')} of "
        f"{shape.restarts} (95 % interval {share(shape.low, 0)} to {share(shape.high, 0)})"
    )
