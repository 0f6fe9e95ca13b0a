"""Slots become nodes, parameters become values, and what does not fit is refused by name."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from cxloop.core.errors import EngineError
from cxloop.core.schema import Type
from cxloop.engine import functions
from cxloop.engine.dimensions import log_source
from cxloop.engine.query import Query, Slots
from cxloop.engine.quoting import column_node
from cxloop.engine.render import check_parameters, render


def condition(text: str) -> exp.Expr:
    return sqlglot.parse_one(text, dialect="duckdb")


def filled(sql: str, **slots: Any) -> str:
    query = Query("test.filled", sql, (), {}, slots=tuple(slots))
    return render(query, slots, dialect="duckdb")


REGION = exp.alias_(column_node("region", "i"), "region", quoted=True)
BRAND = exp.alias_(column_node("brand", "i"), "brand", quoted=True)


@pytest.mark.parametrize(
    ("sql", "slots", "expected"),
    [
        # a list in a select keeps its names; in group by and order by only the values count
        (
            "select $by, count(*) as n from i group by $by order by $by",
            {"by": [REGION, BRAND]},
            (
                'SELECT "i"."region" AS "region", "i"."brand" AS "brand", COUNT(*) AS n FROM i '
                'GROUP BY "i"."region", "i"."brand" ORDER BY "i"."region", "i"."brand"'
            ),
        ),
        # each node of a list takes the direction of the slot
        (
            "select 1 from i order by $by desc",
            {"by": [REGION, BRAND]},
            'SELECT 1 FROM i ORDER BY "i"."region" DESC, "i"."brand" DESC',
        ),
        # a node with a direction of its own keeps it
        (
            "select 1 from i order by $by, x",
            {"by": exp.Ordered(this=column_node("region"), desc=True)},
            'SELECT 1 FROM i ORDER BY "region" DESC, x',
        ),
        # nothing to group by: the clause goes
        ("select $by, 1 from i group by $by order by $by", {"by": []}, "SELECT 1 FROM i"),
        ("select 1 from i group by $by, x", {"by": []}, "SELECT 1 FROM i GROUP BY x"),
        (
            "select row_number() over (partition by $by) from i",
            {"by": [REGION, BRAND]},
            'SELECT ROW_NUMBER() OVER (PARTITION BY "i"."region", "i"."brand") FROM i',
        ),
        # a condition beside another one keeps its own grouping
        (
            "select 1 from i where $where and x",
            {"where": condition("a or b")},
            "SELECT 1 FROM i WHERE (a OR b) AND x",
        ),
        ("select 1 from i where not $where", {"where": condition("a or b")}, "SELECT 1 FROM i WHERE NOT (a OR b)"),
        ("select 1 from i where $where", {"where": condition("a or b")}, "SELECT 1 FROM i WHERE a OR b"),
        ("select $x * 2 from i", {"x": condition("a + b")}, "SELECT (a + b) * 2 FROM i"),
        ("select sum($x) from i", {"x": REGION}, 'SELECT SUM("i"."region") FROM i'),
        ("select 1 from $log where x", {"log": log_source()}, "SELECT 1 FROM interactions AS i WHERE x"),
        (
            "select 1 from $log join keys as k on k.key_id = i.key_id",
            {"log": log_source()},
            "SELECT 1 FROM interactions AS i JOIN keys AS k ON k.key_id = i.key_id",
        ),
    ],
)
def test_slots_are_filled(sql: str, slots: Slots, expected: str) -> None:
    assert filled(sql, **slots) == expected


def test_a_slot_may_stand_in_several_places_and_be_used_again() -> None:
    node = column_node("region", "i")

    first = filled("select $x, $x from i where $x > 1", x=node)
    second = filled("select $x, $x from i where $x > 1", x=node)

    assert first == second == 'SELECT "i"."region", "i"."region" FROM i WHERE "i"."region" > 1'
    assert node.parent is None


def test_a_list_where_one_node_belongs_is_refused() -> None:
    with pytest.raises(EngineError, match=r"slot \$where takes one node"):
        filled("select 1 from i where $where", where=[condition("a"), condition("b")])


def test_a_missing_and_an_unknown_slot_are_named() -> None:
    query = Query("test.q", "select $by from i", (), {}, slots=("by",))

    with pytest.raises(EngineError, match=r"test\.q lacks \$by and does not know \$bye"):
        render(query, {"bye": REGION}, dialect="duckdb")


def test_sql_that_cannot_be_parsed_is_reported_with_its_query() -> None:
    with pytest.raises(EngineError, match=r"(?s)test\.broken cannot be parsed.*selec t"):
        render(Query("test.broken", "selec t from (", (), {}), dialect="duckdb")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("bool", True),
        ("int", 1),
        ("bigint", 2**62),
        ("double", 1.5),
        ("double", 1),
        ("text", "x"),
        ("timestamp", datetime(2026, 5, 1)),
        ("date", date(2026, 5, 1)),
        ("bigints", [1, 2]),
        ("bigints", (1, 2)),
        ("json", "{}"),
        ("text", None),
    ],
)
def test_a_value_of_the_declared_type_is_taken(kind: Type, value: object) -> None:
    query = Query("test.q", "select $x", (), {}, parameters={"x": kind})

    assert check_parameters(query, {"x": value}) == {"x": value}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", "1"),
        ("int", True),
        ("int", 1.5),
        ("bool", 1),
        ("text", 1),
        ("timestamp", "2026-05-01"),
        ("timestamp", date(2026, 5, 1)),
        ("bigints", 1),
        ("bigints", "12"),
    ],
)
def test_a_value_of_another_type_is_refused(kind: Type, value: object) -> None:
    query = Query("test.q", "select $x", (), {}, parameters={"x": kind})

    with pytest.raises(EngineError, match=rf"test\.q takes {kind} as \$x, not {type(value).__name__}"):
        check_parameters(query, {"x": value})


def test_missing_and_unknown_parameters_are_named() -> None:
    query = Query("test.q", "select $x", (), {}, parameters={"x": "int"})

    with pytest.raises(EngineError, match=r"lacks \$x and does not know \$y"):
        check_parameters(query, {"y": 1})


def test_a_named_function_becomes_what_each_engine_has() -> None:
    query = Query("test.q", "select cx_property(properties, 'a b') as x from interactions", ("interactions",), {})

    assert render(query, dialect="duckdb") == "SELECT JSON_EXTRACT_STRING(properties, '/a b') AS x FROM interactions"
    assert render(query, dialect="spark") == (
        "SELECT ELEMENT_AT(FROM_JSON(properties, 'map<string,string>'), 'a b') AS x FROM interactions"
    )


def test_a_function_that_an_engine_lacks_is_refused_with_engine_and_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "FUNCTIONS", {"cx_only_here": {"duckdb": lambda nodes: nodes[0]}})
    query = Query("test.only_here", "select cx_only_here(a) from interactions", ("interactions",), {})

    assert render(query, dialect="duckdb") == "SELECT a FROM interactions"
    with pytest.raises(EngineError, match=r"spark has no cx_only_here, which the query test\.only_here needs"):
        render(query, dialect="spark")


def test_the_form_for_people_says_the_same() -> None:
    query = Query("test.people", "select a, count(*) as n from interactions group by a", ("interactions",), {})

    pretty = render(query, dialect="duckdb", pretty=True)

    assert pretty.count("\n") > 3
    assert " ".join(pretty.split()) == render(query, dialect="duckdb")
