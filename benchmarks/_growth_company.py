"""A company of any number of interactions, drawn in SQL and written through an engine's public door.

Two years in order of time: touches, carts, orders and answers over five channels, twenty interactions of a customer on
average, one customer in ten known by two keys, and one customer with a hundredth of everything, up to a million.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import duckdb

from cxloop.engine.base import Engine

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["EACH", "SKEWED_UP_TO", "batch", "fill"]

EACH = 20
"""Interactions of a customer, on average."""
SKEWED_UP_TO = 100_000_000
"""Of the interactions before this one, every hundredth is the busy customer's: a million at most."""
CHUNK = 1_000_000

# Of 40 event codes: 0 and 1 NPS, 2 CSAT, 3 and 4 carts, 5 to 8 orders, the rest touches.
DRAWN = """
    select
        (hash(i) >> 1)::bigint as interaction_id, 'm' || i as message_id, i as content_hash, 1 + i // 100000 as batch,
        timestamp '2024-01-01' + interval (i * 63072000 // $interactions) second as occurred_at,
        occurred_at as received_at, occurred_at as known_at, i as ordinal, 'shop' as source,
        (hash(i + 1) % 40)::integer as event_code,
        case when i % 100 = 0 and i < $skewed then 1 else (2 + hash(i + 2) % ($keys - 1))::bigint end as key_id,
        case when event_code < 3 then 'answer' when event_code between 5 and 8 then 'order' else 'touch' end as kind,
        case when event_code < 2 then 'nps' when event_code = 2 then 'csat' end as metric,
        case
            when event_code < 2 then [0, 3, 5, 6, 7, 7, 8, 8, 9, 9, 10, 10][1 + (hash(i + 3) % 12)::integer]
            when event_code = 2 then [1, 2, 3, 4, 4, 5, 5, 5][1 + (hash(i + 3) % 8)::integer]
        end::double as score,
        case when event_code < 2 then 0.0 when event_code = 2 then 1.0 end as scale_min,
        case when event_code < 2 then 10.0 when event_code = 2 then 5.0 end as scale_max,
        case when event_code < 3 and hash(i + 4) % 3 = 0 then 'Parcel ' || i || ' came late, and nobody knew why.' end
            as text,
        case when kind = 'order' then (hash(i + 5) % 20000) / 100.0 end as value,
        case when kind = 'order' then 'EUR' end as currency
    from range($first, $last) as numbers(i)
"""
CODES = """
    select i::integer as event_code, 'shop' as source,
        case when i < 3 then 'answer' when i between 5 and 8 then 'order' else 'touch' end as kind,
        'event-' || i as name, case when i in (3, 4) then 'cart' end as claimed_touchpoint,
        ['web', 'app', 'email', 'phone', 'store'][1 + i % 5] as claimed_channel
    from range(40) as numbers(i)
"""
KEYS = "select 1 + i as key_id, 'shop' as namespace, 'user_id' as type, 'user-' || i as value from range($keys) as n(i)"
OWNERS = """
    select unnest([i, i + 1]) as key_id, i as customer_id, timestamp '2024-01-01' as since, 1 as changed
    from range(11, $keys, 10) as n(i)
"""
# Nine in ten by customers who are there, the others by new ones.
BATCH = """
    select 'live-' || i as message_id, 'shop' as source, kind, 'event-' || code as name, 'shop' as key_namespace,
        'user_id' as key_type, case when i % 10 = 0 then 'new-' || i else 'user-' || (hash(i + 9) % $keys) end
            as key_value,
        timestamp '2025-12-31' + interval (i % 86400) second as occurred_at,
        case when code = 1 then 'nps' end as metric, case when code = 1 then (hash(i + 3) % 11)::double end as score,
        case when code = 1 then 0.0 end as scale_min, case when code = 1 then 10.0 end as scale_max,
        case when kind = 'order' then 49.9 end as value, case when kind = 'order' then 'EUR' end as currency
    from (
        select i, (hash(i + 1) % 40)::integer as code,
            case when code < 3 then 'answer' when code between 5 and 8 then 'order' else 'touch' end as kind
        from range($first, $last) as numbers(i)
    )
"""


def fill(engine: Engine, interactions: int, chunk: int = CHUNK) -> None:
    """Writes the company.

    Args:
        engine: with empty tables.
        interactions: how many.
        chunk: rows that are appended at once.
    """
    keys = {"keys": interactions // EACH}
    with duckdb.connect() as source:
        engine.append("keys", _drawn(source, KEYS, keys))
        engine.append("customer_keys", _drawn(source, OWNERS, keys))
        engine.append("event_codes", _drawn(source, CODES, {}))
        for first in range(0, interactions, chunk):
            values = {"first": first, "last": min(first + chunk, interactions), "interactions": interactions}
            engine.append("interactions", _drawn(source, DRAWN, values | keys | {"skewed": SKEWED_UP_TO}))


def batch(interactions: int, number: int, rows: int) -> pa.Table:
    """Returns new rows for `admit`: the batch of a number, none of which is in another."""
    values = {"first": number * rows, "last": (number + 1) * rows, "keys": interactions // EACH}
    with duckdb.connect() as source:
        drawn: pa.Table = _drawn(source, BATCH, values)
    return drawn


def _drawn(source: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, int]) -> Any:
    return source.sql(sql, params=dict(values)).to_arrow_table()
