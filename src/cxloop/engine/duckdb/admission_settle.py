"""Who is new: candidates against each other and against the log, then the insert. Exact, also where hashes collide.

A batch without a known or repeated id, the usual case, costs one grouping and one semi-join and is inserted in one
pass. Everything else happens only for the rows in doubt.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from cxloop.core.schema import table as schema_table
from cxloop.engine.duckdb.admission_hash import id_hash
from cxloop.engine.quoting import identifier

__all__ = ["Candidates", "Settled", "next_batch", "settle"]

_DOUBT = "cx_doubt"
_VERDICT = "cx_verdict"


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows that want into the log, as SQL.

    Attributes:
        ids: select row_no, interaction_id, content_hash.
        messages: select row_no, source, message_id; read only for rows in doubt.
        rows: select row_no and the columns of `interactions`.
        beside: for objects, traits, consents and promises: table name to a select of row_no and its columns.
        bits: bits of the id's hash.
    """

    ids: str
    messages: str
    rows: str
    beside: dict[str, str]
    bits: int = 64


@dataclass(frozen=True, slots=True)
class Settled:
    """How many rows were admitted or known, and the row_no of each conflict."""

    admitted: int
    already_there: int
    conflicts: tuple[int, ...]


def next_batch(cursor: duckdb.DuckDBPyConnection) -> int:
    """Returns the number of the next admission."""
    return int(_one(cursor, "select coalesce(max(batch), 0) + 1 from interactions"))


def settle(cursor: duckdb.DuckDBPyConnection, candidates: Candidates) -> Settled:
    """Adds the candidates that are new. Must run inside a transaction."""
    if not _find_doubts(cursor, candidates):
        return Settled(_insert(cursor, candidates, doubts=False), 0, ())
    _judge(cursor, candidates)
    counts: dict[str, int] = dict(cursor.execute(f"select verdict, count(*) from {_VERDICT} group by 1").fetchall())
    admitted = _insert(cursor, candidates, doubts=True)
    conflicts = cursor.execute(f"select row_no from {_VERDICT} where verdict = 'conflict' order by 1").fetchall()
    for table in (_DOUBT, _VERDICT):
        cursor.execute(f"drop table {table}")
    return Settled(admitted, counts.get("same", 0), tuple(int(row_no) for (row_no,) in conflicts))


def _find_doubts(cursor: duckdb.DuckDBPyConnection, candidates: Candidates) -> bool:
    """Collects the rows whose id occurs twice in the batch or stands in the log."""
    cursor.execute(
        f"""create or replace temp table {_DOUBT}_ids as
        select interaction_id from ({candidates.ids}) group by 1 having count(*) > 1
        union
        select interaction_id from ({candidates.ids}) semi join interactions using (interaction_id)"""
    )
    found = bool(_one(cursor, f"select count(*) from {_DOUBT}_ids"))
    if found:
        cursor.execute(
            f"""create or replace temp table {_DOUBT} as
            select i.row_no, i.interaction_id, i.content_hash, m.source, m.message_id
            from ({candidates.ids}) i join ({candidates.messages}) m using (row_no)
            where i.interaction_id in (select interaction_id from {_DOUBT}_ids)"""
        )
    cursor.execute(f"drop table {_DOUBT}_ids")
    return found


def _judge(cursor: duckdb.DuckDBPyConnection, candidates: Candidates) -> None:
    """Gives each row in doubt its verdict: new, same, conflict. Its id is held by the log, or by its first row."""
    _hold(cursor)
    collisions = cursor.execute(
        f"select source, message_id, min(row_no) from {_VERDICT} where verdict = 'collides' group by all order by 3"
    ).fetchall()
    if collisions:
        _salt(cursor, candidates, [(str(source), str(message)) for source, message, _ in collisions])
        _hold(cursor)


def _hold(cursor: duckdb.DuckDBPyConnection) -> None:
    cursor.execute(
        f"""create or replace temp table {_VERDICT} as
        with holder as (
            select interaction_id, source, message_id, content_hash, cast(null as bigint) as row_no
            from interactions where interaction_id in (select interaction_id from {_DOUBT})
            union all
            select interaction_id, arg_min(source, row_no), arg_min(message_id, row_no),
                   arg_min(content_hash, row_no), min(row_no)
            from {_DOUBT} where interaction_id not in
                (select interaction_id from interactions where interaction_id in (select interaction_id from {_DOUBT}))
            group by 1
        )
        select d.row_no, d.interaction_id, d.source, d.message_id, case
            when d.row_no = h.row_no then 'new'
            when d.source <> h.source or d.message_id <> h.message_id then 'collides'
            when d.content_hash = h.content_hash then 'same' else 'conflict' end as verdict
        from {_DOUBT} d join holder h using (interaction_id)"""
    )


def _salt(cursor: duckdb.DuckDBPyConnection, candidates: Candidates, messages: list[tuple[str, str]]) -> None:
    """Gives each message whose hash another message holds the first free hash with a salt.

    One by one: two messages of 64 bits collide once in a lifetime, and then order must decide, not speed.
    """
    for source, message in messages:
        salt = 1
        while not _is_free(cursor, candidates, source, message, salt):
            salt += 1
        cursor.execute(
            f"update {_DOUBT} set interaction_id = {id_hash('$source', '$message', bits=candidates.bits, salt=salt)} "
            "where source = $source and message_id = $message",
            {"source": source, "message": message},
        ).fetchall()


def _is_free(cursor: duckdb.DuckDBPyConnection, candidates: Candidates, source: str, message: str, salt: int) -> bool:
    hashed = id_hash("$source::varchar", "$message::varchar", bits=candidates.bits, salt=salt)
    # the log goes first: a row that came before under this very id must find itself there again
    held = cursor.execute(
        f"""with wanted as (select {hashed} as interaction_id), held as (
            select 1 as rank, source, message_id from interactions semi join wanted using (interaction_id)
            union all
            select 2, source, message_id from {_DOUBT} semi join wanted using (interaction_id)
            union all
            select 2, m.source, m.message_id from ({candidates.ids}) i semi join wanted using (interaction_id)
            join ({candidates.messages}) m using (row_no)
            where row_no not in (select row_no from {_DOUBT})
        )
        select count(*) from held
        where rank = (select min(rank) from held) and (source <> $source or message_id <> $message)""",
        {"source": source, "message": message},
    ).fetchall()
    return int(held[0][0]) == 0


def _insert(cursor: duckdb.DuckDBPyConnection, candidates: Candidates, *, doubts: bool) -> int:
    for name, select in candidates.beside.items():
        _insert_into(cursor, name, select, doubts=doubts)
    return _insert_into(cursor, "interactions", candidates.rows, doubts=doubts)


def _insert_into(cursor: duckdb.DuckDBPyConnection, name: str, select: str, *, doubts: bool) -> int:
    names = schema_table(name).names
    columns = ", ".join(identifier(column) for column in names)
    values = columns
    source = f"({select}) n"
    if doubts:
        values = ", ".join(
            "coalesce(v.interaction_id, n.interaction_id)" if column == "interaction_id" else f"n.{identifier(column)}"
            for column in names
        )
        source += (
            f" left join (select row_no, interaction_id, verdict from {_VERDICT}) v using (row_no)"
            " where coalesce(v.verdict, 'new') = 'new'"
        )
    return int(
        cursor.execute(f"insert into {identifier(name)} ({columns}) select {values} from {source}").fetchall()[0][0]
    )


def _one(cursor: duckdb.DuckDBPyConnection, statement: str) -> int:
    found = cursor.execute(statement).fetchall()
    return int(found[0][0])
