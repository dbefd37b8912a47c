"""The outcome of a sweep, from curves made by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.lib.analysis.statistics import compare_to_best
from stages.lib.analysis.sweep import Sweep, Trained
from stages.lib.core.plan import METRICS
from stages.lib.core.runner import Fault
from stages.params.fields import MOST_ROWS
from stages.questions import lr_sweep
from tests.measured import plan_of


def make_sweep(
    final_val_loss: list[list[float]], variants: list[float] | list[str], epochs: int = 2, key: str = "learning_rate"
) -> Sweep:
    final = np.array(final_val_loss)
    falling = np.stack([final + epochs - 1 - epoch for epoch in range(epochs)], axis=-1)
    return Sweep(
        pd.DataFrame({key: variants}),
        dict.fromkeys(METRICS, falling),
        start=final + epochs,
        test={"test_loss": final + 0.02, "test_accuracy": 0.9 - final / 10},
        epochs=np.full(len(final), epochs),
        constant=0.6,
    )


def test_the_best_variant_has_the_least_mean_and_not_the_luckiest_seed() -> None:
    sweep = make_sweep([[0.1, 0.9], [0.3, 0.4], [0.5, 0.5]], [1.0, 2.0, 3.0])
    assert sweep.best == 1
    best = sweep.answer({"learning_rate": [1.0, 2.0, 3.0]}, {})["best"]
    assert best["val_loss"]["mean"] == pytest.approx(0.35)
    assert best["at_end_of_grid"] == []
    assert best["test_loss"]["mean"] == pytest.approx(0.37)
    assert best["test_accuracy"]["mean"] == pytest.approx(0.865)


def test_of_equal_variants_the_first_listed_is_best() -> None:
    assert make_sweep([[0.5, 0.5], [0.2, 0.4], [0.4, 0.2]], ["a", "b", "c"]).best == 1


@pytest.mark.parametrize(
    ("final", "natural", "ends"),
    [
        ([[0.1], [0.2], [0.3]], {}, ["learning_rate"]),  # the greatest
        ([[0.3], [0.1], [0.3]], {}, ["learning_rate"]),  # the least
        ([[0.3], [0.2], [0.1]], {}, []),
        ([[0.3], [0.1], [0.3]], {"learning_rate": {1.0}}, []),
        ([[0.1], [0.2], [0.3]], {"learning_rate": {1.0}}, ["learning_rate"]),
    ],
)
def test_a_best_at_an_end_of_its_grid_is_said_to_be_so_unless_the_end_is_natural(
    final: list[list[float]], natural: dict[str, set[float]], ends: list[str]
) -> None:
    sweep = make_sweep(final, [10.0, 1.0, 3.0])
    assert sweep.answer({"learning_rate": {10.0, 1.0, 3.0}}, natural)["best"]["at_end_of_grid"] == ends


def test_where_nothing_is_a_number_no_end_is_spoken_of() -> None:
    assert "at_end_of_grid" not in make_sweep([[0.1], [0.2]], ["zeros", "ones"], key="name").answer({}, {})["best"]


def test_a_variant_with_a_run_that_is_not_finite_is_never_best() -> None:
    sweep = make_sweep([[0.1, np.nan], [0.3, 0.4]], [1.0, 2.0])
    assert sweep.best == 1
    assert sweep.counts == {"diverged": 1, "runs": sweep.start.size}


def test_the_tables_follow_the_order_of_the_params() -> None:
    sweep = make_sweep([[0.1, 0.3], [0.5, 0.5]], [3.0, 1.0])
    expected = pd.DataFrame({"learning_rate": [3.0, 3.0, 1.0, 1.0], "epoch": [1, 2, 1, 2]})
    curves = sweep.curve_table()
    pd.testing.assert_frame_equal(curves[["learning_rate", "epoch"]], expected)
    np.testing.assert_allclose(curves["val_loss"], [1.2, 0.2, 1.5, 0.5])
    np.testing.assert_allclose(curves["val_loss_max"], [1.3, 0.3, 1.5, 0.5])
    variants = sweep.variant_table()
    assert variants["learning_rate"].tolist() == [3.0, 1.0]
    assert variants["n"].tolist() == [2, 2]
    np.testing.assert_allclose(variants["loss_min"], [0.1, 0.5])


def test_each_variant_is_compared_to_the_best_in_its_table() -> None:
    table = make_sweep(
        [[0.2, 0.4, 0.4], [0.1, 0.2, 0.1], [0.5, 9.0, np.nan]], ["a", "b", "c"], key="name"
    ).variant_table()
    found = compare_to_best(np.array([[0.2, 0.4, 0.4], [0.1, 0.2, 0.1], [0.5, 9.0, np.nan]]), 1)
    assert table["ratio"][0] == pytest.approx(16 ** (1 / 3))  # of 2, 2 and 4
    assert table["ratio_low"][0] == pytest.approx(found.low[0])
    assert table["ratio_high"][0] == pytest.approx(found.high[0])
    # The logarithms have the mean 0.924 and the standard error ln(2) / 3 = 0.231, so that t is 4 with 2 degrees.
    assert table["p_value"][0] == pytest.approx(3 * (1 - 4 / np.sqrt(18)))  # of three pairs
    assert table["same_as_best"].tolist() == [1, 1, 0]
    assert table["same_as_best"].dtype == int
    assert table["diverged"].tolist() == [0, 0, 1]
    assert table["val_loss_std"][1] == pytest.approx(np.std([0.1, 0.2, 0.1], ddof=1))
    assert (table["val_loss_min"][0], table["val_loss_max"][0]) == (pytest.approx(0.2), pytest.approx(0.4))
    assert table["val_loss_mean"][0] == pytest.approx(1 / 3)


def test_a_table_of_curves_has_a_row_for_each_epoch_and_float64() -> None:
    sweep = make_sweep([[0.1, 0.3]], [3.0], epochs=4)
    table = replace(
        sweep, curves={name: values.astype(np.float32) for name, values in sweep.curves.items()}
    ).curve_table()
    assert list(table) == [
        "learning_rate",
        "epoch",
        *(f"{name}{end}" for name in METRICS for end in ("", "_min", "_max")),
    ]
    assert table["epoch"].tolist() == [1, 2, 3, 4]
    assert table["val_loss_min"].tolist() == pytest.approx([3.1, 2.1, 1.1, 0.1])
    assert set(table.drop(columns="epoch").dtypes) == {np.dtype(float)}


def test_long_curves_are_thinned_but_keep_their_ends() -> None:
    curves = make_sweep([[0.1], [0.2], [0.3]], [1.0, 2.0, 3.0], epochs=4_001).curve_table()
    assert len(curves) <= MOST_ROWS + 3
    assert curves["epoch"].iloc[0] == 1
    assert curves["epoch"].max() == 4_001


def test_each_variant_is_tuned_to_its_own_best_rate() -> None:
    final = [[0.3, 0.3], [0.1, 0.2], [0.4, 0.2], [0.4, 0.4]]
    sweep = make_sweep(final, [0.1, 1.0, 0.1, 1.0])
    sweep.variants.insert(0, "optimizer", ["sgd", "sgd", "adam", "adam"])
    tuned = sweep.tuned()
    assert tuned.variants.to_dict("records") == [
        {"optimizer": "sgd", "learning_rate": 1.0},
        {"optimizer": "adam", "learning_rate": 0.1},
    ]
    assert tuned.variants.index.tolist() == [1, 2]  # their places in the plan
    np.testing.assert_allclose(tuned.final_val_loss, [[0.1, 0.2], [0.4, 0.2]])
    np.testing.assert_allclose(tuned.start, sweep.start[[1, 2]])
    assert tuned.epochs.tolist() == [2, 2]
    assert tuned.answer({}, {})["same_as_best"] == tuned.variants.to_dict("records")  # two seeds tell little
    assert tuned.curve_table()["optimizer"].tolist() == ["sgd", "sgd", "adam", "adam"]


def test_a_variant_is_all_that_was_changed_but_the_rate() -> None:
    final = [[loss] * 2 for loss in (0.4, 0.3, 0.2, 0.5, 0.1, 0.6, 0.7, 0.8)]
    sweep = make_sweep(final, [0.1, 1.0] * 4)
    sweep.variants.insert(0, "depth", [1, 1, 1, 1, 2, 2, 2, 2])
    sweep.variants.insert(0, "activation", ["tanh", "tanh", "relu", "relu"] * 2)
    assert [places.tolist() for places in sweep.places_of_variants] == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert sweep.tuned().variants.index.tolist() == [1, 2, 4, 6]


def test_a_variant_that_is_tuned_is_compared_at_the_rates_that_may_be_its_best_as_one_of_all_networks() -> None:
    final = [[0.10, 0.12, 0.10], [0.05, 0.05, 0.35], [0.60, 0.50, 0.70], [0.20, 1.90, 0.20], [4.0, 4.0, 4.1]]
    sweep = make_sweep(final, [0.1, 1.0, 0.1, 1.0, 0.1])
    sweep.variants.insert(0, "optimizer", ["sgd", "sgd", "adam", "adam", "lion"])
    tuned = sweep.tuned()
    assert tuned.variants["learning_rate"].tolist() == [0.1, 0.1, 0.1]
    each = compare_to_best(np.array(final), 0)  # of ten pairs
    table = tuned.variant_table()
    assert table["ratio"].tolist() == pytest.approx(each.ratio[[0, 2, 4]].tolist())
    assert table["p_value"].tolist() == pytest.approx([1, max(each.p_value[2:4]), each.p_value[4]])
    assert table["ratio_low"].tolist() == pytest.approx([1, min(each.low[2:4]), each.low[4]])
    assert table["ratio_high"].tolist() == pytest.approx([1, max(each.high[2:4]), each.high[4]])
    assert table["same_as_best"].tolist() == [1, 1, 0]
    assert sweep.at(np.array([0, 2])).comparison.p_value[1] < each.p_value[2]  # of one pair


@pytest.mark.parametrize("key", ["learning_rate", "name"])
def test_with_one_thing_changed_nothing_is_tuned(key: str) -> None:
    sweep = make_sweep([[0.3], [0.1]], [0.1, 1.0], key=key)
    assert sweep.tuned() is sweep


def test_what_another_plan_has_measured_is_refused_with_both_shapes(tmp_path: Path) -> None:
    asked = {"learning_rates": [0.1, 0.5], "budget": 1, "replicates": 2}
    plan = plan_of(lr_sweep.Page(), lr_sweep=asked, training={"epochs": 4})
    np.save(tmp_path / "val_loss.npy", np.zeros((2, 3, 4), np.float32))
    said = r"val_loss\.npy: its shape is \(2, 3, 4\), but must be \(2, 2, 4\); .*`dvc repro` makes it again$"
    with pytest.raises(Fault, match=said):
        Trained(plan, tmp_path).array("val_loss")


def test_the_answer_counts_the_divergent_runs_of_the_best_and_names_its_equals() -> None:
    sweep = make_sweep([[0.30, 0.32, 0.31], [0.31, 0.31, 0.32], [0.5, 0.52, 0.51]], ["a", "b", "c"], key="name")
    answer = sweep.answer({}, {})
    assert answer["best"]["name"] == "a"
    assert answer["best"]["diverged"] == 0
    assert answer["same_as_best"] == ["a", "b"]
    assert answer["epochs"] == 2
    assert answer["variants"] == 3


def test_a_variant_of_fewer_epochs_is_judged_after_its_own_and_its_curve_ends_there() -> None:
    loss = np.array([[[0.9, 0.5, 0.5, 0.5]], [[0.9, 0.7, 0.6, 0.55]]])  # the first was trained for two epochs
    sweep = Sweep(
        pd.DataFrame({"value": [2, 4]}),
        dict.fromkeys(METRICS, loss),
        start=np.ones((2, 1)),
        test={},
        epochs=np.array([2, 4]),
        constant=0.6,
    )
    assert sweep.best == 0
    assert sweep.answer({}, {})["epochs"] == 2
    curves = sweep.curve_table()
    assert curves[["value", "epoch"]].to_numpy().tolist() == [[2, 1], [2, 2], [4, 1], [4, 2], [4, 3], [4, 4]]
    assert curves["val_loss"].tolist() == [0.9, 0.5, 0.9, 0.7, 0.6, 0.55]


def test_thinning_keeps_the_last_epoch_of_each_variant() -> None:
    variants, epochs = 60, 997
    ends = np.linspace(400, epochs, variants).astype(int)
    sweep = Sweep(
        pd.DataFrame({"value": range(variants)}),
        dict.fromkeys(METRICS, np.ones((variants, 1, epochs))),
        start=np.ones((variants, 1)),
        test={},
        epochs=ends,
        constant=0.6,
    )
    curves = sweep.curve_table()
    assert len(curves) <= MOST_ROWS
    assert curves.groupby("value")["epoch"].max().tolist() == ends.tolist()
