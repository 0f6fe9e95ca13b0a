"""From a request of the Segment protocol to an envelope in the spool, and to the answer that says what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from cxloop.collect.http.answers import SUCCESS, Answer, RefusalError, data
from cxloop.collect.protocol import Checked, Refused, UnreadableError, check, read
from cxloop.collect.spool import Envelope

__all__ = ["WHOLE", "Key", "Keys", "Plans", "TrackingVerdict", "answer_to", "spooled", "understood"]

WHOLE = -1
"""In place of an event's index: the request as a whole was refused."""


class Key(Protocol):
    """What a write key says of the events that come with it."""

    @property
    def key_id(self) -> int:
        """Which key."""

    @property
    def source(self) -> str:
        """Whose events they are."""

    @property
    def origins(self) -> tuple[str, ...]:
        """The sites whose pages may use it; none means any."""

    @property
    def test(self) -> bool:
        """Whether its events are only a test."""


class Keys(Protocol):
    """Knows write keys."""

    def find(self, secret: str) -> Key | None:
        """Returns the key with this secret, without a query."""


class TrackingVerdict(Protocol):
    """What a tracking plan says of an event that does not fit."""

    @property
    def mode(self) -> str:
        """flag or reject."""

    @property
    def reason(self) -> str:
        """A sentence without the event's values."""


class Plans(Protocol):
    """Knows tracking plans."""

    def enforced(self, source: str) -> bool:
        """Whether any event of the source may get a verdict."""

    def check(self, source: str, event: Mapping[str, Any]) -> TrackingVerdict | None:
        """Returns what to do with an event that does not fit; None for one that does."""


def understood(endpoint: str, body: bytes, encoding: str) -> Checked | UnreadableError:
    """Returns what a body holds, or why nothing in it can be read."""
    try:
        return check(endpoint, body, encoding)
    except UnreadableError as failure:
        return failure


def refused_by_plan(plans: Plans, source: str, endpoint: str, body: bytes, encoding: str) -> list[Refused]:
    """Returns the events that could be used, and that the tracking plan of their source refuses."""
    if not plans.enforced(source):
        return []
    found = []
    for accepted in read(endpoint, body, encoding).events:
        verdict = plans.check(source, {**_decoded(accepted.raw), "type": accepted.event.type})
        if verdict is not None and verdict.mode == "reject":
            found.append(
                Refused(accepted.index, "tracking_plan", verdict.reason, accepted.event.message_id, bytes(accepted.raw))
            )
    return found


def _decoded(raw: bytes | msgspec.Raw) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, ValueError):  # a number that no machine can hold: the loader will say so
        return {}
    return found if isinstance(found, dict) else {}


def spooled(
    key: Key, now: int, body: bytes, about: dict[str, Any], found: Checked | UnreadableError, refused: Sequence[Refused]
) -> Envelope:
    """Returns the envelope of a request; what was refused travels with it, so that the loader files it as rejected.

    Args:
        key: whose it is.
        now: the moment of the request.
        body: as received.
        about: what else is kept of it.
        found: what it holds.
        refused: its events that were refused, by whatever.
    """
    if isinstance(found, UnreadableError):
        about["refused"] = [[WHOLE, found.why, found.message]]
        return Envelope(key.source, "segment", now, body, 0, about)
    if refused:
        about["refused"] = [[each.index, each.code, each.reason] for each in refused]
    return Envelope(key.source, "segment", now, body, found.total, about)


def answer_to(found: Checked | UnreadableError, refused: Sequence[Refused]) -> Answer:
    """Returns the answer to a request that is on the disk now."""
    if isinstance(found, UnreadableError):
        return RefusalError(found.status, found.why, found.message).answer
    if not refused:
        return SUCCESS
    total = found.total
    accepted = total - len(refused)
    content: dict[str, Any] = {
        "success": accepted > 0,
        "accepted": accepted,
        "rejected": [_shown(each) for each in refused],
    }
    if accepted:
        return data(200, content)
    one = refused[0].code if total == 1 else "rejected"
    said = refused[0].reason if total == 1 else f"None of the {total:,} events can be used; `rejected` says why."
    return data(400, {**content, "code": one, "message": said})


def _shown(refused: Refused) -> dict[str, Any]:
    return {
        "index": refused.index,
        "messageId": refused.message_id,
        "code": refused.code,
        "reason": refused.reason,
    }
