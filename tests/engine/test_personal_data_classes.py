"""Every column of the real file is declared, with its type and its class of personal data."""

from __future__ import annotations

import pytest

from cxloop.core.schema import INCOMING, TABLES, Personal, Table
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.duckdb.tables import TYPES
from cxloop.engine.tables import INTERNAL, VIEWS

DECLARED = (*TABLES, *INTERNAL)


def columns_of(engine: DuckDBEngine) -> dict[tuple[str, str], tuple[str, bool]]:
    rows = (
        engine.cursor()
        .execute(
            "select c.table_name, c.column_name, c.data_type, not c.is_nullable from duckdb_columns() as c "
            "join duckdb_tables() as t on t.table_name = c.table_name and t.database_name = c.database_name "
            "where not c.internal"
        )
        .fetchall()
    )
    return {(table, column): (kind, required) for table, column, kind, required in rows}


def undeclared(engine: DuckDBEngine) -> set[tuple[str, str]]:
    return set(columns_of(engine)) - {(table.name, name) for table in DECLARED for name in table.names}


def test_no_column_of_the_file_is_undeclared(engine: DuckDBEngine) -> None:
    assert undeclared(engine) == set()


def test_an_undeclared_column_would_be_noticed(engine: DuckDBEngine) -> None:
    engine.cursor().execute("alter table interactions add column shoe_size integer").fetchall()
    engine.cursor().execute("create table side_table (a integer)").fetchall()

    assert undeclared(engine) == {("interactions", "shoe_size"), ("side_table", "a")}


def test_every_declared_column_is_in_the_file_with_its_type(engine: DuckDBEngine) -> None:
    declared = {
        (table.name, column.name): (TYPES[column.type], column.required)
        for table in DECLARED
        for column in table.columns
    }

    assert columns_of(engine) == declared


def test_views_show_nothing_but_declared_columns(engine: DuckDBEngine) -> None:
    known = {name for table in DECLARED for name in table.names}

    for view in VIEWS:
        assert set(engine.cursor().sql(f"select * from {view}").columns) <= known


@pytest.mark.parametrize("table", [*DECLARED, INCOMING], ids=lambda table: table.name)
def test_every_column_has_a_class_and_a_sentence(table: Table) -> None:
    for column in table.columns:
        assert isinstance(column.personal, Personal)
        assert column.about.endswith(".")


def test_identifiers_and_free_text_are_marked_as_what_they_are() -> None:
    # fixed by hand from the schema's meaning: these must never slip to "none"
    guarded = {
        ("keys", "value"): Personal.IDENTIFIER,
        ("interactions", "text"): Personal.FREE_TEXT,
        ("interactions", "properties"): Personal.FREE_TEXT,
        ("interactions", "key_id"): Personal.PSEUDONYM,
        ("traits", "value"): Personal.SENSITIVE,
        ("rejected", "raw"): Personal.SENSITIVE,
        ("customers", "label"): Personal.IDENTIFIER,
    }
    declared = {(table.name, column.name): column.personal for table in TABLES for column in table.columns}

    assert {place: declared[place] for place in guarded} == guarded
