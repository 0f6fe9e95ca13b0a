"""The first phase of an erasure: gone from every answer, at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cxloop.collect.intake import open_spool
from cxloop.engine.erasure import Hiding
from cxloop.store import erasures, personal
from cxloop.store.surveys import responses
from cxloop.unify.erasure import background
from cxloop.unify.erasure.queries import NAMED
from cxloop.unify.erasure.rejects import clean_requests
from cxloop.unify.erasure.words import is_telling

if TYPE_CHECKING:
    from cxloop.store.context import Operations
    from cxloop.store.erasures import KeptErasure

__all__ = ["hide"]


def hide(ws: Operations, kept: KeptErasure) -> KeptErasure:
    """The first phase: gone from every answer. Done again after a crash, it finds what it did and goes on."""
    secret = erasures.open_secret(ws.store, kept.erasure_id)
    mode: Any = kept.mode
    telling = [value for value in secret["values"] if is_telling(value)]
    # first: once the engine has forgotten the keys, nobody knows any more whose these are
    answered = responses.forget(ws.store, _named(ws, secret["keys"]))
    with ws.engine.transaction():
        # what happened until it was asked for stays out: the same moment, however often this is done again
        rows = ws.engine.erase(secret["keys"], Hiding(mode, str(kept.erasure_id), kept.requested_at))
        requests = clean_requests(ws.engine, secret["values"], telling)
        background.forget_answers(ws.path)
    background.forget_answers(ws.path)  # also those that were computed before the end of the transaction
    records = personal.forget_keys(ws.store, secret["keys"])
    words = personal.forget_words(ws.store, telling)
    removed = [["analytics", name, amount] for name, amount in rows.items()]
    removed += [["records", name, amount] for found in (records, words) for name, amount in found.items()]
    removed += [["records", "survey_responses", answered]] if answered else []
    removed += [["analytics", "events in rejected requests", requests]] if requests else []
    spool = open_spool(ws.path, ws.settings)
    try:
        secret["spool"] = spool.state().last_seq if spool.state().requests else 0
    finally:
        spool.close()
    return erasures.change(
        ws.store, kept.erasure_id, secret=secret, state="hidden", hidden_at=ws.now(), removed=removed
    )


def _named(ws: Operations, key_ids: Sequence[int]) -> list[tuple[str, str, str]]:
    rows = ws.engine.fetch(NAMED, {"keys": list(key_ids)}).to_pylist()
    return [(row["namespace"], row["type"], row["value"]) for row in rows]
