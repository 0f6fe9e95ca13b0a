"""`admit`: the one way into the log. Rows with the columns of `core.schema.INCOMING` become interactions, exactly once.

Keys and event names are interned, rows that came before are recognised, and everything of a batch happens in one
transaction, or nothing does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb

from cxloop.core.errors import InputError, did_you_mean
from cxloop.core.schema import INCOMING, INTERACTIONS, table
from cxloop.core.time import utc_naive
from cxloop.engine.duckdb.admission_hash import content_hash, id_hash
from cxloop.engine.duckdb.admission_intern import intern_events, intern_keys, normalised_path
from cxloop.engine.duckdb.admission_settle import Candidates, Settled, next_batch, settle
from cxloop.engine.duckdb.suppression import withhold
from cxloop.engine.duckdb.tables import TYPES
from cxloop.engine.loading import Admission
from cxloop.engine.quoting import identifier, literal

if TYPE_CHECKING:
    import pyarrow as pa

    from cxloop.engine.duckdb.engine import DuckDBEngine

__all__ = ["CONTENT", "admit"]

_IN = "cx_incoming"
_NOT_CONTENT = {"message_id", "source", "received_at", "known_at", "ordinal", "local_offset"}
_NOT_CONTENT |= {"traffic", "content_hash", "sealed"}
CONTENT = tuple(column.name for column in INCOMING.columns if column.name not in _NOT_CONTENT)
"""What makes two rows of the same message equal: all but who sent it, when and in which order we got it, and for what
we took its sender."""
_MUST = ("message_id", "source", "kind", "occurred_at")
_EVENT = {
    "source": "source",
    "kind": "kind",
    "name": "name",
    "path": "path",
    "claimed_touchpoint": "touchpoint",
    "claimed_channel": "channel",
}

_BESIDE = ("objects", "traits", "account_traits", "consents", "promise_what", "promise_due_at", "promise_due_precision")
"""Columns of incoming rows that go into tables beside the log."""
_UNNESTED = """unnest(from_json({}, '[["VARCHAR"]]'))"""


def admit(
    engine: DuckDBEngine, rows: pa.Table, *, now: datetime, bits: int = 64, keep_conflicts: bool = True
) -> Admission:
    """Adds rows to the log.

    Args:
        engine: the engine to add to.
        rows: an Arrow table with columns of INCOMING; message_id, source, kind and occurred_at are required, any other
            may be absent or null. Times are UTC.
        now: what counts as the time of receipt where `received_at` is absent, UTC without zone.
        bits: bits of the id's hash; fewer only to make collisions happen in a test.
        keep_conflicts: whether rows in conflict go to `rejected` here; otherwise the caller is told which they are.

    Returns:
        How many rows were new, already there unchanged, or in conflict with what is there; conflicts are kept in
        `rejected` with the code "conflict".

    Raises:
        InputError: a column is unknown or a required value is missing; nothing is added.
    """
    _check_columns(rows.column_names)
    with engine.transaction():
        cursor = engine.cursor()
        batch = next_batch(cursor)
        _take_in(cursor, rows, now, bits)
        try:
            _check_values(cursor)
            settled = settle(cursor, _candidates(cursor, rows.column_names, batch, bits))
            conflicting = () if keep_conflicts else _places(cursor, settled)
            if keep_conflicts:
                _keep_conflicts(cursor, settled, rows.column_names, batch, now)
            withheld = withhold(cursor, batch)
        finally:
            _drop(cursor)
    known = settled.already_there + withheld
    return Admission(batch, settled.admitted - withheld, known, len(settled.conflicts), conflicting)


def _drop(cursor: duckdb.DuckDBPyConnection) -> None:
    try:
        for name in (_IN, f"{_IN}_other"):
            cursor.execute(f"drop table if exists {name}").fetchall()
    except duckdb.TransactionException:
        pass  # the transaction has failed already, and takes its tables with it


def _check_columns(names: Sequence[str]) -> None:
    known = list(INCOMING.names)
    for name in names:
        if name not in known:
            raise InputError(f"Unknown column {name!r} of incoming rows. {did_you_mean(name, known)}")
    for name in _MUST:
        if name not in names:
            raise InputError(f"Incoming rows lack the column {name!r}, which every row needs.")


def _take_in(cursor: duckdb.DuckDBPyConnection, rows: pa.Table, now: datetime, bits: int) -> None:
    """Copies the rows into a temporary table in the types of the schema, with both hashes."""
    values = [
        f"cast({identifier(column.name)} as {TYPES[column.type]}) as {identifier(column.name)}"
        for column in INCOMING.columns
        if column.name in rows.column_names and column.name != "path"
    ]
    if "path" in rows.column_names:
        values.append(f"{normalised_path('path')} as path")
    if "received_at" not in rows.column_names:
        values.append(f"{_timestamp(now)} as received_at")
    hashes = f"{id_hash('source', 'message_id', bits=bits)} as interaction_id"
    if "content_hash" not in rows.column_names:
        hashes += f", {_content(rows.column_names)} as content_hash"
    cursor.execute(
        f"create or replace temp table {_IN} as select *, {hashes} from (select {', '.join(values)} from rows)"
    ).fetchall()


def _timestamp(moment: datetime) -> str:
    return f"timestamp {literal(utc_naive(moment).isoformat(sep=' '))}"


def _content(present: Sequence[str]) -> str:
    return content_hash((name, _hashed(name)) for name in CONTENT if name in present)


def _hashed(name: str) -> str:
    column = INCOMING.column(name)
    return f"epoch_us({name})" if column.type == "timestamp" else f"cast({identifier(name)} as varchar)"


def _check_values(cursor: duckdb.DuckDBPyConnection) -> None:
    for name in (*_MUST, "content_hash"):
        found = cursor.execute(f"select count(*) from {_IN} where {name} is null").fetchall()[0][0]
        if found:
            raise InputError(f"{found:,} incoming rows have no {name}, which every row needs. Nothing was added.")


def _candidates(cursor: duckdb.DuckDBPyConnection, present: Sequence[str], batch: int, bits: int) -> Candidates:
    _intern(cursor, present)
    rows = f"select {', '.join(_interaction_values(present, batch))} from {_joined(present)}"
    return Candidates(
        ids=f"select rowid as row_no, interaction_id, content_hash from {_IN}",
        messages=f"select rowid as row_no, source, message_id from {_IN}",
        rows=rows,
        beside=dict(_beside(present, rows)),
        bits=bits,
    )


def _intern(cursor: duckdb.DuckDBPyConnection, present: Sequence[str]) -> None:
    events = ", ".join(f"{_or_null(column, present)} as {name}" for name, column in _EVENT.items())
    intern_events(cursor, f"select distinct {events} from {_IN} i")
    for prefix in ("key", "account"):
        if f"{prefix}_value" in present:
            intern_keys(cursor, _key_rows(prefix))
    if "other_keys" in present:
        _intern_other(cursor)


def _key_rows(prefix: str) -> str:
    names = (f"{prefix}_namespace", f"{prefix}_type", f"{prefix}_value")
    return (
        f"select {names[0]} as namespace, {names[1]} as type, {names[2]} as value, rowid as place from {_IN} "
        f"where {' and '.join(f'{name} is not null' for name in names)}"
    )


def _intern_other(cursor: duckdb.DuckDBPyConnection) -> None:
    """Further keys of a row, as the list of their numbers."""
    keys = f"""select row_no, part[1] as namespace, part[2] as type, part[3] as value, row_no as place from (
        select rowid as row_no, unnest(from_json(other_keys, '[["VARCHAR"]]')) as part from {_IN}
        where other_keys is not null)"""
    intern_keys(cursor, f"select namespace, type, value, place from ({keys}) where len(value) > 0")
    cursor.execute(
        f"""create or replace temp table {_IN}_other as
        select row_no, list(distinct key_id order by key_id) as other_keys
        from ({keys}) join keys using (namespace, type, value) group by row_no"""
    ).fetchall()


def _or_null(name: str, present: Sequence[str]) -> str:
    return f"i.{identifier(name)}" if name in present else f"cast(null as {TYPES[INCOMING.column(name).type]})"


def _joined(present: Sequence[str]) -> str:
    same = " and ".join(
        f"e.{name} is not distinct from {_or_null(column, present)}"
        for name, column in _EVENT.items()
        if column in present
    )
    absent = "".join(f" and e.{name} is null" for name, column in _EVENT.items() if column not in present)
    source = f"{_IN} i join event_codes e on {same}{absent}"
    for prefix in ("key", "account"):
        if f"{prefix}_value" in present:
            source += f" left join keys {prefix}s_ on {_same_key(prefix)}"
    if "other_keys" in present:
        source += f" left join {_IN}_other o on o.row_no = i.rowid"
    return source


def _same_key(prefix: str) -> str:
    return " and ".join(f"{prefix}s_.{part} = i.{prefix}_{part}" for part in ("value", "type", "namespace"))


def _interaction_values(present: Sequence[str], batch: int) -> list[str]:
    given = {
        "batch": str(batch),
        "event_code": "e.event_code",
        "key_id": "keys_.key_id" if "key_value" in present else "cast(null as bigint)",
        "account_key": "accounts_.key_id" if "account_value" in present else "cast(null as bigint)",
        "other_keys": "o.other_keys" if "other_keys" in present else "cast(null as bigint[])",
        "interaction_id": "i.interaction_id",
        "content_hash": "i.content_hash",
        "received_at": "i.received_at",
        "known_at": f"coalesce({_or_null('known_at', present)}, i.received_at)",
        "ordinal": f"coalesce({_or_null('ordinal', present)}, i.rowid)",
    }
    values = [f"{given.get(name) or _or_null(name, present)} as {name}" for name in INTERACTIONS.names]
    return ["i.rowid as row_no", *values, *(f"{_or_null(name, present)} as in_{name}" for name in _BESIDE)]


def _beside(present: Sequence[str], rows: str) -> list[tuple[str, str]]:
    """What goes into the tables beside the log, from the JSON that came with the rows."""
    who = "row_no, interaction_id, key_id, source, occurred_at, known_at"
    selects = []
    if "objects" in present:
        parts = f"select {who}, {_UNNESTED.format('in_objects')} as part from ({rows}) where in_objects is not null"
        pairs = f"select distinct row_no, interaction_id, part[1] as type, part[2] as id from ({parts})"
        selects.append(("interaction_objects", pairs))
    told = [_traits(whose, rows) for whose in _WHOSE_TRAITS if whose in present]
    if told:
        selects.append(("traits", " union all ".join(told)))
    if "consents" in present:
        parts = f"select {who}, {_UNNESTED.format('in_consents')} as part from ({rows}) where in_consents is not null"
        values = "part[1] as purpose, part[2] as channel, part[3]::boolean as granted, part[4] as basis, "
        values += "part[5]::timestamp as expires_at, part[6] as wording, part[7] as evidence, part[8] as author"
        selects.append(("consents", f"select {who}, {values} from ({parts}) where key_id is not null"))
    if "promise_due_at" in present:
        values = "in_promise_what as what, occurred_at as made_at, in_promise_due_at as due_at"
        due = f"select {who}, {values}, in_promise_due_precision as due_precision from ({rows})"
        selects.append(("promises", f"{due} where in_promise_what is not null and in_promise_due_at is not null"))
    return [(name, f"select row_no, {_needed(name)} from ({select})") for name, select in selects]


_WHOSE_TRAITS = {"traits": "key_id", "account_traits": "account_key"}


def _traits(name: str, rows: str) -> str:
    """The select of one row for each trait in the JSON column `name`, under the key that it is told of."""
    told = f"select *, unnest(json_keys(in_{name})) as name from ({rows}) where in_{name} is not null"
    value = f"json_extract_string(in_{name}, '/' || replace(replace(name, '~', '~0'), '/', '~1'))"
    whose = _WHOSE_TRAITS[name]
    return (
        f"select row_no, interaction_id, {whose} as key_id, source, occurred_at, known_at, name, {value} as value "
        f"from ({told}) where {whose} is not null"
    )


def _needed(name: str) -> str:
    own = [column for column in table(name).names if column != "interaction_id"]
    return ", ".join(["interaction_id", *own])


def _places(cursor: duckdb.DuckDBPyConnection, settled: Settled) -> tuple[int, ...]:
    """Returns the conflicts as places among the rows; inside a transaction, DuckDB counts its rows from afar."""
    if not settled.conflicts:
        return ()
    first = int(cursor.execute(f"select min(rowid) from {_IN}").fetchall()[0][0])
    return tuple(row_no - first for row_no in settled.conflicts)


def _keep_conflicts(
    cursor: duckdb.DuckDBPyConnection, settled: Settled, present: Sequence[str], batch: int, now: datetime
) -> None:
    if not settled.conflicts:
        return
    raw = ", ".join(f"{literal(name)}, {identifier(name)}" for name in present)
    reason = "'The message id ' || message_id || ' has come before with another content. The first is kept.'"
    cursor.execute(
        f"""insert into rejected
        select (select coalesce(max(rejected_id), 0) from rejected) + row_number() over (order by rowid),
            ?, source, '', rowid + 1, kind, 'conflict', {reason}, json_object({raw})::varchar, ?, null
        from {_IN} where rowid in (select unnest(?))""",
        [f"admission-{batch}", utc_naive(now), list(settled.conflicts)],
    ).fetchall()
