"""Local clocks to UTC, against Python's own zoneinfo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxloop.core.expr import parse
from cxloop.engine.duckdb.admission_moments import moment_sql
from cxloop.engine.loading import Moment

Gap = Literal["reject", "shift"]
Ambiguous = Literal["earlier", "later", "reject"]

ZONES = ("UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")
ANY = st.datetimes(datetime(1975, 1, 1), datetime(2055, 1, 1)).map(lambda moment: moment.replace(microsecond=0))
CHANGES = (
    datetime(2017, 10, 15),
    datetime(2018, 2, 17, 23),
    datetime(2026, 3, 29, 2),
    datetime(2025, 10, 26, 2),
    datetime(2011, 12, 30, 12),
    datetime(2026, 4, 5, 1, 30),
)
NEAR = st.builds(
    lambda day, minutes: day + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-180, 180)
)
"""Hours around clock changes are rare among all hours."""
# one query over many times: the query is long, and its reading would cost more than the test
TIMES = st.lists(ANY | NEAR, min_size=20, max_size=60)
few = settings(max_examples=12)


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database that counts in UTC."""
    with duckdb.connect() as made:
        made.execute("set TimeZone = 'UTC'").fetchall()
        yield made


def _read(
    database: duckdb.DuckDBPyConnection,
    texts: Sequence[str],
    zone: str,
    gap: Gap = "reject",
    ambiguous: Ambiguous = "reject",
) -> list[datetime | None]:
    moment = Moment(parse("w"), ("iso",), zone, None, gap, ambiguous)
    sql = moment_sql(moment, "w", local="a", direct="u", precision="p")
    inner = f"select place, {sql.local} as a, {sql.direct} as u, {sql.precision} as p from texts"
    found = database.execute(
        f"with texts as (select unnest($texts::varchar[]) as w, unnest(range(len($texts))) as place) "
        f"select {sql.utc} from ({inner}) order by place",
        {"texts": list(texts)},
    )
    return [row[0] for row in found.fetchall()]


def _possible(local: datetime, zone: ZoneInfo) -> list[datetime]:
    """Every moment at which clocks of the zone show this time; none in a gap, two where they went back."""
    found = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    shown = [moment for moment in found if moment.astimezone(zone).replace(tzinfo=None) == local]
    return sorted(moment.replace(tzinfo=None) for moment in shown)


@few
@given(times=TIMES, name=st.sampled_from(ZONES))
def test_a_local_time_is_the_one_moment_at_which_clocks_show_it(
    database: duckdb.DuckDBPyConnection, times: list[datetime], name: str
) -> None:
    possible = [_possible(local, ZoneInfo(name)) for local in times]

    found = _read(database, [str(local) for local in times], name)

    assert found == [moments[0] if len(moments) == 1 else None for moments in possible]


@few
@given(times=TIMES, name=st.sampled_from(ZONES), policy=st.sampled_from(["earlier", "later"]))
def test_a_time_shown_twice_is_the_earlier_or_the_later_moment_and_a_skipped_one_moves_on(
    database: duckdb.DuckDBPyConnection, times: list[datetime], name: str, policy: Ambiguous
) -> None:
    zone = ZoneInfo(name)

    found = _read(database, [str(local) for local in times], name, "shift", policy)

    for local, moment in zip(times, found, strict=True):
        # in a gap the clock that was not set forward goes on: zoneinfo's fold=0
        unchanged = local.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
        possible = _possible(local, zone) or [unchanged]
        assert moment == possible[0 if policy == "earlier" else -1]


OFFSETS = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@few
@given(times=st.lists(st.builds(lambda moment, zone: moment.replace(tzinfo=zone), ANY, OFFSETS), min_size=10))
def test_an_offset_in_the_text_decides_and_not_the_zone(
    database: duckdb.DuckDBPyConnection, times: list[datetime]
) -> None:
    found = _read(database, [moment.isoformat() for moment in times], "Europe/Berlin")

    assert found == [moment.astimezone(UTC).replace(tzinfo=None) for moment in times]


def test_what_is_no_date_of_a_customer_is_null(database: duckdb.DuckDBPyConnection) -> None:
    texts = ["2026-02-30", "infinity", "2026-13-01", "", "12:30", "9999-01-01", "0001-01-01"]

    assert _read(database, texts, "UTC") == [None] * len(texts)
