"""Cross-tables: whether two answers go together, and which of their pairs are more or less frequent than by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, ndtr

from cxloop.stats.compare import benjamini_hochberg
from cxloop.stats.sums import Array

__all__ = ["Association", "Residuals", "association", "cramers_v", "residuals"]

LEAST_EXPECTED, ENOUGH_EXPECTED, SHARE_ENOUGH = 1.0, 5.0, 0.8
"""Cochran's rule: no expected count below 1, and four of five at least 5."""
RESAMPLES = 9_999
_SEED = 1


@dataclass(frozen=True, slots=True)
class Association:
    """Whether rows and columns go together.

    Attributes:
        p: p value of "they do not".
        method: the test's name.
        statistic: chi-square; None where the test has none.
        degrees: degrees of freedom.
        v: Cramér's V, corrected for bias, 0 (not at all) to 1.
        n: observations.
    """

    p: float
    method: str
    statistic: float | None
    degrees: int
    v: float
    n: int


@dataclass(frozen=True, eq=False)
class Residuals:
    """How far each cell is from chance: adjusted residuals, their p values, and those corrected for their number."""

    value: Array
    p: Array
    adjusted_p: Array


def association(table: npt.ArrayLike) -> Association | None:
    """Returns the test of independence; None where one side has only one row or column with observations.

    Pearson's chi-square without a correction for continuity: Pearson (1900), Philosophical Magazine 50, 157-175. Where
    Cochran's rule (1954, Biometrics 10, 417-451) does not hold, Fisher's exact test: of tables of two by two as in
    Fisher (1935), of larger ones by 9,999 tables drawn with the same margins (Agresti 1992, Statistical Science 7(1),
    131-153), with a fixed seed.

    Args:
        table: counts of independent observations.

    Example:
        >>> found = association([[762, 327, 468], [484, 239, 477]])  # Agresti (2007), table 2.5
        >>> round(found.statistic, 1), found.degrees, found.p < 0.001
        (30.1, 2, True)
    """
    counts = _filled(table)
    if min(counts.shape) < 2:
        return None
    n = int(counts.sum())
    expected = _expected(counts)
    statistic = float(((counts - expected) ** 2 / expected).sum())
    degrees = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    v = cramers_v(counts)
    if expected.min() >= LEAST_EXPECTED and (expected >= ENOUGH_EXPECTED).mean() >= SHARE_ENOUGH:
        return Association(float(chdtrc(degrees, statistic)), "chi-square", statistic, degrees, v, n)
    return Association(_exact(counts.astype(int)), _exact_name(counts), None, degrees, v, n)


def _exact_name(counts: Array) -> str:
    return "Fisher's exact" if counts.shape == (2, 2) else f"Fisher's exact, {RESAMPLES:,} tables drawn"


def _exact(counts: npt.NDArray[np.int_]) -> float:
    from scipy import stats  # half a second that only this needs

    if counts.shape == (2, 2):
        return float(stats.fisher_exact(counts).pvalue)
    drawn = stats.MonteCarloMethod(n_resamples=RESAMPLES, rng=np.random.default_rng(_SEED))
    return float(stats.fisher_exact(counts, method=drawn).pvalue)


def cramers_v(table: npt.ArrayLike) -> float:
    """Returns Cramér's V corrected for bias: 0 where rows and columns are independent, 1 where one tells the other.

    Bergsma (2013), "A bias-correction for Cramér's V and Tschuprow's T", Journal of the Korean Statistical Society 42,
    323-328.

    Example:
        >>> cramers_v([[10, 0], [0, 10]])
        1.0
    """
    counts = _filled(table)
    if min(counts.shape) < 2:
        return 0.0
    n, rows, columns = counts.sum(), *counts.shape
    expected = _expected(counts)
    squared = float(((counts - expected) ** 2 / expected).sum()) / n
    squared = max(0.0, squared - (rows - 1) * (columns - 1) / (n - 1))
    fewer = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return float(min(1.0, np.sqrt(squared / fewer))) if fewer > 0 else 0.0


def residuals(
    table: npt.ArrayLike, *, of_rows: npt.ArrayLike | None = None, of_columns: npt.ArrayLike | None = None, n: int = 0
) -> Residuals:
    """Returns the adjusted residual of each cell with a two-sided p value.

    Haberman (1973), "The analysis of residuals in cross-classified tables", Biometrics 29(1), 205-220: standard normal
    where rows and columns are independent. The p values are corrected for the number of cells by the false discovery
    rate (Benjamini and Hochberg 1995); a cell that can only be zero is not counted.

    Args:
        table: counts.
        of_rows: observations of each row, where one observation may stand in several; the sums of the table otherwise.
        of_columns: the same for the columns.
        n: observations in all, where one may stand in several cells.

    Example:
        >>> residuals([[762, 327, 468], [484, 239, 477]]).value.round(2)  # Agresti (2007), table 2.5
        array([[ 4.5 ,  0.7 , -5.32],
               [-4.5 , -0.7 ,  5.32]])
    """
    counts = np.asarray(table, dtype=float)
    rows = counts.sum(axis=1) if of_rows is None else np.asarray(of_rows, dtype=float)
    columns = counts.sum(axis=0) if of_columns is None else np.asarray(of_columns, dtype=float)
    total = float(n or counts.sum())
    expected = rows[:, None] * columns[None, :] / max(total, 1.0)
    variance = expected * (1 - rows / max(total, 1.0))[:, None] * (1 - columns / max(total, 1.0))[None, :]
    seen = variance > 0
    value = np.divide(counts - expected, np.sqrt(variance), out=np.zeros_like(counts), where=seen)
    p = np.where(seen, 2 * ndtr(-np.abs(value)), 1.0)
    adjusted = np.ones_like(p)
    if seen.any():
        adjusted[seen] = benjamini_hochberg(p[seen])
    return Residuals(value, p, adjusted)


def _filled(table: npt.ArrayLike) -> Array:
    """Returns the counts without rows and columns in which nothing was observed."""
    counts = np.asarray(table, dtype=float)
    counts = counts[counts.sum(axis=1) > 0] if counts.size else counts.reshape(0, 0)
    return np.asarray(counts[:, counts.sum(axis=0) > 0])


def _expected(counts: Array) -> Array:
    return np.asarray(np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum())
