"""Waves: whom they ask, who is not asked and why, and that nobody is asked twice, whatever is killed when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from cxloop.collect.surveys import verbs as survey_verbs
from cxloop.collect.surveys.inviting import running, verbs
from cxloop.core.errors import InputError, UnknownNameError
from cxloop.store import personal
from cxloop.store.messages import messages
from cxloop.store.surveys import invitations, waves

if TYPE_CHECKING:
    from tests.collect.surveys.inviting.conftest import Town

FIVE = ["ada", "ben", "cleo", "dan", "eva"]


def test_a_segment_is_asked_with_a_personal_link_each(town: Town) -> None:
    town.settle(FIVE, first_name="Kim", language="de")
    town.gather("buyers", FIVE[:3])

    told = verbs.invite(town.desk, "delivery", segment="buyers")

    assert str(told) == "Wave 1 of delivery: 3 customers wanted, 3 asked now."
    sent = town.send()
    assert sorted(each.address for each in sent) == [f"{name}@example.org" for name in FIVE[:3]]
    parameters = sent[0].parameters
    assert (parameters["title"], parameters["first_name"], sent[0].language) == ("Ihre Lieferung", "Kim", "de")
    assert parameters["question"]["type"] == "nps"
    assert parameters["question"]["values"] == list(range(11))
    assert len({each.parameters["link"] for each in sent}) == 3
    assert invitations.counts(town.desk.store) == {("sent", ""): 3}


def test_a_look_before_sending_changes_nothing_and_says_why_not(town: Town) -> None:
    town.settle(FIVE)
    town.happen(["ada"], kind="consent", name="said", consents='[["survey", null, false]]')
    verbs.invite(town.desk, "delivery", people=("ben@example.org",))
    town.send()

    told = verbs.invite(town.desk, "delivery", segment="everybody", dry_run=True)

    assert str(told) == (
        "delivery, nothing sent: 5 customers wanted, 3 asked now; 2 not asked (1 OVER_BUDGET, 1 NO_CONSENT)."
    ) or str(told) == (
        "delivery, nothing sent: 5 customers wanted, 3 asked now; 2 not asked (1 NO_CONSENT, 1 OVER_BUDGET)."
    )
    assert {(each.reason, each.rule) for each in told.not_asked} == {
        ("NO_CONSENT", ""), ("OVER_BUDGET", "delivery: once in 90d"),
    }  # fmt: skip
    assert len(verbs.waves(town.desk).records()) == 1


def test_everybody_who_is_not_asked_has_a_reason(town: Town) -> None:
    town.settle(FIVE)
    town.happen(["ada"], kind="consent", name="said", consents='[["survey", null, false]]')

    verbs.invite(town.desk, "delivery", people=(*(f"{name}@example.org" for name in FIVE[:2]), "nobody@example.org"))
    rows = verbs.invitations(town.desk, "delivery").records()

    assert [(row["label"], row["state"], row["reason"]) for row in rows] == [
        ("ben", "queued", None), ("ada", "held", "NO_CONSENT"),
    ]  # fmt: skip
    assert verbs.wave(town.desk, 1).asked == 1


def test_a_list_tells_the_survey_what_its_other_columns_say(town: Town) -> None:
    town.settle(FIVE)
    file = town.desk.write("list.csv", "email;order;store\nADA@example.org;A-7;Kiel\nzoe@example.org;B-1;Bonn\n")

    told = verbs.invite(town.desk, "delivery", file=file)

    assert (told.wanted, told.unknown) == (1, 1)
    (row,) = invitations.some(town.desk.store)
    assert row.hidden == {"order": "A-7", "store": "Kiel"}
    assert town.send()[0].parameters["variables"] == {"order": "A-7", "store": "Kiel"}


def test_who_stands_in_a_list_twice_is_asked_once(town: Town) -> None:
    town.settle(FIVE)
    verbs.invite(town.desk, "delivery", people=("ada@example.org", "ben@example.org", "ada@example.org"))

    assert invitations.counts(town.desk.store) == {("held", "DUPLICATE"): 1, ("queued", ""): 2}


def test_an_event_asks_two_hours_later_and_never_twice(town: Town) -> None:
    town.settle(FIVE)
    town.happen(["ada"], kind="delivery", name="delivered")  # before the wave: nobody is asked about the past
    verbs.invite(town.desk, "delivery", event='kind == "delivery" and name == "delivered"', delay="2h")
    town.pass_time(hours=1)
    town.happen(["ben"], kind="delivery", name="delivered", location="Kiel")
    town.happen(["cleo"], kind="delivery", name="promised")

    assert running.run_due(town.desk) == 1
    town.pass_time(minutes=5)
    assert running.run_due(town.desk) == 0

    (row,) = invitations.some(town.desk.store)
    assert (row.due_at, row.hidden) == (datetime(2026, 5, 4, 13), {"location": "Kiel"})
    assert row.trigger == "shop/m7"
    assert town.send() == []
    town.pass_time(hours=2)
    assert [each.address for each in town.send()] == ["ben@example.org"]


def test_a_schedule_asks_anew_each_quarter_spread_over_days(town: Town) -> None:
    town.settle(FIVE)
    verbs.invite(town.desk, "delivery", segment="everybody", every="91d", spread="5d")
    first = {row.key_id: row.due_at for row in invitations.some(town.desk.store)}
    town.pass_time(days=6)
    town.send()

    assert running.run_due(town.desk) == 0
    town.pass_time(days=86)
    assert running.run_due(town.desk) == 5

    rows = invitations.some(town.desk.store)
    assert len(rows) == 10
    assert len({row.due_at for row in rows[5:]}) >= 4  # two that fall into one night both wait for its morning
    begin = datetime(2026, 5, 4, 10)
    assert all(begin <= (due or begin) < begin + timedelta(days=6) for due in first.values())


def test_a_wave_that_is_killed_between_its_batches_asks_everybody_once(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.settle(FIVE)
    monkeypatch.setattr(running, "AT_ONCE", 2)
    real, calls = invitations.add, list[int]()

    def killed(*arguments: object, **more: object) -> bool:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(invitations, "add", killed)
    with pytest.raises(KeyboardInterrupt):
        verbs.invite(town.desk, "delivery", segment="everybody")
    assert invitations.counts(town.desk.store) == {("planned", ""): 2}

    running.run_due(town.desk)

    assert sorted(each.address for each in town.send()) == [f"{name}@example.org" for name in FIVE]
    assert verbs.wave(town.desk, 1).state == "done"


def test_invitations_without_a_message_get_one_at_the_next_look(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.settle(FIVE)
    monkeypatch.setattr(running, "put_many", _killed)
    with pytest.raises(KeyboardInterrupt):
        verbs.invite(town.desk, "delivery", segment="everybody")
    monkeypatch.undo()

    assert running.due(town.desk)
    running.run_due(town.desk)
    running.run_due(town.desk)

    assert len(messages.some(town.desk.store, [], 100)) == 5


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_only_who_has_not_answered_is_reminded_and_who_answers_meanwhile_is_not(town: Town) -> None:
    town.settle(FIVE)
    survey_verbs.survey_settings(town.desk, "delivery", settings='{"reminders": ["3d", "6d"]}')
    verbs.invite(town.desk, "delivery", segment="everybody")
    first = town.send()
    now = town.desk.now()
    invitations.note(town.desk.store, first[0].reference or 0, "finished", now)
    town.pass_time(days=3)
    running.run_due(town.desk)
    waiting = messages.due(town.desk.store, town.desk.now(), 100, ["email"])
    assert sorted(each.once for each in waiting) == [f"reminder:{each.reference}:1" for each in first[1:]]

    invitations.note(town.desk.store, first[1].reference or 0, "finished", town.desk.now())

    assert len(town.send()) == 3
    town.pass_time(days=3)
    running.run_due(town.desk)
    assert [each.once[-2:] for each in town.send()] == [":2"] * 3
    town.pass_time(days=30)
    running.run_due(town.desk)
    assert town.send() == []
    assert verbs.wave(town.desk, 1).reminded == 4


def test_a_person_reminds_once_more_and_the_budget_has_its_say(town: Town) -> None:
    town.settle(FIVE)
    town.budget(most=2, within="30d")
    verbs.invite(town.desk, "delivery", segment="everybody")
    town.send()
    town.pass_time(days=2)

    verbs.remind(town.desk, 1)
    assert len(town.send()) == 5
    town.pass_time(days=2)
    verbs.remind(town.desk, 1)

    assert town.send() == []


def test_a_stopped_wave_takes_back_what_it_has_not_sent(town: Town) -> None:
    town.settle(FIVE)
    verbs.invite(town.desk, "delivery", segment="everybody", spread="4d")
    sent = town.send()

    stopped = verbs.stop_wave(town.desk, 1)
    town.pass_time(days=5)

    assert town.send() == []
    assert (stopped.state, stopped.states.get("sent", 0)) == ("stopped", len(sent))
    assert stopped.states["expired"] == 5 - len(sent)


def test_nobody_is_invited_to_a_draft_and_a_wave_asks_one_kind_of_list(town: Town) -> None:
    survey_verbs.draft_survey(town.desk, "new", template="relational_nps")
    with pytest.raises(InputError, match="'new' is draft, so nobody could answer"):
        verbs.invite(town.desk, "new", segment="everybody")
    with pytest.raises(InputError, match="none of them is given"):
        verbs.invite(town.desk, "delivery")
    with pytest.raises(InputError, match="segment and people are given"):
        verbs.invite(town.desk, "delivery", segment="everybody", people=("a",))
    with pytest.raises(UnknownNameError, match="buyers"):
        verbs.invite(town.desk, "delivery", segment="buyers")
    with pytest.raises(UnknownNameError, match="knd"):
        verbs.invite(town.desk, "delivery", event='knd == "delivery"')


def test_what_a_list_says_of_somebody_is_kept_with_their_invitation_alone(town: Town) -> None:
    town.settle(FIVE)
    file = town.desk.write("list.csv", "email,nickname\nada@example.org,Countess\n")
    verbs.invite(town.desk, "delivery", file=file)

    assert "Countess" not in str(verbs.wave(town.desk, 1).settings)
    assert "Countess" not in str(waves.get(town.desk.store, 1).settings)
    assert verbs.wave(town.desk, 1).whom == "a list of 1"

    assert personal.forget_keys(town.desk.store, [town.numbers["ada"]]) == {"invitations": 1, "messages": 1}
    assert invitations.some(town.desk.store) == []
