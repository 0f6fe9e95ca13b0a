"""Waves in the records: each go at asking people, how far it has come, and when it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import select, update

from cxloop.core.errors import NotFoundError
from cxloop.store import models

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["Kind", "State", "WaveRecord", "create", "due", "every_one", "get", "moved_on", "set_state"]

Kind = Literal["segment", "file", "event", "schedule", "people"]
"""Where the customers come from; people: a list of keys."""
State = Literal["planned", "running", "done", "stopped"]


@dataclass(frozen=True, slots=True)
class WaveRecord:
    """One go at asking people. Times are UTC without zone.

    Attributes:
        kind: where the customers come from.
        state: planned (begins later), running, done, or stopped by a person.
        settings: whom it asks and how, as JSON.
        starts_at: when it begins.
        next_at: when it is looked at next; None once nothing is left to do.
        position: how far it has come; what it says is the kind's own matter.
    """

    id: int
    survey: str
    kind: Kind
    state: State
    settings: Mapping[str, Any]
    created_at: datetime
    created_by: int | None
    starts_at: datetime
    next_at: datetime | None
    position: str


def create(
    store: Store,
    survey: str,
    kind: Kind,
    *,
    settings: Mapping[str, Any],
    starts_at: datetime,
    position: str = "",
    by: int | None = None,
) -> WaveRecord:
    """Adds a wave that begins at `starts_at`, and returns it."""
    with store.work() as work:
        row = models.SurveyWave(
            survey=survey, kind=kind, state="planned", settings=dict(settings), created_at=store.clock(),
            created_by=by, starts_at=starts_at, next_at=starts_at, position=position,
        )  # fmt: skip
        work.add(row)
        work.flush()
        return _record(row)


def get(store: Store, wave_id: int) -> WaveRecord:
    """Returns a wave; raises NotFoundError where there is none of that number."""
    with store.read() as work:
        row = work.get(models.SurveyWave, wave_id)
        if row is None:
            raise NotFoundError(f"There is no wave {wave_id}. `cxloop collect waves` lists them.")
        return _record(row)


def every_one(store: Store, survey: str | None = None) -> list[WaveRecord]:
    """Returns the waves, newest first, of one survey or of all."""
    chosen = select(models.SurveyWave).order_by(models.SurveyWave.id.desc())
    if survey is not None:
        chosen = chosen.where(models.SurveyWave.survey == survey)
    with store.read() as work:
        return [_record(row) for row in work.scalars(chosen)]


def due(store: Store, now: datetime) -> list[WaveRecord]:
    """Returns the waves that have something to do at `now`, those that wait longest first."""
    wave = models.SurveyWave
    chosen = select(wave).where(wave.next_at <= now, wave.state.in_(("planned", "running")))
    with store.read() as work:
        return [_record(row) for row in work.scalars(chosen.order_by(wave.next_at, wave.id))]


def set_state(store: Store, wave_id: int, state: State) -> WaveRecord:
    """Sets the state of a wave; one that is done or stopped is not looked at again. Raises NotFoundError."""
    wave = get(store, wave_id)
    values: dict[str, Any] = {"state": state, **_without_list(wave.settings, state)}
    if state in ("done", "stopped"):
        values["next_at"] = None
    with store.work() as work:
        work.execute(update(models.SurveyWave).where(models.SurveyWave.id == wave_id).values(**values))
    return get(store, wave_id)


def moved_on(
    store: Store, wave: WaveRecord, *, position: str, state: State = "running", next_at: datetime | None
) -> bool:
    """Writes how far a wave has come; returns False where it has moved, or was stopped, since it was read.

    The list of a wave that is done goes: whom it named stands in the invitations, which an erasure takes away.
    """
    with store.work() as work:
        chosen = update(models.SurveyWave).where(
            models.SurveyWave.id == wave.id,
            models.SurveyWave.position == wave.position,
            models.SurveyWave.state == wave.state,
        )
        values: dict[str, Any] = {"position": position, "state": state, "next_at": next_at}
        changed = work.execute(chosen.values(**values, **_without_list(wave.settings, state)))
        return changed.rowcount == 1  # type: ignore[attr-defined, no-any-return]


def _without_list(settings: Mapping[str, Any], state: State) -> dict[str, Any]:
    over = state in ("done", "stopped") and settings.get("people")
    return {"settings": {**settings, "people": []}} if over else {}


def _record(row: models.SurveyWave) -> WaveRecord:
    return WaveRecord(**{field: getattr(row, field) for field in WaveRecord.__slots__})
