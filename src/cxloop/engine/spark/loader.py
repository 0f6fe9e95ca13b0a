"""The loader under Spark: files are staged beside the driver, and what they become is checked in as one commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from cxloop.engine.loading import (
    ColumnProfile,
    FileFormat,
    Limits,
    LoadPlan,
    LoadReport,
    Preview,
    Progress,
    Staged,
)
from cxloop.engine.spark.slices import Slices, touched
from cxloop.engine.spark.working import WorkingCopy

__all__ = ["SparkLoader"]

Begin = Callable[[], AbstractContextManager[tuple[WorkingCopy, Slices]]]
"""Opens a transaction and gives its working copy; what is in it then is checked in at its end."""


class SparkLoader:
    """Stages files and loads them; everything staged goes when it is left."""

    def __init__(self, copy: WorkingCopy, begin: Begin, limits: Limits, progress: Progress) -> None:
        """Takes a working copy that is nobody else's.

        Args:
            copy: where files are staged; it goes with the loader.
            begin: opens a transaction.
            limits: what a file may cost.
            progress: told what is done.
        """
        from cxloop.engine.duckdb.admission_loader import DuckDBLoader

        self._copy = copy
        self._begin = begin
        self._loader = DuckDBLoader(copy.engine, limits, progress)

    def __enter__(self) -> Self:
        self._loader.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._loader.__exit__(kind, error, trace)
        finally:
            self._copy.discard()

    def stage(self, name: str, files: Sequence[Path], how: FileFormat) -> Staged:
        """Reads files into a table of texts; raises InputError for a file that cannot be read at all."""
        return self._loader.stage(name, files, how)

    def stage_rejected(self, name: str, rejected_ids: Sequence[int]) -> tuple[Staged, tuple[int, ...]]:
        """Stages the raw rows of `rejected` that are JSON objects; returns also their ids, in order."""
        with self._begin() as (copy, slices):
            _check_out_rejects(copy, slices, rejected_ids)
            found = self._loader.stage_rejected(name, rejected_ids)
            copy.clear()
        return found

    def profile(self, staged: Staged, formats: Sequence[str]) -> tuple[ColumnProfile, ...]:
        """Looks at each column of a staged table."""
        return self._loader.profile(staged, formats)

    def preview(self, plan: LoadPlan, rows: int) -> Preview:
        """Returns what `load` would do, and changes nothing."""
        with self._ready(plan) as copy:
            found = self._loader.preview(plan, rows)
            copy.clear()
        return found

    def load(self, plan: LoadPlan) -> LoadReport:
        """Admits the interactions, keeps the rejects and writes the import's record, in one transaction."""
        with self._ready(plan):
            return self._loader.load(plan)

    @contextmanager
    def _ready(self, plan: LoadPlan) -> Iterator[WorkingCopy]:
        with self._begin() as (copy, slices):
            if not slices.is_empty():
                met = copy.rehearse(lambda _: self._loader.load(plan), touched)
                slices.of_admission(met)
                _check_out_rejects(copy, slices, plan.replays)
            copy.begin()
            yield copy


def _check_out_rejects(copy: WorkingCopy, slices: Slices, ids: Sequence[int]) -> None:
    """Checks out rejects, but the last one, which an admission has checked out already."""
    from pyspark.sql import functions as f

    there = {int(found[0]) for found in copy.engine.cursor().execute("select rejected_id from rejected").fetchall()}
    missing = sorted(set(ids) - there)
    if missing:
        copy.check_out("rejected", slices.where("rejected", f.col("rejected_id").isin(missing)))
