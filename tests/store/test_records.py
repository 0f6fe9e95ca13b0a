"""Audit and versioned documents."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from cxloop.core.errors import NotFoundError, UnknownNameError
from cxloop.store import documents
from cxloop.store.audit import Entry, entries, record
from cxloop.store.base import Store

if TYPE_CHECKING:
    from tests.store.conftest import Cast, Clock


def test_an_audit_entry_says_who_what_when_and_how_it_ended(store: Store, clock: Clock, cast: Cast) -> None:
    record(
        store,
        account_id=cast.mate,
        verb="collect.file",
        outcome="failed",
        seconds=2.5,
        arguments={"mapping": "olist", "at": datetime(2026, 5, 1)},
    )

    told = {"at": "2026-05-01 00:00:00", "mapping": "olist"}
    written = entries(store)[0]
    assert written == Entry(
        clock(), "Max", "collect.file", told, "failed", 2.5, entry_id=1, target="", address="", digest=written.digest
    )


def test_audit_entries_come_newest_first_and_by_verb(store: Store) -> None:
    for verb in ("a.a", "b.b", "a.a", "c.c"):
        store.audit(account_id=None, verb=verb, outcome="done", seconds=0)

    assert [entry.verb for entry in entries(store, limit=3)] == ["c.c", "a.a", "b.b"]
    assert [entry.verb for entry in entries(store, verb="a.a")] == ["a.a", "a.a"]
    assert entries(store, limit=1)[0].who is None


def test_a_document_is_followed_by_a_newer_version_and_never_changed(store: Store, clock: Clock, cast: Cast) -> None:
    documents.save(store, "mapping", "shop", {"source": "a"}, author_id=cast.owner)
    clock.forward(hours=1)
    documents.save(store, "mapping", "shop", {"source": "b"}, author_id=cast.mate)

    assert documents.get(store, "mapping", "shop").content == {"source": "b"}
    assert documents.get(store, "mapping", "shop", version=1).content == {"source": "a"}
    assert [(past.version, past.author_id) for past in documents.history(store, "mapping", "shop")] == [
        (2, cast.mate),
        (1, cast.owner),
    ]


def test_saving_the_same_content_again_makes_no_version(store: Store) -> None:
    first = documents.save(store, "mapping", "shop", {"source": "a"}, author_id=None)

    assert documents.save(store, "mapping", "shop", {"source": "a"}, author_id=None) == first


def test_documents_of_another_kind_are_others(store: Store) -> None:
    documents.save(store, "mapping", "shop", {"a": 1}, author_id=None)
    documents.save(store, "segment", "shop", {"b": 1}, author_id=None)
    documents.save(store, "segment", "gold", {"c": 1}, author_id=None)

    assert documents.names(store, "segment") == ["gold", "shop"]
    assert documents.get(store, "segment", "shop").content == {"b": 1}


def test_an_unknown_document_is_refused_with_the_nearest_name(store: Store) -> None:
    documents.save(store, "mapping", "shop", {}, author_id=None)

    with pytest.raises(UnknownNameError, match=r'Unknown mapping .*Did you mean "shop"'):
        documents.get(store, "mapping", "shopp")
    with pytest.raises(NotFoundError, match="no version 7"):
        documents.get(store, "mapping", "shop", version=7)


def test_the_newest_versions_of_a_kind_come_by_name(store: Store) -> None:
    documents.save(store, "mapping", "shop", {"source": "a"}, author_id=None)
    documents.save(store, "mapping", "shop", {"source": "b"}, author_id=None)
    documents.save(store, "mapping", "app", {"source": "c"}, author_id=None)
    documents.save(store, "metric", "shop", {"source": "d"}, author_id=None)

    newest = documents.newest(store, "mapping")

    assert [(found.name, found.version, found.content["source"]) for found in newest] == [
        ("app", 1, "c"),
        ("shop", 2, "b"),
    ]
