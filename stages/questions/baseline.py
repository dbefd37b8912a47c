"""Can a network separate the two figures?

One dense network, trained by plain stochastic gradient descent. Every sweep starts from it and
changes one thing: it is, bit for bit, the first replicate of the sweep's variant with its values.

Held fixed: the data, the optimizer, the loss (binary cross-entropy).
"""

from typing import Any

import numpy as np
import pandas as pd

from stages.lib.analysis import page
from stages.lib.analysis.answers import BY_HEART, code, number, share
from stages.lib.analysis.chapter import Chapter
from stages.lib.analysis.figures import Count, Figure, Figures, Judged
from stages.lib.analysis.measures import diverged, plateau_epoch
from stages.lib.analysis.page import Chosen, Findings, Given, Params, baseline
from stages.lib.analysis.sweep import Trained
from stages.lib.core.plan import METRICS, Kept, Plan, Variant, replicate_seeds
from stages.lib.core.points import Description
from stages.lib.core.words import count

LATE = 0.1  # of the epochs
CHANGE = 0.01  # of a loss: less may be noise of the batches


class Plateau(Figures):
    """The first epoch after which `patience` epochs gain less than `min_delta` nats, null where none is."""

    epoch: Count | None
    min_delta: Figure
    patience: Count


class BaselineFigures(Figures):
    """The baseline on each set of points, whether it diverged, and when its loss has settled if it did not."""

    train: Judged
    validation: Judged
    test: Judged
    parameters: Count
    epochs: Count
    diverged: bool
    plateau: Plateau


class Page(page.Page):
    """The baseline, followed while it learns, and judged on all three sets."""

    order = 10
    task = 1
    reads = ("seed", "lr", "network", "training", "prediction_grid", "baseline")
    command = "dvc exp run -S lr=0.05"
    figures = BaselineFigures
    charts = ("learning",)

    def plan(self, params: Params, data: Description) -> Plan:
        """Return the baseline from the first seed."""
        return Plan(
            [Variant({}, baseline(params, data))],
            replicate_seeds(params["seed"], 1),
            snapshots=snapshot_epochs(params["training"].epochs, params["baseline"].snapshots),
        )

    def judge(self, trained: Trained, given: Given) -> Findings:
        """Return its curves, its figures on all sets, and its weights at several epochs."""
        curves = pd.DataFrame({metric: trained.array(metric)[0, 0] for metric in METRICS})
        curves.insert(0, "epoch", curves.index + 1)
        last = curves.iloc[-1]
        final = {
            part: {name: trained.array(f"{part}_{name}")[0, 0] for name in ("loss", "accuracy")}
            for part in ("train", "test")
        }
        start, loss = trained.array("start_loss")[0], trained.array("loss")[0]
        lost = bool(diverged(loss, start=start, constant=given.constant)[0])
        settled = None if lost else plateau_epoch(curves["val_loss"].to_numpy(), given.rule)
        rule = {"min_delta": given.rule.min_delta, "patience": given.rule.patience}
        (variant,) = trained.plan.variants
        found = self.figures.of(
            {
                **final,
                "validation": {"loss": last["val_loss"], "accuracy": last["val_accuracy"]},
                "parameters": variant.recipe.parameters,
                "epochs": trained.plan.epochs,
                "diverged": lost,
                "plateau": {"epoch": settled, **rule},
            }
        )
        snapshots = dict(zip(trained.plan.snapshots, trained.array("snapshots"), strict=True))
        chosen = Chosen(Kept(variant.recipe, summary=True), trained.weights(0, 0), snapshots)
        because = reason(curves, found, variant.recipe.learning_rate)
        return Findings(given.data, found, {"curves": curves}, chosen, because=because)

    def question_of(self, findings: Findings) -> str:
        """Return the question: two figures are drawn, or there are the classes of a table."""
        return self.question if findings.data.article else "Can a network tell the classes apart?"

    def chapter(self, findings: Findings) -> Chapter:
        """Return how well it does, with its curves."""
        found: Any = findings.figures
        return self.written(
            findings,
            sentences(found),
            f"Baseline after {count(found.epochs, 'epoch')}",
            charts=self.charted(len(findings.data.classes), settled=found.plateau.epoch),
            pictures=(self.picture(f"The baseline's {findings.data.pictured}."),),
        )


def snapshot_epochs(epochs: int, snapshots: int) -> list[int]:
    """Return 0 and up to `snapshots` - 1 epochs in steps of one ratio from 1 to the last: early ones change most."""
    return sorted({0, epochs, *np.geomspace(1, epochs, snapshots - 1).round().astype(int).tolist()})


def reason(curves: pd.DataFrame, found: Any, learning_rate: float) -> str:
    """Return why the baseline does as it does, by how its two losses went; nothing where they do not tell.

    Args:
        curves: a row for each epoch, with Keras's metrics.
        found: the figures of the stage.
        learning_rate: of the baseline.
    """
    if found.diverged:
        return (
            f"With a learning rate of {code(learning_rate)}, the training loss rose, or is no number any more: the "
            "steps were too long to follow the gradient."
        )
    train, validation, late = found.train.loss, found.validation.loss, max(1, round(LATE * len(curves)))
    if train is None or validation is None or len(curves) <= late:
        return ""
    last, lowest, before = curves.iloc[-1], curves.iloc[int(curves["val_loss"].argmin())], curves.iloc[-1 - late]
    losses = f"Its loss is {number(validation)} on the validation points, and {number(train)} on the training points"
    by_heart, least = validation > BY_HEART * train, 1 - CHANGE
    if by_heart and lowest["val_loss"] < least * last["val_loss"] and last["loss"] < lowest["loss"]:
        return (
            f"{losses}. After epoch {lowest['epoch']:g} the one has risen again while the other fell: since then it "
            "has learned by heart."
        )
    if not by_heart and all(last[name] < least * before[name] for name in ("loss", "val_loss")):
        span = "epoch" if late == 1 else f"{late} epochs"
        return f"{losses}: it has learned little by heart. Both still fell over the last {span}."
    return ""


def sentences(found: BaselineFigures) -> str:
    """Return how well the baseline does, test points included, and since when its loss has settled."""
    plateau = found.plateau
    span = f"{plateau.patience} epochs gain" if plateau.patience > 1 else "epoch gains"
    when = "not settled yet"
    if plateau.epoch:
        when = f"settled at epoch {plateau.epoch}: the next {span} less than {plateau.min_delta:g}"
    elif found.diverged:
        when = "not settled: it diverged, as it rose and ended above that of a constant answer, or is no number"
    held_out = f"{share(found.validation.accuracy)} of the validation points and {share(found.test.accuracy)}"
    return (
        f"{verdict(found.test.accuracy)}: the baseline ({found.parameters} parameters, "
        f"{count(found.epochs, 'epoch')}, one seed) gets {share(found.train.accuracy)} of the training points, "
        f"{held_out} of the test points right. "
        f"Its loss has {when}."
    )


def verdict(accuracy: float | None) -> str:
    """Return in a word whether a share of the points is all of them."""
    return "Yes" if accuracy == 1 else "Nearly" if accuracy and accuracy > 0.95 else "Not so far"
