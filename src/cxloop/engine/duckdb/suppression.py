"""What was erased does not come back: salted digests of its message ids and identifiers, looked at by each admission.

A message of an erased customer stays out for good, an identifier only with what happened before it was erased: an old
export brings nobody back, and whoever writes again is a new customer.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from cxloop.engine.quoting import identifier, literal

__all__ = ["READ_BY_KNOWN_AGAIN", "known_again", "known_again_in", "remember", "withhold"]

READ_BY_KNOWN_AGAIN = ("keys", "erased", "meta")

_SALT = "erasure_salt"
_END = "\x1f"
_IS_ADDRESS = "{}.value like '%_@_%'"
"""An e-mail address is one person's whatever a source calls it; a number of a system means nothing in another one."""

_HAPPENED = "least(i.occurred_at, i.received_at)"


def remember(cursor: duckdb.DuckDBPyConnection, keys: str, messages: str | None, before: str) -> None:
    """Keeps digests of what is about to go.

    Args:
        cursor: inside a transaction.
        keys: SQL of namespace, type and value of the identifiers.
        messages: SQL of source and message_id; None where those rows stay.
        before: SQL of the moment of the erasure, UTC.
    """
    salt = _salt(cursor)
    selects = [
        f"select {_key(salt, 'k')}, {before} from ({keys}) k",
        f"select distinct {_value(salt, 'k')}, {before} from ({keys}) k where {_IS_ADDRESS.format('k')}",
    ]
    if messages is not None:
        selects.append(f"select {_message(salt, 'm')}, cast(null as timestamp) from ({messages}) m")
    for select in selects:
        cursor.execute(f"insert into erased {select}").fetchall()


def withhold(cursor: duckdb.DuckDBPyConnection, batch: int) -> int:
    """Takes out of a batch what was erased before, with everything that came with it; returns how many rows.

    Someone unknown who comes with an erased identifier, as a further one or as an address in the profile, is the erased
    one under another name. Who was known before keeps the row, without that identifier.

    Args:
        cursor: inside the transaction of the admission.
        batch: its number.
    """
    if not cursor.execute("select exists (select 1 from erased)").fetchall()[0][0]:
        return 0
    salt = _salt(cursor)
    _gather(cursor, salt, batch)
    cursor.execute(
        f"""create or replace temp table cx_withheld as
        select i.interaction_id from interactions i
        left join (select digest from erased where before is null) m on m.digest = {_message(salt, "i")}
        left join cx_erased_keys e on e.key_id = coalesce(i.key_id, i.other_keys[1])
        where i.batch = {batch} and (m.digest is not null or {_HAPPENED} <= e.before)"""
    ).fetchall()
    withheld = int(cursor.execute("select count(*) from cx_withheld").fetchall()[0][0])
    if _strip(cursor, batch) or withheld:
        _take_out(cursor, salt)
    for table in ("cx_withheld", "cx_erased_keys"):
        cursor.execute(f"drop table {table}").fetchall()
    return withheld


def _gather(cursor: duckdb.DuckDBPyConnection, salt: str, batch: int) -> None:
    """Notes which keys of a batch were erased, and until when; also new ones that come with an identifier that was."""
    mine = f"from interactions where batch = {batch}"
    theirs = f"select key_id {mine} union select unnest(other_keys) {mine} and other_keys is not null"
    cursor.execute(f"create or replace temp table cx_erased_keys as {_known(salt, theirs)}").fetchall()
    since = cursor.execute(f"select min(known_at) {mine}").fetchall()[0][0]
    # a moment as a constant lets the table skip the blocks of old traits
    after = "true" if since is None else f"t.known_at >= timestamp {literal(since.isoformat(sep=' '))}"
    cursor.execute(
        f"""create or replace temp table cx_named as
        select key_id, max(before) as before from (
            select o.key_id, e.before from (select key_id, unnest(other_keys) as other {mine}) o
            join cx_erased_keys e on e.key_id = o.other where o.key_id is not null
            union all
            select t.key_id, e.before from traits t
            join erased e on e.before is not null and e.digest = {_value(salt, "t")} and t.occurred_at <= e.before
            where {after} and {_IS_ADDRESS.format("t")} and t.key_id in (select key_id {mine}))
        where key_id not in (select key_id from cx_erased_keys) group by 1"""
    ).fetchall()
    if cursor.execute("select exists (select 1 from cx_named)").fetchall()[0][0]:
        # who was there before is somebody else, who only shares the identifier
        cursor.execute(
            f"""insert into cx_erased_keys select key_id, before from cx_named where key_id not in (
                select key_id from interactions where batch < {batch} and key_id in (select key_id from cx_named))"""
        ).fetchall()
    cursor.execute("drop table cx_named").fetchall()


def known_again(cursor: duckdb.DuckDBPyConnection, before: datetime) -> int:
    """Returns how many identifiers that were erased at a moment are keys again."""
    if not cursor.execute("select exists (select 1 from erased)").fetchall()[0][0]:
        return 0
    found = cursor.execute(
        f"select count(*) from keys k join erased e on e.digest = {_key(_salt(cursor), 'k')} where e.before = $before",
        {"before": before},
    ).fetchall()
    return int(found[0][0])


def known_again_in(files: Mapping[str, Sequence[Path]], before: datetime) -> int:
    """The same, of tables that are Parquet files; `files` of each of READ_BY_KNOWN_AGAIN, none of them empty."""
    with duckdb.connect() as connection:
        for name, paths in files.items():
            listed = ", ".join(literal(str(path)) for path in paths)
            connection.execute(f"create view {identifier(name)} as from read_parquet([{listed}])").fetchall()
        return known_again(connection.cursor(), before)


def _strip(cursor: duckdb.DuckDBPyConnection, batch: int) -> int:
    """Takes erased identifiers off the rows of a batch that are somebody else's; returns how many rows had one."""
    if not cursor.execute("select exists (select 1 from cx_erased_keys)").fetchall()[0][0]:
        return 0
    each = "unnest(i.other_keys) as other, generate_subscripts(i.other_keys, 1) as place"
    changed = cursor.execute(
        f"""update interactions as t set other_keys = n.rest from (
            select o.interaction_id, list(o.other order by o.place) filter (where e.key_id is null) as rest
            from (select i.interaction_id, {_HAPPENED} as happened, {each} from interactions i
                where i.batch = {batch} and i.other_keys is not null) o
            left join cx_erased_keys e on e.key_id = o.other and o.happened <= e.before
            group by 1 having count(e.key_id) > 0) n
        where n.interaction_id = t.interaction_id"""
    ).fetchall()
    return int(changed[0][0])


def _take_out(cursor: duckdb.DuckDBPyConnection, salt: str) -> None:
    for table in ("interaction_objects", "promises", "interactions"):
        withheld = "interaction_id in (select interaction_id from cx_withheld)"
        cursor.execute(f"delete from {table} where {withheld}").fetchall()
    cursor.execute(
        f"create or replace temp table cx_known_again as {_known(salt, 'select key_id from keys')}"
        " union select key_id, before from cx_erased_keys"
    ).fetchall()
    for table in ("traits", "consents"):
        cursor.execute(
            f"delete from {table} where exists "
            f"(select 1 from cx_known_again k where k.key_id = {table}.key_id and {table}.occurred_at <= k.before)"
        ).fetchall()
    cursor.execute(
        """delete from keys where key_id in (select key_id from cx_known_again) and key_id not in (
            select key_id from interactions where key_id in (select key_id from cx_known_again)
            union all select account_key from interactions where account_key in (select key_id from cx_known_again)
            union all select k from (select unnest(other_keys) as k from interactions where other_keys is not null)
            where k in (select key_id from cx_known_again))"""
    ).fetchall()
    cursor.execute("drop table cx_known_again").fetchall()


def _known(salt: str, keys: str) -> str:
    """SQL of those of some keys that were erased, and until when what happened stays out."""
    erased = "join erased e on e.before is not null and e.digest ="
    among = f"keys k where k.key_id in ({keys})"
    return (
        f"select key_id, max(before) as before from ("
        f"select k.key_id, e.before from (select * from {among}) k {erased} {_key(salt, 'k')} union all "
        f"select k.key_id, e.before from (select * from {among} and {_IS_ADDRESS.format('k')}) k "
        f"{erased} {_value(salt, 'k')}) group by 1"
    )


def _salt(cursor: duckdb.DuckDBPyConnection) -> str:
    """Returns the salt of this workspace as a literal, and makes it where there is none."""
    found = cursor.execute(f"select value from meta where name = '{_SALT}'").fetchall()
    if found:
        return literal(str(found[0][0]))
    salt = secrets.token_hex(16)
    cursor.execute("insert into meta values ($name, $value)", {"name": _SALT, "value": salt}).fetchall()
    return literal(salt)


def _digest(parts: str) -> str:
    # not `md5(...)` as a text: eight bytes are enough to tell a few million apart, and fit an integer
    return f"((md5_number({parts}) >> 64)::ubigint::bit::bigint)"


def _key(salt: str, alias: str) -> str:
    end = literal(_END)
    return _digest(f"{salt} || 'k' || {alias}.namespace || {end} || {alias}.type || {end} || {alias}.value")


def _value(salt: str, alias: str) -> str:
    return _digest(f"{salt} || 'v' || lower({alias}.value)")


def _message(salt: str, alias: str) -> str:
    return _digest(f"{salt} || 'm' || {alias}.source || {literal(_END)} || {alias}.message_id")
