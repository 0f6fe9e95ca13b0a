"""Words on charts: titles, labels and the description that a screen reader gets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cxloop.core.results import Estimate, EstimateRow, Estimates, InsufficientData, Unit
from cxloop.core.wording import NOT_SAID, called, count, duration_unit, group_label, interval, number, sentence, splits

__all__ = ["NOT_SAID", "Notes", "axis_label", "description", "group_name", "row_label", "subtitle", "title"]

Notes = Sequence[tuple[date, str]]
"""Days, and what happened on them."""


def axis_label(unit: Unit, width: float) -> str:
    """Returns the Vega expression that writes the numbers of an axis as the texts beside it are written.

    Args:
        unit: how the number reads.
        width: how far apart the ends of the axis are: short axes need more digits.
    """
    if unit == "points":
        return "datum.value == 0 ? '0' : format(datum.value, '+')"
    if unit == "share":
        return f"format(100 * datum.value, '.{0 if width > 0.05 else 1}f') + ' %'"
    if unit == "money":
        return f"format(datum.value, ',.{0 if width > 6 else 2}f')"
    if unit == "duration":
        name, size = duration_unit(width)
        return f"format(datum.value / {size}, ',.{0 if width > 3 * size else 1}f') + ' {name}'"
    return f"format(datum.value, '.{1 if width > 0.6 else 2}f')"


def group_name(group: tuple[str | None, ...]) -> str:
    """Returns the labels of a group as one: "web · north"; a null is "not said"."""
    return " · ".join(group_label(part) for part in group)


def title(result: Estimates) -> str:
    """Returns what the chart shows: "NPS by channel, each week"."""
    by = f" by {' and '.join(splits(result))}" if result.by else ""
    every = f", each {result.every}" if result.every else ""
    return f"{called(result)}{by}{every}"


def subtitle(result: Estimates, note: str = "") -> str:
    """Returns what the intervals are, and what was left out."""
    level = next((row.result.level for row in result.rows if isinstance(row.result, Estimate)), 0.95)
    scale = (
        f"scale {result.scale[0]:g} to {result.scale[1]:g}"
        if result.scale is not None and result.unit == "score"
        else ""
    )
    return " · ".join(part for part in (f"{100 * level:g} % intervals", scale, result.currency, note) if part)


def row_label(found: Estimate | InsufficientData, unit: Unit) -> str:
    """Returns what stands beside a dot: "+31.2 [29.0, 33.1] · n 4,812", or how many are too few."""
    if isinstance(found, InsufficientData):
        return f"too few: {count(found.n)} of {count(found.needed)}"
    return f"{number(found.value, unit)} {interval(found, unit)} · n {count(found.n)}"


def description(result: Estimates, rows: tuple[EstimateRow, ...]) -> str:
    """Returns the chart in a sentence, with its figures where these are few."""
    lines = [
        f"{group_name(row.group) or row.period}: {row_label(row.result, result.unit)}"
        for row in rows
        if result.every is None
    ]
    return " ".join([sentence(result), "; ".join(lines[:12])]).strip()
