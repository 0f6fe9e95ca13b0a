"""Views of tables as of a commit, made when a query first needs them."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cxloop.core.schema import TABLES, Table
from cxloop.engine.spark.files import DataFile, Manifest, Warehouse
from cxloop.engine.spark.types import spark_schema

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["Views"]

_TABLES = {table.name: table for table in TABLES}
_KEPT = 32
"""States of a table that keep their view; a query that runs has read its plan already and needs it no more."""


class Views:
    """The views of one session."""

    def __init__(self, session: SparkSession, warehouse: Warehouse) -> None:
        self._session = session
        self._warehouse = warehouse
        self._guard = threading.Lock()
        self._own = secrets.token_hex(4)  # a session may be that of several workspaces
        self._made: dict[str, list[str]] = defaultdict(list)

    def name(self, table: str, manifest: Manifest) -> str:
        """Returns the view of a table as of a state, which is made where there is none yet."""
        stored = manifest.table(table)
        state = f"v{stored.version}"
        if stored.version < 0:  # every draft counts from one again: its files tell it from others
            paths = "\n".join(file.path for file in stored.files)
            state = f"d{hashlib.blake2b(paths.encode(), digest_size=8).hexdigest()}"
        view = f"cx_{table}_{self._own}_{state}"
        with self._guard:
            if view not in self._made[table]:
                self._make(view, table, manifest)
                self._made[table].append(view)
                for old in self._made[table][:-_KEPT]:
                    self._session.catalog.dropTempView(old)
                del self._made[table][:-_KEPT]
        return view

    def _make(self, view: str, table: str, manifest: Manifest) -> None:
        files = manifest.table(table).files
        known = _TABLES[table]
        rows = self.read(known, files) if files else self._session.createDataFrame([], spark_schema(known))
        rows.createOrReplaceTempView(view)

    def read(self, table: Table, files: Sequence[DataFile]) -> DataFrame:
        """Returns the rows of some files of a table."""
        paths = [self._warehouse.address(self._warehouse.path(file)) for file in files]
        return self._session.read.schema(spark_schema(table)).parquet(*paths)
