"""A workspace with two people in it, and a look at every byte of its folder."""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cxloop.collect.spool import Envelope
from cxloop.collect.spool.opening import open_spool
from cxloop.core.host import LOCAL
from cxloop.core.results import Result
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace
from cxloop.store import documents, notes

ANNA, BEN = "anna.secret.7431@example.org", "ben.public@example.org"
PLANTED = "QX7731ZZ"
"""Stands in everything that Anna said and did, and nowhere else."""
PAST = datetime(2026, 3, 1, 12)


@dataclass
class Desk:
    """An open workspace, and what a test does with it."""

    path: Path
    host: LocalHost
    written: int = 0
    sources: set[str] = field(default_factory=set)

    def verb(self, name: str, /, **arguments: Any) -> Any:
        """Runs a verb as whoever sits at the machine."""
        result: Result = self.host.run(name, arguments, actor=LOCAL)
        return result

    def admit(self, *rows: dict[str, Any], now: datetime | None = None) -> None:
        """Puts rows into the log, and derives."""
        names = dict.fromkeys(name for row in rows for name in row)
        table = pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows])
        self.host.workspace.engine.admit(table, now=now or datetime.now(UTC).replace(tzinfo=None))
        self.host.derive()

    def row(self, who: str, at: datetime = PAST, **more: Any) -> dict[str, Any]:
        """A row of the log."""
        self.written += 1
        row: dict[str, Any] = {"message_id": f"m{self.written}", "source": "shop", "kind": "message", "name": "wrote"}
        row |= {"key_namespace": "shop", "key_type": "email", "key_value": who, "occurred_at": at}
        return {**row, **{key: json.dumps(v) if isinstance(v, dict | list) else v for key, v in more.items()}}

    def spool(self, *events: dict[str, Any], packed: bool = False, ago: timedelta = timedelta(0)) -> None:
        """Puts events into the spool, as a collector does; `ago` they were received."""
        moment = datetime.now(UTC) - ago
        body = json.dumps({"batch": events}).encode()
        if packed:
            compressed = zlib.compressobj(wbits=31)
            body = compressed.compress(body) + compressed.flush()
        about = {"endpoint": "batch", "encoding": "gzip" if packed else ""}
        spool = open_spool(self.path, self.host.workspace.settings)
        spool.append([Envelope("shop", "segment", int(moment.timestamp() * 1e6), body, len(events), about)])
        spool.close()

    def event(self, who: str, number: int, **properties: Any) -> dict[str, Any]:
        """An event as a sender writes it."""
        at = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
        event = {"type": "track", "userId": who, "event": "Seen", "messageId": f"e{number}", "timestamp": at}
        return {**event, "properties": properties}

    def reopen(self) -> None:
        """Closes and opens the workspace."""
        self.host.close()
        self.host = LocalHost(open_workspace(Folder(self.path)))

    def rows(self, table: str) -> int:
        """How many rows a table has."""
        return self.host.workspace.engine.count(table)


def files_with(folder: Path, *words: str) -> list[str]:
    """The files of a folder in whose bytes a word stands, capitals aside."""
    found = []
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            if path.is_file() and any(word.lower().encode() in path.read_bytes().lower() for word in words):
                found.append(str(path.relative_to(folder)))
    return sorted(found)


def leave_traces(desk: Desk) -> None:
    """Puts Anna into every corner that people and programs may put her in."""
    store = desk.host.workspace.store
    notes.add(store, 1, f"{PLANTED} called twice", author_id=None, author="local")
    documents.save(store, "plan", "shop", {"examples": [ANNA, "x"]}, author_id=None)
    desk.verb("unify.customers", query="")
    desk.host.snapshot("unify.timeline", {"customer": ANNA}, actor=LOCAL)
    for folder in ("inbox", "exports", "models", "sources/desk/landed", "spool/damaged-1"):
        (desk.path / folder).mkdir(parents=True, exist_ok=True)
    (desk.path / "inbox" / "old.csv").write_text(f"id,who\n1,{ANNA}\n2,{BEN}\n")
    (desk.path / "exports" / "customer-1.html").write_text(f"<p>{PLANTED}</p>")
    (desk.path / "models" / "match.json").write_text(json.dumps({"terms": [ANNA]}))
    landed = [json.dumps({"mail": who}) for who in (ANNA, BEN)]
    (desk.path / "sources/desk/landed" / "tickets.1.jsonl").write_text("\n".join(landed) + "\n")
    (desk.path / "spool/damaged-1" / "spool.sqlite").write_bytes(PLANTED.encode())
    with closing(sqlite3.connect(desk.path / "work.sqlite")) as work:
        work.execute("create table workflow_status (inputs text)")
        work.execute("insert into workflow_status values (?)", [ANNA])
        work.commit()
        work.execute("delete from workflow_status")
        work.commit()
    desk.spool(desk.event(ANNA, 1, note=PLANTED), desk.event(BEN, 2))
    desk.spool(desk.event(ANNA, 3, note=PLANTED), desk.event(BEN, 4), packed=True)


def opened(folder: Path) -> Desk:
    """A workspace in which Anna and Ben wrote three messages each."""
    desk = Desk(folder, LocalHost(open_workspace(Folder(folder))))
    story = [
        desk.row(
            who,
            PAST + timedelta(hours=hour),
            text=f"{said}, the parcel {hour} is late, and nobody answers.",
            properties={"order": f"{said}-{hour}"},
            traits={"name": f"{said} of the shop", "city": "Ulm"},
            objects=[["order", f"{said}-{hour}"]],
            score=7.0,
            metric="nps",
        )
        for who, said in ((ANNA, PLANTED), (BEN, "Benjamin"))
        for hour in range(3)
    ]
    desk.admit(*story)
    return desk


@pytest.fixture
def desk(bare_workspace: Path) -> Iterator[Desk]:
    """A workspace in which Anna and Ben wrote three messages each."""
    desk = opened(bare_workspace)
    yield desk
    desk.host.close()
