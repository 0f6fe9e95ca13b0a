"""The queries of identity that others build on: how far ledger and log have come, and whom the latest entries touch."""

from __future__ import annotations

from cxloop.engine.query import Query

__all__ = [
    "ENTRIES_PER_BATCH",
    "GONE_CUSTOMERS",
    "POSITION",
    "TOUCHED_CUSTOMERS",
    "TOUCHED_KEYS",
    "batch_of",
    "entry_of",
]

ENTRIES_PER_BATCH = 2**32
"""A position is the latest batch times this, plus the number of the latest entry of the ledger."""

POSITION = Query(
    name="unify.position",
    sql=f"""
        select
            (select coalesce(max(batch), 0) from interactions where batch >= $since // {ENTRIES_PER_BATCH})
            * {ENTRIES_PER_BATCH}
            + (select coalesce(max(entry_id), 0) from identity_links where entry_id >= $since % {ENTRIES_PER_BATCH})
            as position
    """,
    inputs=("interactions", "identity_links"),
    parameters={"since": "bigint"},
    output={"position": "bigint"},
)
"""How far log and ledger have come: the position of whatever depends on both."""

TOUCHED_KEYS = """
    select key_id from interactions where batch > $batch and key_id is not null
    union
    select key_id from customer_keys where changed > $entry
    union
    select customer_id as key_id from customer_keys where changed > $entry
"""
"""SQL of the keys of whom there is something new since a position: in the log, or whose customer changed.

With a key that left a customer, that customer changed as well, and is called by a key of its own.
"""

TOUCHED_CUSTOMERS = f"""
    select distinct coalesce(m.customer_id, t.key_id) as customer_id
    from ({TOUCHED_KEYS}) as t
    left join customer_keys as m on m.key_id = t.key_id and m.until is null
"""
"""SQL of the present customers of those keys. Customers that were merged away are not among them: see GONE."""

GONE_CUSTOMERS = Query(
    name="unify.gone_customers",
    sql="""
        select key_id as customer_id from customer_keys
        where changed > $entry and until is null and customer_id <> key_id
    """,
    inputs=("customer_keys",),
    parameters={"entry": "bigint"},
    output={"customer_id": "bigint"},
)
"""Customers that are no more since an entry of the ledger, and perhaps have not been for longer."""


def batch_of(position: int | None) -> int:
    """Returns the batch of a position: -1, which is before all of them, where there is none."""
    return -1 if position is None else position // ENTRIES_PER_BATCH


def entry_of(position: int | None) -> int:
    """Returns the entry of the ledger of a position: -1, which is before all of them, where there is none."""
    return -1 if position is None else position % ENTRIES_PER_BATCH
