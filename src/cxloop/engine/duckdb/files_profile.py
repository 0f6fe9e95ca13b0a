"""A look at the columns of a staged table: what a mapping can be suggested from."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from cxloop.engine.duckdb.files import Stage
from cxloop.engine.loading import ColumnProfile
from cxloop.engine.quoting import literal

__all__ = ["profile_columns"]

_SAMPLE = 100_000
_TOP = 40


def profile_columns(
    cursor: duckdb.DuckDBPyConnection, stage: Stage, formats: Sequence[str]
) -> tuple[ColumnProfile, ...]:
    """Returns a profile of each column from the first 100,000 rows.

    Args:
        cursor: the cursor that staged it.
        stage: the staged table.
        formats: date formats to try, "iso" or as in strptime.
    """
    return tuple(_profile(cursor, stage, name, formats) for name in stage.columns)


def _profile(cursor: duckdb.DuckDBPyConnection, stage: Stage, name: str, formats: Sequence[str]) -> ColumnProfile:
    source = f"(select {stage.column(name)} as c from {stage.table} limit {_SAMPLE})"
    number = "try_cast(c as double)"
    finite = f"filter (isfinite({number}))"
    row = cursor.execute(
        f"select count(*), count(c), count(distinct c), coalesce(max(length(c)), 0), count(*) {finite}, "
        f"min({number}) {finite}, max({number}) {finite} from {source}"
    ).fetchall()[0]
    values = cursor.execute(
        f"select c, count(*) from {source} where c is not null group by 1 order by 2 desc, 1 limit {_TOP}"
    ).fetchall()
    return ColumnProfile(
        name=name,
        rows=row[0],
        filled=row[1],
        distinct=row[2],
        longest=row[3],
        numbers=row[4],
        lowest=row[5],
        highest=row[6],
        values=tuple((str(value), int(count)) for value, count in values),
        dates=_dates(cursor, source, formats) if any(_like_a_date(str(value)) for value, _ in values) else {},
    )


def _like_a_date(value: str) -> bool:
    return 6 <= len(value) <= 40 and sum(sign.isdigit() for sign in value) >= 3


def _dates(cursor: duckdb.DuckDBPyConnection, source: str, formats: Sequence[str]) -> dict[str, int]:
    counts = ", ".join(f"count(*) filter ({_fits(form)})" for form in formats)
    row = cursor.execute(f"select {counts} from {source}").fetchall()[0]
    return dict(zip(formats, row, strict=True))


def _fits(form: str) -> str:
    # years before 1970 are clock times that a spreadsheet filled up with its first day
    if form == "iso":
        return "regexp_matches(c, '^[0-9]{4}-[0-9]{2}-[0-9]{2}') and try_cast(c as timestamp) >= timestamp '1970-01-01'"
    return f"try_strptime(c, {literal(form)}) between timestamp '1970-01-01' and timestamp '2200-01-01'"
