"""Which variants can be told from the best, and how surely.

All variants of a sweep are trained from the same seeds, so they are compared in pairs: the
difference of two variants at one seed. That takes out what a seed does to both.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL = 0.05


@dataclass(frozen=True)
class Comparison:
    """Each variant against the best; all arrays have the shape (variants,), and the best has 0, 0, 0, 1, True.

    Args:
        difference: mean of the paired differences, variant less best.
        low: lower end of their 95 % t interval, not corrected for the number of variants.
        high: its upper end.
        p_value: two-sided, corrected by Holm's method (1979) for the number of variants.
        same_as_best: whether the variant can't be told from the best at 5 %.
    """

    difference: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p_value: np.ndarray
    same_as_best: np.ndarray


def t_interval(values: np.ndarray) -> tuple[float, float]:
    """Returns the ends of the 95 % t interval of a mean; NaN for fewer than two values or one that is not finite."""
    values = np.asarray(values, np.float64)
    if len(values) < 2 or not np.isfinite(values).all():
        return np.nan, np.nan
    half = stats.t.ppf(1 - LEVEL / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)


def compare_to_best(values: np.ndarray, best: int) -> Comparison:
    """Returns how each variant compares to the best one, by paired t tests.

    A variant with a value that is not finite is told from the best without a test, with NaN for its
    figures. With one replicate there is nothing to test with: none can be told from the best.

    Args:
        values: the measure of each variant at each seed, shape (variants, replicates).
        best: position of the best variant.
    """
    with np.errstate(invalid="ignore"):
        paired = values.astype(np.float64) - values[best].astype(np.float64)
    intervals = [t_interval(differences) for differences in paired]
    raw = np.array([_paired_p_value(differences) for differences in paired])
    others = np.arange(len(values)) != best
    p_value = np.ones(len(values))
    p_value[others] = holm(raw[others])
    return Comparison(
        difference=paired.mean(axis=1),
        low=np.array([low for low, _ in intervals]),
        high=np.array([high for _, high in intervals]),
        p_value=np.where(np.isfinite(paired).all(axis=1), p_value, np.nan),
        same_as_best=p_value >= LEVEL,
    )


def holm(p_values: np.ndarray) -> np.ndarray:
    """Returns p values corrected for their number by Holm's step-down method (1979), shape as given."""
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
    if np.ptp(differences) == 0:
        return 0.0
    return float(stats.ttest_1samp(differences, 0).pvalue)
