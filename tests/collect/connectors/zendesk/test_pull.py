"""Whole pulls from a help desk whose truth is known: what is in the log, and what a bad day does to it."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from tests.collect.connectors.killing import kill_extraction
from tests.collect.connectors.zendesk.conftest import Support
from tests.collect.connectors.zendesk.server import TOKEN, iso, once

from cxloop.collect.connectors.base import SourceError
from cxloop.store import connections


def current(support: Support, kind: str) -> dict[str, dict[str, Any]]:
    """The latest state of each case or message, by ticket or by what it revises."""
    rows = support.desk.engine.cursor().execute(
        "select i.*, o.id as ticket, e.claimed_channel as channel from interactions i "
        "join interaction_objects o using (interaction_id) join event_codes e using (event_code) "
        f"where i.kind = '{kind}' order by i.known_at, i.batch"
    )
    names = [column[0] for column in rows.description]
    return {row[names.index("revises")]: dict(zip(names, row, strict=True)) for row in rows.fetchall()}


def test_the_log_holds_the_help_desk(support: Support) -> None:
    truth = support.server.desk

    support.pull()

    assert support.count("kind = 'case'") == 230
    assert support.count("kind = 'message'") == len(truth.comments(staff=False))
    assert support.count("kind = 'reply'") == len(truth.comments(staff=True))
    rated = [each for each in truth.ratings.values() if each["score"] in ("good", "bad")]
    assert support.count("kind = 'answer' and metric = 'csat'") == len(rated)
    assert support.desk.number("select sum(score) from interactions where metric = 'csat'") == sum(
        each["score"] == "good" for each in rated
    )
    assert support.desk.number("select count(*) from rejected") == 0
    for ident, found in ((each["ticket"], each) for each in current(support, "case").values()):
        _is_the_ticket(found, truth.tickets[int(ident)], truth)
    said = {each["ticket"]: each for each in current(support, "message").values()}
    assert {each["text"] for each in said.values() if each["text"]} <= {
        each["body"] for each in truth.comments(staff=False)
    }


def _is_the_ticket(found: dict[str, Any], ticket: dict[str, Any], truth: Any) -> None:
    more = json.loads(found["properties"])
    merged = "closed_by_merge" in ticket["tags"]
    assert found["outcome"] == ("merged" if merged else ticket["status"])
    assert found["occurred_at"].strftime("%Y-%m-%dT%H:%M:%SZ") == ticket["updated_at"]
    assert found["team"] == truth.groups[ticket["group_id"]]["name"]
    assert found["brand"] == truth.brands[ticket["brand_id"]]["name"]
    assert found["employee"] == truth.users[ticket["assignee_id"]]["name"]
    assert more.get("subject") == (None if ticket["status"] == "deleted" else ticket["subject"])
    channels = {"email": "email", "web": "web", "chat": "chat", "voice": "phone", "fax_machine": "fax_machine"}
    assert found["channel"] == channels[ticket["via"]["channel"]]


def test_customers_are_known_by_id_email_and_the_shops_own_number(support: Support) -> None:
    support.pull()

    keys = Counter(support.desk.rows("select namespace, type from keys"))
    truth = support.server.desk
    asked = {each["requester_id"] for each in truth.tickets.values()}
    # of a ticket that was deleted, nothing but the customer's number is kept
    kept = {each["requester_id"] for each in truth.tickets.values() if each["status"] != "deleted"}
    external = {each for each in kept if truth.users[each]["external_id"]}
    assert keys["support", "zendesk_user"] == len(asked)
    assert keys["support", "external_id"] == len(external)
    assert support.desk.rows("select value from keys where type = 'email' and value <> lower(value)") == []
    primary = support.desk.rows("select distinct k.type from interactions i join keys k using (key_id)")
    assert primary == [("zendesk_user",)]


def test_private_notes_stay_private(support: Support) -> None:
    private = support.server.desk.comments(staff=True, public=False)

    support.pull()

    assert len(private) > 5
    texts = {row[0] for row in support.desk.rows("select text from interactions where text is not null")}
    assert texts.isdisjoint(each["body"] for each in private)


def test_the_second_pull_adds_only_what_changed(support: Support) -> None:
    support.pull()
    before = support.count("true")
    desk = support.server.desk
    desk.tickets[5_020] |= {"status": "solved", "priority": "urgent"}
    desk.say(5_020, staff=True)
    desk.rate(5_020, "good")
    desk.rate(next(each["ticket_id"] for each in desk.ratings.values() if each["score"] == "good"), "bad")
    desk.delete(5_021)
    support.server.asked.clear()

    done = support.pull()

    assert done.rejected == 0
    # one ticket solved, one deleted, one answer, one rating given and one changed
    assert support.count("true") - before == 5
    tickets = [each for each in support.server.asked if "tickets/cursor" in each]
    assert len(tickets) == 1
    assert "cursor=" in tickets[0].partition("?")[2]
    assert current(support, "case")["ticket:5020"]["outcome"] == "solved"
    gone = current(support, "case")["ticket:5021"]
    assert (gone["outcome"], json.loads(gone["properties"]).get("subject")) == ("deleted", None)


def test_a_token_that_expires_on_the_way_costs_nothing_that_was_read(support: Support) -> None:
    server = support.server
    expired = once("tickets/cursor", 200, at=10_000)

    def expire(target: str) -> None:
        if "tickets/cursor" in target and sum("tickets/cursor" in each for each in server.asked) == 3:
            server.tokens.clear()

    server.troubles += [expire, expired]
    with pytest.raises(SourceError, match="token") as failure:
        support.pull()
    read = support.count("kind = 'case'")
    state = connections.get(support.desk.store, "support")

    server.tokens.add("zd-another-token-0123")
    server.troubles.clear()
    server.asked.clear()
    support.connect("zd-another-token-0123")
    support.pull()

    assert failure.value.kind == "credentials"
    assert TOKEN not in failure.value.message
    assert (state.outcome, state.failure) == ("failed", "credentials")
    assert read == 2 * server.page
    assert "cursor=" in server.asked[0]
    assert support.count("kind = 'case'") == 230


@pytest.mark.usefixtures("real_children")
def test_a_pull_that_is_killed_goes_on_and_nothing_doubles(support: Support) -> None:
    killed: list[int] = []

    def kill(target: str) -> None:
        if "ticket_events" in target and not killed:
            killed.append(kill_extraction())

    support.server.troubles.append(kill)
    with pytest.raises(SourceError):
        support.pull()
    support.pull()

    assert killed == [1]
    assert support.count("kind = 'case'") == 230
    assert support.count("kind = 'message'") == len(support.server.desk.comments(staff=False))


def test_a_bad_day_ends_with_the_same_log(support: Support) -> None:
    server = support.server
    desk = server.desk
    # a schema change: fields that go, come, or are of another type all at once
    for ident in range(5_100, 5_110):
        ticket = desk.tickets[ident]
        ticket |= {"priority": {"level": 3}, "tags": "vip", "brand_new_field": [1, 2], "group_id": "71"}
        del ticket["via"], ticket["subject"]
    server.troubles += [
        once("tickets/cursor", 429, {"Retry-After": "0"}, at=2),
        once("ticket_events", 500, at=1),
        once("satisfaction", 503, {"Retry-After": "0"}, at=1),
        once("groups", 403),
    ]

    done = support.pull()

    assert support.count("kind = 'case'") == 230
    assert done.rejected == 0
    odd = current(support, "case")["ticket:5105"]
    assert (odd["channel"], json.loads(odd["properties"])["priority"]) == (None, '{"level": 3}')
    assert odd["team"] is None
    assert any("names of groups" in note for note in done.notes)
    assert iso(0) not in {str(each) for each in odd.values()}
