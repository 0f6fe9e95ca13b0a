"""As whom customers are counted, what of a number rests on weak links, and what later decisions have changed in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cxloop.core.errors import AccessDeniedError, InputError
from cxloop.core.results import EstimateRow, Identities, Restated
from cxloop.core.time import Window, parse_moment
from cxloop.engine.customers import NOW, Identity, present_identity
from cxloop.measure.queries import LAST_CHANGE, LAST_DECISION, LAST_KNOWN, MOVED, MOVED_ANYHOW, WEAK

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis
    from cxloop.measure.selection import Selection

__all__ = ["SURE", "Reader", "identities_of", "wanted_identity"]

SURE = 0.95
"""Links of a lower probability are called weak, unless `certainty` says otherwise."""
CHEAP = 2_000_000
"""Answers up to which the numbers before the last decision are computed along."""

_JUST_BEFORE = timedelta(microseconds=1)

Reader = Callable[["Identity"], Sequence[EstimateRow]]
"""Gives the same numbers with customers known otherwise."""


def wanted_identity(ws: Analysis, as_of: str | None, certainty: float | None) -> Identity:
    """Returns as whom customers shall be counted.

    Args:
        ws: the workspace.
        as_of: a date, a date with time, or how far back; None for now.
        certainty: least probability of the links that count; None for all that are accepted.

    Raises:
        InputError: the moment cannot be read, or both are asked for.
    """
    if as_of is not None and certainty is not None:
        raise InputError(
            "identity and certainty cannot be asked for together: how sure links were is known for now alone. "
            "Leave one of them out."
        )
    if as_of is not None:
        moment = parse_moment(as_of, zone=ZoneInfo(ws.settings.company.time_zone), now=ws.as_of)
        return Identity(as_of=moment)
    return replace(present_identity(ws.engine), certainty=certainty)


def identities_of(
    ws: Analysis, selection: Selection, window: Window, rows: Sequence[EstimateRow], read: Reader
) -> Identities:
    """Returns what is to be said of how customers were told apart.

    Args:
        ws: the workspace.
        selection: the answers.
        window: what was asked for.
        rows: the numbers.
        read: gives the numbers as they would be with customers known otherwise.
    """
    identity = selection.identity
    answers = sum(row.result.n for row in rows)
    found = Identities(identity.as_of, identity.certainty, weak_below=identity.certainty or SURE)
    if identity.as_of is not None or not answers:
        return found
    estimated = ws.engine.count("customer_strength")
    found = replace(found, weak_share=_weak(ws, selection, found.weak_below) / answers if estimated else 0.0)
    if identity.certainty is not None:
        return found
    return replace(found, restated=_restated(ws, selection, window, rows, read))


def _weak(ws: Analysis, selection: Selection, certainty: float) -> int:
    """Returns how many answers are of customers that would fall apart without links below `certainty`."""
    present = replace(selection, identity=NOW)
    found = ws.engine.fetch(WEAK, {"certainty": certainty}, present.customers)
    return int(found["weak"][0].as_py())


def _restated(
    ws: Analysis, selection: Selection, window: Window, rows: Sequence[EstimateRow], read: Reader
) -> Restated | None:
    latest = _latest(ws)
    ended = None if latest is None else _ended(ws, selection, window)
    if latest is None or ended is None or latest <= ended:
        return None
    moved = _moved(ws, selection, ended)
    if moved is None or sum(row.result.n for row in rows) > CHEAP:
        return moved
    earlier = read(Identity(as_of=moved.last_at - _JUST_BEFORE))
    return replace(moved, before=tuple(row for row in earlier if row not in rows))


def _latest(ws: Analysis) -> datetime | None:
    """Returns when the last decision began to count; for who does not see the ledger, when any key last moved."""
    try:
        found = ws.engine.fetch(LAST_DECISION)
    except AccessDeniedError:
        found = ws.engine.fetch(LAST_CHANGE)
    latest: datetime | None = found["last_at"][0].as_py()
    return latest


def _ended(ws: Analysis, selection: Selection, window: Window) -> datetime | None:
    """Returns when the window was over: its end, or when the last of its answers was known."""
    if window.until is not None:
        return window.until
    found: datetime | None = ws.engine.fetch(LAST_KNOWN, {}, selection.slots)["last_at"][0].as_py()
    return found


def _moved(ws: Analysis, selection: Selection, after: datetime) -> Restated | None:
    """Returns which answers decisions after a moment gave to another customer."""
    slots = replace(selection, identity=NOW).customers
    try:
        row = ws.engine.fetch(MOVED, {"after": after}, slots).to_pylist()[0]
    except AccessDeniedError:
        # who sees only some rows does not see the ledger: then any change counts, whatever made it
        row = ws.engine.fetch(MOVED_ANYHOW, {"after": after}, slots).to_pylist()[0]
    if not row["answers"]:
        return None
    asked = f"{(row['last_at'] - _JUST_BEFORE).isoformat()}+00:00"
    return Restated(row["customers"], row["answers"], row["last_at"], asked)
