"""A workspace whose connections can be pulled, with a clock that goes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest

# the fixtures of collect's tests are this module's as well
from tests.collect.conftest import Desk
from tests.collect.connectors.nursery import Nursery

from cxloop.collect import connections as verbs
from cxloop.collect.connectors import running
from cxloop.collect.results import Pull
from cxloop.store import connections
from cxloop.store.connections import Connection


@dataclass
class Office(Desk):
    """A desk with connections."""

    said: list[str] = field(default_factory=list)

    def connect(self, system: str, name: str, mapping: str = "", **settings: Any) -> None:
        """Connects a system."""
        verbs.connect(self, system, name, settings=json.dumps(settings), mapping_text=mapping)

    def pull(self, name: str, *, leave_out: bool = False) -> Pull:
        """Pulls a connection."""
        return verbs.pull(self, name, leave_out=leave_out)

    def connection(self, name: str) -> Connection:
        """Returns what is kept of a connection."""
        return connections.get(self.store, name)

    def orders(self, source: str) -> list[str]:
        """Returns the orders that the interactions of a source are about, one for each interaction, sorted."""
        found = self.rows(
            "select o.id from interactions i join interaction_objects o using (interaction_id) "
            f"where i.source = '{source}' and o.type = 'order'"
        )
        return sorted(str(row[0]) for row in found)


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where the children of pulls come from."""
    # not pytest's own folder: the address of a socket has few letters
    with TemporaryDirectory(prefix="cxloop-nursery-") as folder:
        made = Nursery(Path(folder))
        yield made
        made.end()


@pytest.fixture
def real_children() -> None:
    """Asked for by a test whose pulls start their own interpreter, as in the product."""


@pytest.fixture(autouse=True)
def _quick_children(request: pytest.FixtureRequest, nursery: Nursery, monkeypatch: pytest.MonkeyPatch) -> None:
    if "real_children" not in request.fixturenames:
        quick = SimpleNamespace(Popen=nursery.child, PIPE=subprocess.PIPE, DEVNULL=subprocess.DEVNULL)
        monkeypatch.setattr(running, "subprocess", quick)


@pytest.fixture
def office_of() -> Iterator[Callable[[Path], Office]]:
    """Makes workspaces with connections; they are closed at the end."""
    from cxloop.engine.duckdb.engine import DuckDBEngine

    made: list[Office] = []

    def make(folder: Path) -> Office:
        folder.mkdir(exist_ok=True)
        (folder / "inbox").mkdir(exist_ok=True)
        made.append(Office(folder, DuckDBEngine(folder / "analytics")))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def office(tmp_path: Path, office_of: Callable[[Path], Office]) -> Office:
    """An empty workspace with connections."""
    return office_of(tmp_path / "acme")
