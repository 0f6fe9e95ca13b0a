"""What has just arrived: for whoever sets a sender up, and wants to see that its events get through as they should."""

from __future__ import annotations

from cxloop.collect.results import Latest
from cxloop.core.wording import many
from cxloop.engine.query import Query
from cxloop.store.context import Operations

__all__ = ["LATEST", "list_latest"]

# What arrived is chosen first, so that the names are looked up for a few rows only. It tells nobody's identifier, only
# of which type it is: a page that renews itself would write an entry of the audit log each time.
LATEST = Query(
    name="collect.latest",
    sql="""
        with arrived as (
            select
                batch, received_at, interaction_id, occurred_at, source, kind, event_code, key_id, traffic, properties
            from interactions
            where $source is null or source = $source
            order by batch desc, received_at desc, interaction_id limit $most
        )
        select
            a.received_at, a.occurred_at, a.source, e.name, a.kind, e.path, k.type as known_by,
            c.channel, c.touchpoint, a.traffic, cx_property(a.properties, 'tracking_plan') as flagged
        from arrived as a
        left join event_codes as e on e.event_code = a.event_code
        left join event_catalogue as c on c.event_code = a.event_code
        left join keys as k on k.key_id = a.key_id
        order by a.batch desc, a.received_at desc, a.interaction_id
    """,
    inputs=("interactions", "event_codes", "event_catalogue", "keys"),
    parameters={"source": "text", "most": "bigint"},
    output={
        "received_at": "timestamp",
        "occurred_at": "timestamp",
        "source": "text",
        "name": "text",
        "kind": "text",
        "path": "text",
        "known_by": "text",
        "channel": "text",
        "touchpoint": "text",
        "traffic": "text",
        "flagged": "text",
    },
)


def list_latest(ws: Operations, source: str | None, limit: int) -> Latest:
    """Returns what arrived last, the latest first."""
    found = ws.engine.fetch(LATEST, {"source": source, "most": limit})
    rows = tuple(tuple(row.values()) for row in found.to_pylist())
    of = f" of {source}" if source else ""
    if not rows:
        return Latest(f"Nothing{of} has arrived yet.", tuple(found.column_names), ())
    flagged = sum(row[-1] is not None for row in rows)
    wrong = f"; {many(flagged, 'event')} {'breaks' if flagged == 1 else 'break'} the tracking plan" if flagged else ""
    return Latest(f"The latest {many(len(rows), 'interaction')}{of}{wrong}.", tuple(found.column_names), rows)
