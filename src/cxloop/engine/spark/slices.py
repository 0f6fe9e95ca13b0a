"""Which rows of the warehouse a change looks at: what a working copy needs, found by the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cxloop.core.schema import TABLES, Table
from cxloop.engine.arrow import arrow_schema
from cxloop.engine.duckdb.admission_hash import id_hash
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.quoting import identifier
from cxloop.engine.spark.files import Manifest, Warehouse
from cxloop.engine.spark.views import Views
from cxloop.engine.spark.working import WorkingCopy

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["Slices", "Touched", "touched"]

_SALTS = (1, 2)
"""A message whose hash another one holds stands under the hash with a salt; a third collision is beyond belief."""
_NAME = ["namespace", "type", "value"]
_ROLES = ("key_id", "account_key", "other_keys")
_TABLES = {table.name: table for table in TABLES}


@dataclass(frozen=True)
class Touched:
    """What an admission wants to know of the log: ids of interactions, and identifiers."""

    ids: pa.Table
    keys: pa.Table


def touched(engine: DuckDBEngine) -> Touched:
    """Returns what a rehearsal on empty tables has brought in."""
    salted = "".join(f" union select {id_hash('source', 'message_id', salt=salt)} from interactions" for salt in _SALTS)
    cursor = engine.cursor()
    ids = cursor.sql(f"select interaction_id from interactions{salted}").to_arrow_table()
    keys = cursor.sql("select namespace, type, value from keys").to_arrow_table()
    return Touched(ids, keys)


class Slices:
    """Reads rows as of one state and checks them out."""

    def __init__(
        self, session: SparkSession, warehouse: Warehouse, views: Views, seen: Manifest, copy: WorkingCopy
    ) -> None:
        self._session = session
        self._warehouse = warehouse
        self._views = views
        self._seen = seen
        self._copy = copy

    def is_empty(self) -> bool:
        """Whether there is nothing that an admission could meet."""
        return not any(
            self._seen.table(name).rows for name in ("interactions", "keys", "erased", "imports", "rejected")
        )

    def whole(self, *tables: str) -> None:
        """Checks out small tables."""
        for table in tables:
            self._copy.check_out(table, self._warehouse.read(table, self._seen))

    def of_admission(self, found: Touched) -> None:
        """Checks out what an admission meets: ids, identifiers, names, what was erased, and the last number of each."""
        self.whole("event_codes", "imports", "meta", "erased")
        self.last("rejected", "rejected_id")
        ids = self.matching("interactions", ["interaction_id"], found.ids)
        ids = self._with_last(ids, "interactions", "batch")
        keys = self._with_last(self.matching("keys", _NAME, found.keys), "keys", "key_id")
        if self._seen.table("erased").rows:
            # who is known by other rows is not the one who was erased
            ids = _distinct(ids, self.witnesses(keys["key_id"]), "interaction_id")
        self._copy.check_out("interactions", ids)
        self._copy.check_out("keys", keys)

    def matching(self, table: str, columns: Sequence[str], wanted: pa.Table) -> pa.Table:
        """Returns the rows of a table whose columns are those of a row of `wanted`."""
        held = self.rows(table)
        if held is None or not wanted.num_rows:
            return arrow_schema(_TABLES[table]).empty_table()
        mine = self._session.createDataFrame(wanted.select(list(columns)))
        return self._taken(table, held.join(mine, list(columns), "left_semi"))

    def where(self, table: str, condition: Any) -> pa.Table:
        """Returns the rows of a table for which a condition of Spark holds."""
        held = self.rows(table)
        if held is None:
            return arrow_schema(_TABLES[table]).empty_table()
        return self._taken(table, held.filter(condition))

    def last(self, table: str, column: str) -> None:
        """Checks out one row with the highest number in a column, which the next number follows."""
        self._copy.check_out(table, self._last(table, column))

    def last_if_absent(self, table: str, column: str) -> None:
        """Checks out the row with the highest number, unless it is there."""
        held = self._copy.engine.cursor().sql(f"from {identifier(table)}").to_arrow_table()
        new = self._with_last(held, table, column)
        self._copy.check_out(table, new.slice(held.num_rows))

    def highest_but(self, table: str, column: str, but: pa.Table) -> pa.Table:
        """Returns the row with the highest number in a column among all but some rows."""
        held, key = self.rows(table), _TABLES[table].key[0]
        if held is None:
            return arrow_schema(_TABLES[table]).empty_table()
        if but.num_rows:
            held = held.join(self._session.createDataFrame(but.select([key])), key, "left_anti")
        return self._taken(table, held.orderBy(column, ascending=False).limit(1))

    def witnesses(self, keys: Any) -> pa.Table:
        """Returns for each key and each place that it stands in one interaction that names it."""
        import pyarrow as pa
        from pyspark.sql import functions as f

        held = self.rows("interactions")
        if held is None or not len(keys):
            return arrow_schema(_TABLES["interactions"]).empty_table()
        wanted = self._session.createDataFrame(pa.table({"k": keys}))
        ids = None
        for role in _ROLES:
            value = f.explode(role) if role == "other_keys" else f.col(role)
            named = held.select(value.alias("k"), "interaction_id").join(wanted, "k", "left_semi")
            first = named.groupBy("k").agg(f.min("interaction_id").alias("interaction_id")).select("interaction_id")
            ids = first if ids is None else ids.union(first)
        assert ids is not None
        return self._taken("interactions", held.join(ids.distinct(), "interaction_id", "left_semi"))

    def rows(self, table: str) -> DataFrame | None:
        """The rows of a table; None where it is empty."""
        files = self._seen.table(table).files
        return self._views.read(_TABLES[table], files) if files else None

    def _with_last(self, rows: pa.Table, table: str, column: str) -> pa.Table:
        return _distinct(rows, self._last(table, column), _TABLES[table].key[0])

    def _last(self, table: str, column: str) -> pa.Table:
        import pyarrow.compute as pc
        import pyarrow.dataset as ds

        schema = arrow_schema(_TABLES[table])
        files = self._seen.table(table).files
        if not files:
            return schema.empty_table()
        highest = self._warehouse.highest(table, column, self._seen)
        paths = [str(self._warehouse.path(file)) for file in files]
        found = ds.dataset(paths, schema=schema, format="parquet")
        return found.scanner(filter=pc.field(column) == highest, batch_size=1_000).head(1)

    def _taken(self, table: str, rows: DataFrame) -> pa.Table:
        known: Table = _TABLES[table]
        found: pa.Table = rows.select(*known.names).toArrow()
        return found.cast(arrow_schema(known))


def _distinct(rows: pa.Table, more: pa.Table, key: str) -> pa.Table:
    """Adds rows that are not there yet."""
    import pyarrow as pa
    import pyarrow.compute as pc

    new = pc.invert(pc.is_in(more[key], value_set=rows[key]))
    return pa.concat_tables([rows, more.filter(new)])
