"""Passwords let in who has the right one, and tell nobody else anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cxloop.core.accounts import ThrottledError
from cxloop.core.errors import AccessDeniedError, InputError, NotFoundError
from cxloop.store import passwords
from cxloop.store.base import Store
from cxloop.store.models import Account
from cxloop.store.passwords import check_password, set_password

if TYPE_CHECKING:
    from tests.store.conftest import Cast, Clock

RIGHT = "seven green bicycles at dawn"


def test_the_right_password_is_taken_whatever_the_case_of_the_address(store: Store, cast: Cast) -> None:
    set_password(store, cast.mate, RIGHT)

    assert check_password(store, " MAX@example.org ", RIGHT).id == cast.mate


def test_everybody_else_gets_the_same_answer(store: Store, cast: Cast) -> None:
    set_password(store, cast.mate, RIGHT)
    set_password(store, cast.outsider, RIGHT)

    for email, password in (
        ("max@example.org", "another password"),
        ("max@example.org", ""),
        ("max@example.org", "x" * 100_000),
        ("max@example.org", "\udcff" * 12),
        ("nobody@example.org", RIGHT),
        ("olga@example.org", RIGHT),  # has no password
        ("olga@example.org", "the hash of nobody's password"),
        ("oskar@example.org", RIGHT),  # is locked out
        ("", ""),
    ):
        with pytest.raises(AccessDeniedError, match="Address or password is wrong"):
            check_password(store, email, password)


def test_a_hash_is_computed_for_an_account_that_does_not_exist_as_for_one_that_does(
    store: Store, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_password(store, cast.mate, RIGHT)
    computed: list[str] = []

    def verified(kept: str, password: str) -> bool:
        computed.append(kept.split("$")[1])
        return False

    monkeypatch.setattr(passwords, "verified", verified)
    for email in ("max@example.org", "olga@example.org", "oskar@example.org", "nobody@example.org"):
        with pytest.raises(AccessDeniedError):
            check_password(store, email, RIGHT)

    assert computed == ["argon2id"] * 4


def test_guessing_at_an_account_is_slowed_down_whether_it_exists_or_not(store: Store, clock: Clock, cast: Cast) -> None:
    set_password(store, cast.mate, RIGHT)

    def refusals(email: str) -> list[str]:
        found = []
        for _ in range(7):
            with pytest.raises(AccessDeniedError) as refused:
                check_password(store, email, "a wrong password")
            found.append(refused.value.code)
        return found

    told = [refusals("max@example.org"), refusals("nobody@example.org")]

    assert told == [["access_denied"] * 5 + ["throttled"] * 2] * 2
    with pytest.raises(ThrottledError, match="Try again in 2 seconds"):
        check_password(store, "max@example.org", RIGHT)
    clock.forward(seconds=2)
    assert check_password(store, "max@example.org", RIGHT).id == cast.mate


def test_a_password_is_kept_as_an_argon2_hash(store: Store, cast: Cast) -> None:
    set_password(store, cast.mate, RIGHT)

    with store.work() as work:
        account = work.get(Account, cast.mate)
        assert account is not None
        assert str(account.password_hash).startswith("$argon2id$")


def test_an_unknown_account_gets_no_password(store: Store) -> None:
    with pytest.raises(NotFoundError):
        set_password(store, 999, RIGHT)


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("short", "12 to 1000 characters; this has 5"),
        ("x" * 1001, "12 to 1000 characters; this has 1001"),
        ("aaaaaaaaaaaaaaaa", "repeats the same few characters"),
        ("abcabdabcabdabcd"[:12] * 2, "repeats"),
        ("password12345", "among the first"),
        ("P@ssw0rd!!!2026", "among the first"),
        ("qwertyuiopasdf", "among the first"),
        ("123456789012", "among the first"),
        ("12345qwertyuiop", "among the first"),
        ("Administrator2026!", "among the first"),
        ("max@example.org", "your name or e-mail address"),
        ("Max@Example.org1", "your name or e-mail address"),
    ],
)
def test_a_password_that_others_would_guess_is_refused_with_the_reason(
    store: Store, cast: Cast, password: str, message: str
) -> None:
    with pytest.raises(InputError, match=message) as refused:
        set_password(store, cast.mate, password)

    assert password not in refused.value.message


@pytest.mark.parametrize(
    "password", [RIGHT, "zehn kleine nasse Hunde", "gY7#kq1Zp0&w", "пароль из слов здесь", "🐙🐈🦆🦊🐧🦉" * 2 + "🐢"]
)
def test_every_other_password_is_taken(store: Store, cast: Cast, password: str) -> None:
    set_password(store, cast.mate, password)

    assert check_password(store, "max@example.org", password).id == cast.mate
