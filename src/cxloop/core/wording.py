"""How numbers read: one place for the words and digits that terminal, page, chart and report share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxloop.core.results import Estimate, InsufficientData

if TYPE_CHECKING:
    from cxloop.core.results import Estimates, Unit

__all__ = ["METRIC_LABELS", "answers", "count", "interval", "label", "number", "sentence"]

METRIC_LABELS = {"nps": "NPS", "csat": "CSAT", "ces": "CES", "rating": "Rating"}


def label(metric: str) -> str:
    """Returns the metric's name as people write it.

    Example:
        >>> label("nps")
        'NPS'
    """
    return METRIC_LABELS.get(metric, metric)


def count(amount: int) -> str:
    """Returns a count with thousands separated: 2,134,880."""
    return f"{amount:,}"


def answers(amount: int) -> str:
    """Returns how many answers, in words: "1 answer", "4,812 answers"."""
    return f"{count(amount)} {'answer' if amount == 1 else 'answers'}"


def number(value: float, unit: Unit) -> str:
    """Returns the value in its unit: points as +31.2, a share as 86.1 %, a score as 5.43.

    Example:
        >>> number(-3.14, "points"), number(0.861, "share"), number(5.432, "score")
        ('−3.1', '86.1 %', '5.43')
    """
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit == "score":
        return f"{value:.2f}"
    sign = "+" if value >= 0.05 else "−" if value <= -0.05 else ""
    return f"{sign}{abs(value):.1f}"


def interval(estimate: Estimate, unit: Unit) -> str:
    """Returns the interval in its unit, as "[29.0, 33.1]"."""
    return f"[{number(estimate.low, unit)}, {number(estimate.high, unit)}]"


def sentence(estimates: Estimates) -> str:
    """Returns one line that a manager can read."""
    name = label(estimates.metric)
    if not estimates.rows:
        return f"{name}: no answers in this selection."
    if len(estimates.rows) > 1:
        shown = sum(isinstance(row.result, Estimate) for row in estimates.rows)
        total = sum(row.result.n for row in estimates.rows)
        split = " and ".join([*estimates.by, *([estimates.every] if estimates.every else [])])
        return f"{name} by {split}: {shown} of {len(estimates.rows)} groups can be said, from {answers(total)}."
    only = estimates.rows[0].result
    if isinstance(only, InsufficientData):
        return f"{name} cannot be said: {answers(only.n)}, at least {only.needed} are needed."
    return (
        f"{name} is {number(only.value, estimates.unit)} {interval(only, estimates.unit)} "
        f"({only.level:.0%} interval, {answers(only.n)} of {count(only.customers)} customers, {only.method})."
    )
