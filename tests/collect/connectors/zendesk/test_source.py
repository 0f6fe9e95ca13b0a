"""The source by itself: pages, waits, refusals, and what it never does."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.connectors.zendesk.conftest import Reading
from tests.collect.connectors.zendesk.server import TOKEN, once, slow

from cxloop.collect.connectors.base import SourceError
from cxloop.collect.connectors.forms import checked
from cxloop.collect.connectors.zendesk.connector import CONNECTOR
from cxloop.collect.connectors.zendesk.people import People
from cxloop.collect.connectors.zendesk.rows import (
    ANSWERS,
    MESSAGES,
    RATINGS,
    TICKETS,
    answer_row,
    message_rows,
    rating_row,
    ticket_row,
)
from cxloop.collect.connectors.zendesk.source import Desk, kept, messages, ratings, surveys, tickets
from cxloop.core.errors import MistakesError


def rows(pages: Any) -> list[dict[str, Any]]:
    return [row for page in pages for row in page]


def _messages(reading: Reading) -> Any:
    """What was said, after the tickets were read, as in a pull."""
    desk = reading.desk()
    rows(tickets(desk, {}))
    return messages(desk, {})


def test_pages_are_followed_to_the_end_of_the_stream(reading: Reading) -> None:
    state: dict[str, Any] = {}

    found = rows(tickets(reading.desk(), state))

    assert len({row["ticket_id"] for row in found}) == 230
    assert sum("tickets/cursor" in each for each in reading.server.asked) == 3
    assert rows(tickets(reading.desk(), state)) == []


def test_pages_of_events_overlap_and_leave_none_out(reading: Reading) -> None:
    reading.server.page = 13

    found = rows(_messages(reading))

    desk = reading.server.desk
    wanted = {str(each["id"]) for staff in (True, False) for each in desk.comments(staff=staff)}
    assert {row["message_id"] for row in found} == wanted


def test_a_ratings_list_is_read_in_whatever_order_it_comes(reading: Reading) -> None:
    state: dict[str, Any] = {}
    reading.server.page = 10

    first = rows(ratings(reading.desk(), state))
    again = rows(ratings(reading.desk(), state))

    assert {row["state_id"] for row in again} <= {row["state_id"] for row in first}
    assert state["latest"] > 0


def test_surveys_of_the_newer_kind_are_read_with_their_scale_and_comment(reading: Reading) -> None:
    reading.server.desk.survey(5_010, 4, "Quick and kind")
    reading.server.desk.survey(5_011, 1, None)

    found = rows(surveys(reading.desk(satisfaction="surveys"), {}))

    assert [(row["ticket_id"], row["rating"], row["comment"]) for row in found] == [
        ("5010", "4", "Quick and kind"),
        ("5011", "1", None),
    ]
    assert found[0]["survey_id"] == "01S"
    assert found[0]["customer_email"] == reading.server.desk.users[int(str(found[0]["customer_id"]))]["email"].lower()


def test_a_limit_is_waited_for_as_long_as_it_says(reading: Reading) -> None:
    reading.server.troubles += [
        once("cursor", 429, {"Retry-After": "37"}),
        once("cursor", 500),
        once("cursor", 429, {"Retry-After": "soon"}),
    ]

    next(tickets(reading.desk(), {}))

    assert reading.waited[0] == 37
    assert len(reading.waited) == 3
    assert all(0 < wait < 60 for wait in reading.waited)


def test_a_limit_of_hours_is_left_to_the_next_pull(reading: Reading) -> None:
    reading.server.troubles.append(once("cursor", 429, {"Retry-After": "7200"}))

    with pytest.raises(SourceError) as failure:
        next(tickets(reading.desk(), {}))

    assert failure.value.kind == "throttled"


def test_a_slow_answer_is_asked_for_again(reading: Reading) -> None:
    reading.server.troubles.append(slow("cursor", 2.5))

    assert len(next(tickets(reading.desk(), {}))) == 77
    assert len(reading.waited) == 1


@pytest.mark.parametrize(
    ("status", "kind"), [(401, "credentials"), (403, "credentials"), (404, "missing"), (422, "settings")]
)
def test_a_refusal_is_told_in_words_without_the_token(reading: Reading, status: int, kind: str) -> None:
    reading.server.troubles.append(once("cursor", status, body=f'{{"error":"{TOKEN}"}}'.encode()))

    with pytest.raises(SourceError) as failure:
        next(tickets(reading.desk(), {}))

    assert failure.value.kind == kind
    assert TOKEN not in failure.value.message
    assert reading.waited == []


def test_the_token_follows_no_redirect(reading: Reading) -> None:
    reading.server.troubles.append(once("cursor", 302, {"Location": "http://127.0.0.1:9/elsewhere"}))

    with pytest.raises(SourceError, match=r"127\.0\.0\.1"):
        next(tickets(reading.desk(), {}))


def test_a_next_page_on_another_host_is_refused(reading: Reading) -> None:
    with pytest.raises(SourceError, match="another host"):
        reading.desk().client.get("https://evil.example/api/v2/groups.json")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"", b"\xff"])
def test_an_answer_that_is_no_json_object_is_told(reading: Reading, body: bytes) -> None:
    reading.server.troubles.append(once("cursor", 200, body=body))

    with pytest.raises(SourceError, match="documented JSON"):
        next(tickets(reading.desk(), {}))


def test_a_failure_after_the_first_page_keeps_what_was_read(reading: Reading) -> None:
    desk: Desk = reading.desk()
    state: dict[str, Any] = {}
    reading.server.troubles.append(once("cursor", 401, at=2))

    found = rows(kept(desk, tickets(desk, state)))

    assert len(found) == 77
    assert reading.scope.stopped
    reading.scope.stopped = False
    rest = rows(tickets(reading.desk(), state))
    assert len({row["ticket_id"] for row in [*found, *rest]}) == 230


def test_reading_stops_when_the_slice_is_full(reading: Reading) -> None:
    reading.scope.most = 1
    reading.scope.rows = 1

    assert len(rows(tickets(reading.desk(), {}))) == 77


def test_each_person_is_looked_up_once_and_a_hundred_at_a_time(reading: Reading) -> None:
    rows(_messages(reading))

    asked = [each for each in reading.server.asked if "users/show_many" in each]
    idents = [ident for each in asked for ident in each.partition("ids=")[2].split("%2C")]
    assert len(idents) == len(set(idents))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def odd(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, JSON))


NOBODY = People(lambda _path, _query: {}, lambda _text: None)


@given(odd("id", "created_at", "updated_at", "requester_id", "via", "status", "tags", "group_id", "subject"))
def test_any_ticket_becomes_a_row_of_the_same_columns(ticket: dict[str, Any]) -> None:
    row = ticket_row(ticket, NOBODY)

    assert set(row) == set(TICKETS)
    assert all(value is None or isinstance(value, str) for value in row.values())


@given(odd("id", "ticket_id", "timestamp", "via"), st.lists(odd("id", "author_id", "body", "public", "via")))
def test_any_comment_becomes_a_row_of_the_same_columns(event: dict[str, Any], comments: list[dict[str, Any]]) -> None:
    children = [{**each, "event_type": "Comment"} for each in comments]

    for row in message_rows({**event, "child_events": children}, NOBODY, private=True):
        assert set(row) == set(MESSAGES)


@given(odd("id", "score", "updated_at", "ticket_id", "requester_id"), odd("id", "answers", "subjects", "survey"))
def test_any_rating_becomes_a_row_of_the_same_columns_or_none(rating: dict[str, Any], response: dict[str, Any]) -> None:
    for row, columns in ((rating_row(rating, NOBODY), RATINGS), (answer_row(response, NOBODY), ANSWERS)):
        assert row is None or set(row) == set(columns)


def test_the_same_state_has_the_same_id_and_any_change_another(reading: Reading) -> None:
    first = {row["ticket_id"]: row["state_id"] for row in rows(tickets(reading.desk(), {}))}
    ticket = reading.server.desk.tickets[5_042]
    ticket["priority"] = "urgent"  # without a new updated_at, as Zendesk's own automations do

    again = {row["ticket_id"]: row["state_id"] for row in rows(tickets(reading.desk(), {}))}

    assert [ident for ident in first if first[ident] != again[ident]] == ["5042"]


@pytest.mark.parametrize(
    ("given_", "where"),
    [
        ({"subdomain": "acme.zendesk.com"}, "subdomain"),
        ({"email": ""}, "email"),
        ({"address": "http://proxy.example"}, "address"),
        ({"address": "https://user:pw@proxy.example"}, "address"),
    ],
)
def test_settings_that_would_leak_or_fail_are_refused(given_: dict[str, Any], where: str) -> None:
    whole = {"subdomain": "acme", "email": "boss@acme.example", "token": TOKEN, **given_}

    with pytest.raises(MistakesError) as failure:
        checked(CONNECTOR, whole, "settings")

    assert [mistake.where for mistake in failure.value.mistakes] == [where]


def test_an_oauth_token_needs_no_address_of_a_person(reading: Reading) -> None:
    checked(CONNECTOR, {"subdomain": "acme", "sign_in": "oauth", "token": TOKEN}, "settings")

    assert list(islice(tickets(reading.desk(), {}), 1))
