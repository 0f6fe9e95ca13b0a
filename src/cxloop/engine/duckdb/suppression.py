"""What was erased does not come back: salted digests of its message ids and identifiers, looked at by each admission.

A message of an erased customer stays out for good, an identifier only with what happened before it was erased: an old
export brings nobody back, and whoever writes again is a new customer.
"""

from __future__ import annotations

import secrets
from datetime import datetime

import duckdb

from cxloop.engine.quoting import literal

__all__ = ["known_again", "remember", "withhold"]

_SALT = "erasure_salt"
_END = "\x1f"
_IS_ADDRESS = "{}.value like '%_@_%'"
"""An e-mail address is one person's whatever a source calls it; a number of a system means nothing in another one."""


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

    Args:
        cursor: inside the transaction of the admission.
        batch: its number.
    """
    if not cursor.execute("select exists (select 1 from erased)").fetchall()[0][0]:
        return 0
    salt = _salt(cursor)
    cursor.execute(
        f"""create or replace temp table cx_withheld as
        select i.interaction_id from interactions i
        left join (select digest from erased where before is null) m on m.digest = {_message(salt, "i")}
        left join ({_known(salt, f"select distinct key_id from interactions where batch = {batch}")}) e
            on e.key_id = i.key_id
        where i.batch = {batch} and (m.digest is not null or least(i.occurred_at, i.received_at) <= e.before)"""
    ).fetchall()
    withheld = int(cursor.execute("select count(*) from cx_withheld").fetchall()[0][0])
    if withheld:
        _take_out(cursor, salt)
    cursor.execute("drop table cx_withheld").fetchall()
    return withheld


def known_again(cursor: duckdb.DuckDBPyConnection, before: datetime) -> int:
    """Returns how many identifiers that were erased at a moment are keys again."""
    if not cursor.execute("select exists (select 1 from erased)").fetchall()[0][0]:
        return 0
    found = cursor.execute(
        f"select count(*) from keys k join erased e on e.digest = {_key(_salt(cursor), 'k')} where e.before = $before",
        {"before": before},
    ).fetchall()
    return int(found[0][0])


def _take_out(cursor: duckdb.DuckDBPyConnection, salt: str) -> None:
    for table in ("interaction_objects", "promises", "interactions"):
        withheld = "interaction_id in (select interaction_id from cx_withheld)"
        cursor.execute(f"delete from {table} where {withheld}").fetchall()
    cursor.execute(
        f"create or replace temp table cx_known_again as {_known(salt, 'select key_id from keys')}"
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
