"""Rates of things that happen: whether something has become rarer, when days differ anyway."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import betainc

from cxloop.stats.sums import Array

__all__ = ["fewer"]


def fewer(before: Sequence[int] | Array, recent: int, recent_days: int) -> float:
    """Returns the one-sided p value of "as often as before" against "rarer", for a total of some later days.

    Given the sum of two Poisson counts, one of them is binomial with the share of its days (Przyborowski and Wilenski
    1940, "Homogeneity of results in testing samples from Poisson series", Biometrika 31, 313-323). Real days differ by
    more than chance, weekends above all: both counts are divided by the dispersion of the days before (quasi-Poisson;
    McCullagh and Nelder 1989, "Generalized Linear Models", 6.2), which makes the test careful rather than quick.

    Args:
        before: how many on each earlier day, at least two days; days without any are zeros and not left out.
        recent: how many on all of the later days together.
        recent_days: how many days these are.

    Raises:
        ValueError: there are fewer than two days before, or no day after.

    Example:
        >>> round(fewer([4, 6, 5, 5, 6, 4, 5], 0, 2), 4)
        0.0002
    """
    days = np.asarray(before, dtype=float)
    if days.size < 2 or recent_days < 1:
        raise ValueError(f"{days.size} days before and {recent_days} after cannot be compared; 2 and 1 are needed.")
    mean = days.mean()
    if mean == 0:
        return 1.0
    dispersion = max(1.0, float(days.var(ddof=1) / mean))
    happened, total = recent / dispersion, (recent + float(days.sum())) / dispersion
    if total <= happened:
        return 1.0
    share = recent_days / (recent_days + days.size)
    # the binomial distribution function, continued to counts that are not whole
    return float(betainc(total - happened, happened + 1, 1 - share))
