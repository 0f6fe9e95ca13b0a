"""The points and words of league tables, computed once for notebooks and pages: caterpillar and funnel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from cxloop.core.league import LIKELY, League, LeagueRow, chance
from cxloop.core.results import Estimate
from cxloop.core.wording import count, interval, number

__all__ = [
    "LIMITS",
    "SHOWN",
    "Limit",
    "described",
    "ends",
    "farthest",
    "figures",
    "heading",
    "limits",
    "outside",
    "shown",
    "under",
]

LIMITS = ((1.959964, "95 %"), (3.090232, "99.8 %"))
"""Standard errors of the lines of a funnel, with the share of groups that luck alone keeps inside them."""
SHOWN = 40
"""Most rows of a caterpillar: the first and the last of a longer table."""
_STEPS = 60


@dataclass(frozen=True, slots=True)
class Limit:
    """One place of the lines of a funnel: how many answers, and between which values luck alone stays."""

    n: float
    low: float
    high: float
    share: str


def shown(result: League) -> tuple[tuple[LeagueRow, ...], str]:
    """Returns the rows to draw, and what to say where that is not all."""
    rows = result.judged
    few = len(result.rows) - len(rows)
    said = [f"{count(few)} with too few answers not shown"] if few else []
    if len(rows) > SHOWN:
        said.insert(0, f"the first and last {SHOWN // 2} of {count(len(rows))}")
        rows = (*rows[: SHOWN // 2], *rows[-SHOWN // 2 :])
    return rows, " · ".join(said)


def ends(rows: Sequence[LeagueRow], mean: float) -> tuple[float, float]:
    """Returns the values between which a caterpillar's axis runs."""
    values = [mean]
    for row in rows:
        values.append(row.raw)
        if row.shrunk is not None:
            values += [row.shrunk.low, row.shrunk.high]
    low, high = min(values), max(values)
    room = 0.04 * (high - low) or 1.0
    return low - room, high + room


def heading(result: League) -> str:
    """Returns what a league table shows: "CSAT mean of employees"."""
    return f"{result.title} of {result.groups}"


def under(result: League, note: str = "") -> str:
    """Returns what the marks of a caterpillar are."""
    said = f"dots with {100 * result.level:g} % intervals: same cases, without luck · rings: as it is · line: the mean"
    return f"{said} · {note}" if note else said


def figures(row: LeagueRow, result: League) -> str:
    """Returns what stands beside a row of a caterpillar."""
    assert row.shrunk is not None
    said = f"{number(row.shrunk.value, result.unit)} {interval(row.shrunk, result.unit)} · n {count(row.n)}"
    if row.lowest is not None and row.lowest >= LIKELY:
        return f"{said} · last fifth {chance(row.lowest)}"
    if row.highest is not None and row.highest >= LIKELY:
        return f"{said} · first fifth {chance(row.highest)}"
    return said


def limits(result: League) -> list[Limit]:
    """Returns the lines of the funnel, from the smallest to the largest group."""
    sizes = [row.n for row in result.judged]
    if not sizes or result.mean is None:
        return []
    first, last = max(min(sizes) * 0.8, 1.0), max(sizes) * 1.05
    places = [(first ** (1 - step / _STEPS)) * last ** (step / _STEPS) for step in range(_STEPS + 1)]
    return [
        Limit(n, result.mean - width * result.one / sqrt(n), result.mean + width * result.one / sqrt(n), share)
        for width, share in LIMITS
        for n in places
    ]


def outside(row: LeagueRow, result: League) -> bool:
    """Whether a group differs from the mean by more than the wider line of the funnel allows."""
    if result.mean is None or not isinstance(row.adjusted, Estimate):
        return False
    return abs(row.adjusted.value - result.mean) > LIMITS[1][0] * result.one / sqrt(row.n)


def farthest(result: League) -> list[LeagueRow]:
    """Returns the groups outside the wider line of the funnel, the farthest from it first."""

    def distance(row: LeagueRow) -> float:
        assert isinstance(row.adjusted, Estimate)
        return -abs(row.adjusted.value - (result.mean or 0.0)) * sqrt(row.n)

    return sorted((row for row in result.judged if outside(row, result)), key=distance)


def described(result: League) -> str:
    """Returns the chart in words, for those who cannot see it."""
    rows = result.judged
    told = "; ".join(f"{row.label} {figures(row, result)}" for row in rows[:12])
    more = f"; and {count(len(rows) - 12)} more" if len(rows) > 12 else ""
    return f"{result.lede} {told}{more}."
