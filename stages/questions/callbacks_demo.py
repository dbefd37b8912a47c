"""When to stop, and what to keep?

Keras's own callbacks on a plain `Sequential` network, driven by plain `fit`: EarlyStopping ends the
training when the validation loss has stopped falling and takes the best weights back;
ModelCheckpoint writes weights to disk, the best ones and each improvement; PlotLossesKeras (of
livelossplot) redraws the curves after each epoch.

Held fixed: the network of the baseline, its data and its batch size. The optimizer is Adam.
"""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from stages.lib.analysis import page
from stages.lib.analysis.answers import number
from stages.lib.analysis.chapter import Chapter, Picture
from stages.lib.analysis.figures import Count, Figure, Figures, Share
from stages.lib.analysis.page import Findings, Given, Params, baseline
from stages.lib.analysis.sweep import Trained
from stages.lib.core.files import read_csv, read_json
from stages.lib.core.places import Places
from stages.lib.core.plan import EarlyStopping, Optimizer, Plan, Variant, replicate_seeds
from stages.lib.core.points import Description
from stages.lib.core.words import count

DIGITS = 3  # of a loss


class HeldOut(Figures):
    """A network on the validation points."""

    val_loss: Figure
    val_accuracy: Share


class Stopped(Figures):
    """EarlyStopping: its rule, the epoch whose weights it took back, their figures, and the last epoch."""

    min_delta: Figure
    patience: Count
    best_epoch: Count
    restored: HeldOut
    stopped_epoch: Count


class Checkpoints(Figures):
    """ModelCheckpoint: the epochs that it saved, the best of them, and its figures as logged and as loaded again."""

    best_epoch: Count
    epochs_saved: list[Count]
    logged: HeldOut
    loaded: HeldOut


class CallbacksFigures(Figures):
    """What each callback gave back."""

    early_stopping: Stopped
    model_checkpoint: Checkpoints


class Page(page.Page):
    """The baseline's network under Adam, watched by Keras's callbacks."""

    order = 100
    task = 4
    reads = ("seed", "network", "training", "callbacks_demo")
    command = "dvc exp run -S callbacks_demo.patience=5"
    figures = CallbacksFigures
    charts = ("learning",)

    def plan(self, params: Params, data: Description) -> Plan:
        """Return one network from the first seed, and the rule of EarlyStopping."""
        asked = params["callbacks_demo"]
        recipe = replace(
            baseline(params, data), optimizer=Optimizer("adam"), learning_rate=asked.learning_rate, epochs=asked.epochs
        )
        rule = EarlyStopping(asked.min_delta, asked.patience)
        return Plan([Variant({}, recipe)], replicate_seeds(params["seed"], 1), early_stopping=rule)

    def judge(self, trained: Trained, given: Given) -> Findings:
        """Return the curves, and what each callback gave back."""
        curves, found = read_csv(trained.folder / "curves.csv"), read_json(trained.folder / "callbacks.json")
        lowest = int(curves["val_loss"].argmin(skipna=True)) if curves["val_loss"].notna().any() else 0
        rule = asdict(trained.plan.early_stopping) if trained.plan.early_stopping else {}
        figures = {
            "early_stopping": {
                **rule,
                "best_epoch": found["best_epoch"],
                "restored": found["restored"],
                "stopped_epoch": len(curves),
            },
            "model_checkpoint": {
                "best_epoch": lowest + 1,
                "epochs_saved": found["epochs_saved"],
                "logged": curves.iloc[lowest][["val_loss", "val_accuracy"]].to_dict(),
                "loaded": found["loaded"],
            },
        }
        judged = self.figures.of(figures)
        return Findings(given.data, judged, {"curves": curves}, because=reason(curves, judged))

    def chapter(self, findings: Findings) -> Chapter:
        """Return when the training ended, with the curves and the picture that was drawn live."""
        found: Any = findings.figures
        return self.written(
            findings,
            sentences(found),
            "Callbacks demo",
            charts=self.charted(len(findings.data.classes), **{"weights taken back": found.early_stopping.best_epoch}),
            pictures=(Picture(Places().live_plot(self.stage).as_posix(), "The curves as PlotLossesKeras drew them."),),
        )


def reason(curves: pd.DataFrame, found: Any) -> str:
    """Return what the two losses did while `EarlyStopping` waited; nothing where it did not end the training.

    Args:
        curves: a row for each epoch.
        found: the figures of the stage.
    """
    stopping = found.early_stopping
    best, last = stopping.best_epoch, stopping.stopped_epoch
    waited = curves.iloc[best - 1 :]
    if last - best < stopping.patience or not np.isfinite(waited[["loss", "val_loss"]]).all(axis=None):
        return ""
    first, end = waited.iloc[0], waited.iloc[-1]
    began, ended = number(first["loss"], DIGITS), number(end["loss"], DIGITS)
    before, lowest = number(first["val_loss"], DIGITS), number(waited["val_loss"].min(), DIGITS)
    learned = began != ended and end["loss"] < first["loss"]
    went = f"{'fell' if learned else 'rose'} from {began} to {ended}" if began != ended else f"stayed at {began}"
    if lowest != before:
        return (
            f"After epoch {best} the validation loss still fell, from {before} to {lowest}, but by less than the "
            f"{stopping.min_delta:g} that counts as a gain (`min_delta`); the training loss {went}."
        )
    heart = ": what was still learned helps with the training points alone" if learned else ""
    return f"After epoch {best} the validation loss did not fall below {before}; the training loss {went}{heart}."


def sentences(found: CallbacksFigures) -> str:
    """Return when EarlyStopping stopped, what it gave back, and what ModelCheckpoint kept."""
    stopping, kept = found.early_stopping, found.model_checkpoint
    same = "the same figures as were logged" if kept.loaded == kept.logged else "other figures than were logged"
    last = stopping.stopped_epoch
    epochs = count(last, "epoch")
    ended = f"`EarlyStopping` ends the training after {epochs} and"
    if last - stopping.best_epoch < stopping.patience:
        ended = f"{epochs} {'run' if last > 1 else 'runs'} out before `EarlyStopping` ends the training; it"
    return (
        f"From one seed, {ended} takes back the weights of epoch {stopping.best_epoch}, the last that gained "
        f"{stopping.min_delta:g}. `ModelCheckpoint`, which counts every gain, saved "
        f"{count(len(kept.epochs_saved), 'epoch')}, the best of them {kept.best_epoch}; loaded again, it gives {same}."
    )
