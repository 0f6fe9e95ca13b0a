"""A whole workspace for tests of identity: events through spool and loader, verbs through the host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cxloop.collect.loader import Loader
from cxloop.collect.spool import Envelope, Spool
from cxloop.core.host import LOCAL
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace

__all__ = ["DAY", "Site", "opened"]

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class Site:
    """What a small company has: a workspace, events that come live, and people who look and decide."""

    folder: Path
    host: LocalHost
    spool: Spool
    loader: Loader
    sent: list[dict[str, Any]] = field(default_factory=list)

    def happens(self, *events: dict[str, Any], at: datetime = START, source: str = "web") -> None:
        """Sends a batch at a moment, loads it, and has everything derived."""
        self.sends(*events, at=at, source=source)
        self.catch_up()

    def sends(self, *events: dict[str, Any], at: datetime = START, source: str = "web") -> None:
        """Has the collector accept a batch; each event gets a message id of its own, unless it has one."""
        stamped = []
        for event in events:
            self.sent.append(event)
            stamped.append({"messageId": f"m{len(self.sent)}", "timestamp": at.isoformat(), **event})
        body = json.dumps({"batch": stamped}).encode()
        about = {"endpoint": "batch"}
        self.spool.append([Envelope(source, "segment", int(at.timestamp() * 1e6), body, len(events), about)])

    def catch_up(self) -> None:
        """Loads what waits, and derives."""
        while self.loader.step() is not None:
            pass
        self.host.derive()

    def run(self, path: str, /, **arguments: object) -> Any:
        """Runs a verb as whoever sits at the machine."""
        return self.host.run(path, arguments, actor=LOCAL)

    def customer(self, who: str) -> int:
        """Returns the customer's number behind an identifier or a former number."""
        return int(self.run("unify.identity", customer=who).customer_id)

    def keys(self, who: str) -> set[str]:
        """Returns the keys of a customer, as people write them."""
        return {key.name for key in self.run("unify.identity", customer=who).keys}

    def doubts(self) -> dict[str, str]:
        """Returns what is in doubt: the key (or both keys of a link) to the kind of doubt."""
        found = self.run("unify.doubts", limit=1000).rows
        return {row.key if row.other is None else f"{row.key} {row.other}": row.doubt for row in found}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Returns what a query over the tables gives."""
        rows: list[tuple[Any, ...]] = self.host.workspace.engine.cursor().execute(sql).fetchall()  # type: ignore[attr-defined]
        return rows

    def close(self) -> None:
        """Gives the workspace up."""
        self.loader.close()
        self.spool.close()
        self.host.close()


@contextmanager
def opened(folder: Path) -> Iterator[Site]:
    """Opens a workspace, which may be new and have nothing in it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for name in ("cxloop.toml", "experience.toml"):
        (folder / name).touch()
    workspace = open_workspace(Folder(folder))
    spool = Spool(folder / "spool")
    site = Site(folder, LocalHost(workspace), spool, Loader(workspace, spool))
    try:
        yield site
    finally:
        site.close()
