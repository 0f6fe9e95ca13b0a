"""The connection to a mail server: encrypted as agreed, signed in, and exact about what was refused."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.outreach.conftest import delivery_to, new, settings_for
from tests.support.mailserver import MailServer, mail_server

from cxloop.core.config import Settings
from cxloop.outreach.addresses import house_of
from cxloop.outreach.channels.smtp.channel import SmtpChannel
from cxloop.outreach.channels.smtp.replies import Reply, final_outcome, recipient_outcome
from cxloop.outreach.delivery import Delivery
from cxloop.outreach.messages import put
from cxloop.store.base import Store
from cxloop.store.messages import messages


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def _in_order(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
    right = isinstance(given, LoginPassword) and (given.login, given.password) == (b"cx", b"open sesame")
    return AuthResult(success=right, handled=False)


@pytest.fixture
def safe_server(certificate: Path) -> Iterator[MailServer]:
    """A server that takes mail only after STARTTLS and a password."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    options: dict[str, Any] = {"require_starttls": True, "auth_required": True, "authenticator": _in_order}
    with mail_server(tls_context=context, **options) as running:
        yield running


@pytest.fixture
def send(store: Store, safe_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Sends a mail with a password, trusting one certificate, and says what became of it, or why it waits."""

    def one(password: str, trusted: Path | None) -> str:
        monkeypatch.setenv("SMTP_PASSWORD", password)
        settings = settings_for(safe_server.port, tls="starttls", user="cx", password="env:SMTP_PASSWORD")
        context = ssl.create_default_context()
        if trusted is not None:
            context.load_verify_locations(trusted)
        channel = SmtpChannel(settings.outreach.smtp, "Acme", store.vault, store.clock, context)
        put(store, [new(1)])
        Delivery(store, {"email": channel}, house_of(settings, store.vault)).run()
        (found,) = messages.some(store, [], 2)
        return found.failure or found.state

    return one


def test_mail_is_encrypted_and_signed_in(send: Callable[..., str], certificate: Path, safe_server: MailServer) -> None:
    assert send("open sesame", certificate) == "sent"
    assert safe_server.to == ["c1@example.org"]


def test_a_wrong_password_and_an_unknown_certificate_send_nothing(
    send: Callable[..., str], certificate: Path, safe_server: MailServer
) -> None:
    assert send("open barley", certificate).startswith("the mail server does not accept user and password: 535")
    assert "certificate" in send("open sesame", None)
    assert safe_server.to == []


def test_a_server_without_starttls_gets_nothing(store: Store, server: MailServer) -> None:
    put(store, [new(1)])

    result = delivery_to(store, server.port, tls="starttls").run()

    assert result.trouble == {"email": "the mail server offers no STARTTLS, and mail is not sent in the clear"}
    assert server.to == []


def test_a_password_is_not_sent_in_the_clear() -> None:
    smtp = {"host": "mail.example.org", "tls": "none", "sender": "a@example.org", "user": "u", "password": "env:P"}
    with pytest.raises(ValueError, match="in the clear"):
        Settings.model_validate({"outreach": {"smtp": smtp}})


def test_addresses_of_other_scripts_arrive(store: Store, server: MailServer) -> None:
    put(store, [new(1, address="用户@例え.jp"), new(2, address="ada@bücher.example"), new(3, address="nobody")])

    assert delivery_to(store, server.port, connections=1).run().outcomes == {"sent": 2, "failed": 1}
    assert server.to == ["用户@xn--r8jz45g.jp", "ada@xn--bcher-kva.example"]


def test_each_mail_has_its_own_return_address(store: Store, server: MailServer) -> None:
    from cxloop.outreach.references import references_in

    numbers = put(store, [new(1), new(2)])
    delivery_to(store, server.port, connections=1, bounces="back@acme.example", verp=True).run()

    assert [references_in(store.vault, sender) for sender in server.senders] == [[number] for number in numbers]
    assert all(sender.startswith("back+m") for sender in server.senders)
    assert server.mail(0)["from"] == "Acme <feedback@acme.example>"


def test_lines_with_a_dot_arrive_as_they_were(store: Store, server: MailServer) -> None:
    parameters = {"title": "T", "link": "https://x.example/s", "text": {"en": "first\n.\n..\n.end"}}
    put(store, [new(1, parameters=parameters)])
    delivery_to(store, server.port).run()

    body = server.mail().get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines()[:4] == ["first", ".", "..", ".end"]


@pytest.mark.parametrize(
    ("code", "line", "kind", "suppress"),
    [
        (550, "5.1.1 User unknown", "bounced", True),
        (550, "5.2.1 disabled", "bounced", True),
        (553, "sorry", "bounced", True),
        (552, "5.2.2 full", "bounced", False),
        (554, "5.7.1 relay denied", "failed", False),
        (554, "rejected", "failed", False),
        (530, "authenticate first", "failed", False),
        (451, "4.7.1 greylisted", "later", False),
    ],
)
def test_replies_to_a_recipient(code: int, line: str, kind: str, suppress: bool) -> None:
    outcome = recipient_outcome(Reply(code, (line,)))

    assert (outcome.kind, outcome.suppress) == (kind, suppress)
    assert line.split()[-1] not in outcome.reason


def test_replies_to_a_message() -> None:
    found = [final_outcome(Reply(code, (line,))).kind for code, line in ((452, ""), (554, "5.6.0 x"), (550, "5.1.1 x"))]

    assert found == ["later", "failed", "bounced"]
