"""Promises kept: the metric against a plain reading of the log, row by row, and against the page of a customer."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.measure.conftest import Workspace

from cxloop.core.config import Experience, Settings
from cxloop.core.errors import InputError
from cxloop.core.results import Estimate, Estimates
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.measure.estimate import Request, estimate

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2025, 3, 25)
"""A few days before Berlin's clocks change."""
HOUR = timedelta(hours=1)
EVENTS = {"promised": (900, "promise"), "handed over": (901, "delivery"), "delivered": (902, "delivery")}
DELIVERED = Experience.model_validate(
    {"promise": [{"what": "delivery", "kept_by": 'kind == "delivery" and name == "delivered"'}]}
)


@dataclass(frozen=True)
class Event:
    """What happened in an hour after START to a customer about an order; `due` hours of a promise, and if by day."""

    name: str
    hour: int
    customer: int | None = 1
    order: str = "o1"
    due: int = 0
    by_day: bool = True
    traffic: str | None = None

    @property
    def at(self) -> datetime:
        return START + self.hour * HOUR


def tell(ws: Any, events: Sequence[Event]) -> None:
    """Writes events with their objects and promises."""
    ws.settings = Settings.model_validate({"company": {"time_zone": BERLIN.key}, "measure": {"minimum_n": 2}})
    ws.experience = DELIVERED
    codes = [
        {"event_code": code, "source": "survey", "kind": kind, "name": name} for name, (code, kind) in EVENTS.items()
    ]
    ws.engine.append("event_codes", pa.Table.from_pylist(codes))
    ws.answers(*(_row(number, event) for number, event in enumerate(events, 1)))
    objects = [{"interaction_id": n, "type": "order", "id": event.order} for n, event in enumerate(events, 1)]
    ws.engine.append("interaction_objects", pa.Table.from_pylist(objects))
    made = [_promise(number, event) for number, event in enumerate(events, 1) if event.name == "promised"]
    if made:
        ws.engine.append("promises", pa.Table.from_pylist(made))


def _row(number: int, event: Event) -> dict[str, Any]:
    code, kind = EVENTS[event.name]
    told = {"interaction_id": number, "customer": event.customer, "kind": kind, "event_code": code, "metric": None}
    return {**told, "occurred_at": event.at, "traffic": event.traffic}


def _promise(number: int, event: Event) -> dict[str, Any]:
    precision = "day" if event.by_day else None
    due = START + event.due * HOUR
    return {
        "interaction_id": number, "key_id": event.customer, "what": "delivery", "made_at": event.at, "due_at": due,
        "due_precision": precision,
    }  # fmt: skip


def kept(ws: Any, **asked: Any) -> Estimates:
    return estimate(ws, Request("promises_kept", "share", **asked))


def berlin_day(moment: datetime) -> str:
    return moment.replace(tzinfo=UTC).astimezone(BERLIN).date().isoformat()


def expected(events: Sequence[Event]) -> list[bool]:
    """Whether each promise that is due was kept: the definition, one promise at a time."""
    ordinary = [event for event in events if event.traffic is None]
    now = max(event.at for event in events)
    return list(_kept(ordinary, now)) if ordinary else []


def _kept(events: Sequence[Event], now: datetime) -> Iterable[bool]:
    for made in events:
        if made.name != "promised" or made.customer is None:
            continue
        due = START + made.due * HOUR
        over = berlin_day(due) < berlin_day(now) if made.by_day else due < now
        same = [event for event in events if (event.customer, event.order) == (made.customer, made.order)]
        came = [event.at for event in same if event.name == "delivered" and event.hour >= made.hour]
        if over and came:
            yield berlin_day(min(came)) <= berlin_day(due) if made.by_day else min(came) <= due
        elif over:
            yield False


EVENT = st.builds(
    Event,
    name=st.sampled_from([*EVENTS, "promised", "delivered"]),
    hour=st.integers(0, 240),
    customer=st.sampled_from([1, 2, None]),
    order=st.sampled_from(["o1", "o2", "o3"]),
    due=st.integers(-24, 300),
    by_day=st.booleans(),
    traffic=st.sampled_from([None, None, None, "bot"]),
)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(events=st.lists(EVENT, min_size=4, max_size=40))
def test_it_is_what_reading_the_log_promise_by_promise_gives(events: list[Event]) -> None:
    wanted = expected(events)
    with tempfile.TemporaryDirectory() as folder:
        ws = Workspace(DuckDBEngine(Path(folder) / "analytics"))
        tell(ws, events)
        found = kept(ws).rows[0].result
        ws.engine.close()

    assert found.n == len(wanted)
    if isinstance(found, Estimate):
        assert found.value == pytest.approx(sum(wanted) / len(wanted))
    else:
        assert len(wanted) < 2


def day_and_hour(ws: Any, came: int, *, by_day: bool) -> float:
    """The share of two equal promises, due at 12:00 UTC of START and kept at an hour of that day."""
    both = [
        event
        for who in (1, 2)
        for event in (
            Event("promised", 0, who, due=12, by_day=by_day),
            Event("delivered", came, who),
        )
    ]
    tell(ws, [*both, Event("handed over", 200, 3)])
    found = kept(ws).rows[0].result
    assert isinstance(found, Estimate)
    return found.value


@pytest.mark.parametrize(
    ("came", "by_day", "share"),
    [
        (12, False, 1),  # at the very moment
        (13, False, 0),
        (13, True, 1),
        (22, True, 1),  # 23:00 in Berlin
        (23, True, 0),  # midnight in Berlin, where the next day begins
        (22, False, 0),
    ],
)
def test_a_promised_day_lasts_until_midnight_on_the_company_s_clocks(
    ws: Any, came: int, by_day: bool, share: float
) -> None:
    assert day_and_hour(ws, came, by_day=by_day) == share


def test_handing_a_parcel_over_is_no_delivery_unless_the_catalogue_says_nothing(ws: Any) -> None:
    made = [Event("promised", 0, who, due=24) for who in (1, 2)]
    tell(ws, [*made, *(Event("handed over", 5, who) for who in (1, 2)), Event("promised", 200, 3, due=500)])

    assert kept(ws).rows[0].result.value == 0  # type: ignore[union-attr]
    ws.experience = Experience()
    assert kept(ws).rows[0].result.value == 1  # type: ignore[union-attr]


def test_one_kept_early_waits_until_it_is_due_and_counts_on_that_day(ws: Any) -> None:
    early = [Event("promised", 0, who, due=24 * 40) for who in (1, 2)]
    over = [Event("promised", 0, who, "o2", due=24 * 8) for who in (1, 2)]
    done = [Event("delivered", 3, who, order) for who in (1, 2) for order in ("o1", "o2")]
    tell(ws, [*early, *over, *done, Event("handed over", 24 * 20, 3)])

    by_month = kept(ws, every="month").rows

    assert [(str(row.period), row.result.n) for row in by_month] == [("2025-04-01", 2)]


def test_the_panel_says_what_is_left_out_and_a_kept_by_that_is_none_is_named(ws: Any) -> None:
    tell(ws, [Event("promised", 0, due=1), Event("promised", 0, 2, due=1), Event("delivered", 100)])

    result = kept(ws)

    assert result.noun == "promise"
    assert "not due yet are left out" in result.how.exclusions
    ws.experience = Experience.model_validate({"promise": [{"what": "delivery", "kept_by": "kind"}]})
    with pytest.raises(InputError, match="not a condition"):
        kept(ws)
