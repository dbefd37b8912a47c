"""Sentences that the answers of several pages share."""

from typing import Any

import pytest

from stages.lib.analysis import answers
from stages.lib.analysis.figures import SweepFigures

LOSS = {"mean": 0.25, "std": 0.0625, "min": 0.125, "max": 0.5, "n": 3}
ACCURACY = {"mean": 0.875, "std": 0.01, "min": 0.8, "max": 0.9, "n": 3}


def figures(best: dict[str, Any], **changed: Any) -> SweepFigures:
    found = {"best": {"diverged": 0, "val_loss": LOSS, "val_accuracy": ACCURACY} | best}
    return SweepFigures.of(found | {"same_as_best": [], "diverged": 2, "runs": 6, "epochs": 9, "variants": 3} | changed)


def test_the_best_is_told_with_its_interval_and_what_can_not_be_told_from_it() -> None:
    best = {"optimizer": "adam", "learning_rate": 0.01}
    text = answers.sweep(figures(best, same_as_best=[best, {"optimizer": "sgd"}]), "optimizer")
    # 0.25 ± 4.303 * 0.0625 / sqrt(3), of Student's t with 2 degrees of freedom
    assert text == (
        "`adam` at a learning rate of `0.01` has the least validation loss after 9 epochs: 0.25, 95 % interval 0.095 "
        "to 0.41 (3 seeds), with 87.50% of the validation points right. Not to be told from it at 5 %: `sgd`. "
        "Of 6 runs 2 diverged."
    )


def test_all_others_are_worse_only_where_there_are_others() -> None:
    best = {"learning_rate": 0.5}
    three = figures(best, same_as_best=[0.5], variants=3)
    assert answers.sweep(three, "learning_rate").startswith("`0.5` has the least validation loss")
    assert "points right. All others are worse at 5 %. Of 6 runs" in answers.sweep(three, "learning_rate")
    two = figures(best, same_as_best=[0.5], variants=2)
    assert "points right. The other is worse at 5 %. Of 6 runs" in answers.sweep(two, "learning_rate")
    alone = figures(best, same_as_best=[0.5], variants=1)
    assert "points right. Of 6 runs" in answers.sweep(alone, "learning_rate")


def test_all_that_can_not_be_told_from_the_best_are_named() -> None:
    text = answers.sweep(figures({"name": "a"}, same_as_best=["b", "a", "c"]), "name")
    assert "Not to be told from it at 5 %: `b`, `c`. Of" in text


def test_the_interval_of_a_loss_does_not_reach_below_0() -> None:
    loss = {"mean": 0.001, "std": 0.002, "min": 0.0, "max": 0.003, "n": 3}
    text = answers.sweep(figures({"learning_rate": 0.1, "val_loss": loss}, same_as_best=[0.1]), "learning_rate")
    assert "0.001, 95 % interval 0 to 0.006 (3 seeds)" in text  # 0.001 + 4.3 * 0.00115


def test_one_seed_has_no_interval() -> None:
    loss = {"mean": 0.001, "std": None, "min": 0.001, "max": 0.001, "n": 1}
    text = answers.sweep(figures({"learning_rate": 0.1, "val_loss": loss}, same_as_best=[0.1]), "learning_rate")
    assert "9 epochs: 0.001 (1 seed), with" in text


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ([], ""),
        (["learning_rate"], " Its learning rate stands at an end of what was tried, so a better one may lie beyond."),
        (["depth", "width"], " Its depth and its width stand at an end of what was tried, so a better one may lie"),
    ],
)
def test_what_stands_at_an_end_of_its_grid_is_named(ends: list[str], said: str) -> None:
    found = figures({"learning_rate": 0.1, "at_end_of_grid": ends}).best
    assert answers.edge(found).startswith(said)
    assert bool(answers.edge(found)) == bool(said)


def test_nothing_finite_is_no_answer() -> None:
    nothing = dict.fromkeys(("mean", "std", "min", "max"), None) | {"n": 3}
    found = figures({"batch_size": 8, "val_loss": nothing, "val_accuracy": nothing})
    expected = "No batch size ends with a finite loss from every seed. Of 6 runs 2 diverged."
    assert answers.sweep(found, "batch_size") == expected


@pytest.mark.parametrize(("depth", "said"), [(0, "no layers of"), (1, "1 layer of 8"), (3, "3 layers of 8")])
def test_a_size_in_words(depth: int, said: str) -> None:
    assert answers.size({"depth": depth, "width": 8}) == said


def test_a_name_can_not_end_its_code() -> None:
    assert answers.code("a`b\nc") == "`a'b c`"
    assert answers.code(0.10000000149) == "`0.1`"
    assert answers.code(1e-6) == "`1e-06`"
