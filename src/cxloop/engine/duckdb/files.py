"""Files into a table of texts: CSV, JSON lines, Parquet and Excel, all with the same result.

The staged table holds columns c0, c1, ... (names of a file may be anything, and differ by case only), in the order of
the file, so that a row's id tells its place. Lines that cannot be rows stand beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import duckdb

from cxloop.core.errors import InputError
from cxloop.engine.duckdb.files_dialect import TextDialect, look, unique_names
from cxloop.engine.duckdb.files_prepare import Malformed, Prepared, prepare
from cxloop.engine.loading import FileFormat, Limits, Progress, Staged, StagedFile
from cxloop.engine.quoting import identifier, literal

__all__ = ["Stage", "stage_files", "stage_rejected"]

_BATCH = 20_000
_REJECT_CODES = {
    "MISSING COLUMNS": ("too_few_columns", "The line has too few columns"),
    "TOO MANY COLUMNS": ("too_many_columns", "The line has too many columns"),
    "UNQUOTED VALUE": ("open_quote", "A quote is not closed, or text follows it"),
    "LINE SIZE OVER MAXIMUM": ("line_too_long", "The row is longer than a line may be"),
    "INVALID ENCODING": ("encoding", "The line is not in the file's encoding"),
}


@dataclass(slots=True)
class Stage:
    """A staged table inside the engine: its name, the columns in order, and where each file begins."""

    table: str
    columns: tuple[str, ...] = ()
    files: list[StagedFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: int = 0

    @property
    def bad(self) -> str:
        """Table of the lines that could not become rows."""
        return f"{self.table}_bad"

    @property
    def malformed(self) -> int:
        """How many lines could not become rows."""
        return sum(file.malformed for file in self.files)

    def column(self, name: str) -> str:
        """Returns the staged name of a column, such as c3."""
        return f"c{self.columns.index(name)}"

    def public(self, name: str) -> Staged:
        """Returns what parts may know of it."""
        return Staged(name, self.columns, self.rows, tuple(self.files), tuple(self.notes))


@dataclass(frozen=True, slots=True)
class _Source:
    """One file ready to be inserted: its columns, and for texts how they are separated."""

    file: Prepared
    columns: tuple[str, ...]
    how: FileFormat
    dialect: TextDialect | None = None


def stage_files(
    cursor: duckdb.DuckDBPyConnection,
    table: str,
    files: Sequence[Path],
    how: FileFormat,
    *,
    limits: Limits,
    folder: Path,
    progress: Progress,
) -> Stage:
    """Reads files into the temporary table `table`; several files are put under each other by column name.

    Raises:
        InputError: a file cannot be read at all.
    """
    stage = Stage(table)
    sources = [_source(cursor, prepare(path, how, limits, folder), how) for path in files]
    stage.columns = tuple(dict.fromkeys(name for source in sources for name in source.columns))
    _create(cursor, stage)
    for place, source in enumerate(sources):
        progress(f"Reading {source.file.name}", place / len(sources))
        _insert(cursor, stage, source, limits)
    return stage


def _create(cursor: duckdb.DuckDBPyConnection, stage: Stage) -> None:
    columns = ", ".join(f"c{place} varchar" for place in range(len(stage.columns))) or "c0 varchar"
    cursor.execute(f"create or replace temp table {stage.table} ({columns})")
    cursor.execute(
        f"create or replace temp table {stage.bad} "
        "(file_no integer, line bigint, code varchar, reason varchar, raw varchar)"
    )


def _source(cursor: duckdb.DuckDBPyConnection, file: Prepared, how: FileFormat) -> _Source:
    if file.kind == "csv":
        dialect = look(file.path, how, file.name)
        return _Source(file, dialect.columns, how, dialect)
    if file.kind == "parquet":
        return _Source(file, tuple(name for name, _ in _parquet_columns(cursor, file)), how)
    if file.kind == "jsonl":
        return _Source(file, _json_columns(cursor, file), how)
    return _Source(file, next(_sheets(file, how), ()), how)


def _insert(cursor: duckdb.DuckDBPyConnection, stage: Stage, source: _Source, limits: Limits) -> None:
    malformed = list(source.file.malformed)
    match source.file.kind:
        case "csv":
            rows, found = _insert_csv(cursor, stage, source, limits)
            malformed = _merged(malformed, found)
        case "jsonl":
            rows, found = _insert_json(cursor, stage, source)
            malformed = _merged(malformed, found)
        case "parquet":
            rows = _insert_parquet(cursor, stage, source)
        case _:
            rows = _insert_excel(cursor, stage, source)
    for bad in malformed:
        cursor.execute(
            f"insert into {stage.bad} values (?, ?, ?, ?, ?)",
            [len(stage.files), bad.line, bad.code, bad.reason, bad.raw],
        )
    file = source.file
    stage.files.append(StagedFile(file.name, rows, len(malformed), file.bytes, file.digest))
    stage.notes.extend(file.notes)
    stage.rows += rows


def _merged(before: list[Malformed], found: list[Malformed]) -> list[Malformed]:
    """Lines taken out before reading shift the numbers of those found while reading."""
    taken = sorted(bad.line for bad in before)
    shifted = []
    for bad in found:
        line = bad.line
        for gone in taken:
            line += gone <= line
        shifted.append(Malformed(line, bad.code, bad.reason, bad.raw))
    return sorted([*before, *shifted], key=lambda bad: bad.line)


def _targets(stage: Stage, source: _Source) -> str:
    return ", ".join(stage.column(name) for name in source.columns)


def _insert_csv(
    cursor: duckdb.DuckDBPyConnection, stage: Stage, source: _Source, limits: Limits
) -> tuple[int, list[Malformed]]:
    assert source.dialect is not None  # set where the kind is csv
    dialect = source.dialect
    names = ", ".join(f"'f{place}': 'VARCHAR'" for place in range(len(source.columns)))
    options = (
        f"delim={literal(dialect.delimiter)}, quote={literal(dialect.quote)}, escape={literal(dialect.quote)}, "
        f"header={str(dialect.header).lower()}, skip={dialect.skip}, columns={{{names}}}, auto_detect=false, "
        f"null_padding=false, store_rejects=true, rejects_table='{stage.table}_errors', "
        f"rejects_scan='{stage.table}_scans', rejects_limit=0, max_line_size={limits.max_line_bytes}, strict_mode=true"
    )
    statement = (
        f"insert into {stage.table} ({_targets(stage, source)}) "
        f"select * from read_csv({literal(str(source.file.path))}, {options})"
    )
    try:
        rows = _count(cursor, statement)
        return rows, _csv_errors(cursor, stage, source)
    except duckdb.InvalidInputException as failure:
        raise InputError(f"{source.file.name} cannot be read as CSV: {_first_line(failure)}") from None
    finally:
        for table in ("errors", "scans"):
            cursor.execute(f"drop table if exists {stage.table}_{table}")


def _csv_errors(cursor: duckdb.DuckDBPyConnection, stage: Stage, source: _Source) -> list[Malformed]:
    found = cursor.execute(
        f"select line, min_by(error_type::varchar, byte_position), any_value(csv_line), "
        f"min_by(error_message, byte_position) from {stage.table}_errors group by line order by line"
    ).fetchall()
    expected = len(source.columns)
    return [Malformed(line, *_csv_reason(kind, message, expected), raw or "") for line, kind, raw, message in found]


def _csv_reason(kind: str, message: str, expected: int) -> tuple[str, str]:
    code, said = _REJECT_CODES.get(kind, ("malformed", "The line cannot be read"))
    if kind in ("MISSING COLUMNS", "TOO MANY COLUMNS"):
        count = message.rsplit(":", 1)[-1].strip()
        return code, f"{said}: {count} where the header has {expected}."
    return code, f"{said}."


def _first_line(failure: Exception) -> str:
    return str(failure).split("\n", 1)[0]


def _parquet_columns(cursor: duckdb.DuckDBPyConnection, file: Prepared) -> list[tuple[str, str]]:
    try:
        found = cursor.execute(f"describe select * from read_parquet({literal(str(file.path))})").fetchall()
    except duckdb.Error as failure:
        raise InputError(f"{file.name} is not a Parquet file that can be read: {_first_line(failure)}") from None
    return [(str(row[0]), str(row[1])) for row in found]


def _insert_parquet(cursor: duckdb.DuckDBPyConnection, stage: Stage, source: _Source) -> int:
    values = ", ".join(_as_text(name, kind) for name, kind in _parquet_columns(cursor, source.file))
    statement = (
        f"insert into {stage.table} ({_targets(stage, source)}) "
        f"select {values} from read_parquet({literal(str(source.file.path))})"
    )
    try:
        return _count(cursor, statement)
    except duckdb.InvalidInputException as failure:
        raise InputError(f"{source.file.name} is damaged: {_first_line(failure)}") from None


def _as_text(name: str, kind: str) -> str:
    column = identifier(name)
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION")):
        return f"to_json({column})::varchar"
    return f"nullif({column}, '')" if kind == "VARCHAR" else f"cast({column} as varchar)"


def _json_source(file: Prepared) -> str:
    with file.path.open("rb") as stream:
        array = stream.read(_BATCH).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    form = "array" if array else "newline_delimited"
    broken = "false" if array else "true"
    return f"read_json_objects({literal(str(file.path))}, format='{form}', ignore_errors={broken})"


def _json_columns(cursor: duckdb.DuckDBPyConnection, file: Prepared) -> tuple[str, ...]:
    try:
        found = cursor.execute(
            f"select key, min(place) from (select unnest(json_keys(json)) as key, row_number() over () as place "
            f"from {_json_source(file)} where json_type(json) = 'OBJECT') group by key order by 2, 1"
        ).fetchall()
    except duckdb.Error as failure:
        raise InputError(f"{file.name} is not JSON, one object a line: {_first_line(failure)}") from None
    if not found:
        raise InputError(f"{file.name} holds no JSON object. Each line must be one, such as {{'a': 1}}.")
    return tuple(str(key) for key, _ in found)


def _insert_json(cursor: duckdb.DuckDBPyConnection, stage: Stage, source: _Source) -> tuple[int, list[Malformed]]:
    paths = ["/" + name.replace("~", "~0").replace("/", "~1") for name in source.columns]
    values = ", ".join(f"nullif(json_extract_string(json, {literal(path)}), '')" for path in paths)
    table = f"{stage.table}_json"
    cursor.execute(f"create or replace temp table {table} as select json from {_json_source(source.file)}")
    good = "coalesce(json_type(json), '') = 'OBJECT'"
    rows = _count(
        cursor,
        f"insert into {stage.table} ({_targets(stage, source)}) "
        f"select {values} from {table} where {good} order by rowid",
    )
    found = cursor.execute(f"select rowid, json from {table} where not ({good}) order by rowid").fetchall()
    cursor.execute(f"drop table {table}")
    return rows, list(_json_errors(source.file, [int(place) for place, _ in found]))


def _json_errors(file: Prepared, places: list[int]) -> Iterator[Malformed]:
    """Finds the texts of broken lines again; the engine only tells their places among lines that are not blank."""
    wanted = set(places)
    if not wanted:
        return
    with file.path.open(encoding="utf-8-sig", errors="backslashreplace", newline="\n") as stream:
        filled = ((number, line) for number, line in enumerate(stream, 1) if line.strip())
        for place, (number, line) in enumerate(filled):
            if place in wanted:
                yield Malformed(number, "not_json", "The line is not one JSON object.", line.rstrip("\r\n"))


def _sheets(file: Prepared, how: FileFormat) -> Iterator[tuple[str, ...]]:
    """Yields the column names of a workbook's sheet, then its rows as texts."""
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(str(file.path))
        names = book.sheet_names
        if how.sheet is not None and how.sheet not in names:
            raise InputError(f"{file.name} has no sheet {how.sheet!r}. It has: {', '.join(names)}.")
        rows = book.get_sheet_by_name(how.sheet or names[0]).iter_rows()
    except (python_calamine.CalamineError, OSError, IndexError) as failure:
        raise InputError(f"{file.name} is not a workbook that can be read ({failure}).") from None
    texts = (tuple("" if cell is None else _cell(cell) for cell in row) for row in rows)
    header = next(islice(texts, how.skip, None), None)
    if header is None:
        raise InputError(f"{file.name}: the sheet is empty.")
    yield unique_names(list(header))
    yield from texts


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value.isoformat(sep=" ") if hasattr(value, "hour") and hasattr(value, "year") else str(value)  # type: ignore[attr-defined]


def _insert_excel(cursor: duckdb.DuckDBPyConnection, stage: Stage, source: _Source) -> int:
    rows = _sheets(source.file, source.how)
    next(rows)
    total = 0
    while batch := list(islice(rows, _BATCH)):
        total += _insert_texts(cursor, f"{stage.table} ({_targets(stage, source)})", batch, len(source.columns))
    return total


def _count(cursor: duckdb.DuckDBPyConnection, statement: str) -> int:
    """Runs an insert and returns how many rows it made."""
    return int(cursor.execute(statement).fetchall()[0][0])


def _insert_texts(cursor: duckdb.DuckDBPyConnection, target: str, rows: Sequence[Sequence[str]], width: int) -> int:
    """Inserts rows of texts; the engine finds the Arrow table `block` among the locals of this frame."""
    import pyarrow as pa

    columns = [pa.array([row[place] or None for row in rows], pa.string()) for place in range(width)]
    block = pa.table(columns, names=[f"f{place}" for place in range(width)])
    return int(cursor.execute(f"insert into {target} select * from block").fetchall()[0][0]) if block.num_rows else 0


def stage_rejected(
    cursor: duckdb.DuckDBPyConnection, table: str, rejected_ids: Sequence[int]
) -> tuple[Stage, list[int]]:
    """Stages the raw rows of `rejected` that are JSON objects; returns the stage and the ids in row order."""
    stage = Stage(table)
    found = cursor.execute(
        "select rejected_id, raw from rejected where rejected_id in (select unnest(?)) and json_valid(raw) "
        "and json_type(raw) = 'OBJECT' order by rejected_id",
        [list(rejected_ids)],
    ).fetchall()
    rows = [json.loads(raw) for _, raw in found]
    stage.columns = tuple(dict.fromkeys(str(name) for row in rows for name in row))
    _create(cursor, stage)
    if rows and stage.columns:
        texts = [tuple(_json_text(row.get(name)) for name in stage.columns) for row in rows]
        stage.rows = _insert_texts(cursor, table, texts, len(stage.columns))
    return stage, [int(rejected_id) for rejected_id, _ in found]


def _json_text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
