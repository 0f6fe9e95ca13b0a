"""Tables as immutable Parquet files, and a log of commits that says which of them are alive.

Each commit is one manifest: for every table the files that hold its rows. A manifest is published whole or not at all,
and never changed; so a transaction over several tables is one new file, a reader keeps the state that it began with,
and whatever a crash leaves behind is a file that no manifest names. The folder must be one that the driver and the
workers reach under the same path: a local disk for one machine, a shared volume for several.
"""

from __future__ import annotations

import itertools
import json
import os
import secrets
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxloop.core.errors import EngineError, UnknownNameError, WorkspaceError
from cxloop.core.schema import TABLES, Table
from cxloop.engine.arrow import arrow_schema, fitted
from cxloop.engine.lock import OwnerLock
from cxloop.engine.tables import INTERNAL

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DataFile", "Draft", "Manifest", "Stored", "Warehouse"]

FORMAT = 1
"""Of manifests; a newer one is refused."""
KEPT = 20
"""Manifests that stay readable: who is reading an older state than that has been at it for very long."""
_BLOCK = 500_000
"""Rows that are read at once."""
_ALL: Mapping[str, Table] = {table.name: table for table in (*TABLES, *INTERNAL)}


@dataclass(frozen=True, slots=True)
class DataFile:
    """One Parquet file: its path below the folder, its rows and its bytes."""

    path: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A table as of a commit: the number of the commit that changed it last, and its files."""

    version: int = 0
    files: tuple[DataFile, ...] = ()

    @property
    def rows(self) -> int:
        """How many there are."""
        return sum(file.rows for file in self.files)


@dataclass(frozen=True)
class Manifest:
    """What one commit says.

    Attributes:
        number: of the commit; 0 is the empty warehouse.
        tables: by name; a table that is not here is empty.
        due: whether files of earlier commits hold what was erased since.
    """

    number: int = 0
    tables: Mapping[str, Stored] = field(default_factory=dict)
    due: bool = False

    def table(self, name: str) -> Stored:
        """Returns what is stored of a table."""
        return self.tables.get(name, Stored())

    @property
    def paths(self) -> frozenset[str]:
        """Every file that it names."""
        return frozenset(file.path for stored in self.tables.values() for file in stored.files)


class Warehouse:
    """The folder of a workspace's tables. One process writes; `head` may be read by any of its threads."""

    def __init__(self, folder: Path) -> None:
        """Opens a folder, which is created where there is none.

        Raises:
            WorkspaceError: another process has it open, or a newer program has written it.
        """
        self.folder = folder
        for each in (folder, folder / "log", folder / "data"):
            each.mkdir(parents=True, exist_ok=True)
        self._lock = OwnerLock(folder)
        self._guard = threading.Lock()
        self.serial = itertools.count(1)
        try:
            numbers = self._numbers()
            self._head = self._read(max(numbers)) if numbers else Manifest()
        except BaseException:
            self._lock.release()
            raise

    @property
    def head(self) -> Manifest:
        """The newest commit."""
        return self._head

    def draft(self) -> Draft:
        """Begins a commit on top of the newest one."""
        return Draft(self, self._head)

    def path(self, file: DataFile) -> Path:
        """Where a file is."""
        return self.folder / file.path

    @staticmethod
    def address(path: Path) -> str:
        """Returns what Spark shall call a path: without a scheme, a cluster may look for it in another file system."""
        return f"file:{path.absolute()}"

    def read(self, name: str, manifest: Manifest | None = None) -> pa.Table:
        """Returns the rows of a table, in the driver: for small tables, and for tests."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = arrow_schema(_known(name))
        files = (manifest or self._head).table(name).files
        parts = [pq.read_table(self.path(file), schema=schema, partitioning=None) for file in files]
        return pa.concat_tables(parts) if parts else schema.empty_table()

    def blocks(self, name: str, manifest: Manifest) -> Iterator[pa.Table]:
        """Yields the rows of a table in blocks, however many there are; every file is read as of now."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = arrow_schema(_known(name))
        for file in manifest.table(name).files:
            with pq.ParquetFile(self.path(file)) as opened:
                for batch in opened.iter_batches(_BLOCK):
                    yield pa.Table.from_batches([batch]).select(schema.names).cast(schema)

    def is_whole(self, manifest: Manifest) -> bool:
        """Whether every file of a state is still there."""
        return all((self.folder / path).exists() for path in manifest.paths)

    def empty(self, name: str) -> pa.Table:
        """Returns a table without rows."""
        return arrow_schema(_ALL[name]).empty_table()

    def files(self) -> tuple[list[Path], list[Path]]:
        """Returns the files that the newest commit names, and all others."""
        alive = {self.folder / path for path in self._head.paths}
        found = sorted(path for path in (self.folder / "data").rglob("*") if path.is_file())
        return [path for path in found if path in alive], [path for path in found if path not in alive]

    def highest(self, name: str, column: str, manifest: Manifest | None = None) -> int:
        """Returns the highest number in a column of whole numbers, as its files tell; 0 where there is none."""
        files = (manifest or self._head).table(name).files
        return max((_highest(self.path(file), column) for file in files), default=0)

    def publish(self, manifest: Manifest) -> None:
        """Makes a commit the newest one.

        Raises:
            EngineError: another commit has taken its number: the folder has a second writer.
        """
        with self._guard:
            if manifest.number != self._head.number + 1:
                told = f"Commit {manifest.number} of {self.folder} does not follow {self._head.number}."
                raise EngineError(f"{told} Nothing was written.")
            path, text = self._manifest(manifest.number), _to_json(manifest)
            try:
                _write_once(path, text)
                self._head = manifest
            except BaseException:
                # stopped after it had its place, by Ctrl-C or by a failing disk: then it is the newest all the same
                if path.exists() and path.read_text(encoding="utf-8") == text:
                    self._head = manifest
                raise

    def sweep(self, *, keep: int = KEPT) -> int:
        """Removes manifests but the newest ones, and every file that none of those names; returns how many files.

        A transaction that is being written must not run meanwhile: its files have no manifest yet.
        """
        with self._guard:
            numbers = sorted(self._numbers())
            for number in numbers[:-keep]:
                self._manifest(number).unlink(missing_ok=True)
            for unfinished in (self.folder / "log").glob("*.new"):
                unfinished.unlink(missing_ok=True)
            alive = {path for number in numbers[-keep:] for path in self._read(number).paths}
        removed = 0
        for file in sorted((self.folder / "data").rglob("*")):
            if file.is_file() and str(file.relative_to(self.folder)) not in alive:
                file.unlink(missing_ok=True)
                removed += 1
        for folder in sorted((self.folder / "data").glob("*/*")):
            with suppress(OSError):  # not empty
                folder.rmdir()
        return removed

    def close(self) -> None:
        """Lets others open the folder."""
        self._lock.release()

    def _manifest(self, number: int) -> Path:
        return self.folder / "log" / f"{number:020d}.json"

    def _numbers(self) -> list[int]:
        return [int(file.stem) for file in (self.folder / "log").glob("*.json") if file.stem.isdigit()]

    def _read(self, number: int) -> Manifest:
        if number == 0:
            return Manifest()
        file = self._manifest(number)
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
            if told["format"] > FORMAT:
                raise WorkspaceError(f"{file} has format {told['format']}; this cxloop knows {FORMAT}. Update cxloop.")
            tables = {
                name: Stored(stored["version"], tuple(DataFile(*each) for each in stored["files"]))
                for name, stored in told["tables"].items()
            }
        except (ValueError, KeyError, TypeError, OSError) as failure:
            raise WorkspaceError(f"{file} is damaged ({failure}). Restore the folder from a backup.") from None
        return Manifest(number, tables, bool(told["due"]))


class Draft:
    """A commit that is being written. Nobody sees anything of it before `commit`."""

    def __init__(self, warehouse: Warehouse, base: Manifest) -> None:
        self._warehouse = warehouse
        self._base = base
        self._tables = dict(base.tables)
        self._changed: dict[str, int] = {}
        self._due = base.due
        self._made: list[Path] = []

    @property
    def base(self) -> Manifest:
        """The commit that it stands on."""
        return self._base

    @property
    def manifest(self) -> Manifest:
        """The tables as its writer sees them now.

        A table that was changed here has another version after each change, below zero until it is committed.
        """
        tables = {
            name: replace(stored, version=self._changed[name]) if name in self._changed else stored
            for name, stored in self._tables.items()
        }
        return Manifest(self._base.number, tables, self._due)

    @property
    def changed(self) -> frozenset[str]:
        """Tables that it has touched."""
        return frozenset(self._changed)

    def new_path(self, table: str) -> Path:
        """Returns a path for a file, or a folder of files, that somebody will write.

        Raises:
            UnknownNameError: there is no such table.
        """
        path = self._warehouse.folder / "data" / _known(table).name / secrets.token_hex(12)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._made.append(path)
        return path

    def write(self, table: str, rows: pa.Table) -> tuple[DataFile, ...]:
        """Writes rows into a new file, without making it part of the table; none where there are no rows."""
        import pyarrow.parquet as pq

        if not rows.num_rows:
            return ()
        path = self.new_path(table).with_suffix(".parquet")
        self._made[-1] = path
        pq.write_table(fitted(_known(table), rows), path, compression="zstd", coerce_timestamps="us")
        _sync(path)
        _sync(path.parent)
        return (self._described(path, rows.num_rows),)

    def append(self, table: str, rows: pa.Table) -> int:
        """Adds rows to a table; returns how many."""
        self.put(table, self.write(table, rows))
        return int(rows.num_rows)

    def put(self, table: str, files: Sequence[DataFile], instead_of: Sequence[DataFile] = ()) -> None:
        """Adds files to a table, in place of some that it has.

        Raises:
            EngineError: one of those is none of its files.
        """
        name = _known(table).name
        old = self._tables.get(name, Stored())
        gone = set(instead_of)
        if gone - set(old.files):
            raise EngineError(
                f"{sorted(file.path for file in gone - set(old.files))} are no files of the table {name}."
            )
        if not files and not gone:
            return
        left = tuple(file for file in old.files if file not in gone)
        self._tables[name] = Stored(old.version, (*left, *files))
        self._changed[name] = -next(self._warehouse.serial)

    def adopt(self, table: str, folder: Path) -> tuple[DataFile, ...]:
        """Returns the Parquet files that a job has written into a folder from `new_path`, with their rows."""
        import pyarrow.parquet as pq

        found = []
        for file in sorted(folder.glob("*.parquet")):
            _sync(file)
            rows = pq.read_metadata(file).num_rows
            if rows:
                found.append(self._described(file, rows))
        _known(table)
        return tuple(found)

    def mark_due(self, due: bool = True) -> None:
        """Notes whether files of earlier commits hold what was erased."""
        self._due = due

    def commit(self) -> Manifest:
        """Publishes it; returns the new head, which is the old one where nothing was changed.

        Raises:
            EngineError: another commit came in between; nothing was written.
        """
        if not self._changed and self._due == self._base.due:
            return self._base
        number = self._base.number + 1
        tables = {
            name: replace(stored, version=number) if name in self._changed else stored
            for name, stored in self._tables.items()
        }
        made = Manifest(number, tables, self._due)
        try:
            self._warehouse.publish(made)
        finally:
            if self._warehouse.head is made:
                self._made.clear()  # they are alive now: `abandon` comes too late
        return made

    def abandon(self) -> None:
        """Removes what was written for it."""
        for path in self._made:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _described(self, path: Path, rows: int) -> DataFile:
        return DataFile(str(path.relative_to(self._warehouse.folder)), rows, path.stat().st_size)


@lru_cache(maxsize=100_000)
def _highest(path: Path, column: str) -> int:
    """A file never changes, so its answer is kept."""
    import pyarrow.parquet as pq

    told = pq.read_metadata(path)
    place = told.schema.names.index(column)
    groups: list[Any] = [told.row_group(number).column(place).statistics for number in range(told.num_row_groups)]
    return max((int(found.max) for found in groups if found is not None and found.has_min_max), default=0)


def _known(name: str) -> Table:
    if name not in _ALL:
        raise UnknownNameError("table", name, _ALL)
    return _ALL[name]


def _to_json(manifest: Manifest) -> str:
    tables = {
        name: {"version": stored.version, "files": [[file.path, file.rows, file.bytes] for file in stored.files]}
        for name, stored in manifest.tables.items()
    }
    told: dict[str, Any] = {"format": FORMAT, "due": manifest.due, "tables": tables}
    return json.dumps(told, separators=(",", ":"))


def _write_once(path: Path, text: str) -> None:
    """Writes a file that must not be there, so that it is there whole or not at all, also after a loss of power."""
    draft = path.with_suffix(f".{secrets.token_hex(6)}.new")
    try:
        draft.write_text(text, encoding="utf-8")
        _sync(draft)
        os.link(draft, path)
    except FileExistsError:
        raise EngineError(f"{path} is there already: {path.parent.parent} has a second writer.") from None
    except OSError as failure:
        raise EngineError(f"The change could not be written, and nothing of it was: {failure}") from failure
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
