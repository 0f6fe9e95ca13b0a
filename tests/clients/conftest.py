"""A server that collects, and the client libraries that send to it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from frontend.build import install, programs
from tests.support.servers import answers, end, free_port, until

import cxloop
from cxloop.collect.spool import Spool
from cxloop.engine.query import Query
from cxloop.runtime.folder import Folder
from cxloop.runtime.workspace import open_workspace

HERE = Path(__file__).parent
LOG = Query(
    name="clients.log",
    sql="""select i.source, i.message_id, i.kind, e.name, e.path, i.occurred_at, k.type as key_type, k.value as key,
            i.value, i.currency, i.campaign, i.properties, a.value as account,
            (select list(o.type || ':' || o.value order by o.type, o.value) from keys o
                where list_contains(i.other_keys, o.key_id)) as other_keys,
            (select list(t.name || '=' || t.value order by t.name) from traits t
                where t.key_id = i.key_id and t.source = i.source and i.kind = 'profile') as traits,
            (select list(o.type || ':' || o.id) from interaction_objects o
                where o.interaction_id = i.interaction_id) as objects
        from interactions i join event_codes e using (event_code)
        left join keys k using (key_id) left join keys a on a.key_id = i.account_key""",
    inputs=("interactions", "event_codes", "keys", "traits", "interaction_objects"),
    output={},
)
SOURCES = ("segment_python", "rudder_python", "segment_node", "segment_browser")
"""Each library sends with a key of its own, so each is a source of its own."""


@dataclass
class Collecting:
    """A running server, and how to send to it."""

    folder: Path
    address: str
    keys: dict[str, str]
    server: subprocess.Popen[bytes]

    def wait_for(self, events: int) -> None:
        """Waits until so many events were taken and none is left in the spool."""
        spool = Spool(self.folder / "spool")
        until(lambda: not spool.state().requests, f"{events} events that are loaded", of=self.server)
        spool.close()

    def log(self) -> list[dict[str, Any]]:
        """Stops the server, and returns the rows of the log."""
        self.stop()
        workspace = open_workspace(Folder(self.folder))
        try:
            rows: list[dict[str, Any]] = workspace.engine.fetch(LOG).to_pylist()
        finally:
            workspace.close()
        return rows

    def stop(self) -> None:
        """Ends the server in good order."""
        end(self.server)


@pytest.fixture(scope="module")
def collecting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collecting]:
    """An empty workspace with a write key for each library, served by one collector beside the app."""
    folder = tmp_path_factory.mktemp("clients") / "acme"
    with cxloop.create(folder) as workspace:
        keys = {source: _key(workspace, source) for source in SOURCES}
    ports = free_port(), free_port()
    words = ["serve", "--workspace", str(folder), "--port", str(ports[0]), "--collect-port", str(ports[1])]
    with (folder.parent / "serve.txt").open("w") as told:
        server = subprocess.Popen([sys.executable, "-m", "cxloop", *words], stdout=told, stderr=told)
    running = Collecting(folder, f"http://127.0.0.1:{ports[1]}", keys, server)
    try:
        until(lambda: answers(f"{running.address}/healthz"), "the collector", of=server)
        yield running
    finally:
        running.stop()


def _key(workspace: Any, source: str) -> str:
    return str(workspace.admin.create_key(name=source, kind="write", source=source).secret)


@pytest.fixture(scope="session")
def node() -> list[str]:
    """How to call Node, with the packages of this folder installed as its lock says."""
    node, npm = programs()
    install(npm, HERE)
    return node
