"""The sentences of comparisons, written from the numbers. None says more than its statistics do."""

from __future__ import annotations

from collections.abc import Sequence

from cxloop.core.comparing import Against, Change, Comparison, ComparisonVerdict, SideBySide, amount, limits
from cxloop.core.results import Estimate, Unit
from cxloop.core.wording import count, group_label, in_sentence, interval, many, number
from cxloop.measure.pulse_wording import RATE

__all__ = ["lede", "tag", "verdict"]

_OF_PERIODS = ("before", "year")


def verdict(change: Change | None, against: Against) -> ComparisonVerdict:
    """Returns what may be said of a difference whose p value is corrected."""
    if change is None:
        return "cannot say"
    shown = change.p <= RATE
    if against in _OF_PERIODS:
        return "changed" if shown else "not shown to have changed"
    return "differs" if shown else "not shown to differ"


def tag(change: Change | None, against: Against, unit: Unit) -> str:
    """Returns the verdict in few words.

    Example:
        >>> tag(Change(-3.14, -5, -1, 0.01, "MOVER"), "before", "points")
        'fell by 3.1'
        >>> tag(Change(0.023, 0.01, 0.04, 0.01, "MOVER"), "rest", "share")
        'higher by 2.3 percentage points'
        >>> tag(Change(0.023, -0.01, 0.04, 0.2, "MOVER"), "rest", "share"), tag(None, "year", "score")
        ('no difference shown', 'cannot say')
    """
    if change is None:
        return "cannot say"
    moves = (
        ("rose", "fell", "no change shown") if against in _OF_PERIODS else ("higher", "lower", "no difference shown")
    )
    if change.p > RATE:
        return moves[2]
    return f"{moves[change.value < 0]} by {amount(abs(change.value), unit)}"


def lede(found: Comparison) -> str:
    """Returns what a colleague would say first.

    Args:
        found: a comparison, of which everything but the sentence is known.
    """
    if not found.by:
        return _one(found, found.rows[0])
    said = [row for row in found.rows if row.change is not None]
    if not said:
        return f"There are too few {many(0, found.noun)[2:]} to compare {found.label} by {in_sentence(found.title)}."
    shown = [row for row in said if row.verdict in ("changed", "differs")]
    return _several(found, said, shown)


def _one(found: Comparison, row: SideBySide) -> str:
    now, before, change = row.current, row.other, row.change
    if change is None or not isinstance(now, Estimate) or not isinstance(before, Estimate):
        short = now if not isinstance(now, Estimate) else before
        when = "" if short is now else f" in the {found.other_label}"
        needed = "" if isinstance(short, Estimate) else f"; at least {count(short.needed)} are needed"
        return f"Whether {found.label} changed cannot be said: {many(short.n, found.noun)}{when}{needed}."
    ends = f"it is {number(now.value, found.unit)} {interval(now, found.unit)}"
    was = f"and was {number(before.value, found.unit)} {interval(before, found.unit)} in the {found.other_label}"
    if row.verdict == "changed":
        return f"{found.label} {row.tag}: {ends} {was}; the difference is {limits(change, found.unit)}."
    return f"{found.label} is not shown to have changed: {ends} {was}; {limits(change, found.unit)}."


def _several(found: Comparison, said: Sequence[SideBySide], shown: Sequence[SideBySide]) -> str:
    of = f"{count(len(shown))} of {many(len(said), 'group')} by {in_sentence(found.title)}"
    periods = found.against in _OF_PERIODS
    verb = "changed against the" if periods else "differ from"
    if not shown:
        none = f"none of {many(len(said), 'group')} by {in_sentence(found.title)}"
        what = "is shown to have changed against the" if periods else "is shown to differ from"
        return f"{found.label}: {none} {what} {found.other_label}."
    first = shown[0]
    assert first.change is not None  # what is shown has one
    clearest = f"clearest: {group_label(first.group)}, {limits(first.change, found.unit)}"
    single = len(shown) == 1 and not periods
    return f"{found.label}: {of} {'differs from' if single else verb} {found.other_label}; {clearest}."
