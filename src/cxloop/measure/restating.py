"""What later decisions on who is who have changed in a number that somebody may have read before.

Answers do not change when two customers become one; what may change is into which group they fall, and how many
customers they are from. A number is called restated where a decision after its window's end changed what people read
of it: the value as it is shown, the number of answers, whether it can be said at all, or the interval by more than a
tenth of its width. A first run of matching restates what it changes, and not whatever it concerns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from cxloop.core.errors import AccessDeniedError
from cxloop.core.results import Estimate, EstimateRow, InsufficientData, Restated
from cxloop.core.time import Window
from cxloop.core.wording import number
from cxloop.engine.customers import NOW, Identity
from cxloop.engine.segments import SEGMENT
from cxloop.measure.queries import (
    LAST_CHANGE,
    LAST_DECISION,
    LAST_KNOWN,
    MOVED,
    MOVED_ANYHOW,
    MOVES,
    MOVES_ANYHOW,
    SEGMENT_BEGAN,
)

if TYPE_CHECKING:
    from cxloop.core.results import Unit
    from cxloop.engine.base import Analysis
    from cxloop.engine.query import Query, Slots
    from cxloop.measure.selection import Selection

__all__ = ["Reader", "differs", "restated"]

CHEAP = 2_000_000
"""Answers up to which the numbers before a decision are computed along."""
SITTING = timedelta(minutes=15)
"""Decisions less apart than this count as one; so long after them at most, segments have followed."""
SITTINGS = 4
"""How many are looked at, the latest first."""
MATERIAL = 0.1
"""By which part of its width an end of an interval has to move to be another one for whoever reads it."""

_JUST_BEFORE = timedelta(microseconds=1)

Reader = Callable[["Identity"], Sequence[EstimateRow]]
"""Gives the same numbers with customers known otherwise."""


@dataclass(frozen=True, slots=True)
class _Sitting:
    """Decisions that were made in one go: the first and the last moment."""

    first: datetime
    last: datetime


def restated(
    ws: Analysis, selection: Selection, window: Window, rows: Sequence[EstimateRow], unit: Unit, read: Reader
) -> Restated | None:
    """Returns what decisions after the window's end have changed in numbers; None where they changed nothing.

    Args:
        ws: the workspace.
        selection: the answers.
        window: what was asked for.
        rows: the numbers, with customers as they are known now.
        unit: of the numbers.
        read: gives them with customers known otherwise.
    """
    segments = _segments(selection)
    many = sum(row.result.n for row in rows) > CHEAP
    if many and not segments:
        return None  # whose they are moves no answer into another group, and so many make no interval another one
    latest = _latest(ws)
    ended = None if latest is None else _ended(ws, selection, window)
    if latest is None or ended is None or latest <= ended:
        return None
    told = _moved(ws, selection, ended)
    moves = _moves(ws, selection, max(ended, *_began(ws, segments)))
    if told is None or not moves:
        return None
    if many:
        return replace(told, asked=_as_asked(moves[0]))
    for sitting in islice(_looks(moves), 1 + SITTINGS):
        before = read(Identity(as_of=sitting.first - _JUST_BEFORE))
        after = read(_settled(ws, sitting)) if segments else rows
        changed = differing(before, after, unit)
        if changed:
            return replace(told, asked=_as_asked(sitting.first), before=changed)
    return None


def differing(before: Sequence[EstimateRow], after: Sequence[EstimateRow], unit: Unit) -> tuple[EstimateRow, ...]:
    """Returns the rows of `before` that tell people something else than those of `after`, or are gone."""
    now = {(row.group, row.period): row.result for row in after}
    return tuple(row for row in before if differs(row.result, now.get((row.group, row.period)), unit))


def differs(before: Estimate | InsufficientData, after: Estimate | InsufficientData | None, unit: Unit) -> bool:
    """Returns whether two numbers say different things to whoever reads them.

    Example:
        >>> one = Estimate(31.21, 28.0, 34.0, n=900, customers=800, method="normal")
        >>> differs(one, replace(one, value=31.22, low=28.1, customers=790), "points")
        False
        >>> differs(one, replace(one, low=26.0), "points")
        True
    """
    if after is None or before.n != after.n:
        return True
    if isinstance(before, InsufficientData) or isinstance(after, InsufficientData):
        return type(before) is not type(after)
    width = MATERIAL * max(before.high - before.low, after.high - after.low)
    moved = max(abs(before.low - after.low), abs(before.high - after.high)) > width
    return moved or number(before.value, unit) != number(after.value, unit)


def _segments(selection: Selection) -> list[str]:
    joins = {join for dimension in selection.needed for join in dimension.joins}
    return sorted(join.removeprefix(SEGMENT) for join in joins if join.startswith(SEGMENT))


def _began(ws: Analysis, segments: Sequence[str]) -> Iterator[datetime]:
    """Yields since when segments have held anybody: nobody has read a number by one before."""
    yield datetime.min
    if segments:
        began: list[Any] = ws.engine.fetch(SEGMENT_BEGAN, {"segments": list(segments)})["since"].to_pylist()
        yield from began


def _looks(moves: Sequence[datetime]) -> Iterator[_Sitting]:
    """Yields what to look at: the last decision alone, which somebody waits to see, then whole sittings."""
    last = _Sitting(moves[0], moves[0])
    yield last
    yield from (sitting for sitting in _sittings(moves) if sitting != last)


def _sittings(moves: Sequence[datetime]) -> Iterator[_Sitting]:
    """Yields the sittings of moments that fall, the latest first."""
    found: _Sitting | None = None
    for at in moves:
        if found is not None and found.first - at < SITTING:
            found = replace(found, first=at)
            continue
        if found is not None:
            yield found
        found = _Sitting(at, at)
    if found is not None:
        yield found


def _settled(ws: Analysis, sitting: _Sitting) -> Identity:
    """Customers and segments as they were when segments had followed the decisions of a sitting."""
    return Identity(as_of=min(sitting.last + SITTING, max(ws.as_of, sitting.last)))


def _moved(ws: Analysis, selection: Selection, after: datetime) -> Restated | None:
    """Returns which answers decisions after a moment gave to another customer; None where there are none."""
    slots = replace(selection, identity=NOW).customers
    row = _fetch(ws, MOVED, MOVED_ANYHOW, {"after": after}, slots)[0]
    found = Restated(row["customers"], row["answers"], row["last_at"], "")
    return found if found.answers else None


def _as_asked(moment: datetime) -> str:
    """Returns what to give as `identity` for customers just before a moment."""
    return f"{(moment - _JUST_BEFORE).isoformat()}+00:00"


def _moves(ws: Analysis, selection: Selection, after: datetime) -> list[datetime]:
    """Returns when decisions after a moment gave answers to another customer, latest first."""
    return [row["at"] for row in _fetch(ws, MOVES, MOVES_ANYHOW, {"after": after}, selection.slots)]


def _latest(ws: Analysis) -> datetime | None:
    """Returns when the last decision began to count."""
    latest: datetime | None = _fetch(ws, LAST_DECISION, LAST_CHANGE, {}, {})[0]["last_at"]
    return latest


def _fetch(ws: Analysis, query: Query, anyhow: Query, asked: dict[str, datetime], slots: Slots) -> list[dict[str, Any]]:
    """Asks about decisions; for who sees only some rows and so not the ledger, about any change of whose keys are."""
    try:
        return ws.engine.fetch(query, asked, slots).to_pylist()
    except AccessDeniedError:
        return ws.engine.fetch(anyhow, asked, slots).to_pylist()


def _ended(ws: Analysis, selection: Selection, window: Window) -> datetime | None:
    """Returns when the window was over: its end, or when the last of its answers was known."""
    if window.until is not None:
        return window.until
    found: datetime | None = ws.engine.fetch(LAST_KNOWN, {}, selection.slots)["last_at"][0].as_py()
    return found
