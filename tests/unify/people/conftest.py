"""A workspace whose log, records and ledger are real; profiles and hierarchies as a test declares them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unify.conftest import EXPERIENCE
from tests.unify.privacy.conftest import Desk

from cxloop.core.config import Experience, Settings
from cxloop.engine.duckdb.engine import DuckDBEngine

Opened = Callable[..., Desk]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens an empty workspace; arguments are parts of experience.toml."""
    desks: list[Desk] = []

    def open_(**experience: Any) -> Desk:
        engine = DuckDBEngine(tmp_path / "analytics")
        settings = Settings.model_validate({"measure": {"minimum_n": 2}})
        desks.append(Desk(tmp_path, engine, settings, Experience.model_validate({**EXPERIENCE, **experience})))
        return desks[-1]

    yield open_
    for desk in desks:
        desk.opened.close()
        if "store" in desk.__dict__:
            desk.store.close()


@pytest.fixture
def ws(opened: Opened) -> Desk:
    """A workspace without fields or hierarchies of its own."""
    return opened()
