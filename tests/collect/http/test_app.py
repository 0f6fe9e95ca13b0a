"""What the collector answers, and what it keeps."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from typing import Any

import httpx
import pytest
from tests.collect.http.conftest import BOUND_KEY, KEY, TEST_KEY, Desk, Plans

from cxloop.collect.http.app import answers_path
from cxloop.collect.http.counters import exposition
from cxloop.collect.spool import DiskFullError, SpoolError, SpoolFullError

TRACK = {"type": "track", "userId": "u1", "event": "Order Completed", "messageId": "m1"}
IDENTIFY = {"type": "identify", "userId": "u1", "traits": {"plan": "gold"}}
NOBODY = {"type": "track", "event": "Order Completed", "messageId": "m2"}


@pytest.mark.parametrize(
    ("path", "endpoint", "content"),
    [
        ("/v1/identify", "identify", IDENTIFY),
        ("/v1/track", "track", TRACK),
        ("/v1/page", "page", {"anonymousId": "a1"}),
        ("/v1/screen", "screen", {"userId": "u1", "name": "Home"}),
        ("/v1/group", "group", {"userId": "u1", "groupId": "g1"}),
        ("/v1/alias", "alias", {"userId": "u1", "previousId": "a1"}),
        ("/v1/batch", "batch", {"batch": [TRACK, IDENTIFY]}),
        ("/v1/import", "batch", {"batch": [TRACK]}),
        ("/v1/i", "identify", IDENTIFY),
        ("/v1/t", "track", TRACK),
        ("/v1/p", "page", {"anonymousId": "a1"}),
        ("/v1/s", "screen", {"userId": "u1"}),
        ("/v1/g", "group", {"userId": "u1", "groupId": "g1"}),
        ("/v1/a", "alias", {"userId": "u1", "previousId": "a1"}),
        ("/v1/b", "batch", {"batch": [TRACK]}),
        ("/beacon/v1/batch", "batch", {"batch": [TRACK]}),
    ],
)
def test_each_address_keeps_the_request_as_it_came(desk: Desk, path: str, endpoint: str, content: Any) -> None:
    body = json.dumps(content).encode()

    answer = desk.send(path, body, headers={"user-agent": "shop/1.0"})

    assert (answer.status_code, answer.json()) == (200, {"success": True})
    (kept,) = desk.kept()
    assert (kept.source, kept.format, kept.body) == ("shop", "segment", body)
    assert kept.events == len(content.get("batch", [1]))
    assert kept.about == {
        "endpoint": endpoint,
        "encoding": "",
        "user_agent": "shop/1.0",
        "ip": "203.0.113.0",
        "key_id": 1,
    }


def test_a_body_in_gzip_is_kept_as_it_came(desk: Desk) -> None:
    body = gzip.compress(json.dumps({"batch": [TRACK]}).encode())

    assert desk.send("/v1/batch", body, headers={"content-encoding": "gzip"}).status_code == 200

    (kept,) = desk.kept()
    assert (kept.body, kept.events, kept.about["encoding"]) == (body, 1, "gzip")


def test_one_bad_event_of_500_is_told_and_the_others_are_accepted(desk: Desk) -> None:
    events = [{**TRACK, "messageId": f"m{number}"} for number in range(500)]
    events[7] = {"type": "track", "event": "Seen", "messageId": "m7"}

    answer = desk.send("/v1/batch", {"batch": events})

    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "accepted": 499,
        "rejected": [
            {
                "index": 7,
                "messageId": "m7",
                "code": "no_user",
                "reason": "An event needs a userId or an anonymousId.",
            }
        ],
    }
    (kept,) = desk.kept()
    assert kept.events == 500
    assert kept.about["refused"] == [[7, "no_user", "An event needs a userId or an anonymousId."]]


@pytest.mark.parametrize(("path", "content"), [("/v1/track", NOBODY), ("/v1/batch", {"batch": [NOBODY]})])
def test_a_request_without_one_good_event_is_no_success_but_kept(desk: Desk, path: str, content: Any) -> None:
    answer = desk.send(path, content)

    assert answer.status_code == 400
    assert (answer.json()["success"], answer.json()["code"], answer.json()["accepted"]) == (False, "no_user", 0)
    assert len(desk.kept()) == 1


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"", {}, 400, "json"),
        (b"no json", {}, 400, "json"),
        (b'{"batch": 1}', {}, 400, "shape"),
        (b"\x1f\x8bno gzip", {"content-encoding": "gzip"}, 400, "gzip"),
        (gzip.compress(b" " * 50_000_000), {"content-encoding": "gzip"}, 413, "too_large"),
        (b"{}", {"content-encoding": "br"}, 415, "encoding"),
        (b'{"batch": [1, 2', {}, 400, "json"),
    ],
)
def test_a_request_that_cannot_be_read_is_told_and_kept_for_the_rejects(
    desk: Desk, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = desk.send("/v1/batch", body, headers=headers)

    assert (answer.status_code, answer.json()["success"], answer.json()["code"]) == (status, False, code)
    (kept,) = desk.kept()
    assert (kept.body, kept.events) == (body, 0)
    assert kept.about["refused"][0][:2] == [-1, code]


@pytest.mark.parametrize(
    "more",
    [
        {"auth": None},
        {"auth": ("cxw_other", "")},
        {"auth": None, "headers": {"authorization": "Bearer cxw_shop"}},
        {"auth": None, "headers": {"authorization": "Basic ???"}},
        {"auth": None, "headers": {"authorization": "Basic " + base64.b64encode(b"\xff\xfe:").decode()}},
        {"auth": None, "params": {"writeKey": "cxw_other"}},
    ],
)
def test_nothing_is_kept_of_who_has_no_key(desk: Desk, more: dict[str, Any]) -> None:
    answer = desk.send("/v1/batch", {"batch": [TRACK]}, **more)

    assert (answer.status_code, answer.json()["code"]) == (401, "write_key")
    assert desk.send("/v1/batch", b"no json", **more).status_code == 401
    assert desk.kept() == []


def test_the_key_may_stand_in_the_body_or_in_the_address(desk: Desk) -> None:
    assert desk.send("/v1/t", {**TRACK, "writeKey": KEY}, auth=None).status_code == 200
    assert desk.send("/v1/b", {"batch": [TRACK], "writeKey": KEY}, auth=None).status_code == 200
    assert desk.send("/beacon/v1/batch", {"batch": [TRACK]}, auth=None, params={"writeKey": KEY}).status_code == 200

    assert [kept.source for kept in desk.kept()] == ["shop"] * 3


def test_a_beacon_of_a_browser_is_text_and_is_taken(desk: Desk) -> None:
    body = json.dumps({**TRACK, "writeKey": KEY}).encode()

    answer = desk.send("/v1/t", body, auth=None, headers={"content-type": "text/plain;charset=UTF-8"})

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/vnd.api+json", ""])
def test_what_curl_and_libraries_call_json_is_taken(desk: Desk, kind: str) -> None:
    assert desk.send("/v1/track", json.dumps(TRACK).encode(), headers={"content-type": kind}).status_code == 200


def test_an_image_is_not_taken(desk: Desk) -> None:
    answer = desk.send("/v1/track", b"GIF89a", headers={"content-type": "image/gif"})

    assert (answer.status_code, answer.json()["code"]) == (415, "content_type")
    assert desk.kept() == []


@pytest.mark.parametrize("headers", [{}, {"content-length": "9000000"}, {"transfer-encoding": "chunked"}])
def test_a_body_that_is_too_large_is_not_taken(desk: Desk, headers: dict[str, str]) -> None:
    body = json.dumps({**TRACK, "k" * 1_000_000: 1}).encode()

    answer = desk.send("/v1/track", body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert desk.kept() == []


def test_a_length_that_is_no_number_is_told(desk: Desk) -> None:
    assert desk.send("/v1/track", b"{}", headers={"content-length": "many"}).status_code == 400


def test_a_key_bound_to_a_site_is_refused_to_pages_of_others(desk: Desk) -> None:
    def send(origin: str | None) -> int:
        headers = {"origin": origin} if origin else {}
        return desk.send("/v1/track", TRACK, auth=(BOUND_KEY, ""), headers=headers).status_code

    assert send("https://evil.example.org") == 403
    assert send("null") == 403
    assert desk.kept() == []
    assert send("https://SHOP.example.org") == 200
    assert send(None) == 200  # a server has no origin


def test_events_of_a_key_for_tests_are_marked(desk: Desk) -> None:
    desk.send("/v1/track", TRACK, auth=(TEST_KEY, ""))

    assert desk.kept()[0].about["test"] is True


def test_a_preflight_allows_what_the_browser_asks_for(desk: Desk) -> None:
    asked = {"origin": "https://shop.example.org", "access-control-request-headers": "authorization,content-type"}

    answer = desk.ask("OPTIONS", "/v1/t", auth=None, headers=asked)

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "authorization,content-type"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in answer.headers


def test_a_refusal_can_be_read_by_the_page_that_caused_it(desk: Desk) -> None:
    assert desk.send("/v1/track", TRACK, auth=None).headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/v1/track", 405, "POST, OPTIONS"),
        ("PUT", "/v1/batch", 405, "POST, OPTIONS"),
        ("GET", "/hooks/desk", 405, "POST, OPTIONS"),
        ("POST", "/cx.js", 405, "GET, HEAD, OPTIONS"),
        ("POST", "/v1/teleport", 404, None),
        ("GET", "/", 404, None),
    ],
)
def test_other_methods_and_addresses_are_told(
    desk: Desk, method: str, path: str, status: int, allow: str | None
) -> None:
    answer = desk.ask(method, path)

    assert (answer.status_code, answer.headers.get("allow")) == (status, allow)


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (SpoolFullError("The spool holds as much as it may."), 429),
        (DiskFullError("The disk is full."), 503),
        (SpoolError("database is locked"), 503),
        (ValueError("a mistake of ours"), 503),
    ],
)
def test_what_is_not_on_the_disk_is_never_a_success(
    desk: Desk, failure: Exception, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_envelopes: object) -> None:
        raise failure

    monkeypatch.setattr(desk.spool, "append", fail)

    for content in ({"batch": [TRACK]}, b"no json"):
        answer = desk.send("/v1/batch", content)
        assert (answer.status_code, answer.json()["success"]) == (status, False)
        assert int(answer.headers["retry-after"]) > 0
    assert "mistake" not in answer.text
    assert desk.ask("GET", "/healthz").status_code == 503
    monkeypatch.undo()
    assert desk.send("/v1/batch", {"batch": [TRACK]}).status_code == 200
    assert desk.ask("GET", "/healthz").json() == {"live": True, "ready": True}


def test_a_plan_that_rejects_an_event_is_told_and_one_that_flags_is_not(desk: Desk) -> None:
    desk.app.plans = Plans(rejected="Typo", flagged="Odd")
    events = [{**TRACK, "event": name} for name in ("Fine", "Typo", "Odd")] + [NOBODY]

    answer = desk.send("/v1/batch", {"batch": events}).json()

    assert [(each["index"], each["code"]) for each in answer["rejected"]] == [(1, "tracking_plan"), (3, "no_user")]
    assert [each[:2] for each in desk.kept()[0].about["refused"]] == [[1, "tracking_plan"], [3, "no_user"]]


def test_an_address_behind_a_trusted_proxy_is_that_of_the_sender(desk: Desk) -> None:
    desk.send("/v1/track", TRACK, headers={"x-forwarded-for": "6.6.6.6, 198.51.100.23"})
    desk.app.proxies = frozenset()
    desk.send("/v1/track", TRACK, headers={"x-forwarded-for": "198.51.100.23"})
    desk.app.keep_ip = False
    desk.send("/v1/track", TRACK)

    assert [kept.about.get("ip") for kept in desk.kept()] == ["198.51.100.0", "203.0.113.0", None]


def test_what_a_sender_says_of_its_own_address_is_not_believed(desk: Desk) -> None:
    made_up = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "198.51.100.23")]
    desk.send("/v1/track", TRACK, headers=made_up)
    desk.app.proxies = frozenset({"203.0.113.77", "198.51.100.23"})
    desk.send("/v1/track", TRACK, headers={"x-forwarded-for": "6.6.6.6, 192.0.2.1, 198.51.100.23"})
    desk.send("/v1/track", TRACK, headers={"x-forwarded-for": "6.6.6.6, unknown"})

    assert [kept.about.get("ip") for kept in desk.kept()] == ["198.51.100.0", "192.0.2.0", "203.0.113.0"]


def test_a_signed_message_of_another_system_is_kept_for_its_connection(desk: Desk) -> None:
    answer = desk.send("/hooks/desk", b'{"id": 1}', headers={"x-signature": "right", "x-delivery": "d1"})

    assert (answer.status_code, answer.json()) == (200, {"success": True})
    (kept,) = desk.kept()
    assert (kept.source, kept.format, kept.body, kept.about["delivery"]) == ("desk", "webhook", b'{"id": 1}', "d1")


@pytest.mark.parametrize(("name", "status"), [("desk", 401), ("other", 404), ("", 404)])
def test_a_message_that_is_not_signed_is_not_kept(desk: Desk, name: str, status: int) -> None:
    assert desk.send(f"/hooks/{name}", b"{}").status_code == status
    assert desk.kept() == []


def test_the_moment_of_a_request_is_taken_when_it_is_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 1_700_000_000_123_456_789)

    desk.send("/v1/track", TRACK)

    assert desk.kept()[0].received_at == 1_700_000_000_123_456


def test_analytics_next_is_told_to_send_here_and_nowhere_else(desk: Desk) -> None:
    answer = desk.ask("GET", f"/v1/projects/{KEY}/settings", auth=None).json()

    assert list(answer["integrations"]) == ["Segment.io"]
    sender = answer["integrations"]["Segment.io"]
    assert (sender["apiHost"], sender["protocol"], sender["apiKey"]) == ("collect.test/v1", "http", KEY)
    assert answer["metrics"] == {"sampleRate": 0}
    assert desk.ask("GET", "/v1/projects/cxw_other/settings", auth=None).status_code == 401


def test_the_snippet_is_served_with_its_age_and_to_every_site(desk: Desk) -> None:
    assert desk.ask("GET", "/cx.js").status_code == 404
    desk.app.snippet = desk.folder / "cx.js"
    desk.app.snippet.write_text("void 0")

    answer = desk.ask("GET", "/cx.js")

    assert (answer.status_code, answer.text) == (200, "void 0")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    again = desk.ask("GET", "/cx.js", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_counters_add_up_over_the_processes_and_outlive_them(desk: Desk) -> None:
    desk.send("/v1/batch", {"batch": [TRACK, NOBODY]})
    desk.send("/v1/track", TRACK, auth=None)
    (desk.folder / "other.counters").write_bytes((desk.folder / "test.counters").read_bytes())

    def metrics(client: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=desk.app, client=(client, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8441") as asking:
                return await asking.get("/metrics", **more)

        return asyncio.run(ask())

    text = metrics("127.0.0.1").text
    assert 'cxloop_collect_requests_total{status="200"} 2\n' in text
    assert 'cxloop_collect_requests_total{status="401"} 2\n' in text
    assert 'cxloop_collect_events_total{outcome="accepted"} 2\n' in text
    assert 'cxloop_collect_events_total{outcome="refused"} 2\n' in text
    assert 'cxloop_collect_seconds_bucket{le="+Inf"} 4\n' in text
    assert metrics("203.0.113.9").status_code == 403
    for header in (
        {"x-forwarded-for": "203.0.113.9"},
        {"via": "1.1 proxy"},
        {"host": "rebound.example"},
        {"host": "["},
    ):
        assert metrics("127.0.0.1", headers=header).status_code == 403


def test_the_app_leaves_to_the_collector_what_is_the_collectors() -> None:
    ours = ["/v1/track", "/v1/projects/x/settings", "/hooks/desk", "/cx.js", "/beacon/v1/batch", "/v1/openapi.json"]

    ours = [*ours, "/s/delivery", "/s/i/token", "/q/k7m2pa"]
    assert all(answers_path(path) for path in ours)
    assert not any(
        answers_path(path) for path in ["/", "/healthz", "/metrics", "/api/measure/nps", "/v1", "/hooks", "/surveys"]
    )


def test_pages_of_surveys_are_answered_and_counted_like_everything_else(desk: Desk) -> None:
    async def pages(scope: Any, _receive: Any, send: Any) -> None:
        await send(
            {"type": "http.response.start", "status": 200 if scope["path"] == "/s/delivery" else 404, "headers": []}
        )
        await send({"type": "http.response.body", "body": b"page"})

    desk.app.surveys = pages
    assert desk.ask("GET", "/s/delivery").text == "page"
    assert desk.ask("GET", "/q/nothing").status_code == 404
    assert 'cxloop_collect_requests_total{status="404"} 1' in exposition(desk.folder)
