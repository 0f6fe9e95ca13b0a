"""The second factor: six digits that change every half minute (RFC 6238), and codes for who has lost it."""

from __future__ import annotations

import hmac
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, or_, select, update

from cxloop.core.accounts import Enrolment
from cxloop.core.errors import AccessDeniedError, InputError
from cxloop.store.models import Account, RecoveryCode
from cxloop.store.throttles import attempt
from cxloop.store.tokens import digest

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["begin", "check", "confirm", "recovery_codes_left", "remove", "reset"]

STEP_SECONDS = 30
DRIFT_STEPS = 1
"""How far clocks may be apart, either way (RFC 6238, 5.2)."""
RECOVERY_CODES = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without signs that look alike."""
_WRONG = "This code is wrong, too old, or was used before. Wait for the next one."


def begin(store: Store, account_id: int, issuer: str) -> Enrolment:
    """Makes a secret for an authenticator; the same one until it is confirmed, so that a reload breaks nothing.

    Raises:
        InputError: the account has a second factor already.
    """
    import pyotp

    with store.work() as work:
        account = work.get_one(Account, account_id)
        if account.totp_confirmed_at is not None:
            raise InputError("Your account has a second factor already. Remove it first.")
        if account.totp_secret is None:
            account.totp_secret = store.vault.seal(pyotp.random_base32())
        secret, name = store.vault.open(account.totp_secret), account.email or account.name
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer))


def confirm(store: Store, account_id: int, code: str) -> tuple[str, ...]:
    """Turns the second factor on with a first code of it; returns the recovery codes, which nobody can show again.

    Raises:
        InputError: none was begun, or it is on already.
        AccessDeniedError: the code is wrong.
    """
    with store.read() as work:
        account = work.get_one(Account, account_id)
    if account.totp_secret is None or account.totp_confirmed_at is not None:
        raise InputError("There is no second factor to confirm. Begin with a new one.")
    with attempt(store, f"code {account_id}", ""):
        _use_step(store, account, code)
    codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
    with store.work() as work:
        work.get_one(Account, account_id).totp_confirmed_at = store.clock()
        work.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
        work.add_all(RecoveryCode(account_id=account_id, digest=digest(_plain(each))) for each in codes)
    return codes


def check(store: Store, account_id: int, code: str, *, address: str = "") -> None:
    """Takes a code of the second factor or a recovery code, each of which works once.

    Raises:
        ThrottledError: too many attempts failed before.
        AccessDeniedError: the code is wrong, or was used before.
    """
    with store.read() as work:
        account = work.get_one(Account, account_id)
    with attempt(store, f"code {account_id}", address):
        if len(_plain(code)) == len(_plain(_recovery_code())):
            _use_recovery_code(store, account_id, code)
        else:
            _use_step(store, account, code)


def remove(store: Store, account_id: int, code: str) -> None:
    """Turns the second factor off again, by a code of it; raises as `check` does."""
    check(store, account_id, code)
    reset(store, account_id)


def reset(store: Store, account_id: int) -> None:
    """Takes the second factor away without a code: an owner does so for who has lost everything."""
    with store.work() as work:
        account = work.get_one(Account, account_id)
        account.totp_secret = account.totp_confirmed_at = account.totp_step = None
        work.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))


def recovery_codes_left(store: Store, account_id: int) -> int:
    """Returns how many recovery codes were not used yet."""
    unused = select(func.count()).where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    with store.read() as work:
        return work.scalar(unused) or 0


def _use_step(store: Store, account: Account, code: str) -> None:
    """Finds the half minute that a code belongs to, and uses it and all earlier ones up."""
    step = None if account.totp_secret is None else _step_of(store, account.totp_secret, code)
    if step is None:
        raise AccessDeniedError(_WRONG)
    unused = or_(Account.totp_step.is_(None), Account.totp_step < step)
    with store.work() as work:
        # one statement both checks and marks, so that a code works once also for two who send it together
        used = update(Account).where(Account.id == account.id, unused).values(totp_step=step)
        if work.execute(used.returning(Account.id)).first() is None:
            raise AccessDeniedError(_WRONG)


def _step_of(store: Store, sealed: str, code: str) -> int | None:
    import pyotp

    totp = pyotp.TOTP(store.vault.open(sealed), interval=STEP_SECONDS)
    given = code.replace(" ", "").encode(errors="replace")
    now = int(store.clock().replace(tzinfo=UTC).timestamp()) // STEP_SECONDS
    steps = range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1)
    return next((step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), given)), None)


def _use_recovery_code(store: Store, account_id: int, code: str) -> None:
    now: datetime = store.clock()
    unused = (
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account_id,
            RecoveryCode.digest == digest(_plain(code)),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
    )
    with store.work() as work:
        if work.execute(unused.returning(RecoveryCode.id)).first() is None:
            raise AccessDeniedError(_WRONG)


def _recovery_code() -> str:
    """Returns a new code: 50 random bits, which the throttle makes more than enough."""
    signs = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    return f"{signs[:5]}-{signs[5:]}"


def _plain(code: str) -> str:
    """Returns a code as it is kept: people leave the hyphen out, or write capitals."""
    return "".join(code.casefold().split()).replace("-", "")
