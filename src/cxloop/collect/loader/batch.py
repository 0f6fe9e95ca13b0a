"""What a run of requests becomes before it is committed: rows, rejects, and what other decoders load themselves."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec

from cxloop.collect.loader.rows import Rows

if TYPE_CHECKING:
    from cxloop.collect.spool import Envelope, Spooled

__all__ = ["Batch", "Origins", "Reject", "whole"]

_encode = msgspec.json.Encoder().encode


class Reject(NamedTuple):
    """An event, or a whole request, that could not be taken. `raw` holds all that a replay needs."""

    source: str
    endpoint: str
    line: int | None
    interaction: str | None
    code: str
    reason: str
    raw: str


Origins: TypeAlias = tuple[Mapping[str, Any], int, bytes | msgspec.Raw]
"""Where a row came from: the request as a replay needs it, the place in it, and the event's JSON."""


@dataclass(slots=True)
class Batch:
    """A batch on its way into the log; `origins` has one entry for each row: seq, request, place."""

    rows: Rows = field(default_factory=Rows)
    origins: list[tuple[int, Envelope, int]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    handed_on: dict[str, list[Spooled]] = field(default_factory=dict)
    """Requests of the format "webhook", by connection: their connector loads them through its mapping."""
    requests: int = 0
    bytes: int = 0

    def reject(self, origins: Origins, interaction: str | None, code: str, reason: str) -> None:
        """Sets one event aside."""
        request, place, raw = origins
        endpoint, source = str(request.get("endpoint", "")), str(request["source"])
        told = {**request, "place": place}
        text = _members(b'"event":', bytes(raw), told)
        self.rejects.append(Reject(source, endpoint, place + 1, interaction, code, reason, text))


def whole(envelope: Envelope, request: Mapping[str, Any], code: str, reason: str) -> Reject:
    """Returns the reject of a request that cannot be read at all, or that cannot be loaded."""
    text = _members(b"", b"", {**request, "body": base64.b64encode(envelope.body).decode()})
    return Reject(envelope.source, str(request.get("endpoint", "")), None, None, code, reason, text)


def _members(name: bytes, event: bytes, request: Mapping[str, Any]) -> str:
    """The JSON of a reject: the event first, since people look at it."""
    if event:
        try:
            msgspec.json.decode(event)
            return (b"{" + name + event + b',"request":' + _encode(request) + b"}").decode()
        except (msgspec.DecodeError, ValueError, RecursionError):
            request = {**request, "event": base64.b64encode(event).decode()}
    return (b'{"request":' + _encode(request) + b"}").decode()
