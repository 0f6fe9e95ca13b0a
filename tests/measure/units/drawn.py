"""Drawn logs for metrics of units: many small ones in one workspace, each a region with customers of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from cxloop.core.config import Settings
from cxloop.core.results import Estimate, Estimates, InsufficientData
from cxloop.measure.estimate import Request, estimate

START = datetime(2024, 1, 1)
LAST = 720
"""The day on which every log ends."""


@dataclass(frozen=True)
class Event:
    """What a customer did on a day after START."""

    kind: str
    day: float
    customer: int | None = 1
    name: str = "happened"
    amount: float | None = 10
    about: str = "o1"
    channel: str = "web"
    touchpoint: str | None = None
    survey: str | None = None
    replies_to: str | None = None
    message: str | None = None
    score: float | None = None
    text: str | None = None
    outcome: str | None = None
    seconds: float | None = None
    about_type: str = "order"
    properties: str | None = None
    region: str | None = None
    traffic: str | None = None

    @property
    def at(self) -> datetime:
        return START + timedelta(days=self.day)


def tell(ws: Any, events: Sequence[Event]) -> None:
    """Writes events with what sources call them, the touchpoint, and the order that each is about."""
    ws.settings = Settings.model_validate({"measure": {"minimum_n": 2}})
    called = sorted({(event.kind, event.name, event.touchpoint or "", event.channel) for event in events})
    codes = {names: 900 + place for place, names in enumerate(called)}
    ws.engine.append(
        "event_codes", _table({"event_code": codes[c], "source": "s", "kind": c[0], "name": c[1]} for c in called)
    )
    catalogue = ({"event_code": codes[c], "touchpoint": c[2] or None, "channel": c[3], "stage": None} for c in called)
    ws.engine.append("event_catalogue", _table(catalogue))
    ws.answers(*(_row(n, event, codes) for n, event in enumerate(events, 1)))
    about = ({"interaction_id": n, "type": event.about_type, "id": event.about} for n, event in enumerate(events, 1))
    ws.engine.append("interaction_objects", _table(about))


def _table(rows: Any) -> pa.Table:
    return pa.Table.from_pylist(list(rows))


def _row(number: int, event: Event, codes: Mapping[tuple[str, str, str, str], int]) -> dict[str, Any]:
    return {
        "interaction_id": number,
        "message_id": event.message or f"m{number}",
        "customer": event.customer,
        "kind": event.kind,
        "event_code": codes[event.kind, event.name, event.touchpoint or "", event.channel],
        "metric": None if event.score is None else "nps",
        "score": event.score,
        "survey_id": event.survey,
        "refers_to": event.replies_to,
        "occurred_at": event.at,
        "value": event.amount,
        "text": event.text,
        "outcome": event.outcome,
        "duration_seconds": event.seconds,
        "properties": event.properties,
        "region": event.region,
        "traffic": event.traffic,
    }


def asked(ws: Any, name: str, **more: Any) -> Estimates:
    return estimate(ws, Request(name, **more))


def together(logs: Sequence[Sequence[Event]]) -> list[Event]:
    """Returns all logs as one."""
    return [_of_region(event, place) for place, log in enumerate(logs) for event in (*log, Event("touch", LAST))]


def _of_region(event: Event, place: int) -> Event:
    def own(name: str | None) -> str | None:
        return None if name is None else f"{place}.{name}"

    who = None if event.customer is None else 10 * place + event.customer
    return replace(
        event,
        customer=who,
        region=f"r{place}",
        about=f"{place}.{event.about}",
        message=own(event.message),
        replies_to=own(event.replies_to),
    )


def of_each(events: Sequence[Event], counts: Callable[[Event], bool]) -> list[list[Event]]:
    """Returns what counts of each known customer, in order of time."""
    counted = [event for event in events if event.traffic is None and event.customer is not None and counts(event)]
    known = {event.customer for event in counted}
    return [sorted((event for event in counted if event.customer == who), key=lambda event: event.day) for who in known]


def same(
    found: Estimates,
    logs: Sequence[Sequence[Event]],
    of_log: Callable[..., Sequence[float]],
    made: Callable[..., float],
) -> None:
    """Asserts that a number by region is what a plain reading of each log gives."""
    by_region = {row.group[0]: row.result for row in found.rows}
    for place, log in enumerate(logs):
        scores, result = of_log(log), by_region.get(f"r{place}", InsufficientData(0, 2))
        assert result.n == len(scores), (found.metric, place)
        if isinstance(result, Estimate):
            assert result.value == pytest.approx(made(scores)), (found.metric, place)
        else:
            assert len(scores) < 2
