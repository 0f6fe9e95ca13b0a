"""A store whose clock tests turn, messages, and a delivery over a mail server on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.mailserver import MailServer, mail_server

from cxloop.core.config import Settings
from cxloop.outreach.addresses import house_of
from cxloop.outreach.channels.smtp.channel import SmtpChannel
from cxloop.outreach.delivery import Delivery
from cxloop.outreach.messages import NewMessage, put
from cxloop.store.base import Store

NOON = datetime(2026, 5, 1, 12)


@dataclass
class Clock:
    """Stands still until a test moves it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **much: float) -> None:
        """Moves the hands on."""
        self.now += timedelta(**much)


@pytest.fixture
def clock() -> Clock:
    """The clock of the store."""
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """An empty store."""
    opened = Store.open(tmp_path / "app.sqlite", clock)
    yield opened
    opened.close()


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server."""
    with mail_server() as running:
        yield running


def settings_for(port: int, **smtp: Any) -> Settings:
    """Settings with a mail server on this machine."""
    given = {"host": "127.0.0.1", "port": port, "tls": "none", "sender": "Acme <feedback@acme.example>", **smtp}
    return Settings.model_validate(
        {
            "company": {"name": "Acme"},
            "server": {"public_url": "https://cx.acme.example"},
            "outreach": {"smtp": given},
        }
    )


def delivery_to(store: Store, port: int, **smtp: Any) -> Delivery:
    """A delivery over the mail server at a port."""
    settings = settings_for(port, **smtp)
    channel = SmtpChannel(settings.outreach.smtp, "Acme", store.vault, store.clock)
    return Delivery(store, {"email": channel}, house_of(settings, store.vault))


@pytest.fixture
def delivery(store: Store, server: MailServer) -> Delivery:
    """A delivery over the mail server of the test, by one connection: the order is that of the messages."""
    return delivery_to(store, server.port, connections=1)


def new(number: int, **other: Any) -> NewMessage:
    """An invitation by mail, to cNUMBER@example.org."""
    given: dict[str, Any] = {
        "once": f"invitation:{number}",
        "purpose": "research",
        "about": "invitation",
        "reference": number,
        "key_id": number,
        "channel": "email",
        "address": f"c{number}@example.org",
        "language": "en",
        "template": "survey_invitation",
        "parameters": {
            "title": "Delivery",
            "link": f"https://cx.acme.example/s/i/t{number}",
            "question": {"name": "nps", "type": "nps", "text": "Would you recommend us?", "values": list(range(11))},
        },
    }
    return NewMessage(**{**given, **other})


@pytest.fixture
def put_up(store: Store) -> Callable[..., list[int]]:
    """Puts so many invitations up."""

    def many(count: int, **other: Any) -> list[int]:
        return put(store, [new(number, **other) for number in range(1, count + 1)])

    return many
