"""The surveys of a workspace: state and settings. What each asks are versions of a document (`store.documents`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, select, update

from cxloop.core.errors import InputError, UnknownNameError
from cxloop.store import models

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = [
    "DRAFT",
    "NOBODY",
    "PUBLISHED",
    "Moment",
    "State",
    "SurveyRecord",
    "Tally",
    "change",
    "create",
    "every_one",
    "find",
    "get",
    "set_state",
    "tallies",
]

DRAFT = "survey_draft"
"""The kind of the documents that are being worked on: each save is a version."""
PUBLISHED = "survey"
"""The kind of the documents that respondents see: each publishing is a version, and answers are tied to it."""
State = Literal["draft", "live", "paused", "closed"]
Moment = Literal["opens_at", "closes_at"]


@dataclass(frozen=True, slots=True)
class SurveyRecord:
    """A survey.

    Attributes:
        name: the slug that addresses and rows call it by.
        title: what people call it.
        state: draft (never published), live, paused (no answers for now) or closed.
        version: of the kind PUBLISHED, which respondents see; None before the first publishing.
        settings: as JSON, to be read by SurveySettings.
        opens_at: before it, nobody may answer; None for at once.
        closes_at: from then on, nobody may answer; None for never.
    """

    name: str
    title: str
    state: State
    version: int | None
    settings: Mapping[str, Any]
    opens_at: datetime | None
    closes_at: datetime | None
    created_at: datetime
    created_by: int | None
    changed_at: datetime
    changed_by: int | None

    def takes_answers(self, now: datetime) -> bool:
        """Whether somebody may answer at `now`, UTC without zone."""
        return self.state_at(now) == "live" and (self.opens_at is None or self.opens_at <= now)

    def state_at(self, now: datetime) -> State:
        """The state at `now`: one whose end has come is closed, although nobody closed it."""
        over = self.version is not None and self.closes_at is not None and self.closes_at <= now
        return "closed" if over else self.state


@dataclass(frozen=True, slots=True)
class Tally:
    """How many responses of a survey are in which state, and when the last of them changed."""

    open: int = 0
    finished: int = 0
    partial: int = 0
    screened: int = 0
    last_at: datetime | None = None


NOBODY = Tally()


def create(
    store: Store, name: str, *, title: str, settings: Mapping[str, Any] | None = None, by: int | None = None
) -> SurveyRecord:
    """Adds a survey in the state draft, and returns it.

    Raises:
        InputError: there is one of that name.
    """
    now = store.clock()
    with store.work() as work:
        if work.get(models.Survey, name) is not None:
            raise InputError(f"There is a survey {name!r} already. Use another name, or change that one.")
        row = models.Survey(
            name=name, title=title, state="draft", version=None, settings=dict(settings or {}),
            opens_at=None, closes_at=None, created_at=now, created_by=by, changed_at=now, changed_by=by,
        )  # fmt: skip
        work.add(row)
        return _record(row)


def find(store: Store, name: str) -> SurveyRecord | None:
    """Returns the survey called `name`, if there is one."""
    with store.read() as work:
        row = work.get(models.Survey, name)
        return None if row is None else _record(row)


def get(store: Store, name: str) -> SurveyRecord:
    """Returns the survey called `name`; raises UnknownNameError with the nearest one."""
    found = find(store, name)
    if found is None:
        raise UnknownNameError("survey", name, [each.name for each in every_one(store)])
    return found


def every_one(store: Store) -> list[SurveyRecord]:
    """Returns all surveys, by name."""
    with store.read() as work:
        return [_record(row) for row in work.scalars(select(models.Survey).order_by(models.Survey.name))]


def change(
    store: Store,
    name: str,
    *,
    title: str | None = None,
    settings: Mapping[str, Any] | None = None,
    moments: Mapping[Moment, datetime | None] | None = None,
    by: int | None = None,
) -> SurveyRecord:
    """Changes title, settings, or since and until when a survey takes answers; what is left out stays.

    Raises:
        UnknownNameError: there is no such survey.
    """
    values: dict[str, Any] = {str(which): at for which, at in (moments or {}).items()}
    values |= {} if title is None else {"title": title}
    values |= {} if settings is None else {"settings": dict(settings)}
    return _update(store, name, values, by)


def set_state(
    store: Store, name: str, state: State, *, version: int | None = None, by: int | None = None
) -> SurveyRecord:
    """Sets the state of a survey, and with `version` what respondents see from now on.

    Raises:
        UnknownNameError: there is no such survey.
    """
    values: dict[str, Any] = {"state": state} | ({} if version is None else {"version": version})
    return _update(store, name, values, by)


def tallies(store: Store) -> dict[str, Tally]:
    """Returns how many answered, by survey; a survey that nobody has begun is not among them."""
    response = models.SurveyResponse
    counted = select(response.survey, response.state, func.count(), func.max(response.changed_at)).group_by(
        response.survey, response.state
    )
    found: dict[str, Tally] = {}
    with store.read() as work:
        for survey, state, n, last_at in work.execute(counted):
            before = found.get(survey, NOBODY)
            latest = max(last_at, before.last_at or last_at)
            found[survey] = replace(before, **{state: n}, last_at=latest)
    return found


def _update(store: Store, name: str, values: Mapping[str, Any], by: int | None) -> SurveyRecord:
    get(store, name)
    with store.work() as work:
        change = {**values, "changed_at": store.clock(), "changed_by": by}
        work.execute(update(models.Survey).where(models.Survey.name == name).values(**change))
    return get(store, name)


def _record(row: models.Survey) -> SurveyRecord:
    return SurveyRecord(**{field: getattr(row, field) for field in SurveyRecord.__slots__})
