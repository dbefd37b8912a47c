"""What is made of the files that Keras's callbacks left, which are written by hand here."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from stages.lib.analysis.chapter import Chart, Picture
from stages.lib.analysis.sweep import Trained
from stages.lib.core.files import write_csv, write_json
from stages.lib.core.plan import EarlyStopping, Optimizer, replicate_seeds
from stages.questions import callbacks_demo
from tests.measured import GIVEN, params, plan_of

PAGE = callbacks_demo.Page()
ASKED = {"learning_rate": 0.05, "epochs": 12, "min_delta": 0.125, "patience": 3}
FOUND = {
    "best_epoch": 1,
    "restored": {"val_loss": 0.5, "val_accuracy": 0.625},
    "epochs_saved": [1, 2, 3],
    "loaded": {"val_loss": 0.25, "val_accuracy": 0.875},
}


def trained(folder: Path, val_loss: list[float | None], loss: Sequence[float | None] = (0.5, 0.4, 0.3, 0.2)) -> Trained:
    accuracies = [0.625, 0.75, 0.875, 0.8, 0.7][: len(val_loss)]
    columns = {"loss": loss[: len(val_loss)], "val_loss": val_loss, "val_accuracy": accuracies}
    write_csv(pd.DataFrame(columns), folder / "curves.csv")
    write_json(FOUND, folder / "callbacks.json")
    return Trained(plan_of(PAGE, callbacks_demo=ASKED), folder)


def test_one_network_is_trained_by_adam_from_the_first_seed_under_the_rule() -> None:
    plan = plan_of(PAGE, callbacks_demo=ASKED, seed=5, training={"batch_size": 77, "epochs": 5}, lr=0.9)
    (variant,) = plan.variants
    assert variant.changed == {}
    assert variant.recipe.optimizer == Optimizer("adam")
    assert (variant.recipe.learning_rate, variant.recipe.epochs, variant.recipe.batch_size) == (0.05, 12, 77)
    assert variant.recipe.hidden_units == tuple(params()["network"].hidden_units)
    assert plan.early_stopping == EarlyStopping(min_delta=0.125, patience=3)
    assert plan.seeds == replicate_seeds(5, 1)


def test_each_callback_has_its_own_best_epoch_and_figures(tmp_path: Path) -> None:
    findings = PAGE.judge(trained(tmp_path, [0.5, 0.4, 0.25, 0.3]), GIVEN)
    assert findings.figures.model_dump() == {
        "early_stopping": {
            "min_delta": 0.125,
            "patience": 3,
            "best_epoch": 1,
            "restored": {"val_loss": 0.5, "val_accuracy": 0.625},
            "stopped_epoch": 4,
        },
        "model_checkpoint": {
            "best_epoch": 3,
            "epochs_saved": [1, 2, 3],
            "logged": {"val_loss": 0.25, "val_accuracy": 0.875},
            "loaded": {"val_loss": 0.25, "val_accuracy": 0.875},
        },
    }
    assert findings.tables["curves"]["val_loss"].tolist() == [0.5, 0.4, 0.25, 0.3]
    assert findings.chosen is None


@pytest.mark.parametrize(("val_loss", "best"), [([None, 0.4, 0.3, None], 3), ([None, None], 1), ([0.3, 0.3], 1)])
def test_the_best_epoch_is_the_first_with_the_least_finite_loss(
    tmp_path: Path, val_loss: list[float | None], best: int
) -> None:
    found = PAGE.judge(trained(tmp_path, val_loss), GIVEN).figures
    assert found.model_checkpoint.best_epoch == best  # type: ignore[attr-defined]


def test_the_chapter_points_out_the_epoch_whose_weights_came_back(tmp_path: Path) -> None:
    chapter = PAGE.chapter(PAGE.judge(trained(tmp_path, [0.5, 0.4, 0.25, 0.3]), GIVEN))
    assert chapter.answer == (
        "From one seed, `EarlyStopping` ends the training after 4 epochs and takes back the weights of epoch 1, the "
        "last that gained 0.125. `ModelCheckpoint`, which counts every gain, saved 3 epochs, the best of them 3; "
        "loaded again, it gives the same figures as were logged."
    )
    assert chapter.title == "Callbacks demo"
    assert chapter.charts == (Chart("learning", marks={"weights taken back": 1}),)
    picture = Picture("plots/callbacks_demo/live_plot.png", "The curves as PlotLossesKeras drew them.")
    assert chapter.pictures == (picture,)


def test_the_answer_tells_that_the_epochs_ran_out_and_that_weights_came_back_otherwise(tmp_path: Path) -> None:
    found = PAGE.judge(trained(tmp_path, [0.5, 0.4, 0.3]), GIVEN).figures
    assert callbacks_demo.sentences(found) == (  # type: ignore[arg-type]
        "From one seed, 3 epochs run out before `EarlyStopping` ends the training; it takes back the weights of "
        "epoch 1, the last that gained 0.125. `ModelCheckpoint`, which counts every gain, saved 3 epochs, the best of "
        "them 3; loaded again, it gives other figures than were logged."
    )


def test_an_only_epoch_runs_out(tmp_path: Path) -> None:
    found = PAGE.judge(trained(tmp_path, [0.5]), GIVEN).figures
    told = callbacks_demo.sentences(found)  # type: ignore[arg-type]
    assert told.startswith("From one seed, 1 epoch runs out before `EarlyStopping` ends the training; it takes back")


@pytest.mark.parametrize(
    ("val_loss", "loss", "told"),
    [
        (
            [0.5, 0.45, 0.4, 0.41],
            [0.6, 0.5, 0.3, 0.2],
            "After epoch 1 the validation loss still fell, from 0.5 to 0.4, but by less than the 0.125 that counts as "
            "a gain (`min_delta`); the training loss fell from 0.6 to 0.2.",
        ),
        (
            [0.5, 0.6, 0.7, 0.8],
            [0.6, 0.5, 0.3, 0.2],
            "After epoch 1 the validation loss did not fall below 0.5; the training loss fell from 0.6 to 0.2: what "
            "was still learned helps with the training points alone.",
        ),
        (
            [0.5, 0.6, 0.7, 0.8],
            [0.6, 0.5, 0.6, 0.7],
            "After epoch 1 the validation loss did not fall below 0.5; the training loss rose from 0.6 to 0.7.",
        ),
        (
            [0.5, 0.49999, 0.7, 0.8],
            [0.6, 0.5, 0.3, 0.59999],
            "After epoch 1 the validation loss did not fall below 0.5; the training loss stayed at 0.6.",
        ),
        ([0.5, 0.6, 0.7, None], [0.6, 0.5, 0.3, None], ""),
        ([0.5, 0.6, 0.7], [0.6, 0.5, 0.3], ""),
    ],
    ids=[
        "a gain too small to count",
        "by heart",
        "nothing learned",
        "nothing that is seen",
        "no number",
        "epochs ran out",
    ],
)
def test_what_the_losses_did_while_it_waited_is_told(
    tmp_path: Path, val_loss: list[float | None], loss: list[float | None], told: str
) -> None:
    assert PAGE.judge(trained(tmp_path, val_loss, loss), GIVEN).because == told
