"""Connected systems in the records: sealed secrets, what is due, how pulls ended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.store.conftest import everything_in

from cxloop.core.errors import UnknownNameError
from cxloop.store import connections
from cxloop.store.base import Store
from cxloop.store.connections import Connection, Run

if TYPE_CHECKING:
    from tests.store.conftest import Clock


def kept(store: Store, name: str, due: timedelta | None = None) -> Connection:
    return connections.save(
        store,
        name,
        "sql",
        settings={"url": "postgresql://db"},
        secrets={"password": "very-secret"},
        mapping="[[table]]",
        every="1h",
        next_due=None if due is None else store.clock() + due,
    )


def test_secrets_are_sealed_and_only_their_names_are_shown(store: Store) -> None:
    found = kept(store, "shop")

    assert (found.secrets, connections.secrets_of(store, "shop")) == (("password",), {"password": "very-secret"})
    assert b"very-secret" not in everything_in(store)
    assert "very-secret" not in repr(found)


def test_only_what_is_due_and_not_paused_is_due_the_longest_waiting_first(store: Store) -> None:
    kept(store, "later", timedelta(minutes=1))
    kept(store, "soon", timedelta(minutes=-1))
    kept(store, "first", timedelta(minutes=-2))
    kept(store, "paused", timedelta(minutes=-3))
    kept(store, "listens")
    connections.pause(store, "paused", paused=True)

    assert connections.due(store) == ["first", "soon"]


def test_a_clock_that_is_set_back_keeps_no_connection_waiting_for_longer_than_its_pause(
    store: Store, clock: Clock
) -> None:
    kept(store, "shop", timedelta(hours=1))
    assert connections.due(store) == []

    clock.forward(days=-3)

    assert connections.due(store) == ["shop"]


def test_failures_in_a_row_are_counted_and_a_success_ends_them(store: Store) -> None:
    kept(store, "shop")
    for _ in range(2):
        connections.finished(store, "shop", Run("failed", "Nothing answers.", "unreachable"), None)
    failed = connections.get(store, "shop")
    connections.finished(store, "shop", Run("done", rows=5, admitted=4, rejected=1, position="id up to 5"), None)
    done = connections.get(store, "shop")

    assert (failed.failures, failed.reason, failed.succeeded_at) == (2, "Nothing answers.", None)
    assert (done.failures, done.reason, done.position, done.succeeded_at) == (0, "", "id up to 5", store.clock())


def test_changing_a_connection_keeps_its_history(store: Store) -> None:
    kept(store, "shop")
    connections.finished(store, "shop", Run("done", rows=5), None)
    connections.pause(store, "shop", paused=True)

    changed = kept(store, "shop")

    assert (changed.rows, changed.paused, changed.outcome) == (5, True, "done")


def test_a_connection_that_is_removed_is_gone_with_its_secrets(store: Store) -> None:
    kept(store, "shop")
    connections.remove(store, "shop")

    assert connections.secrets_of(store, "shop") == {}
    with pytest.raises(UnknownNameError, match="Unknown connection 'shop'"):
        connections.get(store, "shop")
