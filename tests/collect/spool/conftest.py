"""A spool in a folder of its own, and requests to put into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cxloop.collect.spool import Envelope, Spool


def request(number: int, *, body: bytes | None = None) -> Envelope:
    """A request that can be told from every other."""
    return Envelope("shop", "segment", 1_000_000 + number, body or b'{"n": %d}' % number, 1, {"endpoint": "track"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def spool(folder: Path) -> Iterator[Spool]:
    opened = Spool(folder, reserve_bytes=0)
    yield opened
    opened.close()
