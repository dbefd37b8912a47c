"""Keras's callbacks on a few epochs of plain `fit`, and what is made of them."""

import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from stages.lib.analysis.sweep import Trained
from stages.lib.core.places import Places
from stages.lib.core.plan import EarlyStopping, Optimizer, read_plan, write_plan
from stages.lib.core.points import read_points
from stages.lib.engine.networks import callbacks
from stages.lib.engine.networks.network import dense_network
from stages.questions import callbacks_demo
from tests.conftest import pixels
from tests.measured import GIVEN, draw_points, plan_of

PAGE = callbacks_demo.Page()
STAGE = "callbacks_demo"
ASKED = {"learning_rate": 0.05, "epochs": 12, "min_delta": 0.5, "patience": 3}


def trained(folder: Path) -> Places:
    places = Places(folder)
    draw_points(places)
    plan = plan_of(PAGE, callbacks_demo=ASKED, training={"batch_size": 500}, network={"hidden_units": [5]})
    write_plan(plan, places.plan(STAGE))
    callbacks.train(STAGE, places=places)
    return places


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """A run whose plot is drawn as seldom as can be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(callbacks, "SECONDS_BETWEEN", 1000)
        return trained(tmp_path_factory.mktemp("callbacks_demo"))


@pytest.fixture(scope="module")
def found(places: Places) -> callbacks_demo.CallbacksFigures:
    findings = PAGE.judge(Trained(read_plan(places.plan(STAGE)), places.trained(STAGE)), GIVEN)
    return findings.figures  # type: ignore[return-value]


@pytest.fixture(scope="module")
def curves(places: Places) -> pd.DataFrame:
    return pd.read_csv(places.trained(STAGE) / "curves.csv")


def test_the_plan_is_the_baseline_under_adam_with_the_rule_of_early_stopping() -> None:
    plan = plan_of(PAGE, callbacks_demo=ASKED, training={"batch_size": 77, "epochs": 5}, lr=0.9)
    (variant,) = plan.variants
    assert variant.recipe.optimizer == Optimizer("adam")
    assert (variant.recipe.learning_rate, variant.recipe.epochs, variant.recipe.batch_size) == (0.05, 12, 77)
    assert plan.early_stopping == EarlyStopping(min_delta=0.5, patience=3)


def test_training_stops_when_patience_runs_out_and_the_best_weights_come_back(
    found: callbacks_demo.CallbacksFigures, curves: pd.DataFrame
) -> None:
    stopping = found.early_stopping
    # Nothing improves on a loss below 1 by 0.5, so the first epoch stays the best for ever.
    assert stopping.best_epoch == 1
    assert stopping.stopped_epoch == len(curves) == 1 + 3
    assert stopping.restored.val_loss == pytest.approx(curves["val_loss"][0], rel=1e-5)
    assert (stopping.min_delta, stopping.patience) == (0.5, 3)


def test_a_checkpoint_loaded_again_gives_the_figures_that_were_logged(
    places: Places, found: callbacks_demo.CallbacksFigures, curves: pd.DataFrame
) -> None:
    kept = found.model_checkpoint
    assert kept.loaded == kept.logged
    assert kept.logged.val_loss == pytest.approx(curves["val_loss"].min(), rel=1e-5)
    assert kept.best_epoch == curves["val_loss"].argmin() + 1
    model = dense_network([5], "relu", keras.optimizers.Adam(), name="loaded")
    model.load_weights(places.checkpoints(STAGE) / "best.weights.h5")
    points = read_points(places.points("validation"), 2)
    loss, _ = model.evaluate(points.x, points.y, verbose=0)
    assert loss == pytest.approx(kept.loaded.val_loss, rel=1e-5)


def test_one_checkpoint_is_kept_per_improvement(
    places: Places, found: callbacks_demo.CallbacksFigures, curves: pd.DataFrame
) -> None:
    val_loss = curves["val_loss"].to_numpy()
    improved = [epoch + 1 for epoch in range(len(val_loss)) if val_loss[epoch] < min([np.inf, *val_loss[:epoch]])]
    assert found.model_checkpoint.epochs_saved == improved
    files = sorted(file.name for file in (places.checkpoints(STAGE) / "improvements").iterdir())
    assert files == [f"{epoch:04d}.weights.h5" for epoch in improved]


def test_the_live_plot_is_a_picture_with_both_curves(places: Places) -> None:
    for colour in ([31, 119, 180], [255, 127, 14]):  # Matplotlib's first two
        assert (pixels(places.live_plot(STAGE)) == colour).all(axis=1).sum() > 50


def test_it_can_be_watched_whole_under_its_own_name_which_changes_no_byte_of_what_is_written(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "SECONDS_BETWEEN", 0)
    seen = []
    drawn = callbacks.LivePlot.draw

    def draw_and_look(plot: callbacks.LivePlot) -> None:
        drawn(plot)
        seen.append(pixels(Places(tmp_path).live_plot(STAGE)).tobytes())

    monkeypatch.setattr(callbacks.LivePlot, "draw", draw_and_look)
    again = trained(tmp_path)
    assert len(set(seen)) == 4  # one for each epoch
    assert seen[-1] == pixels(again.live_plot(STAGE)).tobytes()
    assert [path.name for path in again.live_plot(STAGE).parent.iterdir()] == ["live_plot.png"]
    files = [file for folder in ("data/trained", "models", "plots") for file in (places.root / folder).rglob("*.*")]
    assert len(files) >= 4
    for file in files:
        assert (again.root / file.relative_to(places.root)).read_bytes() == file.read_bytes(), file.name


def figures(best: int, last: int, saved: list[int]) -> callbacks_demo.CallbacksFigures:
    held_out = {"val_loss": 0.25, "val_accuracy": 0.875}
    stopping = {"min_delta": 0.001, "patience": 2, "best_epoch": best, "restored": held_out, "stopped_epoch": last}
    kept = {"best_epoch": 9, "epochs_saved": saved, "logged": held_out, "loaded": held_out}
    return callbacks_demo.CallbacksFigures.of({"early_stopping": stopping, "model_checkpoint": kept})


def test_the_answer_says_whether_early_stopping_stopped_or_the_epochs_ran_out() -> None:
    text = callbacks_demo.sentences(figures(best=7, last=9, saved=[1, 9]))
    assert "`EarlyStopping` ends the training after 9 epochs and takes back the weights of epoch 7" in text
    assert "saved 2 epochs, the best of them 9; loaded again, it gives the same figures as were logged." in text
    text = callbacks_demo.sentences(figures(best=8, last=9, saved=[1]))
    assert "9 epochs run out before `EarlyStopping` ends the training; it takes back the weights of epoch 8" in text


def test_weights_that_answer_otherwise_when_loaded_are_told_of() -> None:
    found = figures(best=7, last=9, saved=[1])
    other = found.early_stopping.restored.model_copy(update={"val_loss": 0.5})
    kept = found.model_checkpoint.model_copy(update={"loaded": other})
    changed = found.model_copy(update={"model_checkpoint": kept})
    assert "other figures than were logged" in callbacks_demo.sentences(changed)


def test_a_network_that_never_had_a_finite_loss_has_a_first_epoch_for_its_best(places: Places, tmp_path: Path) -> None:
    source = places.trained(STAGE)
    (tmp_path / "callbacks.json").write_text(json.dumps(json.loads((source / "callbacks.json").read_text())), "utf-8")
    pd.read_csv(source / "curves.csv").assign(val_loss=np.nan).to_csv(tmp_path / "curves.csv", index=False)
    plan = replace(read_plan(places.plan(STAGE)))
    found = PAGE.judge(Trained(plan, tmp_path), GIVEN).figures
    assert found.model_checkpoint.best_epoch == 1  # type: ignore[attr-defined]
