"""Passwords, for accounts that have one: hashed with Argon2id, compared in the same time whoever asks."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error
from sqlalchemy import select

from cxloop.core.errors import AccessDeniedError, NotFoundError
from cxloop.store.models import Account
from cxloop.store.policy import MAXIMUM_LENGTH, MINIMUM_LENGTH, require_good
from cxloop.store.throttles import attempt

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["MINIMUM_LENGTH", "check_password", "has_password", "set_password", "verified"]

_HASHER = PasswordHasher()
_AT_ONCE = threading.BoundedSemaphore(2)
"""Hashing is dear on purpose: strangers who try many at once wait for each other, and nobody else does."""
_WRONG = "Address or password is wrong. Ask an owner of this workspace for a sign-in link."


def set_password(store: Store, account_id: int, password: str) -> None:
    """Gives an account a password, or another one.

    Raises:
        InputError: it is too short, easily guessed, or so long that hashing it would be an attack.
        NotFoundError: there is no such account.
    """
    with store.read() as work:
        account = work.get(Account, account_id)
        if account is None:
            raise NotFoundError(f"There is no account {account_id}.")
        require_good(password, (account.name, account.email or ""))
    hashed = _hashed(password)
    with store.work() as work:
        account = work.get_one(Account, account_id)
        account.password_hash = hashed


def check_password(store: Store, email: str, password: str, *, address: str = "") -> Account:
    """Returns the account with this address and password.

    Raises:
        ThrottledError: too many attempts failed before.
        AccessDeniedError: address or password is wrong, the account has no password or is locked out; which of
            these is not said.
    """
    named = email.strip().casefold()
    with attempt(store, named, address):
        with store.read() as work:
            account = work.scalar(select(Account).where(Account.email == named, Account.disabled_at.is_(None)))
        # without an account a hash is computed all the same: how long it takes must not tell who has one
        kept = (account and account.password_hash) or _nobody()
        if not verified(kept, password) or account is None or account.password_hash is None:
            raise AccessDeniedError(_WRONG)
        if _HASHER.check_needs_rehash(kept):
            with store.work() as work:
                work.get_one(Account, account.id).password_hash = _hashed(password)
        return account


def has_password(account: Account) -> bool:
    """Whether an account can sign in with a password."""
    return account.password_hash is not None


def verified(kept: str, password: str) -> bool:
    """Whether a password is the one of a hash."""
    if len(password) > MAXIMUM_LENGTH:
        return False
    try:
        with _AT_ONCE:
            return _HASHER.verify(kept, password)
    except (Argon2Error, UnicodeEncodeError):
        return False


def _hashed(password: str) -> str:
    with _AT_ONCE:
        return _HASHER.hash(password)


@cache
def _nobody() -> str:
    return _hashed("the hash of nobody's password")
