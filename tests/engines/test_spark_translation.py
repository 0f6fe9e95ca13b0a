"""Every query means the same on Spark: it translates, and uses nothing of which a silent difference is known."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
import sqlglot
from sqlglot import exp

import cxloop
from cxloop.core.config import Experience
from cxloop.core.schema import TABLES
from cxloop.core.time import Period
from cxloop.engine.dimensions import Dimensions, log_source, period_node
from cxloop.engine.functions import FUNCTIONS
from cxloop.engine.query import Query, Slots
from cxloop.engine.quoting import column_node
from cxloop.engine.render import parse, render
from cxloop.engine.tables import VIEWS

DIMENSIONS = Dimensions(Experience())

# Functions that sqlglot knows no class for and that Spark SQL has (its reference, "Built-in Functions"). Whatever a
# translated query calls beyond them would reach Spark as DuckDB wrote it.
SPARK_HAS = {"element_at", "from_json", "map_entries", "unix_micros", "xxhash64"}


def sample_slots(query: Query) -> Slots:
    """Something that fits each slot: the log with its catalogue for a table, a column for anything else."""
    tree = parse(query)
    tables = {hole.name for hole in tree.find_all(exp.Placeholder) if isinstance(hole.parent, exp.Table)}
    log = log_source([DIMENSIONS.resolve("channel")])
    return {name: log if name in tables else column_node("score", "i") for name in query.slots}


def untranslatable(tree: exp.Expr) -> Iterator[str]:
    """What was measured to break or to differ silently between DuckDB and Spark."""
    for join in tree.find_all(exp.Join):
        if str(join.args.get("method", "")).upper() == "ASOF":
            yield "an ASOF join passes through as it is"
    for order in tree.find_all(exp.Order):
        if order.args.get("this") is not None and not isinstance(order.parent, exp.WithinGroup):
            yield f"an ordered aggregate loses its order: {order.parent.sql('duckdb') if order.parent else order}"
    for difference in tree.find_all(exp.DateDiff):
        unit = difference.text("unit").upper()
        dates = all(
            isinstance(difference.args.get(side), exp.Cast | exp.TsOrDsToDate) for side in ("this", "expression")
        )
        if unit != "MICROSECOND" and not (unit == "DAY" and dates):
            yield f"date_diff of {unit} counts borders on one engine and whole units on the other"
    for steps in tree.find_all(exp.With):
        if steps.recursive and any(isinstance(each.this, exp.Union) and each.this.args["distinct"] for each in steps):
            yield "a recursion that drops what it has found before"


def strangers(tree: exp.Expr) -> set[str]:
    """Functions in a Spark tree that Spark may not have."""
    return {str(call.this).lower() for call in tree.find_all(exp.Anonymous)} - SPARK_HAS


def test_the_query_translates_to_spark_and_is_read_there(query: Query) -> None:
    written = render(query, sample_slots(query), dialect="spark")

    again = sqlglot.parse_one(written, dialect="spark")

    assert strangers(again) == set(), written
    assert again.sql("spark") == written


def test_numbers_of_the_query_are_doubles_on_spark(query: Query) -> None:
    # a decimal is divided with as many digits as fit, and a sum of decimals may not fit at all
    again = sqlglot.parse_one(render(query, sample_slots(query), dialect="spark"), dialect="spark")

    for number in again.find_all(exp.Literal):
        if number.is_number and "." in number.name:
            assert isinstance(number.parent, exp.Cast), number.parent
            assert number.parent.is_type("double")


def test_the_query_uses_nothing_that_differs_between_engines(query: Query) -> None:
    assert list(untranslatable(parse(query))) == []


def test_the_query_reads_tables_of_the_schema_and_says_which(query: Query) -> None:
    tree = parse(query)
    inner = {cte.alias for cte in tree.find_all(exp.CTE)}
    read = {table.name for table in tree.find_all(exp.Table) if not isinstance(table.this, exp.Placeholder)} - inner
    known = {table.name for table in TABLES} | set(VIEWS)

    assert read <= set(query.inputs)
    assert set(query.inputs) <= known


def test_the_query_returns_the_columns_it_declares(query: Query) -> None:
    tree = parse(query)

    assert isinstance(tree, exp.Query)
    written = [each.alias_or_name for each in tree.selects if not isinstance(each, exp.Placeholder)]
    assert written == list(query.output)


def test_every_hole_of_the_query_is_declared(query: Query) -> None:
    holes = {hole.name for hole in parse(query).find_all(exp.Placeholder)}

    assert holes == {*query.parameters, *query.slots}
    assert not set(query.parameters) & set(query.slots)


def test_no_two_queries_share_a_name(queries: list[Query]) -> None:
    assert [name for name, count in Counter(query.name for query in queries).items() if count > 1] == []


def test_queries_stand_at_the_top_of_their_modules() -> None:
    # one made inside a function would escape every test here
    hidden = []
    for file in Path(next(iter(cxloop.__path__))).rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if "from cxloop.engine.query import" not in text:
            continue
        for function in ast.walk(ast.parse(text)):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
                hidden += [f"{file}:{call.lineno}" for call in calls if getattr(call.func, "id", "") == "Query"]
    assert hidden == []


@pytest.mark.parametrize("name", [*DIMENSIONS.names(), "properties.a 'quoted' \"name\""])
def test_every_dimension_translates(name: str) -> None:
    dimension = DIMENSIONS.resolve(name)
    query = Query("test.split", "select $by from $log group by $by", ("interactions",), {}, slots=("by", "log"))

    written = render(query, {"by": [dimension.column], "log": log_source([dimension])}, dialect="spark")

    assert strangers(sqlglot.parse_one(written, dialect="spark")) == set()


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Sao_Paulo"])
@pytest.mark.parametrize("period", get_args(Period))
def test_every_period_translates(period: Period, zone: str) -> None:
    node = period_node(period, ZoneInfo(zone), datetime(2024, 1, 1), datetime(2026, 1, 1))

    written = node.sql("spark")

    assert sqlglot.parse_one(written, dialect="spark").sql("spark") == written
    assert written.startswith(f"CAST(DATE_TRUNC('{period.upper()}'")


def test_every_named_function_has_a_form_for_each_engine() -> None:
    assert {frozenset(forms) for forms in FUNCTIONS.values()} == {frozenset({"duckdb", "spark"})}


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 from a asof join b on a.t >= b.t",
        "select list(x order by y) from a",
        "select string_agg(x, ',' order by y) from a",
        "select date_diff('second', a, b) from t",
        "select date_diff('day', a, b) from t",
    ],
)
def test_the_known_traps_would_be_noticed(sql: str) -> None:
    assert len(list(untranslatable(sqlglot.parse_one(sql, dialect="duckdb")))) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "select date_diff('microsecond', a, b) from t",
        "select date_diff('day', a::date, b::date) from t",
        "select row_number() over (partition by a order by b) from t order by 1",
    ],
)
def test_what_is_the_same_on_both_is_let_through(sql: str) -> None:
    assert list(untranslatable(sqlglot.parse_one(sql, dialect="duckdb"))) == []


def test_a_function_that_spark_lacks_would_be_noticed() -> None:
    query = Query("test.lacks", "select json_structure(c) as x from t", ("t",), {})

    assert strangers(sqlglot.parse_one(render(query, dialect="spark"), dialect="spark")) == {"json_structure"}
