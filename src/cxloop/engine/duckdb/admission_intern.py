"""Interning: identifiers and event names of sources become the small numbers that the log holds."""

from __future__ import annotations

import duckdb

from cxloop.engine.quoting import literal

__all__ = ["EVENT_COLUMNS", "LAST_KEY", "intern_event", "intern_events", "intern_keys", "normalised_path"]

LAST_KEY = (
    "(select greatest((select coalesce(max(key_id), 0) from keys),"
    " (select coalesce(max(cast(value as bigint)), 0) from meta where name = 'last_key')))"
)
"""SQL of the highest number that any key ever had: who was erased is not to lend theirs to somebody else."""
EVENT_COLUMNS = ("source", "kind", "name", "path", "claimed_touchpoint", "claimed_channel")


def intern_keys(cursor: duckdb.DuckDBPyConnection, found: str) -> None:
    """Adds keys that are not known yet, numbered in the order in which the source names them.

    Args:
        cursor: inside a transaction.
        found: SQL of (namespace, type, value, place), none of them null.
    """
    # not an anti join: over a left join the engine skips what cannot match, which is nearly all of millions of keys
    cursor.execute(
        f"""insert into keys
        select {LAST_KEY} + row_number() over (order by place, namespace, type, value),
               namespace, type, value
        from (select namespace, type, value, min(place) as place from ({found}) group by 1, 2, 3) f
        left join keys k using (namespace, type, value)
        where k.key_id is null"""
    ).fetchall()


def intern_events(cursor: duckdb.DuckDBPyConnection, found: str) -> None:
    """Adds event names that are not known yet.

    Args:
        cursor: inside a transaction.
        found: SQL of the columns EVENT_COLUMNS.
    """
    names = ", ".join(EVENT_COLUMNS)
    same = " and ".join(f"k.{name} is not distinct from f.{name}" for name in EVENT_COLUMNS)
    cursor.execute(
        f"""insert into event_codes
        select (select coalesce(max(event_code), 0) from event_codes) + row_number() over (order by {names}), {names}
        from (select distinct {names} from ({found})) f
        where not exists (select 1 from event_codes k where {same})"""
    ).fetchall()


def intern_event(cursor: duckdb.DuckDBPyConnection, values: tuple[str | None, ...]) -> int:
    """Returns the code of one event, after adding it where it is new; `values` in the order of EVENT_COLUMNS."""
    row = ", ".join(
        f"{'cast(null as varchar)' if value is None else literal(value)} as {name}"
        for name, value in zip(EVENT_COLUMNS, values, strict=True)
    )
    intern_events(cursor, f"select {row}")
    same = " and ".join(f"{name} is not distinct from ?" for name in EVENT_COLUMNS)
    found = cursor.execute(f"select event_code from event_codes where {same}", list(values)).fetchall()
    return int(found[0][0])


def normalised_path(path: str) -> str:
    """Returns the SQL of a page's path without query, fragment and the numbers that make every path different.

    Args:
        path: SQL of the path as the source gave it.
    """
    plain = f"regexp_replace({path}, '[?#].*$', '')"
    number = "'/(?:[0-9]+|[0-9A-Fa-f-]{{20,}})(/|$)'".replace("{{", "{").replace("}}", "}")
    # twice: neighbouring numbers share the slash between them
    once = f"regexp_replace({plain}, {number}, '/:id\\1', 'g')"
    return f"regexp_replace({once}, {number}, '/:id\\1', 'g')"
