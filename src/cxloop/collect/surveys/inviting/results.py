"""What the verbs of inviting return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from cxloop.core.results import Records, Result, Value
from cxloop.core.wording import count, many

__all__ = ["InvitationPlan", "InvitationReplay", "Invitations", "ReasonCount", "Wave", "Waves"]


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many were not asked for a reason, and by which rule; `rule` is empty where none but the reason says it."""

    reason: str
    rule: str
    customers: int


def _reasons(counts: tuple[ReasonCount, ...]) -> str:
    by_reason: dict[str, int] = {}
    for each in counts:
        by_reason[each.reason] = by_reason.get(each.reason, 0) + each.customers
    return ", ".join(f"{count(number)} {reason}" for reason, number in by_reason.items())


@dataclass(frozen=True)
class InvitationPlan(Result):
    """Who would be asked, or is: now or later, and of everybody else why not.

    Attributes:
        survey: which survey.
        wave: its number; None where nothing was changed.
        wanted: how many customers it wants.
        now: how many are asked at once.
        later: how many have their place later.
        last_at: when the last one of them is asked.
        not_asked: everybody else, by reason and rule.
        by_channel: how many are asked in each channel.
        unknown: identifiers of the list that nobody has.
        expected: how many answers are to be expected.
        rows: the first of those who are wanted: customer, channel, when, reason, rule, probability.
    """

    survey: str
    wave: int | None
    wanted: int
    now: int
    later: int
    last_at: datetime | None
    not_asked: tuple[ReasonCount, ...]
    by_channel: Mapping[str, int]
    unknown: int
    expected: float
    rows: tuple[tuple[Value, ...], ...] = ()

    columns: ClassVar[tuple[str, ...]] = ("customer", "label", "channel", "at", "reason", "rule", "probability")

    @property
    def asked(self) -> int:
        """How many are asked, now or later."""
        return self.now + self.later

    def records(self) -> list[dict[str, Value]]:
        """Returns the first of those who are wanted."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def __str__(self) -> str:
        what = f"Wave {self.wave} of {self.survey}" if self.wave is not None else f"{self.survey}, nothing sent"
        later = f" and {count(self.later)} later" if self.later else ""
        said = f"{what}: {many(self.wanted, 'customer')} wanted, {count(self.now)} asked now{later}"
        held = sum(each.customers for each in self.not_asked)
        if held:
            said += f"; {count(held)} not asked ({_reasons(self.not_asked)})"
        if self.unknown:
            said += f"; {many(self.unknown, 'identifier')} of the list unknown"
        return f"{said}."


@dataclass(frozen=True)
class Waves(Records):
    """The waves: whom each wants, how far it has come, and how many were asked and answered."""

    main: ClassVar[tuple[str, ...]] = ("wave", "survey", "kind", "whom", "state", "wanted", "asked", "sent", "finished")


@dataclass(frozen=True)
class Wave(Result):
    """One wave: what it was told, and what became of everybody whom it wanted.

    Attributes:
        wave: its number.
        kind: segment, file, event, schedule or people.
        whom: whom it wants, in words.
        state: planned, running, done or stopped.
        next_at: when it is looked at next.
        states: how many invitations are in each state; held are those who were not asked.
        not_asked: those by reason and rule.
        opened: how many opened their link.
        started: how many began to answer.
        finished: how many answered.
        reminded: how many were reminded.
        settings: what it was told, without the people of a list.
    """

    wave: int
    survey: str
    kind: str
    whom: str
    state: str
    created_at: datetime
    starts_at: datetime
    next_at: datetime | None
    states: Mapping[str, int]
    not_asked: tuple[ReasonCount, ...]
    opened: int
    started: int
    finished: int
    reminded: int
    settings: Mapping[str, Any]

    @property
    def wanted(self) -> int:
        """How many customers it has wanted so far."""
        return sum(self.states.values())

    @property
    def asked(self) -> int:
        """How many of them were asked, or have their place."""
        return self.wanted - self.states.get("held", 0)

    def records(self) -> list[dict[str, Value]]:
        """Returns a row for each state and each reason."""
        rows: list[dict[str, Value]] = [
            {"what": state, "rule": "", "customers": number} for state, number in self.states.items() if state != "held"
        ]
        return rows + [{"what": each.reason, "rule": each.rule, "customers": each.customers} for each in self.not_asked]

    def __str__(self) -> str:
        told = ", ".join(f"{count(number)} {state.replace('_', ' ')}" for state, number in self.states.items())
        said = f"Wave {self.wave} of {self.survey} is {self.state}: {many(self.wanted, 'customer')} wanted"
        reasons = f" (not asked: {_reasons(self.not_asked)})" if self.not_asked else ""
        return f"{said}{', ' + told if told else ''}{reasons}; {count(self.finished)} answered."


@dataclass(frozen=True)
class Invitations(Records):
    """Whom a survey wanted to ask: asked, to be asked, or not asked and why. Each row is one customer."""

    main: ClassVar[tuple[str, ...]] = ("invitation", "customer", "label", "channel", "state", "reason", "rule", "at")


@dataclass(frozen=True)
class InvitationReplay(Result):
    """The last days under other rules: who would have been asked, how often, beside what really happened.

    Attributes:
        survey: which survey.
        days: how many days were replayed.
        wanted: how many customers were wanted in that time; one who was wanted twice counts twice.
        asked: how many would have been asked.
        really: how many invitations of this survey were really sent.
        not_asked: why not the others, by reason and rule.
        contacts: of each number of contacts in that time, how many customers would have had so many, of all messages.
        contacts_really: the same as it really was.
        busiest: the most contacts that one customer would have had.
        busiest_really: and really had.
        rules: what was changed, as it was given.
    """

    survey: str
    days: int
    wanted: int
    asked: int
    really: int
    not_asked: tuple[ReasonCount, ...]
    contacts: Mapping[int, int]
    contacts_really: Mapping[int, int]
    busiest: int
    busiest_really: int
    rules: Mapping[str, Any]

    def records(self) -> list[dict[str, Value]]:
        """Returns how many customers would have had, and had, each number of contacts."""
        numbers = sorted({*self.contacts, *self.contacts_really})
        return [
            {"contacts": n, "customers": self.contacts.get(n, 0), "customers_really": self.contacts_really.get(n, 0)}
            for n in numbers
        ]

    def __str__(self) -> str:
        held = f"; not asked: {_reasons(self.not_asked)}" if self.not_asked else ""
        return (
            f"{self.survey} over the last {many(self.days, 'day')}: {count(self.wanted)} wanted, "
            f"{count(self.asked)} would have been asked, {count(self.really)} really were{held}. Nobody would have had "
            f"more than {many(self.busiest, 'contact')}; really it was {count(self.busiest_really)}."
        )
