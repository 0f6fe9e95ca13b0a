"""A workspace that is connected to a little help desk on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.collect.connectors.zendesk.server import EMAIL, TOKEN, HelpDesk, Server, running

from cxloop.collect.connectors.base import Scope
from cxloop.collect.connectors.pulls import pull
from cxloop.collect.connectors.zendesk.client import Client, authorization
from cxloop.collect.connectors.zendesk.connector import ZendeskSettings
from cxloop.collect.connectors.zendesk.source import Desk
from cxloop.store import connections


@dataclass
class Support:
    """The help desk's server, and the workspace that pulls from it as "support"."""

    server: Server
    desk: Any

    def connect(self, token: str = TOKEN, **more: Any) -> None:
        connections.save(
            self.desk.store,
            "support",
            "zendesk",
            settings={"subdomain": "acme", "email": EMAIL, "address": self.server.address, **more},
            secrets={"token": token},
            mapping=None,
            every="1h",
            next_due=None,
        )

    def pull(self) -> Any:
        return pull(self.desk, "support")

    def count(self, what: str) -> int:
        return int(self.desk.number(f"select count(*) from interactions where {what}"))


@dataclass
class Reading:
    """The source alone, in this process; waits are written down instead of taken."""

    server: Server
    scope: Scope
    waited: list[float]
    clients: list[Client]

    def desk(self, token: str = TOKEN, **more: Any) -> Desk:
        settings = ZendeskSettings.model_validate(
            {"subdomain": "acme", "email": EMAIL, "token": token, "address": self.server.address, **more}
        )
        client = Client(
            self.server.address, authorization("api_token", EMAIL, token), timeout_seconds=2, pause=self.waited.append
        )
        self.clients.append(client)
        return Desk(settings, self.scope, client)


@pytest.fixture
def server() -> Iterator[Server]:
    with running(HelpDesk()) as found:
        yield found


@pytest.fixture
def support(server: Server, tmp_path: Path, desk_of: Callable[[Path], Any]) -> Iterator[Support]:
    desk = desk_of(tmp_path)
    made = Support(server, desk)
    made.connect()
    yield made
    desk.close()


@pytest.fixture
def reading(server: Server, tmp_path: Path) -> Iterator[Reading]:
    made = Reading(server, Scope(tmp_path), [], [])
    yield made
    for client in made.clients:
        client.close()
