"""The statistics, against formulas and against figures worked out elsewhere."""

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq

from stages.lib.analysis.statistics import (
    compare_to_best,
    interval_of_mean,
    interval_of_share,
    likely_best,
    power,
    rank_correlation,
)

SWEEPS = 500  # simulated


def test_the_t_interval_of_a_textbook() -> None:
    # Student's sleep data (1908), the ten differences: mean 1.58, 95 % from 0.70 to 2.46.
    differences = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
    low, high = interval_of_mean(differences.mean(), differences.std(ddof=1), len(differences))
    assert (round(low, 2), round(high, 2)) == (0.70, 2.46)


def test_figures_are_computed_in_float64() -> None:
    found = compare_to_best(np.array([[1, 2], [3, 4]], np.float32), best=0)
    assert found.ratio[1] == pytest.approx(np.sqrt(6), rel=1e-12)


def test_what_has_no_logarithm_is_told_apart_and_warned_of_by_nobody() -> None:
    found = compare_to_best(np.array([[1, 1], [np.nan, 2], [np.inf, 0], [1, np.inf]]), best=0)
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


def test_p_and_interval_are_corrected_for_the_number_of_pairs() -> None:
    # Differences of logarithms with mean 2 and standard error 1 / sqrt(3), so that t is 2 sqrt(3) with 2 degrees of
    # freedom, of which P(|t| > x) = 1 - x / sqrt(2 + x^2). Of four variants there are six pairs.
    three = np.exp([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    found = compare_to_best(three, best=0)
    p = 1 - np.sqrt(12 / 14)
    assert found.p_value[1:] == pytest.approx([6 * p] * 3)
    x = brentq(lambda x: 1 - x / np.sqrt(2 + x**2) - 0.05 / 6, 1, 100)
    assert np.log(found.low[1:]) == pytest.approx([2 - x / np.sqrt(3)] * 3)
    assert np.log(found.high[1:]) == pytest.approx([2 + x / np.sqrt(3)] * 3)


def test_what_is_best_in_some_resamples_of_the_replicates_is_likely_to_be_best() -> None:
    steady, failing = np.full(10, 0.2), np.full(10, 0.1)
    failing[3] = 9.0  # which is not drawn in (1 - 1/10)^10 or 35 % of resamples: there it is best
    assert likely_best(np.array([steady, failing])).tolist() == [0, 1]
    failing[[4, 5]] = 9.0  # with three failures it is so in (1 - 3/10)^10 or 3 %
    assert likely_best(np.array([steady, failing])).tolist() == [0]
    assert likely_best(np.array([failing, steady])).tolist() == [1]


def test_what_came_out_best_is_likely_even_where_many_are_as_good() -> None:
    random = np.random.RandomState(1)
    losses = random.normal(1, 0.1, size=10)
    alike = np.array([random.permutation(losses) for _ in range(40)])
    alike[7] -= 1e-3
    assert likely_best(alike).tolist() == [7]  # none wins a tenth of the resamples


def test_what_has_a_loss_that_is_not_finite_is_not_likely_to_be_best() -> None:
    values = np.array([[0.1, np.inf, 0.1], [0.5, 0.6, 0.5], [np.nan, 0.1, 0.1]])
    assert likely_best(values).tolist() == [1]
    assert likely_best(values[[0, 2]]).tolist() == [0]
    assert likely_best(values[1:2, :1]).tolist() == [0]
    assert likely_best(np.array([[5.0] * 19 + [1e30], [0.5] * 20])).tolist() == [1]  # a difference of sums would be 0


def test_at_rates_that_may_be_best_a_variant_is_no_more_surely_worse_than_at_any_of_them() -> None:
    values = np.exp([[0.0, 0.1, 0.0, 0.1], [0.2, 0.9, 0.1, 0.2], [2.0, 2.1, 2.0, 2.2], [0.1, 0.3, 3.0, 0.0]])
    each = compare_to_best(values, best=0)
    found = each.at_rates(np.array([0, 2]), [np.array([0]), np.array([2, 3])])
    assert each.same_as_best.tolist() == [True, True, False, True]
    assert found.same_as_best.tolist() == [True, True]
    assert found.ratio.tolist() == each.ratio[[0, 2]].tolist()
    assert found.low.tolist() == [1, min(each.low[2:])]
    assert found.high.tolist() == [1, max(each.high[2:])]
    assert found.p_value.tolist() == [1, max(each.p_value[2:])]


def test_a_variant_is_significantly_worse_where_its_interval_lies_above_1() -> None:
    random = np.random.RandomState(1)
    values = np.exp(random.normal(size=(30, 8)) + np.linspace(0, 5, 30)[:, np.newaxis])
    found = compare_to_best(values, best=int(values.mean(axis=1).argmin()))
    assert 0 < found.same_as_best.sum() < 30
    assert ((found.low <= 1) == found.same_as_best).all()


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


@pytest.mark.parametrize(("variants", "replicates"), [(2, 20), (10, 10), (65, 20)])
@pytest.mark.parametrize("widest", [1, 10], ids=["one_spread", "many_spreads"])
def test_of_equal_variants_one_is_called_worse_in_no_more_than_one_sweep_of_twenty(
    variants: int, replicates: int, widest: int
) -> None:
    random = np.random.RandomState(0)
    spreads = np.geomspace(1, widest, variants)[:, np.newaxis]
    errors = 0
    for _ in range(SWEEPS):
        values = np.exp(spreads * random.normal(size=(variants, replicates)) + random.normal(size=replicates))
        best = int(values.mean(axis=1).argmin())  # the best is not known before: it came out best
        errors += not compare_to_best(values, best).same_as_best.all()
    assert errors <= 0.05 * SWEEPS + 2 * np.sqrt(SWEEPS * 0.05 * 0.95) * (variants == 2)  # of two it is 5 % exactly


@pytest.mark.parametrize("replicates", [20, 40])
def test_of_equal_variants_that_are_tuned_over_rates_that_may_fail_one_is_called_worse_as_seldom(
    replicates: int,
) -> None:
    # The greater the rate, the less the typical loss, and the more replicates fail: as in this project's sweeps.
    random, rates, errors, without = np.random.RandomState(0), np.linspace(0, 1, 7)[:, np.newaxis], 0, 0
    places = np.arange(49).reshape(7, 7)
    for _ in range(SWEEPS):
        typical = np.exp(0.5 * random.normal(size=(7, 7, replicates))) * (1 - 0.6 * rates)
        failed = random.uniform(size=typical.shape) < 0.05 * rates
        values = np.where(failed, 30, 1) * typical * np.exp(0.5 * random.normal(size=replicates))
        chosen = places[range(7), values.mean(axis=2).argmin(axis=1)]
        networks = values.reshape(49, replicates)
        best = chosen[networks[chosen].mean(axis=1).argmin()]
        likely = [at[likely_best(networks[at])] for at in places]
        errors += not compare_to_best(networks, best).at_rates(chosen, likely).same_as_best.all()
        tuned = networks[chosen]
        without += not compare_to_best(tuned, int(tuned.mean(axis=1).argmin())).same_as_best.all()
    assert errors <= 0.05 * SWEEPS
    assert without > 0.6 * SWEEPS  # were the rates taken for known


def test_corrected_as_for_a_known_control_ten_equal_variants_would_lose_one_far_more_often() -> None:
    random = np.random.RandomState(0)
    lost = 0
    for _ in range(SWEEPS):
        values = random.normal(size=(10, 10))
        p_values = stats.ttest_1samp(np.delete(values - values[values.mean(axis=1).argmin()], 0, axis=0), 0, axis=1)
        lost += int(np.nanmin(p_values.pvalue) < 0.05 / 9)  # Holm's first step
    assert lost > 0.1 * SWEEPS


@pytest.mark.parametrize(("ratio", "spread", "variants"), [(1.5, 0.4, 15), (1.2, 0.17, 10), (2.0, 0.74, 13)])
def test_a_ratio_is_seen_as_often_as_the_power_says(ratio: float, spread: float, variants: int) -> None:
    random, seen = np.random.RandomState(0), 0
    for _ in range(SWEEPS):
        logarithms = spread / np.sqrt(2) * random.normal(size=(variants, 20))  # a difference has the spread
        logarithms[1] += np.log(ratio)
        seen += not compare_to_best(np.exp(logarithms), best=0).same_as_best[1]
    assert seen / SWEEPS == pytest.approx(power(ratio, spread, variants, 20), abs=0.05)


def test_a_loss_of_0_is_compared_like_one_that_is_too_small_to_matter() -> None:
    found = compare_to_best(np.array([[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1e-12, 0.0], [1.0, 2.0, 1.0, 2.0]]), best=0)
    assert found.same_as_best.tolist() == [True, True, False]
    assert found.ratio[1] == 1


def test_the_best_has_an_interval_of_1_whatever_the_replicates() -> None:
    for replicates in (1, 2):
        found = compare_to_best(np.array([[1.0] * replicates, [2.0] * replicates]), best=0)
        assert (found.ratio[0], found.low[0], found.high[0], found.p_value[0]) == (1, 1, 1, 1)


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (3, 10), (10, 10), (375, 400)])
def test_the_interval_of_a_share_is_scipys_exact_one(hits: int, n: int) -> None:
    for level in (0.05, 0.0125):
        expected = stats.binomtest(hits, n).proportion_ci(1 - level, method="exact")
        low, high = interval_of_share(np.array([hits]), n, level)
        assert (low[0], high[0]) == (pytest.approx(expected.low), pytest.approx(expected.high))


def test_an_interval_that_knows_nothing_has_no_upper_end() -> None:
    found = compare_to_best(np.array([[1.0, 1.0], [1e3, 1e100]]), best=0)
    assert found.high[1] == np.inf
    assert found.same_as_best.all()


def test_without_spread_every_ratio_is_seen() -> None:
    assert power(1.01, 0.0, 10, 20) == 1


def test_a_rank_correlation_is_given_where_it_is_significant() -> None:
    falling = np.array([5.0, 4.0, 3.0, 2.0, 1.0])
    assert rank_correlation(np.array([1.0, 10.0, 100.0, 1e3, 1e4]), falling) == pytest.approx(-1)
    assert rank_correlation(np.array([2.0, 1.0, 4.0, 3.0, 5.0]), np.array([2.0, 4.0, 1.0, 3.0, 5.0])) == 0
    for some in (falling[:4], np.array([1.0, 2.0, 3.0, 4.0, np.nan]), np.ones(5)):
        assert rank_correlation(some, falling[: len(some)]) == 0
