"""What customers said on public pages, on its way into the log: like anybody's event, and exactly once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cxloop.engine.query import Query
from cxloop.store.messages import preferences
from cxloop.store.messages.preferences import Said

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["KEYS_OF_STATEMENTS", "log_statements"]

SOURCE = "cxloop"
"""The source of what is written down here."""
AT_ONCE = 1000
KEYS_OF_STATEMENTS = Query(
    name="collect.keys_of_statements",
    sql="select key_id, namespace, type, value from keys where key_id in (select unnest($keys))",
    inputs=("keys",),
    parameters={"keys": "bigints"},
    output={"key_id": "bigint", "namespace": "text", "type": "text", "value": "text"},
)


def log_statements(ws: Operations) -> int:
    """Adds what was said since to the log, and returns how many statements there were.

    The name of each row comes from its record: killed before the record says so, the log refuses it the next time.
    Somebody who was erased meanwhile has no key any more; what they said is not written.
    """
    said = preferences.unlogged(ws.store, AT_ONCE)
    if not said:
        return 0
    keys = {each.key_id for each in said}
    known = {row["key_id"]: row for row in ws.engine.fetch(KEYS_OF_STATEMENTS, {"keys": sorted(keys)}).to_pylist()}
    rows = [_row(each, known[each.key_id]) for each in said if each.key_id in known]
    if rows:
        with ws.heavy:
            _admit(ws, rows)
    preferences.mark_logged(ws.store, [each.id for each in said])
    return len(said)


def _row(said: Said, key: dict[str, Any]) -> dict[str, Any]:
    told = [said.purpose, said.channel, str(said.granted).lower(), None, None, None, said.evidence, None]
    return {
        "message_id": f"statement:{said.id}",
        "source": SOURCE,
        "kind": "consent",
        "name": "consent given" if said.granted else "consent refused",
        "channel": said.channel,
        "key_namespace": key["namespace"],
        "key_type": key["type"],
        "key_value": key["value"],
        "occurred_at": said.said_at,
        "consents": json.dumps([told]),
    }


def _admit(ws: Operations, rows: Sequence[dict[str, Any]]) -> None:
    import pyarrow as pa

    types = {"occurred_at": pa.timestamp("us")}
    columns = {name: pa.array([row[name] for row in rows], types.get(name, pa.string())) for name in rows[0]}
    ws.engine.admit(pa.table(columns), now=ws.now())
