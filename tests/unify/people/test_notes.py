"""Notes of staff: who may write and delete them, and that merges and splits carry them along."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from tests.unify.privacy.conftest import NOW, Desk

from cxloop.core.errors import AccessDeniedError, InputError, NotFoundError
from cxloop.core.host import Actor
from cxloop.store.accounts import create_account
from cxloop.unify import verbs

DAY = datetime(2026, 3, 2)


@pytest.fixture
def desk(ws: Desk) -> Desk:
    """Two customers."""
    ws.happens("ada@example.org", DAY)
    ws.happens("bo@example.org", DAY)
    return ws


def acting(ws: Desk, name: str, role: str = "agent") -> Desk:
    """The same workspace as somebody of the staff sees it."""
    account = create_account(ws.store, name=name, email=None, role=role, now=NOW)  # type: ignore[arg-type]
    seen = replace(ws, actor=Actor(account, name, role))  # type: ignore[arg-type]
    seen.__dict__["store"] = ws.store
    return seen


def texts(ws: Desk, who: str) -> list[str]:
    return [note.text for note in verbs.customer(ws, who).notes]


def test_a_note_is_shown_with_its_author_and_time(desk: Desk) -> None:
    written = verbs.note(acting(desk, "Tom"), "ada@example.org", "  Prefers to be written to. ")

    (note,) = verbs.customer(desk, "ada@example.org").notes
    assert (note.text, note.author, note.written_at) == ("Prefers to be written to.", "Tom", NOW)
    assert str(written) == f"Note 1 on customer {written.customer_id} written."


def test_notes_stand_newest_first_and_with_their_customer_only(desk: Desk) -> None:
    for text in ("first", "second"):
        verbs.note(desk, "ada@example.org", text)

    assert texts(desk, "ada@example.org") == ["second", "first"]
    assert texts(desk, "bo@example.org") == []


def test_a_merge_carries_notes_along_and_a_split_gives_them_back(desk: Desk) -> None:
    verbs.note(desk, "ada@example.org", "of Ada")
    verbs.note(desk, "bo@example.org", "of Bo")

    merged = verbs.merge(desk, "ada@example.org", "bo@example.org")
    desk.derive()
    assert sorted(texts(desk, "ada@example.org")) == ["of Ada", "of Bo"]

    verbs.undo(desk, merged.decision_id)
    desk.derive()
    assert (texts(desk, "ada@example.org"), texts(desk, "bo@example.org")) == (["of Ada"], ["of Bo"])


def test_one_deletes_ones_own_note_and_an_owner_any(desk: Desk) -> None:
    tom, eva = acting(desk, "Tom"), acting(desk, "Eva")
    first = verbs.note(tom, "ada@example.org", "one").note_id
    second = verbs.note(tom, "ada@example.org", "two").note_id

    assert [note.mine for note in verbs.customer(tom, "ada@example.org").notes] == [True, True]
    assert [note.mine for note in verbs.customer(eva, "ada@example.org").notes] == [False, False]
    with pytest.raises(AccessDeniedError, match="somebody else"):
        verbs.delete_note(eva, first)
    verbs.delete_note(tom, first)
    verbs.delete_note(desk, second)
    assert texts(desk, "ada@example.org") == []


def test_a_note_that_is_not_there_is_not_deleted(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="no note 7"):
        verbs.delete_note(desk, 7)


def test_an_empty_note_is_refused(desk: Desk) -> None:
    with pytest.raises(InputError, match="empty"):
        verbs.note(desk, "ada@example.org", "   ")
