"""Which variants are worse than the best, and how surely; docs/statistics.md says why so.

All variants of a sweep are trained from the same replicates (points, starts and orders), so they are compared in
pairs: the loss of a variant over that of the best, at one replicate. That takes out what a replicate does to both.
Losses span decades, so it is the ratio that is compared, by the t test of the differences of logarithms: where one
replicate of ten fails, a plain difference has a spread that hides everything.

The best is not known before: it is the one that came out best. It may be any candidate: a variant at one of its rates.
So each comparison with it is one of those of all pairs of candidates, and is corrected for their number (Bonferroni;
Dunn 1961, doi 10.1080/01621459.1961.10482090). Corrected for the number of variants alone, as for a control that is
known, ten equal variants would lose one in 13 % of all sweeps; a test simulates it.

The best rate of a variant is not known before, either: few replicates that failed may decide it. So a variant is
compared at each rate that is its best in a tenth or more of resamples of the replicates (the bootstrap; Efron 1979, doi
10.1214/aos/1176344552).
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
import scipy  # whose parts load where they are first used: its statistics take a second

LEVEL = 0.05
FEWEST_RANKS = 5  # of which a rank correlation says something
RESAMPLES = 400  # of the replicates
OFTEN = 0.1  # of them; a test simulates what becomes of that
LEAST = 1e-12  # nats; a softmax in float32 reaches 0, which has no logarithm


@dataclass(frozen=True)
class Comparison:
    """Each variant against the best; all arrays have the shape (variants,), and the best has 1, 1, 1, 1, True.

    Args:
        ratio: geometric mean over the replicates of the variant's value over that of the best.
        low: lower end of its t interval, of several rates the least; all intervals of a sweep hold together at 95 %.
        high: upper end, of several rates the greatest.
        p_value: two-sided, corrected for the number of pairs, as the intervals are.
        same_as_best: whether the variant is not significantly worse than the best, at 5 %.
    """

    ratio: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p_value: np.ndarray
    same_as_best: np.ndarray

    def at_rates(self, chosen: np.ndarray, likely: Sequence[np.ndarray]) -> "Comparison":
        """Return each variant at its chosen rate, its interval over those of all likely rates, and their greatest p.

        Args:
            chosen: the position of each variant at its chosen rate, shape (variants,).
            likely: the positions of each variant at all its likely rates.
        """
        return Comparison(
            ratio=self.ratio[chosen],
            low=np.array([self.low[places].min() for places in likely]),
            high=np.array([self.high[places].max() for places in likely]),
            p_value=np.array([self.p_value[places].max() for places in likely]),
            same_as_best=np.array([self.same_as_best[places].any() for places in likely]),
        )


def interval_of_mean(mean: float, std: float, n: int) -> tuple[float, float]:
    """Return the ends of the 95 % t interval of the mean of n > 1 values with that sample standard deviation."""
    half = float(scipy.stats.t.ppf(1 - LEVEL / 2, n - 1)) * std / np.sqrt(n)
    return float(mean - half), float(mean + half)


def interval_of_share(hits: np.ndarray, n: np.ndarray | int, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of exact intervals (Clopper and Pearson 1934) of shares, by default of 95 %.

    Args:
        hits: in how many runs something was seen.
        n: of how many runs, above 0.
        level: how often an interval may miss the true share, at most.
    """
    low = scipy.stats.beta.ppf(level / 2, hits, n - hits + 1)
    high = scipy.stats.beta.ppf(1 - level / 2, hits + 1, n - hits)
    return np.where(hits == 0, 0.0, low), np.where(hits == n, 1.0, high)


def compare_to_best(values: np.ndarray, best: int) -> Comparison:
    """Return how each variant compares to the best one, by paired t tests of logarithms.

    A variant with a value that is not finite is worse than the best without a test, with NaN for its
    figures. With one replicate there is nothing to test with: no other is significantly worse.

    Args:
        values: a loss of each variant at each replicate, shape (variants, replicates).
        best: position of the best variant.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        logarithms = np.log(np.maximum(values.astype(np.float64), LEAST))
        paired = logarithms - logarithms[best]
    finite = np.isfinite(paired).all(axis=1)
    paired[~finite] = np.nan
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # of one replicate, or equal differences
        test = scipy.stats.ttest_1samp(paired, 0, axis=1)
        ends = test.confidence_interval(1 - LEVEL / pairs_of(len(values)))
    mean = paired.mean(axis=1)
    is_best = np.arange(len(values)) == best
    corrected = np.minimum(test.pvalue * pairs_of(len(values)), 1.0)
    p_value = np.where(np.isnan(corrected), 1.0, corrected)  # NaN: no spread, no gain
    with np.errstate(over="ignore"):  # few replicates may know very little
        ratio, low, high = np.exp([mean, ends.low, ends.high])
    return Comparison(
        ratio=ratio,
        low=np.where(is_best, 1.0, low),  # of one replicate it is not known
        high=np.where(is_best, 1.0, high),
        p_value=np.where(finite, p_value, np.nan),
        same_as_best=(finite & ((p_value >= LEVEL) | (mean < 0))) | is_best,
    )


def likely_best(values: np.ndarray) -> np.ndarray:
    """Return the positions of those whose mean is least, or is so in `OFTEN` or more of `RESAMPLES`, in their order.

    Args:
        values: a loss of each that may be chosen at each replicate, shape (choices, replicates). One with a loss that
            is not finite is not chosen, unless all are such: then the first is.
    """
    finite, n = np.flatnonzero(np.isfinite(values).all(axis=1)), values.shape[1]
    if not len(finite):
        return np.array([0])
    drawn = np.random.RandomState(0).randint(n, size=(RESAMPLES, n))
    best = np.array([each[drawn].mean(axis=1) for each in values[finite]]).argmin(axis=0)
    likely = np.bincount(best, minlength=len(finite)) >= OFTEN * RESAMPLES
    likely[values[finite].mean(axis=1).argmin()] = True
    return finite[likely]


def rank_correlation(some: np.ndarray, others: np.ndarray) -> float:
    """Return Spearman's rank correlation where it is significant, at 5 %, of five or more finite pairs; else 0."""
    alike = 1 in {len(set(some)), len(set(others))}
    if alike or len(some) < FEWEST_RANKS or not np.isfinite([some, others]).all():
        return 0.0
    found = scipy.stats.spearmanr(some, others)
    return float(found.statistic) if found.pvalue <= LEVEL else 0.0


def pairs_of(candidates: int) -> int:
    """Return by how many pairs of candidates a comparison is corrected, at least one."""
    return max(1, comb(candidates, 2))


def edge(candidates: int, replicates: int) -> float:
    """Return the t beyond which one of so many candidates is significantly worse than the best."""
    return float(scipy.stats.t.isf(LEVEL / 2 / pairs_of(candidates), replicates - 1))


def power(ratio: float, spread: float, candidates: int, replicates: int) -> float:
    """Return in which share of sweeps a variant is called worse that truly has so many times the loss of the best.

    The t of a difference of normal logarithms has the noncentral t distribution; `spread` is their standard deviation.
    """
    if not spread:
        return 1.0
    shift = np.log(ratio) / (spread / np.sqrt(replicates))
    return float(scipy.stats.nct.sf(edge(candidates, replicates), replicates - 1, shift))
