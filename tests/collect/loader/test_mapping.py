"""What an event of the Segment protocol becomes: each call, each part, and everything else that a sender may send."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.collect.loader.conftest import BROWSER, Line, track

from cxloop.collect.loader.batch import Batch
from cxloop.collect.loader.plain import plain
from cxloop.collect.loader.segment import Segment
from cxloop.collect.spool import Envelope


def test_a_track_call_is_a_touch_of_its_user(line: Line) -> None:
    line.send(track("Signed up", anonymousId="a1", messageId="m1", properties={"plan": "pro"}))
    line.load()

    assert line.log("i.kind, e.name, k.namespace, k.type, k.value, i.message_id, i.properties") == [
        ("touch", "Signed up", "web", "user_id", "u1", "m1", '{"plan": "pro"}')
    ]
    others = line.desk.rows(
        "select type, value from keys where key_id in (select unnest(other_keys) from interactions)"
    )
    assert others == [("anonymous_id", "a1")]


def test_a_visitor_without_a_user_is_known_by_the_anonymous_id(line: Line) -> None:
    line.send({"type": "page", "anonymousId": "a1", "context": {"page": {"path": "/cart/17"}}})
    line.load()

    assert line.log("e.name, e.path, e.claimed_channel, k.type, k.value") == [
        ("page", "/cart/:id", "web", "anonymous_id", "a1")
    ]


def test_a_screen_is_the_apps(line: Line) -> None:
    line.send({"type": "screen", "userId": "u1", "name": "Basket", "context": {"os": {"name": "iOS"}}})
    line.load()

    assert line.log("e.name, e.claimed_channel") == [("Basket", "app")]


def test_a_call_without_page_and_browser_is_a_servers(line: Line) -> None:
    line.send(track(context={"library": {"name": "analytics-python"}}))
    line.load()

    assert line.log("e.claimed_channel, i.traffic") == [("server", None)]


def test_identify_tells_traits_and_ways_to_reach_somebody(line: Line) -> None:
    traits = {"email": "Anna@Example.org", "plan": "pro"}
    line.send({"type": "identify", "userId": "u1", "anonymousId": "a1", "traits": traits})
    line.load()

    assert line.log("i.kind, e.name") == [("profile", "identify")]
    assert line.desk.rows("select name, value from traits order by name") == [
        ("email", "Anna@Example.org"),
        ("plan", "pro"),
    ]
    assert ("email", "anna@example.org") in line.desk.rows("select type, value from keys")


def test_traits_in_the_context_count_where_identify_has_none_of_its_own(line: Line) -> None:
    line.send({"type": "identify", "userId": "u1", "context": {"traits": {"plan": "pro"}}})
    line.load()

    assert line.desk.rows("select name, value from traits") == [("plan", "pro")]


def test_group_tells_the_traits_of_the_account_and_not_of_the_user(line: Line) -> None:
    line.send({"type": "group", "userId": "u1", "groupId": "g1", "traits": {"seats": 5}})
    line.load()

    assert line.desk.rows("select k.type, k.value, t.name, t.value from traits t join keys k using (key_id)") == [
        ("group_id", "g1", "seats", "5")
    ]
    assert line.desk.rows("select k.value from interactions i join keys k on k.key_id = i.account_key") == [("g1",)]


def test_alias_names_the_former_id_for_unify(line: Line) -> None:
    line.send({"type": "alias", "userId": "u1", "previousId": "a1"})
    line.load()

    known = line.desk.rows("select type, value from keys where key_id in (select unnest(other_keys) from interactions)")
    assert sorted(known) == [("anonymous_id", "a1"), ("user_id", "a1")]


def test_a_completed_order_is_an_order_with_its_value(line: Line) -> None:
    order = {"order_id": 17, "revenue": "25.50", "currency": "eur"}
    line.send(track("Order Completed", properties=order), track("Order Refunded", properties={"total": 5}))
    line.load()

    assert line.log("i.kind, i.value, i.currency") == [("order", 25.5, "EUR"), ("return", -5.0, None)]
    assert line.desk.rows("select type, id from interaction_objects") == [("order", "17")]


def test_an_event_that_declares_metric_and_score_is_an_answer(line: Line) -> None:
    answer = {"metric": "NPS", "score": 9, "scale_min": 0, "scale_max": 10, "comment": "Fast.", "survey_id": "s1"}
    line.send(track("Survey answered", properties=answer, context={"locale": "de_DE"}))
    line.load()

    columns = "i.kind, i.metric, i.score, i.scale_min, i.scale_max, i.text, i.language, i.survey_id"
    assert line.log(columns) == [("answer", "nps", 9.0, 0.0, 10.0, "Fast.", "de-DE", "s1")]


def test_a_property_named_as_a_column_fills_it_and_stays(line: Line) -> None:
    line.send(track(properties={"brand": "Nord"}, context={"campaign": {"name": "May"}, "location": {"country": "AT"}}))
    line.load()

    assert line.log("i.brand, i.campaign, i.region, i.properties ->> '$.brand'") == [("Nord", "May", "AT", "Nord")]


def test_the_context_is_kept_with_its_address_truncated(line: Line) -> None:
    line.send(track(context={"ip": "203.0.113.77", "app": {"name": "shop"}}))
    line.load()

    [(properties,)] = line.log("i.properties")
    assert json.loads(properties) == {"context": {"ip": "203.0.113.0", "app": {"name": "shop"}}}


def test_a_property_called_context_makes_room_for_ours(line: Line) -> None:
    line.send(track(properties={"context": "mine", "browser": "mine"}, context={"userAgent": BROWSER}))
    line.load()

    [(properties,)] = line.log("i.properties")
    found = json.loads(properties)
    assert (found["context_"], found["browser"], found["context"]) == ("mine", "mine", {"userAgent": BROWSER})
    assert found["os"] == "Windows"


def test_consents_come_with_identify(line: Line) -> None:
    consent = {"categoryPreferences": {"Advertising": False}}
    line.send(
        {"type": "identify", "userId": "u1", "context": {"consent": consent}}, track(context={"consent": consent})
    )
    line.load()

    assert line.desk.rows("select purpose, channel, granted from consents") == [("Advertising", None, False)]


def test_bots_and_tests_are_flagged_and_kept(line: Line) -> None:
    crawler = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    line.send(
        track(context={"userAgent": BROWSER}),
        track(context={"userAgent": crawler}),
        track(context={"userAgent": BROWSER.replace("Chrome", "HeadlessChrome")}),
        track(context={"test": True}),
    )
    line.send(track(), test=True)
    line.load()

    assert line.log("i.traffic") == [(None,), ("bot",), ("bot",), ("test",), ("test",)]
    assert (line.loader.totals.bots, line.loader.totals.tests) == (2, 2)


def test_the_time_zone_gives_the_customers_clock(line: Line) -> None:
    line.send(track(timestamp="2026-04-30T22:30:00Z", context={"timezone": "Europe/Berlin"}))
    line.load()

    assert line.log("i.occurred_at, i.local_offset") == [(datetime(2026, 4, 30, 22, 30), 120)]


def test_the_context_of_a_batch_holds_for_events_without_one(line: Line) -> None:
    body = {"batch": [track()], "context": {"campaign": {"name": "May"}}}
    line.append(json.dumps(body).encode())
    line.load()

    assert line.log("i.campaign") == [("May",)]


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
context_names = st.sampled_from(
    [
        "ip",
        "page",
        "os",
        "device",
        "userAgent",
        "traits",
        "campaign",
        "locale",
        "timezone",
        "consent",
        "test",
        "location",
    ]
)
property_names = st.sampled_from(
    ["context", "order_id", "revenue", "score", "metric", "rating", "text", "path", "url", "brand", "browser", "ip"]
)
events = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "identify", "page", "screen", "group", "alias", "other"])},
    optional={
        "userId": scalars,
        "anonymousId": st.text(max_size=5),
        "event": st.sampled_from(["Order Completed", "Product Reviewed", "", "x"]) | scalars,
        "name": scalars,
        "groupId": scalars,
        "previousId": scalars,
        "messageId": scalars,
        "timestamp": scalars | st.datetimes().map(str),
        "sentAt": scalars | st.datetimes().map(str),
        "context": st.dictionaries(context_names, anything, max_size=4) | anything,
        "properties": st.dictionaries(property_names, anything, max_size=4) | anything,
        "traits": st.dictionaries(st.sampled_from(["email", "phone", "plan"]), anything) | anything,
    },
)


@given(st.lists(events, max_size=4))
def test_every_event_becomes_exactly_one_row_or_one_reject(sent: list[dict[str, Any]]) -> None:
    batch = Batch()

    Segment().add(batch, 7, Envelope("web", "segment", 1_777_636_800_000_000, json.dumps({"batch": sent}).encode()))

    assert len(batch.rows) + len(batch.rejects) == len(sent)
    assert len(batch.origins) == len(batch.rows)
    if len(batch.rows):
        table = batch.rows.table()
        assert table.num_rows == len(batch.rows)
        for text in table.to_pydict().get("properties", []):
            assert text is None or isinstance(json.loads(text), dict)


@given(st.lists(events, max_size=3))
def test_the_short_way_through_a_batch_says_the_same_as_the_long_one(sent: list[dict[str, Any]]) -> None:
    body = json.dumps({"batch": sent, "sentAt": "2026-05-01T12:00:00Z"}).encode()
    found = []
    for refused in ([], [[-1, "none", "A refusal of nothing makes the loader take the long way."]]):
        batch = Batch()
        envelope = Envelope("web", "segment", 1_777_636_800_000_000, body, len(sent), {"refused": refused})
        Segment().add(batch, 7, envelope)
        found.append((batch.rows.table().to_pylist() if len(batch.rows) else [], batch.rejects))

    assert found[0] == found[1]


def test_a_plain_batch_says_the_same_on_both_ways() -> None:
    context = {"userAgent": BROWSER, "ip": "203.0.113.7", "page": {"path": "/a"}, "traits": {"email": "a@b.org"}}
    sent = [
        track(messageId="m1", timestamp="2026-05-01T11:00:00.5Z", context=context, properties={"x": 1, "brand": "N"}),
        {"type": "identify", "userId": "u1", "anonymousId": "a1", "traits": {"plan": "pro"}, "context": context},
        {"type": "page", "anonymousId": "a1", "name": "Home", "originalTimestamp": "2026-05-01T10:00:00+02:00"},
    ]
    body = json.dumps({"batch": sent, "sentAt": "2026-05-01T12:00:00Z"}).encode()
    tables = []
    for refused in ([], [[-1, "none", "A refusal of nothing makes the loader take the long way."]]):
        batch = Batch()
        envelope = Envelope("web", "segment", 1_777_636_800_000_000, body, 3, {"refused": refused})
        Segment().add(batch, 7, envelope)
        tables.append(batch.rows.table().to_pylist())

    assert plain(body, "") is not None
    assert tables[0] == tables[1]
    assert len(tables[0]) == 3
