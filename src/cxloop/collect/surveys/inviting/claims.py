"""Places that a survey on a schedule will need soon: who goes before others keeps them before anybody else is asked.

A quarterly survey has few days in a year. When it is due within the reach of the clocks, its customers' places are
claimed for it already, so that a survey that could ask every day does not take them the day before.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cxloop.collect.surveys.desk import read_settings
from cxloop.collect.surveys.inviting.people import purpose_of
from cxloop.collect.surveys.inviting.plans import WavePlan
from cxloop.collect.surveys.inviting.wanting import of_wave
from cxloop.outreach.budget.values import moment_of, span_of
from cxloop.store.messages.history import Sent
from cxloop.store.surveys import surveys, waves

if TYPE_CHECKING:
    from cxloop.store.context import Operations
    from cxloop.store.surveys.waves import WaveRecord

__all__ = ["claims_on"]


def claims_on(ws: Operations, survey: str, priority: int, now: datetime) -> list[Sent]:
    """Returns the places that schedules of other surveys, of no lower priority, claim before `survey` may ask.

    Everybody on their list is taken for wanted: who is drawn is decided when they are due.
    """
    contact = ws.experience.contact
    reach = now + timedelta(microseconds=max(span_of(term) for term in (contact.within, contact.apart or "0m")))
    found: list[Sent] = []
    for wave in waves.every_one(ws.store):
        waiting = wave.state in ("planned", "running") and wave.next_at is not None
        if wave.survey != survey and waiting and wave.next_at is not None and now < wave.next_at <= reach:
            found += _claims_of(ws, wave, wave.next_at, priority, -1 - len(found))
    return found


def _claims_of(ws: Operations, wave: WaveRecord, begins: datetime, priority: int, number: int) -> list[Sent]:
    plan = WavePlan.model_validate(dict(wave.settings))
    record = surveys.find(ws.store, wave.survey)
    if plan.event is not None or record is None or record.state != "live":
        return []
    settings = read_settings(record)
    if settings.priority < priority:
        return []
    purpose, channel = purpose_of(ws, settings), settings.channels[0]
    claims = []
    for place, want in enumerate(of_wave(ws, wave, plan, begins).wants):
        at, until = moment_of(want.at), moment_of(want.at + span_of(plan.wait))
        if at is not None:
            claims.append(Sent(number - place, want.customer, purpose, channel, False, wave.survey, True, at, until))
    return claims
