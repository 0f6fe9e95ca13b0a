"""Gateways and mail servers tell what became of messages: signed, or with a signature inside."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC
from typing import Any

import pytest
from tests.outreach.conftest import NOON, new

from cxloop.core.config import Experience, Settings
from cxloop.outreach.channels.webhook.signing import signed_headers
from cxloop.outreach.messages import put
from cxloop.outreach.pages.app import PreferencePages
from cxloop.outreach.references import reference_of
from cxloop.store.base import Store
from cxloop.store.messages import messages, suppressions
from cxloop.store.messages.messages import Change

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECONDS = int(NOON.replace(tzinfo=UTC).timestamp())


@pytest.fixture
def pages(store: Store, monkeypatch: pytest.MonkeyPatch) -> PreferencePages:
    """The pages of a workspace with a gateway."""
    monkeypatch.setenv("GATEWAY_SECRET", SECRET)
    own = {"url": "https://gateway.example/m", "secret": "env:GATEWAY_SECRET"}
    settings = Settings.model_validate({"outreach": {"sms": own}})
    return PreferencePages(store, lambda: (settings, Experience()))


def post(pages: PreferencePages, path: str, body: bytes, headers: dict[str, str], method: str = "POST") -> Any:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    given = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": given}
    asyncio.run(pages(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])["code"]


def sent_message(store: Store, **other: Any) -> int:
    (number,) = put(store, [new(1, **other)])
    messages.change(store, [Change(number, ("waiting",), "sent", sent_at=NOON)])
    return number


def test_a_signed_receipt_counts_and_another_does_not(pages: PreferencePages, store: Store) -> None:
    number = sent_message(store, channel="sms", address="+491701")
    told = [{"id": reference_of(store.vault, number), "state": "bad_address"}]
    body = json.dumps(told).encode()
    path = "/u/-/receipts/sms"

    assert post(pages, path, body, signed_headers("another", "r1", SECONDS, body)) == (401, "signature")
    assert post(pages, path, body, signed_headers(SECRET, "r1", SECONDS - 301, body)) == (401, "signature")
    assert post(pages, path, body + b" ", signed_headers(SECRET, "r1", SECONDS, body)) == (401, "signature")
    assert messages.counts(store) == {"sent": 1}
    assert post(pages, path, body, signed_headers(SECRET, "r1", SECONDS, body)) == (200, "taken")
    assert messages.counts(store) == {"bounced": 1}


@pytest.mark.parametrize("body", [b"", b"7", b"[[]]", b'{"id": "x"}', b'{"id": "x", "state": "lost"}', b"\xff"])
def test_what_is_no_receipt_is_refused(pages: PreferencePages, body: bytes) -> None:
    headers = signed_headers(SECRET, "r1", SECONDS, body)

    assert post(pages, "/u/-/receipts/sms", body, headers) == (400, "payload")


def test_addresses_that_are_nothing_say_so(pages: PreferencePages) -> None:
    assert post(pages, "/u/-/receipts/whatsapp", b"{}", {}) == (404, "not_found")
    assert post(pages, "/u/-/receipts/pigeon", b"{}", {}) == (404, "not_found")
    assert post(pages, "/u/-/other", b"{}", {}) == (404, "not_found")
    assert post(pages, "/u/-/bounces", b"", {}, method="GET") == (405, "method")
    assert post(pages, "/u/-/bounces", b"x" * 2_000_001, {}) == (413, "too_large")


def test_a_returned_mail_may_be_posted(pages: PreferencePages, store: Store) -> None:
    number = sent_message(store)
    report = (
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        b"Final-Recipient: rfc822; c1@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        b"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <%s@acme.example>\r\n\r\n--b--\r\n"
        % reference_of(store.vault, number).encode()
    )

    assert post(pages, "/u/-/bounces", b"Subject: holiday\r\n\r\n", {}) == (202, "taken")
    assert messages.counts(store) == {"sent": 1}
    assert post(pages, "/u/-/bounces", report, {}) == (202, "taken")
    assert messages.counts(store) == {"bounced": 1}
    assert suppressions.suppressed(store, "email", ["c1@example.org"]) == {"c1@example.org"}
