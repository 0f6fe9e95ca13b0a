"""A browser stays signed in while it is used; its secret changes, and a stolen one is soon worth nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cxloop.core.accounts import Browser
from cxloop.store import accounts, audit, sessions
from cxloop.store.base import Store
from cxloop.store.sessions import Lasting

if TYPE_CHECKING:
    from tests.store.conftest import Cast, Clock


def _start(store: Store, account_id: int, browser: Browser | None = None) -> str:
    with store.work() as work:
        return sessions.start_session(work, account_id, now=store.clock(), browser=browser)


def _lives(store: Store, secret: str, lasting: Lasting = sessions.LASTING) -> bool:
    return sessions.session_of(store, secret, now=store.clock(), lasting=lasting) is not None


def test_a_session_that_nobody_uses_ends_before_one_that_is_used(store: Store, clock: Clock, cast: Cast) -> None:
    lasting = Lasting(idle=timedelta(days=7), longest=timedelta(days=30))
    used, idle = _start(store, cast.mate), _start(store, cast.mate)

    days = 0
    while _lives(store, used, lasting):
        clock.forward(days=3)
        days += 3
    assert days == 30  # however much it is used

    assert not _lives(store, idle, lasting)


def test_the_secret_is_renewed_after_a_day_and_not_before(store: Store, clock: Clock, cast: Cast) -> None:
    secret = _start(store, cast.mate)

    early = sessions.renew(store, secret, now=clock())
    clock.forward(days=1)
    late = sessions.renew(store, secret, now=clock())

    assert early is None
    assert late is not None
    assert _lives(store, late)


def test_requests_on_their_way_with_the_former_secret_still_arrive(store: Store, clock: Clock, cast: Cast) -> None:
    former = _start(store, cast.mate)
    clock.forward(days=1)
    fresh = sessions.renew(store, former, now=clock())
    assert fresh is not None

    before_the_new_one_was_shown = _lives(store, former)
    shown = _lives(store, fresh)
    clock.forward(seconds=59)

    assert before_the_new_one_was_shown
    assert shown
    assert _lives(store, former)


def test_an_answer_that_got_lost_signs_nobody_out(store: Store, clock: Clock, cast: Cast) -> None:
    former = _start(store, cast.mate)
    clock.forward(days=1)
    lost = sessions.renew(store, former, now=clock())
    clock.forward(minutes=1)

    again = sessions.renew(store, former, now=clock())

    assert again is not None
    assert _lives(store, again)
    assert lost is not None
    assert not _lives(store, lost)


def test_pages_that_load_at_once_are_not_given_a_secret_each(store: Store, clock: Clock, cast: Cast) -> None:
    former = _start(store, cast.mate)
    clock.forward(days=1)

    renewed = [sessions.renew(store, former, now=clock()) for _page in range(3)]

    assert [secret is not None for secret in renewed] == [True, False, False]
    assert renewed[0] is not None
    assert _lives(store, renewed[0])


def test_a_former_secret_that_is_shown_later_was_stolen_and_ends_the_session(
    store: Store, clock: Clock, cast: Cast
) -> None:
    stolen = _start(store, cast.mate)
    clock.forward(days=1)
    fresh = sessions.renew(store, stolen, now=clock())
    assert fresh is not None
    assert _lives(store, fresh)
    clock.forward(minutes=2)

    assert not _lives(store, stolen)
    assert not _lives(store, fresh)
    assert [(entry.verb, entry.who) for entry in audit.entries(store)] == [("session.reused", "Max")]


def test_a_thief_cannot_renew_what_the_owner_has_renewed(store: Store, clock: Clock, cast: Cast) -> None:
    stolen = _start(store, cast.mate)
    clock.forward(days=1)
    fresh = sessions.renew(store, stolen, now=clock())
    assert fresh is not None
    assert _lives(store, fresh)
    clock.forward(seconds=30)

    assert sessions.renew(store, stolen, now=clock()) is None


def test_a_session_stolen_and_used_after_signing_out_is_useless(store: Store, clock: Clock, cast: Cast) -> None:
    secret = _start(store, cast.mate)
    clock.forward(days=1)
    fresh = sessions.renew(store, secret, now=clock())
    assert fresh is not None

    sessions.sign_out(store, secret, now=clock())

    assert not _lives(store, secret)
    assert not _lives(store, fresh)
    assert sessions.renew(store, secret, now=clock()) is None


def test_a_change_of_rights_counts_at_once_and_renews_the_secret(store: Store, clock: Clock, cast: Cast) -> None:
    secret = _start(store, cast.mate)
    _lives(store, secret)

    accounts.change(store, cast.mate, role="viewer", limits=(("team", ("North",)),))

    actor = sessions.session_of(store, secret, now=clock())
    assert actor is not None
    assert (actor.role, actor.limits) == ("viewer", (("team", ("North",)),))
    assert sessions.renew(store, secret, now=clock()) is not None


def test_open_sessions_are_listed_with_a_truncated_address(store: Store, clock: Clock, cast: Cast) -> None:
    first = _start(store, cast.mate, Browser("203.0.113.77", "Firefox"))
    clock.forward(hours=1)
    _start(store, cast.mate, Browser("2001:db8:1:2::3", "Safari"))
    _start(store, cast.owner)
    own, _ = sessions.standing(store, first, now=clock()) or (None, None)
    assert own is not None

    listed = sessions.open_sessions(store, cast.mate, now=clock(), current=own.id)

    assert [(each.agent, each.address, each.current) for each in listed] == [
        ("Firefox", "203.0.113.0", True),
        ("Safari", "2001:db8:1::", False),
    ]


def test_one_all_or_all_other_sessions_are_ended(store: Store, clock: Clock, cast: Cast) -> None:
    secrets = [_start(store, cast.mate) for _ in range(3)]
    numbers = [each.session_id for each in sessions.open_sessions(store, cast.mate, now=clock())][::-1]

    with store.work() as work:
        one = sessions.end_sessions(work, cast.mate, now=clock(), only=numbers[0])
    with store.work() as work:
        others = sessions.end_sessions(work, cast.mate, now=clock(), but=numbers[1])

    assert (one, others) == (1, 1)
    assert [_lives(store, secret) for secret in secrets] == [False, True, False]


def test_nobody_ends_the_session_of_somebody_else(store: Store, clock: Clock, cast: Cast) -> None:
    secret = _start(store, cast.owner)
    number = sessions.open_sessions(store, cast.owner, now=clock())[0].session_id

    with store.work() as work:
        ended = sessions.end_sessions(work, cast.mate, now=clock(), only=number)

    assert ended == 0
    assert _lives(store, secret)


def test_signing_out_counts_also_by_the_secret_that_was_just_replaced(store: Store, clock: Clock, cast: Cast) -> None:
    former = _start(store, cast.mate)
    clock.forward(days=1)
    fresh = sessions.renew(store, former, now=clock()) or ""
    assert _lives(store, fresh)

    assert sessions.sign_out(store, former, now=clock()) == cast.mate
    assert not _lives(store, fresh)
