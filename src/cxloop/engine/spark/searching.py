"""Whether something is still there, asked of the cluster: the same questions as `engine.duckdb.searching` answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cxloop.core.schema import TABLES, Personal, Table
from cxloop.engine.duckdb.erasure import words
from cxloop.engine.duckdb.searching import NUMBERS
from cxloop.engine.erasure import Held
from cxloop.engine.tables import META

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["Rows", "holding", "numbers_left"]

Rows = Callable[[Table], "DataFrame | None"]
"""The rows of a table as of one state; None where it is empty, so that nothing has to be asked."""
_SEARCHED = (*TABLES, META)
_CAPITALS_ASIDE = "(?iu)"


def holding(rows: Rows, texts: Sequence[str]) -> list[Held]:
    """Returns where any of some texts stands, also inside of a longer one; capitals aside."""
    from pyspark.sql import functions as f

    found: list[Held] = []
    for table in _SEARCHED:
        columns = [column.name for column in table.columns if column.type in ("text", "json")]
        held = rows(table) if columns and any(texts) else None
        if held is None:
            continue
        for pattern in words(texts, whole=False):
            anywhere = f.coalesce(*(f.when(f.col(name).rlike(_CAPITALS_ASIDE + pattern), True) for name in columns))
            if held.filter(anywhere).limit(1).toArrow().num_rows:
                found += _each(held, table, columns, texts)
                break
    return found


def _each(held: DataFrame, table: Table, columns: Sequence[str], texts: Sequence[str]) -> list[Held]:
    """Tells which texts stand where, in one pass over a column; again without those, for texts inside of others."""
    found = []
    for column in columns:
        rest = {text.lower(): text for text in texts}
        while rest:
            here = [said for pattern in words(list(rest), whole=False) for said in _said(held, column, pattern)]
            found += [Held(rest[word], table.name, column, times) for word, times in here if word in rest]
            before = len(rest)
            rest = {word: text for word, text in rest.items() if word not in {word for word, _ in here}}
            if len(rest) == before:
                break
    return found


def _said(held: DataFrame, column: str, pattern: str) -> list[tuple[str, int]]:
    """Returns which texts of a pattern stand in a column, in small letters, and how often."""
    from pyspark.sql import functions as f

    each = f.regexp_extract_all(f.col(column), f.lit(_CAPITALS_ASIDE + pattern), f.lit(0))
    counted = held.select(f.explode(each).alias("word")).groupBy(f.lower("word").alias("word")).count()
    return [(str(row["word"]), int(row["count"])) for row in counted.toArrow().to_pylist()]


def numbers_left(session: SparkSession, rows: Rows, keys: Sequence[int]) -> dict[str, int]:
    """Returns table.column to the number of rows in which one of the numbers still stands."""
    import pyarrow as pa
    from pyspark.sql import functions as f

    if not keys:
        return {}
    wanted = f.broadcast(session.createDataFrame(pa.table({"n": pa.array(sorted(set(keys)), pa.int64())})))
    found = {}
    for table in TABLES:
        columns = [each for each in table.columns if each.name in NUMBERS and each.personal is Personal.PSEUDONYM]
        held = rows(table) if columns else None
        if held is None:
            continue
        for column in columns:
            values = f.explode(column.name) if column.type == "bigints" else f.col(column.name)
            left = held.select(values.alias("n")).join(wanted, "n", "left_semi").count()
            if left:
                found[f"{table.name}.{column.name}"] = left
    return found
