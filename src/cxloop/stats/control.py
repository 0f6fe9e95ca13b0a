"""Control charts: limits that only something unusual leaves, and runs that chance rarely makes.

Constants and limits as in Montgomery (2012), "Introduction to Statistical Quality Control", 7th ed., chapters 6 and 7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from cxloop.stats.sums import Array

__all__ = ["NELSON", "WESTERN_ELECTRIC", "Limits", "p_chart", "signals", "standardised", "u_chart", "xmr_chart"]

D2 = 1.128
"""Mean range of two independent normal values with standard deviation 1 (Montgomery 2012, appendix VI, n = 2)."""
D4 = 0.954
"""Median of the same range (Wheeler and Chambers 1992, "Understanding Statistical Process Control", table A.2)."""
LARGE_N = 1_000
"""From about so many units per point Laney (2002) found that p and u charts mistake ordinary days for unusual ones."""
Flags = npt.NDArray[np.bool_]
RuleName = Literal[
    "beyond 3 sigma",
    "2 of 3 beyond 2 sigma",
    "4 of 5 beyond 1 sigma",
    "8 on one side",
    "9 on one side",
    "6 rising or falling",
    "14 up and down",
    "15 within 1 sigma",
    "8 beyond 1 sigma",
]


@dataclass(frozen=True, eq=False)
class Limits:
    """The centre of a chart and how far each point may be from it.

    Attributes:
        centre: what points vary around, shape (points,).
        sigma: standard deviation of each point where nothing is unusual, shape (points,).
        low: three sigma below, at least `floor`.
        high: three sigma above, at most `ceiling`.
        spread: how much more (above 1) or less points vary than units drawn by chance would; 1 where that is not asked.
        chart: "p", "p prime", "u", "u prime" or "XmR".
    """

    centre: Array
    sigma: Array
    low: Array
    high: Array
    spread: float
    chart: str


def p_chart(events: Array, n: Array, *, base: Flags | None = None, laney: bool | None = None) -> Limits:
    """Returns the limits of shares of `n` units each.

    Montgomery (2012), section 7.2.2, with limits for each n. Where n is large, days differ by more than units drawn by
    chance would, and nearly every day lies outside: then sigma is taken times the spread of the points themselves, by
    the moving ranges of their z values: Laney (2002), "Improved control charts for attributes", Quality Engineering
    14(4), 531-537 (p').

    Args:
        events: units that count, shape (points,).
        n: units of each point, above 0.
        base: the points that set the limits; all by default.
        laney: whether to take the points' own spread; by default where the mean n is large or the spread shows.
    """
    chosen = np.ones(n.size, dtype=bool) if base is None else base
    share = float(events[chosen].sum() / n[chosen].sum())
    sigma = np.sqrt(share * (1 - share) / n)
    return _attributes(events / n, np.full(n.size, share), sigma, n, chosen, laney, ("p", "p prime"), 1.0)


def u_chart(events: Array, n: Array, *, base: Flags | None = None, laney: bool | None = None) -> Limits:
    """Returns the limits of events per unit, of which one unit may have several; arguments as of `p_chart`.

    Montgomery (2012), section 7.3.1; u' by Laney (2002).
    """
    chosen = np.ones(n.size, dtype=bool) if base is None else base
    rate = float(events[chosen].sum() / n[chosen].sum())
    return _attributes(events / n, np.full(n.size, rate), np.sqrt(rate / n), n, chosen, laney, ("u", "u prime"), np.inf)


def xmr_chart(values: Array, *, base: Flags | None = None, ends: tuple[float, float] = (-np.inf, np.inf)) -> Limits:
    """Returns the limits of single values: the centre, and their mean moving range over 1.128.

    Montgomery (2012), section 6.4; Shewhart's individuals chart.

    Args:
        values: in the order of time.
        base: the points that set the limits; all by default.
        ends: the lowest and highest value that there can be.
    """
    chosen = np.ones(values.size, dtype=bool) if base is None else base
    sigma = np.full(values.size, _moving_range(values[chosen]) / D2)
    centre = np.full(values.size, float(values[chosen].mean()))
    return _limits(centre, sigma, 1.0, "XmR", ends)


def standardised(values: Array, limits: Limits) -> Array:
    """Returns how many sigma each value is above the centre; 0 where nothing varies and the value is the centre."""
    apart = values - limits.centre
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(apart == 0, 0.0, apart / limits.sigma))


def _attributes(
    values: Array,
    centre: Array,
    sigma: Array,
    n: Array,
    base: Flags,
    laney: bool | None,
    names: tuple[str, str],
    ceiling: float,
) -> Limits:
    spread = 1.0
    if base.sum() > 2 and (sigma > 0).all():
        z = ((values - centre) / sigma)[base]
        spread = max(_moving_range(z) / D2, 1e-9)
        if laney is None:
            laney = bool(n[base].mean() >= LARGE_N) or _overdispersed(z)
    chart = names[1] if laney else names[0]
    spread = spread if laney else 1.0
    return _limits(centre, sigma * spread, spread, chart, (0.0, ceiling))


def _overdispersed(z: Array) -> bool:
    """Whether neighbours differ by more than chance, at about 1 to 3 %.

    By the median of the moving ranges, over 0.954, and not by chi-squared: one bad day in a steady year is to be
    flagged, and not to widen the limits. Of m normal points it has a standard error of about 1.29 / sqrt(m), from
    20,000 drawn series.
    """
    spread = float(np.median(np.abs(np.diff(z)))) / D4
    return spread > 1 + 2.326 * 1.29 / float(np.sqrt(z.size))


def _limits(centre: Array, sigma: Array, spread: float, chart: str, ends: tuple[float, float]) -> Limits:
    low, high = np.maximum(centre - 3 * sigma, ends[0]), np.minimum(centre + 3 * sigma, ends[1])
    return Limits(centre, sigma, low, high, spread, chart)


def _moving_range(values: Array) -> float:
    """Returns the mean distance of neighbours; 0 of fewer than two."""
    return float(np.abs(np.diff(values)).mean()) if values.size > 1 else 0.0


Rule = Callable[[Array], Flags]


def signals(z: Array, rules: Mapping[RuleName, Rule]) -> list[tuple[RuleName, ...]]:
    """Returns the rules that each point completes, given its distance from the centre in sigma.

    Example:
        >>> signals(np.array([0.1, 3.2, -0.4]), WESTERN_ELECTRIC)
        [(), ('beyond 3 sigma',), ()]
    """
    found = {name: rule(z) for name, rule in rules.items()}
    return [tuple(name for name, flags in found.items() if flags[place]) for place in range(z.size)]


def _beyond(far: float, wanted: int, of: int) -> Rule:
    """Returns the rule that `wanted` of the last `of` points, this one among them, lie beyond `far` on its side."""

    def rule(z: Array) -> Flags:
        flags = np.zeros(z.size, dtype=bool)
        for side in (z > far, z < -far):
            flags |= side & (_counted(side, of) >= wanted)
        return flags

    return rule


def _counted(flags: Flags, of: int) -> npt.NDArray[np.int64]:
    """Returns how many of the last `of` points are flagged, at each point."""
    sums = np.concatenate([np.zeros(of, dtype=np.int64), np.cumsum(flags)])
    return np.asarray(sums[of:] - sums[:-of])


def _trend(length: int) -> Rule:
    """Returns the rule that `length` points in a row rise, or fall, steadily."""

    def rule(z: Array) -> Flags:
        steps = np.diff(z, prepend=np.nan)
        return np.asarray(
            (_counted(steps > 0, length - 1) >= length - 1) | (_counted(steps < 0, length - 1) >= length - 1)
        )

    return rule


def _alternating(length: int) -> Rule:
    """Returns the rule that `length` points in a row go up and down in turn."""

    def rule(z: Array) -> Flags:
        steps = np.sign(np.diff(z, prepend=np.nan))
        turned = np.concatenate([[False], steps[1:] * steps[:-1] < 0])
        return np.asarray(_counted(turned, length - 2) >= length - 2)

    return rule


def _all(of: int, holds: Callable[[Array], Flags]) -> Rule:
    return lambda z: np.asarray(_counted(holds(z), of) >= of)


WESTERN_ELECTRIC: Mapping[RuleName, Rule] = {
    "beyond 3 sigma": _beyond(3, 1, 1),
    "2 of 3 beyond 2 sigma": _beyond(2, 2, 3),
    "4 of 5 beyond 1 sigma": _beyond(1, 4, 5),
    "8 on one side": _beyond(0, 8, 8),
}
"""Western Electric (1956), "Statistical Quality Control Handbook", pages 25 to 28."""
NELSON: Mapping[RuleName, Rule] = {
    "beyond 3 sigma": _beyond(3, 1, 1),
    "9 on one side": _beyond(0, 9, 9),
    "6 rising or falling": _trend(6),
    "14 up and down": _alternating(14),
    "2 of 3 beyond 2 sigma": _beyond(2, 2, 3),
    "4 of 5 beyond 1 sigma": _beyond(1, 4, 5),
    "15 within 1 sigma": _all(15, lambda z: np.abs(z) < 1),
    "8 beyond 1 sigma": _all(8, lambda z: np.abs(z) > 1),
}
"""Nelson (1984), "The Shewhart control chart: tests for special causes", Journal of Quality Technology 16(4)."""
