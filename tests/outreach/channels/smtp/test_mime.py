"""A mail reads the same in the standard library's parser as it was written, whatever names and texts hold."""

from __future__ import annotations

from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.outreach.channels.smtp.mime import AddressError, From, ascii_address, envelope
from cxloop.outreach.templates.writing import Written, clean

NOON = datetime(2026, 5, 1, 12)
ACME = From("Acme", "cx@acme.example", lambda reference: f"bounces+{reference}@acme.example")
LINK = "https://cx.acme.example/u/u7_0123456789ab_email.0.0123456789abcdef01234567"


def parsed(written: Written, to: str = "ada@example.org") -> EmailMessage:
    content = envelope(to, written, ACME, "m17-abc", NOON).content
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= 998
    return message_from_bytes(content, policy=policy.default)


def test_a_mail_has_both_alternatives_and_one_click_unsubscribing() -> None:
    mail = parsed(
        Written("de", "Grüße", "Text\n", "<p>Text</p>", LINK, sender="Müller & Söhne", reply_to="b@x.example")
    )

    plain, html = mail.iter_parts()
    assert mail.get_content_type() == "multipart/alternative"
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert mail["subject"] == "Grüße"
    assert str(mail["from"]) == "Müller & Söhne <cx@acme.example>"
    assert mail["to"] == "ada@example.org"
    assert mail["reply-to"] == "b@x.example"
    assert mail["message-id"] == "<m17-abc@acme.example>"
    assert mail["list-unsubscribe"] == f"<{LINK}>"
    assert mail["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert mail["content-language"] == "de"
    assert mail["date"].datetime.isoformat() == "2026-05-01T12:00:00+00:00"


@given(subject=st.text(max_size=120), sender=st.text(max_size=60), text=st.text(max_size=400))
def test_nothing_written_becomes_a_header_and_every_text_arrives(subject: str, sender: str, text: str) -> None:
    mail = parsed(Written("en", f"a{subject}", f"{text}", f"<p>{text}</p>", LINK, sender=f"b{sender}"))

    names = [name.lower() for name in mail]
    assert sorted(names) == sorted(
        [
            "from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post",
            "content-language", "auto-submitted", "mime-version", "content-type",
        ]
    )  # fmt: skip
    plain = next(mail.iter_parts()).get_payload(decode=True)
    same = text.replace("\r\n", "\n").replace("\r", "\n")
    assert isinstance(plain, bytes)
    assert plain.replace(b"\r\n", b"\n").rstrip(b"\n") == same.encode("utf-8", "replace").rstrip(b"\n")
    assert "".join(str(mail["subject"]).split()) == "".join(clean(f"a{subject}").split())


def test_a_header_cannot_be_smuggled_in() -> None:
    evil = "Ada\r\nBcc: all@example.org\r\n\r\n<h1>"
    mail = parsed(Written("en", evil, "x", None, LINK, sender=evil))

    assert mail["bcc"] is None
    assert mail["subject"] == "Ada Bcc: all@example.org <h1>"
    assert mail.get_content_type() == "text/plain"


@pytest.mark.parametrize(
    ("given_address", "wanted", "beyond"),
    [
        ("ada@example.org", "ada@example.org", False),
        (" Ada.L+x@EXAMPLE.org ", "Ada.L+x@EXAMPLE.org", False),
        ("ada@bücher.example", "ada@xn--bcher-kva.example", False),
        ("用户@例え.jp", "用户@xn--r8jz45g.jp", True),
    ],
)
def test_domains_are_written_as_dns_has_them(given_address: str, wanted: str, beyond: bool) -> None:
    # xn--bcher-kva: RFC 3492's own example of bücher; xn--r8jz45g: IANA's test domain 例え
    assert ascii_address(given_address) == (wanted, beyond)


@pytest.mark.parametrize(
    "address",
    [
        "", "ada", "@example.org", "ada@", "a b@example.org", "ada@exam ple.org", "a@b@c", "ada@example..org",
        "ada>@example.org", "ada@example.org>\r\nRCPT TO:<x@y.org", "ada\r\n@example.org", ".a@example.org",
        f"{'a' * 65}@example.org", f"a@{'b' * 64}.org", f"a@{'b.' * 150}org", '"a b"@example.org',
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(AddressError) as refused:
        ascii_address(address)
    assert address not in str(refused.value) or not address
