"""What charts of estimates show, as data: the same points whether Altair draws them or the page's own pictures."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from cxloop.charts.words import group_name, row_label
from cxloop.core.results import Estimate, EstimateRow, Estimates, Unit, Value
from cxloop.core.wording import count, number, plural

__all__ = [
    "MOST_GROUPS",
    "MOST_SMALL",
    "End",
    "Group",
    "Point",
    "domain",
    "dot",
    "few_note",
    "groups_of",
    "is_split",
    "largest",
    "line_ends",
    "moments",
    "most",
]

MOST_GROUPS = 40
"""Rows of a dot chart: more are a table."""
MOST_LINES = 2
"""Lines whose bands can be told apart in one chart; more get a small chart each."""
MOST_GAPS = 0.2
"""Share of periods without a number from which several lines are only pieces, and get a small chart each too."""
MOST_SMALL = 24
Group = tuple[str | None, ...]
Point = dict[str, Value]


class End(NamedTuple):
    """What stands at the end of a line, and at which height."""

    place: float
    group: str
    label: str


def groups_of(result: Estimates) -> list[Group]:
    """Returns the groups of a result, in its order."""
    return list(dict.fromkeys(row.group for row in result.rows))


def is_split(result: Estimates) -> bool:
    """Whether estimates over time need a small chart for each group."""
    groups = groups_of(result)
    gaps = sum(not isinstance(row.result, Estimate) for row in result.rows)
    return len(groups) > MOST_LINES or (len(groups) > 1 and gaps > MOST_GAPS * len(result.rows))


def largest(result: Estimates) -> tuple[list[Group], tuple[EstimateRow, ...], str]:
    """Returns the groups that get a small chart, their rows, and what to say of the others."""
    groups = groups_of(result)
    sizes = dict.fromkeys(groups, 0)
    for row in result.rows:
        sizes[row.group] += row.result.n
    kept = set(sorted(groups, key=lambda group: -sizes[group])[:MOST_SMALL])
    rows = tuple(row for row in result.rows if row.group in kept)
    note = (
        f"{len(kept)} of {count(len(groups))} groups, those with most {plural(result.noun)}"
        if len(kept) < len(groups)
        else ""
    )
    return [group for group in groups if group in kept], rows, note


def dot(name: str, row: EstimateRow, unit: Unit) -> Point:
    """Returns the point of a group, with what stands beside it and, on narrow screens, above it."""
    found = row.result
    limits = (found.value, found.low, found.high) if isinstance(found, Estimate) else (None, None, None)
    point: Point = dict(zip(("value", "low", "high"), limits, strict=True))
    label = row_label(found, unit)
    return {"group": name, **point, "label": label, "line": f"{name}  {label}"}


def moments(rows: Sequence[EstimateRow], unit: Unit) -> list[Point]:
    """Returns a point per row; `run` changes where a period could not be said, so that no line bridges it.

    A point that is `alone` in its run has no band; its interval is drawn as a rule.
    """
    points: list[Point] = []
    runs: dict[str, int] = {}
    for row in rows:
        assert row.period is not None  # rows of a chart over time have one
        point = dot(group_name(row.group), row, unit)
        name = str(point["group"])
        runs[name] = runs.get(name, 0) + (point["value"] is None)
        points.append({**point, "period": row.period.isoformat(), "run": f"{name} {runs[name]}"})
    lengths = Counter(point["run"] for point in points if point["value"] is not None)
    return [{**point, "alone": lengths[point["run"]] == 1} for point in points]


def line_ends(result: Estimates, low: float, high: float) -> list[End]:
    """Returns a label for the end of each line, moved apart where they would touch; an old value is left out."""
    last = {row.group: row for row in result.rows if isinstance(row.result, Estimate)}
    found = [(row, row.result) for row in last.values() if isinstance(row.result, Estimate)]
    found.sort(key=lambda item: item[1].value)
    gap, place = (high - low) * 0.055, low - (high - low)
    ends: list[End] = []
    latest = max((row.period for row in result.rows if row.period is not None), default=None)
    for row, estimate in found:
        place = max(estimate.value, place + gap)
        name = group_name(row.group)
        value = number(estimate.value, result.unit) if row.period == latest else ""
        label = " ".join(part for part in (name, value) if part)
        ends.append(End(place, name, label))
    return ends


def most(rows: tuple[EstimateRow, ...], noun: str = "answer") -> tuple[tuple[EstimateRow, ...], str]:
    """Returns the rows that a dot chart has room for, and what to say of the others."""
    if len(rows) <= MOST_GROUPS:
        return rows, ""
    kept = sorted(rows, key=lambda row: -row.result.n)[:MOST_GROUPS]
    return tuple(kept), f"{MOST_GROUPS} of {count(len(rows))} groups, those with most {plural(noun)}"


def few_note(rows: Sequence[EstimateRow], noun: str = "answer") -> str:
    """Returns what the cross on a chart means, where there is one."""
    return "" if all(isinstance(row.result, Estimate) for row in rows) else f"× too few {plural(noun)}"


def domain(unit: Unit, rows: Sequence[EstimateRow], scale: tuple[float, float] | None) -> tuple[float, float]:
    """Returns the range of the axis: what the intervals need and a little air, inside what is possible."""
    known = [row.result for row in rows if isinstance(row.result, Estimate)]
    ends = {"points": (-100.0, 100.0), "share": (0.0, 1.0)}.get(unit, scale or (-math.inf, math.inf))
    if not known:
        return ends if ends[0] > -math.inf else (0.0, 1.0)
    low, high = min(found.low for found in known), max(found.high for found in known)
    air = max(0.06 * (high - low), 1e-6)
    return max(low - air, ends[0]), min(high + air, ends[1])
