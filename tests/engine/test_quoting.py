"""Hostile names and texts stay what they are: names and texts."""

from __future__ import annotations

import duckdb
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from cxloop.core.errors import InputError
from cxloop.engine.quoting import column_node, identifier, literal, text_node

HOSTILE = [
    '"; DROP TABLE interactions; --',
    '""',
    '"',
    "'",
    "'; select 1; --",
    "`",
    "a`b",
    "a.b",
    "a\nb",
    "a\r\nb",
    "a\tb",
    "\\",
    "\\'",
    "$where",
    ":name",
    "?",
    "{}",
    "/* comment */",
    "-- comment",
    "select",
    " ",
    "Grüße 😀",
    "‮right to left",
    "x" * 300,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_works_as_a_column(name: str) -> None:
    database = duckdb.connect()
    database.execute(f"create table t ({identifier(name)} integer)").fetchall()
    database.execute(f"insert into t ({identifier(name)}) values (7)").fetchall()
    node = exp.select(column_node(name, "t")).from_("t")

    assert database.sql(node.sql("duckdb")).columns == [name]
    assert database.execute(node.sql("duckdb")).fetchall() == [(7,)]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_survives_the_way_to_spark(name: str) -> None:
    written = exp.select(column_node(name, "t")).from_("t").sql("spark")

    (column,) = sqlglot.parse_one(written, dialect="spark").find_all(exp.Column)
    assert (column.table, column.name) == ("t", name)


@pytest.mark.parametrize("text", [*HOSTILE, ""])
def test_a_hostile_text_stays_a_text(text: str) -> None:
    database = duckdb.connect()

    assert database.execute(f"select {literal(text)}").fetchall() == [(text,)]
    assert database.execute(f"select {text_node(text).sql('duckdb')}").fetchall() == [(text,)]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_stays_a_text(text: str) -> None:
    assert duckdb.execute(f"select {literal(text)}, {text_node(text).sql('duckdb')}").fetchall() == [(text, text)]


def test_an_empty_name_is_refused() -> None:
    with pytest.raises(InputError, match="empty"):
        identifier("")
    with pytest.raises(InputError, match="empty"):
        column_node("")


@pytest.mark.parametrize("refuse", [identifier, literal, column_node, text_node])
def test_a_nul_is_refused_by_name(refuse: object) -> None:
    with pytest.raises(InputError, match=r"a\\x00b"):
        refuse("a\0b")  # type: ignore[operator]
