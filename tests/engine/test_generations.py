"""A new generation replaces the old one whole, or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from cxloop.core.errors import EngineError, WorkspaceError
from cxloop.engine.duckdb import generations
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.duckdb.generations import MIGRATIONS, SCHEMA_DIGEST, SCHEMA_VERSION, Migration, schema_digest
from cxloop.engine.loading import FileFormat, Limits

KEYS = pa.table({"key_id": [1, 2], "namespace": ["a", "a"], "type": ["t", "t"], "value": ["x", "y"]})

KILLED = """
import os, signal, sys
from pathlib import Path
from cxloop.engine.duckdb import generations
from cxloop.engine.duckdb.engine import DuckDBEngine

folder, function, when = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
engine = DuckDBEngine(folder) if (folder / "CURRENT").exists() else None
original = getattr(generations, function)

def deadly(*arguments, **named):
    if when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    original(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(generations, function, deadly)
if engine is None:
    DuckDBEngine(folder)
else:
    engine.erase([1])
    engine.rewrite()
"""
STEPS = ["mark_due", "begin_next", "_attach", "create_tables", "note_version", "same_count", "seal", "_point", "sync"]
STEPS += ["remove"]


def kill_at(folder: Path, function: str, when: str) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), function, when], check=False, capture_output=True, text=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if not file.name.endswith(".wal"))


def test_the_first_generation_is_number_one(folder: Path) -> None:
    DuckDBEngine(folder).close()

    assert files(folder) == ["1.duckdb", "CURRENT", "LOCK"]
    assert (folder / "CURRENT").read_text() == "1.duckdb\n"


def test_compaction_leaves_one_file_with_the_same_rows(folder: Path) -> None:
    engine = DuckDBEngine(folder)
    engine.append("keys", KEYS)
    engine.compact()

    assert files(folder) == ["2.duckdb", "CURRENT", "LOCK"]
    assert engine.count("keys") == 2
    engine.close()
    again = DuckDBEngine(folder)
    assert again.count("keys") == 2
    again.close()


def test_compaction_inside_a_transaction_is_refused(folder: Path) -> None:
    engine = DuckDBEngine(folder)
    with pytest.raises(EngineError, match="inside a transaction"), engine.transaction():
        engine.compact()
    engine.close()


def test_compaction_waits_for_temporary_tables_of_another_thread(folder: Path) -> None:
    engine = DuckDBEngine(folder)
    prepared, compacting = threading.Event(), threading.Event()

    def load() -> None:
        with engine.hold():
            engine.cursor().execute("create temp table staged as select 1 as key_id, 'a' as value").fetchall()
            prepared.set()
            assert compacting.wait(30)
            with engine.transaction():
                engine.cursor().execute(
                    "insert into keys select key_id, 'shop', 'user_id', value from staged"
                ).fetchall()

    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(load)
        assert prepared.wait(30)
        threading.Timer(0.1, compacting.set).start()
        engine.compact()
        loading.result(timeout=30)

    assert files(folder)[0] == "2.duckdb"
    assert engine.count("keys") == 1
    engine.close()


def test_compaction_by_who_holds_the_file_is_refused(folder: Path) -> None:
    engine = DuckDBEngine(folder)
    with pytest.raises(EngineError, match="prepares an import"), engine.hold():
        engine.compact()
    engine.close()


@pytest.mark.parametrize(
    ("function", "when"),
    [*((step, "before") for step in STEPS), ("mark_due", "after"), ("_point", "after"), ("remove", "after")],
)
def test_a_kill_at_any_step_leaves_a_whole_workspace(folder: Path, function: str, when: str) -> None:
    engine = DuckDBEngine(folder)
    engine.append("keys", KEYS)
    engine.close()

    kill_at(folder, function, when)

    engine = DuckDBEngine(folder)
    # the transaction that erases either happened or did not; where it did, the file says until the end what is due
    erased = engine.count("keys") == 1
    assert erased is (function != "mark_due")
    assert engine.count("keys") == (1 if erased else 2)
    swapped = function == "remove" or (function, when) == ("_point", "after")
    assert engine.is_rewrite_due() is (erased and not swapped)
    if not swapped:
        engine.rewrite()
    assert not engine.is_rewrite_due()
    assert engine.count("keys") == (1 if erased else 2)
    engine.close()
    (name,) = [file for file in files(folder) if file.endswith(".duckdb")]
    assert (folder / "CURRENT").read_text() == f"{name}\n"
    assert files(folder) == sorted([name, "CURRENT", "LOCK"])


@pytest.mark.parametrize("function", ["create_tables", "note_version", "seal", "_point"])
def test_a_kill_while_the_first_file_is_made_leaves_room_for_a_new_one(folder: Path, function: str) -> None:
    kill_at(folder, function, "before")

    engine = DuckDBEngine(folder)

    assert engine.count("keys") == 0
    engine.close()
    assert files(folder) == ["1.duckdb", "CURRENT", "LOCK"]


def test_a_lost_pointer_is_found_again_where_there_is_one_file(folder: Path) -> None:
    DuckDBEngine(folder).close()
    (folder / "CURRENT").unlink()

    DuckDBEngine(folder).close()
    assert (folder / "CURRENT").read_text() == "1.duckdb\n"


def test_a_lost_pointer_is_not_guessed_among_several_files(folder: Path) -> None:
    DuckDBEngine(folder).close()
    (folder / "CURRENT").rename(folder / "2.duckdb")

    with pytest.raises(WorkspaceError, match=r"CURRENT is missing and there are 1.duckdb, 2.duckdb"):
        DuckDBEngine(folder)
    assert files(folder) == ["1.duckdb", "2.duckdb", "LOCK"]


def test_a_pointer_to_nothing_is_an_error_and_removes_nothing(folder: Path) -> None:
    DuckDBEngine(folder).close()
    (folder / "CURRENT").write_text("7.duckdb\n")

    with pytest.raises(WorkspaceError, match=r"names 7.duckdb, which is not there"):
        DuckDBEngine(folder)
    assert "1.duckdb" in files(folder)


def test_what_a_killed_query_spilled_is_removed_and_files_of_others_are_not(folder: Path) -> None:
    DuckDBEngine(folder).close()
    (folder / "1.duckdb.tmp").mkdir()
    (folder / "1.duckdb.tmp" / "duckdb_temp_storage.tmp").write_text("spilled")
    (folder / "backup of monday.duckdb").write_text("mine")

    DuckDBEngine(folder).close()

    assert files(folder) == ["1.duckdb", "CURRENT", "LOCK", "backup of monday.duckdb"]


def test_what_a_killed_import_unpacked_is_removed(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "rows.csv"
    source.write_bytes("name\nJ\u00fcrgen\n".encode("latin-1"))
    engine = DuckDBEngine(folder)
    loader = engine.loader(Limits(), lambda *_: None).__enter__()
    loader.stage("rows", [source], FileFormat())
    (left,) = folder.glob("import-*.partial")
    assert any(b"J\xc3\xbcrgen" in file.read_bytes() for file in left.iterdir())  # beside the tables, and nowhere else
    engine.close()

    DuckDBEngine(folder).close()

    assert not left.exists()


def test_the_tenth_generation_is_newer_than_the_ninth(folder: Path) -> None:
    DuckDBEngine(folder).close()
    (folder / "1.duckdb").rename(folder / "9.duckdb")
    (folder / "CURRENT").write_text("9.duckdb\n")

    engine = DuckDBEngine(folder)
    engine.compact()
    engine.compact()
    engine.close()

    assert files(folder)[0] == "11.duckdb"


def test_a_damaged_file_is_an_error_that_a_person_understands(folder: Path) -> None:
    DuckDBEngine(folder).close()
    (folder / "1.duckdb").write_bytes(b"not a database" * 1000)

    with pytest.raises(WorkspaceError, match=r"cannot be opened.*restore"):
        DuckDBEngine(folder)


def test_a_file_of_a_newer_program_is_refused(folder: Path) -> None:
    engine = DuckDBEngine(folder)
    engine.cursor().execute("update meta set value = '999'").fetchall()
    engine.close()

    with pytest.raises(WorkspaceError, match=r"schema 999.*Update cxloop"):
        DuckDBEngine(folder)


def test_a_file_of_another_program_is_refused(folder: Path) -> None:
    folder.mkdir()
    with duckdb.connect(str(folder / "1.duckdb")) as database:
        database.execute("create table x (a integer)").fetchall()

    with pytest.raises(WorkspaceError, match="not an analytics file of cxloop"):
        DuckDBEngine(folder)


def test_an_older_file_is_migrated_when_it_is_opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # an older schema, made by hand: `value` was called `id`, and there was no `type`
    engine = DuckDBEngine(folder)
    for statement in (
        "alter table keys rename column value to id",
        "alter table keys drop column type",
        "insert into keys (key_id, namespace, id) values (1, 'shop', '42')",
        "update meta set value = '0'",
    ):
        engine.cursor().execute(statement).fetchall()
    engine.close()
    renamed = Migration(1, "keys have types", {("keys", "value"): '"id"', ("keys", "type"): "'user_id'"})
    monkeypatch.setattr(generations, "MIGRATIONS", (renamed,))

    engine = DuckDBEngine(folder)

    assert engine.cursor().execute("select * from keys").fetchall() == [(1, "shop", "user_id", "42")]
    assert generations.version_of(engine.cursor(), folder) == SCHEMA_VERSION
    engine.close()
    assert files(folder) == ["2.duckdb", "CURRENT", "LOCK"]


def test_a_migration_that_fails_leaves_the_old_file(folder: Path) -> None:
    engine = DuckDBEngine(folder)
    engine.cursor().execute("alter table keys drop column type").fetchall()
    engine.cursor().execute("insert into keys (key_id, namespace, value) values (1, 'shop', '42')").fetchall()
    engine.cursor().execute("update meta set value = '0'").fetchall()
    engine.close()

    with pytest.raises(EngineError, match="keys"):
        DuckDBEngine(folder)

    assert (folder / "CURRENT").read_text() == "1.duckdb\n"


def test_a_change_of_the_schema_comes_with_a_version_and_a_migration() -> None:
    assert schema_digest() == SCHEMA_DIGEST, (
        "core.schema has changed: raise SCHEMA_VERSION, set SCHEMA_DIGEST, and add a Migration (also an empty one)"
    )
    assert [migration.version for migration in MIGRATIONS] == list(range(2, SCHEMA_VERSION + 1))
