"""What comes back is read as the standards write it, and believed only of messages from here."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.outreach.conftest import NOON

from cxloop.outreach.bounces import read_notice, take_notice
from cxloop.outreach.references import reference_of, references_in
from cxloop.store.base import Store
from cxloop.store.messages import messages, preferences, suppressions
from cxloop.store.messages.messages import Change

# the shape of RFC 3464, appendix E.1
DSN = """\
Date: Thu, 7 Jul 1994 17:16:05 -0400
From: Mail Delivery Subsystem <MAILER-DAEMON@CS.UTK.EDU>
To: <{to}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
      boundary="RAA14128.773615765/CS.UTK.EDU"

--RAA14128.773615765/CS.UTK.EDU

   ----- Transcript of session follows -----
<louisl@larry.slip.umd.edu>... Deferred: Connection timed out

--RAA14128.773615765/CS.UTK.EDU
content-type: message/delivery-status

Reporting-MTA: dns; cs.utk.edu

Original-Recipient: rfc822;louisl@larry.slip.umd.edu
Final-Recipient: rfc822;louisl@larry.slip.umd.edu
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 426 connection timed out
Last-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400

--RAA14128.773615765/CS.UTK.EDU
content-type: message/rfc822

From: feedback@acme.example
To: louisl@larry.slip.umd.edu
Message-ID: <{reference}@acme.example>
Subject: Your opinion

The text of the mail.

--RAA14128.773615765/CS.UTK.EDU--
"""
# the shape of RFC 5965, appendix B.1
ARF = """\
From: <abusedesk@example.com>
To: <abuse@example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report;
     boundary="part1_13d.2e68ed54_boundary"

--part1_13d.2e68ed54_boundary
Content-Type: text/plain; charset="US-ASCII"
Content-Transfer-Encoding: 7bit

This is an email abuse report for an email message received from IP 192.0.2.1.

--part1_13d.2e68ed54_boundary
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1

--part1_13d.2e68ed54_boundary
Content-Type: message/rfc822
Content-Disposition: inline

From: <somespammer@example.net>
To: <Undisclosed Recipients>
Message-ID: <{reference}@acme.example>

Spam Spam Spam
--part1_13d.2e68ed54_boundary--
"""
Sent = Callable[..., str]


@pytest.fixture
def sent(store: Store, put_up: Callable[..., list[int]]) -> Sent:
    """Puts a message down as sent, and returns its name in the world."""

    def one(**other: object) -> str:
        (number,) = put_up(1, **other)
        messages.change(store, [Change(number, ("waiting",), "sent", sent_at=NOON)])
        return reference_of(store.vault, number)

    return one


def dsn(reference: str, status: str = "5.1.1", action: str = "failed", to: str = "b@acme.example") -> bytes:
    return DSN.format(reference=reference, status=status, action=action, to=to).replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("status", "action", "taken", "suppressed"),
    [
        ("5.1.1", "failed", "hard", True),
        ("5.1.10", "failed", "hard", True),
        ("5.2.2", "failed", "soft", False),
        ("5.7.1", "failed", "soft", False),
        ("4.4.7", "failed", "soft", False),
        ("5.1.1", "delivered", "not_ours", False),
        ("5.0.0", "relayed", "not_ours", False),
    ],
)
def test_a_report_suppresses_only_an_address_that_is_gone(
    sent: Sent, store: Store, status: str, action: str, taken: str, suppressed: bool
) -> None:
    assert take_notice(store, read_notice(dsn(sent(), status, action))) == taken
    assert bool(suppressions.every_one(store, 5)) is suppressed


def test_a_report_is_known_by_the_address_that_it_returned_to(sent: Sent, store: Store) -> None:
    report = dsn("something-else", to=f"bounces+{sent().upper()}@acme.example")

    assert take_notice(store, read_notice(report)) == "hard"


def test_a_complaint_ends_address_and_purpose_and_takes_back_what_waits(
    sent: Sent, store: Store, put_up: Callable[..., list[int]]
) -> None:
    name = sent(key_id=7)
    put_up(1, key_id=7, once="invitation:another")
    raw = ARF.format(kind="abuse", reference=name).encode()

    assert take_notice(store, read_notice(raw)) == "complaint"
    assert take_notice(store, read_notice(raw)) == "already_known"
    assert messages.counts(store) == {"complained": 1, "cancelled": 1}
    assert [(each.key_id, each.purpose, each.granted) for each in preferences.unlogged(store, 5)] == [
        (7, "research", False)
    ]
    assert [each.reason for each in suppressions.every_one(store, 5)] == ["complained"]


def test_a_report_that_it_was_no_spam_is_no_complaint(sent: Sent) -> None:
    assert read_notice(ARF.format(kind="not-spam", reference=sent()).encode()) is None


def test_a_made_up_report_stops_nobody(sent: Sent, store: Store) -> None:
    name = sent()
    forged = name[:-1] + ("0" if name[-1] != "0" else "1")

    assert take_notice(store, read_notice(dsn(forged))) == "not_ours"
    assert suppressions.every_one(store, 5) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Subject: I am on holiday\r\n\r\nBack on Monday",
        b"\xff\xfe\x00",
        b"x" * 6_000_000,
        b"Content-Type: multipart/report",
    ],
)
def test_what_is_no_report_is_passed_over(raw: bytes) -> None:
    assert read_notice(raw) is None


def test_names_are_found_in_any_text_and_each_once(store: Store) -> None:
    one, two = reference_of(store.vault, 17), reference_of(store.vault, 4)

    assert references_in(store.vault, f"<{one}@x> b+{two}@y {one} x{one} {one}0") == [17, 4]
