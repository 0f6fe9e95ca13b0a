"""A store with plans in it, and a short way to write one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from cxloop.collect.tracking.checker import KIND, Plans
from cxloop.store import documents
from cxloop.store.base import Store

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
