"""A real IMAP server, and a workspace that reads from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from tests.collect.connectors.mailbox.server import PASSWORD, USER, ImapServer, available
from tests.support.servers import missing

from cxloop.collect.connectors.base import Scope
from cxloop.collect.connectors.mailbox.connector import MailboxSettings
from cxloop.collect.connectors.pulls import pull
from cxloop.store import connections


def mail(number: int, text: str = "", *, sender: str = "", **headers: str) -> bytes:
    """One plain mail of a customer to the company."""
    message = EmailMessage()
    given = {
        "From": sender or f"Custo Mer <Jo.{number % 5}@Mail.example>",
        "To": USER,
        "Subject": f"Question {number}",
        "Date": f"Mon, 1 Jun 2026 {number // 60 % 24:02d}:{number % 60:02d}:00 +0200",
        "Message-ID": f"<m{number}@mail.example>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    for name, value in given.items():
        message[name] = value
    message.set_content(text or f"This is what I want to say, number {number}.\n")
    return message.as_bytes()


@dataclass
class Post:
    """The mail server, and the workspace that pulls from it as "help"."""

    server: ImapServer
    desk: Any

    def settings(self, **more: Any) -> dict[str, Any]:
        where = {"host": "127.0.0.1", "port": self.server.port, "security": "none", "user": USER}
        return {**where, "own": ["@acme.example"], **more}

    def connect(self, password: str = PASSWORD, **more: Any) -> None:
        connections.save(
            self.desk.store,
            "help",
            "mailbox",
            settings=self.settings(**more),
            secrets={"password": password},
            mapping=None,
            every="1h",
            next_due=None,
        )

    def pull(self) -> Any:
        return pull(self.desk, "help")

    def texts(self) -> set[str]:
        return {row[0] for row in self.desk.rows("select text from interactions where text is not null")}

    def count(self, what: str = "true") -> int:
        return int(self.desk.number(f"select count(*) from interactions where {what}"))

    def direct(self, folder: Path, **more: Any) -> tuple[MailboxSettings, Scope]:
        """Settings and scope for reading in this process."""
        return MailboxSettings.model_validate({**self.settings(**more), "password": PASSWORD}), Scope(folder)


@pytest.fixture
def imap() -> Iterator[ImapServer]:
    if available() is None:
        missing("Dovecot is missing; scripts/servers.sh installs it.")
    server = ImapServer.made()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def post(imap: ImapServer, tmp_path: Path, desk_of: Callable[[Path], Any]) -> Iterator[Post]:
    desk = desk_of(tmp_path)
    made = Post(imap, desk)
    made.connect()
    yield made
    desk.close()
