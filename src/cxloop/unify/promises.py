"""Whether a promise to a customer was kept: which interactions keep it, when one did, and how the promise stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from cxloop.core.expr import evaluate
from cxloop.engine.catalogue import EVENTS, event_condition
from cxloop.unify import queries
from cxloop.unify.results import PromiseState

if TYPE_CHECKING:
    from cxloop.core.config import Experience
    from cxloop.engine.base import Analysis

__all__ = ["keeper", "kept_moments", "promise_state"]


def kept_moments(ws: Analysis, customer_id: int) -> dict[int, datetime]:
    """Returns when each kept promise of a customer was kept, by the interaction that made it."""
    made = [row["what"] for row in ws.engine.fetch(queries.PROMISES_MADE, {"customer": customer_id}).to_pylist()]
    if not made:
        return {}
    events = ws.engine.fetch(EVENTS, {"after": -1}).to_pylist()
    kept: dict[int, datetime] = {}
    for what in made:
        keeps = keeper(ws.experience, what)
        codes = [event["event_code"] for event in events if keeps(event)]
        asked = {"customer": customer_id, "what": what, "codes": codes}
        rows = ws.engine.fetch(queries.PROMISES_KEPT, asked).to_pylist()
        kept |= {row["interaction_id"]: row["kept_at"] for row in rows}
    return kept


def keeper(experience: Experience, what: str) -> Callable[[Mapping[str, Any]], bool]:
    """Returns the test whether an event, a row of the table `event_codes`, keeps a promise.

    Args:
        experience: the catalogue; its [[promise]] may say `kept_by`.
        what: what was promised.

    Raises:
        InputError: `kept_by` is no condition on an event.
    """
    written = next((promise.kept_by for promise in experience.promise if promise.what == what), "")
    if not written:
        return lambda event: what in (event["kind"], event["name"])
    condition = event_condition(written)
    return lambda event: evaluate(condition, event) is True


def promise_state(
    due_at: datetime, kept_at: datetime | None, *, by_day: bool, zone: ZoneInfo, now: datetime
) -> PromiseState:
    """Returns how a promise stands.

    Args:
        due_at: by when it was promised, UTC without zone.
        kept_at: when it was kept, or None where the log does not say.
        by_day: a day was promised and not an hour, so that the whole of that day counts as in time.
        zone: whose days.
        now: the moment that counts as now, UTC without zone.

    Example:
        >>> promised, came = datetime(2026, 5, 1), datetime(2026, 5, 1, 18)
        >>> promise_state(promised, came, by_day=True, zone=ZoneInfo("UTC"), now=came)
        'kept'
        >>> promise_state(promised, came, by_day=False, zone=ZoneInfo("UTC"), now=came)
        'broken'
    """
    first_late = _next_day(due_at, zone) if by_day else due_at + timedelta(microseconds=1)
    if kept_at is not None:
        return "kept" if kept_at < first_late else "broken"
    return "open" if now < first_late else "overdue"


def _next_day(moment: datetime, zone: ZoneInfo) -> datetime:
    """Returns when the day after `moment` begins on the clocks of `zone`, UTC without zone."""
    day = moment.replace(tzinfo=UTC).astimezone(zone).date() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
