"""What a day or a month usually brings: a level with a shift for each day of the week and each month of the year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from cxloop.stats.control import D2, Limits
from cxloop.stats.sums import Array

__all__ = ["LEAST_MONTHS", "LEAST_WEEKS", "Season", "season_of", "seasonal_limits"]

LEAST_WEEKS = 8
"""Weeks from which a Monday can be told from a Tuesday: each is seen eight times."""
LEAST_MONTHS = 24
"""Months from which the season can be told from what happened in one year: each month is seen twice."""


@dataclass(frozen=True, slots=True)
class Season:
    """Which shifts can be known from the days that there are."""

    weekdays: bool
    months: bool


def season_of(days: Sequence[date], base: npt.NDArray[np.bool_], *, daily: bool) -> Season:
    """Returns which shifts the base is long enough for.

    Args:
        days: first day of each point.
        base: the points that the shifts are learned from.
        daily: whether points are days: weeks and months have no weekday.
    """
    known = [day for day, chosen in zip(days, base, strict=True) if chosen]
    if not known:
        return Season(weekdays=False, months=False)
    seen = {weekday: sum(day.weekday() == weekday for day in known) for weekday in {day.weekday() for day in days}}
    years = {month: {day.year for day in known if day.month == month} for month in {day.month for day in days}}
    return Season(
        weekdays=daily and min(seen.values()) >= LEAST_WEEKS,
        months=min(len(found) for found in years.values()) >= LEAST_MONTHS // 12,
    )


def seasonal_limits(
    values: Array,
    n: Array,
    days: Sequence[date],
    season: Season,
    *,
    base: npt.NDArray[np.bool_] | None = None,
    ends: tuple[float, float] = (-np.inf, np.inf),
) -> Limits:
    """Returns the limits around what the season lets expect of each point.

    Least squares with weights n (a point's variance falls with its n), over columns for weekdays and months: Draper and
    Smith (1998), "Applied Regression Analysis", 3rd ed., chapters 9 and 14. Sigma is made of the moving ranges of the
    standardised residuals, as Laney (2002) does, so that one bad day does not widen the band for all; what is expected
    of a point has an error of its own, by its leverage.

    Args:
        values: in the order of time.
        n: units of each point, above 0.
        days: first day of each point.
        season: which shifts there are.
        base: the points that shifts and band are learned from; all by default.
        ends: the lowest and highest value that there can be.
    """
    chosen = np.ones(values.size, dtype=bool) if base is None else base
    design = _design(days, season)
    weighted = design[chosen] * np.sqrt(n[chosen])[:, None]
    inverse = np.linalg.pinv(weighted.T @ weighted)
    centre = np.asarray(design @ (inverse @ (weighted.T @ (values[chosen] * np.sqrt(n[chosen])))))
    own = np.einsum("ij,jk,ik->i", design, inverse, design)
    # a point that the line was drawn through is nearer to it than a new one
    error = np.where(chosen, np.maximum(1 / n - own, 1e-12), 1 / n + own)
    z = (values - centre) / np.sqrt(error)
    spread = float(np.abs(np.diff(z[chosen])).mean()) / D2 if chosen.sum() > 1 else 0.0
    sigma = spread * np.sqrt(error)
    low, high = np.maximum(centre - 3 * sigma, ends[0]), np.minimum(centre + 3 * sigma, ends[1])
    return Limits(np.clip(centre, *ends), sigma, low, high, spread, "seasonal")


def _design(days: Sequence[date], season: Season) -> Array:
    """Returns a column of ones and one for each weekday and month but the first, shape (points, columns)."""
    columns = [np.ones(len(days))]
    for wanted, place in ((season.weekdays, date.weekday), (season.months, lambda day: day.month)):
        if wanted:
            found = np.array([place(day) for day in days])
            columns += [(found == value).astype(float) for value in sorted(set(found.tolist()))[1:]]
    return np.column_stack(columns)
