"""Replay before enable: the last days under other rules, who would have been asked how often, beside what really was.

The days are gone through in order, and each day's wants pass the same door as real ones: consents, answers and time
zones are those of today, and what other surveys and purposes sent stays as it was. What this survey really sent is
taken away, and what it would have sent takes its places.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import Field

from cxloop.collect.surveys.desk import read_settings
from cxloop.collect.surveys.inviting import queries
from cxloop.collect.surveys.inviting.deciding import decide
from cxloop.collect.surveys.inviting.desk import reasons_of
from cxloop.collect.surveys.inviting.people import door_of, policy_of, purpose_of
from cxloop.collect.surveys.inviting.plans import WavePlan
from cxloop.collect.surveys.inviting.results import InvitationReplay
from cxloop.collect.surveys.inviting.wanting import Want, events_between, rounds_between, want_of
from cxloop.collect.surveys.settings import SurveySettings
from cxloop.core.config import Experience, validate
from cxloop.core.contact import Contact
from cxloop.core.errors import InputError
from cxloop.core.strict import Strict
from cxloop.outreach.budget.values import moment_of
from cxloop.outreach.door import Door
from cxloop.store.messages import history
from cxloop.store.messages.history import Sent
from cxloop.store.surveys import surveys, waves

if TYPE_CHECKING:
    from cxloop.store.context import Operations
    from cxloop.store.surveys.waves import WaveRecord

__all__ = ["replay"]

ASKED_OF = ("every", "after_answer", "priority", "channels", "window", "sampling", "purpose")
"""Settings of a survey that rules may change in a replay, by their names."""


class Rules(Strict):
    """What is tried: settings of the survey, and of the budget."""

    survey: dict[str, Any] = Field(default={})
    contact: dict[str, Any] = Field(default={})


def replay(ws: Operations, name: str, days: int, rules: str, event: str | None, delay: str) -> InvitationReplay:
    """Returns the last days under other rules; raises as the verb says."""
    tried = _rules(rules)
    record = surveys.get(ws.store, name)
    settings = _settings(read_settings(record), tried)
    budget = _budget(ws.experience, tried)
    until = ws.now()
    since = until - timedelta(days=days)
    door = replace(door_of(ws), experience=budget)
    door = replace(door, policies={**door.policies, name: policy_of(name, settings)})
    reach = since - timedelta(microseconds=door.longest(list(door.policies)))
    sent = [each for each in history.sent_since(ws.store, reach) if not each.waits]
    real = [each for each in sent if each.survey == name and each.at >= since]
    numbers = {each.message_id for each in real}
    kept = [each for each in sent if each.message_id not in numbers]
    wants = _wants(ws, name, event, delay, since, until)
    everybody = _customers(ws, sent)
    wanted = {want.customer for _, _, want in wants}
    theirs = [each for each in kept if everybody.get(each.key_id, each.key_id) in wanted]
    gone = _Gone(ws, door, name, settings, theirs)
    for day, plan, those in _by_day(wants):
        gone.day(day, plan, those, until)
    before = [each for each in kept if since <= each.at < until]
    would, was = _spread(everybody, [*before, *gone.sent]), _spread(everybody, [*before, *real])
    return InvitationReplay(
        survey=name,
        days=days,
        wanted=len(wants),
        asked=len(gone.sent),
        really=sum(not each.reminder for each in real),
        not_asked=reasons_of(gone.held),
        contacts=would,
        contacts_really=was,
        busiest=max(would, default=0),
        busiest_really=max(was, default=0),
        rules=tried.model_dump(mode="json"),
    )


@dataclass
class _Gone:
    """The days that were gone through: what would have been sent, and why not the rest."""

    ws: Operations
    door: Door
    name: str
    settings: SurveySettings
    kept: Sequence[Sent]

    def __post_init__(self) -> None:
        self.sent: list[Sent] = []
        self.held: Counter[tuple[str, str]] = Counter()

    def day(self, now: datetime, plan: WavePlan, wants: Sequence[Want], until: datetime) -> None:
        """Decides about the wants of one day, with all that was sent before it."""
        past = [*(each for each in self.kept if each.at <= now), *self.sent]
        decided = decide(self.ws, self.door, self.name, self.settings, plan, wants, now, contacts=past)
        told = decided.told
        for place, reason in enumerate(told.reason):
            if reason:
                self.held[reason, told.rule[place]] += 1
                continue
            at = moment_of(int(told.when[place]))
            if at is not None and at < until:
                customer = wants[place].customer
                number = -1 - len(self.sent)
                purpose, channel = purpose_of(self.ws, self.settings), str(told.channel[place])
                self.sent.append(Sent(number, customer, purpose, channel, False, self.name, False, at, None))


def _rules(text: str) -> Rules:
    """Rules as TOML or JSON; raises MistakesError or InputError for what cannot be read."""
    if not text.strip():
        return Rules()
    try:
        content = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as failure:
        raise InputError(f"The rules are neither JSON nor TOML: {failure}.") from None
    return validate(Rules, content, "rules")


def _settings(own: SurveySettings, tried: Rules) -> SurveySettings:
    unknown = [name for name in tried.survey if name not in ASKED_OF]
    if unknown:
        raise InputError(f"Rules of a survey are {', '.join(ASKED_OF)}; {unknown[0]!r} is none.")
    return validate(SurveySettings, {**own.model_dump(mode="json"), **tried.survey}, "rules.survey")


def _budget(own: Experience, tried: Rules) -> Experience:
    content = {**own.contact.model_dump(mode="json"), **tried.contact}
    return own.model_copy(update={"contact": validate(Contact, content, "rules.contact")})


def _wants(
    ws: Operations, name: str, event: str | None, delay: str, since: datetime, until: datetime
) -> list[tuple[datetime, WavePlan, Want]]:
    """Whom the survey would have wanted: on an event that is tried, or as its waves of that time did."""
    if event is not None:
        plan = WavePlan(event=event, delay=delay, wait=ws.experience.contact.wait)
        rows = events_between(ws, event, since, until)
        return [(row["occurred_at"], plan, want_of(row, plan)) for row in rows]
    found: list[tuple[datetime, WavePlan, Want]] = []
    for wave in waves.every_one(ws.store, name):
        found += _wants_of(ws, wave, since, until)
    return found


def _wants_of(
    ws: Operations, wave: WaveRecord, since: datetime, until: datetime
) -> list[tuple[datetime, WavePlan, Want]]:
    plan = WavePlan.model_validate(dict(wave.settings))
    if plan.event is not None:
        begin = max(since, wave.starts_at)
        rows = events_between(ws, plan.event, begin, until) if begin < until else []
        return [(row["occurred_at"], plan, want_of(row, plan)) for row in rows]
    return [(begins, plan, want) for begins, wants in rounds_between(ws, wave, plan, since, until) for want in wants]


def _by_day(
    wants: Sequence[tuple[datetime, WavePlan, Want]],
) -> list[tuple[datetime, WavePlan, list[Want]]]:
    """The wants of each day and wave together: what was wanted on one day is decided at once."""
    days: dict[tuple[datetime, int], tuple[datetime, WavePlan, list[Want]]] = {}
    for at, plan, want in sorted(wants, key=lambda row: (row[0], row[2].trigger)):
        day = at.replace(hour=0, minute=0, second=0, microsecond=0)
        days.setdefault((day, plan.seed), (max(day, at), plan, []))[2].append(want)
    return list(days.values())


def _customers(ws: Operations, sent: Sequence[Sent]) -> Mapping[int, int]:
    keys = sorted({each.key_id for each in sent})
    rows = ws.engine.fetch(queries.KNOWN, {"keys": keys}).to_pylist() if keys else []
    return {int(row["key_id"]): int(row["customer_id"]) for row in rows}


def _spread(whose: Mapping[int, int], sent: Sequence[Sent]) -> dict[int, int]:
    """Of each number of contacts, how many customers had so many."""
    each = Counter(whose.get(contact.key_id, contact.key_id) for contact in sent)
    return dict(sorted(Counter(each.values()).items()))
