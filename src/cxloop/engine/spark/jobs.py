"""Rows that a job of the cluster writes: for what is too large to go through the driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxloop.engine.spark.files import DataFile, Draft, Warehouse

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["written"]


def written(draft: Draft, table: str, rows: DataFrame) -> tuple[DataFile, ...]:
    """Writes rows of a job into new files, without making them part of the table.

    A task that is lost with its worker runs again elsewhere. Its files count only once the whole job is done: what
    lost attempts have left stays out.

    Args:
        draft: the commit that the files are for.
        table: the table.
        rows: with the columns and types of the table.

    Returns:
        The files, for `Draft.put`.
    """
    folder = draft.new_path(table)
    # the first algorithm moves files when the job is done, the second when each task is: then a lost one may leave some
    whole = ("mapreduce.fileoutputcommitter.algorithm.version", "1")
    rows.write.option(*whole).option("compression", "zstd").parquet(Warehouse.address(folder))
    return draft.adopt(table, folder)
