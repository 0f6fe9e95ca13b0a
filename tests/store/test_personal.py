"""Every column of the records has a class of personal data, and a customer is taken out by it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table

from cxloop.core.errors import EngineError
from cxloop.core.schema import Personal
from cxloop.store import documents, notes, personal
from cxloop.store.base import Store
from cxloop.store.declared import DECLARED, STAFF
from cxloop.store.models import Base
from cxloop.store.secrets import Vault

ANNA = "anna.secret.7431@example.org"


def test_every_column_of_the_records_has_a_class() -> None:
    assert personal.undeclared() == []


def test_what_is_declared_is_there() -> None:
    there = {table.name: set(table.c.keys()) for table in Base.metadata.sorted_tables}

    assert {name: set(columns) - there[name] for name, columns in DECLARED.items() if columns} == {
        name: set() for name in DECLARED
    }
    assert set(STAFF) <= set(there)


def test_a_new_column_without_a_class_keeps_an_erasure_from_beginning() -> None:
    diary = Table("diary", MetaData(), Column("id", Integer, primary_key=True), Column("entry", String))

    with pytest.raises(EngineError, match=r"diary\.id, diary\.entry"):
        personal.require_declared([diary])


def test_words_of_staff_are_marked_as_what_they_are() -> None:
    def found(table: str, column: str) -> Any:
        return personal.class_of(table, Base.metadata.tables[table].c[column])

    # fixed by hand from what the columns hold: these must never slip to "none"
    assert found("customer_notes", "text") is Personal.FREE_TEXT
    assert found("documents", "content") is Personal.FREE_TEXT
    assert found("connections", "reason") is Personal.FREE_TEXT
    assert found("customer_notes", "key_id") is Personal.PSEUDONYM


def test_rows_about_the_keys_go_and_others_stay(store: Store) -> None:
    for key in (1, 2):
        notes.add(store, key, f"about {key}", author_id=None, author="local")

    assert personal.forget_keys(store, [1]) == {"customer_notes": 1}
    assert [note.text for note in notes.of_keys(store, [1, 2])] == ["about 2"]


def test_an_identifier_is_taken_out_of_definitions(store: Store) -> None:
    documents.save(store, "plan", "shop", {"examples": [f"mail to {ANNA.upper()}", "x"]}, author_id=None)
    documents.save(store, "plan", "other", {"examples": [f"not{ANNA}"]}, author_id=None)

    assert personal.forget_words(store, [ANNA]) == {"documents": 1}
    assert documents.get(store, "plan", "shop").content == {"examples": ["mail to [removed]", "x"]}
    assert documents.get(store, "plan", "other").content == {"examples": [f"not{ANNA}"]}


def test_a_signature_can_be_checked_by_whoever_has_the_public_key() -> None:
    from base64 import b64decode

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    vault, other = Vault("k" * 32), Vault("o" * 32)
    signature = vault.sign_openly("what was done")

    Ed25519PublicKey.from_public_bytes(b64decode(vault.public_key)).verify(b64decode(signature), b"what was done")
    assert vault.signed_openly("what was done", signature)
    assert not vault.signed_openly("what was not", signature)
    assert not other.signed_openly("what was done", signature)
    assert not vault.signed_openly("what was done", "no base64!")
