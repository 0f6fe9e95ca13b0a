"""What keeps promises, and on which days they are due: nodes for the slots of units that are promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlglot import exp

from cxloop.core.time import parse_zone
from cxloop.engine.catalogue import EVENTS
from cxloop.engine.dimensions import LOG_SPAN, local_node
from cxloop.engine.query import Query, Slot
from cxloop.engine.quoting import column_node, text_node
from cxloop.unify.promises import keeper

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxloop.engine.base import Analysis

__all__ = ["PROMISED", "promise_slots"]

PROMISED = Query(
    name="measure.promised",
    sql="select d.what, min(d.due_at) as first_due from promises as d group by d.what order by d.what",
    inputs=("promises",),
    output={"what": "text", "first_due": "timestamp"},
)
"""What has been promised, and since when it was due."""


def promise_slots(ws: Analysis, now: datetime) -> Mapping[str, Slot]:
    """Returns the slots of `measure.units.promises`: what keeps a promise, and days on the company's clocks.

    Args:
        ws: the workspace.
        now: up to when things are known, UTC without zone.

    Raises:
        InputError: a `kept_by` of the catalogue is no condition on an event.
    """
    zone = parse_zone(ws.settings.company.time_zone)
    promised = ws.engine.fetch(PROMISED).to_pylist()
    first = ws.engine.fetch(LOG_SPAN).to_pylist()[0]["first_at"] or now
    start = min([first, *(row["first_due"] for row in promised)])
    # a promise for a later day is not over by any clock, so that its exact day is of no matter
    end = now + timedelta(days=2)

    def day(name: str) -> exp.Expr:
        return exp.cast(exp.paren(local_node(column_node(name, "o"), zone, start, end)), "date")

    today = now.replace(tzinfo=UTC).astimezone(zone).date()
    return {
        "keeps": _keeps(ws, [row["what"] for row in promised]),
        "due_day": day("due_at"),
        "kept_day": day("kept_at"),
        "today": exp.cast(exp.Literal.string(today.isoformat()), "date"),
    }


def _keeps(ws: Analysis, promised: list[str]) -> exp.Expr:
    """Returns the condition that the interaction `f` keeps the promise `d`."""
    events = ws.engine.fetch(EVENTS, {"after": -1}).to_pylist()
    each: list[exp.Expr] = []
    for what in promised:
        keeps = keeper(ws.experience, what)
        codes = [exp.Literal.number(event["event_code"]) for event in events if keeps(event)]
        if codes:
            of = exp.EQ(this=column_node("what", "d"), expression=text_node(what))
            each.append(exp.and_(of, exp.In(this=column_node("event_code", "f"), expressions=codes), copy=False))
    return exp.paren(exp.or_(*each, copy=False)) if each else exp.false()
