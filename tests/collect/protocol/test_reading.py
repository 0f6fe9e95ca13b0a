"""Requests of the Segment protocol, good and bad. The shapes are those of Segment's documentation of its HTTP API."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.collect.protocol import (
    MOST_BODY_BYTES,
    MOST_EVENT_BYTES,
    MOST_EVENTS,
    Request,
    UnreadableError,
    check,
    read,
)

TRACK = {"type": "track", "userId": "u1", "event": "Order Completed", "messageId": "m1"}


def batch(*events: Any, **more: Any) -> Request:
    return read("batch", json.dumps({"batch": events, **more}).encode())


def one(endpoint: str, **event: Any) -> Request:
    return read(endpoint, json.dumps(event).encode())


def codes(request: Request) -> list[tuple[int, str]]:
    return [(refused.index, refused.code) for refused in request.refused]


def why(body: bytes, encoding: str = "", endpoint: str = "batch") -> tuple[str, int]:
    with pytest.raises(UnreadableError) as caught:
        read(endpoint, body, encoding)
    return caught.value.why, caught.value.status


@pytest.mark.parametrize(
    ("endpoint", "event"),
    [
        ("identify", {"userId": "u1", "traits": {"email": "a@example.org"}}),
        ("identify", {"anonymousId": "a1"}),
        ("track", {"userId": "u1", "event": "Item Purchased", "properties": {"revenue": 39.95}}),
        ("page", {"anonymousId": "a1", "name": "Home", "properties": {"path": "/"}}),
        ("screen", {"userId": "u1", "name": "Welcome"}),
        ("group", {"userId": "u1", "groupId": "g1", "traits": {"plan": "pro"}}),
        ("alias", {"previousId": "a1", "userId": "u1"}),
    ],
)
def test_each_call_of_the_documentation_is_read(endpoint: str, event: dict[str, Any]) -> None:
    alone, together = one(endpoint, **event), batch({"type": endpoint, **event})

    assert alone.refused == together.refused == []
    assert alone.events[0].event == together.events[0].event
    assert alone.events[0].event.type == endpoint


def test_the_fields_of_an_event_are_read_and_its_values_left_as_json() -> None:
    request = batch(
        {
            **TRACK,
            "timestamp": "2026-01-31T12:00:00.250Z",
            "originalTimestamp": "2026-01-31T14:00:00+02:00",
            "properties": {"revenue": 39.95, "products": [{"sku": "a"}]},
            "context": {"ip": "203.0.113.9"},
        },
        sentAt="2026-01-31T12:00:01Z",
        context={"library": {"name": "x"}},
        writeKey="k",
    )

    event = request.events[0].event
    assert event.message_id == "m1"
    assert event.timestamp == datetime(2026, 1, 31, 12, 0, 0, 250_000, UTC)
    assert event.original_timestamp == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert event.properties is not None
    assert bytes(event.properties["revenue"]) == b"39.95"
    assert json.loads(bytes(event.properties["products"])) == [{"sku": "a"}]
    assert request.sent_at == datetime(2026, 1, 31, 12, 0, 1, tzinfo=UTC)
    assert request.write_key == "k"
    assert request.context is not None
    assert bytes(request.context["library"]) == b'{"name": "x"}'
    assert json.loads(bytes(request.events[0].raw))["event"] == "Order Completed"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "track", "event": "x"}, "no_user"),
        ({"type": "track", "userId": "", "anonymousId": None, "event": "x"}, "no_user"),
        ({"type": "track", "userId": "u1"}, "no_event"),
        ({"type": "track", "userId": "u1", "event": ""}, "no_event"),
        ({"type": "group", "userId": "u1"}, "no_group"),
        ({"type": "alias", "userId": "u1"}, "no_user"),
        ({"type": "teleport", "userId": "u1"}, "type"),
        ({"userId": "u1"}, "type"),
        ({**TRACK, "timestamp": "yesterday"}, "time"),
        ({**TRACK, "timestamp": True}, "time"),
        ({**TRACK, "timestamp": "9999-12-31T23:59:59-10:00"}, "time"),
        ({**TRACK, "properties": [1]}, "shape"),
        ({**TRACK, "properties": "text"}, "shape"),
        ({**TRACK, "userId": {"id": 1}}, "shape"),
        ({**TRACK, "userId": "u" * 513}, "too_long"),
        ({**TRACK, "event": "e" * 1001}, "too_long"),
        ({**TRACK, "properties": {"x": "a\0b"}}, "nul_character"),
        ({**TRACK, "properties": {"x": "x" * MOST_EVENT_BYTES}}, "too_large"),
        ({**TRACK, "properties": {"k" * 1_000_00: 1}}, "too_large"),
        ("text", "not_an_object"),
        (None, "not_an_object"),
        ([TRACK], "not_an_object"),
    ],
)
def test_an_event_that_cannot_be_used_is_refused_without_the_others(event: Any, code: str) -> None:
    request = batch(TRACK, event, {**TRACK, "messageId": "m3"})

    assert codes(request) == [(1, code)]
    assert [accepted.index for accepted in request.events] == [0, 2]
    assert json.loads(request.refused[0].raw) == event


def test_a_refusal_quotes_no_value_and_names_the_message() -> None:
    refused = batch({**TRACK, "messageId": "m7", "userId": ["secret@example.org"]}).refused[0]

    assert "secret" not in refused.reason
    assert refused.message_id == "m7"


def test_one_bad_event_among_500_costs_only_itself() -> None:
    events: list[Any] = [{**TRACK, "messageId": f"m{number}"} for number in range(500)]
    events[321] = {"type": "track", "event": "x"}

    request = batch(*events)

    assert codes(request) == [(321, "no_user")]
    assert len(request.events) == 499


@pytest.mark.parametrize(
    ("field", "given", "used"),
    [
        ("userId", 42, "42"),
        ("userId", 42.0, "42"),
        ("messageId", 7, "7"),
        ("event", 404, "404"),
        ("timestamp", "2026-01-31", datetime(2026, 1, 31)),
        ("timestamp", "20260131T120000Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("timestamp", 1_769_860_800, datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("timestamp", 1_769_860_800_250, datetime(2026, 1, 31, 12, 0, 0, 250_000, UTC)),
        ("properties", None, None),
    ],
)
def test_what_is_plainly_meant_is_used(field: str, given: Any, used: Any) -> None:
    request = batch({**TRACK, field: given})

    event = request.events[0].event
    names = {"userId": "user_id", "messageId": "message_id"}
    assert getattr(event, names.get(field, field)) == used


@pytest.mark.parametrize("deep", [65, 500, 50_000])
def test_an_event_nested_too_deep_is_refused_however_deep_it_is(deep: int) -> None:
    nested = b'{"a":' * deep + b"1" + b"}" * deep
    good = json.dumps(TRACK).encode()

    request = read("batch", b'{"batch":[' + good + b',{"type":"track","x":' + nested + b"}," + good + b"]}")

    assert [accepted.index for accepted in request.events] == [0, 2]
    assert request.refused[0].code in ("too_deep", "too_large")


def test_many_brackets_that_are_not_deep_are_fine() -> None:
    request = batch({**TRACK, "properties": {"products": [{"tags": ["}{", "a"]} for _ in range(200)]}})

    assert request.refused == []


def test_invalid_utf8_costs_only_the_event_that_holds_it() -> None:
    good = json.dumps(TRACK).encode()

    request = read("batch", b'{"batch":[' + good + b',{"type":"track","x":"\xff"},' + good + b"]}")

    assert codes(request) == [(1, "utf8")]


def test_a_backslash_before_u0000_is_no_nul() -> None:
    request = read("track", rb'{"userId":"u","event":"e","properties":{"path":"C:\\u0000"}}')

    assert request.refused == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", ("json", 400)),
        (b"{", ("json", 400)),
        (b"[]", ("shape", 400)),
        (b"null", ("shape", 400)),
        (b"{}", ("shape", 400)),
        (b'{"batch": {}}', ("shape", 400)),
        (b'{"batch": [1, 2', ("json", 400)),
        (b"\xff\xfe{\x00}\x00", ("json", 400)),
        (b"[" * 100_000, ("shape", 400)),
        (b'{"' + b"k" * 1_000_000 + b'": 1}', ("too_large", 413)),
        (json.dumps({"batch": [1] * (MOST_EVENTS + 1)}).encode(), ("too_many", 413)),
    ],
)
def test_a_request_in_which_nothing_can_be_read_says_so(body: bytes, expected: tuple[str, int]) -> None:
    assert why(body) == expected


def test_gzip_is_unpacked_also_in_several_streams() -> None:
    text = json.dumps({"batch": [TRACK]}).encode()

    assert len(read("batch", gzip.compress(text, mtime=0), "gzip").events) == 1
    assert len(read("batch", gzip.compress(text[:9], mtime=0) + gzip.compress(text[9:], mtime=0), " GZIP ").events) == 1


@pytest.mark.parametrize(
    ("body", "encoding", "expected"),
    [
        (b"no gzip", "gzip", ("gzip", 400)),
        (b"", "gzip", ("json", 400)),
        (gzip.compress(b"x" * 1000, mtime=0)[:-9], "gzip", ("gzip", 400)),
        (gzip.compress(b'{"batch": []}', mtime=0) + b"rest", "gzip", ("gzip", 400)),
        (b"{}", "br", ("encoding", 415)),
        (zlib.compress(b"{}"), "deflate", ("encoding", 415)),
        (gzip.compress(b" " * 100_000_000, mtime=0), "gzip", ("too_large", 413)),
        (gzip.compress(b"{", mtime=0) * 300_000, "gzip", ("too_large", 413)),
        (gzip.compress(b"{", mtime=0) * 100, "gzip", ("gzip", 400)),
    ],
)
def test_bad_gzip_is_told_and_a_bomb_is_not_unpacked(body: bytes, encoding: str, expected: tuple[str, int]) -> None:
    assert why(body, encoding) == expected


def test_the_largest_request_that_is_allowed_is_read() -> None:
    event = {**TRACK, "properties": {"x": "y" * 30_000}}
    body = json.dumps({"batch": [event] * 16}).encode()
    padded = body + b" " * (MOST_BODY_BYTES - len(body))

    assert len(read("batch", padded).events) == 16
    assert why(padded + b" ") == ("too_large", 413)


def test_a_mark_of_byte_order_is_passed_over() -> None:
    assert len(read("track", b"\xef\xbb\xbf" + json.dumps(TRACK).encode()).events) == 1


def test_context_and_time_of_the_sender_may_be_anything_without_harm() -> None:
    request = batch(TRACK, sentAt="soon", context=["x"], writeKey=17)

    assert (request.sent_at, request.context, request.write_key) == (None, None, None)
    assert len(request.events) == 1


def test_an_unknown_endpoint_is_told() -> None:
    assert why(b"{}", endpoint="teleport") == ("endpoint", 404)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(
    ["type", "userId", "anonymousId", "event", "timestamp", "properties", "context", "groupId", "previousId", "x"]
)
events = json_values | st.dictionaries(fields, json_values | st.sampled_from(["track", "u1", "2026-01-31"]))


@given(st.lists(events, max_size=6))
def test_every_event_is_either_accepted_or_refused(given_: list[Any]) -> None:
    request = batch(*given_)

    places = [*(item.index for item in request.events), *(item.index for item in request.refused)]
    assert sorted(places) == list(range(len(given_)))


@given(st.binary(max_size=200), st.sampled_from(["", "gzip"]), st.sampled_from(["batch", "track"]))
def test_bytes_of_any_kind_are_read_or_told(body: bytes, encoding: str, endpoint: str) -> None:
    try:
        read(endpoint, body, encoding)
    except UnreadableError as failure:
        status = failure.status
    else:
        status = 200
    assert status in (200, 400, 413)


def checked(body: bytes, endpoint: str, encoding: str) -> object:
    try:
        found = check(endpoint, body, encoding)
    except UnreadableError as failure:
        return (failure.why, failure.status)
    return (found.total, found.refused, found.write_key)


def read_whole(body: bytes, endpoint: str, encoding: str) -> object:
    try:
        found = read(endpoint, body, encoding)
    except UnreadableError as failure:
        return (failure.why, failure.status)
    return (len(found.events) + len(found.refused), found.refused, found.write_key)


WORDS = [b'{"batch":[', b"]}", b"{", b"}", b",", b'"type":"track"', b'"userId":"u"', b'"event":"e"', b'"properties":']
WORDS += [
    b'"timestamp":"2026-01-31T12:00:00Z"',
    b"null",
    b'"\\ud800"',
    b'"\\ud800":1',
    b"1e999",
    b"-0",
    b"01",
    b'"\xff"',
]
WORDS += [
    b'{"type":"track","userId":"u","event":"e"}',
    b'{"a":',
    b"[",
    b'"writeKey":',
    b'"x"',
    b"NaN",
    b'"\\u0000"',
    b" ",
]


@given(st.lists(events, max_size=6), st.sampled_from(["", "gzip"]), st.sampled_from(["batch", "track", "alias"]))
def test_checking_says_of_every_event_what_reading_says(given_: list[Any], encoding: str, endpoint: str) -> None:
    content: Any = {"batch": given_, "writeKey": "k"} if endpoint == "batch" else (given_ or [{}])[0]
    body = json.dumps(content).encode()
    body = gzip.compress(body, mtime=0) if encoding else body

    assert checked(body, endpoint, encoding) == read_whole(body, endpoint, encoding)


@given(st.lists(st.sampled_from(WORDS), max_size=14), st.sampled_from(["batch", "track", "page"]))
def test_checking_says_of_broken_json_what_reading_says(words: list[bytes], endpoint: str) -> None:
    middle = b"".join(words)
    for body in (middle, b'{"batch":[' + middle + b"]}", b'{"userId":"u","event":"e","properties":' + middle + b"}"):
        assert checked(body, endpoint, "") == read_whole(body, endpoint, "")


@given(json_values)
def test_reading_again_gives_the_same(value: Any) -> None:
    body = json.dumps({"batch": [TRACK, value], "context": value, "sentAt": value}).encode()

    first, second = read("batch", body), read("batch", gzip.compress(body, mtime=0), "gzip")

    assert [item.event for item in first.events] == [item.event for item in second.events]
    assert first.refused == second.refused
