"""`collect intake` and `collect load`: what waits, what was loaded, and what a workspace without a server does."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from tests.collect.conftest import NOW, Desk

from cxloop.collect.intake import load_waiting, look, open_spool
from cxloop.collect.loader.loading import Loaded
from cxloop.collect.loader.progress import Progress, progress_of, running
from cxloop.collect.spool import Envelope

EVENTS = [
    {"type": "track", "userId": "u1", "event": "Clicked"},
    {"type": "track", "userId": "u1", "event": "Clicked", "context": {"test": True}},
    {"type": "track", "userId": "u1"},
]


def send(desk: Desk, seconds_ago: float) -> None:
    received = int((NOW.replace(tzinfo=UTC).timestamp() - seconds_ago) * 1e6)
    spool = open_spool(desk.path, desk.settings)
    spool.append([Envelope("web", "segment", received, json.dumps({"batch": EVENTS}).encode(), 3)])
    spool.close()


def test_what_waits_is_told_with_its_age(desk: Desk) -> None:
    send(desk, 90)

    found = look(desk)

    assert (found.requests, found.events, found.lag_seconds, found.loading) == (1, 3, 90.0, False)
    assert found.oldest_received_at == datetime(2026, 5, 1, 11, 58, 30)
    assert "3 events wait, the oldest for 90.0 s" in str(found)
    assert "cxloop serve" in str(found)


def test_without_a_server_what_waits_is_loaded_once(desk: Desk) -> None:
    send(desk, 1)

    found = load_waiting(desk)

    assert (found.requests, found.loaded, found.rejected, found.tests) == (0, 2, 1, 1)
    assert str(found).startswith("Nothing waits. 2 loaded in all")


def test_where_a_loader_runs_nobody_else_loads(desk: Desk) -> None:
    send(desk, 1)
    running(desk.path, Progress())
    try:
        found = load_waiting(desk)
    finally:
        running(desk.path, None)

    assert (found.requests, found.loading) == (1, True)
    assert progress_of(desk.path) is None


def test_the_rate_is_that_of_the_last_half_minute() -> None:
    now = 0.0
    progress = Progress(lambda: now)
    now = 100.0
    progress.note(Loaded(1, 10, 300, 0, 0, 0.1, more=False))
    now = 110.0
    at_once = progress.events_a_second
    now = 131.0

    assert at_once == pytest.approx(10.0)
    assert progress.events_a_second == 0.0
    assert progress.events == 300


def test_a_failure_lasts_until_the_next_success() -> None:
    now = 0.0
    progress = Progress(lambda: now)
    progress.failed("The disk is full.")
    now = 20.0
    progress.failed("The disk is full.")
    failing = progress.failing_seconds
    progress.note(Loaded(1, 10, 1, 0, 0, 0.1, more=False))

    assert failing == 20.0
    assert progress.failing_seconds == 0.0
