"""The second factor: codes of an authenticator, each once, and codes for who has lost it."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pyotp
import pytest
from tests.store.conftest import everything_in

from cxloop.core.accounts import ThrottledError
from cxloop.core.errors import AccessDeniedError, InputError
from cxloop.store import second_factor
from cxloop.store.base import Store
from cxloop.store.models import Account

if TYPE_CHECKING:
    from tests.store.conftest import Cast, Clock


def _code(secret: str, clock: Clock, steps: int = 0) -> str:
    """What an authenticator shows, by another implementation of RFC 6238 than the half minutes counted here."""
    return pyotp.TOTP(secret).at(clock().replace(tzinfo=UTC), counter_offset=steps)


@pytest.fixture
def secret(store: Store, cast: Cast) -> str:
    """The mate's secret, begun and not confirmed."""
    return second_factor.begin(store, cast.mate, "cxloop").secret


@pytest.fixture
def codes(store: Store, cast: Cast, clock: Clock, secret: str) -> tuple[str, ...]:
    """The recovery codes of the mate, whose second factor is on."""
    codes = second_factor.confirm(store, cast.mate, _code(secret, clock))
    clock.forward(minutes=5)
    return codes


def test_a_code_is_taken_once(store: Store, clock: Clock, cast: Cast, secret: str, codes: tuple[str, ...]) -> None:
    code = _code(secret, clock)
    second_factor.check(store, cast.mate, f"{code[:3]} {code[3:]}")

    with pytest.raises(AccessDeniedError, match="used before"):
        second_factor.check(store, cast.mate, code)


def test_a_clock_may_be_half_a_minute_off_and_no_more(
    store: Store, clock: Clock, cast: Cast, secret: str, codes: tuple[str, ...]
) -> None:
    for steps in (-2, 2):
        with pytest.raises(AccessDeniedError):
            second_factor.check(store, cast.mate, _code(secret, clock, steps))

    second_factor.check(store, cast.mate, _code(secret, clock, -1))
    second_factor.check(store, cast.mate, _code(secret, clock, 1))
    with pytest.raises(AccessDeniedError):  # older than one that was used
        second_factor.check(store, cast.mate, _code(secret, clock, 0))


@pytest.mark.parametrize("code", ["", "000000", "abc", "１２３４５６", "é", "1" * 10_000])
def test_an_invented_code_is_refused(store: Store, cast: Cast, codes: tuple[str, ...], code: str) -> None:
    with pytest.raises(AccessDeniedError):
        second_factor.check(store, cast.mate, code)


def test_guessing_codes_is_slowed_down(store: Store, cast: Cast, codes: tuple[str, ...]) -> None:
    for _ in range(5):
        with pytest.raises(AccessDeniedError, match="wrong"):
            second_factor.check(store, cast.mate, "000000")

    with pytest.raises(ThrottledError):
        second_factor.check(store, cast.mate, "000000")


def test_a_recovery_code_works_once_however_it_is_typed(store: Store, cast: Cast, codes: tuple[str, ...]) -> None:
    second_factor.check(store, cast.mate, f" {codes[0].upper()} ")

    with pytest.raises(AccessDeniedError):
        second_factor.check(store, cast.mate, codes[0])
    second_factor.check(store, cast.mate, codes[1].replace("-", ""))
    assert second_factor.recovery_codes_left(store, cast.mate) == len(codes) - 2 == 8


def test_a_recovery_code_of_somebody_else_is_refused(store: Store, cast: Cast, codes: tuple[str, ...]) -> None:
    with pytest.raises(AccessDeniedError):
        second_factor.check(store, cast.owner, codes[0])


def test_a_reload_while_setting_up_shows_the_same_secret(store: Store, cast: Cast, secret: str) -> None:
    again = second_factor.begin(store, cast.mate, "Acme")

    assert again.secret == secret
    assert again.uri == f"otpauth://totp/Acme:max%40example.org?secret={secret}&issuer=Acme"


def test_it_is_not_on_before_a_first_code_was_right(store: Store, clock: Clock, cast: Cast, secret: str) -> None:
    with pytest.raises(AccessDeniedError):
        second_factor.confirm(store, cast.mate, "000000")
    with pytest.raises(InputError, match="no second factor to confirm"):
        second_factor.confirm(store, cast.owner, "000000")

    with store.read() as work:
        assert work.get_one(Account, cast.mate).totp_confirmed_at is None


def test_the_code_that_turned_it_on_signs_nobody_in(store: Store, clock: Clock, cast: Cast, secret: str) -> None:
    code = _code(secret, clock)
    second_factor.confirm(store, cast.mate, code)

    with pytest.raises(AccessDeniedError):
        second_factor.check(store, cast.mate, code)
    with pytest.raises(InputError, match="already"):
        second_factor.begin(store, cast.mate, "cxloop")


def test_it_is_removed_by_a_code_only(
    store: Store, clock: Clock, cast: Cast, secret: str, codes: tuple[str, ...]
) -> None:
    with pytest.raises(AccessDeniedError):
        second_factor.remove(store, cast.mate, "000000")
    second_factor.remove(store, cast.mate, _code(secret, clock))

    assert second_factor.recovery_codes_left(store, cast.mate) == 0
    assert second_factor.begin(store, cast.mate, "cxloop").secret != secret


def test_neither_secret_nor_recovery_codes_are_readable_in_the_file(
    store: Store, cast: Cast, secret: str, codes: tuple[str, ...]
) -> None:
    written = everything_in(store)

    assert b"max@example.org" in written  # otherwise the test could not see them
    assert secret.encode() not in written
    assert not [code for code in codes if code.encode() in written or code.replace("-", "").encode() in written]
