"""One step of the loader: read from the spool, decode, commit with the place, forget. The package says what holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from cxloop.collect.loader.batch import Batch, whole
from cxloop.collect.loader.place import Totals, keep_rejects, keep_totals, totals
from cxloop.collect.loader.segment import Segment, told
from cxloop.core.errors import CxloopError, InputError
from cxloop.engine.loading import Admission

if TYPE_CHECKING:
    from cxloop.collect.loader.segment import PlanCheck
    from cxloop.collect.spool import Envelope, Spool, Spooled
    from cxloop.store.context import Operations

__all__ = ["BATCH_BYTES", "CONFLICT", "Decoder", "Loaded", "Loader", "commit"]

BATCH_BYTES = 32_000_000
"""Of the bodies of one batch: some 90,000 events of 360 bytes, so that looking through all hashes of the log is shared
by many, and memory stays within some 300 MB."""
CONFLICT = "The message id has come before with another content. The first is kept."
_NOTHING = Admission(0, 0, 0, 0)


class Decoder(Protocol):
    """Reads the requests of one format."""

    def begin(self) -> None:
        """Begins a batch."""

    def add(self, batch: Batch, seq: int, envelope: Envelope) -> None:
        """Adds what one request holds to a batch."""


class HandedOn:
    """The decoder of requests that a connector loads itself, through its mapping."""

    def begin(self) -> None:
        """Begins a batch."""

    def add(self, batch: Batch, seq: int, envelope: Envelope) -> None:
        """Puts a request to those of its connection."""
        from cxloop.collect.spool import Spooled

        batch.handed_on.setdefault(envelope.source, []).append(Spooled(seq, envelope))


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one step did.

    Attributes:
        more: whether there may be more in the spool: the step was as large as it may be.
    """

    requests: int
    bytes: int
    admitted: int
    already_there: int
    rejected: int
    seconds: float
    more: bool

    @property
    def events(self) -> int:
        """Events that found their place."""
        return self.admitted + self.already_there + self.rejected


class Loader:
    """Loads one spool into one workspace."""

    def __init__(self, ws: Operations, spool: Spool, plans: PlanCheck | None = None) -> None:
        """Takes an open workspace and its spool.

        Args:
            ws: the workspace.
            spool: its spool.
            plans: the tracking plans, where there are any.
        """
        self._ws = ws
        self._spool = spool
        self.decoders: dict[str, Decoder] = {"segment": Segment(plans), "webhook": HandedOn()}
        self.totals = totals(ws.engine)
        spool.continue_after(self.totals.position)

    def step(self, most_bytes: int = BATCH_BYTES) -> Loaded | None:
        """Loads what waits, up to `most_bytes`; returns None where nothing does.

        Raises:
            SpoolError: the spool cannot be read.
            CxloopError: the engine cannot write; nothing was loaded, and the requests wait in the spool.
        """
        started, before = perf_counter(), self.totals
        waiting = self._spool.read(before.position, most_bytes)
        if not waiting:
            return None
        self._load(waiting)
        self._spool.forget(waiting[-1].seq)
        now, size = self.totals, sum(len(each.envelope.body) for each in waiting)
        return Loaded(
            requests=len(waiting),
            bytes=size,
            admitted=now.admitted - before.admitted,
            already_there=now.already_there - before.already_there,
            rejected=now.rejected - before.rejected,
            seconds=perf_counter() - started,
            more=size >= most_bytes // 2,
        )

    def _load(self, waiting: Sequence[Spooled]) -> None:
        """Commits requests; halves them where the engine refuses, down to the one that is set aside."""
        try:
            self._commit(self._decoded(waiting), waiting[-1].seq)
        except OSError:
            raise
        except Exception as failure:
            if len(waiting) > 1:
                half = len(waiting) // 2
                self._load(waiting[:half])
                self._load(waiting[half:])
            else:
                self._set_aside(waiting[0], failure)

    def _decoded(self, waiting: Sequence[Spooled]) -> Batch:
        batch = Batch()
        for decoder in self.decoders.values():
            decoder.begin()
        for each in waiting:
            decode(self.decoders, batch, each)
        return batch

    def _set_aside(self, one: Spooled, failure: Exception) -> None:
        """Puts a request that cannot be loaded into `rejected`, whole; where not even that works, `failure` stands."""
        said = failure.message if isinstance(failure, InputError) else type(failure).__name__
        batch = Batch()
        reason = f"The request could not be loaded ({said}). It is kept whole, and can be replayed."
        batch.rejects.append(whole(one.envelope, told(one.envelope, one.seq), "not_loaded", reason))
        try:
            self._commit(batch, one.seq, requests=1)
        except CxloopError:
            raise failure from None

    def _commit(self, batch: Batch, through: int, requests: int | None = None) -> None:
        for connection, spooled in batch.handed_on.items():
            _hand_on(self._ws, connection, spooled)  # durable by itself, and known again by its place
        with self._ws.engine.transaction():
            admission = commit(self._ws, batch)
            before = self.totals
            after = Totals(
                position=through,
                requests=before.requests + (batch.requests if requests is None else requests),
                admitted=before.admitted + admission.admitted,
                already_there=before.already_there + admission.already_there,
                rejected=before.rejected + len(batch.rejects),
                bots=before.bots + batch.rows.flagged("bot"),
                tests=before.tests + batch.rows.flagged("test"),
                updated_at=self._ws.now(),
            )
            keep_totals(self._ws.engine, after)
        self.totals = after


def decode(decoders: Mapping[str, Decoder], batch: Batch, one: Spooled) -> None:
    """Adds one request to a batch; one of a format that nobody knows, or whose bytes were damaged, is set aside."""
    envelope = one.envelope
    batch.requests += 1
    batch.bytes += len(envelope.body)
    decoder = decoders.get(envelope.format)
    if decoder is not None:
        decoder.add(batch, one.seq, envelope)
        return
    damaged = envelope.format == "damaged"
    reason = (
        "The spool's bytes of this request are not those that were written."
        if damaged
        else f"Nothing here reads the format {envelope.format!r}."
    )
    code = "damaged" if damaged else "unknown_format"
    batch.rejects.append(whole(envelope, told(envelope, one.seq), code, reason))


def commit(ws: Operations, batch: Batch) -> Admission:
    """Admits the rows of a batch and keeps its rejects, inside the caller's transaction."""
    now = ws.now()
    admission = _NOTHING
    if len(batch.rows):
        admission = ws.engine.admit(batch.rows.table(), now=now, keep_conflicts=False)
        for place in admission.conflicting:
            batch.reject(batch.origins[place], batch.rows.name_of(place), "conflict", CONFLICT)
    keep_rejects(ws.engine, batch.rejects, now)
    return admission


def _hand_on(ws: Operations, connection: str, spooled: Sequence[Spooled]) -> None:
    from cxloop.collect.connectors.webhook.loading import load

    load(ws, connection, spooled)


