"""Erasure of keys: every row about them, in every table, found by walking the classes of the schema.

What to do with a column follows from its class of personal data, so that nobody has to remember a new one; a table
with personal data of which cannot be told whose row is whose is refused before anything happens. The physical side, a
file without the bytes, is the next generation (rewriting.py).
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import duckdb

from cxloop.core.errors import EngineError
from cxloop.core.schema import TABLES, Column, Personal, Table
from cxloop.engine.aging import OLD
from cxloop.engine.duckdb import suppression
from cxloop.engine.duckdb.admission_hash import id_hash
from cxloop.engine.duckdb.admission_intern import LAST_KEY
from cxloop.engine.duckdb.admission_settle import next_batch
from cxloop.engine.duckdb.erasure_ledger import leave_ledger
from cxloop.engine.erasure import EraseMode, Hiding
from cxloop.engine.quoting import identifier, literal

__all__ = ["discard_old", "discard_rows", "erase_rows", "erase_texts", "hidden_before", "require_known", "words"]

_GONE = {"key": "select key_id from cx_gone_keys", "row": "select interaction_id from cx_gone_rows"}
_SUBJECTS = {
    "interaction_id": _GONE["row"],
    "customer_id": _GONE["key"],  # a customer's number is the number of one of its keys
    "key_id": _GONE["key"],
    "key_a": _GONE["key"],
    "key_b": _GONE["key"],
    "other_key": _GONE["key"],
}
"""Columns that say whose a row is, and the numbers that go."""
_BY_CONTENT = ("rejected",)
"""Tables whose rows go where they hold an identifier."""
_WHOLE = ("snapshots",)
"""Tables that are emptied: what they hold is computed anew, and may show anybody."""
_REDACTED = ("segments",)
"""Tables of the company's own definitions: an identifier in them is taken out of the text."""
_OWN_WAY = ("interactions", "keys", "identity_links", *_BY_CONTENT, *_REDACTED, *_WHOLE)
_STAY: Mapping[EraseMode, tuple[str, ...]] = {
    "erase": (),
    "anonymise": ("interactions", "promises"),
    "detach": ("interactions", "promises", "interaction_objects"),
}
"""Tables whose rows stay, without what tells whose they are."""
_KEYS = ("key_id", "other_keys", "account_key")
_STAFF = ("employee",)
"""Pseudonyms of somebody else than the customer."""
_POSITION = 2**32
"""Positions of what depends on ledger and log count batches times this; see unify.identity."""
REMOVED = "[removed]"
_AT_ONCE = 300
"""Values in one pattern: with many more, RE2 has no room for its automaton."""


def words(values: Sequence[str], *, whole: bool = True) -> Iterator[str]:
    """Yields patterns that find any of some texts, capitals aside; whole ones only, unless told otherwise."""
    known = sorted({value for value in values if value})
    for start in range(0, len(known), _AT_ONCE):
        either = "|".join(_escaped(value) for value in known[start : start + _AT_ONCE])
        yield rf"(^|[^\p{{L}}\p{{N}}])(?:{either})($|[^\p{{L}}\p{{N}}])" if whole else f"(?:{either})"


def _escaped(text: str) -> str:
    """Escapes a text for RE2, which knows fewer escapes than Python."""
    return re.sub(r"([^\w])", lambda sign: "\\" + sign[1] if sign[1].isascii() else sign[1], text)


def require_known(tables: Sequence[Table] = TABLES) -> None:
    """Raises EngineError for a table with personal data that erasure would not reach."""
    for table in tables:
        personal = [column.name for column in table.columns if column.personal is not Personal.NONE]
        if personal and table.name not in _OWN_WAY and not _subjects(table):
            raise EngineError(
                f"The table {table.name} holds personal data ({', '.join(personal)}), and nothing says whose its rows "
                f"are: none of {', '.join(_SUBJECTS)} is among its columns. Nothing was erased."
            )


def hidden_before(cursor: duckdb.DuckDBPyConnection, name: str) -> dict[str, int] | None:
    """Returns what an erasure of that name removed when it was done; None where it was not."""
    found = cursor.execute("select value from meta where name = $name", {"name": f"erasure {name}"}).fetchall()
    return {str(key): int(value) for key, value in json.loads(found[0][0]).items()} if name and found else None


def erase_rows(
    cursor: duckdb.DuckDBPyConnection, keys: Sequence[int], hiding: Hiding, tables: Sequence[Table] = TABLES
) -> dict[str, int]:
    """Removes what the tables hold about `keys`, inside the caller's transaction.

    Results kept for pages are dropped whole: any may show what is erased. A rejected row is removed when it holds the
    value of a key, even where that could be somebody else's.

    Returns:
        Table to number of rows removed or made anonymous, for the tables that lost any.
    """
    require_known(tables)
    _gather(cursor, keys)
    try:
        _keep_numbers(cursor)
        partly = _are_part_of_others(cursor)
        if hiding.now is not None:
            _remember(cursor, hiding.mode, hiding.now)
        removed = _walk(cursor, hiding.mode, tables)
        _catch_up_again(cursor, anew=partly)
    finally:
        _drop(cursor)
    if hiding.name:
        note = {"name": f"erasure {hiding.name}", "value": json.dumps(removed)}
        cursor.execute("insert into meta values ($name, $value)", note).fetchall()
    return removed


def erase_texts(cursor: duckdb.DuckDBPyConnection, texts: Sequence[str]) -> dict[str, int]:
    """Removes rejected rows that hold a text, and takes it out of definitions, inside the caller's transaction."""
    removed = {name: _delete_by_content(cursor, name, texts) for name in _BY_CONTENT}
    removed |= {name: _redact(cursor, name, texts) for name in _REDACTED}
    return {name: count for name, count in removed.items() if count}


def _walk(cursor: duckdb.DuckDBPyConnection, mode: EraseMode, tables: Sequence[Table]) -> dict[str, int]:
    values = [
        str(value) for (value,) in cursor.execute(f"select value from keys where key_id in ({_GONE['key']})").fetchall()
    ]
    removed = erase_texts(cursor, values)
    removed["identity_links"] = leave_ledger(cursor)
    _renamed(cursor, mode)
    # interactions and keys last: the others find their rows through them
    for table in sorted(tables, key=lambda table: (table.name == "interactions", table.name == "keys")):
        if table.name == "interactions" or (table.name not in _OWN_WAY and _subjects(table)):
            stays = table.name in _STAY[mode]
            removed[table.name] = _strip(cursor, table, mode, values) if stays else _delete_of(cursor, table)
    removed["keys"] = _delete(cursor, "keys", f"key_id in ({_GONE['key']})")
    removed["mentions"] = _forget_mentions(cursor)
    for name in _WHOLE:
        removed[name] = _delete(cursor, name, "true")
    return {name: count for name, count in removed.items() if count}


def _gather(cursor: duckdb.DuckDBPyConnection, keys: Sequence[int]) -> None:
    """Notes the keys that go, with the hub keys that would stand alone, and the interactions of theirs."""
    cursor.execute(
        "create or replace temp table cx_gone_keys as select distinct unnest($keys::bigint[]) as key_id",
        {"keys": list(keys)},
    ).fetchall()
    ends = (
        f"select key_a as other from identity_links where key_b in ({_GONE['key']}) "
        f"union select key_b from identity_links where key_a in ({_GONE['key']})"
    )
    cursor.execute(
        f"""insert into cx_gone_keys
        select k.key_id from keys k where k.namespace = '*' and k.key_id in ({ends})
        and k.key_id not in ({_GONE["key"]}) and not exists (
            select 1 from identity_links l
            where (l.key_a = k.key_id and l.key_b not in ({_GONE["key"]}))
            or (l.key_b = k.key_id and l.key_a not in ({_GONE["key"]})))"""
    ).fetchall()
    # an interaction without a key of its own belongs to the first of its other keys
    cursor.execute(
        f"""create or replace temp table cx_gone_rows as
        select interaction_id, source, message_id, key_id, cast(null as bigint) as new_id,
            cast(null as varchar) as new_message, cast(null as bigint) as new_key
        from interactions where key_id in ({_GONE["key"]}) or interaction_id in (
            select interaction_id from (
                select interaction_id, unnest(other_keys) as other from interactions
                where key_id is null and other_keys is not null)
            where other in ({_GONE["key"]}))"""
    ).fetchall()


def _drop(cursor: duckdb.DuckDBPyConnection) -> None:
    try:
        for name in ("cx_gone_keys", "cx_gone_rows"):
            cursor.execute(f"drop table if exists {name}").fetchall()
    except duckdb.TransactionException:
        pass  # the transaction has failed already, and takes its tables with it


def _keep_numbers(cursor: duckdb.DuckDBPyConnection) -> None:
    """Notes the highest number of a key, so that nobody gets one that was somebody else's."""
    last = cursor.execute(f"select {LAST_KEY}").fetchall()[0][0]
    cursor.execute("delete from meta where name = 'last_key'").fetchall()
    cursor.execute("insert into meta values ('last_key', $last)", {"last": str(last)}).fetchall()


def _are_part_of_others(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Whether others were held together, or kept apart, by what goes: then all that is derived is computed anew.

    So it is where a customer keeps some keys, and where an entry of the ledger ties a key that goes to one that stays
    and is set aside by no doubt: such an entry may be held back, or may have counted in the past alone.
    """
    return bool(
        cursor.execute(
            f"""select exists (select 1 from customer_keys g join customer_keys o using (customer_id)
            where g.until is null and o.until is null
            and g.key_id in ({_GONE["key"]}) and o.key_id not in ({_GONE["key"]}))
            or exists (
                select 1 from (
                    select key_a as mine, key_b as other from identity_links
                    union all select key_b, key_a from identity_links)
                where mine in ({_GONE["key"]}) and other is not null and other not in ({_GONE["key"]})
                and other not in (select key_id from identity_doubts where other_key is null))"""
        ).fetchall()[0][0]
    )


def _remember(cursor: duckdb.DuckDBPyConnection, mode: EraseMode, now: datetime) -> None:
    keys = f"select namespace, type, value from keys where key_id in ({_GONE['key']})"
    messages = "select source, message_id from cx_gone_rows"
    suppression.remember(
        cursor, keys, None if mode == "detach" else messages, f"timestamp {literal(now.isoformat(sep=' '))}"
    )


def _subjects(table: Table) -> list[str]:
    return [column for column in _SUBJECTS if column in table.names]


def _of(table: Table) -> str:
    return " or ".join(f"{identifier(column)} in ({_SUBJECTS[column]})" for column in _subjects(table))


def _delete_of(cursor: duckdb.DuckDBPyConnection, table: Table) -> int:
    if table.name == "interactions":
        return _delete(cursor, "interactions", f"interaction_id in ({_GONE['row']})")
    return _delete(cursor, table.name, _of(table))


def _delete(cursor: duckdb.DuckDBPyConnection, table: str, condition: str) -> int:
    return int(cursor.execute(f"delete from {identifier(table)} where {condition}").fetchall()[0][0])


def _delete_by_content(cursor: duckdb.DuckDBPyConnection, name: str, values: Sequence[str]) -> int:
    said = f"concat_ws(' ', {', '.join(_texts(name))})"
    return sum(_delete(cursor, name, f"regexp_matches({said}, {literal(pattern)}, 'i')") for pattern in words(values))


def _redact(cursor: duckdb.DuckDBPyConnection, name: str, values: Sequence[str]) -> int:
    rows = 0
    for pattern in map(literal, words(values)):
        for column in _texts(name):
            # the pattern takes the signs around a word along, and they are put back
            new = rf"regexp_replace({column}, {pattern}, '\1{REMOVED}\2', 'gi')"
            changed = f"update {name} set {column} = {new} where regexp_matches({column}, {pattern}, 'i')"
            rows += int(cursor.execute(changed).fetchall()[0][0])
    return rows


def _texts(name: str) -> list[str]:
    """Returns the columns of a table that may hold an identifier."""
    columns = next(table.columns for table in TABLES if table.name == name)
    return [
        identifier(column.name)
        for column in columns
        if column.personal is not Personal.NONE and column.type in ("text", "json")
    ]


# --- what stays -----------------------------------------------------------------------------------------------------


def _renamed(cursor: duckdb.DuckDBPyConnection, mode: EraseMode) -> None:
    """Gives rows that become anonymous new ids, and each customer a new random key."""
    if mode != "anonymise":
        return
    customers = cursor.execute(
        f"select distinct coalesce(c.customer_id, g.key_id) from ({_GONE['key']}) g "
        "left join customer_keys c on c.key_id = g.key_id and c.until is null "
        "where g.key_id in (select key_id from cx_gone_rows) order by 1"
    ).fetchall()
    first = int(cursor.execute(f"select {LAST_KEY}").fetchall()[0][0]) + 1
    pairs = [(first + place, int(customer)) for place, (customer,) in enumerate(customers)]
    for number, _ in pairs:
        key = {"key": number, "value": secrets.token_hex(16)}
        cursor.execute("insert into keys values ($key, 'anonymous', 'anonymous', $value)", key).fetchall()
    cursor.execute(
        """update cx_gone_rows as r set new_key = n.number from (
            select g.key_id, p.number
            from (select unnest($numbers::bigint[]) as number, unnest($customers::bigint[]) as customer) p
            join (select k.key_id, coalesce(c.customer_id, k.key_id) as customer from cx_gone_keys k
                left join customer_keys c on c.key_id = k.key_id and c.until is null) g using (customer)
        ) n where n.key_id = r.key_id""",
        {"numbers": [number for number, _ in pairs], "customers": [customer for _, customer in pairs]},
    ).fetchall()
    cursor.execute("update cx_gone_rows set new_message = 'anonymous-' || uuid()").fetchall()
    cursor.execute(f"update cx_gone_rows set new_id = {id_hash('source', 'new_message')}").fetchall()


def _strip(cursor: duckdb.DuckDBPyConnection, table: Table, mode: EraseMode, values: Sequence[str]) -> int:
    """Puts rows without what tells whose they are in the place of those of the keys; returns how many."""
    batch = next_batch(cursor) if mode == "anonymise" else 0
    taken = ", ".join(
        f"{_stripped(column, mode, values, batch)} as {identifier(column.name)}" for column in table.columns
    )
    joins = "left join cx_gone_rows m on m.interaction_id = t.interaction_id"
    for name in ("refers_to", "revises"):
        if name in table.names and mode == "anonymise":
            joins += f" left join cx_gone_rows {name}_ on {name}_.source = t.source and {name}_.message_id = t.{name}"
    where = f"interaction_id in ({_GONE['row']})"
    select = f"select {taken} from {identifier(table.name)} t {joins} where t.{where}"
    cursor.execute(f"create or replace temp table cx_stripped as {select}").fetchall()
    rest = _of(table) if table.name != "interactions" else where
    _delete(cursor, table.name, rest)
    count = int(cursor.execute(f"insert into {identifier(table.name)} select * from cx_stripped").fetchall()[0][0])
    cursor.execute("drop table cx_stripped").fetchall()
    return count


def _stripped(column: Column, mode: EraseMode, values: Sequence[str], batch: int) -> str:
    """The SQL of a column of a row that stays, by its class of personal data."""
    name, nothing = f"t.{identifier(column.name)}", "''" if column.required and column.type == "text" else "null"
    if mode == "anonymise":
        own = {
            "interaction_id": "m.new_id",
            "message_id": "m.new_message",
            "key_id": "m.new_key",
            "refers_to": "refers_to_.new_message",
            "revises": "revises_.new_message",
            "content_hash": "hash(uuid())::bit::bigint",  # of the content as it was, which nobody may try to guess
            "batch": str(batch),  # what is derived takes them for new
        }
        if column.name in own:
            return own[column.name]
        return name if column.personal is Personal.NONE or column.name in _STAFF else nothing
    if column.name in _KEYS or column.personal in (Personal.IDENTIFIER, Personal.SENSITIVE):
        return nothing
    if column.personal is Personal.FREE_TEXT:
        for pattern in words(values, whole=False):
            name = f"regexp_replace({name}, {literal(pattern)}, {literal(REMOVED)}, 'gi')"
    return name


def _forget_mentions(cursor: duckdb.DuckDBPyConnection) -> int:
    """Takes the keys off rows that belong to somebody else; returns how many rows."""
    mentioned = (
        "select interaction_id from (select interaction_id, unnest(other_keys) as other from interactions "
        f"where other_keys is not null) where other in ({_GONE['key']})"
    )
    rest = (
        f"select interaction_id, list(other) filter (where other not in ({_GONE['key']})) as rest from ("
        "select interaction_id, unnest(other_keys) as other from interactions "
        f"where interaction_id in ({mentioned})) group by 1"
    )
    others = cursor.execute(
        f"update interactions as i set other_keys = n.rest from ({rest}) n where n.interaction_id = i.interaction_id"
    ).fetchall()[0][0]
    accounts = cursor.execute(
        f"update interactions set account_key = null where account_key in ({_GONE['key']})"
    ).fetchall()[0][0]
    return int(others) + int(accounts)


def _catch_up_again(cursor: duckdb.DuckDBPyConnection, *, anew: bool) -> None:
    """Puts derivations back to where the log and the ledger are now: the numbers at their ends will be given again."""
    if anew:
        _delete(cursor, "watermarks", "true")
        return
    batch = "(select coalesce(max(batch), 0) from interactions)"
    entry = "(select coalesce(max(entry_id), 0) from identity_links)"
    cursor.execute(
        f"""update watermarks set position = case when position >= {_POSITION}
            then least(position // {_POSITION}, {batch}) * {_POSITION} + least(position % {_POSITION}, {entry})
            else least(position, {batch}) end"""
    ).fetchall()


# --- retention ------------------------------------------------------------------------------------------------------


def discard_old(cursor: duckdb.DuckDBPyConnection, table: str, before: datetime) -> int:
    """Removes the rows of a table that are old at `before`, UTC; the others are not touched."""
    old = f"select t.rowid from {identifier(table)} as t where {OLD[table]}"
    statement = f"delete from {identifier(table)} where rowid in ({old})"
    return int(cursor.execute(statement, {"before": before}).fetchall()[0][0])


def discard_rows(
    cursor: duckdb.DuckDBPyConnection, kind: str | None, before: datetime, keep: Sequence[str]
) -> dict[str, int]:
    """Removes interactions of a kind that happened before a moment, with what hangs on them; nobody's identity changes.

    Args:
        cursor: inside a transaction.
        kind: which interactions; None for all kinds but those in `keep`.
        before: UTC.
        keep: kinds with a rule of their own.
    """
    require_known()
    which = "kind = $kind" if kind is not None else "not list_contains($keep, kind)"
    values: dict[str, object] = {"before": before}
    values |= {"kind": kind} if kind is not None else {"keep": list(keep)}
    cursor.execute(
        f"create or replace temp table cx_gone_rows as select interaction_id from interactions "
        f"where occurred_at < $before and {which}",
        values,
    ).fetchall()
    removed = {}
    for table in sorted(TABLES, key=lambda table: table.name == "interactions"):
        if "interaction_id" in table.names and table.name != "identity_links":
            removed[table.name] = _delete(cursor, table.name, f"interaction_id in ({_GONE['row']})")
    if any(removed.values()):
        removed["snapshots"] = _delete(cursor, "snapshots", "true")
        _delete(cursor, "watermarks", "true")
    cursor.execute("drop table cx_gone_rows").fetchall()
    return {name: count for name, count in removed.items() if count}
