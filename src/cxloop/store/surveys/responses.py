"""What people answered so far. A page is saved in a transaction that also takes places of quotas: see `Writing`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from sqlalchemy import Update, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session as Work

from cxloop.core.errors import NotFoundError
from cxloop.store import models
from cxloop.store.surveys.files import Files

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = [
    "NewResponse",
    "ResponseRecord",
    "ResponseState",
    "Writing",
    "begin",
    "changed",
    "counts",
    "end_open",
    "find",
    "finish",
    "flag",
    "forget",
    "get",
    "mark_logged",
    "newest_of_invitation",
    "of_survey",
    "save",
    "tie",
    "together",
    "writing",
]

ResponseState = Literal["open", "finished", "partial", "screened"]
Result = TypeVar("Result")
ENDED = ("finished", "partial", "screened")


@dataclass(frozen=True, slots=True)
class NewResponse:
    """Somebody who begins to answer.

    Attributes:
        id: as its signed link has it.
        mode: how it is answered: "page", "widget", "kiosk" or "session".
        client_id: the number that a kiosk without a network gave it; it is stored once, however often it is sent.
        seed: what random orders are drawn from.
        fingerprint: a keyed digest that tells two responses of one browser; never the address itself.
    """

    id: str
    survey: str
    version: int
    mode: str = "page"
    channel: str = "web"
    invitation_id: int | None = None
    link: str | None = None
    client_id: str | None = None
    key_id: int | None = None
    key_namespace: str | None = None
    key_type: str | None = None
    key_value: str | None = field(default=None, repr=False)
    language: str = ""
    seed: int = 0
    hidden: Mapping[str, Any] = field(default_factory=dict, repr=False)
    agent: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class ResponseRecord:
    """One response. `revision` counts its changes; the log has those up to `logged`.

    Attributes:
        page: the name of the page that comes next, empty before the first was sent.
        answers: as `flow.accept` gave them, the variables of the link among them.
        seconds: by page, how long it was looked at.
        flags: why it may be no honest answer: [{"code": ..., "reason": ...}].
        quotas: the names of those that it has taken a place of, or that were full.
    """

    id: str
    survey: str
    version: int
    state: str
    mode: str
    channel: str
    invitation_id: int | None
    link: str | None
    client_id: str | None
    key_id: int | None
    key_namespace: str | None
    key_type: str | None
    key_value: str | None = field(repr=False)
    language: str
    seed: int
    page: str
    answers: Mapping[str, Any] = field(repr=False)
    hidden: Mapping[str, Any] = field(repr=False)
    seconds: Mapping[str, float]
    flags: tuple[Mapping[str, str], ...]
    quotas: tuple[str, ...]
    agent: str
    fingerprint: str
    started_at: datetime
    changed_at: datetime
    finished_at: datetime | None
    revision: int
    logged: int

    @property
    def ended(self) -> bool:
        """Whether nothing can be added any more."""
        return self.state in ENDED


NAMES = tuple(each.name for each in fields(ResponseRecord))
LISTS = ("flags", "quotas")


class Writing:
    """One transaction over responses: what is read in it stays as it is until what follows from it is written."""

    def __init__(self, work: Work, now: datetime) -> None:
        self._work = work
        self.now = now
        self.files = Files(work, now)

    def find(self, response_id: str) -> ResponseRecord | None:
        """Returns a response, held until the transaction ends; None where nothing was stored of it."""
        row = self._row(response_id)
        return None if row is None else _record(row)

    def begin(self, new: NewResponse) -> ResponseRecord:
        """Stores a response without answers; returns the one that is there where it began before."""
        there = self._row(new.id)
        if there is None and new.client_id is not None:
            there = self._work.scalar(_of_client(new))
        if there is not None:
            return _record(there)
        given = {each.name: getattr(new, each.name) for each in fields(new)}
        given |= {"state": "open", "answers": dict(new.hidden), "hidden": dict(new.hidden), "page": ""}
        given |= {"seconds": {}, "flags": [], "quotas": [], "started_at": self.now, "changed_at": self.now}
        row = models.SurveyResponse(**given)
        self._work.add(row)
        self._work.flush()
        return _record(row)

    def change(self, response_id: str, **values: Any) -> ResponseRecord:
        """Writes fields of a response, and counts the change.

        Raises:
            NotFoundError: nothing was stored of it.
        """
        row = self._row(response_id)
        if row is None:
            raise _missing(response_id)
        for name, value in values.items():
            setattr(row, name, list(value) if name in LISTS else dict(value) if isinstance(value, Mapping) else value)
        row.revision += 1
        row.changed_at = self.now
        self._work.flush()
        return _record(row)

    def taken(self, survey: str) -> dict[str, int]:
        """Returns how many places of each quota are taken."""
        counted = models.SurveyQuota
        found = self._work.execute(select(counted.quota, counted.taken).where(counted.survey == survey))
        return dict(found.all())

    def take_place(self, survey: str, quota: str, limit: int) -> bool:
        """Takes a place of a quota; returns whether there was one left. Of two at a time one gets the last."""
        counted = models.SurveyQuota
        if self._work.get(counted, (survey, quota)) is None:
            self._work.add(counted(survey=survey, quota=quota, taken=0))
            self._work.flush()
        chosen = (counted.survey == survey, counted.quota == quota, counted.taken < limit)
        done = self._work.execute(
            update(counted).where(*chosen).values(taken=counted.taken + 1).execution_options(synchronize_session=False)
        )
        return bool(getattr(done, "rowcount", 0))

    def give_back(self, survey: str, quota: str) -> None:
        """Gives a place of a quota back that was taken in this transaction."""
        counted = models.SurveyQuota
        chosen = update(counted).where(counted.survey == survey, counted.quota == quota)
        self._work.execute(chosen.values(taken=counted.taken - 1).execution_options(synchronize_session=False))

    def state_of(self, survey: str) -> str | None:
        """Returns the state of a survey as it is in this transaction."""
        return self._work.scalar(select(models.Survey.state).where(models.Survey.name == survey))

    def close_survey(self, survey: str) -> None:
        """Closes a survey whose quota is full, and ends what is open of it."""
        here = models.Survey
        self._work.execute(update(here).where(here.name == survey).values(state="closed", changed_at=self.now))
        self._work.execute(_ending(survey, self.now))

    def alike(self, survey: str, fingerprint: str, *, but: str, since: datetime) -> int:
        """Returns how many other finished responses came from the same browser."""
        row = models.SurveyResponse
        chosen = (row.fingerprint == fingerprint, row.survey == survey, row.id != but, row.state == "finished")
        count = select(func.count()).select_from(row).where(*chosen, row.finished_at >= since)
        return self._work.scalar(count) or 0

    def note_invitation(self, invitation_id: int, **moments: datetime) -> None:
        """Notes when an invitation was opened, started or finished first; a later one changes nothing."""
        row = self._work.get(models.Invitation, invitation_id)
        if row is None:
            return
        new = {name: at for name, at in moments.items() if getattr(row, name) is None}
        for name, at in new.items():
            setattr(row, name, at)
        row.revision += bool(new)

    def _row(self, response_id: str) -> models.SurveyResponse | None:
        return self._work.get(models.SurveyResponse, response_id, with_for_update=True)


@contextmanager
def writing(store: Store) -> Iterator[Writing]:
    """Gives a transaction; all of it is on the disk when it ends, or nothing."""
    with store.work() as work:
        yield Writing(work, store.clock())


def together(store: Store, jobs: Sequence[Callable[[Writing], Result]]) -> list[Result | Exception]:
    """Does several jobs in one transaction, for one sync of the disk; where one fails, each by itself.

    Args:
        store: of the workspace.
        jobs: each reads and writes; it may be called a second time, so that it does nothing else.

    Returns:
        For each what it returned, or what it raised.
    """
    if len(jobs) > 1:
        try:
            with writing(store) as desk:
                return [job(desk) for job in jobs]
        except Exception:  # noqa: BLE001 - one of them failed: the others shall not
            return [_alone(store, job) for job in jobs]
    return [_alone(store, job) for job in jobs]


def _alone(store: Store, job: Callable[[Writing], Result]) -> Result | Exception:
    try:
        with writing(store) as desk:
            return job(desk)
    except Exception as failure:  # noqa: BLE001 - whoever waits for it is told
        return failure


def get(store: Store, response_id: str) -> ResponseRecord:
    """Returns a response.

    Raises:
        NotFoundError: nothing was stored of it.
    """
    found = find(store, response_id)
    if found is None:
        raise _missing(response_id)
    return found


def find(store: Store, response_id: str) -> ResponseRecord | None:
    """Returns a response, or None where nothing was stored of it."""
    with store.read() as work:
        row = work.get(models.SurveyResponse, response_id)
        return None if row is None else _record(row)


def newest_of_invitation(store: Store, invitation_id: int) -> tuple[ResponseRecord | None, int]:
    """Returns the newest response to an invitation, and how many there are."""
    row = models.SurveyResponse
    chosen = select(row).where(row.invitation_id == invitation_id).order_by(row.started_at.desc(), row.id.desc())
    with store.read() as work:
        found = list(work.scalars(chosen))
        return (_record(found[0]) if found else None), len(found)


def begin(store: Store, new: NewResponse) -> ResponseRecord:
    """Stores a response without answers; returns the one that is there where it began before."""
    with writing(store) as desk:
        return desk.begin(new)


def save(store: Store, response_id: str, *, answers: Mapping[str, Any], **values: Any) -> ResponseRecord:
    """Writes the answers of a response, and other fields by their names.

    Raises:
        NotFoundError: nothing was stored of it.
    """
    with writing(store) as desk:
        return desk.change(response_id, answers=answers, **values)


def finish(store: Store, response_id: str, state: ResponseState = "finished") -> ResponseRecord:
    """Ends a response.

    Raises:
        NotFoundError: nothing was stored of it.
    """
    with writing(store) as desk:
        return desk.change(response_id, state=state, finished_at=desk.now)


def flag(store: Store, response_id: str, flags: Sequence[Mapping[str, str]]) -> ResponseRecord:
    """Writes the flags of a response anew.

    Raises:
        NotFoundError: nothing was stored of it.
    """
    with writing(store) as desk:
        return desk.change(response_id, flags=[dict(each) for each in flags])


def changed(store: Store, idle_before: datetime, limit: int) -> list[ResponseRecord]:
    """Returns responses with changes that the log lacks, the longest unchanged first.

    Args:
        store: of the workspace.
        idle_before: open responses are told when nothing came since then; ended ones at once.
        limit: how many at most.
    """
    row = models.SurveyResponse
    told = or_(row.state.in_(ENDED), row.changed_at < idle_before)
    with store.read() as work:
        found = work.scalars(select(row).where(row.revision > row.logged, told).order_by(row.changed_at).limit(limit))
        return [_record(each) for each in found]


def mark_logged(store: Store, revisions: Mapping[str, int]) -> None:
    """Notes up to which revision the log has each response."""
    row = models.SurveyResponse
    with store.work() as work:
        for response_id, revision in revisions.items():
            work.execute(update(row).where(row.id == response_id, row.logged < revision).values(logged=revision))


def tie(store: Store, keys: Mapping[str, int]) -> None:
    """Writes whose responses are, by the numbers that the log gave their keys; those that have one keep it."""
    row = models.SurveyResponse
    with store.work() as work:
        for response_id, key_id in keys.items():
            work.execute(update(row).where(row.id == response_id, row.key_id.is_(None)).values(key_id=key_id))


def forget(store: Store, keys: Sequence[tuple[str, str, str]]) -> int:
    """Deletes responses that say themselves whose they are, with their files; returns how many there were.

    Args:
        store: the records.
        keys: namespace, type and value of what goes; ("surveys", "response", number) is one of an unknown person.
    """
    row, gone = models.SurveyResponse, 0
    with store.work() as work:
        for namespace, kind, value in keys:
            theirs = and_(row.key_namespace == namespace, row.key_type == kind, row.key_value == value)
            if (namespace, kind) == ("surveys", "response"):
                theirs = row.id == value
            gone += int(getattr(work.execute(delete(row).where(theirs)), "rowcount", 0))
    return gone


def of_survey(
    store: Store,
    survey: str,
    *,
    state: ResponseState | None = None,
    limit: int = 1000,
    after: ResponseRecord | None = None,
) -> list[ResponseRecord]:
    """Returns responses of a survey, the newest first.

    Args:
        store: of the workspace.
        survey: its name.
        state: only those in this state.
        limit: how many at most.
        after: only those that come after this one in the list.
    """
    row = models.SurveyResponse
    chosen = select(row).where(row.survey == survey).order_by(row.started_at.desc(), row.id.desc()).limit(limit)
    if state is not None:
        chosen = chosen.where(row.state == state)
    if after is not None:
        same = and_(row.started_at == after.started_at, row.id < after.id)
        chosen = chosen.where(or_(row.started_at < after.started_at, same))
    with store.read() as work:
        return [_record(each) for each in work.scalars(chosen)]


def counts(store: Store, survey: str) -> dict[str, int]:
    """Returns how many responses of a survey are in each state."""
    row = models.SurveyResponse
    with store.read() as work:
        found = work.execute(select(row.state, func.count()).where(row.survey == survey).group_by(row.state))
        return dict(found.all())


def end_open(store: Store, survey: str) -> int:
    """Ends what is open of a survey that closes: what was given is kept as partial. Returns how many there were."""
    with store.work() as work:
        return int(getattr(work.execute(_ending(survey, store.clock())), "rowcount", 0))


def _ending(survey: str, now: datetime) -> Update:
    row = models.SurveyResponse
    values = {"state": "partial", "finished_at": now, "changed_at": now, "revision": row.revision + 1}
    return update(row).where(row.survey == survey, row.state == "open").values(**values)


def _record(row: models.SurveyResponse) -> ResponseRecord:
    values = {name: getattr(row, name) for name in NAMES}
    return ResponseRecord(**{**values, "flags": tuple(row.flags), "quotas": tuple(row.quotas)})


def _of_client(new: NewResponse) -> Any:
    row = models.SurveyResponse
    return select(row).where(row.survey == new.survey, row.client_id == new.client_id)


def _missing(response_id: str) -> NotFoundError:
    return NotFoundError(f"There is no response {response_id!r}. `cxloop collect responses` lists those of a survey.")
