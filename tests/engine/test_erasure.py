"""Erasure reaches every table that says something about a person, and the disk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cxloop.core.schema import TABLES, Column, Personal
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.duckdb.erasure import _SUBJECTS
from cxloop.engine.query import Query

LogRows = Callable[..., pa.Table]

ANNA, BEN = 1, 2
SECRET = "anna.secret.7431@example.org"
SAID = "Anna Secret wrote about parcel ZX7431 in her own words."
NOW = datetime(2026, 5, 1)


def value_of(column: Column, who: int, secret: str) -> Any:
    """Any value that fits the column, with `secret` in each text that may hold one."""
    by_type: dict[str, Any] = {
        "bool": True,
        "int": 1,
        "bigint": who,
        "double": 1.0,
        "timestamp": NOW,
        "date": NOW.date(),
        "bigints": None,
    }
    if column.type in by_type:
        return by_type[column.type]
    return "plain" if column.personal is Personal.NONE else secret


def fill_every_table(engine: DuckDBEngine) -> None:
    """One row per table and person; interaction, key and customer share the person's number."""
    for table in TABLES:
        rows = [
            {column.name: value_of(column, who, secret) for column in table.columns}
            for who, secret in ((ANNA, SECRET), (BEN, "ben"))
        ]
        engine.append(table.name, pa.Table.from_pylist(rows))


def holds(folder: Path, text: str) -> list[str]:
    return [file.name for file in folder.rglob("*") if file.is_file() and text.encode() in file.read_bytes()]


def rows_of(engine: DuckDBEngine, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = engine.fetch(Query("test.all", f"select * from {table}", (table,), {})).to_pylist()
    return found


def test_no_table_keeps_anything_of_an_erased_key(engine: DuckDBEngine) -> None:
    fill_every_table(engine)

    removed = engine.erase([ANNA])

    for table in TABLES:
        assert not [row for row in rows_of(engine, table.name) if SECRET in str(row)], table.name
    assert removed == {
        "rejected": 1,
        "interactions": 1,
        "keys": 1,
        "interaction_objects": 1,
        "traits": 1,
        "consents": 1,
        "promises": 1,
        "customers": 1,
        "snapshots": 2,
    }


def test_others_keep_their_rows(engine: DuckDBEngine) -> None:
    fill_every_table(engine)

    engine.erase([ANNA])

    kept = {table.name: engine.count(table.name) for table in TABLES if engine.count(table.name)}
    assert kept == {
        "interactions": 1,
        "keys": 1,
        "event_codes": 2,
        "event_catalogue": 2,
        "interaction_objects": 1,
        "traits": 1,
        "consents": 1,
        "promises": 1,
        "customers": 1,
        "rejected": 1,
        "imports": 2,
        "intake": 2,
    }


def test_every_table_with_personal_data_has_a_way_to_be_erased() -> None:
    whole = {"snapshots"}
    by_content = {"rejected"}
    for table in TABLES:
        personal = [column.name for column in table.columns if column.personal is not Personal.NONE]
        reached = set(table.names) & set(_SUBJECTS) or table.name in whole | by_content
        assert not personal or reached, f"{table.name} holds {personal}, which erasure does not reach"


@pytest.mark.parametrize("secret", [SECRET, SAID, "ZX7431"])
def test_the_bytes_are_gone_from_every_file(folder: Path, log_rows: LogRows, secret: str) -> None:
    engine = DuckDBEngine(folder)
    engine.append(
        "keys",
        pa.table(
            {"key_id": [ANNA, BEN], "namespace": ["s"] * 2, "type": ["email"] * 2, "value": [SECRET, "ben@example.org"]}
        ),
    )
    engine.append("interactions", log_rows({"key_id": ANNA, "text": SAID}, {"key_id": BEN, "text": "Ben is here."}))
    assert holds(folder, secret) != []  # otherwise the test could not see them

    engine.erase([ANNA])
    while_open = holds(folder, secret)
    engine.close()

    assert while_open == []
    assert holds(folder, secret) == []
    assert holds(folder, "Ben is here.") != []


def test_a_key_is_taken_off_the_rows_of_others(engine: DuckDBEngine, log_rows: LogRows) -> None:
    engine.append("interactions", log_rows({"key_id": BEN, "other_keys": [ANNA, 7], "account_key": ANNA}))

    engine.erase([ANNA])

    (row,) = rows_of(engine, "interactions")
    assert (row["key_id"], row["other_keys"], row["account_key"]) == (BEN, [7], None)


def test_a_row_that_only_names_the_key_beside_no_other_goes(engine: DuckDBEngine, log_rows: LogRows) -> None:
    engine.append("interactions", log_rows({"key_id": None, "other_keys": [ANNA]}, {"key_id": None}))

    assert engine.erase([ANNA]) == {"interactions": 1}


@pytest.mark.parametrize(
    ("raw", "goes"),
    [
        ('{"id": "42"}', True),
        ('{"id": 42}', True),
        ("42;Anna;late", True),
        ('{"id": "420"}', False),
        ('{"id": "A42"}', False),
        ("", False),
        ('{"id": null}', False),
    ],
)
def test_a_rejected_row_goes_where_it_holds_the_identifier_as_a_whole(
    engine: DuckDBEngine, raw: str, goes: bool
) -> None:
    engine.append("keys", pa.table({"key_id": [ANNA], "namespace": ["s"], "type": ["id"], "value": ["42"]}))
    rejected = {"rejected_id": 1, "import_id": "1", "source": "s", "file": "f", "code": "c", "reason": "r"}
    engine.append("rejected", pa.Table.from_pylist([{**rejected, "raw": raw, "rejected_at": NOW}]))

    engine.erase([ANNA])

    assert engine.count("rejected") == (0 if goes else 1)


def test_a_rejected_row_goes_where_its_reason_holds_the_identifier(engine: DuckDBEngine) -> None:
    engine.append("keys", pa.table({"key_id": [ANNA], "namespace": ["s"], "type": ["id"], "value": ["42"]}))
    rejected = {"rejected_id": 1, "import_id": "1", "source": "s", "file": "f", "code": "c", "raw": ""}
    engine.append("rejected", pa.Table.from_pylist([{**rejected, "reason": "42 came twice", "rejected_at": NOW}]))

    assert engine.erase([ANNA]) == {"keys": 1, "rejected": 1}


def test_a_hostile_identifier_is_a_text_and_no_pattern(engine: DuckDBEngine) -> None:
    engine.append("keys", pa.table({"key_id": [ANNA], "namespace": ["s"], "type": ["id"], "value": [".*(["]}))
    rejected = {"rejected_id": 1, "import_id": "1", "source": "s", "file": "f", "code": "c", "reason": "r"}
    engine.append("rejected", pa.Table.from_pylist([{**rejected, "raw": "x", "rejected_at": NOW}]))

    assert engine.erase([ANNA]) == {"keys": 1}


def test_erasing_nobody_changes_nothing(engine: DuckDBEngine) -> None:
    engine.append("keys", pa.table({"key_id": [BEN], "namespace": ["s"], "type": ["id"], "value": ["b"]}))

    assert engine.erase([]) == {}
    assert engine.count("keys") == 1
