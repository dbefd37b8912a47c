"""The page of the baseline, on curves made by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stages.lib.analysis.chapter import Chart, Picture
from stages.lib.analysis.figures import Judged
from stages.lib.core.plan import Kept, replicate_seeds
from stages.questions import baseline
from tests.measured import GIVEN, measured, plan_of

PAGE = baseline.Page()


def test_one_network_is_trained_from_the_first_seed_and_followed() -> None:
    plan = plan_of(PAGE, seed=9, training={"epochs": 50}, baseline={"snapshots": 4})
    assert plan.seeds == replicate_seeds(9, 1)
    assert len(plan.variants) == 1
    assert plan.snapshots == [0, 1, 7, 50]  # 1, then by the ratio sqrt(50)


@pytest.mark.parametrize(
    ("epochs", "snapshots", "expected"), [(1, 5, [0, 1]), (100, 2, [0, 1, 100]), (4, 3, [0, 1, 4])]
)
def test_snapshots_begin_before_the_first_epoch_and_end_with_the_last(
    epochs: int, snapshots: int, expected: list[int]
) -> None:
    assert baseline.snapshot_epochs(epochs, snapshots) == expected


def test_it_is_judged_on_each_set_of_points(tmp_path: Path) -> None:
    plan = plan_of(PAGE, baseline={"snapshots": 2}, training={"epochs": 4})
    trained = measured(tmp_path, plan, [[0.2]], epochs=4)
    np.save(tmp_path / "snapshots.npy", np.stack([np.full(337, epoch, np.float32) for epoch in plan.snapshots]))
    found = PAGE.judge(trained, GIVEN)
    figures: baseline.BaselineFigures = found.figures  # type: ignore[assignment]
    assert figures.train == Judged(loss=0.18, accuracy=0.95)
    assert figures.validation == Judged(loss=0.2, accuracy=0.8)
    assert figures.test == Judged(loss=0.22, accuracy=0.7)
    assert (figures.parameters, figures.epochs) == (337, 4)
    assert figures.plateau.epoch is None  # the loss falls by 0.1 to the end
    assert found.tables["curves"]["epoch"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(found.tables["curves"]["val_loss"], [0.5, 0.4, 0.3, 0.2], rtol=1e-6)
    np.testing.assert_allclose(found.tables["curves"]["loss"], [0.49, 0.39, 0.29, 0.19], rtol=1e-5)
    assert list(found.tables["curves"]) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy"]
    assert found.chosen is not None
    assert found.chosen.kept == Kept(plan.variants[0].recipe, summary=True)
    assert found.chosen.weights.tolist() == [0] * 337  # of variant 0, seed 0
    chapter = PAGE.chapter(found)
    assert chapter.answer == baseline.sentences(figures)
    assert chapter.title == "Baseline after 4 epochs"
    assert chapter.charts == (Chart("learning", marks={"settled": None}),)
    picture = Picture("plots/figures/baseline.png", "The baseline's answer over the plane, soft and strict.")
    assert chapter.pictures == (picture,)
    assert {epoch: set(weights) for epoch, weights in found.chosen.snapshots.items()} == {0: {0}, 1: {1}, 4: {4}}


def test_the_epoch_at_which_the_loss_has_settled_is_pointed_out_on_its_chart(tmp_path: Path) -> None:
    trained = measured(tmp_path, plan_of(PAGE, baseline={"snapshots": 2}, training={"epochs": 4}), [[0.2]], epochs=4)
    np.save(tmp_path / "snapshots.npy", np.zeros((3, 337), np.float32))
    np.save(tmp_path / "val_loss.npy", np.array([[[0.5, 0.3, 0.295, 0.2]]], np.float32))
    found = PAGE.judge(trained, GIVEN)  # the third epoch gains less than 0.01
    assert found.figures.plateau == baseline.Plateau(epoch=2, min_delta=0.01, patience=1)  # type: ignore[attr-defined]
    assert PAGE.chapter(found).charts == (Chart("learning", marks={"settled": 2}),)


def test_a_baseline_that_diverged_has_not_settled_though_its_loss_no_longer_falls(tmp_path: Path) -> None:
    trained = measured(tmp_path, plan_of(PAGE, baseline={"snapshots": 2}, training={"epochs": 4}), [[0.9]], epochs=4)
    np.save(tmp_path / "snapshots.npy", np.zeros((3, 337), np.float32))
    for name in ("loss", "val_loss"):
        np.save(tmp_path / f"{name}.npy", np.array([[[0.8, 0.9, 0.9, 0.9]]], np.float32))
    np.save(tmp_path / "start_loss.npy", np.array([[0.7]], np.float32))
    found: Any = PAGE.judge(trained, GIVEN).figures
    assert found.diverged
    assert found.plateau.epoch is None
    np.save(tmp_path / "start_loss.npy", np.array([[0.95]], np.float32))
    np.save(tmp_path / "loss.npy", np.array([[[0.9, 0.9, 0.9, 0.9]]], np.float32))
    steady: Any = PAGE.judge(trained, GIVEN).figures
    assert not steady.diverged
    assert steady.plateau.epoch == 1


@pytest.mark.parametrize(
    ("loss", "val_loss", "told"),
    [
        (
            [0.5, 0.4, 0.3, 0.2],
            [0.5, 0.4, 0.3, 0.25],
            ": it has learned little by heart. Both still fell over the last epoch.",
        ),
        (
            [0.5, 0.4, 0.3, 0.1],
            [0.5, 0.2, 0.3, 0.4],
            ". After epoch 2 the one has risen again while the other fell: since",
        ),
        ([0.5, 0.4, 0.3, 0.299], [0.5, 0.4, 0.3, 0.2], ""),
        ([0.5, 0.4, 0.3, 0.2], [0.5, 0.3, 0.2, 0.2], ""),
        ([0.5, 0.4, 0.3, 0.1], [0.5, 0.4, 0.3, 0.25], ""),
        ([0.5, 0.4, 0.3, 0.1], [0.5, 0.4, 0.2499, 0.25], ""),
        ([0.5, 0.1, 0.3, 0.15], [0.5, 0.2, 0.3, 0.4], ""),
        ([0.5, 0.4, 0.3, 0.2], [0.5, 0.4, 0.3, np.nan], ""),
        ([0.5], [0.4], ""),
    ],
    ids=[
        "it learns still",
        "by heart",
        "the training loss no longer falls",
        "the validation loss no longer falls",
        "apart, but not risen",
        "apart, and hardly risen",
        "both risen",
        "no number",
        "one epoch",
    ],
)
def test_the_reason_is_told_by_both_losses(loss: list[float], val_loss: list[float], told: str) -> None:
    curves = pd.DataFrame({"epoch": range(1, len(loss) + 1), "loss": loss, "val_loss": val_loss})
    found = figures_of(1.0, losses=(loss[-1], val_loss[-1]))
    losses = f"Its loss is {val_loss[-1]} on the validation points, and {loss[-1]} on the training points"
    assert baseline.reason(curves, found, 0.1).startswith(losses + told if told else "")
    assert bool(baseline.reason(curves, found, 0.1)) == bool(told)


def test_a_baseline_that_diverged_took_steps_that_were_too_long() -> None:
    curves = pd.DataFrame({"epoch": [1, 2], "loss": [0.8, np.nan], "val_loss": [np.nan, np.nan]})
    assert baseline.reason(curves, figures_of(0.5, diverged=True), 30.0) == (
        "With a learning rate of `30`, the training loss rose, or is no number any more: the steps were too long to "
        "follow the gradient."
    )


def figures_of(
    accuracy: float | None, epoch: int | None = 5, *, diverged: bool = False, losses: tuple[float, float] = (0.1, 0.1)
) -> baseline.BaselineFigures:
    train, validation = losses
    sets = {"train": {"loss": train, "accuracy": 1.0}, "validation": {"loss": validation, "accuracy": 0.9}}
    plateau = {"epoch": epoch, "min_delta": 0.001, "patience": 20}
    rest = {"test": {"loss": 0.1, "accuracy": accuracy}, "parameters": 337, "epochs": 200}
    rest |= {"diverged": diverged, "plateau": plateau}
    return baseline.BaselineFigures.of({**sets, **rest})


@pytest.mark.parametrize(
    ("accuracy", "verdict"),
    [(1.0, "Yes"), (0.99, "Nearly"), (0.95, "Not so far"), (0.0, "Not so far"), (None, "Not so far")],
)
def test_the_verdict_is_by_the_test_points(accuracy: float | None, verdict: str) -> None:
    assert baseline.sentences(figures_of(accuracy)).startswith(f"{verdict}: the baseline (337 parameters, 200 epochs")


def test_the_answer_says_when_the_loss_has_settled() -> None:
    assert baseline.sentences(figures_of(0.8)) == (
        "Not so far: the baseline (337 parameters, 200 epochs, one seed) gets 100.00% of the training points, 90.00% "
        "of the validation points and 80.00% of the test points right. Its loss has settled at epoch 5: the next 20 "
        "epochs gain less than 0.001."
    )
    assert baseline.sentences(figures_of(0.8, epoch=None)).endswith("Its loss has not settled yet.")
    assert baseline.sentences(figures_of(0.8, epoch=None, diverged=True)).endswith(
        "Its loss has not settled: it diverged, as it rose and ended above that of a constant answer, or is no number."
    )
    assert "no known share of the test points" in baseline.sentences(figures_of(None))
