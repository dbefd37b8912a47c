"""Which variants can be told from the best, and how surely.

All variants of a sweep are trained from the same seeds, so they are compared in pairs: the loss of
a variant over that of the best, at one seed. That takes out what a seed does to both. Losses span
decades, so it is the ratio that is compared, by the t test of the differences of logarithms: where
one seed of ten fails, a plain difference has a spread that hides everything.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL = 0.05


@dataclass(frozen=True)
class Comparison:
    """Each variant against the best; all arrays have the shape (variants,), and the best has 1, 1, 1, 1, True.

    Args:
        ratio: geometric mean over the seeds of the variant's value over that of the best.
        low: lower end of its 95 % t interval, not corrected for the number of variants.
        high: its upper end.
        p_value: two-sided, corrected by Holm's method (1979) for the number of variants.
        same_as_best: whether the variant can't be told at 5 % to be worse than the best.
    """

    ratio: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p_value: np.ndarray
    same_as_best: np.ndarray


def t_interval(values: np.ndarray) -> tuple[float, float]:
    """Return the ends of the 95 % t interval of a mean; NaN for fewer than two values or one that is not finite."""
    values = np.asarray(values, np.float64)
    if len(values) < 2 or not np.isfinite(values).all():
        return np.nan, np.nan
    return interval_of_mean(values.mean(), values.std(ddof=1), len(values))


def interval_of_mean(mean: float, std: float, n: int) -> tuple[float, float]:
    """Return the ends of the 95 % t interval of the mean of n > 1 values with that sample standard deviation."""
    half = float(stats.t.ppf(1 - LEVEL / 2, n - 1)) * std / np.sqrt(n)
    return float(mean - half), float(mean + half)


def interval_of_share(hits: int, n: int) -> tuple[float, float]:
    """Return the ends of Wilson's 95 % interval (1927) of a share, seen in so many of n > 0 runs."""
    ends = stats.binomtest(hits, n).proportion_ci(1 - LEVEL, method="wilson")
    return float(ends.low), float(ends.high)


def compare_to_best(values: np.ndarray, best: int) -> Comparison:
    """Return how each variant compares to the best one, by paired t tests of logarithms.

    A variant with a value that is not finite is told from the best without a test, with NaN for its
    figures. With one replicate there is nothing to test with: no other can be told from the best.

    Args:
        values: a loss of each variant at each seed, above 0, shape (variants, replicates).
        best: position of the best variant.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        logarithms = np.log(values.astype(np.float64))
        paired = logarithms - logarithms[best]
    finite = np.isfinite(paired).all(axis=1)
    mean = np.where(finite, paired.sum(axis=1, where=np.isfinite(paired)) / paired.shape[1], np.nan)
    intervals = np.exp([t_interval(differences) for differences in paired])
    raw = np.array([_paired_p_value(differences) for differences in paired])
    others = np.arange(len(values)) != best
    p_value = np.ones(len(values))
    p_value[others] = holm(raw[others])
    return Comparison(
        ratio=np.exp(mean),
        low=intervals[:, 0],
        high=intervals[:, 1],
        p_value=np.where(finite, p_value, np.nan),
        same_as_best=(p_value >= LEVEL) | (mean < 0),
    )


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return p values corrected for their number by Holm's step-down method (1979), shape as given."""
    order = np.argsort(p_values, kind="stable")
    steps = (len(p_values) - np.arange(len(p_values))) * p_values[order]
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return corrected


def _paired_p_value(differences: np.ndarray) -> float:
    if not np.isfinite(differences).all():
        return 0.0
    if len(differences) < 2 or not differences.any():
        return 1.0
    spread = differences.std(ddof=1) / np.sqrt(len(differences))
    return float(2 * stats.t.sf(abs(differences.mean()) / spread, len(differences) - 1)) if spread else 0.0
