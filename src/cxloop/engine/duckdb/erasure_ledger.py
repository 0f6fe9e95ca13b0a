"""What erasure does to the identity ledger: entries that name the erased go, and the others stay whose they were.

Two things could change for others when entries go. Somebody who was erased may have held two of them together, now or
at a date in the past: then a key that is nobody's stands in the place. And a key that belongs to nobody because the
erased shared it (a house telephone) would become its last owner's: it is quarantined.
"""

from __future__ import annotations

import secrets

import duckdb

from cxloop.engine.duckdb.admission_intern import LAST_KEY

__all__ = ["STAND_IN", "leave_ledger"]

STAND_IN = "erased"
"""Namespace and type of the keys that stand in for who was erased."""
_GONE = "select key_id from cx_gone_keys"
_NAMES = f"(key_a in ({_GONE}) or key_b in ({_GONE}))"


def leave_ledger(cursor: duckdb.DuckDBPyConnection) -> int:
    """Removes the keys of `cx_gone_keys` from the ledger, inside the caller's transaction; returns how many entries."""
    cursor.execute(
        f"""create or replace temp table cx_neighbours as
        select mine, other, min(known_at) as known_at, cast(null as bigint) as customer from (
            select key_a as mine, key_b as other, known_at from identity_links
            where key_a in ({_GONE}) and key_b is not null and key_b not in ({_GONE})
            union all
            select key_b, key_a, known_at from identity_links where key_b in ({_GONE}) and key_a not in ({_GONE})
        ) group by 1, 2"""
    ).fetchall()
    if _number(cursor, "select count(*) from cx_neighbours"):
        _quarantine(cursor)
        _stand_in(cursor)
    gone = _number(cursor, f"delete from identity_links where {_NAMES}")
    while _number(cursor, _DANGLING):
        pass
    cursor.execute("drop table cx_neighbours").fetchall()
    return gone


_DANGLING = """
    delete from identity_links where action = 'undo'
    and refers_to not in (select decision_id from identity_links where decision_id is not null)
"""


def _quarantine(cursor: duckdb.DuckDBPyConnection) -> None:
    """Lets keys that the erased shared with others go on tying nobody; the entry says nothing of whom."""
    cursor.execute(
        """insert into identity_links
            (entry_id, decision_id, action, key_a, evidence, state, known_at, decided_at, author)
        select n, n, 'quarantine', key_id, 'rule', 'accepted', known_at, now()::timestamp, 'erasure' from (
            select d.key_id, min(x.known_at) as known_at,
                (select coalesce(max(entry_id), 0) from identity_links) + row_number() over (order by d.key_id) as n
            from identity_doubts d join cx_neighbours x on x.other = d.key_id
            where d.doubt in ('shared', 'degree') group by d.key_id)"""
    ).fetchall()
    cursor.execute("delete from cx_neighbours where other in (select key_id from identity_doubts)").fetchall()


def _stand_in(cursor: duckdb.DuckDBPyConnection) -> None:
    """Puts a key that is nobody's in the place of customers who held, or once held, several others together."""
    cursor.execute(
        """update cx_neighbours as x set customer = coalesce(
            (select k.customer_id from customer_keys k where k.key_id = x.mine and k.until is null), x.mine)"""
    ).fetchall()
    between = "select customer from cx_neighbours group by customer having count(distinct other) > 1 order by 1"
    for (customer,) in cursor.execute(between).fetchall():
        number = _number(cursor, f"select {LAST_KEY}") + 1
        key = {"key": number, "type": STAND_IN, "value": secrets.token_hex(16)}
        cursor.execute("insert into keys values ($key, $type, $type, $value)", key).fetchall()
        mine = "(select mine from cx_neighbours where customer = $customer)"
        others = "(select other from cx_neighbours where customer = $customer)"
        # the new number is the highest, so it is always the second of the two
        cursor.execute(
            f"""update identity_links set
                key_a = case when key_a in {mine} then key_b else key_a end, key_b = $key,
                interaction_id = null, comparison = null, reason = null
            where (key_a in {mine} and key_b in {others}) or (key_b in {mine} and key_a in {others})""",
            {"customer": customer, "key": number},
        ).fetchall()
    cursor.execute(
        f"""update customer_keys as k set customer_id = n.first from (
            select customer_id, min(key_id) as first from customer_keys
            where customer_id in ({_GONE}) and key_id not in ({_GONE}) group by 1
        ) n where n.customer_id = k.customer_id and k.key_id not in ({_GONE})"""
    ).fetchall()


def _number(cursor: duckdb.DuckDBPyConnection, statement: str) -> int:
    return int(cursor.execute(statement).fetchall()[0][0])
