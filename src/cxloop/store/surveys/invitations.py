"""Invitations in the records: whom a survey wanted to ask, what became of it, and what the log has of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sqlalchemy import func, or_, select, update

from cxloop.core.errors import NotFoundError
from cxloop.store import models
from cxloop.store.bulk import insert_new

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = [
    "InvitationRecord",
    "NewInvitation",
    "Planned",
    "Progress",
    "Progressed",
    "State",
    "Step",
    "Tallied",
    "add",
    "answered_of",
    "changed",
    "counts",
    "find",
    "get",
    "keys_of",
    "mark_logged",
    "note",
    "planned",
    "progress",
    "set_states",
    "several",
    "some",
    "take_back",
    "tally",
    "to_remind",
    "unanswered",
    "waiting",
    "waves_of",
]

State = Literal["held", "planned", "queued", "sent", "in_doubt", "failed", "bounced", "expired"]
"""held: not asked. planned: has its place. queued: its message waits. The rest is what became of the message."""
Progress = Literal["opened", "started", "finished"]
_AT_ONCE = 5000
STOPPED = "the wave was stopped"
ANSWERED = "answered before it was due"


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """A customer whom a wave wants to ask. Times are UTC without zone.

    Attributes:
        key_id: the customer's key.
        trigger: what it answers; of the same survey and trigger there is one invitation.
        state: held or planned.
        reason: why it is held; empty for whoever is asked.
        rule: which clock or rule spoke.
        probability: what the customer was chosen with.
        channel: in which it goes out; empty where there is no address.
        due_at: when it goes out; of one that is held, when the customer could be asked at the earliest.
        expires_at: until when its link works.
        remind_at: when whoever has not answered is reminded first.
    """

    key_id: int
    trigger: str
    state: Literal["held", "planned"]
    reason: str = ""
    rule: str = ""
    probability: float | None = None
    channel: str = ""
    language: str = ""
    hidden: Mapping[str, Any] = field(default_factory=dict)
    single_use: bool = True
    due_at: datetime | None = None
    expires_at: datetime | None = None
    remind_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InvitationRecord:
    """One customer whom a survey wanted to ask, as `NewInvitation` says it, and what became of it."""

    id: int
    survey: str
    wave_id: int
    key_id: int
    trigger: str
    state: State
    reason: str
    rule: str
    probability: float | None
    channel: str
    language: str
    hidden: Mapping[str, Any]
    single_use: bool
    created_at: datetime
    due_at: datetime | None
    expires_at: datetime | None
    sent_at: datetime | None
    opened_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    reminders: int
    remind_at: datetime | None
    revision: int
    logged: int


class Planned(NamedTuple):
    """What a message needs of an invitation that has its place."""

    id: int
    survey: str
    key_id: int
    channel: str
    language: str
    hidden: Mapping[str, Any]
    due_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tallied:
    """How many invitations are in a state, for a reason, by a rule, in a channel."""

    state: str
    reason: str
    rule: str
    channel: str
    number: int


@dataclass(frozen=True, slots=True)
class Progressed:
    """How many customers a wave wanted, asked, and how far they came."""

    wanted: int
    asked: int
    sent: int
    opened: int
    started: int
    finished: int
    reminded: int


@dataclass(frozen=True, slots=True)
class Step:
    """What became of an invitation; None leaves a value as it is. `clear_reminder`: nobody is reminded any more."""

    id: int
    state: State | None = None
    reason: str | None = None
    rule: str | None = None
    due_at: datetime | None = None
    sent_at: datetime | None = None
    remind_at: datetime | None = None
    reminders: int | None = None
    clear_reminder: bool = False


def add(store: Store, wave_id: int, new: Sequence[NewInvitation], *, before: str, after: str) -> bool:
    """Writes down whom a wave decided about, and how far it has come, in one transaction.

    Args:
        store: the records.
        wave_id: of the wave.
        new: what was decided; one whose trigger the survey has met already is left out.
        before: the position of the wave from which this was decided.
        after: its new position.

    Returns:
        Whether it was written: False where somebody else moved or stopped the wave meanwhile, and nothing changed.
    """
    with store.work() as work:
        wave = work.get(models.SurveyWave, wave_id)
        if wave is None or wave.position != before or wave.state not in ("planned", "running"):
            return False
        wave.position, wave.state = after, "running"
        work.flush()
        given = {name: [getattr(each, name) for each in new] for name in NewInvitation.__slots__}
        same = {"survey": wave.survey, "wave_id": wave_id, "created_at": store.clock(), "revision": 1}
        same |= {"reminders": 0, "logged": 0}
        given |= {name: [value] * len(new) for name, value in same.items()}
        insert_new(work, models.Invitation.__table__, given)
    return True


def get(store: Store, invitation_id: int) -> InvitationRecord:
    """Returns an invitation; raises NotFoundError where there is none of that number."""
    found = find(store, invitation_id)
    if found is None:
        raise NotFoundError(f"There is no invitation {invitation_id}. It may have been erased with its customer.")
    return found


def find(store: Store, invitation_id: int) -> InvitationRecord | None:
    """Returns an invitation, if there is one of that number."""
    with store.read() as work:
        row = work.get(models.Invitation, invitation_id)
        return None if row is None else _record(row)


def several(store: Store, numbers: Sequence[int]) -> dict[int, InvitationRecord]:
    """Returns those of some invitations that are there, by number."""
    found: dict[int, InvitationRecord] = {}
    with store.read() as work:
        for start in range(0, len(numbers), _AT_ONCE):
            chosen = select(models.Invitation).where(models.Invitation.id.in_(numbers[start : start + _AT_ONCE]))
            found |= {row.id: _record(row) for row in work.scalars(chosen)}
    return found


def some(
    store: Store,
    *,
    survey: str | None = None,
    wave_id: int | None = None,
    state: State | None = None,
    reason: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> list[InvitationRecord]:
    """Returns one page of the invitations, newest first."""
    chosen = _chosen(select(models.Invitation), survey, wave_id, state, reason)
    with store.read() as work:
        page = chosen.order_by(models.Invitation.id.desc()).limit(limit).offset(offset)
        return [_record(row) for row in work.scalars(page)]


def counts(store: Store, *, survey: str | None = None, wave_id: int | None = None) -> dict[tuple[str, str], int]:
    """Returns how many invitations there are by state and reason."""
    table = models.Invitation
    chosen = _chosen(select(table.state, table.reason, func.count()), survey, wave_id, None, None)
    with store.read() as work:
        rows = work.execute(chosen.group_by(table.state, table.reason).order_by(table.state, table.reason))
        return {(state, reason): int(number) for state, reason, number in rows}


def tally(store: Store, *, survey: str | None = None, wave_id: int | None = None) -> list[Tallied]:
    """Returns how many invitations there are by state, reason, rule and channel, the most first."""
    table = models.Invitation
    by = (table.state, table.reason, table.rule, table.channel)
    chosen = _chosen(select(*by, func.count()), survey, wave_id, None, None)
    with store.read() as work:
        rows = work.execute(chosen.group_by(*by).order_by(func.count().desc(), *by))
        return [Tallied(*row) for row in rows]


def progress(store: Store, wave_id: int) -> Progressed:
    """Returns how far the invitations of a wave have come."""
    table = models.Invitation
    chosen = select(
        func.count(),
        func.count().filter(table.state != "held"),
        func.count(table.sent_at),
        func.count(table.opened_at),
        func.count(table.started_at),
        func.count(table.finished_at),
        func.count().filter(table.reminders > 0),
    ).where(table.wave_id == wave_id)
    with store.read() as work:
        return Progressed(*(int(each) for each in work.execute(chosen).one()))


def waiting(store: Store, wave_id: int, now: datetime) -> tuple[int, datetime | None]:
    """Returns how many of a wave go out later than `now`, and when the last one of all does."""
    table = models.Invitation
    chosen = select(func.count().filter(table.due_at > now), func.max(table.due_at)).where(
        table.wave_id == wave_id, table.state.in_(("planned", "queued"))
    )
    with store.read() as work:
        later, last = work.execute(chosen).one()
        return int(later), last


def unanswered(store: Store, wave_id: int) -> list[int]:
    """Returns the invitations of a wave that were sent and not answered, and whose link still works."""
    table = models.Invitation
    chosen = select(table.id).where(
        table.wave_id == wave_id,
        table.state == "sent",
        table.finished_at.is_(None),
        or_(table.expires_at.is_(None), table.expires_at > store.clock()),
    )
    with store.read() as work:
        return list(work.scalars(chosen.order_by(table.id)))


def take_back(store: Store, wave_id: int) -> int:
    """Takes back what a wave has not sent yet, messages and reminders with it; returns how many were not sent."""
    table, message = models.Invitation, models.Message
    of_wave = select(table.id).where(table.wave_id == wave_id)
    with store.work() as work:
        work.execute(
            update(message)
            .where(message.about.in_(("invitation", "reminder")), message.reference.in_(of_wave))
            .where(message.state == "waiting")
            .values(state="cancelled", failure=STOPPED, changed_at=store.clock())
        )
        # one whose message is on its way already is told by what becomes of the message
        moving = select(message.reference).where(message.about == "invitation", message.state != "cancelled")
        done = work.execute(
            update(table)
            .where(table.wave_id == wave_id, table.state.in_(("planned", "queued")))
            .where(table.id.not_in(moving.where(message.reference.is_not(None))))
            .values(state="expired", rule=STOPPED, remind_at=None, revision=table.revision + 1)
        )
        work.execute(update(table).where(table.wave_id == wave_id).values(remind_at=None))
        return int(done.rowcount)  # type: ignore[attr-defined]


def _chosen(query: Any, survey: str | None, wave_id: int | None, state: State | None, reason: str | None) -> Any:
    wanted = {"survey": survey, "wave_id": wave_id, "state": state, "reason": reason}
    for name, value in wanted.items():
        if value is not None:
            query = query.where(getattr(models.Invitation, name) == value)
    return query


def note(store: Store, invitation_id: int, what: Progress, at: datetime) -> None:
    """Writes that an invitation was opened, started or finished; the first time counts.

    Whoever finished is not reminded any more. An invitation that is gone, erased with its customer, is passed over.
    """
    with store.work() as work:
        row = work.get(models.Invitation, invitation_id)
        if row is None or getattr(row, f"{what}_at") is not None:
            return
        setattr(row, f"{what}_at", at)
        if what == "finished":
            row.remind_at = None
            reminder = (models.Message.about == "reminder", models.Message.reference == invitation_id)
            work.execute(
                update(models.Message)
                .where(*reminder, models.Message.state == "waiting")
                .values(state="cancelled", failure=ANSWERED, changed_at=at)
            )
        row.revision += 1


def answered(store: Store, survey: str) -> tuple[int, int]:
    """Returns how many a survey was sent to, and how many of them finished it."""
    table = models.Invitation
    chosen = select(func.count(), func.count(table.finished_at))
    with store.read() as work:
        row = work.execute(chosen.where(table.survey == survey, table.sent_at.is_not(None))).one()
        return int(row[0]), int(row[1])


def keys_of(store: Store, wave_id: int) -> list[int]:
    """Returns the keys that a wave decided about, in order."""
    table = models.Invitation
    with store.read() as work:
        return list(work.scalars(select(table.key_id).where(table.wave_id == wave_id).order_by(table.id)))


def planned(store: Store, *, limit: int, after: int = 0) -> list[Planned]:
    """Returns invitations that have their place and no message yet, by number, from above `after` on."""
    table = models.Invitation
    # few columns, and no objects: a hundred thousand of them are handed over by a wave
    columns = [getattr(table, name) for name in Planned._fields]
    chosen = select(*columns).where(table.state == "planned", table.id > after).order_by(table.id).limit(limit)
    with store.read() as work:
        return [Planned(*row) for row in work.execute(chosen)]


def to_remind(store: Store, now: datetime, *, limit: int) -> list[InvitationRecord]:
    """Returns invitations that were sent, not answered, and are to be reminded of by `now`."""
    table = models.Invitation
    waiting = (table.state == "sent", table.finished_at.is_(None), table.remind_at <= now)
    with store.read() as work:
        return [_record(row) for row in work.scalars(select(table).where(*waiting).order_by(table.id).limit(limit))]


def set_states(store: Store, steps: Sequence[Step], *, only: Sequence[State] | None = None) -> int:
    """Writes what became of invitations, in one transaction; returns how many there were.

    Args:
        store: the records.
        steps: one for each.
        only: leave out those that are in no such state.
    """
    if not steps:
        return 0
    table, reached = models.Invitation, 0
    with store.work() as work:
        for values, ids in _alike(steps):
            for start in range(0, len(ids), _AT_ONCE):
                chosen = update(table).where(table.id.in_(ids[start : start + _AT_ONCE]))
                if only is not None:
                    chosen = chosen.where(table.state.in_(only))
                done = work.execute(
                    chosen.values(revision=table.revision + 1, **dict(values)),
                    execution_options={"synchronize_session": False},
                )
                reached += int(done.rowcount)  # type: ignore[attr-defined]
    return reached


def _alike(steps: Sequence[Step]) -> list[tuple[tuple[tuple[str, Any], ...], list[int]]]:
    """Steps that set the same values, together: one statement writes them all."""
    found: dict[tuple[tuple[str, Any], ...], list[int]] = {}
    for step in steps:
        values = {name: value for name in Step.__slots__ if (value := getattr(step, name)) is not None}
        number = values.pop("id")
        if values.pop("clear_reminder"):
            values["remind_at"] = None
        found.setdefault(tuple(sorted(values.items(), key=lambda item: item[0])), []).append(number)
    return list(found.items())


def answered_of(store: Store, survey: str, *, before: datetime) -> tuple[int, int]:
    """Returns how many invitations of a survey reached somebody before a moment, and how many of those answered.

    Args:
        store: the records.
        survey: its name.
        before: who was asked later may still answer.
    """
    table = models.Invitation
    reached = (table.survey == survey, table.state == "sent", table.sent_at < before)
    with store.read() as work:
        sent, finished = work.execute(select(func.count(), func.count(table.finished_at)).where(*reached)).one()
    return int(sent), int(finished)


def waves_of(store: Store, numbers: Sequence[int]) -> dict[int, int]:
    """Returns the wave of each of some invitations, by their number; one that is gone is not among them."""
    table = models.Invitation
    found: dict[int, int] = {}
    with store.read() as work:
        for start in range(0, len(numbers), _AT_ONCE):
            part = numbers[start : start + _AT_ONCE]
            found |= dict(work.execute(select(table.id, table.wave_id).where(table.id.in_(part))).all())
    return found


def changed(store: Store, limit: int) -> list[InvitationRecord]:
    """Returns invitations of which the log lacks something, oldest first."""
    table = models.Invitation
    chosen = select(table).where(table.revision > table.logged).order_by(table.id).limit(limit)
    with store.read() as work:
        return [_record(row) for row in work.scalars(chosen)]


def mark_logged(store: Store, revisions: Mapping[int, int]) -> None:
    """Writes up to which revision the log has some invitations, by their number."""
    by_revision: dict[int, list[int]] = {}
    for number, revision in revisions.items():
        by_revision.setdefault(revision, []).append(number)
    with store.work() as work:
        for revision, ids in by_revision.items():
            for start in range(0, len(ids), _AT_ONCE):
                part = ids[start : start + _AT_ONCE]
                work.execute(update(models.Invitation).where(models.Invitation.id.in_(part)).values(logged=revision))


def _record(row: models.Invitation) -> InvitationRecord:
    return InvitationRecord(**{name: getattr(row, name) for name in InvitationRecord.__slots__})
