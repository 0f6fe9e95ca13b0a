"""Noticing that somebody committed, without asking the file each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxloop.store import documents
from cxloop.store.base import Store
from cxloop.store.changes import EVERY_SECONDS, Watch


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def ticks() -> Clock:
    return Clock()


def _write(store: Store, number: int) -> None:
    documents.save(store, "test", "a", {"number": number}, author_id=None)


def test_the_first_question_always_means_reading(store: Store, ticks: Clock) -> None:
    assert Watch(store, clock=ticks).changed()


def test_nothing_changes_without_a_commit(store: Store, ticks: Clock) -> None:
    watch = Watch(store, clock=ticks)
    watch.changed()

    ticks.seconds += 10
    with store.read() as work:
        assert work is not None

    assert not watch.changed()


def test_a_commit_is_noticed_once_and_at_the_next_question(store: Store, ticks: Clock) -> None:
    watch = Watch(store, clock=ticks)
    watch.changed()
    _write(store, 1)

    early = watch.changed()
    ticks.seconds += EVERY_SECONDS

    assert (early, watch.changed(), watch.changed()) == (False, True, False)


def test_a_commit_of_another_process_is_noticed(store: Store, ticks: Clock, tmp_path: Path) -> None:
    watch = Watch(store, clock=ticks)
    watch.changed()
    other = Store.open(Path(str(store.engine.url.database)))
    _write(other, 2)
    other.close()
    ticks.seconds += EVERY_SECONDS

    assert watch.changed()


def test_changes_are_noticed_within_a_second() -> None:
    assert EVERY_SECONDS < 1
