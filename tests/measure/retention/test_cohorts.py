"""Retention against a plain walk over drawn logs, and what is left out."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.measure.conftest import Workspace

from cxloop.core.config import Settings
from cxloop.core.results import Estimate, InsufficientData
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.query import Query
from cxloop.measure.retention.cohorts import WINDOW_DAYS
from cxloop.measure.retention.results import CohortRetention, Counting, Every
from cxloop.measure.verbs import retention

ZONE = ZoneInfo("Europe/Berlin")
START = datetime(2026, 1, 1)
LAST = Query("last", "select max(occurred_at) as at from interactions", ("interactions",), {"at": "timestamp"})
Log = list[tuple[int, int, str]]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One engine for many drawn logs; each brings its own brand."""
    folder: Path = tmp_path_factory.mktemp("drawn")
    config = Settings.model_validate({"company": {"time_zone": "Europe/Berlin"}, "measure": {"minimum_n": 2}})
    return Workspace(DuckDBEngine(folder / "analytics"), settings=config, as_of=START + timedelta(days=200))


def orders(ws: Workspace, log: Log, **columns: str) -> None:
    """Writes what customers and a twin of each did, given as (customer, hours since START, kind)."""
    rows = [
        {"customer": who, "occurred_at": START + timedelta(hours=hours), "kind": kind, "metric": None, **columns}
        for who, hours, kind in twins(log)
    ]
    ws.answers(*rows)


def twins(log: Log) -> Log:
    """Everything twice, by two customers: one alone would be too few for a number."""
    return [(who + twin, hours, kind) for who, hours, kind in log for twin in (0, 1000)]


def floor(day: date, every: Every) -> date:
    """The first day of a period."""
    if every == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1, month=day.month if every == "month" else (day.month - 1) // 3 * 3 + 1)


def after(start: date, every: Every) -> date:
    """The first day of the next period."""
    return floor(start + timedelta(days={"week": 7, "month": 32, "quarter": 95}[every]), every)


def local(moment: datetime) -> date:
    """The day of a moment in the reporting time zone."""
    return moment.replace(tzinfo=UTC).astimezone(ZONE).date()


def walked(log: Log, every: Every, counting: Counting, now: datetime) -> dict[tuple[date, int], tuple[int, int]]:
    """Customers of each cohort, and how many of them came at each place, where that is over: one by one."""
    moments: dict[int, list[datetime]] = defaultdict(list)
    for who, hours, kind in log:
        if kind == "order":
            moments[who].append(START + timedelta(hours=hours))
    found: dict[tuple[date, int], tuple[int, int]] = {}
    for times in moments.values():
        first = min(times)
        cohort = floor(local(first), every)
        begins, place = after(cohort, every), 0
        while place < 12:
            days = WINDOW_DAYS[every]
            if counting == "calendar":
                ends = after(begins, every)
                over = datetime.combine(ends, datetime.min.time(), ZONE).astimezone(UTC).replace(tzinfo=None)
                came = any(begins <= local(moment) < ends for moment in times)
                begins = ends
            else:
                last = datetime.combine(after(cohort, every), datetime.min.time(), ZONE).astimezone(UTC)
                over = last.replace(tzinfo=None) + timedelta(days=days * (place + 1))
                low, high = timedelta(days=days * place), timedelta(days=days * (place + 1))
                came = any(low <= moment - first < high and moment > first for moment in times)
            if over > now:
                break
            n, hits = found.get((cohort, place), (0, 0))
            found[cohort, place] = n + 1, hits + came
            place += 1
    return found


def cells(result: CohortRetention) -> dict[tuple[date, int], tuple[int, int]]:
    """The cells of a result as counts."""
    return {
        (cohort.start, place): (cell.n, round(cell.value * cell.n))
        for cohort in result.cohorts
        for place, cell in enumerate(cohort.cells)
        if isinstance(cell, Estimate)
    }


drawn_logs = st.lists(
    st.tuples(st.integers(1, 8), st.integers(0, 24 * 190), st.sampled_from(["order", "order", "touch"])),
    min_size=1,
    max_size=40,
)
BRANDS = iter(range(10**6))


@pytest.mark.parametrize("counting", ["calendar", "rolling"])
@pytest.mark.parametrize("every", ["week", "month", "quarter"])
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(log=drawn_logs)
def test_every_cell_is_what_a_walk_over_the_log_finds(
    shared: Workspace, every: Every, counting: Counting, log: Log
) -> None:
    brand = f"brand {next(BRANDS)}"
    orders(shared, [*log, (99, 24 * 195, "touch")], brand=brand)
    last = shared.engine.fetch(LAST)["at"][0].as_py()

    found = retention(shared, every=every, counting=counting, where=f'brand == "{brand}"')

    assert cells(found) == walked(twins(log), every, counting, min(last, shared.as_of))


def test_cells_that_are_not_over_are_left_out_and_told(ws: Workspace) -> None:
    ws.settings = Settings.model_validate({"measure": {"minimum_n": 2}})
    ws.as_of = datetime(2026, 3, 31)
    orders(ws, [(1, 0, "order"), (1, 24 * 40, "order"), (2, 24 * 40, "order"), (2, 24 * 75, "order")])

    found = retention(ws)

    assert [(cohort.start, len(cohort.cells)) for cohort in found.cohorts] == [
        (date(2026, 1, 1), 1),
        (date(2026, 2, 1), 0),
    ]
    assert found.unfinished == 1
    assert "1 cell not over yet left out" in str(found)


def test_a_small_cohort_is_no_number(ws: Workspace) -> None:
    orders(ws, [(1, 0, "order"), (1, 24 * 40, "order"), (2, 24 * 80, "touch")])

    found = retention(ws)

    assert isinstance(found.cohorts[0].cells[0], InsufficientData)
    assert str(found).startswith("Retention cannot be said")


def test_who_bought_before_is_no_newcomer_of_the_first_cohort(ws: Workspace) -> None:
    orders(ws, [(1, 0, "order"), (1, 24 * 40, "order"), (2, 24 * 41, "order"), (2, 24 * 80, "order")])

    found = retention(ws, since="2026-02-01")

    assert [(cohort.start, cohort.customers) for cohort in found.cohorts] == [(date(2026, 2, 1), 2)]


def test_what_the_company_did_is_no_sign_of_a_customer(ws: Workspace) -> None:
    ws.settings = Settings.model_validate({"measure": {"minimum_n": 2}})
    orders(ws, [(1, 0, "touch"), (1, 24 * 40, "treatment"), (1, 24 * 85, "delivery")])

    found = retention(ws, of="interaction")

    assert cells(found) == {(date(2026, 1, 1), 0): (2, 0)}


def test_an_empty_log_says_so(ws: Workspace) -> None:
    assert retention(ws).cohorts == ()
