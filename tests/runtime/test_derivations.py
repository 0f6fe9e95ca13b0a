"""Derivations: known by the parts, run when behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from cxloop.core.config import Settings
from cxloop.core.loop import PARTS
from cxloop.core.schema import TABLES
from cxloop.engine.query import Query
from cxloop.runtime import derivations
from cxloop.runtime.workspace import Workspace

CATALOGUE = Query(
    name="test.catalogue",
    sql="select touchpoint, channel from event_catalogue",
    inputs=("event_catalogue",),
    output={"touchpoint": "text", "channel": "text"},
)


def test_every_derivation_has_a_name_of_its_own_and_fills_a_table_of_the_schema() -> None:
    known = list(derivations.known())

    assert len({item.name for item in known}) == len(known)
    assert {item.table for item in known} <= {table.name for table in TABLES}
    assert {item.name.partition(".")[0] for item in known} <= {"engine", *PARTS}


def test_a_derivation_runs_when_its_input_has_grown_and_only_then(workspace: Workspace) -> None:
    derivations.run(workspace)
    code: dict[str, Any] = {
        "event_code": pa.array([1], pa.int32()),
        "source": ["shop"],
        "kind": ["touch"],
        "claimed_channel": ["web"],
    }
    workspace.engine.append("event_codes", pa.table(code))

    first, second = derivations.run(workspace), derivations.run(workspace)

    assert "engine.event_catalogue" in first
    assert second == []
    assert workspace.engine.fetch(CATALOGUE).to_pylist() == [{"touchpoint": None, "channel": "web"}]


def test_time_alone_puts_a_table_behind_once_a_moment_has_come(workspace: Workspace, add: Callable[..., None]) -> None:
    add(workspace, datetime(2020, 1, 1))
    line: dict[str, list[Any]] = {"segment": ["late"], "version": [1], "due_at": [datetime(2020, 1, 1, 12)]}
    before = derivations.is_late(workspace.view())

    workspace.engine.append("segments", pa.table(line))
    due = derivations.is_late(workspace.view())
    workspace.engine.replace("segments", pa.table({**line, "due_at": [datetime(2021, 1, 1)]}))

    assert (before, due, derivations.is_late(workspace.view())) == (False, True, False)


def test_progress_names_the_table(workspace: Workspace) -> None:
    seen: list[str] = []

    derivations.run(workspace.view(lambda doing, _share: seen.append(doing)))

    assert "Updating event_catalogue" in seen


def test_definitions_are_compared_with_last_time(workspace: Workspace, add: Callable[..., None]) -> None:
    first = derivations.definitions_changed(workspace)
    add(workspace, datetime(2020, 1, 1))
    second = derivations.definitions_changed(workspace)

    # The first look has nothing to compare with, and new data is no new definition.
    assert (first, second) == (False, False)


def test_where_things_are_is_no_definition(workspace: Workspace) -> None:
    def changed(**more: object) -> bool:
        settings = Settings.model_validate({"company": {"name": "Shop"}, **more})
        return derivations.definitions_changed(replace(workspace.view(), settings=settings))

    changed()
    database = {"database": "postgresql://somebody@host/base"}

    elsewhere = changed(engine={"address": "local[2]"}, store=database, server={"port": 9000})

    assert (elsewhere, changed(measure={"level": 0.9})) == (False, True)
