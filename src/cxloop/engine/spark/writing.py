"""The whole engine on Spark: tables and queries, and what changes the log: admission, loading, erasure, retention."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cxloop.core.engine import Engine as EngineSettings
from cxloop.engine.base import Engine, Files
from cxloop.engine.duckdb.erasure import hidden_before, require_known
from cxloop.engine.erasure import Hiding
from cxloop.engine.spark import aging
from cxloop.engine.spark.engine import SparkTables
from cxloop.engine.spark.files import Warehouse
from cxloop.engine.spark.loader import SparkLoader
from cxloop.engine.spark.slices import Slices, touched
from cxloop.engine.spark.slices_erasure import of_erasure, of_texts
from cxloop.engine.spark.working import WorkingCopy

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

    from cxloop.engine.loading import Admission, Limits, Loader

__all__ = ["SparkEngine"]


class SparkEngine(SparkTables, Engine):
    """The tables of a workspace on a Spark session, with everything that an engine is asked for."""

    def __init__(
        self, session: SparkSession, warehouse: Warehouse, folder: Path, settings: EngineSettings | None = None
    ) -> None:
        """Takes a session, an open warehouse, and a folder of the driver for working copies.

        Args:
            session: from `session.connect` or `session.prepared`.
            warehouse: the tables.
            folder: on a disk of the driver; it is emptied.
            settings: how much of the driver's machine a working copy may use.
        """
        super().__init__(session, warehouse)
        self._folder = folder
        self._settings = settings
        shutil.rmtree(folder, ignore_errors=True)
        # used inside a transaction only; a loader has one of its own, since it lives longer than that
        self._copy = WorkingCopy(folder / "changes", settings)

    def admit(self, rows: pa.Table, *, now: datetime, keep_conflicts: bool = True) -> Admission:
        """Adds rows with the columns of `core.schema.INCOMING` to the log, each exactly once."""
        with self._changing() as (copy, slices):
            if not slices.is_empty():
                met = copy.rehearse(lambda engine: engine.admit(rows, now=now, keep_conflicts=False), touched)
                slices.of_admission(met)
            copy.begin()
            return copy.engine.admit(rows, now=now, keep_conflicts=keep_conflicts)

    def loader(self, limits: Limits, progress: Callable[[str, float | None], None]) -> Loader:
        """Returns what stages and loads files; a context manager."""
        copy = WorkingCopy(self._folder / f"import-{secrets.token_hex(4)}", self._settings)
        return SparkLoader(copy, lambda: self._changing(copy), limits, progress)

    def erase(self, key_ids: Sequence[int], hiding: Hiding = Hiding()) -> Mapping[str, int]:  # noqa: B008 - frozen
        """Removes everything about some keys from every table, at once for every reader.

        Files of earlier commits hold the bytes until `rewrite`; the warehouse says that this is due.

        Args:
            key_ids: the keys; hub keys that would stand alone go along.
            hiding: how they go.

        Returns:
            Table to number of rows removed or made anonymous, for the tables that lost any.

        Raises:
            EngineError: a table holds personal data of which nobody said whose it is; nothing was removed.
        """
        require_known()
        with self._changing() as (copy, slices):
            slices.whole("meta")
            before = hidden_before(copy.engine.cursor(), hiding.name)
            copy.clear()
            if before is not None or not key_ids:
                return before or {}
            of_erasure(slices, copy, key_ids)
            copy.begin()
            removed = {**copy.engine.erase(key_ids, hiding), **self._empty_snapshots()}
            self._drafted().mark_due()
        self._copy.discard()
        return removed

    def erase_texts(self, texts: Sequence[str]) -> Mapping[str, int]:
        """Removes rejected rows that hold a text as a whole word, and takes it out of definitions."""
        with self._changing() as (copy, slices):
            of_texts(slices)
            copy.begin()
            removed = copy.engine.erase_texts(texts)
            if removed:
                self._drafted().mark_due()
        self._copy.discard()
        return removed

    def known_again(self, before: datetime) -> int:
        """Returns how many identifiers that were erased at a moment are known again: their owners came back."""
        return aging.known_again(self._warehouse, self._seen(), before)

    def discard(self, kind: str | None, before: datetime, keep: Sequence[str] = ()) -> Mapping[str, int]:
        """Removes interactions that happened before a moment, with what hangs on them; for retention.

        Args:
            kind: which ones; None for all kinds but those in `keep`.
            before: UTC without zone.
            keep: kinds that have a rule of their own.

        Returns:
            Table to number of rows removed, for the tables that lost any; the bytes go with the next `rewrite`.
        """
        require_known()
        with self.transaction():
            draft = self._drafted()
            removed = aging.discard(self._rows_of(self._seen()), draft, kind, before, keep)
            if removed:
                removed |= self._empty_snapshots()
                self._empty("watermarks")
                draft.mark_due()
        return removed

    def discard_old(self, table: str, before: datetime) -> int:
        """Removes the rows of a table that are old at a moment as `engine.aging` says; for retention."""
        with self.transaction():
            draft = self._drafted()
            left = self.frame(aging.LEFT[table], {"before": before})
            removed = aging.put_left(draft, table, left)
            if removed:
                draft.mark_due()
        return removed

    def is_rewrite_due(self) -> bool:
        """Whether files of earlier commits still hold bytes of what was erased."""
        return self._warehouse.head.due

    def rewrite(self, progress: Callable[[str, float | None], None] = lambda *_: None) -> None:
        """Removes every file that the newest commit does not name; who reads an older state asks again.

        Raises:
            EngineError: inside a transaction, whose files have no commit yet.
        """
        with self._writing:
            self._require_no_transaction()
            progress("Removing files of earlier commits", 0.0)
            self._copy.discard()
            self._warehouse.sweep(keep=1)
            draft = self._warehouse.draft()
            draft.mark_due(False)
            draft.commit()
            progress("Removing files of earlier commits", 1.0)

    def blocks(self, table: str) -> Iterator[pa.Table]:
        """Yields every row of a table, or of an internal one; the driver reads the files itself."""
        return self._warehouse.blocks(table, self._seen())

    def take(self, table: str, blocks: Iterable[pa.Table]) -> int:
        """Puts rows in place of all that a table holds, a file for each block; returns how many."""
        with self.transaction():
            draft = self._drafted()
            files = [file for block in blocks for file in draft.write(table, block)]
            draft.put(table, files, instead_of=draft.manifest.table(table).files)
        return sum(file.rows for file in files)

    def files(self) -> Files:
        """Returns the files of the tables and of working copies.

        Nothing that `rewrite` has left holds what was erased before it, nor does what was written since: only while one
        is due are there files of earlier commits that may.
        """
        live, older = self._warehouse.files()
        copies = [path for path in sorted(self._folder.rglob("*")) if path.is_file()]
        if self.is_rewrite_due():
            return Files(tuple(live), (*older, *copies))
        return Files((*live, *older, *copies), ())

    def close(self) -> None:
        """Removes the working copy and lets others open the warehouse. The session stays."""
        with self._writing:
            self._copy.discard()
            shutil.rmtree(self._folder, ignore_errors=True)
        super().close()

    @contextmanager
    def _changing(self, copy: WorkingCopy | None = None) -> Iterator[tuple[WorkingCopy, Slices]]:
        """A transaction with a working copy: what is in that when the block ends is checked in."""
        used = copy or self._copy
        with self.transaction():
            slices = Slices(self._session, self._warehouse, self._views, self._seen(), used)
            with used.used():
                yield used, slices
                used.check_in(self._warehouse, self._drafted())
        if copy is None:
            used.discard_large()

    def _empty_snapshots(self) -> dict[str, int]:
        rows = self._empty("snapshots")
        return {"snapshots": rows} if rows else {}

    def _empty(self, table: str) -> int:
        draft = self._drafted()
        held = draft.manifest.table(table)
        draft.put(table, (), instead_of=held.files)
        return held.rows
