"""The folder of immutable files and its log of commits: whole commits or none, whatever is cut off where."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.errors import EngineError, UnknownNameError, WorkspaceError
from cxloop.core.schema import TABLES
from cxloop.engine.arrow import arrow_schema
from cxloop.engine.spark.files import Draft, Manifest, Warehouse
from cxloop.engine.spark.types import SPARK

TABLE = "keys"
OTHER = "event_codes"
_KEYS = next(table for table in TABLES if table.name == TABLE)


def keys(*numbers: int) -> pa.Table:
    """Rows of `keys` with these numbers."""
    return pa.Table.from_pylist(
        [{"key_id": each, "namespace": "shop", "type": "user_id", "value": str(each)} for each in numbers]
    ).select(arrow_schema(_KEYS).names if numbers else [])


def codes(*numbers: int) -> pa.Table:
    """Rows of `event_codes` with these numbers."""
    return pa.table({"event_code": list(numbers), "source": ["s"] * len(numbers), "kind": ["touch"] * len(numbers)})


def numbers(warehouse: Warehouse, manifest: Manifest | None = None) -> list[int]:
    """The keys of a state."""
    return [int(each) for each in warehouse.read(TABLE, manifest)["key_id"].to_numpy()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the tables are."""
    return tmp_path / "warehouse"


def test_a_commit_covers_all_tables(folder: Path) -> None:
    warehouse = Warehouse(folder)
    draft = warehouse.draft()
    draft.append(TABLE, keys(1, 2))
    draft.append(OTHER, codes(7))
    assert warehouse.head.tables == {}, "nobody sees a draft"
    draft.commit()

    assert numbers(warehouse) == [1, 2]
    assert warehouse.read(OTHER)["event_code"].to_pylist() == [7]
    assert warehouse.head.table(TABLE).version == warehouse.head.table(OTHER).version == 1
    warehouse.close()
    again = Warehouse(folder)
    assert again.head.number == 1
    assert numbers(again) == [1, 2]
    again.close()


def test_a_version_is_the_commit_that_changed_a_table_last(folder: Path) -> None:
    warehouse = Warehouse(folder)
    for _ in range(3):
        _commit(warehouse, lambda draft: draft.append(TABLE, keys(1)))
    _commit(warehouse, lambda draft: draft.append(OTHER, codes(1)))

    assert (warehouse.head.table(TABLE).version, warehouse.head.table(OTHER).version) == (3, 4)
    assert warehouse.draft().commit() is warehouse.head, "a draft of nothing is no commit"
    warehouse.close()


def test_a_draft_has_a_version_of_its_own_with_each_change(folder: Path) -> None:
    warehouse = Warehouse(folder)
    draft = warehouse.draft()
    seen = [draft.manifest.table(TABLE).version]
    for number in (1, 2):
        draft.append(TABLE, keys(number))
        seen.append(draft.manifest.table(TABLE).version)

    assert seen == [0, -1, -2]
    assert numbers(warehouse, draft.manifest) == [1, 2]
    warehouse.close()


def test_what_is_abandoned_leaves_nothing(folder: Path) -> None:
    warehouse = Warehouse(folder)
    draft = warehouse.draft()
    draft.append(TABLE, keys(1))
    draft.abandon()

    assert not [file for file in (folder / "data").rglob("*") if file.is_file()]
    assert warehouse.head.number == 0
    warehouse.close()


def test_what_is_committed_cannot_be_abandoned(folder: Path) -> None:
    warehouse = Warehouse(folder)
    draft = warehouse.draft()
    draft.append(TABLE, keys(1))
    draft.commit()
    draft.abandon()

    assert numbers(warehouse) == [1]
    warehouse.close()


def test_a_reader_keeps_its_state(folder: Path) -> None:
    warehouse = Warehouse(folder)
    first = _commit(warehouse, lambda draft: draft.append(TABLE, keys(1, 2)))
    _commit(warehouse, lambda draft: draft.put(TABLE, draft.write(TABLE, keys(3)), first.table(TABLE).files))

    assert numbers(warehouse) == [3]
    assert numbers(warehouse, first) == [1, 2]
    assert warehouse.sweep() == 0, "the older manifest still names its files"
    assert numbers(warehouse, first) == [1, 2]
    assert warehouse.sweep(keep=1) == 1
    assert numbers(warehouse) == [3]
    warehouse.close()


def test_a_sweep_takes_what_no_manifest_names(folder: Path) -> None:
    warehouse = Warehouse(folder)
    _commit(warehouse, lambda draft: draft.append(TABLE, keys(1)))
    warehouse.draft().append(TABLE, keys(2))  # never committed: as a crash leaves it
    (folder / "log" / "00000000000000000002.ab.new").write_text("half")

    assert warehouse.sweep() == 1
    assert sorted(file.name for file in (folder / "log").iterdir()) == ["00000000000000000001.json"]
    assert numbers(warehouse) == [1]
    warehouse.close()


def test_two_writers_are_refused(folder: Path) -> None:
    warehouse = Warehouse(folder)
    with pytest.raises(WorkspaceError, match="already open in this process"):
        Warehouse(folder)
    warehouse.close()
    Warehouse(folder).close()


def test_of_two_drafts_on_the_same_state_the_second_is_refused(folder: Path) -> None:
    warehouse = Warehouse(folder)
    first, second = warehouse.draft(), warehouse.draft()
    first.append(TABLE, keys(1))
    second.append(TABLE, keys(2))
    first.commit()
    with pytest.raises(EngineError, match=r"Commit 1 .* does not follow 1. Nothing was written"):
        second.commit()

    assert numbers(warehouse) == [1]
    warehouse.close()


def test_a_manifest_is_never_overwritten(folder: Path) -> None:
    warehouse = Warehouse(folder)
    foreign = folder / "log" / "00000000000000000001.json"
    foreign.write_text("another writer's")
    draft = warehouse.draft()
    draft.append(TABLE, keys(1))
    with pytest.raises(EngineError, match="second writer"):
        draft.commit()

    assert foreign.read_text() == "another writer's"
    assert warehouse.head.number == 0
    warehouse.close()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', '{"format": 1, "due": false, "tables": {"keys": 3}}'])
def test_a_damaged_manifest_is_told(folder: Path, text: str) -> None:
    Warehouse(folder).close()
    (folder / "log" / "00000000000000000001.json").write_text(text)
    for _ in range(2):  # the lock is given back
        with pytest.raises(WorkspaceError, match=r"is damaged .*Restore the folder from a backup"):
            Warehouse(folder)


def test_a_newer_format_is_refused(folder: Path) -> None:
    Warehouse(folder).close()
    (folder / "log" / "00000000000000000001.json").write_text('{"format": 2, "due": false, "tables": {}}')
    with pytest.raises(WorkspaceError, match=r"has format 2; this cxloop knows 1. Update cxloop"):
        Warehouse(folder)


def test_files_of_another_table_are_refused(folder: Path) -> None:
    warehouse = Warehouse(folder)
    head = _commit(warehouse, lambda draft: draft.append(TABLE, keys(1)))
    with pytest.raises(EngineError, match="are no files of the table event_codes"):
        warehouse.draft().put(OTHER, (), head.table(TABLE).files)
    warehouse.close()


def test_unknown_tables_are_refused(folder: Path) -> None:
    warehouse = Warehouse(folder)
    with pytest.raises(UnknownNameError, match="interactionz"):
        warehouse.draft().append("interactionz", keys(1))
    with pytest.raises(UnknownNameError, match="interactionz"):
        warehouse.read("interactionz")
    warehouse.close()


def test_rows_that_do_not_fit_are_refused(folder: Path) -> None:
    warehouse = Warehouse(folder)
    draft = warehouse.draft()
    with pytest.raises(EngineError, match="1 rows do not fit the table keys: key_id"):
        draft.append(TABLE, pa.table({"key_id": ["one"]}))
    with pytest.raises(EngineError, match="1 rows do not fit the table keys: namespace is missing in 1"):
        draft.append(TABLE, pa.table({"key_id": [1]}))
    warehouse.close()


def test_every_column_has_a_type_on_spark() -> None:
    for table in TABLES:
        assert {column.type for column in table.columns} <= set(SPARK)
        assert arrow_schema(table).names == list(table.names)


def test_a_commit_is_whole_wherever_it_is_cut_off(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Photographs of the folder before and after each step to the disk: each opens as the old or as the new state."""
    warehouse = Warehouse(folder)
    _commit(warehouse, lambda draft: (draft.append(TABLE, keys(1)), draft.append(OTHER, codes(1))))
    shots: list[Path] = []

    def photographed(step: Callable[..., Any]) -> Callable[..., Any]:
        def taken(*args: Any, **named: Any) -> Any:
            for act in (lambda: None, lambda: step(*args, **named)):
                act()
                shots.append(tmp_path / f"shot{len(shots)}")
                shutil.copytree(folder, shots[-1])

        return taken

    for name in ("fsync", "link"):
        monkeypatch.setattr(os, name, photographed(getattr(os, name)))
    _commit(warehouse, lambda draft: (draft.append(TABLE, keys(2)), draft.append(OTHER, codes(2))))
    monkeypatch.undo()
    warehouse.close()

    states = []
    for shot in shots:
        opened = Warehouse(shot)
        states.append((numbers(opened), opened.read(OTHER)["event_code"].to_pylist()))
        opened.sweep()
        head = _commit(opened, lambda draft: draft.append(TABLE, keys(9)))  # what was left does not stand in the way
        assert numbers(opened)[-1] == 9
        files = {str(file.relative_to(shot)) for file in (shot / "data").rglob("*.parquet")}
        assert head.paths <= files
        opened.close()
    assert set(map(str, states)) == {"([1], [1])", "([1, 2], [1, 2])"}
    assert states == sorted(states)
    assert len(shots) >= 10


@pytest.mark.parametrize("how", [KeyboardInterrupt, OSError])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(8))
def test_what_is_stopped_in_the_middle_is_known_for_what_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch, how: type[BaseException], after: bool, at: int
) -> None:
    """Ctrl-C or a failing disk before or after each step: the open folder says what it says when opened again."""
    warehouse = Warehouse(folder)
    _commit(warehouse, lambda draft: draft.append(TABLE, keys(1)))
    steps = iter(range(99))

    def stopping(step: Callable[..., Any]) -> Callable[..., Any]:
        def stopped(*args: Any, **named: Any) -> Any:
            stop = next(steps) == at
            if stop and not after:
                raise how("stop")
            step(*args, **named)
            if stop:
                raise how("stop")

        return stopped

    draft = warehouse.draft()
    with monkeypatch.context() as patched:
        for name in ("fsync", "link"):
            patched.setattr(os, name, stopping(getattr(os, name)))
        try:
            draft.append(TABLE, keys(2))
            draft.append(OTHER, codes(2))
            draft.commit()
        except (KeyboardInterrupt, OSError, EngineError):
            draft.abandon()
    known = (warehouse.head.number, numbers(warehouse), warehouse.read(OTHER)["event_code"].to_pylist())
    warehouse.close()

    assert known in ((1, [1], []), (2, [1, 2], [2]))
    again = Warehouse(folder)
    assert known == (again.head.number, numbers(again), again.read(OTHER)["event_code"].to_pylist())
    _commit(again, lambda draft: draft.append(TABLE, keys(3)))
    assert numbers(again) == [*known[1], 3]
    again.close()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["append", "instead", "commit", "abandon", "reopen", "sweep"]),
        st.lists(st.integers(1, 1_000), max_size=4),
    ),
    max_size=20,
)


@given(STEPS)
def test_any_sequence_of_drafts_is_what_a_list_would_be(steps: list[tuple[str, list[int]]]) -> None:
    with TemporaryDirectory() as name:
        warehouse = Warehouse(Path(name))
        draft, drafted, committed = warehouse.draft(), list[int](), list[int]()
        kept: list[tuple[Manifest, list[int]]] = []
        for step, values in steps:
            if step == "append":
                draft.append(TABLE, keys(*values))
                drafted = [*drafted, *values]
            elif step == "instead":
                draft.put(TABLE, draft.write(TABLE, keys(*values)), draft.manifest.table(TABLE).files)
                drafted = list(values)
            elif step == "commit":
                committed = drafted
                kept.append((draft.commit(), committed))
            elif step == "abandon":
                draft.abandon()
            elif step == "reopen":
                warehouse.close()
                warehouse = Warehouse(Path(name))
            else:
                draft.abandon()
                warehouse.sweep()
            if step not in ("append", "instead"):
                draft, drafted = warehouse.draft(), committed
            assert numbers(warehouse, draft.manifest) == drafted
            assert numbers(warehouse) == committed
        for manifest, rows in kept[-15:]:
            assert numbers(warehouse, manifest) == rows
        warehouse.close()


def _commit(warehouse: Warehouse, change: Callable[[Draft], object]) -> Manifest:
    draft = warehouse.draft()
    change(draft)
    return draft.commit()
