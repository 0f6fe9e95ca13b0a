"""What telling asks of the log: what it has already, and whose keys are behind numbers."""

from __future__ import annotations

from cxloop.engine.query import Query

__all__ = ["KEYS", "NUMBERS", "TOLD"]

TOLD = Query(
    name="collect.survey_told",
    sql="""
        select
            i.message_id, i.response_id, i.question_id, i.revises, i.occurred_at, e.name, i.metric, i.score,
            i.answer_value, i.text, i.outcome, i.properties
        from interactions as i
        inner join event_codes as e on e.event_code = i.event_code
        where i.source = 'surveys' and i.known_at >= $since and (
            i.response_id in (select unnest($responses)) or i.refers_to in (select unnest($invitations))
            or i.message_id in (select unnest($invitations))
        )
    """,
    inputs=("interactions", "event_codes"),
    parameters={"since": "timestamp", "responses": "texts", "invitations": "texts"},
    output={
        "message_id": "text",
        "response_id": "text",
        "question_id": "text",
        "revises": "text",
        "occurred_at": "timestamp",
        "name": "text",
        "metric": "text",
        "score": "double",
        "answer_value": "text",
        "text": "text",
        "outcome": "text",
        "properties": "json",
    },
)
"""The rows of some responses and invitations. Nothing was told before it was there: `since` spares most of the log."""

KEYS = Query(
    name="collect.survey_keys",
    sql="select key_id, namespace, type, value from keys where key_id in (select unnest($keys))",
    inputs=("keys",),
    parameters={"keys": "bigints"},
    output={"key_id": "bigint", "namespace": "text", "type": "text", "value": "text"},
)

NUMBERS = Query(
    name="collect.survey_numbers",
    sql="select key_id, namespace, type, value from keys where value in (select unnest($named))",
    inputs=("keys",),
    parameters={"named": "texts"},
    output={"key_id": "bigint", "namespace": "text", "type": "text", "value": "text"},
)
