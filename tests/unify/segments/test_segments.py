"""Segments as people use them: defined after a look, right as things happen, shown with their past."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import cast

import pytest
from tests.unify.segments.conftest import START, Workspace

from cxloop.core.config import Experience
from cxloop.core.errors import AccessDeniedError, InputError, UnknownNameError
from cxloop.core.expr import ExpressionError
from cxloop.core.results import Estimate
from cxloop.engine.derivation import is_due
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.scope import Scope, ScopedEngine
from cxloop.measure.verbs import nps
from cxloop.runtime.limited import derived_tables
from cxloop.store import documents
from cxloop.unify.segments import facts
from cxloop.unify.segments.definition import KIND
from cxloop.unify.segments.reading import members_of, segments_of
from cxloop.unify.segments.step import SEGMENTS
from cxloop.unify.verbs import (
    customers,
    define_segment,
    drop_segment,
    overlap,
    segment,
    segment_members,
    segments,
)

DAY = timedelta(days=1)
LATE = {"kind": "delivery", "outcome": "late"}
LATE_TWICE = 'count(kind == "delivery" and outcome == "late", within="60d") >= 2'
UNHAPPY = f'{LATE_TWICE} and latest(score, metric == "nps") < 7'


def answers(score: float) -> dict[str, object]:
    return {"kind": "answer", "metric": "nps", "score": score, "scale_min": 0.0, "scale_max": 10.0}


def defined(ws: Workspace, name: str, where: str) -> None:
    define_segment(ws, name, where)
    ws.derive()


def test_a_definition_is_shown_before_it_is_saved(ws: Workspace) -> None:
    ws.admit({"who": "ada", "at": START - 50 * DAY, **LATE}, {"who": "ada", "at": START - 20 * DAY, **LATE})
    ws.happens("bo", START - DAY, **LATE)

    trial = define_segment(ws, "late_twice", LATE_TWICE, dry_run=True)
    ws.derive()

    assert (trial.version, trial.members, trial.customers, trial.enter, trial.leave) == (None, 1, 2, 1, 0)
    assert [member.label for member in trial.examples] == ["ada"]
    # by the log as it is today: the second late parcel came on 21 December, the first left the window on 20 January
    assert [(point.day, point.members) for point in trial.replay][-2:] == [
        (date(2025, 11, 30), 0),
        (date(2025, 12, 31), 1),
    ]
    assert segments(ws).rows == ()
    assert ws.engine.count("segment_facts") == 0


def test_an_event_moves_its_customer_at_once(ws: Workspace) -> None:
    defined(ws, "unhappy", UNHAPPY)
    ws.happens("ada", START - 2 * DAY, **LATE)
    ws.happens("ada", START - DAY, **answers(5.0))
    before = ws.members("unhappy")

    ws.happens("ada", START - DAY, **LATE)
    within = ws.members("unhappy")
    ws.happens("ada", START, **answers(9.0))

    assert (before, within, ws.members("unhappy")) == (set(), {ws.number("ada")}, set())


def test_a_window_ends_by_itself_and_at_its_very_moment(ws: Workspace) -> None:
    first = START - DAY + timedelta(microseconds=1)
    ws.admit({"who": "ada", "at": first, **LATE}, {"who": "ada", "at": START, **LATE})
    defined(ws, "late_twice", LATE_TWICE)
    end = first + 60 * DAY

    ws.as_of = end - timedelta(microseconds=1)
    early = is_due(ws, SEGMENTS)
    ws.as_of = end
    late = is_due(ws, SEGMENTS)
    ws.as_of = end + 3 * DAY
    ws.derive()

    assert (early, late, is_due(ws, SEGMENTS)) == (False, True, False)
    assert ws.intervals("late_twice") == [(ws.number("ada"), START, end)]


def test_who_has_not_come_for_long_enters_without_an_event(ws: Workspace) -> None:
    ws.happens("ada", START - DAY, kind="order", value=5.0)
    defined(ws, "lost", 'days_since(kind == "order") > 90')

    ws.as_of = START + 200 * DAY
    ws.derive()

    assert ws.intervals("lost") == [(ws.number("ada"), START + 89 * DAY + timedelta(microseconds=1), None)]


def test_time_that_nobody_watched_is_told_moment_by_moment(ws: Workspace) -> None:
    ws.admit({"who": "ada", "at": START - DAY}, {"who": "ada", "at": START + 10 * DAY})
    defined(ws, "active", 'ever(kind == "touch", within="3d")')

    ws.as_of = START + 30 * DAY
    ws.derive()

    ada = ws.number("ada")
    assert ws.intervals("active") == [
        (ada, START, START + 2 * DAY),
        (ada, START + 10 * DAY, START + 13 * DAY),
    ]


def test_bots_and_tests_are_nobody(ws: Workspace) -> None:
    ws.admit({"who": "robot", "at": START, "traffic": "bot", **LATE}, {"who": "ada", "at": START})
    defined(ws, "no_order", 'never(kind == "order")')

    assert ws.members("no_order") == {ws.number("ada")}


def test_a_merge_brings_two_halves_together_and_a_split_takes_them_apart(ws: Workspace) -> None:
    ws.admit({"who": "ada", "at": START, **LATE}, {"who": "ada2", "at": START, **LATE})
    defined(ws, "late_twice", LATE_TWICE)
    ada, second = ws.number("ada"), ws.number("ada2")

    ws.belongs(second, ada)
    ws.derive()
    merged = ws.members("late_twice")
    ws.belongs(second, second)
    ws.derive()

    assert (merged, ws.members("late_twice")) == ({ada}, set())


def test_a_consent_counts_by_what_was_said_last_and_until_it_ends(ws: Workspace) -> None:
    defined(ws, "readers", 'consent("news", "email")')
    ws.happens("ada", START - DAY, kind="consent", consents=[["news", "email", True]])
    yes = ws.members("readers")
    ws.engine.cursor().execute("update consents set expires_at = $end", {"end": START + 5 * DAY}).fetchall()
    ws.happens("ada", START)
    ws.happens("bo", START - DAY, kind="consent", consents=[["news", None, True]])
    ws.happens("bo", START, kind="consent", consents=[["news", "email", False]])

    ws.as_of = START + 6 * DAY
    ws.derive()

    ada = ws.number("ada")
    assert yes == {ada}
    assert ws.intervals("readers")[0] == (ada, START, START + 5 * DAY)
    assert ws.members("readers") == set()


def test_a_new_definition_keeps_who_stays_and_says_its_version(ws: Workspace) -> None:
    ws.admit(*({"who": who, "at": START, **LATE} for who in ("ada", "ada", "ada", "bo", "bo")))
    defined(ws, "late", LATE_TWICE)
    ws.as_of = START + DAY

    changed = define_segment(ws, "late", LATE_TWICE.replace(">= 2", ">= 3"))
    pending = segments(ws).rows[0]
    ws.derive()
    current = segments(ws).rows[0]

    assert (changed.version, changed.enter, changed.leave) == (2, 0, 1)
    assert (pending.state, pending.version, pending.shown, pending.members) == ("pending", 2, 1, 2)
    assert (current.state, current.shown, current.members, current.left) == ("current", 2, 1, 1)
    assert ws.intervals("late") == [
        (ws.number("ada"), START, None),
        (ws.number("bo"), START, START + DAY),
    ]


def test_a_definition_that_no_longer_fits_leaves_the_members_and_says_why(ws: Workspace) -> None:
    ws.admit({"who": "ada", "at": START, "properties": {"tier": "gold"}})
    defined(ws, "gold", 'ever(tier == "gold")')

    changed = replace(ws, experience=Experience())
    changed.derive()

    row = segments(changed).rows[0]
    assert (row.state, row.members) == ("broken", 1)
    assert "'tier'" in row.problem


def test_a_dropped_segment_is_gone_and_its_versions_stay(ws: Workspace) -> None:
    ws.admit({"who": "ada", "at": START, **LATE}, {"who": "ada", "at": START, **LATE})
    defined(ws, "late", LATE_TWICE)

    dropped = drop_segment(ws, "late")
    ws.derive()

    assert dropped.members == 1
    assert segments(ws).rows == ()
    assert (ws.members("late"), ws.engine.count("segment_facts")) == (set(), 0)
    assert [version.content["where"] for version in documents.history(ws.store, KIND, "late")] == ["", LATE_TWICE]
    with pytest.raises(UnknownNameError, match="late"):
        segment(ws, "late")


def test_history_tells_the_size_of_each_day(ws: Workspace) -> None:
    ws.admit({"who": "ada", "at": START})
    defined(ws, "active", 'ever(kind == "touch", within="3d")')
    ws.as_of = START + timedelta(hours=36)
    ws.happens("bo", ws.as_of)
    ws.as_of = START + 4 * DAY
    ws.derive()

    told = segment(ws, "active")

    assert [(point.day, point.members, point.entered, point.left) for point in told.history] == [
        (date(2026, 1, 10), 1, 1, 0),
        (date(2026, 1, 11), 2, 1, 0),
        (date(2026, 1, 12), 2, 0, 0),
        (date(2026, 1, 13), 1, 0, 1),
        (date(2026, 1, 14), 1, 0, 0),
    ]
    assert str(told).startswith("active: 1 member (50.0% of 2 customers); 2 came in and 1 went out")


def test_a_new_segment_shows_past_months_until_it_has_days_of_its_own(ws: Workspace) -> None:
    ws.admit({"who": "ada", "at": START - 50 * DAY, **LATE}, {"who": "ada", "at": START - 20 * DAY, **LATE})
    trial = define_segment(ws, "late_twice", LATE_TWICE)
    ws.derive()

    fresh = segment(ws, "late_twice")
    ws.as_of = START + 2 * DAY
    ws.derive()

    assert (len(fresh.history), fresh.before) == (1, trial.replay)
    assert segment(ws, "late_twice").before == ()


def test_members_are_those_of_the_moment_that_is_asked(ws: Workspace) -> None:
    ws.admit({"who": "ada", "at": START})
    defined(ws, "active", 'ever(kind == "touch", within="3d")')
    ws.as_of = START + 4 * DAY
    ws.happens("bo", ws.as_of)

    now, then = segment_members(ws, "active"), segment_members(ws, "active", as_of="2026-01-11")

    assert [row.label for row in now.rows] == ["bo"]
    assert [(row.label, row.until) for row in then.rows] == [("ada", START + 3 * DAY)]


def test_overlap_counts_who_is_in_both(ws: Workspace) -> None:
    ws.admit(*({"who": who, "at": START, "kind": kind} for who, kind in (("ada", "order"), ("ada", "call"))))
    ws.admit({"who": "bo", "at": START, "kind": "order"}, {"who": "cy", "at": START, "kind": "call"})
    define_segment(ws, "buyers", 'ever(kind == "order")')
    defined(ws, "callers", 'ever(kind == "call")')

    pair = overlap(ws).pairs[0]

    assert (pair.first_members, pair.second_members, pair.both) == (2, 2, 1)
    assert pair.jaccard == pytest.approx(1 / 3)
    assert overlap(ws, ("callers", "buyers")).pairs == (pair,)
    with pytest.raises(UnknownNameError):
        overlap(ws, ("buyer",))


def test_numbers_split_by_a_segment_and_customers_are_found_in_it(ws: Workspace) -> None:
    for who, score in (("ada", 2.0), ("bo", 9.0), ("cy", 10.0)):
        ws.admit(*({"who": who, "at": START - each * DAY, **answers(score)} for each in range(12)))
    ws.admit({"who": "ada", "at": START, **LATE}, {"who": "ada", "at": START, **LATE})
    defined(ws, "late", LATE_TWICE)

    split = {row.group[0]: row.result for row in nps(ws, by=("segment.late",)).rows}
    alone = nps(ws, where='segment.late == "in"').rows[0].result

    inside, outside = split["in late"], split["not in late"]
    assert isinstance(inside, Estimate)
    assert isinstance(outside, Estimate)
    assert (inside.n, inside.customers, outside.n, outside.customers) == (12, 1, 24, 2)
    assert alone == inside
    assert [row.label for row in customers(ws, segment="late").rows] == ["ada"]
    assert members_of(ws, "late") == [ws.number("ada")]
    assert segments_of(ws, ws.number("ada")) == [("late", START)]
    with pytest.raises(UnknownNameError, match="Did you mean"):
        nps(ws, by=("segment.lat",))


def test_whoever_is_limited_to_some_rows_is_told_that_members_come_of_all(ws: Workspace) -> None:
    ws.admit({"who": "ada", "at": START, "team": "North", **LATE}, {"who": "ada", "at": START, "team": "South", **LATE})
    defined(ws, "late", LATE_TWICE)
    scoped = ScopedEngine(ws.engine, Scope((("team", ("North",)),), derived_tables()))
    limited = replace(ws, engine=cast("DuckDBEngine", scoped))

    for ask in (
        lambda: nps(limited, by=("segment.late",)),
        lambda: customers(limited, segment="late"),
        lambda: members_of(limited, "late"),
    ):
        with pytest.raises(AccessDeniedError, match="computed from all rows"):
            ask()


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ('count(kind == "order", within=30) > 2', "30 has no unit"),
        ("score < 7", "a customer has many"),
        ('conut(kind == "order") > 2', 'Did you mean "count"'),
        ('count(kimd == "order") > 2', 'Did you mean "kind"'),
        ('count(kind == "order")', "number and not a condition"),
        ("sum(outcome) > 2", "takes numbers, not text"),
        ("latest(occurred_at) is null", "takes numbers and texts, not moment"),
        ("count(score) > 1", "needs a condition there, not number"),
        ('latest(score) == "7"', "compares number with text"),
        ("days_since() == 3", "Compare it with a number of days"),
    ],
)
def test_a_definition_that_cannot_be_meant_is_refused_with_its_reason(empty: Workspace, where: str, said: str) -> None:
    with pytest.raises((ExpressionError, UnknownNameError), match=r"At character|Unknown|This is") as refused:
        define_segment(empty, "some", where)
    assert said in str(refused.value)


def test_a_definition_that_would_copy_the_log_is_refused(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    ws.admit(*({"who": "ada", "at": START, **LATE} for _ in range(2)), {"who": "ada", "at": START})
    defined(ws, "late", "count(score > 1 or true) >= 1")
    monkeypatch.setattr(facts, "MOST_FACTS", 2)

    with pytest.raises(InputError, match=r"hold for 3 interactions, and at most 2 can be followed\. Narrow"):
        define_segment(ws, "active", "count(score > 1 or true) >= 1")
    narrow = define_segment(ws, "late_twice", LATE_TWICE, dry_run=True)
    documents.save(ws.store, KIND, "late", {"where": "never(score > 1 or true)", "about": ""}, author_id=None)
    ws.derive()
    ws.happens("bo", START, **LATE)
    broken = segments(ws).rows[0]

    assert (narrow.members, broken.state, broken.members) == (1, "broken", 1)
    assert broken.problem.startswith("The conditions of this definition hold for 3 interactions")


@pytest.mark.parametrize("name", ["Late", "2late", "late-twice", "segment.x", "(trial)", "a" * 41])
def test_a_name_that_no_condition_could_write_is_refused(empty: Workspace, name: str) -> None:
    with pytest.raises(InputError, match="cannot name a segment"):
        define_segment(empty, name, LATE_TWICE)


def test_a_log_that_comes_after_the_definition_and_is_older_sets_the_clock(ws: Workspace) -> None:
    defined(ws, "active", 'ever(kind == "touch", within="3d")')

    ws.as_of = datetime(2018, 5, 3)
    ws.happens("ada", datetime(2018, 5, 2))

    assert ws.intervals("active") == [(ws.number("ada"), datetime(2018, 5, 3), None)]
