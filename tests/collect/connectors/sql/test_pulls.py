"""Pulls from a real PostgreSQL: everything, what is new, ties, late rows, changed rows, types."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

import pytest
from tests.collect.connectors.conftest import Office
from tests.collect.connectors.postgres import Postgres
from tests.collect.connectors.sql.conftest import MAPPING, insert


def connected(office: Office, server: Postgres, **more: object) -> None:
    settings = {"url": server.url("reader", "reader-password"), "table": "orders", "cursor": "updated_at", **more}
    office.connect("sql", "shop", MAPPING, **settings)


def numbers(first: int, last: int) -> list[str]:
    return sorted(str(number) for number in range(first, last + 1))


@pytest.mark.usefixtures("real_children")
def test_the_first_pull_brings_every_row_and_the_second_only_new_ones(office: Office, postgres: Postgres) -> None:
    insert(postgres, 1, 25)
    connected(office, postgres)

    first = office.pull("shop")
    insert(postgres, 26, 30)
    second = office.pull("shop")
    third = office.pull("shop")

    assert (first.rows, first.admitted) == (25, 25)
    assert (second.rows, second.admitted) == (5, 5)
    assert (third.rows, third.imports) == (0, ())
    assert office.orders("shop") == numbers(1, 30)


def test_values_come_as_the_database_has_them(office: Office, postgres: Postgres) -> None:
    postgres.run(
        "insert into orders values (1, null, 1234567890.10, 'x', '2026-03-29 02:30+02', '2026-04-01', "
        "'{\"a\": [1, null]}')"
    )
    connected(office, postgres)
    office.pull("shop")

    value, occurred, key = office.rows("select value, occurred_at, key_id from interactions")[0]
    assert Decimal(str(value)) == Decimal("1234567890.1")
    # half past two of that night does not exist in Berlin, but +02 says what is meant: 00:30 UTC
    assert occurred == datetime(2026, 3, 29, 0, 30)
    assert key is None


def test_rows_that_share_a_cursor_value_are_neither_lost_nor_doubled_between_slices(
    office: Office, postgres: Postgres
) -> None:
    insert(postgres, 1, 12_000)
    postgres.run("update orders set updated_at = '2026-04-01 12:00+00'")
    connected(office, postgres)

    pulled = office.pull("shop")

    assert pulled.admitted == 12_000
    assert len(set(office.orders("shop"))) == 12_000


def test_a_row_that_is_committed_late_is_found_in_the_overlap(office: Office, postgres: Postgres) -> None:
    insert(postgres, 1, 20, minute=10)
    connected(office, postgres)
    office.pull("shop")

    insert(postgres, 21, 22, minute=5)
    second = office.pull("shop")

    assert (second.rows, second.admitted) == (2, 2)
    assert office.orders("shop") == numbers(1, 22)


def test_a_row_that_changes_comes_again_as_its_new_version(office: Office, postgres: Postgres) -> None:
    insert(postgres, 1, 3)
    connected(office, postgres)
    office.pull("shop")

    postgres.run("update orders set state = 'shipped', updated_at = '2026-05-01' where id = 2")
    second = office.pull("shop")

    assert second.admitted == 1
    assert sorted(office.rows("select outcome, count(*) from interactions group by 1")) == [("new", 3), ("shipped", 1)]


def test_a_number_may_be_the_cursor(office: Office, postgres: Postgres) -> None:
    insert(postgres, 1, 50)
    connected(office, postgres, cursor="id", overlap="10")

    office.pull("shop")
    insert(postgres, 51, 60)
    second = office.pull("shop")

    assert second.rows == 10
    assert office.connection("shop").position == "id up to 60"


def test_without_a_cursor_everything_is_read_and_known_rows_are_left_out(office: Office, postgres: Postgres) -> None:
    insert(postgres, 1, 9)
    connected(office, postgres, cursor=None)

    office.pull("shop")
    second = office.pull("shop")

    assert (second.rows, second.admitted, second.already_there) == (9, 0, 9)


def test_a_query_is_read_on_like_a_table(office: Office, postgres: Postgres) -> None:
    insert(postgres, 1, 9)
    query = "select id, customer, amount, state, at, updated_at, 'a : b' as words from orders where amount::int <> 5;"
    connected(office, postgres, table=None, query=query, key="id")

    office.pull("shop")
    insert(postgres, 10, 12)
    second = office.pull("shop")

    assert second.admitted == 3
    assert office.orders("shop") == sorted(set(numbers(1, 12)) - {"5"})


def test_hostile_names_of_tables_and_columns_are_quoted(office: Office, postgres: Postgres) -> None:
    postgres.run(
        'drop table if exists "Or;ders"" --"',
        'create table "Or;ders"" --" ("I;d" int primary key, "a""t" timestamptz)',
        'insert into "Or;ders"" --" values (1, \'2026-04-01\')',
        'grant select on "Or;ders"" --" to reader',
    )
    mapping = """
[[interaction]]
name = "x"
kind = "touch"
id = 'col("I;d")'
occurred_at = 'let_at'
[times]
let_at = "col('a\\"t')"
objects = { order = 'col("I;d")' }
"""
    mapping = mapping.replace('[times]\nlet_at = "col(\'a\\"t\')"\n', "").replace("'let_at'", '"col(\'a\\"t\')"')
    office.connect(
        "sql",
        "shop",
        mapping,
        url=postgres.url("reader", "reader-password"),
        table='Or;ders" --',
        cursor='a"t',
    )

    assert office.pull("shop").admitted == 1


def test_rows_without_a_cursor_value_are_told(office: Office, postgres: Postgres) -> None:
    insert(postgres, 1, 2)
    postgres.run("insert into orders (id, at) values (9, '2026-04-01')")
    connected(office, postgres)

    pulled = office.pull("shop")

    assert pulled.rows == 2
    assert [note for note in pulled.notes if "Rows without a value in updated_at" in note] != []


def test_a_pull_is_one_line_of_the_imports_under_the_connections_name(office: Office, postgres: Postgres) -> None:
    insert(postgres, 1, 5)
    connected(office, postgres)
    pulled = office.pull("shop")

    rows = office.rows("select import_id, source, rows_read, admitted, files from imports")
    assert [row[:4] for row in rows] == [(pulled.imports[0], "shop", 5, 5)]
    assert [file["rows"] for file in json.loads(rows[0][4])] == [5]
    assert list((office.path / "sources" / "shop" / "landed").iterdir()) == []
