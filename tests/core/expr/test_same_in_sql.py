"""The promise of the language: one meaning, live on an event and as SQL on the log.

The oracle is DuckDB: random well-typed expressions over random rows must give what the compiled SQL gives.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp, parse_one

from cxloop.core.expr import (
    FUNCTIONS,
    Binary,
    Call,
    Choice,
    Column,
    Constant,
    Expr,
    Function,
    Membership,
    Unary,
    ValueType,
    evaluate,
    infer,
    parse,
)
from cxloop.core.expr.functions import Takes
from cxloop.engine.expression import BUILDERS
from cxloop.engine.expression import compile as compile_expression

Duck = Callable[[Expr, Sequence[Mapping[str, Any]]], list[Any]]

TEXTS = st.one_of(
    st.text(alphabet="aBz09 .,-'\"\\;%_\n\tßéÄΣ😀$", max_size=8),
    st.sampled_from(["", " 4.50 ", "1e3", "nan", "-.5", "2026-02-29", "2024-02-29", "2026-05-01 23:59:59.5", "a-b-c"]),
)
NUMBERS = st.one_of(st.integers(-1000, 1000), st.floats(-1000, 1000, width=32).map(lambda x: round(x, 3)))
WHOLE = st.integers(-(10**6), 10**6)
DATES = st.dates(date(1900, 1, 1), date(2100, 1, 1))
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))
CONSTANTS: Mapping[str, st.SearchStrategy[Any]] = {"number": NUMBERS, "text": TEXTS, "boolean": st.booleans()}
COLUMNS = {
    "number": ["n", "whole"],
    "text": ["t", "odd; DROP TABLE"],
    "boolean": ["b"],
    "date": ["d"],
    "moment": ["m"],
}
PYTHON: Mapping[str, tuple[type, ...]] = {"number": (int, float), "text": (str,), "boolean": (bool,)}
KINDS: tuple[ValueType, ...] = ("boolean", "number", "text", "date", "moment")
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "n": st.none() | NUMBERS.map(float),
            "whole": st.none() | WHOLE,
            "t": st.none() | TEXTS,
            "odd; DROP TABLE": st.none() | TEXTS,
            "b": st.none() | st.booleans(),
            "d": st.none() | DATES,
            "m": st.none() | MOMENTS,
        }
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def expressions(draw: st.DrawFn, kind: ValueType, depth: int = 3) -> Expr:
    """A random expression of a type."""
    makers = [column_or_constant]
    if depth > 0:
        makers += [choice, call, *({"number": [arithmetic], "boolean": [logic, comparison, membership]}.get(kind, []))]
    return draw(draw(st.sampled_from(makers))(kind, depth - 1))


@st.composite
def column_or_constant(draw: st.DrawFn, kind: ValueType, depth: int) -> Expr:
    column = st.sampled_from(COLUMNS[kind]).map(Column)
    constants = CONSTANTS.get(kind)
    return draw(column if constants is None else column | constants.map(Constant) | st.just(Constant(None)))


@st.composite
def choice(draw: st.DrawFn, kind: ValueType, depth: int) -> Expr:
    then, otherwise = draw(expressions(kind, depth)), draw(expressions(kind, depth))
    return Choice(draw(expressions("boolean", depth)), then, otherwise)


@st.composite
def arithmetic(draw: st.DrawFn, kind: ValueType, depth: int) -> Expr:
    if draw(st.integers(0, 5)) == 0:
        return Unary("-", draw(expressions("number", depth)))
    sides = draw(expressions("number", depth)), draw(expressions("number", depth))
    return Binary(draw(st.sampled_from(["+", "-", "*", "/", "%"])), *sides)


@st.composite
def logic(draw: st.DrawFn, kind: ValueType, depth: int) -> Expr:
    if draw(st.integers(0, 3)) == 0:
        return Unary("not", draw(expressions("boolean", depth)))
    sides = draw(expressions("boolean", depth)), draw(expressions("boolean", depth))
    return Binary(draw(st.sampled_from(["and", "or"])), *sides)


@st.composite
def comparison(draw: st.DrawFn, kind: ValueType, depth: int) -> Expr:
    first: ValueType = draw(st.sampled_from(["number", "text", "date", "moment", "boolean"]))
    second: ValueType = draw(st.sampled_from(["date", "moment"])) if first in ("date", "moment") else first
    signs = ["==", "!="] if first == "boolean" else ["==", "!=", "<", "<=", ">", ">="]
    sides = draw(expressions(first, depth)), draw(expressions(second, depth))
    return Binary(draw(st.sampled_from(signs)), *sides)


@st.composite
def membership(draw: st.DrawFn, kind: ValueType, depth: int) -> Expr:
    of: ValueType = draw(st.sampled_from(["number", "text"]))
    among = draw(st.lists(CONSTANTS[of].map(Constant), min_size=1, max_size=3))
    return Membership(draw(expressions(of, depth)), tuple(among))


def giving(kind: ValueType) -> list[Function]:
    return [function for function in FUNCTIONS.values() if function.gives in (kind, "same")]


@st.composite
def call(draw: st.DrawFn, kind: ValueType, depth: int) -> Expr:
    able = [each for each in giving(kind) if kind != "boolean" or each.name not in ("min", "max")]
    function = draw(st.sampled_from(able)) if able else FUNCTIONS["coalesce"]
    count = len(function.takes) - draw(st.integers(0, function.optional))
    takes = [function.taken_by(place) for place in range(count + (draw(st.integers(0, 1)) if function.repeats else 0))]
    return Call(function.name, tuple(draw(argument(each, kind, function, depth)) for each in takes))


def argument(takes: Takes, kind: ValueType, function: Function, depth: int) -> st.SearchStrategy[Expr]:
    if function.gives == "same":
        return expressions(kind, depth)
    match takes:
        case "separator":
            return st.sampled_from(["-", " ", "aB", "'", "\\"]).map(Constant)
        case "pattern":
            return st.sampled_from([r"^a", r"\d+$", "[aB-]", "a.*b|z", r"\s", "'", r"\\", r"(?:a|-)b?"]).map(Constant)
        case "whole":
            return st.integers(0, 4).map(Constant)
        case "time":
            return expressions("date", depth) | expressions("moment", depth)
        case "readable":
            return st.one_of(expressions("text", depth), expressions("number", depth), expressions("boolean", depth))
        case "any" if function.name in ("date", "moment"):
            return st.one_of(expressions("text", depth), expressions("date", depth), expressions("moment", depth))
        case "any":
            return st.one_of([expressions(each, depth) for each in KINDS])
        case "number" | "moment" | "text":
            return expressions(takes, depth)
    raise AssertionError(takes)


def same(live: Any, sql: Any) -> bool:
    if isinstance(live, float) and isinstance(sql, float) and math.isnan(live):
        return math.isnan(sql)
    if isinstance(live, bool) or isinstance(sql, bool):
        return live is sql
    return bool(live == sql)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data(), rows=ROWS)
def test_live_evaluation_gives_what_the_compiled_sql_gives(
    kind: ValueType, data: st.DataObject, rows: list[dict[str, Any]], duck: Duck
) -> None:
    expr = data.draw(expressions(kind))

    live = [evaluate(expr, row) for row in rows]
    sql = duck(expr, rows)

    assert all(same(*pair) for pair in zip(live, sql, strict=True)), (expr, live, sql)


@given(expr=expressions("boolean"))
def test_every_expression_translates_to_spark(expr: Expr, types: Mapping[str, ValueType]) -> None:
    node = compile_expression(expr, lambda name: exp.column(name, quoted=True), types)

    read = parse_one(exp.select(node).from_("given").sql("spark"), dialect="spark")

    assert isinstance(read, exp.Select)
    assert len(read.expressions) == 1
    assert {column.name for column in read.find_all(exp.Column)} <= set(types)


@given(expr=st.one_of(expressions("number"), expressions("text"), expressions("boolean")))
def test_the_type_said_before_is_the_type_found_after(expr: Expr, types: Mapping[str, ValueType], duck: Duck) -> None:
    said = infer(expr, types)

    value = duck(expr, [dict.fromkeys(types)])[0]

    assert value is None or isinstance(value, PYTHON[said])


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda function: function.name)
def test_the_example_of_each_function_is_true_everywhere(function: Function, duck: Duck, example: Any) -> None:
    expr = parse(function.example)

    assert evaluate(expr, {}) == function.result
    assert duck(expr, [example]) == [function.result]


def test_every_function_has_its_sql() -> None:
    assert set(BUILDERS) == set(FUNCTIONS)


def test_case_changes_one_letter_into_one_letter_as_the_database_does() -> None:
    letters = [chr(code) for code in range(1, 0x20000) if not 0xD800 <= code <= 0xDFFF]
    given = pa.table({"letter": letters})  # noqa: F841 - DuckDB finds it by name

    found = duckdb.connect().execute("select letter, lower(letter), upper(letter) from given").fetchall()

    lower, upper = FUNCTIONS["lower"].live, FUNCTIONS["upper"].live
    assert [row for row in found if (lower(row[0]), upper(row[0])) != row[1:]] == []


HOSTILE = ["'", "''", '"', "\\", "\\'", "'; DROP TABLE interactions; --", "$1", "{x}", "%s", "/*", "é\u0301", "\u202e"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_texts(text: str, duck: Duck, example: dict[str, Any]) -> None:
    expr = Binary("==", Column("t"), Constant(text))

    assert duck(expr, [{**example, "t": text}, {**example, "t": "x"}]) == [True, False]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_survive_a_round_trip_through_quotes(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')

    assert parse(f'"{quoted}"') == Constant(text)
