"""Digests of tables, and tables that go through another engine and come back."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxloop.core.errors import EngineError, UnknownNameError
from cxloop.core.schema import TABLES
from cxloop.engine.arrow import arrow_schema
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.duckdb.passing import digest
from cxloop.engine.tables import INTERNAL

KEYS = next(table for table in TABLES if table.name == "keys")
texts = st.text(max_size=5)
rows_of_keys = st.lists(st.tuples(st.integers(1, 9), texts, texts, texts), max_size=8)
NOW = datetime(2026, 3, 1)


def keys(rows: list[tuple[int, str, str, str]]) -> pa.Table:
    """Rows of the table `keys`."""
    names = ("key_id", "namespace", "type", "value")
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=arrow_schema(KEYS))


@settings(max_examples=30)  # each digest opens a database
@given(rows_of_keys, rows_of_keys, st.randoms(use_true_random=False))
def test_a_digest_is_that_of_the_rows_in_whatever_order_and_blocks(
    one: list[tuple[int, str, str, str]], other: list[tuple[int, str, str, str]], chance: object
) -> None:
    whole = digest("keys", [keys(one + other)])
    shuffled = one + other
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert digest("keys", [keys(shuffled[:3]), keys([]), keys(shuffled[3:])]) == whole
    assert whole.rows == len(one) + len(other)
    if sorted(one) != sorted(other):
        assert digest("keys", [keys(one)]) != digest("keys", [keys(other)])


def test_a_row_that_is_doubled_instead_of_another_is_noticed() -> None:
    two = [(1, "shop", "email", "a"), (2, "shop", "email", "b")]
    assert digest("keys", [keys(two)]) != digest("keys", [keys([two[0], two[0]])])
    assert digest("keys", [keys(two)]) != digest("keys", [keys([(1, "shop", "email", "b"), (2, "shop", "email", "a")])])


@pytest.mark.parametrize("table", [*TABLES, *INTERNAL], ids=lambda table: table.name)
def test_an_empty_table_has_the_digest_nought(table: object, tmp_path: Path) -> None:
    engine = DuckDBEngine(tmp_path / "analytics")
    name = table.name  # type: ignore[attr-defined]
    assert digest(name, engine.blocks(name)) == (0, 0)
    engine.close()


def incoming(first: int, last: int) -> pa.Table:
    """Rows for `admit`: three people, each with a number of their own and one that they share."""
    return pa.Table.from_pylist(
        [
            {
                "message_id": f"m{number}",
                "source": "shop",
                "kind": "order",
                "name": "bought",
                "occurred_at": NOW,
                "key_namespace": "shop",
                "key_type": "email",
                "key_value": f"p{number % 3}@x.example",
                "traits": f'{{"city": "Ulm {number}"}}',
                "objects": f'[["order", "o{number}"]]',
            }
            for number in range(first, last)
        ]
    )


def test_tables_that_another_file_takes_are_the_same_and_go_on_alike(tmp_path: Path) -> None:
    old, new = (DuckDBEngine(tmp_path / name) for name in ("old", "new"))
    old.admit(incoming(0, 9), now=NOW)
    new.admit(incoming(50, 60), now=NOW)  # goes: what is taken is all that there is
    for table in (*TABLES, *INTERNAL):
        assert new.take(table.name, old.blocks(table.name)) == sum(block.num_rows for block in old.blocks(table.name))

    further = [engine.admit(incoming(5, 12), now=NOW) for engine in (old, new)]
    assert further[0] == further[1]
    assert (further[0].admitted, further[0].already_there) == (3, 4)
    for table in (*TABLES, *INTERNAL):
        assert digest(table.name, new.blocks(table.name)) == digest(table.name, old.blocks(table.name))
    old.close()
    new.close()


def test_rows_that_do_not_fit_change_nothing(tmp_path: Path) -> None:
    engine = DuckDBEngine(tmp_path / "analytics")
    engine.take("keys", [keys([(1, "shop", "email", "a")])])
    before = digest("keys", engine.blocks("keys"))
    with pytest.raises(EngineError, match="1 rows do not fit the table keys: key_id is missing in 1"):
        engine.take("keys", [keys([(2, "shop", "email", "b")]), pa.table({"value": ["c"]})])
    assert digest("keys", engine.blocks("keys")) == before
    with pytest.raises(UnknownNameError, match="table"):
        engine.take("kyes", [])
    engine.close()
