"""A second, slow way to the same plan: customer by customer, moment by moment, straight from the words of the rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from cxloop.outreach.budget.hours import Hours
from cxloop.outreach.budget.values import NOBODYS, Clock, Contacts, Rests, Wants

MINUTE = 60_000_000
"""Microseconds. Everything that the tests draw lies on whole minutes, so trying each minute misses nothing."""


@dataclass(frozen=True)
class Touch:
    """A contact of one customer."""

    at: int
    purpose: int
    survey: int
    channel: int
    reminder: bool


def keeps(clock: Clock, touches: Iterable[Touch]) -> bool:
    """Whether no window has more contacts than a clock allows: one window begins at each contact."""
    counted = [each.at for each in touches if _is_about(clock, each)]
    return all(sum(begin <= at < begin + clock.within for at in counted) <= clock.most for begin in counted)


def _is_about(clock: Clock, touch: Touch) -> bool:
    scopes = ((clock.purpose, touch.purpose), (clock.survey, touch.survey), (clock.channel, touch.channel))
    fits = all(wanted is None or wanted == has for wanted, has in scopes)
    return fits and not (clock.spares_reminders and touch.reminder)


def is_open(zones: Sequence[str], hours: Sequence[Hours], at: int) -> bool:
    """Whether the customer's clock shows a good hour, looked up in the zone itself."""
    for zone in zones:
        local = (datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC")) + timedelta(microseconds=at)).astimezone(ZoneInfo(zone))
        for each in hours:
            now = local.time()
            today, before = local.isoweekday() in each.days, (local.isoweekday() - 2) % 7 + 1 in each.days
            if each.start < each.end:
                good = today and each.start <= now < each.end
            else:
                good = (today and now >= each.start) or (before and now < each.end)
            if not good:
                return False
    return True


def free_at(at: int, row: int, wants: Wants, touches: list[Touch], rests: Rests, clocks: Sequence[Clock]) -> bool:
    """Whether one more contact at a moment breaks nothing that held before."""
    new = touch_of(wants, row, at)
    for place in np.flatnonzero(rests.customer == wants.customer[row]):
        inside = rests.start[place] < at < rests.end[place]
        about = rests.survey[place] in (NOBODYS, wants.survey[row])
        if inside and about and (rests.pause[place] or not (new.reminder or wants.free[row])):
            return False
    if wants.free[row]:
        return True
    return all(_room(clock, touches, new) for clock in clocks if _is_about(clock, new))


def _room(clock: Clock, touches: list[Touch], new: Touch) -> bool:
    """Whether no window that holds the new contact has more than the clock allows."""
    counted = [each.at for each in touches if _is_about(clock, each)] + [new.at]
    begins = [at for at in counted if new.at - clock.within < at <= new.at]
    return all(sum(begin <= at < begin + clock.within for at in counted) <= clock.most for begin in begins)


def touch_of(wants: Wants, row: int, at: int) -> Touch:
    """A want as a contact."""
    purpose, survey, channel = (int(field[row]) for field in (wants.purpose, wants.survey, wants.channel))
    return Touch(at, purpose, survey, channel, bool(wants.reminder[row]))


def touches_of(contacts: Contacts, customer: int) -> list[Touch]:
    """The contacts of one customer."""
    rows = contacts.take(contacts.customer == customer)
    fields = (rows.at, rows.purpose, rows.survey, rows.channel, rows.reminder)
    return [Touch(*each) for each in zip(*(field.tolist() for field in fields), strict=True)]


def turn_of(wants: Wants, rows: Iterable[int]) -> list[int]:
    """The order in which wants of one customer are heard."""
    return sorted(rows, key=lambda row: (-wants.priority[row], not wants.standing[row], wants.at[row], row))


def slow_plan(
    wants: Wants,
    contacts: Contacts,
    rests: Rests,
    clocks: Sequence[Clock],
    places: Sequence[tuple[Sequence[str], Sequence[Hours]]],
) -> list[int | None]:
    """When each want goes, found by trying every minute; None where it does not go."""
    told: list[int | None] = [None] * len(wants)
    for customer in sorted(set(wants.customer.tolist())):
        touches = touches_of(contacts, customer)
        for row in turn_of(wants, np.flatnonzero((wants.customer == customer) & (wants.refused == 0)).tolist()):
            zones, hours = places[int(wants.hours[row])]
            for at in range(int(wants.at[row]), int(wants.until[row]) + 1, MINUTE):
                if is_open(zones, hours, at) and free_at(at, row, wants, touches, rests, clocks):
                    told[row] = at
                    if not wants.free[row]:
                        touches.append(touch_of(wants, row, at))
                    break
    return told
