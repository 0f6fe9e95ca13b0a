"""The budget over random histories: no clock is ever broken, nobody is displaced, and it equals a slow reference."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.outreach.budget import reference

from cxloop.outreach.budget.hours import DAY, Hours, Opening, opening
from cxloop.outreach.budget.planning import AFTER_ANSWER, PAUSE, plan
from cxloop.outreach.budget.values import (
    FAR,
    NOBODYS,
    REASONS,
    Clock,
    Contacts,
    Plan,
    Rests,
    Wants,
    moment_of,
    span_of,
    us_of,
)

HOUR = 3_600_000_000
BEGIN = us_of(datetime(2026, 3, 26))
"""Three days before the clocks of Europe go forward."""
SPRING = Hours(time(9), time(20))
PLACES = (
    (("UTC",), (Hours(),)),
    (("Europe/Berlin",), (SPRING, Hours(days=(1, 2, 3, 4, 5)))),
    (("America/New_York", "America/Los_Angeles"), (SPRING,)),
    (("Europe/Berlin",), (Hours(time(22), time(2, 30)),)),
)


def _openings() -> list[Opening]:
    return [opening(zones, hours, BEGIN, BEGIN + 20 * DAY) for zones, hours in PLACES]


OPENINGS = _openings()
CLOCKS = (
    Clock("2 in 3 days", 2, 3 * DAY),
    Clock("12 hours apart", 1, DAY // 2),
    Clock("1 of a purpose in 2 days", 1, 2 * DAY, purpose=1),
    Clock("survey 0 every 4 days", 1, 4 * DAY, survey=0, spares_reminders=True),
    Clock("3 by mail in 5 days", 3, 5 * DAY, channel=0),
)


@dataclass(frozen=True)
class World:
    """Histories of a few customers, and what is wanted of them."""

    wants: Wants
    contacts: Contacts
    rests: Rests
    clocks: tuple[Clock, ...]

    def plan(self) -> Plan:
        return plan(self.wants, self.contacts, self.rests, self.clocks, OPENINGS)


def ints(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, dtype=np.int64)


def flags(values: list[bool]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array(values, dtype=bool)


_customer = st.integers(0, 2)
_past = st.integers(-5 * 24, 24).map(lambda hours: BEGIN + hours * HOUR)
_contact = st.tuples(_customer, _past, st.integers(0, 1), st.integers(-1, 1), st.integers(0, 1), st.booleans())
_rest = st.tuples(_customer, _past, st.integers(1, 60), st.integers(-1, 1), st.booleans())
_want = st.tuples(
    _customer,
    st.integers(0, 36).map(lambda hours: BEGIN + hours * HOUR),
    st.integers(0, 100).map(lambda hours: hours * HOUR),
    st.sampled_from((10, 50, 90)),
    st.booleans(),
    st.integers(0, 1),
    st.integers(-1, 1),
    st.integers(0, 1),
    st.booleans(),
    st.sampled_from((False, False, False, True)),
    st.integers(0, len(PLACES) - 1),
    st.sampled_from((0, 0, 0, 0, REASONS.index("NO_CONSENT"))),
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draws a world in which everything lies on whole hours."""
    contacts = np.array(draw(st.lists(_contact, max_size=12)), dtype=np.int64).reshape(-1, 6).T
    rests = np.array(draw(st.lists(_rest, max_size=4)), dtype=np.int64).reshape(-1, 5).T
    (customer, at, wait, priority, standing, purpose, survey, channel, reminder, free, hours, refused) = np.array(
        draw(st.lists(_want, min_size=1, max_size=7)), dtype=np.int64
    ).T
    return World(
        Wants(
            customer, at, at + wait, priority, standing > 0, purpose, survey, channel, reminder > 0, free > 0, hours,
            refused,
        ),
        Contacts(contacts[0], contacts[1], contacts[2], contacts[3], contacts[4], contacts[5] > 0),
        Rests(rests[0], rests[1], rests[1] + rests[2] * HOUR, rests[3], rests[4] > 0),
        tuple(clock for clock in CLOCKS if draw(st.booleans())),
    )  # fmt: skip


@given(worlds())
def test_the_plan_equals_a_reference_that_tries_every_minute(world: World) -> None:
    told = world.plan()

    slow = reference.slow_plan(world.wants, world.contacts, world.rests, world.clocks, PLACES)

    assert [int(at) if goes else None for at, goes in zip(told.when, told.goes, strict=True)] == slow


@given(worlds())
def test_no_plan_breaks_a_clock_that_held_before_in_any_window(world: World) -> None:
    told = world.plan()
    going = told.goes & ~world.wants.free
    after = world.contacts.and_more(world.wants.contacts(going, told.when))
    for customer in range(3):
        was, now = (reference.touches_of(each, customer) for each in (world.contacts, after))
        for clock in world.clocks:
            assert reference.keeps(clock, now) or not reference.keeps(clock, was)


@given(worlds())
def test_nobody_is_asked_in_quiet_hours_too_early_or_too_late(world: World) -> None:
    told, wants = world.plan(), world.wants
    for row in np.flatnonzero(told.goes):
        zones, hours = PLACES[int(wants.hours[row])]
        assert reference.is_open(zones, hours, int(told.when[row]))
        assert wants.at[row] <= told.when[row] <= wants.until[row]


@given(worlds(), st.sampled_from((10, 50)))
def test_nothing_of_lower_priority_moves_a_higher_one(world: World, least: int) -> None:
    told = world.plan()
    above = np.flatnonzero(world.wants.priority > least)

    alone = plan(world.wants.take(above), world.contacts, world.rests, world.clocks, OPENINGS)

    assert alone.when.tolist() == told.when[above].tolist()
    assert alone.reason.tolist() == told.reason[above].tolist()


@given(worlds())
def test_customers_do_not_touch_each_other(world: World) -> None:
    told = world.plan()
    for customer in range(3):
        rows = np.flatnonzero(world.wants.customer == customer)
        alone = plan(world.wants.take(rows), world.contacts, world.rests, world.clocks, OPENINGS)
        assert alone.when.tolist() == told.when[rows].tolist()


@given(worlds())
def test_every_want_gets_one_verdict_and_keeps_a_refusal(world: World) -> None:
    told = world.plan()
    names = [REASONS[int(reason)] for reason in told.reason]

    assert len(told.when) == len(told.reason) == len(told.rule) == len(world.wants)
    for row, name in enumerate(names):
        if world.wants.refused[row]:
            assert name == "NO_CONSENT"
        elif name:
            assert name in ("QUIET_HOURS", "OVER_BUDGET", "PAUSED")
            assert told.when[row] > world.wants.until[row]
            assert (told.rule[row] == NOBODYS) == (name == "QUIET_HOURS")


def want(at: int, *, customer: int = 1, until: int = FAR, priority: int = 50, survey: int = 0, **more: object) -> Wants:
    """One want; what is left out is ordinary."""
    values: dict[str, object] = {
        "customer": customer, "at": at, "until": until, "priority": priority, "standing": False, "purpose": 0,
        "survey": survey, "channel": 0, "reminder": False, "free": False, "hours": 0, "refused": 0, **more,
    }  # fmt: skip
    return Wants(**{name: np.array([values[name]]) for name in Wants.__dataclass_fields__})


ALWAYS = [opening(["UTC"], [Hours()], BEGIN, BEGIN + 500 * DAY)]


def test_a_frequent_survey_starves_no_quarterly_one_over_a_year() -> None:
    """Each day the frequent one asks anew; each quarter the other one does, at the same priority and at a higher."""
    clocks = [Clock("2 in 14 days", 2, 14 * DAY), Clock("frequent", 1, span_of("1d"), survey=0)]
    for priority in (50, 80):
        contacts, standing = Contacts.none(), list[Wants]()
        asked = list[tuple[int, int]]()
        for day in range(365):
            now = BEGIN + day * DAY
            new = [want(now, until=now + 7 * DAY)]
            if day % 91 == 45:
                new.append(want(now, until=now + 30 * DAY, survey=1, priority=priority))
            rows = [*standing, *new]
            all_of_them = rows[0]
            for each in rows[1:]:
                all_of_them = all_of_them.and_more(each)
            told = plan(all_of_them, contacts, Rests.none(), clocks, ALWAYS)
            now_going = np.flatnonzero(told.goes & (told.when <= now))
            contacts = contacts.and_more(all_of_them.contacts(now_going, told.when))
            asked += [(int(all_of_them.survey[row]), day) for row in now_going]
            later = np.flatnonzero(told.goes & (told.when > now))
            standing = [_as_standing(all_of_them.take(np.array([row])), int(told.when[row])) for row in later]

        quarterly = [day for survey, day in asked if survey == 1]
        frequent = [day for survey, day in asked if survey == 0]
        assert len(quarterly) == 4
        # among equals, places that were given before reach a week ahead; then one window passes at most
        longest = 21 if priority == 50 else 14
        assert all(day - (45 + 91 * number) <= longest for number, day in enumerate(quarterly))
        # 2 in 14 days are 52 places in a year; what the quarterly one does not need is the frequent one's
        assert len(frequent) >= 52 - 4 - 2
        touches = reference.touches_of(contacts, 1)
        assert all(reference.keeps(clock, touches) for clock in clocks)


def _as_standing(row: Wants, when: int) -> Wants:
    return Wants(**{**vars(row), "standing": np.array([True]), "at": np.array([when])})


def test_a_due_survey_of_higher_priority_keeps_its_place_from_a_frequent_one() -> None:
    quarterly = want(BEGIN + 3 * DAY, until=BEGIN + 10 * DAY, priority=80, survey=1)
    frequent = want(BEGIN, until=BEGIN + 14 * DAY, survey=0)
    weekly = [Clock("1 in 7 days", 1, 7 * DAY)]

    told = plan(frequent.and_more(quarterly), Contacts.none(), Rests.none(), weekly, ALWAYS)

    assert ((told.when - BEGIN) // DAY).tolist() == [10, 3]
    assert told.rule.tolist() == [0, NOBODYS]


def test_asking_for_one_survey_does_not_wind_the_clock_of_another() -> None:
    """The trap of one shared cooldown: here each survey has a clock of its own, and only places are shared."""
    clocks = [Clock("4 in 30 days", 4, 30 * DAY)]
    clocks += [Clock(f"survey {number}", 1, 90 * DAY, survey=number) for number in (0, 1)]
    once = want(BEGIN - DAY).contacts(np.array([True]), np.array([BEGIN - DAY]))

    told = plan(want(BEGIN, survey=0).and_more(want(BEGIN, survey=1)), once, Rests.none(), clocks, ALWAYS)

    assert ((told.when - BEGIN) // DAY).tolist() == [89, 0]


def test_a_pause_and_an_answer_give_rest() -> None:
    rests = Rests(
        ints([1, 2]), ints([-FAR, BEGIN - DAY]), ints([BEGIN + DAY, BEGIN + 2 * DAY]), ints([-1, 0]),
        flags([True, False]),
    )  # fmt: skip
    wants = want(BEGIN, customer=1, until=BEGIN).and_more(want(BEGIN, customer=2))
    wants = wants.and_more(want(BEGIN, customer=2, survey=1)).and_more(want(BEGIN, customer=2, reminder=True))

    told = plan(wants, Contacts.none(), rests, [], ALWAYS)

    assert [REASONS[int(each)] for each in told.reason] == ["PAUSED", "", "", ""]
    assert told.rule.tolist() == [PAUSE, AFTER_ANSWER, NOBODYS, NOBODYS]
    assert ((told.when - BEGIN) // DAY).tolist() == [1, 2, 0, 0]


def test_moments_and_spans_are_whole_microseconds() -> None:
    moment = datetime(2026, 5, 1, 12, 30, 1, 999_999)

    assert moment_of(us_of(moment)) == moment
    assert moment_of(FAR) is None
    assert (span_of("36h"), span_of("2y")) == (36 * HOUR, 730 * DAY)
