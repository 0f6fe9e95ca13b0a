"""What arrives from where: is every source still sending?"""

from __future__ import annotations

from datetime import timedelta

from cxloop.collect.results import Sources
from cxloop.core.wording import count
from cxloop.engine.query import Query
from cxloop.store.context import Operations

__all__ = ["ARRIVALS", "RECENT", "list_sources"]

RECENT = timedelta(days=7)

ARRIVALS = Query(
    name="collect.arrivals",
    sql="""select source, count(*) as interactions, min(occurred_at) as first_at, max(occurred_at) as last_at,
            max(received_at) as received_at,
            count(case when occurred_at >= $recent then 1 end) as recent
        from interactions group by source order by interactions desc, source""",
    inputs=("interactions",),
    parameters={"recent": "timestamp"},
    output={
        "source": "text",
        "interactions": "bigint",
        "first_at": "timestamp",
        "last_at": "timestamp",
        "received_at": "timestamp",
        "recent": "bigint",
    },
)


def list_sources(ws: Operations) -> Sources:
    """Returns one row per source of the log, the largest first."""
    found = ws.engine.fetch(ARRIVALS, {"recent": ws.as_of - RECENT})
    rows = tuple(tuple(row.values()) for row in found.to_pylist())
    total = sum(int(number.as_py()) for number in found["interactions"])
    noun = "source" if len(rows) == 1 else "sources"
    summary = f"{count(len(rows))} {noun}, {count(total)} interactions." if rows else "Nothing has arrived yet."
    return Sources(summary, tuple(found.column_names), rows)
