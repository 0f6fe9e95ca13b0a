"""Rows that go and files that become one: the same rows as in a list, whatever the files are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.schema import TABLES
from cxloop.engine.arrow import arrow_schema
from cxloop.engine.spark import changing
from cxloop.engine.spark.changing import keys_among, merge_small, remove, values_among
from cxloop.engine.spark.files import Warehouse

OBJECTS = "interaction_objects"
Row = tuple[int, str]
ROWS = st.tuples(st.integers(0, 5), st.sampled_from("ab"))


def objects(rows: list[Row]) -> pa.Table:
    """Rows of `interaction_objects`: a key of three columns."""
    named = [{"interaction_id": number, "type": "order", "id": name} for number, name in rows]
    return pa.Table.from_pylist(named, arrow_schema(next(table for table in TABLES if table.name == OBJECTS)))


def held(warehouse: Warehouse) -> list[Row]:
    """What the newest commit holds, in order."""
    return sorted((row["interaction_id"], row["id"]) for row in warehouse.read(OBJECTS).to_pylist())


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    """Empty tables."""
    opened = Warehouse(tmp_path)
    yield opened
    opened.close()


@given(st.lists(st.lists(ROWS, max_size=5), max_size=4), st.lists(ROWS, max_size=4), st.booleans())
def test_exactly_the_chosen_rows_go(files: list[list[Row]], goes: list[Row], by_key: bool) -> None:
    with TemporaryDirectory() as name:
        warehouse = Warehouse(Path(name))
        draft = warehouse.draft()
        for rows in files:
            draft.append(OBJECTS, objects(rows))
        if by_key:
            key = ["interaction_id", "type", "id"]
            gone = remove(warehouse, draft, OBJECTS, key, keys_among(key, objects(goes)))
            chosen = set(goes)
            expected = [row for rows in files for row in rows if row not in chosen]
        else:
            numbers = [number for number, _ in goes]
            gone = remove(warehouse, draft, OBJECTS, ["interaction_id"], values_among("interaction_id", numbers))
            expected = [row for rows in files for row in rows if row[0] not in numbers]
        draft.commit()

        assert held(warehouse) == sorted(expected)
        assert gone.num_rows == sum(map(len, files)) - len(expected)
        assert warehouse.head.table(OBJECTS).rows == len(expected)
        warehouse.close()


def test_files_without_a_chosen_row_stay_as_they_are(warehouse: Warehouse) -> None:
    draft = warehouse.draft()
    for number in (1, 2):
        draft.append(OBJECTS, objects([(number, "a"), (number, "b")]))
    before = draft.commit().table(OBJECTS).files
    draft = warehouse.draft()
    remove(warehouse, draft, OBJECTS, ["interaction_id", "id"], values_among("interaction_id", [2]))
    after = draft.commit().table(OBJECTS).files

    assert after == before[:1]


def test_a_null_is_no_value(warehouse: Warehouse) -> None:
    draft = warehouse.draft()
    draft.append("event_codes", pa.Table.from_pylist([{"event_code": 1, "source": "a", "kind": "b", "name": None}]))

    assert remove(warehouse, draft, "event_codes", ["name"], values_among("name", [None, "x"])).num_rows == 0
    assert remove(warehouse, draft, "event_codes", ["name"], values_among("name", [])).num_rows == 0


def test_many_small_files_become_one(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changing, "MANY", 4)
    monkeypatch.setattr(changing, "SMALL", 3)
    sizes = []
    for number in range(12):
        draft = warehouse.draft()
        draft.append(OBJECTS, objects([(number, "a")]))
        merge_small(warehouse, draft, OBJECTS)
        draft.commit()
        sizes.append([file.rows for file in warehouse.head.table(OBJECTS).files])

    assert held(warehouse) == [(number, "a") for number in range(12)]
    assert sizes[2:5] == [[1, 1, 1], [4], [4, 1]]
    assert sizes[-1] == [4, 4, 4], "what has become large stays"


def test_few_small_files_stay(warehouse: Warehouse) -> None:
    draft = warehouse.draft()
    for number in range(changing.MANY - 1):
        draft.append(OBJECTS, objects([(number, "a")]))
    merge_small(warehouse, draft, OBJECTS)

    assert len(draft.manifest.table(OBJECTS).files) == changing.MANY - 1
