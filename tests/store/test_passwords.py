"""Passwords let in who has the right one, and tell nobody else anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cxloop.core.errors import AccessDeniedError, InputError, NotFoundError
from cxloop.store.accounts import session_of
from cxloop.store.base import Store
from cxloop.store.models import Account
from cxloop.store.passwords import set_password, sign_in

if TYPE_CHECKING:
    from tests.store.conftest import Cast, Clock

RIGHT = "correct horse battery staple"


def test_the_right_password_signs_in_whatever_the_case_of_the_address(store: Store, clock: Clock, cast: Cast) -> None:
    set_password(store, cast.mate, RIGHT)

    session = sign_in(store, " MAX@example.org ", RIGHT, now=clock())

    actor = session_of(store, session, now=clock())
    assert actor is not None
    assert actor.account_id == cast.mate


def test_everybody_else_gets_the_same_answer(store: Store, clock: Clock, cast: Cast) -> None:
    set_password(store, cast.mate, RIGHT)
    set_password(store, cast.outsider, RIGHT)

    for email, password in (
        ("max@example.org", "another password"),
        ("max@example.org", ""),
        ("max@example.org", "x" * 100_000),
        ("nobody@example.org", RIGHT),
        ("olga@example.org", RIGHT),  # has no password
        ("olga@example.org", "the hash of nobody's password"),
        ("oskar@example.org", RIGHT),  # is locked out
        ("", ""),
    ):
        with pytest.raises(AccessDeniedError, match="Address or password is wrong"):
            sign_in(store, email, password, now=clock())


def test_a_password_is_kept_as_an_argon2_hash(store: Store, cast: Cast) -> None:
    set_password(store, cast.mate, RIGHT)

    with store.work() as work:
        account = work.get(Account, cast.mate)
        assert account is not None
        assert str(account.password_hash).startswith("$argon2id$")


def test_a_short_password_and_an_unknown_account_are_refused(store: Store, cast: Cast) -> None:
    with pytest.raises(InputError, match="12 to 1000 characters; this has 5"):
        set_password(store, cast.mate, "short")
    with pytest.raises(NotFoundError):
        set_password(store, 999, RIGHT)
