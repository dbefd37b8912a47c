"""The search for the smallest network, on figures made by hand."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, binomtest

from stages.lib.analysis.chapter import Picture
from stages.lib.core.plan import Initializer, Optimizer, replicate_seeds
from stages.params.smallest_network import SmallestNetwork
from stages.questions import smallest_network
from tests.measured import GIVEN, RING_AND_Y, measured, plan_of

ASKED = {
    "activations": ["tanh"],
    "most_parameters": 9,
    "restarts": 2,
    "most_restarts": 2,
    "epochs": 3,
    "batch_size": 403,
}
PAGE = smallest_network.Page()


def asking(**values: Any) -> SmallestNetwork:
    return SmallestNetwork(**{**ASKED, "learning_rate": 0.1, **values})


def table_of(rows: list[tuple[str, int, int]]) -> pd.DataFrame:
    """Shapes with their parameters and perfect restarts of 50, and intervals that reach 0.05 to either side."""
    table = pd.DataFrame(rows, columns=["hidden_units", "parameters", "perfect"])
    share = table["perfect"] / 50
    ends = {"low": share - 0.05, "high": share + 0.05}
    return table.assign(activation="tanh", restarts=50, share=share, accuracy_max=table["perfect"] > 0, **ends)


def test_every_shape_of_one_or_two_layers_up_to_a_size_is_tried() -> None:
    # one layer of h: 4h + 1 parameters; two of a and b: 3a + ab + 2b + 1
    assert sorted(asking(most_parameters=13).shapes) == [(1,), (1, 1), (1, 2), (1, 3), (2,), (2, 1), (3,)]


def test_a_search_of_tens_of_thousands_of_networks_is_accepted_and_one_beyond_all_patience_refused() -> None:
    shapes = len(asking(most_parameters=33).shapes)
    assert asking(activations=["tanh", "relu"], most_parameters=33, restarts=2000).restarts == 2000
    with pytest.raises(ValueError, match=f"all combinations are {2 * shapes * 10_000:,} networks"):
        asking(activations=["tanh", "relu"], most_parameters=33, restarts=10_000)


def test_every_start_of_every_shape_is_trained_by_adam_and_its_weights_are_kept() -> None:
    plan = plan_of(PAGE, smallest_network=ASKED | {"activations": ["tanh", "elu"], "learning_rate": 0.25}, seed=3)
    assert [variant.changed for variant in plan.variants] == [
        {"activation": activation, "hidden_units": shape}
        for activation in ("tanh", "elu")
        for shape in ("1", "1-1", "2")
    ]
    recipe = plan.variants[4].recipe
    assert (recipe.activation, recipe.hidden_units) == ("elu", (1, 1))
    assert (recipe.optimizer, recipe.learning_rate) == (Optimizer("adam"), 0.25)
    assert (recipe.batch_size, recipe.epochs, recipe.kernel_initializer) == (403, 3, Initializer("glorot_uniform"))
    assert (plan.kept, plan.rounds, plan.curves) == (2, [], False)
    assert plan.seeds == replicate_seeds(3, 2)


def test_the_answers_are_the_smallest_with_any_and_with_nine_of_ten_perfect_restarts() -> None:
    accuracy = np.linspace(0, 1, 10).reshape(5, 2)
    rows = [("6", 25, 48), ("3", 13, 0), ("4", 17, 2), ("2-2", 17, 3), ("5", 21, 42)]
    found = smallest_network.answer(table_of(rows), accuracy)
    assert found["smallest"]["hidden_units"] == "2-2"
    assert found["smallest_reliable"]["hidden_units"] == "6"
    assert found["undecided"] == []
    assert found["smallest"]["accuracy"]["mean"] == pytest.approx(accuracy[3].mean())
    assert found["runs"] == 250
    assert found["most_parameters"] == 25


def test_smaller_shapes_whose_interval_has_nine_of_ten_in_it_are_undecided() -> None:
    rows = [("9", 37, 46), ("6", 25, 48), ("3", 13, 44), ("4", 17, 46), ("2-2", 17, 40)]
    found = smallest_network.answer(table_of(rows), np.ones((5, 2)))
    assert found["smallest_reliable"]["hidden_units"] == "6"
    assert [shape["hidden_units"] for shape in found["undecided"]] == ["3", "4"]
    without = smallest_network.answer(table_of(rows[:1] + rows[2:]), np.ones((4, 2)))
    assert without["smallest_reliable"] is None
    assert [shape["hidden_units"] for shape in without["undecided"]] == ["3", "4", "9"]


def test_starts_are_doubled_while_the_interval_has_nine_of_ten_in_it() -> None:
    # An exact interval has 0.9 in it where neither tail of the binomial distribution at 0.9 is below half of the level.
    level = 0.05 / 3  # of three looks
    rounds = smallest_network.rounds_of(50, 150)
    assert [each.replicates for each in rounds] == [50, 100]
    for each in rounds:
        counts = np.arange(each.replicates + 1)
        lower, upper = binom.cdf(counts, each.replicates, 0.9), binom.sf(counts - 1, each.replicates, 0.9)
        undecided = counts[(lower >= level / 2) & (upper >= level / 2)]
        assert (each.least, each.most) == (undecided[0], undecided[-1])
    assert smallest_network.rounds_of(50, 50) == []


def test_a_shape_is_judged_by_as_many_starts_as_it_got(tmp_path: Path) -> None:
    asked = ASKED | {"restarts": 2, "most_restarts": 4}
    plan = plan_of(PAGE, smallest_network=asked)
    assert [each.replicates for each in plan.rounds] == [2]
    trained = measured(tmp_path, plan, np.full((3, 4), 0.5))
    accuracy = np.array([[0.5, 1.0, np.nan, np.nan], [1.0, 1.0, 0.9, 1.0], [0.5, 0.5, np.nan, np.nan]], np.float32)
    np.save(tmp_path / "train_accuracy.npy", accuracy)
    found = PAGE.judge(trained, GIVEN)
    table = found.tables["variants"]
    assert table["restarts"].tolist() == [2, 4, 2]
    assert table["perfect"].tolist() == [1, 3, 0]
    assert table["share"].tolist() == [0.5, 0.75, 0]
    np.testing.assert_allclose(table["accuracy_mean"], [0.75, 0.975, 0.5], rtol=1e-6)
    expected = binomtest(3, 4).proportion_ci(0.975, method="exact")
    assert (table["low"][1], table["high"][1]) == (pytest.approx(expected.low), pytest.approx(expected.high))
    assert found.figures.runs == 8  # type: ignore[attr-defined]


def test_one_perfect_restart_is_enough_to_be_the_smallest() -> None:
    found = smallest_network.answer(table_of([("3", 13, 1), ("4", 17, 9)]), np.ones((2, 2)))
    assert found["smallest"]["hidden_units"] == "3"


def test_without_a_perfect_restart_there_is_no_answer() -> None:
    found = smallest_network.answer(table_of([("3", 13, 0)]), np.zeros((1, 2)))
    assert found["smallest"] is None
    assert found["smallest_reliable"] is None


ACCURACY = np.array([[0.9, 1.0, 1.0], [1.0, 1.0, 1.0], [0.8, 0.7, 0.6]])


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ([9, 13, 5], (0, 1)),  # of the two shapes that separate, the smaller; of its perfect starts the first
        ([9, 9, 5], (1, 0)),  # equally small: the one with more perfect starts, and of equal starts the first
        ([17, 13, 5], (1, 0)),
    ],
)
def test_the_network_that_is_kept_is_the_first_perfect_start_of_the_smallest_shape(
    parameters: list[int], expected: tuple[int, int]
) -> None:
    perfect = (ACCURACY == 1).sum(axis=1)
    columns = {"parameters": parameters, "perfect": perfect, "share": perfect / 3}
    table = pd.DataFrame(columns | {"accuracy_max": ACCURACY.max(axis=1)})
    assert smallest_network.smallest(table, ACCURACY) == expected


def test_where_none_separates_the_start_that_comes_nearest_is_kept() -> None:
    accuracy = np.array([[0.7, 0.8], [0.9, 0.5]])
    table = pd.DataFrame({"parameters": [5, 9], "share": 0.0, "accuracy_max": accuracy.max(axis=1)})
    assert smallest_network.smallest(table, accuracy) == (1, 0)


def test_the_weights_and_the_figures_are_those_of_the_start_that_is_kept(tmp_path: Path) -> None:
    plan = plan_of(PAGE, smallest_network=ASKED)
    trained = measured(tmp_path, plan, [[0.5, 0.6], [0.3, 0.2], [0.7, 0.8]])
    accuracy = np.array([[0.9, 0.8], [0.9, 1.0], [1.0, 0.9]], np.float32)
    np.save(tmp_path / "train_accuracy.npy", accuracy)
    found = PAGE.judge(trained, GIVEN)
    assert found.chosen is not None
    assert found.chosen.kept.recipe.hidden_units == (1, 1)
    assert found.chosen.kept.units
    assert set(found.chosen.weights) == {101}  # of variant 1, seed 1
    kept = found.figures.kept  # type: ignore[attr-defined]
    assert (kept.validation.loss, kept.validation.accuracy) == (pytest.approx(0.2), pytest.approx(0.7988))
    assert (kept.test.loss, kept.test.accuracy) == (pytest.approx(0.22), pytest.approx(0.6988))
    table = found.tables["variants"]
    assert table["perfect"].tolist() == [0, 1, 1]
    assert kept.start == 1
    assert table["parameters"].tolist() == [5, 7, 9]
    np.testing.assert_allclose(table["accuracy_mean"], [0.85, 0.95, 0.95], rtol=1e-6)


SHAPE = {
    "hidden_units": "4",
    "activation": "tanh",
    "parameters": 17,
    "perfect": 15,
    "restarts": 50,
    "share": 0.3,
    "low": 0.191,
    "high": 0.438,
}
RELIABLE = SHAPE | {"hidden_units": "3-2", "activation": "elu", "parameters": 20, "perfect": 48, "share": 0.96}
RELIABLE |= {"low": 0.909, "high": 0.989}


def figures(
    smallest: dict[str, Any] | None, reliable: dict[str, Any] | None, unclear: Sequence[dict[str, Any]] = ()
) -> smallest_network.SmallestFigures:
    accuracy = {"mean": 0.9, "std": 0.1, "min": 0.8, "max": 1.0, "n": 50}
    found: dict[str, Any] = {
        name: shape and shape | {"accuracy": accuracy}
        for name, shape in (("smallest", smallest), ("smallest_reliable", reliable))
    }
    found["undecided"] = [shape | {"accuracy": accuracy} for shape in unclear]
    kept = {"start": 2, "validation": {"loss": 0.1, "accuracy": 0.995}, "test": {"loss": 0.2, "accuracy": 0.99}}
    return smallest_network.SmallestFigures.of(found | {"kept": kept, "runs": 100, "most_parameters": 20})


TRIED = "Tried were all shapes of one or two hidden layers up to 20 parameters, in 100 runs."
LEAST = (
    "17 parameters are enough to get every training point right from some start{also}. With 17: `4` `tanh` units, in "
    "15 starts of 50 (95 % interval 19% to 44%). The first such start is kept, and gets 99.50% of its validation "
    "points and 99.00% of its test points right."
)


def test_the_answer_tells_the_starts_with_their_interval() -> None:
    assert smallest_network.sentences(figures(SHAPE, RELIABLE), RING_AND_Y) == (
        f"{LEAST.format(also=', and 20 from nine starts of ten')} With 20: `3-2` `elu` units, in 48 starts of 50 (95 % "
        f"interval 91% to 99%). {TRIED}"
    )


def test_the_answer_names_the_first_of_those_that_are_undecided() -> None:
    unclear = [SHAPE | {"hidden_units": str(units), "parameters": units} for units in (3, 5, 7, 9, 11)]
    told = smallest_network.sentences(figures(SHAPE, RELIABLE, unclear), RING_AND_Y)
    starts = "`tanh` units, in 15 starts of 50 (95 % interval 19% to 44%)"
    listed = f"3: `3` {starts}; 5: `5` {starts}; 7: `7` {starts}; and 2 more."
    assert f" Undecided with as many starts as were allowed: {listed}" in told
    one = smallest_network.sentences(figures(SHAPE, RELIABLE, unclear[:1]), RING_AND_Y)
    assert f" Undecided with as many starts as were allowed: 3: `3` {starts}. Tried" in one


def test_the_answer_tells_that_none_is_none() -> None:
    assert (
        smallest_network.sentences(figures(SHAPE, None), RING_AND_Y)
        == f"{LEAST.format(also='')} None is seen to do so in nine starts of ten. {TRIED}"
    )
    nothing = smallest_network.sentences(figures(None, None), RING_AND_Y)
    assert nothing == f"No network that was tried gets every training point right. {TRIED}"


def test_a_network_of_one_unit_is_spoken_of_as_one() -> None:
    one = figures(SHAPE | {"hidden_units": "1", "parameters": 5}, None).smallest
    assert one
    assert smallest_network.titled(one) == "Smallest network: 1 tanh unit, 5 parameters"


def test_the_chapter_shows_the_network_and_what_each_unit_adds(tmp_path: Path) -> None:
    trained = measured(tmp_path, plan_of(PAGE, smallest_network=ASKED), [[0.5, 0.6], [0.3, 0.2], [0.7, 0.8]])
    near = PAGE.chapter(PAGE.judge(trained, GIVEN))
    assert near.title == "The network that comes nearest"
    picture = Picture(
        "plots/figures/smallest_network.png", f"{near.title}: its answer over the plane, soft and strict."
    )
    assert near.pictures[0] == picture
    np.save(tmp_path / "train_accuracy.npy", np.array([[0.9, 0.8], [0.9, 1.0], [1.0, 1.0]], np.float32))
    found = PAGE.judge(trained, GIVEN)
    chapter = PAGE.chapter(found)
    assert chapter.answer == smallest_network.sentences(found.figures, RING_AND_Y)  # type: ignore[arg-type]
    assert chapter.title == "Smallest network: 1-1 tanh units, 7 parameters"
    seen = "Smallest network: its answer over the plane, soft and strict."
    assert chapter.pictures == (
        Picture("plots/figures/smallest_network.png", f"{seen} It has learned from a draw of its own."),
        Picture(
            "plots/figures/smallest_network_units.png",
            "What each of its hidden units adds, and their sum, which parts the two figures.",
        ),
    )
    assert [(column.heading, column.name, column.format) for column in chapter.table] == [
        ("activation", "activation", "g"),
        ("hidden units", "hidden_units", "g"),
        ("parameters", "parameters", "d"),
        ("starts", "restarts", "d"),
        ("without a fault", "perfect", "d"),
        ("share from", "low", ".0%"),
        ("to", "high", ".0%"),
        ("mean training accuracy", "accuracy_mean", ".2%"),
        ("best training accuracy", "accuracy_max", ".2%"),
    ]
    assert [chart.kind for chart in chapter.charts] == ["success"]
    assert found.tables["variants"]["share"].tolist() == [0, 0.5, 1]
    assert found.tables["variants"]["restarts"].tolist() == [2, 2, 2]
    np.testing.assert_allclose(found.tables["variants"]["accuracy_max"], [0.9, 1, 1], rtol=1e-6)


def test_how_near_smaller_shapes_come_and_what_the_smallest_needs_is_told() -> None:
    table = table_of([("1", 5, 0), ("1-1", 7, 0), ("2", 9, 20), ("3", 13, 50)])
    table["accuracy_max"] = [0.8, 0.9, 1.0, 1.0]
    near = "With fewer parameters, the best of 100 starts still gets 20 points of 200 wrong."
    luck = (
        " With 9, 30 starts of 50 fail: such a network can do it, and whether it does depends on its start, its points "
        "and the order of its batches."
    )

    def told(perfect: int | list[int]) -> str:
        found = table.assign(perfect=perfect)
        accuracy = np.full((4, 50), 0.5)
        return smallest_network.reason(found, smallest_of(found, accuracy), 200)

    assert told([0, 0, 20, 50]) == near + luck
    assert told([0, 0, 50, 50]) == near
    assert told([50, 0, 0, 0]) == ""
    assert told(0) == ""


def smallest_of(table: pd.DataFrame, accuracy: np.ndarray) -> smallest_network.Shape | None:
    found = smallest_network.answer(table, accuracy)["smallest"]
    return smallest_network.Shape.of(found | {"low": 0.0, "high": 1.0}) if found else None


def test_of_equally_small_shapes_the_greater_share_is_kept_and_not_the_greater_count() -> None:
    table = pd.DataFrame({"parameters": [17, 17], "perfect": [340, 100], "share": [0.85, 1.0], "accuracy_max": 1.0})
    assert smallest_network.smallest(table, np.ones((2, 3)))[0] == 1


def test_a_share_that_was_rounded_below_1_is_of_all_points(tmp_path: Path) -> None:
    """As of 121 points, where XLA multiplies by the reciprocal; and of 200,000 a single one that is wrong is none."""
    trained = measured(tmp_path, plan_of(PAGE, smallest_network=ASKED), np.full((3, 2), 0.5))
    all_right = np.float32(121) * (np.float32(1) / np.float32(121))
    assert all_right < 1
    values = np.array([[all_right, 1], [1 - 1 / 200_000, 0.9], [0.9, 0.9]], np.float32)
    np.save(tmp_path / "train_accuracy.npy", values)
    assert PAGE.judge(trained, GIVEN).tables["variants"]["perfect"].tolist() == [2, 0, 0]
