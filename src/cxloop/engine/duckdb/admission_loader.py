"""The loader of DuckDB: stages files on its own, then loads them in one transaction."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Self

import duckdb

from cxloop.core.errors import EngineError, WorkspaceError
from cxloop.engine.duckdb.admission_load import Import, TableLoad
from cxloop.engine.duckdb.admission_redaction import RedactionSql, registered
from cxloop.engine.duckdb.admission_settle import Settled, next_batch
from cxloop.engine.duckdb.files import Stage, stage_files, stage_rejected
from cxloop.engine.duckdb.files_profile import profile_columns
from cxloop.engine.duckdb.suppression import withhold
from cxloop.engine.loading import (
    Admission,
    ColumnProfile,
    FileFormat,
    Limits,
    LoadPlan,
    LoadReport,
    Preview,
    Progress,
    Rejection,
    Staged,
    Taken,
)

if TYPE_CHECKING:
    from cxloop.engine.duckdb.engine import DuckDBEngine

__all__ = ["DuckDBLoader"]

_EXAMPLES = 20
_INTERNAL = (
    "row_no, interaction_id, content_hash, batch, received_at, ordinal, event_code, key_id, other_keys, account_key"
)
"""Columns that say nothing to a person who looks at what an import would do."""


class _Undo(Exception):  # noqa: N818 - not an error: takes a preview back
    pass


class DuckDBLoader:
    """Stages files and loads them; everything staged goes when it is left."""

    def __init__(self, engine: DuckDBEngine, limits: Limits, progress: Progress) -> None:
        self._engine = engine
        self._limits = limits
        self._progress = progress
        self._stages: dict[str, Stage] = {}
        self._folder: Path | None = None
        self._started = perf_counter()
        self._held = ExitStack()

    def __enter__(self) -> Self:
        # what is staged lies in temporary tables, which would die with the file if it were rewritten meanwhile
        self._held.enter_context(self._engine.hold())
        # beside the live file: who opens it next removes what a killed import left, and erasure looks into it till then
        self._folder = Path(tempfile.mkdtemp(prefix="import-", suffix=".partial", dir=self._engine.file.parent))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._held:
            self._clear()

    def _clear(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        cursor = self._engine.cursor()
        for stage in self._stages.values():
            for table in (stage.table, stage.bad, f"{stage.table}_rows", f"{stage.table}_json"):
                with suppress(duckdb.Error):  # a database that has failed takes its temporary tables with it
                    cursor.execute(f"drop table if exists {table}").fetchall()

    def stage(self, name: str, files: Sequence[Path], how: FileFormat) -> Staged:
        """Reads files into a table of texts; raises InputError for a file that cannot be read at all."""
        assert self._folder is not None  # a loader is a context manager
        table = f"cx_stage_{len(self._stages)}"
        with _told("reading files"):
            stage = stage_files(
                self._engine.cursor(),
                table,
                files,
                how,
                limits=self._limits,
                folder=self._folder,
                progress=self._progress,
            )
        self._stages[name] = stage
        return stage.public(name)

    def stage_rejected(self, name: str, rejected_ids: Sequence[int]) -> tuple[Staged, tuple[int, ...]]:
        """Stages the raw rows of `rejected` that are JSON objects; returns also their ids, in order."""
        stage, ids = stage_rejected(self._engine.cursor(), f"cx_stage_{len(self._stages)}", rejected_ids)
        self._stages[name] = stage
        return stage.public(name), tuple(ids)

    def profile(self, staged: Staged, formats: Sequence[str]) -> tuple[ColumnProfile, ...]:
        """Looks at each column of a staged table."""
        return profile_columns(self._engine.cursor(), self._stages[staged.name], formats)

    def preview(self, plan: LoadPlan, rows: int) -> Preview:
        """Returns what `load` would do, and changes nothing: it is done and taken back."""
        found: list[Preview] = []
        with suppress(_Undo), self._redacting(plan) as redaction, self._engine.transaction():
            job, loads = self._begin(plan, redaction)
            skipped = 0
            first: list[Taken] = []
            total = 0
            for load in loads:
                skipped += load.compute()
                load.keep_malformed()
                load.keep_rejects()
                first += _first(job, load, rows - len(first))
                total += job.number(f"select count(*) from ({load.interactions()})")
                load.drop()
            found.append(Preview(total, skipped, tuple(first), _rejections(job), _raw(job, rows)))
            raise _Undo
        return found[0]

    def load(self, plan: LoadPlan) -> LoadReport:
        """Admits the interactions, keeps the rejects and writes the import's record, in one transaction."""
        with _told("importing"), self._redacting(plan) as redaction, self._engine.transaction():
            job, loads = self._begin(plan, redaction)
            tally = _Tally()
            for place, load in enumerate(loads):
                self._progress("Mapping rows", place / len(loads))
                tally.skipped += load.compute()
                if plan.replays:
                    _replay(load, plan, tally)
                else:
                    self._progress("Adding interactions", (place + 0.5) / len(loads))
                    _take(load, tally)
                load.drop()
            tally.withhold(withhold(job.cursor, job.batch))
            rejections = tuple(tally.rejections) if plan.replays else _rejections(job)
            self._record(job, plan, tally, sum(reason.rows for reason in rejections))
        self._progress("Imported", 1.0)
        admission = Admission(job.batch, tally.admitted, tally.already_there, tally.conflicts)
        return LoadReport(job.import_id, admission, tally.skipped, rejections, tally.replayed)

    def _redacting(self, plan: LoadPlan) -> AbstractContextManager[RedactionSql | None]:
        return registered(self._engine.cursor(), plan.redaction)

    def _begin(self, plan: LoadPlan, redaction: RedactionSql | None) -> tuple[Import, list[TableLoad]]:
        cursor = self._engine.cursor()
        number = cursor.execute("select count(*) + 1 from imports").fetchall()[0][0]
        job = Import(cursor, f"import-{number}", next_batch(cursor), plan.source, plan.received_at, redaction)
        loads = [
            TableLoad(
                job,
                table,
                self._stages[table.staged],
                [(lookup, self._stages[lookup.staged]) for lookup in table.lookups],
            )
            for table in plan.tables
        ]
        return job, loads

    def _record(self, job: Import, plan: LoadPlan, tally: _Tally, rejected: int) -> None:
        used = {table.staged for table in plan.tables} | {
            lookup.staged for table in plan.tables for lookup in table.lookups
        }
        files = [
            {"name": file.name, "rows": file.rows, "bytes": file.bytes, "sha256": file.digest}
            for name in sorted(used)
            for file in self._stages[name].files
        ]
        rows = sum(self._stages[table.staged].rows + self._stages[table.staged].malformed for table in plan.tables)
        finished = datetime.now(UTC).replace(tzinfo=None)
        job.cursor.execute(
            "insert into imports values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                job.import_id,
                plan.source,
                plan.mapping,
                json.dumps(files),
                plan.received_at,
                finished,
                rows,
                tally.admitted,
                tally.already_there,
                rejected,
                perf_counter() - self._started,
            ],
        ).fetchall()


@dataclass(slots=True)
class _Tally:
    skipped: int = 0
    admitted: int = 0
    already_there: int = 0
    conflicts: int = 0
    replayed: int = 0
    rejections: list[Rejection] = field(default_factory=list)

    def add(self, settled: Settled) -> None:
        self.admitted += settled.admitted
        self.already_there += settled.already_there
        self.conflicts += len(settled.conflicts)

    def withhold(self, rows: int) -> None:
        """Counts rows that were erased before among those that were there already."""
        self.admitted -= rows
        self.already_there += rows


def _take(load: TableLoad, tally: _Tally) -> None:
    load.keep_malformed()
    load.keep_rejects()
    settled = load.admit()
    load.keep_conflicts(settled.conflicts)
    tally.add(settled)


def _replay(load: TableLoad, plan: LoadPlan, tally: _Tally) -> None:
    """Rows that fail again go on waiting where they are; they are not kept twice."""
    settled = load.admit()
    tally.add(settled)
    tally.rejections += [Rejection(*failure) for failure in load.failures()]
    if settled.conflicts:
        example = "The message id has come before with another content. The first is kept."
        tally.rejections.append(Rejection("conflict", len(settled.conflicts), example))
    tally.replayed += load.settle_replays(plan.replays, settled.conflicts)


def _first(job: Import, load: TableLoad, rows: int) -> list[Taken]:
    if rows <= 0:
        return []
    found = job.cursor.execute(
        f"select occurred_at, e.name, k.type || ' ' || k.value as customer, e.claimed_touchpoint as touchpoint, "
        f"e.claimed_channel as channel, i.* exclude ({_INTERNAL}, occurred_at) "
        f"from ({load.interactions()}) i left join event_codes e using (event_code) left join keys k using (key_id) "
        f"order by row_no limit {rows}"
    )
    names = [str(column[0]) for column in found.description]
    return [
        Taken(tuple((name, str(value)) for name, value in zip(names, row, strict=True) if value is not None))
        for row in found.fetchall()
    ]


def _rejections(job: Import) -> tuple[Rejection, ...]:
    found = job.cursor.execute(
        "select code, count(*), arg_min(reason, rejected_id) from rejected where import_id = ? group by 1 "
        "order by 2 desc, 1",
        [job.import_id],
    ).fetchall()
    return tuple(Rejection(code, rows, example) for code, rows, example in found)


def _raw(job: Import, rows: int) -> tuple[tuple[str, str, str], ...]:
    found = job.cursor.execute(
        f"select code, reason, raw from rejected where import_id = ? order by rejected_id limit {min(rows, _EXAMPLES)}",
        [job.import_id],
    ).fetchall()
    return tuple((code, reason, raw) for code, reason, raw in found)


@contextmanager
def _told(doing: str) -> Iterator[None]:
    """Turns the engine's own failures into sentences."""
    try:
        yield
    except (duckdb.Error, EngineError) as failure:
        cause = failure if isinstance(failure, duckdb.Error) else failure.__cause__
        said = str(cause or failure).splitlines()[0]
        if _is_of_the_disk(cause, said):
            raise WorkspaceError(
                f"The disk failed or is full while {doing}; nothing was imported. Free some space and import again. "
                f"({said})"
            ) from failure
        if isinstance(cause, duckdb.OutOfMemoryException):
            raise WorkspaceError(
                f"Memory or temporary space ran out while {doing}; nothing was imported. Raise memory_limit under "
                f"[engine] in cxloop.toml, or free some disk space. ({said})"
            ) from failure
        raise EngineError(f"The engine failed while {doing}; nothing was imported: {said}") from failure


def _is_of_the_disk(cause: BaseException | None, said: str) -> bool:
    """Whether the disk failed: a commit that could not be written comes as an error of the transaction."""
    unwritten = isinstance(cause, duckdb.TransactionException) and "Could not write file" in said
    return unwritten or isinstance(cause, duckdb.IOException | duckdb.FatalException)
