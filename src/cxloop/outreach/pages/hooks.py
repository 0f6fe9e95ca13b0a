"""What machines tell of messages: receipts of a gateway (`/u/-/receipts/CHANNEL`), returned mail (`/u/-/bounces`).

A receipt is signed as what the gateway was sent. Returned mail needs no secret: it names a message by a signature that
only its recipient and the servers on the way have seen, and can do no more than they could with its unsubscribe link.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cxloop.outreach.bounces import read_notice, take_notice, take_receipt
from cxloop.outreach.channels.webhook.signing import is_signed

if TYPE_CHECKING:
    from cxloop.core.config import Settings
    from cxloop.store.base import Store

__all__ = ["BOUNCES", "RECEIPTS", "bounced", "receipts"]

BOUNCES = "/u/-/bounces"
RECEIPTS = "/u/-/receipts/"
_MOST_RECEIPTS = 1000
_STATES = frozenset({"delivered", "failed", "bad_address", "complained"})


def receipts(
    store: Store, settings: Settings, channel: str, headers: Mapping[str, str], body: bytes, now: float
) -> tuple[int, str]:
    """Takes receipts of a gateway in, and returns the status and the word of the answer.

    Args:
        store: the records.
        settings: name the secret of each gateway.
        channel: from the address: sms or whatsapp.
        headers: names in lower case.
        body: one receipt or a list of them: {"id": ..., "state": ...}.
        now: seconds since 1970.
    """
    gateway = {"sms": settings.outreach.sms, "whatsapp": settings.outreach.whatsapp}.get(channel)
    secret = os.environ.get(gateway.secret.removeprefix("env:"), "") if gateway is not None else ""
    if not secret:
        return 404, "not_found"
    if not is_signed(secret, headers, now, body):
        return 401, "signature"
    told = _read(body)
    if told is None:
        return 400, "payload"
    for reference, state in told:
        take_receipt(store, reference, state)
    return 200, "taken"


def bounced(store: Store, body: bytes) -> tuple[int, str]:
    """Takes a returned mail in; the answer is the same whatever it was, so that nobody learns anything by asking."""
    take_notice(store, read_notice(body))
    return 202, "taken"


def _read(body: bytes) -> list[tuple[str, str]] | None:
    try:
        told: Any = json.loads(body)
    except ValueError:
        return None
    rows = told if isinstance(told, list) else [told]
    found = [(str(row.get("id", "")), str(row.get("state", ""))) for row in rows if isinstance(row, dict)]
    known = len(found) == len(rows) <= _MOST_RECEIPTS and all(name and state in _STATES for name, state in found)
    return found if known else None
