"""The decoder of the format "segment": requests of the Segment protocol, kept by the collector as they came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from cxloop.collect.loader.agents import Agents
from cxloop.collect.loader.batch import Batch, Origins, whole
from cxloop.collect.loader.mapping import Mapper, Origin
from cxloop.collect.loader.plain import PlainBatch, plain
from cxloop.collect.loader.times import microseconds
from cxloop.collect.loader.views import Parts
from cxloop.collect.protocol import Accepted, Request, UnreadableError, read

if TYPE_CHECKING:
    from cxloop.collect.spool import Envelope

__all__ = ["PlanCheck", "Segment", "Verdict", "origins", "told"]

_parts = msgspec.json.Decoder(Parts).decode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Verdict(Protocol):
    """What a tracking plan says of an event that does not fit it."""

    @property
    def mode(self) -> str:
        """flag or reject."""

    @property
    def reason(self) -> str:
        """Why it does not fit, in a sentence."""


class PlanCheck(Protocol):
    """The tracking plans of a workspace."""

    def enforced(self, source: str) -> bool:
        """Whether any event of a source may get a verdict; where not, no event is decoded for it."""

    def check(self, source: str, event: Mapping[str, Any]) -> Verdict | None:
        """Returns the verdict on an event, None where it fits."""


class Segment:
    """Reads requests of the Segment protocol into batches."""

    def __init__(self, plans: PlanCheck | None = None, *, enforce: bool = False) -> None:
        """Makes a decoder.

        Args:
            plans: the tracking plans; None where there are none.
            enforce: whether a plan may still reject: the collector did so already, except when rejects are replayed.
        """
        self._agents = Agents()
        self._plans = plans
        self._enforce = enforce

    def begin(self) -> None:
        """Begins a batch."""
        self._agents.begin_batch()

    def add(self, batch: Batch, seq: int, envelope: Envelope, first: int = 0) -> None:
        """Adds the events of one request.

        Args:
            batch: to add to.
            seq: of the request in the spool.
            envelope: the request.
            first: place of its first event; a replayed event keeps the place that it had.
        """
        about = envelope.about
        endpoint = str(about.get("endpoint", "batch"))
        if endpoint == "batch" and not about.get("refused") and not self._watched(envelope.source):
            found = plain(envelope.body, str(about.get("encoding") or ""))
            if found is not None and self._add_plain(batch, seq, envelope, found, first):
                return
        try:
            request = read(endpoint, envelope.body, str(about.get("encoding") or ""))
        except UnreadableError as failure:
            batch.rejects.append(whole(envelope, told(envelope, seq), failure.why, failure.message))
            return
        self._add_events(batch, seq, envelope, request, first)

    def _watched(self, source: str) -> bool:
        return self._plans is not None and self._plans.enforced(source)

    def _add_plain(self, batch: Batch, seq: int, envelope: Envelope, found: PlainBatch, first: int) -> bool:
        """Adds a plain batch; returns False, with nothing added, where one of its events needs the long way."""
        mapper, origin, at = Mapper(self._agents, batch.rows), _origin(envelope, seq, found.sent_at), len(batch.rows)
        try:
            for place, event in enumerate(found.batch, first):
                mapper.add(origin, event, event.parts, place)
        except (ValueError, TypeError, OverflowError, RecursionError):
            batch.rows.take_back(at)
            return False
        batch.origins += [(seq, envelope, place) for place in range(len(found.batch))]
        return True

    def _add_events(self, batch: Batch, seq: int, envelope: Envelope, request: Request, first: int) -> None:
        known = told(envelope, seq, request)
        refused = {int(place): (str(code), str(reason)) for place, code, reason in envelope.about.get("refused") or ()}
        mapper, origin = Mapper(self._agents, batch.rows), _origin(envelope, seq, request.sent_at)
        watched = self._watched(envelope.source)
        for accepted in request.events:
            place, event, raw = accepted.index, accepted.event, accepted.raw
            if place in refused:
                batch.reject((known, first + place, raw), event.event or event.type, *refused[place])
                continue
            plan = self._verdict(envelope.source, accepted) if watched else None
            if plan is not None and self._enforce and plan.mode == "reject":
                batch.reject((known, first + place, raw), event.event or event.type, "tracking_plan", plan.reason)
                continue
            at = len(batch.rows)
            try:
                parts = _parts(raw) if request.context is None else _with_context(raw, request)
                mapper.add(origin, event, parts, first + place, None if plan is None else plan.reason)
            except (ValueError, TypeError, OverflowError, RecursionError) as failure:
                batch.rows.take_back(at)
                reason = f"The event cannot be read ({type(failure).__name__})."  # its words may hold a person's data
                batch.reject((known, first + place, raw), event.event or event.type, "unreadable", reason)
                continue
            batch.origins.append((seq, envelope, place))
        for bad in request.refused:
            why = refused.get(bad.index, (bad.code, bad.reason))
            batch.reject((known, first + bad.index, bad.raw), None, *why)

    def _verdict(self, source: str, accepted: Accepted) -> Verdict | None:
        assert self._plans is not None
        event = msgspec.json.decode(accepted.raw)
        return self._plans.check(source, {**event, "type": accepted.event.type})


def origins(seq: int, envelope: Envelope, place: int) -> Origins:
    """Returns what a reject has to know of an event that was a row: read once more, since hardly any is rejected."""
    request = read(
        str(envelope.about.get("endpoint", "batch")), envelope.body, str(envelope.about.get("encoding") or "")
    )
    return told(envelope, seq, request), place, next(each.raw for each in request.events if each.index == place)


def told(envelope: Envelope, seq: int, request: Request | None = None) -> dict[str, Any]:
    """Returns what a replay has to know of a request beside the event: the wire format of a reject's `request`."""
    about = {name: value for name, value in envelope.about.items() if name != "refused" and value}
    found = {
        "source": envelope.source,
        "format": envelope.format,
        "seq": seq,
        "received_at": envelope.received_at,
        **about,
    }
    if request is not None:
        found.pop("encoding", None)  # the event stands here unpacked
        if request.sent_at is not None:
            found["sent_at"] = request.sent_at.isoformat()
        if request.context is not None:
            found["context"] = request.context
    return found


def _origin(envelope: Envelope, seq: int, sent_at: datetime | None) -> Origin:
    about = envelope.about
    return Origin(
        source=envelope.source,
        seq=seq,
        received_at=envelope.received_at,
        sent_at=None if sent_at is None else microseconds(sent_at),
        user_agent=str(about.get("user_agent") or ""),
        ip=str(about.get("ip") or ""),
        test=bool(about.get("test")),
    )


def _with_context(raw: bytes | msgspec.Raw, request: Request) -> Parts:
    """The parts of an event of a batch whose context holds for all, as far as the event does not say otherwise."""
    parts = _parts(raw)
    own = _members(parts.context) if parts.context else {}
    merged = msgspec.Raw(msgspec.json.encode({**(request.context or {}), **own}))
    return msgspec.structs.replace(parts, context=merged)
