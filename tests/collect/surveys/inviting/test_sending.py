"""At the moment of sending, the door is asked again: what was planned may be wrong by now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cxloop.collect.surveys.inviting import running, verbs
from cxloop.collect.surveys.inviting.hearing import hear_of_invitations
from cxloop.collect.surveys.inviting.people import door_of
from cxloop.outreach.asks import Verdict
from cxloop.store.messages import messages, preferences, suppressions
from cxloop.store.messages.messages import Change, NewMessage
from cxloop.store.surveys import invitations

if TYPE_CHECKING:
    from tests.collect.surveys.inviting.conftest import Town

FIVE = ["ada", "ben", "cleo", "dan", "eva"]


def _verdicts(town: Town) -> dict[str, Verdict]:
    """The verdict about each message that waits, by whom it goes to."""
    waiting = messages.some(town.desk.store, ["waiting"], 100)
    told = door_of(town.desk).still_may(waiting, town.desk.now())
    return {each.address.partition("@")[0]: told[each.id] for each in waiting}


def test_what_was_said_since_counts_when_a_message_is_about_to_leave(town: Town) -> None:
    town.settle(FIVE)
    verbs.invite(town.desk, "delivery", segment="everybody")
    store, now = town.desk.store, town.desk.now()
    suppressions.add(store, "email", "BEN@example.org", "bounced")
    town.happen(["cleo"], kind="consent", name="said", consents='[["survey", "email", false]]')
    paused = now + timedelta(days=3)
    preferences.save(store, town.numbers["dan"], channel=None, language=None, paused_until=paused)

    told = _verdicts(town)

    assert told == {
        "ada": Verdict("go", now),
        "eva": Verdict("go", now),
        "ben": Verdict("no", reason="SUPPRESSED"),
        "cleo": Verdict("no", reason="NO_CONSENT"),
        "dan": Verdict("later", paused, rule="paused by the customer"),
    }


def test_nothing_leaves_in_quiet_hours_of_the_customers_own_clock(town: Town) -> None:
    town.settle(["ada"], time_zone="America/Los_Angeles")
    town.settle(["ben"], country="Japan")
    town.settle(["cleo"])
    verbs.invite(town.desk, "delivery", segment="everybody")

    # 10:00 UTC: 3:00 in Los Angeles, 19:00 in Tokyo, 10:00 in the company's zone
    due = {each.address[:3]: each.due_at for each in messages.some(town.desk.store, ["waiting"], 9)}
    assert due == {
        "ada": datetime(2026, 5, 4, 16), "ben": datetime(2026, 5, 4, 10), "cle": datetime(2026, 5, 4, 10),
    }  # fmt: skip
    town.pass_time(hours=2)
    assert _verdicts(town)["ben"] == Verdict("later", datetime(2026, 5, 5, 0))


def test_a_message_that_was_sent_meanwhile_moves_the_others(town: Town) -> None:
    town.settle(["ada"])
    town.budget(most=1, within="7d")
    verbs.invite(town.desk, "delivery", segment="everybody")
    now = town.desk.now()
    other = NewMessage("news:1", "news", "news", None, town.numbers["ada"], "email", "ada@example.org", "", "news")
    (number,) = messages.put(town.desk.store, [other])
    messages.change(town.desk.store, [Change(number, ("waiting",), "sent", sent_at=now)])

    assert _verdicts(town) == {"ada": Verdict("later", now + timedelta(days=7), rule="at most 1 in 7d")}


def test_a_message_to_somebody_who_was_erased_does_not_go(town: Town) -> None:
    town.settle(["ada"])
    gone = NewMessage("news:1", "", "news", None, 987_654, "email", "gone@example.org", "", "news")
    messages.put(town.desk.store, [gone])

    assert _verdicts(town)["gone"].answer == "no"


def test_what_is_taken_back_at_the_door_stands_at_the_invitation_with_its_reason(town: Town) -> None:
    town.settle(["ada"])
    verbs.invite(town.desk, "delivery", segment="everybody")
    (waiting,) = messages.some(town.desk.store, ["waiting"], 9)
    step = Change(waiting.id, ("waiting",), "cancelled", "OVER_BUDGET at most 4 in 30d")
    messages.change(town.desk.store, [step])

    for _ in range(2):  # who tells it may tell it twice
        hear_of_invitations(town.desk.store, messages.some(town.desk.store, ["cancelled"], 9))

    (row,) = invitations.some(town.desk.store)
    assert (row.state, row.reason, row.rule, row.revision) == ("held", "OVER_BUDGET", "at most 4 in 30d", 3)


def test_a_quarterly_survey_that_goes_first_keeps_its_place_from_a_frequent_one(town: Town) -> None:
    from cxloop.collect.surveys import verbs as survey_verbs

    town.settle(["ada"])
    town.budget(most=1, within="7d")
    survey_verbs.draft_survey(town.desk, "relational", template="relational_nps")
    survey_verbs.publish_survey(town.desk, "relational")
    survey_verbs.survey_settings(town.desk, "relational", settings='{"priority": 80}')
    verbs.invite(town.desk, "relational", segment="everybody", every="91d", at="2026-05-07T10:00")

    told = verbs.invite(town.desk, "delivery", segment="everybody", dry_run=True)

    assert (told.now, told.later, told.last_at) == (0, 1, datetime(2026, 5, 14, 10))
    town.pass_time(days=3)
    running.run_due(town.desk)
    assert [each.survey for each in invitations.some(town.desk.store)] == ["relational"]


def test_an_answer_gives_rest_from_that_survey_and_from_no_other(town: Town) -> None:
    from cxloop.collect.surveys import verbs as survey_verbs

    town.settle(["ada", "ben"])
    survey_verbs.draft_survey(town.desk, "relational", template="relational_nps")
    survey_verbs.publish_survey(town.desk, "relational")
    town.happen(["ada"], kind="answer", name="nps", metric="nps", score=9.0, survey_id="delivery")

    asked = {
        survey: verbs.invite(town.desk, survey, segment="everybody", dry_run=True)
        for survey in ("delivery", "relational")
    }

    assert asked["relational"].now == 2
    assert [(each.reason, each.rule) for each in asked["delivery"].not_asked] == [
        ("OVER_BUDGET", "delivery: 90d after an answer")
    ]
