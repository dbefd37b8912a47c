"""Sentences that the answers of several pages share."""

from typing import Any

import pytest

from stages.lib.analysis import answers
from stages.lib.analysis.figures import SweepFigures

LOSS = {"mean": 0.2, "std": 0.06, "min": 0.1, "max": 0.4, "n": 3}
ACCURACY = {"mean": 0.9, "std": 0.01, "min": 0.8, "max": 0.95, "n": 3}
TEST_LOSS = {"mean": 0.25, "std": 0.0625, "min": 0.125, "max": 0.5, "n": 3}
TEST_ACCURACY = {"mean": 0.875, "std": 0.01, "min": 0.8, "max": 0.9, "n": 3}


def figures(best: dict[str, Any], **changed: Any) -> SweepFigures:
    measured = {"val_loss": LOSS, "val_accuracy": ACCURACY, "test_loss": TEST_LOSS, "test_accuracy": TEST_ACCURACY}
    found = {"best": {"diverged": 0} | measured | best}
    return SweepFigures.of(found | {"same_as_best": [], "diverged": 2, "runs": 6, "epochs": 9, "variants": 3} | changed)


def test_the_best_is_told_by_the_test_points_and_with_all_that_are_not_significantly_worse() -> None:
    best = {"optimizer": "adam", "learning_rate": 0.01}
    text = answers.sweep(figures(best, same_as_best=[best, {"optimizer": "sgd"}]), "optimizer")
    # 0.25 ± 4.303 * 0.0625 / sqrt(3), of Student's t with 2 degrees of freedom
    assert text == (
        "Optimizer `adam` at a learning rate of `0.01` does best, and 1 other not significantly worse: after 9 epochs "
        "it gets 87.50% of new points right. Its loss on these test points, which were not used for choosing, is 0.25 "
        "nats, 95 % interval 0.095 to 0.41 (3 replicates). Not significantly worse (5 %): `sgd`. Of 6 runs 2 diverged."
    )


def test_all_others_are_worse_only_where_there_are_others() -> None:
    best = {"learning_rate": 0.5}
    three = figures(best, same_as_best=[0.5], variants=3)
    assert answers.sweep(three, "learning_rate").startswith("Learning rate `0.5` does best: after 9 epochs")
    assert "(3 replicates). All others are significantly worse (5 %). Of" in answers.sweep(three, "learning_rate")
    two = figures(best, same_as_best=[0.5], variants=2)
    assert "(3 replicates). The other is significantly worse (5 %). Of 6 runs" in answers.sweep(two, "learning_rate")
    alone = figures(best, same_as_best=[0.5], variants=1)
    assert "(3 replicates). Of 6 runs" in answers.sweep(alone, "learning_rate")


def test_all_that_are_not_significantly_worse_are_named() -> None:
    text = answers.sweep(figures({"name": "a"}, same_as_best=["b", "a", "c"]), "name")
    assert "Not significantly worse (5 %): `b`, `c`. Of" in text


def test_the_interval_of_a_loss_does_not_reach_below_0() -> None:
    loss = {"mean": 0.001, "std": 0.002, "min": 0.0, "max": 0.003, "n": 3}
    text = answers.sweep(figures({"learning_rate": 0.1, "test_loss": loss}, same_as_best=[0.1]), "learning_rate")
    assert "0.001 nats, 95 % interval 0 to 0.006 (3 replicates)" in text  # 0.001 + 4.3 * 0.00115


def test_one_replicate_has_no_interval() -> None:
    loss = {"mean": 0.001, "std": None, "min": 0.001, "max": 0.001, "n": 1}
    text = answers.sweep(figures({"learning_rate": 0.1, "test_loss": loss}, same_as_best=[0.1]), "learning_rate")
    assert "is 0.001 nats (1 replicate). " in text


@pytest.mark.parametrize(
    ("accuracy", "said"), [(0.98, "98.00% of new points right. "), (0.9995, "99.95% of new points right (0.5 of 1,000")]
)
def test_few_points_wrong_are_counted(accuracy: float, said: str) -> None:
    found = figures({"learning_rate": 0.1, "test_accuracy": TEST_ACCURACY | {"mean": accuracy}}, same_as_best=[0.1])
    assert said in answers.sweep(found, "learning_rate")


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
    expected = "No batch size ends with a finite loss at every replicate. Of 6 runs 2 diverged."
    assert answers.sweep(found, "batch_size") == expected


@pytest.mark.parametrize(("depth", "said"), [(0, "no layers of"), (1, "1 layer of 8"), (3, "3 layers of 8")])
def test_a_size_in_words(depth: int, said: str) -> None:
    assert answers.size({"depth": depth, "width": 8}) == said


def test_a_name_can_not_end_its_code() -> None:
    assert answers.code("a`b\nc") == "`a'b c`"
    assert answers.code(0.10000000149) == "`0.1`"
    assert answers.code(1e-6) == "`1e-06`"
