"""The queries of what stands behind a number."""

from __future__ import annotations

from cxloop.engine.query import Query

__all__ = ["BEHIND", "BEHIND_COUNT"]

BEHIND = Query(
    name="measure.rows_behind",
    sql="""
        select
            i.interaction_id, $customer as customer_id, i.occurred_at, i.kind, $touchpoint as touchpoint,
            $channel as channel, cast(i.score as double) as score, i.scale_max, i.value, i.currency, i.outcome, i.text,
            i.survey_id, i.campaign
        from $log
        where $where
        order by i.occurred_at desc, i.interaction_id
        limit $rows
        offset $skip
    """,
    inputs=("interactions", "event_catalogue", "customer_keys"),
    parameters={"rows": "bigint", "skip": "bigint"},
    slots=("customer", "touchpoint", "channel", "log", "where"),
    output={
        "interaction_id": "bigint",
        "customer_id": "bigint",
        "occurred_at": "timestamp",
        "kind": "text",
        "touchpoint": "text",
        "channel": "text",
        "score": "double",
        "scale_max": "double",
        "value": "double",
        "currency": "text",
        "outcome": "text",
        "text": "text",
        "survey_id": "text",
        "campaign": "text",
    },
)
"""The rows that a number counts, the newest first: each with what it scored, its customer, and what was said."""

BEHIND_COUNT = Query(
    name="measure.rows_behind_count",
    sql="select count(*) as total from $log where $where",
    inputs=("interactions", "event_catalogue", "customer_keys"),
    slots=("log", "where"),
    output={"total": "bigint"},
)
"""How many rows a number counts."""
