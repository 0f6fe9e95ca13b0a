"""The customer in full: a story whose truth is known, read back from one result."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.unify.conftest import EXPERIENCE
from tests.unify.people.conftest import Opened
from tests.unify.privacy.conftest import Desk

from cxloop.core.config import Experience
from cxloop.core.host import Actor
from cxloop.engine.scope import Scope, ScopedEngine
from cxloop.runtime.limited import derived_tables
from cxloop.unify import verbs
from cxloop.unify.results import FullCustomer

DAY = datetime(2026, 3, 2, 9)
HOUR = timedelta(hours=1)


def answer(metric: str, score: float, top: float = 10.0) -> dict[str, Any]:
    """Columns of an answer."""
    return {"kind": "answer", "metric": metric, "score": score, "scale_min": 0.0, "scale_max": top}


def test_keys_of_one_person_show_as_one_customer_with_the_evidence_counted(ws: Desk) -> None:
    ws.happens("v1", DAY, key_type="anonymous_id")
    ws.happens("42", DAY + HOUR, other_keys=[["shop", "anonymous_id", "v1"]])
    ws.happens("42", DAY + 2 * HOUR, traits={"name": "Ada Berg"})

    found = verbs.customer(ws, "42")

    assert (found.label, found.interactions, found.first_seen_at) == ("Ada Berg", 3, DAY)
    assert found.identity.keys == 2
    assert [(item.evidence, item.links) for item in found.identity.links] == [("identify", 1)]
    assert found.identity.weakest is None
    assert str(found).startswith("Ada Berg: 2 identifiers, 3 interactions from 2026-03-02 to 2026-03-02")


def test_a_former_number_leads_to_the_customer_and_says_so(ws: Desk) -> None:
    ws.happens("42", DAY)
    ws.happens("43", DAY)
    first, second = (verbs.customer(ws, f"user_id:{value}").customer_id for value in ("42", "43"))
    verbs.merge(ws, "user_id:42", "user_id:43")
    ws.derive()

    found = verbs.customer(ws, str(second))

    assert (found.customer_id, found.asked, found.identity.former_ids) == (first, second, (second,))
    assert f"(number {second} leads here)" in str(found)


def test_profile_shows_what_survived_and_what_lost(opened: Opened) -> None:
    ws = opened(profile=[{"name": "city", "rule": "trusted", "trusted": ["crm"]}])
    ws.happens("42", DAY, source="crm", traits={"city": "Ulm"})
    ws.happens("42", DAY + HOUR, source="app", traits={"city": "Bonn", "email": "ada@example.org"})

    fields = {field.name: field for field in verbs.customer(ws, "42").profile}

    assert (fields["city"].value, fields["city"].source, fields["city"].rule) == ("Ulm", "crm", "trusted")
    assert [(other.value, other.source) for other in fields["city"].others] == [("Bonn", "app")]
    assert fields["email"].value == "ada@example.org"


def test_an_address_that_is_only_a_key_stands_in_the_profile_as_verified(ws: Desk) -> None:
    ws.happens("ada@example.org", DAY)

    (field,) = verbs.customer(ws, "ada@example.org").profile

    assert (field.label, field.value, field.verified) == ("E-mail", "ada@example.org", True)


def test_scores_are_the_latest_of_each_metric(ws: Desk) -> None:
    ws.happens("42", DAY, **answer("nps", 9))
    ws.happens("42", DAY + HOUR, **answer("nps", 3))
    ws.happens("42", DAY, **answer("csat", 4, 5))

    found = verbs.customer(ws, "42").scores

    assert [(item.metric, item.score, item.occurred_at, item.channel) for item in found] == [
        ("csat", 4.0, DAY, "web"),
        ("nps", 3.0, DAY + HOUR, "web"),
    ]


def test_a_revised_answer_is_no_score(ws: Desk) -> None:
    ws.happens("42", DAY, **answer("nps", 9))
    ws.happens("42", DAY - HOUR, revises="1", **answer("nps", 2))

    assert [item.score for item in verbs.customer(ws, "42").scores] == [2.0]


def test_refunds_are_taken_off_what_was_spent(ws: Desk) -> None:
    ws.happens("42", DAY, kind="order", value=80.0, currency="EUR")
    ws.happens("42", DAY, kind="order", value=20.0, currency="EUR")
    ws.happens("42", DAY, kind="return", value=-15.0, currency="EUR")
    ws.happens("42", DAY, kind="order", value=5.0, currency="GBP")

    found = verbs.customer(ws, "42").value

    assert [(money.currency, money.value, money.orders) for money in found] == [("EUR", 85.0, 2), ("GBP", 5.0, 1)]


def matters(ws: Desk) -> list[tuple[str, str, bool]]:
    found: FullCustomer = verbs.customer(ws, "42")
    return [(matter.kind, matter.title, matter.overdue) for matter in found.matters]


def test_a_case_is_open_until_its_latest_state_is_closed(ws: Desk) -> None:
    ticket = {"kind": "case", "objects": [["ticket", "7"]], "text": "Kettle leaks"}
    ws.happens("42", DAY, outcome="open", **ticket)
    ws.happens("42", DAY + HOUR, outcome="pending", **ticket)

    (matter,) = verbs.customer(ws, "42").matters
    assert (matter.kind, matter.title, matter.since, matter.outcome) == ("case", "Kettle leaks", DAY, "pending")
    assert matter.object == "ticket 7"

    ws.happens("42", DAY + 2 * HOUR, outcome="solved", **ticket)
    assert matters(ws) == []


def test_a_call_that_left_something_open_is_a_matter_until_it_is_resolved(ws: Desk) -> None:
    about = {"kind": "call", "objects": [["order", "o1"]], "name": "call_taken"}
    ws.happens("42", DAY, outcome="open", **about)
    assert matters(ws) == [("case", "call_taken", False)]

    ws.happens("42", DAY + HOUR, outcome="resolved", **about)
    assert matters(ws) == []


def test_promises_are_open_and_then_overdue_and_gone_when_kept(ws: Desk) -> None:
    about = {"kind": "promise", "objects": [["order", "o1"]], "promise_what": "delivery"}
    ws.happens("42", DAY, promise_due_at=datetime(2026, 3, 5), **about)
    ws.happens("42", DAY, **{**about, "objects": [["order", "o2"]]}, promise_due_at=datetime(2026, 4, 20))

    assert matters(ws) == [("promise", "delivery", True), ("promise", "delivery", False)]

    ws.happens("42", datetime(2026, 3, 6), kind="delivery", name="delivered", objects=[["order", "o1"]])
    assert matters(ws) == [("promise", "delivery", False)]


def test_a_message_waits_for_a_reply_only_where_replies_are_told(ws: Desk) -> None:
    ws.happens("42", DAY, kind="message", text="Where is it?", source="mail")
    assert matters(ws) == []

    ws.happens("43", DAY, kind="reply", text="Here.", source="mail")
    assert matters(ws) == [("message", "Where is it?", False)]

    ws.happens("42", DAY + HOUR, kind="reply", text="On its way.", source="mail", refers_to="1")
    assert matters(ws) == []


def test_consents_show_how_each_purpose_stands(opened: Opened) -> None:
    ws = opened(purpose=[{"name": "news", "label": "News"}])
    ws.happens("42", DAY, consents=[["news", None, True]])
    ws.happens("42", DAY + HOUR, consents=[["news", "email", False]])

    found = verbs.customer(ws, "42").consents

    assert [(item.purpose, item.channel, item.granted) for item in found] == [
        ("News", None, True),
        ("News", "email", False),
    ]


@pytest.mark.parametrize("asked", ["43", "user_id:43"])
def test_somebody_elses_things_do_not_show(ws: Desk, asked: str) -> None:
    ws.happens("42", DAY, **answer("nps", 9), traits={"city": "Ulm"})
    ws.happens("42", DAY, kind="order", value=80.0, currency="EUR")
    ws.happens("43", DAY)
    verbs.note(ws, "user_id:42", "of the other")

    found = verbs.customer(ws, asked)

    assert (found.scores, found.value, found.profile, found.notes, found.matters) == ((), (), (), (), ())


def test_who_sees_only_some_rows_is_not_told_a_yes_that_another_row_took_back(ws: Desk) -> None:
    ws.experience = Experience.model_validate({**EXPERIENCE, "purpose": [{"name": "news"}]})
    ws.happens("42", DAY, team="North", consents=[["news", None, True]])
    ws.happens("42", DAY + HOUR, consents=[["news", None, False]])  # written down by somebody of no team
    assert [item.granted for item in verbs.customer(ws, "42").consents] == [False]
    limits = (("team", ("North",)),)
    agent = Actor(account_id=3, name="Ned", role="agent", limits=limits)

    seen = replace(ws, opened=ScopedEngine(ws.opened, Scope(limits, derived_tables())), actor=agent)  # type: ignore[arg-type]

    found = verbs.customer(seen, "42")
    assert found.interactions == 1
    assert found.consents == ()
