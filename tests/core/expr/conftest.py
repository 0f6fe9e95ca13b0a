"""Random expressions that are well typed, random rows for them, and DuckDB to hold live evaluation against."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from sqlglot import exp

from cxloop.core.expr import Expr, ValueType
from cxloop.engine.expression import compile as compile_expression

TYPES: Mapping[str, ValueType] = {
    "n": "number",
    "whole": "number",
    "t": "text",
    "odd; DROP TABLE": "text",
    "b": "boolean",
    "d": "date",
    "m": "moment",
}
FIELDS: list[Any] = [
    ("n", pa.float64()),
    ("whole", pa.int64()),
    ("t", pa.string()),
    ("odd; DROP TABLE", pa.string()),
    ("b", pa.bool_()),
    ("d", pa.date32()),
    ("m", pa.timestamp("us")),
]
ARROW = pa.schema(FIELDS)
EXAMPLE: Mapping[str, Any] = {
    "n": 2.5,
    "whole": 7,
    "t": "late",
    "odd; DROP TABLE": "'",
    "b": True,
    "d": date(2026, 5, 1),
    "m": datetime(2026, 5, 1, 12, 30),
}

Duck = Callable[[Expr, Sequence[Mapping[str, Any]]], list[Any]]


@pytest.fixture(scope="session")
def types() -> Mapping[str, ValueType]:
    """The type of each column of a row."""
    return TYPES


@pytest.fixture(scope="session")
def example() -> Mapping[str, Any]:
    """A row without nulls."""
    return EXAMPLE


@pytest.fixture(scope="session")
def duck() -> Duck:
    """Runs an expression as SQL over rows and returns one value for each."""
    connection = duckdb.connect()

    def run(expr: Expr, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        connection.register("given", pa.Table.from_pylist([dict(row) for row in rows], schema=ARROW))
        node = compile_expression(expr, lambda name: exp.column(name, quoted=True), TYPES)
        sql = exp.select(node.as_("answer")).from_("given").sql("duckdb")
        return [row[0] for row in connection.execute(sql).fetchall()]

    return run
