"""A suppressed address is known by its digest, however it is written; its channel counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from cxloop.store.base import Store
from cxloop.store.messages import preferences, suppressions
from cxloop.store.messages.preferences import Said

NOON = datetime(2026, 5, 1, 12)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store at noon."""
    opened = Store.open(tmp_path / "app.sqlite", lambda: NOON)
    yield opened
    opened.close()


def test_an_address_is_known_however_it_is_written_and_in_its_channel_only(store: Store) -> None:
    suppressions.add(store, "email", "Ada@Example.org", "bounced")
    suppressions.add(store, "sms", "+49 170 1", "complained")

    assert suppressions.suppressed(store, "email", ["ada@example.ORG ", "bob@example.org"]) == {"ada@example.ORG "}
    assert suppressions.suppressed(store, "sms", ["+49-170-1", "ada@example.org"]) == {"+49-170-1"}


def test_no_address_stands_in_the_file(store: Store, tmp_path: Path) -> None:
    suppressions.add(store, "email", "ada.secret@example.org", "bounced")
    store.close()

    assert b"ada.secret" not in b"".join(path.read_bytes() for path in tmp_path.glob("app.sqlite*"))


def test_the_first_reason_stays_until_it_is_lifted(store: Store) -> None:
    suppressions.add(store, "email", "a@example.org", "complained")
    suppressions.add(store, "email", "a@example.org", "bounced")

    assert [each.reason for each in suppressions.every_one(store, 10)] == ["complained"]
    assert suppressions.remove(store, "email", "A@example.org")
    assert not suppressions.remove(store, "email", "a@example.org")
    assert suppressions.find(store, "email", "a@example.org") is None


def test_what_was_said_waits_for_the_log(store: Store) -> None:
    preferences.say(store, [Said(7, "research", None, False, "unsubscribe link", NOON)])
    (waiting,) = preferences.unlogged(store, 10)
    preferences.mark_logged(store, [waiting.id])

    assert not preferences.waits(store)
    assert preferences.said(store, [7]) == []
    assert preferences.by_key(store, [7, 8]) == {7: [waiting]}


def test_preferences_are_kept_by_key(store: Store) -> None:
    preferences.save(store, 7, channel="sms", language="de", paused_until=None)
    preferences.save(store, 7, channel=None, language="fr", paused_until=NOON)

    found = preferences.of_keys(store, [6, 7])
    assert [(each.channel, each.language, each.paused_until) for each in found.values()] == [(None, "fr", NOON)]
