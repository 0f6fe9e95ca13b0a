"""Messages to customers: waiting, on their way, sent, or in doubt. `once` is what no second one may be sent for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session as Work

from cxloop.store.bulk import insert_new
from cxloop.store.messages import suppressions
from cxloop.store.models import Message

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = [
    "STATES",
    "Change",
    "MessageRecord",
    "NewMessage",
    "State",
    "about",
    "backed_off",
    "cancel",
    "change",
    "counts",
    "due",
    "earliest",
    "expire",
    "get",
    "mark_told",
    "of_keys",
    "put",
    "put_many",
    "some",
    "to_doubt",
    "untold",
    "with_external_id",
]

State = Literal["waiting", "sending", "sent", "in_doubt", "failed", "bounced", "complained", "cancelled"]
STATES: tuple[State, ...] = get_args(State)
_ON_THE_WAY = frozenset({"waiting", "sending"})
"""States of which nobody has to hear."""
_AT_ONCE = 400
"""Values in one statement; SQLite takes 32,766 parameters, and each new message has 17."""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be sent. Times are UTC without zone.

    Attributes:
        once: what it must not be sent twice for, such as "invitation:17" or "reminder:17:1".
        purpose: the purpose of experience.toml that it is for; "" for none.
        about: what kind of record it belongs to, such as "invitation": whoever listens for that kind hears of it.
        reference: the number of that record.
        key_id: the key of the customer.
        channel: email, sms or whatsapp.
        address: where it goes.
        language: the language it is to be written in; "" where nothing is known.
        template: which template writes it, when it is sent.
        parameters: what the template fills in: plain data without secrets.
        due_at: not before; None for now.
        not_after: after this moment it is not worth sending any more.
    """

    once: str
    purpose: str
    about: str
    reference: int | None
    key_id: int
    channel: str
    address: str
    language: str
    template: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A message as it stands. `tries` counts what failed before anything was handed over."""

    id: int
    once: str
    purpose: str
    about: str
    reference: int | None
    key_id: int
    channel: str
    address: str
    language: str
    template: str
    parameters: Mapping[str, Any]
    state: State
    failure: str
    tries: int
    external_id: str
    created_at: datetime
    due_at: datetime
    not_after: datetime | None
    changed_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """A step of one message from one of the states `before` to `state`; taken only where it still stands there.

    Attributes:
        message_id: which one.
        before: states that it may have.
        state: the new one.
        failure: why, where it was not sent.
        tries: the new number of attempts; None to leave it.
        due_at: when it is tried again; None to leave it.
        external_id: what it is called by where it went; None to leave it.
        sent_at: when the other side took it; None to leave it.
        suppress: whether nothing goes to its address any more, because it bounced: with the step or not at all.
    """

    message_id: int
    before: tuple[State, ...]
    state: State
    failure: str = ""
    tries: int | None = None
    due_at: datetime | None = None
    external_id: str | None = None
    sent_at: datetime | None = None
    suppress: bool = False


def put(store: Store, new: Sequence[NewMessage]) -> list[int]:
    """Adds messages that are not there yet, and returns the number of each, in order.

    Args:
        store: the records.
        new: of any number. One whose `once` is known already is not added again, whatever else it says.
    """
    with store.work() as work:
        known = _numbers(work, [each.once for each in new])
        now = store.clock()
        rows = {each.once: _row(each, now) for each in new if each.once not in known}
        if rows:  # straight to the driver: a hundred thousand at once are put up by a wave
            work.connection().execute(insert(Message.__table__), list(rows.values()))  # type: ignore[arg-type]
        known |= _numbers(work, list(rows))
    return [known[each.once] for each in new]


def put_many(store: Store, new: Sequence[NewMessage]) -> None:
    """Adds messages that are not there yet, as `put` does, without looking up their numbers: for very many at once."""
    now = store.clock()
    same = {"failure": "", "tries": 0, "external_id": "", "told": True, "state": "waiting"}
    same |= {"created_at": now, "changed_at": now}
    columns: dict[str, list[Any]] = {name: [value] * len(new) for name, value in same.items()}
    columns |= {name: [getattr(each, name) for each in new] for name in NewMessage.__slots__}
    columns["due_at"] = [each.due_at or now for each in new]
    if new:
        with store.work() as work:
            insert_new(work, Message.__table__, columns)


def get(store: Store, message_id: int) -> MessageRecord | None:
    """Returns a message; None where there is none."""
    with store.read() as work:
        row = work.get(Message, message_id)
        return None if row is None else _record(row)


def due(store: Store, now: datetime, limit: int, channels: Sequence[str]) -> list[MessageRecord]:
    """Returns messages that wait and may go now, the longest due first.

    Args:
        store: the records.
        now: the present.
        limit: at most so many.
        channels: in which.
    """
    with store.read() as work:
        chosen = (
            select(Message)
            .where(Message.state == "waiting", Message.due_at <= now, Message.channel.in_(list(channels)))
            .order_by(Message.due_at, Message.id)
            .limit(limit)
        )
        return [_record(row) for row in work.scalars(chosen)]


def earliest(store: Store, channels: Sequence[str]) -> datetime | None:
    """Returns when the next waiting message is due or has to be given up; None where none waits."""
    with store.read() as work:
        waiting = (Message.state == "waiting", Message.channel.in_(list(channels)))
        first = work.scalar(select(func.min(Message.due_at)).where(*waiting))
        last = work.scalar(select(func.min(Message.not_after)).where(Message.state == "waiting"))
    return min((each for each in (first, last) if each is not None), default=None)


def change(store: Store, changes: Sequence[Change]) -> list[bool]:
    """Takes steps in one commit, and says of each whether it was taken: a message may have moved on meanwhile."""
    now = store.clock()
    with store.work() as work:
        taken = [_take(work, each, now) for each in changes]
        for step, was in zip(changes, taken, strict=True):
            if was and step.suppress and (row := work.get(Message, step.message_id)) is not None:
                suppressions.add_in(work, store, row.channel, row.address, "bounced")
        return taken


def _take(work: Work, step: Change, now: datetime) -> bool:
    values: dict[str, Any] = {"state": step.state, "failure": step.failure, "changed_at": now}
    if step.state not in _ON_THE_WAY:
        values["told"] = False
    for name in ("tries", "due_at", "external_id", "sent_at"):
        if (value := getattr(step, name)) is not None:
            values[name] = value
    chosen = update(Message).where(Message.id == step.message_id, Message.state.in_(step.before)).values(values)
    return work.execute(chosen).rowcount == 1  # type: ignore[attr-defined, no-any-return]


def to_doubt(store: Store, because: str) -> list[MessageRecord]:
    """Marks what was on its way when the last process ended as in doubt, and returns those messages."""
    return _moved(store, [Message.state == "sending"], "in_doubt", because)


def cancel(
    store: Store,
    because: str,
    *,
    about: str | None = None,
    references: Iterable[int] = (),
    keys: Iterable[int] = (),
    purpose: str | None = None,
    channel: str | None = None,
) -> list[MessageRecord]:
    """Takes back messages that still wait, and returns them.

    Args:
        store: the records.
        because: the reason, which stands with them.
        about: of which kind of record; goes with `references`.
        references: the numbers of those records.
        keys: of which customers' keys; used where no records are named.
        purpose: only those for this purpose.
        channel: only those in this channel.
    """
    narrower = [] if purpose is None else [Message.purpose == purpose]
    narrower += [] if channel is None else [Message.channel == channel]
    found: list[MessageRecord] = []
    column, numbers = (Message.key_id, list(keys)) if about is None else (Message.reference, list(references))
    whose = [] if about is None else [Message.about == about]
    for part in _parts(numbers):
        chosen = [Message.state == "waiting", column.in_(part), *whose, *narrower]
        found += _moved(store, chosen, "cancelled", because)
    return found


def expire(store: Store, now: datetime, because: str) -> list[MessageRecord]:
    """Gives up messages whose `not_after` has come, and returns them."""
    return _moved(store, [Message.state == "waiting", Message.not_after <= now], "failed", because)


def about(store: Store, kind: str, references: Sequence[int]) -> list[MessageRecord]:
    """Returns the messages that belong to some records of a kind, oldest first."""
    with store.read() as work:
        chosen = select(Message).where(Message.about == kind, Message.reference.in_(list(references)))
        return [_record(row) for row in work.scalars(chosen.order_by(Message.id))]


def of_keys(store: Store, keys: Sequence[int]) -> list[MessageRecord]:
    """Returns the messages to some keys, newest first."""
    with store.read() as work:
        chosen = select(Message).where(Message.key_id.in_(list(keys))).order_by(Message.id.desc())
        return [_record(row) for row in work.scalars(chosen)]


def some(store: Store, states: Sequence[State], limit: int) -> list[MessageRecord]:
    """Returns messages in some states, changed last first."""
    with store.read() as work:
        chosen = select(Message).order_by(Message.changed_at.desc(), Message.id.desc()).limit(limit)
        if states:
            chosen = chosen.where(Message.state.in_(list(states)))
        return [_record(row) for row in work.scalars(chosen)]


def with_external_id(store: Store, external_ids: Sequence[str]) -> list[MessageRecord]:
    """Returns the messages that were given one of some names where they went."""
    wanted = [each for each in external_ids if each]
    with store.read() as work:
        chosen = select(Message).where(Message.external_id.in_(wanted)).order_by(Message.id)
        return [_record(row) for row in work.scalars(chosen)]


def untold(store: Store, limit: int) -> list[MessageRecord]:
    """Returns messages of whose present state nobody has heard, changed first first."""
    with store.read() as work:
        chosen = select(Message).where(Message.told.is_(False)).order_by(Message.changed_at, Message.id).limit(limit)
        return [_record(row) for row in work.scalars(chosen)]


def mark_told(store: Store, heard: Sequence[MessageRecord]) -> None:
    """Writes down that those who wait have heard of these states; one that has changed since stays untold."""
    with store.work() as work:
        for state in {each.state for each in heard}:
            numbers = [each.id for each in heard if each.state == state]
            chosen = update(Message).where(Message.id.in_(numbers), Message.state == state)
            work.execute(chosen.values(told=True))


def counts(store: Store) -> dict[State, int]:
    """Returns how many messages are in each state; states without any are left out."""
    with store.read() as work:
        rows = work.execute(select(Message.state, func.count()).group_by(Message.state)).all()
    numbers = {state: int(number) for state, number in rows}
    return {state: numbers[state] for state in STATES if state in numbers}


def _moved(store: Store, chosen: Sequence[Any], state: State, because: str) -> list[MessageRecord]:
    with store.work() as work:
        rows = work.scalars(select(Message).where(*chosen).order_by(Message.id)).all()
        for row in rows:
            row.state, row.failure, row.changed_at, row.told = state, because, store.clock(), False
        return [_record(row) for row in rows]


def _numbers(work: Work, once: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in _parts(list(once)):
        rows = work.execute(select(Message.once, Message.id).where(Message.once.in_(part))).all()
        found.update((once_name, number) for once_name, number in rows)
    return found


def _parts(values: list[Any]) -> Iterable[list[Any]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))


def _row(new: NewMessage, now: datetime) -> dict[str, Any]:
    return {
        "once": new.once,
        "purpose": new.purpose,
        "about": new.about,
        "reference": new.reference,
        "key_id": new.key_id,
        "channel": new.channel,
        "address": new.address,
        "language": new.language,
        "template": new.template,
        "parameters": dict(new.parameters),
        "state": "waiting",
        "told": True,
        "created_at": now,
        "changed_at": now,
        "due_at": new.due_at or now,
        "not_after": new.not_after,
    }


_FIELDS = tuple(MessageRecord.__dataclass_fields__)


def _record(row: Message) -> MessageRecord:
    return MessageRecord(**{name: getattr(row, name) for name in _FIELDS})


def backed_off(tries: int) -> timedelta:
    """Returns how long to wait after so many failed attempts: 1, 2, 4, ... minutes, at most an hour."""
    return timedelta(minutes=min(60, 2 ** max(0, min(tries - 1, 6))))
