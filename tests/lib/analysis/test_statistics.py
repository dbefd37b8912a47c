"""The statistics, against formulas and against figures worked out elsewhere."""

import numpy as np
import pytest

from stages.lib.analysis.statistics import compare_to_best, holm, t_interval


def test_the_t_interval_of_a_textbook() -> None:
    # Student's sleep data (1908), the ten differences: mean 1.58, 95 % from 0.70 to 2.46.
    differences = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
    low, high = t_interval(differences)
    assert (low + high) / 2 == pytest.approx(1.58)
    assert (round(low, 2), round(high, 2)) == (0.70, 2.46)


def test_figures_are_computed_in_float64() -> None:
    values = np.array([2**24, 1, 1], np.float32)  # float32 has no 2 ** 24 + 1
    assert t_interval(values) == t_interval(values.astype(np.float64))
    found = compare_to_best(np.array([[1, 2], [3, 4]], np.float32), best=0)
    assert found.ratio[1] == pytest.approx(np.sqrt(6), rel=1e-12)


def test_what_has_no_logarithm_is_told_apart_and_warned_of_by_nobody() -> None:
    found = compare_to_best(np.array([[1, 1], [0, 2], [np.inf, 0], [1, np.inf]]), best=0)
    assert found.same_as_best.tolist() == [True, False, False, False]
    assert np.isnan(found.ratio[1:]).all()
    assert np.isnan(compare_to_best(np.array([[np.inf, 1], [np.inf, 2]]), best=0).ratio).all()


def test_a_ratio_that_is_the_same_at_each_seed_is_certain() -> None:
    found = compare_to_best(np.array([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]), best=0)
    assert found.p_value.tolist() == [1, 0]
    assert found.same_as_best.tolist() == [True, False]


def test_students_sleep_data_are_told_apart_in_pairs() -> None:
    first = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    second = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    found = compare_to_best(np.exp([first, second]), best=0)  # it takes logarithms
    assert found.ratio.tolist() == pytest.approx([1, np.exp(1.58)])
    assert (round(np.log(found.low[1]), 2), round(np.log(found.high[1]), 2)) == (0.70, 2.46)
    assert found.p_value[1] == pytest.approx(0.002833, abs=1e-6)
    assert found.same_as_best.tolist() == [True, False]


def test_holm_multiplies_the_least_most_and_keeps_the_order() -> None:
    # Holm (1979): 3 x 0.01, 2 x 0.02, then no less than the one before; never above 1.
    np.testing.assert_allclose(holm(np.array([0.03, 0.01, 0.02])), [0.04, 0.03, 0.04])
    np.testing.assert_allclose(holm(np.array([0.9, 0.8])), [1, 1])


def test_what_a_seed_does_to_all_variants_does_not_hide_a_difference() -> None:
    seeds = np.logspace(-3, 0, 10)
    small = 1.1 + np.array([0.01, -0.01] * 5)
    assert compare_to_best(np.stack([seeds, seeds * small]), best=0).same_as_best.tolist() == [True, False]


def test_a_diverged_variant_is_told_from_the_best_without_figures() -> None:
    values = np.array([[1.0, 1.1, 1.2], [1.0, np.nan, 1.2], [np.inf, 2.0, 2.0]])
    found = compare_to_best(values, best=0)
    assert found.same_as_best.tolist() == [True, False, False]
    assert np.isnan(found.p_value[1:]).all()


def test_equal_variants_and_single_replicates_cannot_be_told_apart() -> None:
    assert compare_to_best(np.ones((2, 5)), best=0).same_as_best.all()
    assert compare_to_best(np.array([[1.0], [9.0]]), best=0).same_as_best.all()


def test_a_variant_with_a_lower_typical_loss_is_never_called_worse() -> None:
    lucky = np.array([[1.0] * 9 + [1.1], [0.9] * 9 + [50.0]])  # the mean of the second is higher
    assert compare_to_best(np.concatenate([lucky, lucky * 0.5]), best=0).same_as_best[2:].all()


def test_no_more_than_one_in_twenty_equal_variants_is_told_apart() -> None:
    random = np.random.RandomState(0)
    told = [not compare_to_best(np.exp(random.normal(size=(4, 10))), best=0).same_as_best.all() for _ in range(400)]
    assert np.mean(told) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)
