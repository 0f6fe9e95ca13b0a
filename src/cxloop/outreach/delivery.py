"""Sends what is due: each message at most once, and what cannot be known is said to be in doubt.

A message is `sending` on the disk before anything of it could arrive, and `sent` after the other side's yes was read.
The yes for one message is committed together with the step to `sending` of the next one on the same connection: so
after a crash at most one message of each connection is in doubt, and a commit serves all connections that wait for it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from cxloop.core.errors import CxloopError
from cxloop.outreach.channels.base import Channel, Outcome, Outgoing, Session, UnreachableError
from cxloop.outreach.steps import Steps
from cxloop.outreach.templates.writing import Attached, House, Written, write
from cxloop.store.messages import messages as kept
from cxloop.store.messages import preferences, suppressions
from cxloop.store.messages.messages import Change, MessageRecord, backed_off

if TYPE_CHECKING:
    from cxloop.outreach.asks import Verdict
    from cxloop.store.base import Store

__all__ = ["AT_ONCE", "Delivery", "LastLook", "Listener", "Pauses", "Round", "recover", "tell"]

AT_ONCE = 500
"""Messages that one look takes up; a stop, a withdrawal and who waits for news wait no longer than for these."""
SUPPRESSED = "nothing is sent to this address any more"
WITHDRAWN = "the customer has said no since"
TOO_LATE = "it could not be sent before it was too late"
IN_DOUBT = "the process ended while it was on its way"


class Listener(Protocol):
    """Waits for what becomes of the messages that belong to its kind of record (`about`)."""

    def __call__(self, store: Store, changed: Sequence[MessageRecord], /) -> None:
        """Hears of messages that are sent, in_doubt, failed, bounced, complained or cancelled; maybe more than once."""


class LastLook(Protocol):
    """Asks, right before messages leave, whether they still may: the door's `still_may`."""

    def __call__(self, messages: Sequence[MessageRecord], /) -> Mapping[int, Verdict]:
        """Returns a verdict for messages by their number; one that is not named may go."""


def _nothing_against(_messages: Sequence[MessageRecord]) -> Mapping[int, Verdict]:
    return {}


@dataclass(frozen=True, slots=True)
class Round:
    """What one look has done, by outcome; `trouble` is why a channel took nothing, by channel."""

    outcomes: Mapping[str, int]
    trouble: Mapping[str, str]

    @property
    def moved(self) -> int:
        """Messages that do not wait any more."""
        return sum(number for kind, number in self.outcomes.items() if kind != "later")


class Pauses:
    """How long a channel is left alone after its other side could not be reached: 5, 10, 20 ... seconds, at most 60."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}
        self._failures: dict[str, int] = {}

    def over(self, channel: str, now: datetime) -> bool:
        """Whether a channel may be tried."""
        return channel not in self._until or self._until[channel] <= now

    def note(self, channel: str, *, trouble: bool, now: datetime) -> None:
        """Remembers how a try went."""
        if not trouble:
            self._until.pop(channel, None)
            self._failures.pop(channel, None)
            return
        failures = self._failures[channel] = self._failures.get(channel, 0) + 1
        self._until[channel] = now + timedelta(seconds=min(60, 5 * 2 ** min(failures - 1, 4)))


@dataclass
class Delivery:
    """Sends what is due through the channels that are set up.

    Attributes:
        store: the records.
        channels: by name.
        house: gives who writes, with the addresses that belong to one message.
        last_look: whether messages still may go.
        stopped: asked before each message.
        limit: messages of one channel in one round.
        pauses: of channels whose other side took nothing.
        only: send just these messages; empty for all that are due.
        files: gives what a message brings along.
    """

    store: Store
    channels: Mapping[str, Channel]
    house: Callable[[MessageRecord], House]
    last_look: LastLook = _nothing_against
    stopped: Callable[[], bool] = lambda: False
    limit: int = AT_ONCE
    pauses: Pauses = field(default_factory=Pauses)
    only: frozenset[int] = frozenset()
    files: Callable[[MessageRecord], tuple[Attached, ...]] = lambda _message: ()
    outcomes: dict[str, int] = field(default_factory=dict)

    def run(self) -> Round:
        """Sends what is due now, at most `limit` messages, and says what became of them.

        Raises:
            WorkspaceError: the records cannot be written; then nothing more is handed over.
        """
        with _ONE_AT_A_TIME:
            self.outcomes = {}
            self.count("in_doubt", len(recover(self.store)))
            now = self.store.clock()
            self.count("failed", len(kept.expire(self.store, now, TOO_LATE)))
            ready = [channel for channel in self.channels.values() if self.pauses.over(channel.name, now)]
            due = [each for channel in ready for each in self._due(channel, now)]
            trouble = self._handed_over(self._allowed(due))
            for channel in ready:
                self.pauses.note(channel.name, trouble=channel.name in trouble, now=self.store.clock())
            return Round(dict(self.outcomes), trouble)

    def _due(self, channel: Channel, now: datetime) -> list[MessageRecord]:
        # with a limit of messages a minute, no more than half a minute's
        most = min(self.limit, max(1, channel.per_minute // 2)) if channel.per_minute else self.limit
        if self.only:
            found = [kept.get(self.store, number) for number in sorted(self.only)]
            return [each for each in found if each is not None and each.state == "waiting"]
        return kept.due(self.store, now, most, [channel.name])

    def count(self, kind: str, number: int = 1) -> None:
        """Counts an outcome."""
        if number:
            self.outcomes[kind] = self.outcomes.get(kind, 0) + number

    def _allowed(self, due: Sequence[MessageRecord]) -> list[MessageRecord]:
        """Takes out what may not go any more: suppressed addresses, and what was said since the message was put up."""
        against: dict[int, Change] = {}
        for number, verdict in self.last_look(due).items():
            if verdict.answer != "go":
                against[number] = _held_back(number, verdict)
        no = dict.fromkeys(_suppressed(self.store, due), SUPPRESSED)
        said = preferences.by_key(self.store, sorted({each.key_id for each in due}))
        no |= {each.id: WITHDRAWN for each in due if _refused(each, said.get(each.key_id, ()))}
        against |= {number: Change(number, ("waiting",), "cancelled", why) for number, why in no.items()}
        kept.change(self.store, list(against.values()))
        self.count("cancelled", sum(each.state == "cancelled" for each in against.values()))
        return [each for each in due if each.id not in against]

    def _handed_over(self, due: Sequence[MessageRecord]) -> dict[str, str]:
        try:
            return asyncio.run(self._all(due)) if due else {}
        except BaseExceptionGroup as failures:  # each connection failed, and most likely all of one cause
            raise failures.exceptions[0] from failures

    async def _all(self, due: Sequence[MessageRecord]) -> dict[str, str]:
        steps, trouble = Steps(self.store), dict[str, str]()
        ways = []
        for name, channel in self.channels.items():
            own = deque(each for each in due if each.channel == name)
            if own:
                ways.append(_Way(self, channel, own, steps, _Pace(channel.per_minute), trouble))
        async with asyncio.TaskGroup() as together:
            for way in ways:
                for _ in range(min(way.channel.connections, len(way.waiting))):
                    together.create_task(way.work())
        return trouble


def _held_back(number: int, verdict: Verdict) -> Change:
    """Waits until the verdict says, or not at all."""
    why = " ".join(each for each in (verdict.reason, verdict.rule) if each)
    if verdict.answer == "later" and verdict.when is not None:
        return Change(number, ("waiting",), "waiting", why, due_at=verdict.when)
    return Change(number, ("waiting",), "cancelled", why)


def _suppressed(store: Store, due: Sequence[MessageRecord]) -> list[int]:
    found: list[int] = []
    for channel in {each.channel for each in due}:
        own = [each for each in due if each.channel == channel]
        refused = suppressions.suppressed(store, channel, [each.address for each in own])
        found += [each.id for each in own if each.address in refused]
    return found


def _refused(message: MessageRecord, said: Sequence[preferences.Said]) -> bool:
    """Whether the last word about the purpose and channel, if there is one, is a no."""
    heard = [each for each in said if each.purpose == message.purpose and each.channel in (None, message.channel)]
    return bool(heard) and not heard[-1].granted and heard[-1].said_at >= message.created_at


class _Pace:
    """Lets as many through as a minute may have, evenly."""

    def __init__(self, per_minute: int) -> None:
        self._pause = 60 / per_minute if per_minute else 0.0
        self._next = time.monotonic()

    async def turn(self) -> None:
        """Waits for one's turn."""
        if self._pause:
            at = max(self._next, time.monotonic())
            self._next = at + self._pause
            await asyncio.sleep(max(0.0, at - time.monotonic()))


@dataclass
class _Way:
    """One channel during a round; its connections share the messages that wait."""

    delivery: Delivery
    channel: Channel
    waiting: deque[MessageRecord]
    steps: Steps
    pace: _Pace
    trouble: dict[str, str]

    async def work(self) -> None:
        """One connection: takes messages as long as there are any and the other side takes them."""
        line = _Line(self.steps)
        session: Session | None = None
        try:
            while self.waiting and not self.delivery.stopped() and self.channel.name not in self.trouble:
                await self.pace.turn()
                if not self.waiting:
                    break
                message = self.waiting.popleft()
                session = await self._one(session, message, line)
        finally:
            try:
                await line.settle()
            finally:
                if session is not None:
                    await session.close()

    async def _one(self, session: Session | None, message: MessageRecord, line: _Line) -> Session | None:
        try:
            written = self._written(message)
        except CxloopError as failure:
            line.hold(self._step(message, Outcome("failed", failure.message)))
            return session
        try:
            session = session or await self.channel.open()
            outcome = await session.send(Outgoing(message, written), lambda: line.hand_over(message))
        except UnreachableError as failure:
            self.trouble.setdefault(self.channel.name, str(failure))
            # nothing was wrong with the message: it is the first one again when the other side is back
            self.delivery.count("later")
            line.hold(Change(message.id, _BEFORE, "waiting", str(failure)))
            return session
        line.hold(self._step(message, outcome))
        return session

    def _written(self, message: MessageRecord) -> Written:
        written = write(message, self.delivery.house(message))
        return replace(written, files=self.delivery.files(message))

    def _step(self, message: MessageRecord, outcome: Outcome) -> Change | None:
        self.delivery.count(outcome.kind)
        if outcome.kind == "withdrawn":
            return None
        now = self.delivery.store.clock()
        if outcome.kind == "later":
            again = now + backed_off(message.tries + 1)
            return Change(message.id, _BEFORE, "waiting", outcome.reason, tries=message.tries + 1, due_at=again)
        sent_at = now if outcome.kind == "sent" else None
        return Change(
            message_id=message.id,
            before=_BEFORE,
            state=outcome.kind,
            failure=outcome.reason,
            external_id=outcome.external_id or None,
            sent_at=sent_at,
            suppress=outcome.suppress,
        )


_ONE_AT_A_TIME = threading.Lock()
"""One round at a time: what another one is handing over must not be taken for what a dead process left behind."""
_BEFORE: tuple[kept.State, ...] = ("waiting", "sending")


class _Line:
    """The steps of one connection: what became of a message is committed with the next one's step to `sending`."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._held: list[Change] = []

    def hold(self, step: Change | None) -> None:
        """Keeps a step for the next commit."""
        self._held += [] if step is None else [step]

    async def hand_over(self, message: MessageRecord) -> bool:
        """Writes down that a message is on its way; False where it does not wait any more."""
        held, self._held = self._held, []
        try:
            taken = await self._steps.take([*held, Change(message.id, ("waiting",), "sending")])
        except BaseException:
            self._held = held
            raise
        return taken[-1]

    async def settle(self) -> None:
        """Commits what is held."""
        held, self._held = self._held, []
        await self._steps.take(held)


def recover(store: Store) -> list[MessageRecord]:
    """Marks as in doubt what was on its way when the last process ended; to be called once, before anything is sent."""
    return kept.to_doubt(store, IN_DOUBT)


def tell(store: Store, listeners: Mapping[str, Listener], limit: int = 5000) -> int:
    """Tells those who wait of the messages that have changed, and returns how many there were.

    Args:
        store: the records.
        listeners: by the kind of record that a message belongs to.
        limit: messages at once.
    """
    changed = kept.untold(store, limit)
    for kind in sorted({each.about for each in changed}):
        if (listener := listeners.get(kind)) is not None:
            listener(store, [each for each in changed if each.about == kind])
    if changed:
        kept.mark_told(store, changed)
    return len(changed)
