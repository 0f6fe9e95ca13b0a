"""The sentences of the Pulse, written from the numbers. None says more than its statistics do."""

from __future__ import annotations

from collections.abc import Sequence

from cxloop.core.comparing import amount, signed
from cxloop.core.results import Estimate, Unit
from cxloop.core.wording import answers, in_sentence, interval, number
from cxloop.measure.results import Change, Mover, PulseMetric, Verdict

__all__ = [
    "against",
    "amount",
    "bare",
    "headline",
    "lede",
    "mover_note",
    "mover_sentence",
    "phrase",
    "signed",
    "sub",
    "tag",
    "verdict",
]

_UNITS = {"m": "minute", "h": "hour", "d": "day", "w": "week"}
_LEDE = {
    ("nps", "rose"): "Customers recommend us more than in the {against}",
    ("nps", "fell"): "Customers recommend us less than in the {against}",
    ("csat", "rose"): "More customers are satisfied than in the {against}",
    ("csat", "fell"): "Fewer customers are satisfied than in the {against}",
    ("ces", "rose"): "Customers find it easier with us than in the {against}",
    ("ces", "fell"): "Customers find it harder with us than in the {against}",
    ("rating", "rose"): "Customers rate us higher than in the {against}",
    ("rating", "fell"): "Customers rate us lower than in the {against}",
}
RATE = 0.05
"""False discovery rate of what is called a change."""


def verdict(change: Change | None) -> Verdict:
    """Returns what may be said of a change whose p value is corrected."""
    if change is None:
        return "cannot say"
    if change.p > RATE:
        return "not shown to have changed"
    return "rose" if change.value > 0 else "fell"


def tag(said: Verdict, change: Change | None, unit: Unit) -> str:
    """Returns the verdict in few words.

    Example:
        >>> tag("fell", Change(-3.14, -5, -1, 0.01, "MOVER"), "points"), tag("cannot say", None, "points")
        ('fell by 3.1', 'cannot say')
    """
    if change is None or said == "cannot say":
        return "cannot say"
    return f"{said} by {amount(abs(change.value), unit)}" if said in ("rose", "fell") else "no change shown"


def bare(size: float, unit: Unit) -> str:
    """Returns a difference with its sign and without its unit, where the unit stands beside it already.

    Example:
        >>> bare(-0.848, "share"), bare(0.3, "score")
        ('−84.8', '+0.30')
    """
    return signed(size, unit).removesuffix(" percentage points")


def against(period: str) -> str:
    """Returns the period before in words.

    Example:
        >>> against("30d"), against("1w")
        ('30 days before', 'week before')
    """
    length, unit = int(period.strip()[:-1]), _UNITS[period.strip()[-1]]
    return f"{unit} before" if length == 1 else f"{length} {unit}s before"


def headline(metrics: Sequence[PulseMetric]) -> PulseMetric | None:
    """Returns the metric that the first sentence speaks of: the first that changed, or the first."""
    changed = (item for item in metrics if item.verdict in ("rose", "fell"))
    return next(changed, metrics[0] if metrics else None)


def lede(metrics: Sequence[PulseMetric], movers: Sequence[Mover], period: str) -> str:
    """Returns the first sentence: the first metric that changed; where none did, that."""
    if not metrics:
        return "No answers have come in during the last two periods, so there is nothing to say yet."
    first = headline(metrics)
    if first is not None and first.verdict in ("rose", "fell"):
        return _changed(first, movers, period)
    watched = [item for item in metrics if item.verdict != "cannot say"]
    if not watched:
        return "There are too few answers to say whether anything changed."
    if len(watched) == 1:
        return f"{watched[0].title} is not shown to have changed against the {against(period)}."
    return f"None of {len(watched)} metrics is shown to have changed against the {against(period)}."


def _changed(item: PulseMetric, movers: Sequence[Mover], period: str) -> str:
    usual = not item.where and (item.metric, item.verdict) in _LEDE
    head = _LEDE[item.metric, item.verdict] if usual else f"{item.title} {item.verdict} against the {{against}}"
    same = [
        mover
        for mover in movers
        if mover.title == item.title and item.change is not None and mover.change.value * item.change.value > 0
    ]
    where = f"; the clearest {_move(same[0])} is where {same[0].phrase}" if same else ""
    return f"{head.format(against=against(period))}{where}."


def _move(mover: Mover) -> str:
    return "rise" if mover.change.value > 0 else "drop"


def sub(metrics: Sequence[PulseMetric]) -> str:
    """Returns the figures behind the first sentence."""
    head = headline(metrics)
    if head is None:
        return "Send a survey, or import answers that carry a metric and a score."
    return " ".join(part for part in (_now(head), _counts(metrics)) if part)


def _now(item: PulseMetric) -> str:
    now, before = item.current, item.previous
    if not isinstance(now, Estimate):
        return f"{item.title} cannot be said: {answers(now.n)}, at least {now.needed} are needed."
    said = f"{item.title} is {number(now.value, item.unit)} {interval(now, item.unit)}"
    if not isinstance(before, Estimate):
        return f"{said}; the period before has too few answers to compare with ({before.n:,})."
    return f"{said}, it was {number(before.value, item.unit)} {interval(before, item.unit)}."


def _counts(metrics: Sequence[PulseMetric]) -> str:
    if len(metrics) == 1:
        return ""
    changed = sum(item.verdict in ("rose", "fell") for item in metrics)
    unknown = sum(item.verdict == "cannot say" for item in metrics)
    same = len(metrics) - changed - unknown
    parts = [
        f"{changed} changed" if changed else "",
        f"{same} {'is' if same == 1 else 'are'} not shown to have changed" if same else "",
        f"{unknown} cannot be told" if unknown else "",
    ]
    return f"Of {len(metrics)} metrics watched, {', '.join(part for part in parts if part)}."


def phrase(dimension: str, group: str) -> str:
    """Returns which group it is, to be read in the middle of a sentence.

    Example:
        >>> phrase("Club tier", "gold"), phrase("NPS wave", "spring")
        ('club tier is gold', 'NPS wave is spring')
    """
    return f"{in_sentence(dimension)} is {group}"


def mover_sentence(title: str, phrase: str, now: Estimate, before: Estimate, unit: Unit) -> str:
    """Returns what happened in one group."""
    said = "rose" if now.value > before.value else "fell"
    ends = f"from {number(before.value, unit)} to {number(now.value, unit)}"
    return f"{title} {said} {ends} where {phrase}"


def mover_note(now: Estimate, before: Estimate, change: Change, unit: Unit) -> str:
    """Returns the evidence in small print, and what kind of evidence it is."""
    low, high = (bare(end, unit) for end in (change.low, change.high))
    limits = f"{signed(change.value, unit)} [{low}, {high}]"
    return f"{limits} · {answers(now.n)}, {before.n:,} before · observed, not a cause"
