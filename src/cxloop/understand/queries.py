"""The queries of understand."""

from __future__ import annotations

from cxloop.engine.query import Query

__all__ = ["VERBATIMS", "VERBATIM_COUNT"]

# What the company itself tells people (a promise, a newsletter, an invitation) is not their voice.
_SAID = "i.text is not null and trim(i.text) <> '' and i.kind not in ('reply', 'treatment', 'promise')"

VERBATIMS = Query(
    name="understand.verbatims",
    sql=f"""
        select
            i.interaction_id, $customer as customer_id, i.occurred_at, i.kind, i.text, i.language,
            i.metric, i.score, i.scale_max, c.touchpoint, c.channel
        from $log
        where {_SAID} and $where
        order by $order, i.occurred_at desc, i.interaction_id
        limit $rows
    """,
    inputs=("interactions", "event_catalogue", "customer_keys"),
    parameters={"rows": "bigint"},
    slots=("log", "where", "customer", "order"),
    output={
        "interaction_id": "bigint",
        "customer_id": "bigint",
        "occurred_at": "timestamp",
        "kind": "text",
        "text": "text",
        "language": "text",
        "metric": "text",
        "score": "double",
        "scale_max": "double",
        "touchpoint": "text",
        "channel": "text",
    },
)

VERBATIM_COUNT = Query(
    name="understand.verbatim_count",
    sql=f"select count(*) as total from $log where {_SAID} and $where",
    inputs=("interactions", "event_catalogue"),
    slots=("log", "where"),
    output={"total": "bigint"},
)
