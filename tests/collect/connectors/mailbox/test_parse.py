"""Mails as they come: wrong charsets, HTML, machines that write, and bytes that are no mail at all."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.connectors.mailbox.conftest import mail

from cxloop.collect.connectors.mailbox.html import text_of_html
from cxloop.collect.connectors.mailbox.language import language_of
from cxloop.collect.connectors.mailbox.parse import COLUMNS, row_of

ARRIVED = datetime(2026, 6, 1, 9, 0)


def read(content: bytes, **more: Any) -> dict[str, str | None]:
    return row_of(content, **{"folder": "INBOX", "arrived": ARRIVED, "own": ("@acme.example",), **more})


def raw(*lines: str, body: bytes = b"hello") -> bytes:
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def test_a_plain_mail_becomes_a_row() -> None:
    row = read(mail(7, In_Reply_To="<a@acme.example>", References="<root@mail.example> <a@acme.example>"))

    assert row["message_id"] == "m7@mail.example"
    assert row["occurred_at"] == "2026-05-31 22:07:00"
    assert (row["email"], row["name"]) == ("jo.2@mail.example", "Custo Mer")
    assert (row["direction"], row["automatic"], row["recipient"]) == ("inbound", None, "help@acme.example")
    assert (row["in_reply_to"], row["thread"]) == ("a@acme.example", "root@mail.example")
    assert (row["text"], row["language"]) == ("This is what I want to say, number 7.", "en")


def test_what_the_company_sends_is_an_answer_to_its_customer() -> None:
    row = read(mail(1, sender="Ann Agent <ann@acme.example>", Cc="Jo <jo@mail.example>"))

    assert (row["direction"], row["employee"], row["email"]) == ("outbound", "Ann Agent", "jo@mail.example")


def test_a_form_that_writes_for_the_customer_names_them_where_answers_go() -> None:
    row = read(mail(1, sender="Form <form@hosting.example>", Reply_To="Jo <jo@mail.example>"))

    assert row["email"] == "jo@mail.example"


@pytest.mark.parametrize(
    ("line", "subject"),
    [
        ("Subject: =?utf-8?q?Paket_besch=C3=A4digt?=", "Paket beschädigt"),
        ("Subject: =?ISO-8859-1?B?R3L8c3Nl?= =?utf-8?q?_aus_K=C3=B6ln?=", "Grüsse aus Köln"),
        ("Subject: =?no-such-charset?q?Gr=FC=DFe?=", "Grüße"),
        ("Subject: =?utf-8?b?!!!?=", "=?utf-8?b?!!!?="),
        ("Subject: Stra\xdfe", "Straße"),
        ("Subject: folded\r\n over lines", "folded over lines"),
    ],
)
def test_subjects_are_read_however_they_are_written(line: str, subject: str) -> None:
    assert read(raw("From: jo@mail.example", line))["subject"] == subject


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        ("utf-8", "Größe".encode(), "Größe"),
        ("iso-8859-1", "Größe".encode("latin-1"), "Größe"),
        ("utf-8", "Größe".encode("cp1252"), "Größe"),
        ("us-ascii", "Größe".encode(), "Größe"),
        ("made-up-9", "Größe".encode(), "Größe"),
        ("gb18030", "包裹坏了".encode("gb18030"), "包裹坏了"),
        ("utf-7", b"Gr+APYA3w-e", "Größe"),
    ],
)
def test_texts_are_read_whatever_charset_they_claim(charset: str, body: bytes, text: str) -> None:
    content = raw("From: jo@mail.example", f"Content-Type: text/plain; charset={charset}", body=body)

    assert read(content)["text"] == text


def test_html_only_is_read_without_what_nobody_sees() -> None:
    message = EmailMessage()
    message["From"] = "jo@mail.example"
    message.set_content(
        "<html><head><style>p {color: red}</style><title>No</title></head><body><p>It&nbsp;is <b>broken</b>.</p>"
        "<div style='display:none'>preview</div><script>alert(1)</script><p>Bye &amp; thanks<br>a lot</p>"
        "<blockquote>On it went<p>before</p></blockquote></body></html>",
        subtype="html",
    )

    assert read(message.as_bytes())["text"] == "It is broken.\n\nBye & thanks\na lot"


def test_plain_text_is_preferred_and_attachments_are_counted_not_read() -> None:
    message = EmailMessage()
    message["From"] = "jo@mail.example"
    message.set_content("plain words")
    message.add_alternative("<p>rich words</p>", subtype="html")
    message.add_attachment(b"secret scan", maintype="image", subtype="png", filename="passport.png")
    message.add_attachment("secret note", filename="note.txt")

    row = read(message.as_bytes())

    assert row["text"] == "plain words"
    assert (row["attachments"], row["attachment_types"]) == ("2", "image/png, text/plain")
    assert not any("secret" in str(value) or "passport" in str(value) for value in row.values())


@pytest.mark.parametrize(
    ("headers", "machine"),
    [
        ({"Auto_Submitted": "auto-replied"}, "auto_reply"),
        ({"Auto_Submitted": "no"}, None),
        ({"Subject": "Automatische Antwort: Paket"}, "auto_reply"),
        ({"Subject": "Out of Office: back on Monday"}, "auto_reply"),
        ({"X_Autoreply": "yes"}, "auto_reply"),
        ({"Precedence": "bulk"}, "newsletter"),
        ({"List_Id": "<news.shop.example>"}, "newsletter"),
        ({"List_Unsubscribe": "<https://shop.example/u>"}, "newsletter"),
        ({"X_Spam_Flag": "YES"}, "spam"),
        ({}, None),
    ],
)
def test_machines_are_told_from_people(headers: dict[str, str], machine: str | None) -> None:
    assert read(mail(1, **headers))["automatic"] == machine


def test_a_report_of_failed_delivery_is_about_whom_it_did_not_reach() -> None:
    content = raw(
        "From: MAILER-DAEMON@mx.example",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        body=b"--b\r\nContent-Type: text/plain\r\n\r\nNot delivered.\r\n--b\r\n"
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        b"Final-Recipient: rfc822; Jo@Mail.example\r\nStatus: 5.1.1\r\n\r\n--b--\r\n",
    )

    row = read(content)

    assert (row["automatic"], row["email"]) == ("bounce", "jo@mail.example")


def test_a_date_that_cannot_be_is_the_arrival() -> None:
    for date in ("yesterday", "Mon, 1 Jun 1970 10:00:00 +0000", "Mon, 1 Jun 2099 10:00:00 +0000", "", "9" * 500):
        assert read(raw("From: jo@mail.example", f"Date: {date}"))["occurred_at"] == "2026-06-01 09:00:00"


def test_a_mail_without_an_id_has_the_same_one_whenever_it_is_read() -> None:
    content = raw("From: jo@mail.example", "Date: Mon, 1 Jun 2026 10:00:00 +0000")

    assert read(content)["message_id"] == read(content)["message_id"]
    assert read(content)["message_id"] != read(content.replace(b"jo@", b"al@"))["message_id"]


def test_nested_parts_beyond_reason_end() -> None:
    inner = b"Content-Type: text/plain\r\n\r\nhello\r\n"
    for depth in range(60):
        mark = f"b{depth}".encode()
        head = b'Content-Type: multipart/mixed; boundary="' + mark + b'"\r\n\r\n'
        inner = head + b"--" + mark + b"\r\n" + inner + b"\r\n--" + mark + b"--\r\n"

    assert read(b"From: jo@mail.example\r\n" + inner)["message_id"]


def _nested(depth: int) -> bytes:
    opened = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(depth))
    return b"From: jo@mail.example\r\nSubject: hi\r\n" + opened + b"Content-Type: text/plain\r\n\r\nhello\r\n"


def test_parts_in_parts_are_read_as_deep_as_people_put_them() -> None:
    assert read(_nested(20))["text"] == "hello"


@pytest.mark.parametrize(
    "content",
    [
        _nested(5_000),
        _nested(300) + b"\r\n" * 1_000_000,
        b"From: jo@mail.example\r\nSubject: hi\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 5_000 + b"hello",
    ],
    ids=["deep", "deep and long", "mails in mails"],
)
def test_of_a_mail_that_is_nested_to_do_harm_the_headers_are_read(content: bytes) -> None:
    row = read(content)

    assert (row["email"], row["subject"], row["text"]) == ("jo@mail.example", "hi", None)
    assert row["note"] == "Only its headers were read: its parts are nested too deep."


HARM = ("<a ", '<a b="', "<!--", "<!--x>", "<![cdata[x>", "<![if x>", "</", "<!", '<p style="', "<b></i>", "<p></q>")


@pytest.mark.parametrize("sign", HARM)
def test_html_that_was_made_to_be_slow_is_not(sign: str) -> None:
    assert text_of_html(f"<p>before</p>{sign * (1_000_000 // len(sign))}").startswith("before")


def test_a_charset_that_is_none_for_texts_is_not_used() -> None:
    # decoding it takes time with the square of the length
    row = read(raw("Content-Type: text/plain; charset=punycode", body=b"hello " * 500_000))

    assert (row["text"] or "").startswith("hello hello")


def test_comments_and_sections_of_html_are_left_out_and_broken_tags_hold_nothing_up() -> None:
    source = "<!--[if mso]><p>office</p><![endif]--><![if !mso]><p>a &lt; b</p><![endif]><p>3 < 4<p>end<!-- open"

    assert text_of_html(source) == "a < b\n\n3 < 4\nend open"


@given(st.binary(max_size=1_500))
def test_any_bytes_become_a_row(content: bytes) -> None:
    row = read(content)

    assert set(row) == set(COLUMNS)
    assert all(value is None or isinstance(value, str) for value in row.values())


_HEADERS = ("From", "To", "Reply-To", "Date", "Subject", "Message-ID", "References", "Content-Type", "Precedence")


@given(
    st.dictionaries(st.sampled_from(_HEADERS), st.binary(max_size=80), max_size=9),
    st.sampled_from([b"text/plain", b"text/html", b"multipart/mixed; boundary=b", b"message/rfc822", b""]),
    st.binary(max_size=300),
)
def test_any_headers_become_a_row(headers: dict[str, bytes], kind: bytes, body: bytes) -> None:
    lines = [name.encode() + b": " + value for name, value in headers.items()]
    content = b"\r\n".join([*lines, b"Content-Type: " + kind, b"Content-Transfer-Encoding: base64", b"", body])

    assert set(read(content)) == set(COLUMNS)


@given(st.text(alphabet="<>/abp!-[]\"'= &;#x0", max_size=200))
def test_any_html_becomes_a_text(source: str) -> None:
    assert isinstance(text_of_html(source), str)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Das Paket ist nicht da und ich habe schon bezahlt.", "de"),
        ("The parcel is not here and I have paid for it.", "en"),
        ("Je n'ai pas reçu le colis et je suis déçu.", "fr"),
        ("No he recibido el pedido y es muy urgente para mi.", "es"),
        ("O pedido não chegou e eu não sei o que fazer.", "pt"),
        ("ok", None),
        ("12345", None),
    ],
)
def test_the_language_is_told_by_frequent_words_or_not_at_all(text: str, language: str | None) -> None:
    assert language_of(text) == language
