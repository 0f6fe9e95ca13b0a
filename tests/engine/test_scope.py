"""Row-level limits at their door: what is rewritten, what is refused, and what must not tell of other rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest
import sqlglot

from cxloop.core.errors import AccessDeniedError, EngineError
from cxloop.core.host import Limits
from cxloop.engine import functions
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.functions import FUNCTIONS
from cxloop.engine.query import Query
from cxloop.engine.render import render
from cxloop.engine.scope import Scope, ScopedEngine

NORTH: Limits = (("team", ("North",)),)
NOON = datetime(2026, 5, 1, 12)


def asking(sql: str) -> Query:
    """A query of these words."""
    return Query("test.asked", sql, (), {})


def limited(engine: DuckDBEngine, limits: Limits = NORTH) -> ScopedEngine:
    """The engine as somebody limited gets it."""
    return ScopedEngine(engine, Scope(limits))


@pytest.fixture
def north(engine: DuckDBEngine, log_rows: Any) -> ScopedEngine:
    """Two rows of North, two of South, one of nobody; each with its own event, key and order."""
    teams = ["North", "North", "South", "South", None]
    rows = [
        {"team": team, "event_code": place, "key_id": place, "text": f"text {place}", "score": float(place)}
        for place, team in enumerate(teams)
    ]
    engine.append("interactions", log_rows(*rows))
    codes = [{"event_code": place, "source": "shop", "kind": "touch", "name": f"e{place}"} for place in range(5)]
    engine.append("event_codes", pa.Table.from_pylist(codes))
    keys = [{"key_id": place, "namespace": "shop", "type": "id", "value": f"k{place}"} for place in range(5)]
    engine.append("keys", pa.Table.from_pylist(keys))
    return limited(engine)


SEES_TWO = {
    "a plain table": "select text from interactions",
    "capitals": "select text from INTERACTIONS",
    "quotes": 'select text from "interactions"',
    "the name of the table before the column": "select interactions.text from interactions",
    "an alias": "select i.text from interactions as i",
    "a step": "with a as (select * from interactions) select text from a",
    "a step of a step": "with a as (select * from interactions), b as (select * from a) select text from b",
    "a recursive step": "with recursive a as (select text from interactions union select text from a) "
    "select text from a",
    "a subquery in from": "select text from (select * from interactions) as q",
    "a subquery in where": "select e.name from event_codes e "
    "where e.event_code in (select event_code from interactions)",
    "a correlated subquery": "select e.name from event_codes e where exists "
    "(select 1 from interactions i where i.event_code = e.event_code)",
    "a join with itself": "select a.text from interactions a "
    "join interactions b on a.interaction_id = b.interaction_id",
    "a join": "select e.name from interactions i join event_codes e on e.event_code = i.event_code",
    "a join by a comma": "select e.name from interactions i, event_codes e where e.event_code = i.event_code",
    "a left join from the other side": "select e.name from event_codes e left join interactions i using (event_code)",
    "a semi join": "select name from event_codes semi join interactions using (event_code)",
    "a union": "select text from interactions union select text from interactions",
    "an except": "select text from interactions except select 'nothing'",
    "a lateral": "select q.text from event_codes e, lateral "
    "(select i.text from interactions i where i.event_code = e.event_code) q",
    "from first": "from interactions select text",
    "keys": "select value from keys",
    "customers by key": "select customer_id from customer_of",
    "a window": "select text from interactions qualify row_number() over (partition by team, text order by 1) = 1",
    "a sample of all": "select text from interactions using sample 100 percent (bernoulli)",
    "a step in a subquery": "select text from (with a as (select * from interactions) select * from a) as q",
}


@pytest.mark.parametrize("sql", SEES_TWO.values(), ids=SEES_TWO)
def test_two_of_five_rows_are_there_however_they_are_asked_for(north: ScopedEngine, sql: str) -> None:
    found = north.fetch(asking(sql)).to_pylist()

    assert len(found) == 2, found
    assert {str(next(iter(row.values())))[-1] for row in found} == {"0", "1"}


REFUSED = {
    "a table without a rule": "select * from meta",
    "what the engine knows of itself": "select * from duckdb_tables()",
    "the catalogue of the engine": "select * from information_schema.tables",
    "a table by its schema": "select * from main.interactions",
    "a file": "select * from 'secret.parquet'",
    "a file by a function": "select * from read_csv('secret.csv')",
    "a text as a query": "select * from query('select * from interactions')",
    "a text as a table": "select * from query_table('interactions')",
    "a step that is called like a table": "with interactions as (select 1) select * from event_codes",
    "a step read outside of it": "select * from (with meta as (select 1) select * from meta) q, meta",
    "a step that reads what it is called": "with meta as (select * from meta) select * from meta",
    "a step read before it is said": "with a as (select * from meta), meta as (select 1) select * from a",
    "a summary": "summarize interactions",
    "a description": "describe interactions",
    "a pivot": "pivot interactions on team using count(*)",
    "a change": "delete from interactions",
    "a copy": "copy interactions to 'out.csv'",
    "an earlier state": "select * from interactions at (version => 1)",
    "imports": "select * from imports",
    "snapshots": "select count(*) from snapshots",
    "watermarks": "select 1 from interactions where exists (select 1 from watermarks)",
}


@pytest.mark.parametrize("sql", REFUSED.values(), ids=REFUSED)
def test_what_has_no_rule_is_refused_with_the_limits_and_the_reason(north: ScopedEngine, sql: str) -> None:
    with pytest.raises(AccessDeniedError, match=r"You see only rows with team = North, and test\.asked "):
        north.fetch(asking(sql))


def test_empty_is_no_value_that_somebody_can_be_limited_to(engine: DuckDBEngine, north: ScopedEngine) -> None:
    everything = asking("select team from interactions")

    assert north.fetch(everything)["team"].to_pylist() == ["North", "North"]
    assert limited(engine, (("team", ("North", "South")),)).fetch(everything).num_rows == 4
    assert limited(engine, (("team", ()),)).fetch(everything).num_rows == 0


def test_all_limits_have_to_hold(engine: DuckDBEngine, log_rows: Any) -> None:
    places = [("North", "DE"), ("North", "FR"), ("South", "DE"), ("North", None)]
    engine.append("interactions", log_rows(*({"team": team, "region": region} for team, region in places)))

    both = limited(engine, (("region", ("DE",)), ("team", ("North",))))

    assert both.count("interactions") == 1


@pytest.mark.parametrize("value", ["x' or 'a' = 'a", "'; drop table interactions; --", '"', "\\", "North\n", "🦆", ""])
def test_a_hostile_value_is_only_a_value(engine: DuckDBEngine, log_rows: Any, value: str) -> None:
    engine.append("interactions", log_rows({"team": value}, {"team": "North"}, {"team": None}))

    assert limited(engine, (("team", (value,)),)).count("interactions") == 1


@pytest.mark.parametrize("limits", [(("source", ("shop",)),), (("team, 1=1", ("x",)),), ()])
def test_nobody_is_limited_by_another_column_or_by_nothing(limits: Limits) -> None:
    with pytest.raises(AccessDeniedError, match="Nobody can be limited by"):
        Scope(limits)


def test_values_are_bound_as_without_limits(north: ScopedEngine) -> None:
    asked = Query("test.asked", "select text from interactions where score >= $least", (), {}, {"least": "double"})

    assert north.fetch(asked, {"least": 1.0})["text"].to_pylist() == ["text 1"]


CHANGES: Mapping[str, Any] = {
    "append": lambda engine: engine.append("interactions", pa.table({"text": ["x"]})),
    "admit": lambda engine: engine.admit(pa.table({"text": ["x"]}), now=NOON),
    "loader": lambda engine: engine.loader(None, lambda *_: None),
    "delete": lambda engine: engine.delete("interactions", "key_id", [1]),
    "replace": lambda engine: engine.replace("interactions", pa.table({"text": ["x"]}), whole=True),
    "erase": lambda engine: engine.erase([1]),
    "erase_texts": lambda engine: engine.erase_texts(["x"]),
    "known_again": lambda engine: engine.known_again(NOON),
    "discard": lambda engine: engine.discard("touch", NOON),
    "is_rewrite_due": lambda engine: engine.is_rewrite_due(),
    "rewrite": lambda engine: engine.rewrite(),
    "holding": lambda engine: engine.holding(["x"]),
    "numbers_left": lambda engine: engine.numbers_left([1]),
    "transaction": lambda engine: engine.transaction(),
    "close": lambda engine: engine.close(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_nothing_can_be_changed(engine: DuckDBEngine, north: ScopedEngine, change: Any) -> None:
    with pytest.raises(AccessDeniedError, match="concerns all of them"):
        change(north)

    assert engine.count("interactions") == 5


def test_counting_counts_what_may_be_seen(north: ScopedEngine) -> None:
    assert [north.count(name) for name in ("interactions", "event_codes", "keys", "rejected")] == [2, 2, 2, 0]


@pytest.mark.parametrize("name", ["imports", "meta", "nonsense", "interactions; drop table keys"])
def test_counting_is_refused_where_reading_is(north: ScopedEngine, name: str) -> None:
    with pytest.raises(AccessDeniedError):
        north.count(name)


def test_a_failing_query_does_not_quote_a_row(engine: DuckDBEngine, log_rows: Any) -> None:
    engine.append("interactions", log_rows({"team": "South", "text": "secret"}, {"team": "North", "text": "open"}))

    with pytest.raises(EngineError) as failure:
        limited(engine).fetch(asking("select cast(text as int) from interactions"))

    assert "secret" not in failure.value.message
    assert "open" not in failure.value.message
    assert "test.asked" in failure.value.message


def test_the_sql_that_people_see_has_the_limits_in_it(north: ScopedEngine) -> None:
    assert "\"team\" IN ('North')" in north.sql(asking("select text from interactions"))


def test_a_named_function_that_reads_a_table_is_limited(north: ScopedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(_arguments: Any) -> Any:
        return sqlglot.parse_one("(select count(*) from interactions)", dialect="duckdb")

    monkeypatch.setattr(functions, "FUNCTIONS", {**FUNCTIONS, "cx_rows": {"duckdb": build}})

    found = north.fetch(asking("select cx_rows() as found from interactions"))

    assert found["found"].to_pylist() == [2, 2]


def admit_told(engine: DuckDBEngine, *rows: tuple[str | None, str, datetime]) -> None:
    """Admits rows of one customer, each with the name that it tells."""
    told = [
        {
            "message_id": str(place),
            "source": "shop",
            "kind": "touch",
            "name": "told",
            "key_namespace": "shop",
            "key_type": "id",
            "key_value": "anna",
            "team": team,
            "occurred_at": at,
            "received_at": NOON,
            "traits": json.dumps({"name": name}),
        }
        for place, (team, name, at) in enumerate(rows)
    ]
    engine.admit(pa.Table.from_pylist(told), now=NOON)


def test_a_trait_is_seen_by_who_sees_the_row_that_told_it(engine: DuckDBEngine) -> None:
    admit_told(engine, ("North", "Anna", datetime(2026, 5, 1)), ("South", "Hidden", datetime(2026, 5, 2)))

    assert limited(engine).fetch(asking("select value from traits"))["value"].to_pylist() == ["Anna"]


@pytest.mark.parametrize("team", ["South", None])
def test_a_trait_that_a_hidden_row_of_the_same_moment_may_have_told_stays_hidden(
    engine: DuckDBEngine, team: str | None
) -> None:
    admit_told(engine, ("North", "Anna", NOON), (team, "Hidden", NOON))

    assert limited(engine).fetch(asking("select value from traits")).num_rows == 0


def test_without_limits_the_sql_of_a_query_is_what_it_was(engine: DuckDBEngine) -> None:
    asked = asking("select text from interactions as i")

    assert render(asked, dialect="duckdb") == "SELECT text FROM interactions AS i"
    assert "IN ('North')" in limited(engine).sql(asked)
    assert render(asked, dialect="duckdb") == "SELECT text FROM interactions AS i"
