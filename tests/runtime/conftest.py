"""An open workspace, and verbs that exist only here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cxloop.core.errors import NotFoundError
from cxloop.core.results import Estimate, EstimateRow, Estimates, Records
from cxloop.core.verbs import EVERYTHING, Names, Registry, verb
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import Workspace, open_workspace

CALLS: list[str] = []


@pytest.fixture
def calls() -> list[str]:
    """What the verbs of this test were called with."""
    CALLS.clear()
    return CALLS


@pytest.fixture
def verbs() -> Registry:
    """Verbs of each right, one that finds nothing and one that breaks."""
    registry = Registry()

    @verb(part="measure", right="read", into=registry)
    def size(ws: Workspace, *, by: Names = (), factor: float = 1.0) -> Estimates:
        """How many interactions there are."""
        CALLS.append("size")
        ws.progress("Counting", 0.5)
        count = ws.engine.count("interactions")
        number = Estimate(count * factor, 0, 0, count, count, "counting")
        return Estimates("size", "score", (), None, None, None, "UTC", None, (EstimateRow((), None, number),))

    @verb(part="collect", right="write", into=registry)
    def take(ws: Workspace, file: Path) -> Records:
        """Take a file in."""
        CALLS.append(f"take {file}")
        return Records("Taken.", ("file",), ((str(file),),))

    @verb(part="collect", right="write", changes="records", outdates=("measure.size",), into=registry)
    def agree(ws: Workspace) -> Records:
        """Changes what measure.size goes by, though no interaction comes."""
        return Records("Agreed.", (), ())

    @verb(part="unify", right="write", changes="records", outdates=EVERYTHING, into=registry)
    def join(ws: Workspace) -> Records:
        """Changes who is who, and so every number."""
        return Records("Joined.", (), ())

    @verb(part="unify", right="read", personal=True, into=registry)
    def whereabouts(ws: Workspace, person: str) -> Records:
        """Where a person is."""
        raise NotFoundError("There is no such person.")

    @verb(part="act", right="write", into=registry)
    def break_down(ws: Workspace) -> Records:
        """Break."""
        raise ZeroDivisionError("marta@example.org has 0 orders")

    @verb(part="act", right="write", into=registry)
    def interrupt(ws: Workspace) -> Records:
        """Do what the engine does on Ctrl-C."""
        raise RuntimeError("Query interrupted")

    return registry


@pytest.fixture
def workspace(bare_workspace: Path) -> Iterator[Workspace]:
    """An open workspace without data."""
    opened = open_workspace(Folder(bare_workspace))
    yield opened
    opened.close()


@pytest.fixture
def host(bare_workspace: Path, verbs: Registry, calls: list[str]) -> Iterator[LocalHost]:
    """A host of those verbs on an empty workspace."""
    opened = LocalHost(open_workspace(Folder(bare_workspace)), find=verbs.get)
    yield opened
    opened.close()


@pytest.fixture
def add() -> object:
    """Adds interactions to a log: one per moment given."""
    return add_interactions


def add_interactions(workspace: Workspace, *moments: datetime) -> None:
    """Appends one touch per moment, straight into the table."""
    import pyarrow as pa

    before = workspace.engine.count("interactions")
    ids = list(range(before + 1, before + 1 + len(moments)))
    columns: dict[str, Any] = {
        "interaction_id": ids,
        "message_id": [f"m{number}" for number in ids],
        "content_hash": ids,
        "batch": [before + 1] * len(ids),
        "occurred_at": list(moments),
        "received_at": list(moments),
        "known_at": list(moments),
        "ordinal": ids,
        "source": ["test"] * len(ids),
        "kind": ["touch"] * len(ids),
        "event_code": pa.array([1] * len(ids), pa.int32()),
    }
    workspace.engine.append("interactions", pa.table(columns))
