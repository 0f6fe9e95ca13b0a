"""Rates of things that happen: shares of things that count once, and whether something has become rarer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import betainc

from cxloop.stats.intervals import Intervals, share
from cxloop.stats.sums import Array, Cells, Clusters

__all__ = ["fewer", "shares"]


def shares(hits: Array, n: Array, *, level: float = 0.95) -> Intervals:
    """Returns shares of things that count once each, with Wilson's interval; n need not be whole.

    Args:
        hits: how many of them, shape (groups,).
        n: of how many, shape (groups,).
        level: level of the interval.

    Example:
        >>> found = shares(np.array([8.0]), np.array([10.0]))
        >>> found.low.round(4), found.high.round(4)
        (array([0.4902]), array([0.9433]))
    """
    cells = Cells(np.array([0.0, 1.0]), np.column_stack([n - hits, hits]), Clusters(n, hits, hits, n))
    return share(cells, level=level)


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
