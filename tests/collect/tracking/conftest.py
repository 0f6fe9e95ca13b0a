"""A store with plans in it, and a short way to write one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cxloop.collect.tracking.checker import KIND, Plans
from cxloop.store import documents
from cxloop.store.base import Store

if TYPE_CHECKING:
    from tests.collect.conftest import Desk

SIGNED_UP: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "plan": {"type": "string", "enum": ["free", "pro"]},
        "price": {"type": "number"},
        "email": {"type": "string", "format": "email"},
        "products": {"type": "array", "items": {"type": "object", "properties": {"price": {"type": "number"}}}},
    },
    "required": ["plan"],
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = Store.open(tmp_path / "app.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def plans(store: Store) -> Iterator[Plans]:
    """A checker that looks for changes at every event, so that no test has to wait."""
    made = Plans(store, monotonic=count(step=60).__next__)
    yield made
    made.close()


@pytest.fixture
def save(store: Store) -> Callable[..., None]:
    """Saves a plan of the source "shop" with one event, "Signed up"."""

    def write(mode: str = "reject", *, unknown: str = "allow", event_mode: str | None = None, **more: Any) -> None:
        schema = {**SIGNED_UP, **more}
        events = {"Signed up": {"mode": event_mode, "edited": False, "schema": schema}}
        content = {"mode": mode, "unknown": unknown, "events": events}
        documents.save(store, KIND, "shop", content, author_id=None)

    return write


@pytest.fixture
def send(desk: Desk) -> Callable[..., None]:
    """Puts events into the log as the loader does: (name, properties) pairs, spread evenly over some days."""
    sent = count()

    def put(events: Sequence[tuple[str, Any]], *, source: str = "shop", days: int = 7, back: int = 0) -> None:
        admit(desk, events, source, next(sent), days, back)

    return put


def admit(
    desk: Desk, events: Sequence[tuple[str, Any]], source: str, batch: int, days: int = 7, back: int = 0, **more: Any
) -> None:
    """Admits (name, properties) pairs of a source, spread evenly over `days` days that end `back` days ago."""
    import pyarrow as pa

    end = desk.as_of - timedelta(days=back)
    step = timedelta(days=days) / max(len(events), 1)
    rows = [
        {
            "message_id": f"{batch}-{place}",
            "source": source,
            "kind": "touch",
            "name": name,
            "key_namespace": source,
            "key_type": "user_id",
            "key_value": f"u-{place % 50}",
            "occurred_at": end - step * (place + 1),
            "properties": json.dumps(properties),
            **more,
        }
        for place, (name, properties) in enumerate(events)
    ]
    admitted = desk.engine.admit(pa.Table.from_pylist(rows), now=desk.now())
    assert admitted.admitted == len(rows)
