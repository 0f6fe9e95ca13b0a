"""One step of the loader: read from the spool, decode, commit with the place, forget. The package says what holds."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from cxloop.collect.loader.batch import Batch, whole
from cxloop.collect.loader.place import Totals, keep_rejects, keep_totals, totals
from cxloop.collect.loader.redacting import redacted, redacted_rejects
from cxloop.collect.loader.segment import Segment, origins, told
from cxloop.collect.redaction import redactor_of
from cxloop.core.errors import CxloopError, InputError
from cxloop.engine.loading import Admission

if TYPE_CHECKING:
    from cxloop.collect.loader.segment import PlanCheck
    from cxloop.collect.redaction import Redactor
    from cxloop.collect.spool import AnySpool, Envelope, Spooled
    from cxloop.store.context import Operations

__all__ = ["BATCH_BYTES", "CONFLICT", "Decoder", "Loaded", "Loader", "commit"]

BATCH_BYTES = 20_000_000
"""Of the bodies of one batch: some 55,000 events of 360 bytes, so that looking through all hashes of the log is shared
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


@dataclass(frozen=True, slots=True)
class _Taken:
    """Requests that were read, and the batch that they became."""

    waiting: Sequence[Spooled]
    batch: Batch | None
    bytes: int

    @property
    def last(self) -> int:
        return self.waiting[-1].seq


@contextmanager
def _no_pauses() -> Iterator[None]:
    """Looking for garbage among 100,000 events that are all in use costs a fifth of the time, and finds nothing."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class Loader:
    """Loads one spool into one workspace."""

    def __init__(self, ws: Operations, spool: AnySpool, plans: PlanCheck | None = None) -> None:
        """Takes an open workspace and its spool.

        Args:
            ws: the workspace.
            spool: its spool.
            plans: the tracking plans, where there are any.

        Raises:
            InputError: the key to seal what redaction takes out is not there; nothing is loaded without it.
        """
        self._ws = ws
        self._spool = spool
        self.decoders: dict[str, Decoder] = {"segment": Segment(plans), "webhook": HandedOn()}
        self._redactor = redactor_of(ws.settings)
        self.totals = totals(ws.engine)
        self._helper = ThreadPoolExecutor(max_workers=1, thread_name_prefix="cxloop-decoder")
        self._ahead: Future[_Taken | None] | None = None
        spool.continue_after(self.totals.position)

    def step(self, most_bytes: int = BATCH_BYTES) -> Loaded | None:
        """Loads what waits, up to `most_bytes`; returns None where nothing does.

        Raises:
            SpoolError: the spool cannot be read.
            CxloopError: the engine cannot write; nothing was loaded, and the requests wait in the spool.
        """
        started, before = perf_counter(), self.totals
        taken = self._next(most_bytes)
        if taken is None:
            self._forget_leftovers()
            return None
        more = taken.bytes >= most_bytes // 2
        if more:  # under load the next batch is read while the engine works on this one
            self._ahead = self._helper.submit(self._take, taken.last, most_bytes)
        try:
            self._load(taken.waiting, taken.batch)
        except BaseException:
            self._ahead = None
            raise
        self._spool.forget(taken.last)
        now = self.totals
        return Loaded(
            requests=len(taken.waiting),
            bytes=taken.bytes,
            admitted=now.admitted - before.admitted,
            already_there=now.already_there - before.already_there,
            rejected=now.rejected - before.rejected,
            seconds=perf_counter() - started,
            more=more,
        )

    def close(self) -> None:
        """Lets the helper finish; the spool is the caller's."""
        self._helper.shutdown(wait=True, cancel_futures=True)

    def _forget_leftovers(self) -> None:
        """Deletes what was committed by a process that was killed before it could tell the spool, or was salvaged."""
        if self._spool.state().requests:
            self._spool.forget(self.totals.position)

    def _next(self, most_bytes: int) -> _Taken | None:
        ahead, self._ahead = self._ahead, None
        return self._take(self.totals.position, most_bytes) if ahead is None else ahead.result()

    def _take(self, after: int, most_bytes: int) -> _Taken | None:
        waiting = self._spool.read(after, most_bytes)
        if not waiting:
            return None
        size = sum(len(each.envelope.body) for each in waiting)
        try:
            with _no_pauses():
                batch = self._decoded(waiting)
        except Exception:  # noqa: BLE001 - nobody foresaw it: `_load` meets it again, and finds the request it is about
            batch = None
        return _Taken(waiting, batch, size)

    def _load(self, waiting: Sequence[Spooled], batch: Batch | None = None) -> None:
        """Commits requests; halves them where the engine refuses, down to the one that is set aside."""
        try:
            self._commit(batch or self._decoded(waiting), waiting[-1].seq)
        except OSError:
            raise
        except Exception as failure:  # noqa: BLE001 - whatever it is, one request must not hold up all others
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
            admission = commit(self._ws, batch, self._redactor)
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


def commit(ws: Operations, batch: Batch, redactor: Redactor | None = None) -> Admission:
    """Admits the rows of a batch and keeps its rejects, inside the caller's transaction; both redacted before."""
    now = ws.now()
    admission = _NOTHING
    if len(batch.rows):
        admission = ws.engine.admit(redacted(ws.engine, redactor, batch.rows.table()), now=now, keep_conflicts=False)
        for place in admission.conflicting:
            batch.reject(origins(*batch.origins[place]), batch.rows.name_of(place), "conflict", CONFLICT)
    keep_rejects(ws.engine, redacted_rejects(redactor, batch.rejects), now)
    return admission


def _hand_on(ws: Operations, connection: str, spooled: Sequence[Spooled]) -> None:
    from cxloop.collect.connectors.webhook.loading import load

    load(ws, connection, spooled)
