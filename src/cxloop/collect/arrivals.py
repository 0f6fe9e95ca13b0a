"""What arrives from where: is every source still sending?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cxloop.collect.results import Sources
from cxloop.core.wording import count
from cxloop.engine.query import Query
from cxloop.store.context import Operations

__all__ = ["ARRIVALS", "RECENT", "list_sources"]

RECENT = timedelta(days=7)

DAYS = RECENT.days
_DAY_COLUMNS = tuple(f"day_{place}" for place in range(1, DAYS + 1))

ARRIVALS = Query(
    name="collect.arrivals",
    sql="""select source, count(*) as interactions, min(occurred_at) as first_at, max(occurred_at) as last_at,
            max(received_at) as received_at,
            count(case when occurred_at >= $day_1 then 1 end) as recent,
            count(case when traffic = 'bot' then 1 end) as bots, count(case when traffic = 'test' then 1 end) as tests,
            count(case when occurred_at >= $day_1 and occurred_at < $day_2 then 1 end) as day_1,
            count(case when occurred_at >= $day_2 and occurred_at < $day_3 then 1 end) as day_2,
            count(case when occurred_at >= $day_3 and occurred_at < $day_4 then 1 end) as day_3,
            count(case when occurred_at >= $day_4 and occurred_at < $day_5 then 1 end) as day_4,
            count(case when occurred_at >= $day_5 and occurred_at < $day_6 then 1 end) as day_5,
            count(case when occurred_at >= $day_6 and occurred_at < $day_7 then 1 end) as day_6,
            count(case when occurred_at >= $day_7 then 1 end) as day_7
        from interactions group by source order by interactions desc, source""",
    inputs=("interactions",),
    parameters=dict.fromkeys(_DAY_COLUMNS, "timestamp"),
    output={
        "source": "text",
        "interactions": "bigint",
        "first_at": "timestamp",
        "last_at": "timestamp",
        "received_at": "timestamp",
        "recent": "bigint",
        "bots": "bigint",
        "tests": "bigint",
        **dict.fromkeys(_DAY_COLUMNS, "bigint"),
    },
)


def list_sources(ws: Operations) -> Sources:
    """Returns one row per source of the log, the largest first."""
    starts = {f"day_{place + 1}": ws.as_of - RECENT + timedelta(days=place) for place in range(DAYS)}
    found = ws.engine.fetch(ARRIVALS, starts)
    columns = tuple(name for name in found.column_names if name not in _DAY_COLUMNS)
    rows = tuple((*(row[name] for name in columns), _daily(row)) for row in found.to_pylist())
    total = sum(int(number.as_py()) for number in found["interactions"])
    noun = "source" if len(rows) == 1 else "sources"
    summary = f"{count(len(rows))} {noun}, {count(total)} interactions." if rows else "Nothing has arrived yet."
    return Sources(summary, (*columns, "daily"), rows)


def _daily(row: Mapping[str, Any]) -> str:
    """The last seven times 24 hours, the oldest first, as one text: a cell of a table holds one value."""
    return " ".join(str(row[name]) for name in _DAY_COLUMNS)
