"""Values that follow the records, without asking the file each time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.store.conftest import Opening

from cxloop.core.errors import WorkspaceError
from cxloop.store import documents
from cxloop.store.base import Store
from cxloop.store.changes import LOOK_SECONDS, Following


class Ticks:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class Reader:
    """Counts how often it was asked; fails where it is told to."""

    def __init__(self) -> None:
        self.readings = 0
        self.fails = False

    def __call__(self) -> int:
        if self.fails:
            raise WorkspaceError("The disk is gone.")
        self.readings += 1
        return self.readings


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def following(store: Store, reader: Reader, ticks: Ticks) -> Iterator[Following[int]]:
    made = Following(store, reader, monotonic=ticks)
    yield made
    made.close()


def _write(store: Store, number: int) -> None:
    documents.save(store, "test", "a", {"number": number}, author_id=None)


def test_the_value_is_read_when_it_is_first_needed(following: Following[int], reader: Reader) -> None:
    before = reader.readings

    assert (before, following.value) == (0, 1)


def test_without_a_commit_the_value_is_kept(store: Store, following: Following[int], ticks: Ticks) -> None:
    first = following.value

    ticks.seconds += 10
    with store.read() as work:
        assert work is not None

    assert (first, following.value) == (1, 1)


def test_a_commit_is_noticed_once_and_at_the_next_look(store: Store, following: Following[int], ticks: Ticks) -> None:
    assert following.value == 1
    _write(store, 1)

    early = following.value
    ticks.seconds += LOOK_SECONDS
    late = following.value
    ticks.seconds += LOOK_SECONDS

    assert (early, late, following.value) == (1, 2, 2)


def test_a_commit_of_another_process_is_noticed(store: Store, following: Following[int], ticks: Ticks) -> None:
    assert following.value == 1
    other = Opening.of(store)()
    _write(other, 2)
    other.close()
    ticks.seconds += LOOK_SECONDS

    assert following.value == 2


def test_who_has_just_changed_something_need_not_wait(store: Store, following: Following[int]) -> None:
    assert following.value == 1
    _write(store, 3)

    following.forget()

    assert following.value == 2


def test_a_reading_that_failed_is_tried_again(
    store: Store, following: Following[int], reader: Reader, ticks: Ticks
) -> None:
    assert following.value == 1
    _write(store, 4)
    ticks.seconds += LOOK_SECONDS
    reader.fails = True
    with pytest.raises(WorkspaceError):
        _ = following.value

    reader.fails = False

    assert following.value == 2


def test_a_change_is_noticed_within_a_second() -> None:
    assert LOOK_SECONDS < 1
