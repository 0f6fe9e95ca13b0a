"""The budget of some customers at a moment: clocks, contacts and rests as numbers, from the names of the records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np

from cxloop.outreach.asks import Asks, People, Texts
from cxloop.outreach.budget.hours import DAY, Hours, Opening, opening
from cxloop.outreach.budget.planning import plan
from cxloop.outreach.budget.values import FAR, NOBODYS, Clock, Contacts, Plan, Rests, Times, Wants, span_of, us_of
from cxloop.store.messages import history
from cxloop.store.messages.history import Sent

if TYPE_CHECKING:
    from cxloop.outreach.door import Door

__all__ = ["Room"]

_WEEK = 7 * DAY
_LONGEST = 800 * DAY
"""How far ahead hours are reckoned: beyond two years nobody waits."""


class _Names:
    """Numbers for names, as the budget wants them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __call__(self, name: str | None) -> int:
        return NOBODYS if not name else self._numbers.setdefault(name, len(self._numbers))


class Room:
    """The budget of some customers at a moment: clocks, what has been, what waits, and rests."""

    def __init__(
        self, door: Door, people: People, now: datetime, contacts: Sequence[Sent], surveys: Sequence[str]
    ) -> None:
        self._door, self._people, self._now = door, people, us_of(now)
        self._name = _Names()
        self._free = {purpose for name in door.experience.contact.free for purpose in _all_names(door, name)}
        waiting = [each for each in contacts if each.waits]
        concerned = {*surveys, *(each.survey for each in waiting if each.survey)}
        self.clocks = self._clocks(sorted(filter(None, concerned)))
        self._been = self._contacts([each for each in contacts if not each.waits])
        self._waiting = waiting
        self._rests = self._rest(now, sorted(filter(None, concerned)))
        self._hours: dict[tuple[tuple[str, ...], Hours], int] = {}

    def plan(self, wants: Wants) -> Plan:
        """Returns the plan of some wants beside what waits already, whose places count by priority."""
        standing = self.standing([each.message_id for each in self._waiting])
        both = wants.and_more(standing)
        told = plan(both, self._been, self._rests, self.clocks, self._openings(both))
        first = len(wants)
        return Plan(told.when[:first], told.reason[:first], told.rule[:first])

    def replan(self, numbers: Sequence[int], refused: Mapping[int, int]) -> tuple[list[int], Plan]:
        """Returns the plan of messages that wait, by their numbers; those of customers that are gone are left out."""
        known = {each.message_id: each for each in self._waiting}
        places = self._people.places(_column([known[number].key_id for number in numbers]))
        rows = [number for number, place in zip(numbers, places.tolist(), strict=True) if place >= 0]
        wants = self.standing(rows, refused)
        return rows, plan(wants, self._been, self._rests, self.clocks, self._openings(wants))

    def wants(self, asks: Asks, refused: Times, channel: Texts) -> Wants:
        """Returns asks as wants."""
        number, policy = len(asks.who), self._door.policy(asks.survey)

        def all_the_same(value: int) -> Times:
            return np.full(number, value, dtype=np.int64)

        return Wants(
            customer=asks.who, at=asks.at, until=asks.until, priority=all_the_same(policy.priority),
            standing=np.zeros(number, dtype=bool), purpose=all_the_same(self._name(asks.purpose)),
            survey=all_the_same(self._name(asks.survey)),
            channel=np.array([self._name(each) for each in channel.tolist()], dtype=np.int64),
            reminder=np.full(number, asks.reminder), free=np.full(number, asks.purpose in self._free),
            hours=self._hours_of(asks.who, policy.hours), refused=refused,
        )  # fmt: skip

    def standing(self, numbers: Sequence[int], refused: Mapping[int, int] | None = None) -> Wants:
        """Returns messages that wait as wants that have their places, in the order of `numbers`."""
        by_number = {each.message_id: each for each in self._waiting}
        rows = [by_number[number] for number in numbers]
        places = self._people.places(np.array([each.key_id for each in rows], dtype=np.int64))
        rows = [each for each, place in zip(rows, places.tolist(), strict=True) if place >= 0]
        places = places[places >= 0]
        policies = [self._door.policy(each.survey) for each in rows]
        hours = np.zeros(len(rows), dtype=np.int64)
        for number, (place, policy) in enumerate(zip(places.tolist(), policies, strict=True)):
            hours[number] = self._hours_at((tuple(self._people.zones[place]), policy.hours))
        known = refused or {}
        return Wants(
            customer=places,
            at=_column([max(us_of(each.at), self._now) for each in rows]),
            until=_column([us_of(each.not_after) if each.not_after else FAR for each in rows]),
            priority=_column([policy.priority for policy in policies]),
            standing=np.ones(len(rows), dtype=bool),
            purpose=_column([self._name(each.purpose) for each in rows]),
            survey=_column([self._name(each.survey) for each in rows]),
            channel=_column([self._name(each.channel) for each in rows]),
            reminder=np.array([each.reminder for each in rows], dtype=bool),
            free=np.array([each.purpose in self._free for each in rows], dtype=bool),
            hours=hours,
            refused=_column([known.get(each.message_id, 0) for each in rows]),
        )

    def _clocks(self, surveys: Sequence[str]) -> list[Clock]:
        contact = self._door.experience.contact
        clocks = [Clock(f"at most {contact.most} in {contact.within}", contact.most, span_of(contact.within))]
        if contact.apart:
            clocks.append(Clock(f"{contact.apart} between any two", 1, span_of(contact.apart)))
        for rule in contact.rule:
            purpose, survey, channel = (
                self._name(each) if each else None for each in (rule.purpose, rule.survey, rule.channel)
            )
            clocks.append(Clock(rule.name, rule.most, span_of(rule.within), purpose, survey, channel))
        for name in surveys:
            every = self._door.policy(name).every
            if every:
                told = f"{name}: once in {every}"
                clocks.append(Clock(told, 1, span_of(every), survey=self._name(name), spares_reminders=True))
        return clocks

    def _contacts(self, been: Sequence[Sent]) -> Contacts:
        counted = [each for each in been if each.purpose not in self._free]
        places = self._people.places(np.array([each.key_id for each in counted], dtype=np.int64))
        rows = [each for each, place in zip(counted, places.tolist(), strict=True) if place >= 0]
        return Contacts(
            places[places >= 0],
            _column([us_of(each.at) for each in rows]),
            _column([self._name(each.purpose) for each in rows]),
            _column([self._name(each.survey) for each in rows]),
            _column([self._name(each.channel) for each in rows]),
            np.array([each.reminder for each in rows], dtype=bool),
        )

    def _rest(self, now: datetime, surveys: Sequence[str]) -> Rests:
        paused = history.pauses(self._door.store, now)
        places = self._people.places(np.array(list(paused), dtype=np.int64)).tolist()
        rows = [
            (place, -FAR, us_of(until), NOBODYS, True)
            for place, until in zip(places, paused.values(), strict=True)
            if place >= 0
        ]
        terms = {name: term for name in surveys if (term := self._door.policy(name).after_answer)}
        for place, survey, at in [*self._people.answers, *self._answers(now, terms)]:
            if survey in terms and place >= 0:
                rows.append((place, at - 1, at + span_of(terms[survey]), self._name(survey), False))
        if not rows:
            return Rests.none()
        columns = np.array(rows, dtype=np.int64).T
        return Rests(columns[0], columns[1], columns[2], columns[3], columns[4] > 0)

    def _answers(self, now: datetime, terms: Mapping[str, str]) -> list[tuple[int, str, int]]:
        if not terms:
            return []
        since = now - timedelta(microseconds=max(map(span_of, terms.values())))
        rows = history.answered(self._door.store, list(terms), since)
        places = self._people.places(np.array([each.key_id for each in rows], dtype=np.int64)).tolist()
        return [(place, each.survey, us_of(each.at)) for place, each in zip(places, rows, strict=True)]

    def _hours_of(self, who: Times, hours: Hours) -> Times:
        zones = self._people.zones
        numbers = _column([self._hours_at((tuple(each), hours)) for each in zones]) if len(zones) else who
        return numbers[who]

    def _hours_at(self, what: tuple[tuple[str, ...], Hours]) -> int:
        return self._hours.setdefault(what, len(self._hours))

    def _openings(self, wants: Wants) -> list[Opening]:
        contact = self._door.experience.contact
        days = tuple(day for day in range(1, 8) if day not in contact.quiet_days)
        loud = Hours(contact.quiet_until, contact.quiet_from, days)
        if contact.quiet_from == contact.quiet_until:
            loud = Hours(time(0), time(0), days)
        latest = int(wants.at.max()) if len(wants) else self._now
        ends = [latest + _WEEK, *(self._rests.end.tolist())]
        ends.append(latest + max(clock.within for clock in self.clocks))
        until = min(max(ends), self._now + _LONGEST)
        return [opening(zones, [hours, loud], self._now, until) for zones, hours in self._hours]


def _all_names(door: Door, name: str) -> tuple[str, ...]:
    declared = door.purpose(name)
    return (name,) if declared is None else (declared.name, *declared.aliases)


def _column(values: Sequence[int]) -> Times:
    return np.array(values, dtype=np.int64)
