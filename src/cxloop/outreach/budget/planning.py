"""The plan: when each message may go, under every clock at once, and why one may not.

Every clock, pause and rest comes down to times in which a customer is left alone, and a message goes at the first
moment from its own on that lies in none of them and in open hours. With at most n contacts in any window of length w,
n contacts that stand next to each other, the first at a and the last at b, forbid what lies strictly between b - w and
a + w: together they would be n + 1 in less than w. That looks back and ahead alike, so a place that was given for next
week is kept, too.

Of several that want the same customer, the higher priority goes first; of the same priority who had its place before,
then who may go earliest. What is decided of one depends only on those before it: nothing of lower priority can move it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cxloop.outreach.budget.hours import Opening
from cxloop.outreach.budget.values import (
    FAR,
    NOBODYS,
    REASONS,
    Clock,
    Contacts,
    Flags,
    Plan,
    Rests,
    Times,
    Wants,
)

__all__ = ["AFTER_ANSWER", "PAUSE", "plan"]

PAUSE, AFTER_ANSWER = -2, -3
"""What `Plan.rule` says of rests."""
_QUIET, _OVER, _PAUSED = (REASONS.index(name) for name in ("QUIET_HOURS", "OVER_BUDGET", "PAUSED"))


def plan(wants: Wants, contacts: Contacts, rests: Rests, clocks: Sequence[Clock], hours: Sequence[Opening]) -> Plan:
    """Returns when each want may go, or why not.

    Args:
        wants: what is wanted, in any order.
        contacts: of the same customers; others do no harm.
        rests: times in which customers are left alone.
        clocks: how many contacts there may be in any window.
        hours: open hours, to which `Wants.hours` points.
    """
    decided = Plan(
        when=np.where(wants.refused > 0, FAR, wants.at).astype(np.int64),
        reason=wants.refused.astype(np.int64).copy(),
        rule=np.full(len(wants), NOBODYS, dtype=np.int64),
    )
    for turn in _turns(wants):
        _place(wants, turn, decided, contacts, rests, clocks, hours)
        taken = turn[decided.goes[turn] & ~wants.free[turn]]
        contacts = contacts.and_more(wants.contacts(taken, decided.when))
    return decided


def _turns(wants: Wants) -> list[Times]:
    """The wants in the order in which they are decided, as sets in which each customer is there once at most."""
    asking = np.flatnonzero(wants.refused == 0)
    rows = wants.take(asking)
    order = asking[np.lexsort((asking, rows.at, ~rows.standing, -rows.priority, rows.customer))]
    customer = wants.customer[order]
    first = np.searchsorted(customer, customer)
    turn = np.arange(len(order)) - first
    by_turn = np.argsort(turn, kind="stable")
    return [each for each in np.split(order[by_turn], np.cumsum(np.bincount(turn))) if len(each)]


def _place(
    wants: Wants,
    turn: Times,
    decided: Plan,
    contacts: Contacts,
    rests: Rests,
    clocks: Sequence[Clock],
    hours: Sequence[Opening],
) -> None:
    """Decides about wants of different customers, and writes it into `decided`."""
    rows = wants.take(turn)
    held = _held(rows, contacts, rests, clocks)
    when, rule = _first_free(rows, held, hours)
    late = when > rows.until
    decided.when[turn] = when
    decided.rule[turn] = rule
    if not late.any():
        return
    # hours alone are to blame only where, without them, there was a place in time
    clocks_only, _ = _first_free(rows, held, [])
    unpaused, _ = _first_free(rows, held.without(PAUSE), [])
    blamed = np.where(clocks_only <= rows.until, _QUIET, np.where(unpaused <= rows.until, _PAUSED, _OVER))
    decided.reason[turn] = np.where(late, blamed, 0)
    decided.rule[turn] = np.where(late & (blamed == _QUIET), NOBODYS, rule)


@dataclass(frozen=True)
class _Held:
    """Open intervals in which a want (a place in the turn) may not go, with what says so."""

    want: Times
    start: Times
    end: Times
    rule: Times

    def without(self, rule: int) -> _Held:
        kept = self.rule != rule
        return _Held(self.want[kept], self.start[kept], self.end[kept], self.rule[kept])


def _held(rows: Wants, contacts: Contacts, rests: Rests, clocks: Sequence[Clock]) -> _Held:
    concerned = np.isin(contacts.customer, rows.customer)
    near = contacts.take(concerned) if not concerned.all() else contacts
    parts = [_held_by_clock(rows, near, clock, place) for place, clock in enumerate(clocks)]
    parts.append(_held_by_rests(rows, rests))
    return _Held(*(np.concatenate([getattr(part, name) for part in parts]) for name in _Held.__dataclass_fields__))


def _held_by_clock(rows: Wants, contacts: Contacts, clock: Clock, place: int) -> _Held:
    counted = contacts.take(clock.is_about(contacts))
    order = np.lexsort((counted.at, counted.customer))
    customer, at = counted.customer[order], counted.at[order]
    first, last = np.arange(len(at) - clock.most + 1), np.arange(clock.most - 1, len(at))
    together = (customer[first] == customer[last]) & (at[last] - at[first] < clock.within)
    first, last = first[together], last[together]
    limited = np.flatnonzero(clock.is_about(rows) & ~rows.free)
    want, interval = _meeting(rows.customer[limited], customer[first])
    start, end = at[last] - clock.within, at[first] + clock.within
    return _Held(limited[want], start[interval], end[interval], np.full(len(want), place, dtype=np.int64))


def _held_by_rests(rows: Wants, rests: Rests) -> _Held:
    order = np.argsort(rests.customer, kind="stable")
    want, interval = _meeting(rows.customer, rests.customer[order])
    interval = order[interval]
    of_survey = rests.survey[interval] == rows.survey[want]
    # a reminder is about what was asked already, and free messages are about something else: only a pause stops these
    concerned = rests.pause[interval] | (of_survey & ~rows.reminder[want] & ~rows.free[want])
    concerned &= of_survey | (rests.survey[interval] == NOBODYS)
    want, interval = want[concerned], interval[concerned]
    rule = np.where(rests.pause[interval], PAUSE, AFTER_ANSWER)
    return _Held(want, rests.start[interval], rests.end[interval], rule.astype(np.int64))


def _meeting(one: Times, many: Times) -> tuple[Times, Times]:
    """Returns each pair of places at which two lists of customers are the same; `many` is sorted."""
    begin, end = np.searchsorted(many, one, "left"), np.searchsorted(many, one, "right")
    number = end - begin
    left = np.repeat(np.arange(len(one)), number)
    offset = np.arange(len(left)) - np.repeat(np.cumsum(number) - number, number)
    return left, np.repeat(begin, number) + offset


def _first_free(rows: Wants, held: _Held, hours: Sequence[Opening]) -> tuple[Times, Times]:
    """Returns the first moment of each want that nothing holds back, and the clock that moved it last."""
    when, rule = rows.at.copy(), np.full(len(rows), NOBODYS, dtype=np.int64)
    while True:
        _pass_over(when, rule, held)
        opened = _opened(rows, when, hours)
        moved = opened > when
        if not moved.any():
            return when, rule
        when[moved] = opened[moved]
        held = _Held(*(getattr(held, name)[moved[held.want]] for name in _Held.__dataclass_fields__))


def _pass_over(when: Times, rule: Times, held: _Held) -> None:
    """Moves each time on to where no interval of its want holds it."""
    while True:
        now = when[held.want]
        inside = (held.start < now) & (now < held.end)
        if not inside.any():
            return
        np.maximum.at(when, held.want[inside], held.end[inside])
        last = inside & (held.end == when[held.want])
        rule[held.want[last]] = held.rule[last]


def _opened(rows: Wants, when: Times, hours: Sequence[Opening]) -> Times:
    if not hours:
        return when
    opened = when.copy()
    for place in np.unique(rows.hours):
        mine: Flags = rows.hours == place
        opened[mine] = hours[int(place)].next(when[mine])
    return opened
