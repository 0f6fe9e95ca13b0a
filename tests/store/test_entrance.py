"""The way in, as the pages know it, and what of it is in the audit log."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING

import pyotp
import pytest

from cxloop.core.accounts import Browser, Identity, ThrottledError
from cxloop.core.config import Oidc, SignIn
from cxloop.core.errors import AccessDeniedError, InputError, SignInNeededError
from cxloop.store import accounts, audit, passwords
from cxloop.store.base import Store
from cxloop.store.entrance import Accounts

if TYPE_CHECKING:
    from tests.store.conftest import Cast, Clock

RIGHT = "seven green bicycles at dawn"
OTHER = "nine quiet lamps in the rain"
BROWSER = Browser("203.0.113.77", "Firefox")
MAX = "max@example.org"


@pytest.fixture
def entrance(store: Store, cast: Cast) -> Accounts:
    """The way in of a workspace where Max has a password."""
    passwords.set_password(store, cast.mate, RIGHT)
    return Accounts(store, SignIn())


def _session(entrance: Accounts, password: str = RIGHT) -> str:
    session = entrance.sign_in_with_password(MAX, password, BROWSER).session
    assert session is not None
    return session


def _enrol(entrance: Accounts, clock: Clock, session: str) -> tuple[str, tuple[str, ...]]:
    secret = entrance.begin_second_factor(session).secret
    codes = entrance.confirm_second_factor(session, _code(secret, clock))
    clock.forward(minutes=5)
    return secret, codes


def _code(secret: str, clock: Clock) -> str:
    return pyotp.TOTP(secret).at(clock().replace(tzinfo=UTC))


def _log(store: Store) -> list[tuple[str, str | None, str]]:
    return [(entry.verb, entry.who, entry.outcome) for entry in audit.entries(store)][::-1]


def test_a_password_alone_is_enough_where_there_is_no_second_factor(entrance: Accounts, cast: Cast) -> None:
    actor = entrance.actor_of_session(_session(entrance))

    assert actor is not None
    assert actor.account_id == cast.mate


def test_with_a_second_factor_the_password_opens_only_the_second_step(entrance: Accounts, clock: Clock) -> None:
    secret, _ = _enrol(entrance, clock, _session(entrance))

    first = entrance.sign_in_with_password(MAX, RIGHT, BROWSER)
    assert first.session is None
    assert first.challenge is not None
    with pytest.raises(AccessDeniedError):
        entrance.confirm(first.challenge, "000000", BROWSER)
    session = entrance.confirm(first.challenge, _code(secret, clock), BROWSER)

    assert entrance.actor_of_session(first.challenge) is None
    assert entrance.actor_of_session(session) is not None


def test_a_challenge_ends_after_ten_minutes_with_another_password_and_anywhere_else(
    entrance: Accounts, clock: Clock, store: Store, cast: Cast
) -> None:
    secret, _ = _enrol(entrance, clock, _session(entrance))
    late = entrance.sign_in_with_password(MAX, RIGHT).challenge or ""
    clock.forward(minutes=11)
    stale = entrance.sign_in_with_password(MAX, RIGHT).challenge or ""
    passwords.set_password(store, cast.mate, OTHER)

    for challenge in (late, stale, "", "made up"):
        with pytest.raises(AccessDeniedError, match="took too long"):
            entrance.confirm(challenge, _code(secret, clock))


def test_a_recovery_code_gets_in_once(entrance: Accounts, clock: Clock) -> None:
    _, codes = _enrol(entrance, clock, _session(entrance))

    session = entrance.confirm(entrance.sign_in_with_password(MAX, RIGHT).challenge or "", codes[0])
    with pytest.raises(AccessDeniedError):
        entrance.confirm(entrance.sign_in_with_password(MAX, RIGHT).challenge or "", codes[0])

    assert entrance.profile(session).recovery_codes_left == 9


def test_a_new_password_needs_the_former_one_and_ends_the_other_sessions(entrance: Accounts) -> None:
    here, there = _session(entrance), _session(entrance)

    for former in (None, "", OTHER):
        with pytest.raises(AccessDeniedError, match="not your present password"):
            entrance.set_password(here, OTHER, former=former)
    entrance.set_password(here, OTHER, former=RIGHT)

    assert entrance.actor_of_session(here) is not None
    assert entrance.actor_of_session(there) is None
    assert entrance.renew(here) is not None  # its secret was good for the former password
    with pytest.raises(AccessDeniedError):
        entrance.sign_in_with_password(MAX, RIGHT)


def test_a_second_factor_signs_out_whoever_came_in_without_it(entrance: Accounts, clock: Clock) -> None:
    here, there = _session(entrance), _session(entrance)

    _enrol(entrance, clock, here)

    assert entrance.profile(here).has_second_factor
    assert entrance.actor_of_session(there) is None


def test_a_link_that_waits_gets_around_neither_a_new_password_nor_a_second_factor(
    entrance: Accounts, clock: Clock, store: Store, cast: Cast
) -> None:
    here = _session(entrance)
    changes = (
        lambda: entrance.set_password(here, OTHER, former=RIGHT),
        lambda: _enrol(entrance, clock, here),
    )
    for change in changes:
        link = accounts.create_link(store, cast.mate, now=clock())
        change()
        with pytest.raises(AccessDeniedError, match="not valid"):
            entrance.sign_in(link, BROWSER)


def test_one_s_own_sessions_are_listed_and_ended(entrance: Accounts, clock: Clock) -> None:
    first = _session(entrance)
    clock.forward(minutes=1)
    second, third = _session(entrance), _session(entrance)

    listed = entrance.sessions(first)
    entrance.end_session(first, listed[1].session_id)
    left = [entrance.actor_of_session(each) is not None for each in (first, second, third)]
    ended = entrance.end_other_sessions(first)

    assert [each.current for each in listed] == [True, False, False]
    assert left == [True, True, False]
    assert ended == 1
    assert len(entrance.sessions(first)) == 1


def test_forms_go_on_working_when_the_secret_is_renewed(entrance: Accounts, clock: Clock) -> None:
    session = _session(entrance)
    before = entrance.form_key(session)
    clock.forward(days=1)
    fresh = entrance.renew(session)

    assert fresh is not None
    assert entrance.form_key(fresh) == before
    assert entrance.form_key(_session(entrance)) != before


def test_a_session_after_signing_out_is_useless_for_everything(entrance: Accounts) -> None:
    stolen = _session(entrance)
    entrance.sign_out(stolen)

    assert entrance.actor_of_session(stolen) is None
    assert entrance.renew(stolen) is None
    for use in (entrance.profile, entrance.sessions, entrance.form_key, entrance.begin_second_factor):
        with pytest.raises(SignInNeededError):
            use(stolen)


def test_the_first_owner_says_who_they_are(store: Store, clock: Clock) -> None:
    entrance = store.accounts
    session = entrance.sign_in(entrance.first_owner_link()).session or ""

    entrance.rename(session, name="Olga Berg", email="Olga@Example.org")
    entrance.set_password(session, RIGHT)

    profile = entrance.profile(session)
    assert (profile.name, profile.email, profile.has_password) == ("Olga Berg", "olga@example.org", True)
    with pytest.raises(InputError, match="no e-mail address"):
        entrance.rename(session, name="Olga", email="olga")


def test_every_way_in_and_every_refusal_is_in_the_log_without_a_name(
    entrance: Accounts, store: Store, cast: Cast
) -> None:
    session = _session(entrance)
    for email, password in ((MAX, OTHER), ("nobody@example.org", RIGHT)):
        with pytest.raises(AccessDeniedError):
            entrance.sign_in_with_password(email, password, BROWSER)
    with pytest.raises(AccessDeniedError):
        entrance.sign_in("made up", BROWSER)
    entrance.sign_in(accounts.create_link(store, cast.owner, now=store.clock()), BROWSER)
    entrance.sign_out(session)

    assert _log(store) == [
        ("account.sign_in", "Max", "done"),
        ("account.sign_in", None, "refused"),
        ("account.sign_in", None, "refused"),
        ("account.sign_in", None, "refused"),
        ("account.sign_in", "Olga", "done"),
        ("account.sign_out", "Max", "done"),
    ]
    written = audit.entries(store)
    assert {entry.address for entry in written} == {"203.0.113.0", ""}
    assert "example.org" not in str([(entry.arguments, entry.target) for entry in written])


@dataclass(frozen=True)
class FakeProvider:
    """Says of everybody what the test wants it to."""

    identity: Identity
    name: str = "Acme ID"

    def depart(self, callback: str) -> tuple[str, str]:
        return f"https://id.example.org/?back={callback}", "remembered"

    def arrive(self, remembered: str, answer: str) -> Identity:
        assert remembered == "remembered"
        return self.identity


def _through(entrance: Accounts, identity: Identity, **settings: object) -> Accounts:
    chosen = Oidc.model_validate({"issuer": "https://id.example.org", "client_id": "x", **settings})
    return replace(entrance, identities=FakeProvider(identity), settings=SignIn(oidc=chosen))


def _arrive(entrance: Accounts) -> str | None:
    return entrance.arrive(entrance.depart("https://cx.example.org/back").state, "answer", BROWSER).session


def test_an_identity_belongs_to_who_was_invited_by_its_address_and_stays_theirs(entrance: Accounts, cast: Cast) -> None:
    identity = Identity("https://id.example.org", "17", MAX, "Max")
    session = _arrive(_through(entrance, identity))
    moved = _arrive(_through(entrance, replace(identity, email="new@example.org")))

    for each in (session, moved):
        actor = entrance.actor_of_session(each or "")
        assert actor is not None
        assert actor.account_id == cast.mate


def test_a_mailbox_that_was_given_on_does_not_give_the_account_on(entrance: Accounts) -> None:
    identity = Identity("https://id.example.org", "17", MAX, "Max")
    _arrive(_through(entrance, identity))

    with pytest.raises(AccessDeniedError, match="has no account here"):
        _arrive(_through(entrance, replace(identity, subject="18")))


@pytest.mark.parametrize("email", ["oskar@example.org", "new@example.org", None])
def test_the_locked_out_the_uninvited_and_the_unchecked_stay_out(entrance: Accounts, email: str | None) -> None:
    with pytest.raises(AccessDeniedError):
        _arrive(_through(entrance, Identity("https://id.example.org", "9", email, "Oskar")))


def test_a_second_factor_is_asked_for_after_the_provider_too(entrance: Accounts, clock: Clock) -> None:
    _enrol(entrance, clock, _session(entrance))
    through = _through(entrance, Identity("https://id.example.org", "17", MAX, "Max"))

    arrived = through.arrive(through.depart("x").state, "answer")

    assert arrived.session is None
    assert arrived.challenge is not None


def test_a_departure_of_another_browser_or_an_hour_ago_is_refused(entrance: Accounts, clock: Clock) -> None:
    through = _through(entrance, Identity("https://id.example.org", "17", MAX, "Max"))
    state = through.depart("x").state
    clock.forward(hours=1)

    for wrong in (state, "", "made up"):
        with pytest.raises(AccessDeniedError, match="took too long"):
            through.arrive(wrong, "answer")


def test_without_a_provider_nobody_is_sent_anywhere(entrance: Accounts) -> None:
    assert entrance.provider is None
    with pytest.raises(InputError, match="No provider is configured"):
        entrance.depart("x")


def test_who_comes_back_from_the_provider_with_nothing_waits_and_fills_no_log(entrance: Accounts, store: Store) -> None:
    through = _through(entrance, Identity("https://id.example.org", "17", MAX, "Max"))
    refused: list[type[Exception]] = []
    for _ in range(60):
        try:
            through.arrive("made up", "answer", BROWSER)
        except (AccessDeniedError, ThrottledError) as failure:
            refused.append(type(failure))

    assert refused == [AccessDeniedError] * 20 + [ThrottledError] * 40
    assert len(audit.entries(store, limit=1000)) == 20


def test_what_was_sealed_for_one_step_of_signing_in_is_no_good_for_another(entrance: Accounts, clock: Clock) -> None:
    secret, _ = _enrol(entrance, clock, _session(entrance))
    through = _through(entrance, Identity("https://id.example.org", "17", MAX, "Max"))
    challenge = entrance.sign_in_with_password(MAX, RIGHT, BROWSER).challenge or ""

    with pytest.raises(AccessDeniedError, match="took too long"):
        through.arrive(challenge, "answer")
    with pytest.raises(AccessDeniedError, match="took too long"):
        through.confirm(through.depart("x").state, _code(secret, clock))


def test_nobody_takes_an_address_and_waits_for_whom_the_provider_will_bring(entrance: Accounts) -> None:
    through = _through(entrance, Identity("https://id.example.org", "20", "boss@example.org", "Boss"))
    session = _session(through)

    with pytest.raises(InputError, match="only an owner"):
        through.rename(session, name="Max", email="boss@example.org")
    through.rename(session, name="Maximilian", email=MAX.upper())
    with pytest.raises(AccessDeniedError, match="has no account here"):
        _arrive(through)

    assert through.profile(session).name == "Maximilian"
