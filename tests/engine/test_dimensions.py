"""Dimensions as nodes on the log, and periods in the reporting zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.config import Experience
from cxloop.core.errors import UnknownNameError
from cxloop.core.time import Period
from cxloop.engine.dimensions import Dimensions, log_source, period_node
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.query import Query, Slots
from cxloop.engine.quoting import column_node

LogRows = Callable[..., pa.Table]

SPLIT = Query(
    name="test.split",
    sql="select $by, count(*) as n from $log group by $by order by $by",
    inputs=("interactions",),
    output={"n": "bigint"},
    slots=("by", "log"),
)
EXPERIENCE = Experience.model_validate(
    {
        "stage": [{"name": "delivery", "label": "Delivery"}],
        "touchpoint": [{"name": "parcel", "stage": "delivery", "label": "Parcel"}],
        "dimension": [{"name": "tier", "property": "loyalty tier", "labels": {"g": "Gold"}, "label": "Loyalty tier"}],
    }
)


def split(engine: DuckDBEngine, *names: str) -> list[dict[str, Any]]:
    chosen = [Dimensions(EXPERIENCE).resolve(name) for name in names]
    slots: Slots = {"by": [dimension.column for dimension in chosen], "log": log_source(chosen)}
    rows: list[dict[str, Any]] = engine.fetch(SPLIT, slots=slots).to_pylist()
    return rows


def test_a_column_of_the_log_splits_it(engine: DuckDBEngine, log_rows: LogRows) -> None:
    engine.append("interactions", log_rows({"region": "south"}, {"region": "south"}, {"region": "north"}))

    assert split(engine, "region") == [{"region": "north", "n": 1}, {"region": "south", "n": 2}]


def test_the_channel_comes_from_the_catalogue(engine: DuckDBEngine, log_rows: LogRows) -> None:
    engine.append("interactions", log_rows({"event_code": 1}, {"event_code": 2}))
    engine.append("event_catalogue", pa.table({"event_code": [1], "channel": ["web"]}))

    assert split(engine, "channel") == [{"channel": "web", "n": 1}, {"channel": None, "n": 1}]


def test_the_catalogue_is_joined_only_where_it_is_needed() -> None:
    dimensions = Dimensions(EXPERIENCE)

    assert "event_catalogue" not in log_source([dimensions.resolve("region")]).sql("duckdb")
    assert "event_catalogue" in log_source([dimensions.resolve("stage")]).sql("duckdb")


@pytest.mark.parametrize("name", ["tier", 'a "quoted" one', "a.b", "a/b~c", "*", "$", "it's", "Größe", "0"])
def test_a_property_splits_the_log_whatever_its_name(engine: DuckDBEngine, log_rows: LogRows, name: str) -> None:
    import json

    engine.append(
        "interactions",
        log_rows({"properties": json.dumps({name: "g", "other": "x"})}, {"properties": json.dumps({"other": "x"})}),
    )

    column = f"properties.{name}"
    assert split(engine, column) == [{column: "g", "n": 1}, {column: None, "n": 1}]


def test_a_declared_dimension_reads_its_property_and_has_labels(engine: DuckDBEngine, log_rows: LogRows) -> None:
    engine.append("interactions", log_rows({"properties": '{"loyalty tier": "g"}'}))
    tier = Dimensions(EXPERIENCE).resolve("tier")

    assert split(engine, "tier") == [{"tier": "g", "n": 1}]
    assert (tier.title, tier.label("g"), tier.label("s"), tier.label(None)) == ("Loyalty tier", "Gold", "s", None)


def test_splitting_by_nothing_gives_one_row(engine: DuckDBEngine, log_rows: LogRows) -> None:
    engine.append("interactions", log_rows({}, {}))

    assert split(engine) == [{"n": 2}]


def test_labels_of_stages_and_touchpoints_are_those_of_the_catalogue() -> None:
    dimensions = Dimensions(EXPERIENCE)

    assert dimensions.resolve("stage").label("delivery") == "Delivery"
    assert dimensions.resolve("touchpoint").label("parcel") == "Parcel"


def test_an_unknown_dimension_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match='Did you mean "channel"'):
        Dimensions(EXPERIENCE).resolve("chanel")
    with pytest.raises(UnknownNameError):
        Dimensions(EXPERIENCE).resolve("properties.")


def test_every_name_that_is_offered_resolves() -> None:
    dimensions = Dimensions(EXPERIENCE)

    assert [dimensions.resolve(name).name for name in dimensions.names()] == list(dimensions.names())


# --- periods -------------------------------------------------------------------------------------------------------


def first_day(local: date, period: Period) -> date:
    """The calendar by hand: ISO weeks begin on Monday (ISO 8601), quarters in January, April, July, October."""
    match period:
        case "day":
            return local
        case "week":
            return local - timedelta(days=local.isoweekday() - 1)
        case "month":
            return local.replace(day=1)
        case "quarter":
            return local.replace(month=3 * ((local.month - 1) // 3) + 1, day=1)
        case "year":
            return local.replace(month=1, day=1)


def in_duckdb(moments: list[datetime], period: Period, zone: ZoneInfo) -> list[date]:
    node = period_node(period, zone, min(moments), max(moments), moment=column_node("moment", "t"))
    sql = f"select {node.sql('duckdb')} from (select unnest($moments::timestamp[]) as moment) as t"
    with duckdb.connect() as database:
        return [row[0] for row in database.execute(sql, {"moments": moments}).fetchall()]


def by_hand(moment: datetime, period: Period, zone: ZoneInfo) -> date:
    return first_day(moment.replace(tzinfo=UTC).astimezone(zone).date(), period)


@given(
    moments=st.lists(st.datetimes(datetime(1995, 1, 1), datetime(2035, 12, 31)), min_size=1, max_size=20),
    period=st.sampled_from(get_args(Period)),
    zone=st.sampled_from(["Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu", "UTC"]).map(ZoneInfo),
)
def test_periods_begin_where_the_calendar_of_the_zone_says(
    moments: list[datetime], period: Period, zone: ZoneInfo
) -> None:
    assert in_duckdb(moments, period, zone) == [by_hand(moment, period, zone) for moment in moments]


@pytest.mark.parametrize(
    ("utc", "zone", "monday"),
    [
        # Sunday 23:30 in Berlin is Monday 00:30 there in summer: 21:59 and 22:00 UTC stand on two sides of midnight
        (datetime(2026, 7, 5, 21, 59, 59), "Europe/Berlin", date(2026, 6, 29)),
        (datetime(2026, 7, 5, 22, 0), "Europe/Berlin", date(2026, 7, 6)),
        # 1 January 2027 is a Friday: it belongs to week 53 of 2026
        (datetime(2026, 12, 31, 23, 30), "Europe/Berlin", date(2026, 12, 28)),
        # the night in which clocks go back: 00:30 UTC and 01:30 UTC both show 02:30 in Berlin
        (datetime(2026, 10, 25, 0, 30), "Europe/Berlin", date(2026, 10, 19)),
        (datetime(2026, 10, 25, 1, 30), "Europe/Berlin", date(2026, 10, 19)),
        # 23:00 UTC on that Sunday is Monday in Berlin only in winter time
        (datetime(2026, 10, 25, 22, 30), "Europe/Berlin", date(2026, 10, 19)),
        (datetime(2026, 10, 25, 23, 0), "Europe/Berlin", date(2026, 10, 26)),
    ],
)
def test_weeks_at_the_borders(utc: datetime, zone: str, monday: date) -> None:
    assert in_duckdb([utc, datetime(2026, 1, 1), datetime(2027, 6, 1)], "week", ZoneInfo(zone))[0] == monday
