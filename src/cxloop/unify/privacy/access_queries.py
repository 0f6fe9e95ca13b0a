"""The queries of an access request: one for each table that says something about a person, made from the schema.

A table whose columns say something about persons has either a way to find a person's rows here, or a reason in WITHOUT
why it is left out; a test walks the schema.
"""

from __future__ import annotations

from collections.abc import Mapping

from cxloop.core.schema import TABLES, Table
from cxloop.engine.query import Query
from cxloop.engine.quoting import identifier

__all__ = ["ABOUT", "ACCESS", "MASKED", "OTHER_KEYS", "WITHOUT"]

_OF_KEYS = "select unnest($keys)"
# An interaction without a key of its own belongs to the first of its other keys.
_OF_INTERACTIONS = f"""
    select interaction_id from interactions where key_id in ({_OF_KEYS})
    union all
    select o.interaction_id
    from (select interaction_id, unnest(other_keys) as other_key from interactions where key_id is null) as o
    where o.other_key in ({_OF_KEYS})
"""
_HOLDS_VALUE = """
    exists (
        select 1 from keys as k
        where k.key_id in (select unnest($keys)) and length(k.value) >= 5 and contains(lower(t.raw), lower(k.value))
    )
"""
_FINDERS: Mapping[str, str] = {
    "interactions": f"t.interaction_id in ({_OF_INTERACTIONS})",
    "interaction_objects": f"t.interaction_id in ({_OF_INTERACTIONS})",
    "promises": f"t.interaction_id in ({_OF_INTERACTIONS})",
    "identity_links": f"t.key_a in ({_OF_KEYS}) or t.key_b in ({_OF_KEYS})",
    "rejected": _HOLDS_VALUE,
}
"""Tables whose rows are found in a way of their own; any other by its column key_id or customer_id."""

WITHOUT: Mapping[str, str] = {
    "segments": "How groups of customers are defined. Which you are and were in stands in segment members.",
    "snapshots": "Results computed for pages, over all customers. What they say of one is in the other parts.",
}
"""Tables about persons that an answer leaves out, and why."""

MASKED = frozenset({"employee", "author"})
"""Columns that name somebody of the staff: another person's data."""
OTHER_KEYS = frozenset({"key_a", "key_b", "other_key", "other_keys", "account_key"})
"""Columns that may hold the key of another customer."""

ABOUT: Mapping[str, str] = {
    "keys": "The identifiers that you are known by.",
    "traits": "What is stored in your profile, who told it and when.",
    "consents": "What you allowed or forbade.",
    "interactions": "What you did, said or bought, and what was done for you.",
    "interaction_objects": "The orders, tickets and parcels that this was about.",
    "promises": "What you were promised, with a date.",
    "matched_records": "Your profile as it is compared with others, to see which of your identifiers are yours.",
    "identity_links": "Why your identifiers are taken for one person's.",
    "customers": "The line about you in the list of customers.",
    "rejected": "Rows that could not be read and hold one of your identifiers.",
}
"""What a part is, in words for the person; the others are told as the schema does."""


def _condition(table: Table) -> str | None:
    if table.name in _FINDERS:
        return _FINDERS[table.name]
    if "key_id" in table.names:
        return f"t.key_id in ({_OF_KEYS})"
    # customers are numbered by one of their keys, and were by others
    return f"t.customer_id in ({_OF_KEYS})" if "customer_id" in table.names else None


def _sql(table: Table, condition: str) -> str:
    columns = ", ".join(f"t.{identifier(name)}" for name in table.names)
    sorted_by = [name for name in ("occurred_at", "known_at", *table.key) if name in table.names]
    order = ", ".join(f"t.{identifier(name)}" for name in sorted_by)
    source = f"{identifier(table.name)} as t"
    return " ".join(("select", columns, "from", source, "where", condition, "order by", order))


ACCESS: Mapping[str, Query] = {
    table.name: Query(
        name=f"unify.access_{table.name}",
        sql=_sql(table, condition),
        inputs=tuple(sorted({table.name, *(name for name in ("interactions", "keys") if f"from {name}" in condition)})),
        parameters={"keys": "bigints"},
        output={column.name: column.type for column in table.columns},
    )
    for table in TABLES
    if table.name not in WITHOUT and (condition := _condition(table)) is not None
}
"""Table to the query of a person's rows, by `$keys`."""
