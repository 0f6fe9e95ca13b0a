"""Passwords, for accounts that have one: hashed with Argon2id, compared in the same time whoever asks."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error
from sqlalchemy import select

from cxloop.core.errors import AccessDeniedError, InputError, NotFoundError
from cxloop.store.accounts import start_session
from cxloop.store.models import Account

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["MINIMUM_LENGTH", "set_password", "sign_in"]

MINIMUM_LENGTH = 12
"""Long beats complicated (NIST SP 800-63B, 3.1.1.2)."""
_MAXIMUM_LENGTH = 1000
_HASHER = PasswordHasher()


def set_password(store: Store, account_id: int, password: str) -> None:
    """Gives an account a password, or another one.

    Raises:
        InputError: it is too short, or so long that hashing it would be an attack.
        NotFoundError: there is no such account.
    """
    if not MINIMUM_LENGTH <= len(password) <= _MAXIMUM_LENGTH:
        raise InputError(f"A password has {MINIMUM_LENGTH} to {_MAXIMUM_LENGTH} characters; this has {len(password)}.")
    with store.work() as work:
        account = work.get(Account, account_id)
        if account is None:
            raise NotFoundError(f"There is no account {account_id}.")
        account.password_hash = _HASHER.hash(password)


def sign_in(store: Store, email: str, password: str, *, now: datetime) -> str:
    """Returns the secret of a new session.

    Raises:
        AccessDeniedError: address or password is wrong, the account has no password or is locked out; which of
            these is not said.
    """
    with store.work() as work:
        known = select(Account).where(Account.email == email.strip().lower(), Account.disabled_at.is_(None))
        account = work.scalar(known)
        # without an account a hash is computed all the same: how long it takes must not tell who has one
        kept = (account and account.password_hash) or _nobody()
        if not _matches(kept, password) or account is None or account.password_hash is None:
            raise AccessDeniedError("Address or password is wrong. Ask an owner of this workspace for a sign-in link.")
        return start_session(work, account.id, now=now)


def _matches(kept: str, password: str) -> bool:
    if len(password) > _MAXIMUM_LENGTH:
        return False
    try:
        return _HASHER.verify(kept, password)
    except Argon2Error:
        return False


@cache
def _nobody() -> str:
    return _HASHER.hash("the hash of nobody's password")
