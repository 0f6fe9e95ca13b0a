"""Signing in by a link that works once, for a while; sessions that end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from tests.store.conftest import everything_in

from cxloop.core.errors import AccessDeniedError, InputError, NotFoundError
from cxloop.core.host import Actor
from cxloop.store.accounts import (
    LINK_LASTS,
    SESSION_LASTS,
    create_account,
    create_first_owner_link,
    create_link,
    disable,
    redeem,
    session_of,
    sign_out,
)
from cxloop.store.base import Store

if TYPE_CHECKING:
    from tests.store.conftest import Cast, Clock


def test_the_first_link_signs_the_first_owner_in(store: Store, clock: Clock) -> None:
    token = create_first_owner_link(store, now=clock())

    session = redeem(store, token, now=clock())

    assert session_of(store, session, now=clock()) == Actor(account_id=1, name="Owner", role="owner")


def test_a_second_first_run_makes_a_link_and_no_second_owner(store: Store, clock: Clock) -> None:
    sessions = [redeem(store, create_first_owner_link(store, now=clock()), now=clock()) for _ in range(2)]

    actors = [session_of(store, session, now=clock()) for session in sessions]
    assert actors == [Actor(1, "Owner", "owner")] * 2


def test_a_link_works_once(store: Store, clock: Clock) -> None:
    token = create_first_owner_link(store, now=clock())
    redeem(store, token, now=clock())

    with pytest.raises(AccessDeniedError, match="was used before"):
        redeem(store, token, now=clock())


def test_a_link_works_once_also_for_many_browsers_at_the_same_time(store: Store, clock: Clock) -> None:
    token = create_first_owner_link(store, now=clock())

    def sign_in(_: int) -> str | None:
        with suppress(AccessDeniedError):
            return redeem(store, token, now=clock())
        return None

    with ThreadPoolExecutor(8) as pool:
        sessions = [session for session in pool.map(sign_in, range(16)) if session]

    assert len(sessions) == 1


def test_a_link_expires(store: Store, clock: Clock, cast: Cast) -> None:
    token = create_link(store, cast.mate, now=clock())
    clock.now += LINK_LASTS

    with pytest.raises(AccessDeniedError, match="expired"):
        redeem(store, token, now=clock())


@pytest.mark.parametrize("token", ["", "x", "' or 1=1 --", "é" * 50])
def test_an_invented_link_is_refused(store: Store, clock: Clock, cast: Cast, token: str) -> None:
    with pytest.raises(AccessDeniedError):
        redeem(store, token, now=clock())


def test_each_of_the_cast_gets_what_is_theirs(store: Store, clock: Clock, cast: Cast) -> None:
    owner = redeem(store, create_link(store, cast.owner, now=clock()), now=clock())
    mate = redeem(store, create_link(store, cast.mate, now=clock()), now=clock())
    outsider = create_link(store, cast.outsider, now=clock())

    assert session_of(store, owner, now=clock()) == Actor(cast.owner, "Olga", "owner")
    assert session_of(store, mate, now=clock()) == Actor(cast.mate, "Max", "analyst")
    with pytest.raises(AccessDeniedError):
        redeem(store, outsider, now=clock())


def test_a_session_ends_by_signing_out_and_others_go_on(store: Store, clock: Clock, cast: Cast) -> None:
    here, there = (redeem(store, create_link(store, cast.mate, now=clock()), now=clock()) for _ in range(2))

    sign_out(store, here, now=clock())
    sign_out(store, "never existed", now=clock())

    assert session_of(store, here, now=clock()) is None
    assert session_of(store, there, now=clock()) is not None


def test_a_session_ends_by_itself(store: Store, clock: Clock, cast: Cast) -> None:
    session = redeem(store, create_link(store, cast.mate, now=clock()), now=clock())
    clock.now += SESSION_LASTS

    assert session_of(store, session, now=clock()) is None


def test_locking_somebody_out_ends_every_session(store: Store, clock: Clock, cast: Cast) -> None:
    mate = redeem(store, create_link(store, cast.mate, now=clock()), now=clock())
    owner = redeem(store, create_link(store, cast.owner, now=clock()), now=clock())

    disable(store, cast.mate, now=clock())

    assert session_of(store, mate, now=clock()) is None
    assert session_of(store, owner, now=clock()) is not None


def test_the_last_owner_cannot_be_locked_out(store: Store, clock: Clock, cast: Cast) -> None:
    with pytest.raises(InputError, match="Olga is the last owner"):
        disable(store, cast.owner, now=clock())
    with pytest.raises(NotFoundError):
        disable(store, 999, now=clock())


def test_one_address_has_one_account(store: Store, clock: Clock, cast: Cast) -> None:
    with pytest.raises(InputError, match=r"max@example\.org has an account"):
        create_account(store, name="Max again", email=" Max@Example.org", role="viewer", now=clock())


def test_an_unknown_role_is_refused(store: Store, clock: Clock) -> None:
    with pytest.raises(InputError, match="Known: owner, analyst, agent, viewer"):
        create_account(store, name="X", email=None, role="boss", now=clock())  # type: ignore[arg-type]


def test_no_secret_is_written_anywhere(store: Store, clock: Clock) -> None:
    token = create_first_owner_link(store, now=clock())
    session = redeem(store, token, now=clock())

    written = everything_in(store)
    assert b"Owner" in written  # otherwise the test could not see them
    assert token.encode() not in written
    assert session.encode() not in written


def _entered(store: Store, token: str) -> str:
    session = store.accounts.sign_in(token).session
    assert session is not None
    return session


def test_what_the_pages_need_uses_the_clock_of_the_store(store: Store, clock: Clock) -> None:
    token = store.accounts.first_owner_link()
    assert not store.accounts.anybody_signed_in()
    session = _entered(store, token)
    assert store.accounts.anybody_signed_in()
    assert store.accounts.actor_of_session(session) == Actor(1, "Owner", "owner")

    clock.forward(days=31)
    assert store.accounts.actor_of_session(session) is None

    session = _entered(store, store.accounts.first_owner_link())
    store.accounts.sign_out(session)
    assert store.accounts.actor_of_session(session) is None
