"""Who may sign in, by which link, and which browser is signed in. Secrets are kept as digests only.

A secret is 32 random bytes, so a plain SHA-256 of it cannot be reversed by guessing; a password could be, and is
hashed with Argon2 (`store.passwords`).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, get_args

from sqlalchemy import select, update

from cxloop.core.errors import AccessDeniedError, InputError, NotFoundError
from cxloop.core.host import Actor, Role
from cxloop.store.models import Account, Link, Session

if TYPE_CHECKING:
    from sqlalchemy.orm import Session as Work

    from cxloop.store.base import Store

__all__ = [
    "LINK_LASTS",
    "SESSION_LASTS",
    "Accounts",
    "create_account",
    "create_first_owner_link",
    "create_link",
    "disable",
    "redeem",
    "session_of",
    "sign_out",
    "start_session",
]

LINK_LASTS = timedelta(hours=24)
SESSION_LASTS = timedelta(days=30)
_STALE = "This sign-in link is not valid: it has expired, was used before, or is incomplete. Ask for a new one."


@dataclass(frozen=True)
class Accounts:
    """Signing in and out, with the store's own clock: what the pages need of the store."""

    store: Store

    def first_owner_link(self) -> str:
        """Returns the token of a new link for the first owner."""
        return create_first_owner_link(self.store, now=self.store.clock())

    def anybody_signed_in(self) -> bool:
        """Whether anybody has ever signed in; until then a first-run link may be shown anywhere."""
        with self.store.read() as work:
            return work.scalar(select(Session.id).limit(1)) is not None

    def sign_in(self, token: str) -> str:
        """Redeems a link and returns a new session's secret; raises AccessDeniedError for a stale link."""
        return redeem(self.store, token, now=self.store.clock())

    def actor_of_session(self, session: str) -> Actor | None:
        """Returns whose session it is, or None."""
        return session_of(self.store, session, now=self.store.clock())

    def sign_out(self, session: str) -> None:
        """Ends a session."""
        sign_out(self.store, session, now=self.store.clock())


def create_account(store: Store, *, name: str, email: str | None, role: Role, now: datetime) -> int:
    """Creates an account and returns its number.

    Args:
        store: the records.
        name: what to call the person.
        email: unique, compared without case; None where there is none.
        role: owner, analyst or viewer.
        now: UTC without zone.

    Raises:
        InputError: the role is unknown or the e-mail address is taken.
    """
    if role not in get_args(Role):
        raise InputError(f"Unknown role {role!r}. Known: {', '.join(get_args(Role))}.")
    address = email.strip().lower() if email else None
    with store.work() as work:
        if address and work.scalar(select(Account.id).where(Account.email == address)) is not None:
            raise InputError(f"{address} has an account already. Use another address.")
        account = Account(name=name, email=address, role=role, created_at=now)
        work.add(account)
        work.flush()
        return account.id


def disable(store: Store, account_id: int, *, now: datetime) -> None:
    """Locks an account out at once, in every browser; what it wrote stays.

    Raises:
        NotFoundError: there is no such account.
        InputError: it is the last owner, without whom nobody could let others in.
    """
    with store.work() as work:
        account = work.get(Account, account_id)
        if account is None:
            raise NotFoundError(f"There is no account {account_id}.")
        if account.role == "owner" and _first_owner(work, other_than=account_id) is None:
            raise InputError(f"{account.name} is the last owner. Make somebody else an owner first.")
        account.disabled_at = now
        work.execute(
            update(Session).where(Session.account_id == account_id, Session.revoked_at.is_(None)).values(revoked_at=now)
        )


def create_first_owner_link(store: Store, *, now: datetime, lasts: timedelta = LINK_LASTS) -> str:
    """Returns the token of a sign-in link for the first owner; creates the owner on the first run.

    Whoever can start the server owns the workspace's files, so this link gives nothing away.
    """
    with store.work() as work:
        owner = _first_owner(work)
        if owner is None:
            owner = Account(name="Owner", email=None, role="owner", created_at=now)
            work.add(owner)
            work.flush()
        return _add_link(work, owner.id, now, lasts)


def _first_owner(work: Work, other_than: int | None = None) -> Account | None:
    owners = select(Account).where(Account.role == "owner", Account.disabled_at.is_(None)).order_by(Account.id)
    return next((owner for owner in work.scalars(owners) if owner.id != other_than), None)


def create_link(store: Store, account_id: int, *, now: datetime, lasts: timedelta = LINK_LASTS) -> str:
    """Returns the token of a link that signs the account in, once, until it expires."""
    with store.work() as work:
        return _add_link(work, account_id, now, lasts)


def _add_link(work: Work, account_id: int, now: datetime, lasts: timedelta) -> str:
    token = _secret()
    work.add(Link(account_id=account_id, digest=_digest(token), created_at=now, expires_at=now + lasts))
    return token


def redeem(store: Store, token: str, *, now: datetime) -> str:
    """Uses a link up and returns the secret of a new session.

    Raises:
        AccessDeniedError: the link is unknown, used or expired, or the account is locked out; which of these is
            not said, since it is nobody's business who has no valid link.
    """
    with store.work() as work:
        # one statement both checks and marks, so that two browsers cannot use one link
        used = update(Link).where(Link.digest == _digest(token), Link.used_at.is_(None), Link.expires_at > now)
        account_id = work.execute(used.values(used_at=now).returning(Link.account_id)).scalar_one_or_none()
        account = None if account_id is None else work.get(Account, account_id)
        if account is None or account.disabled_at is not None:
            raise AccessDeniedError(_STALE)
        return start_session(work, account.id, now=now)


def start_session(work: Work, account_id: int, *, now: datetime) -> str:
    """Adds a session for an account that has proved itself, and returns its secret."""
    secret = _secret()
    work.add(
        Session(
            account_id=account_id,
            digest=_digest(secret),
            form_key=_secret(),
            created_at=now,
            renewed_at=now,
            seen_at=now,
            expires_at=now + SESSION_LASTS,
        )
    )
    return secret


def session_of(store: Store, secret: str, *, now: datetime) -> Actor | None:
    """Returns whose session it is; None for an unknown, expired or revoked one."""
    found = (
        select(Account)
        .join(Session, Session.account_id == Account.id)
        .where(
            Session.digest == _digest(secret),
            Session.revoked_at.is_(None),
            Session.expires_at > now,
            Account.disabled_at.is_(None),
        )
    )
    with store.read() as work:
        account = work.scalar(found)
        return None if account is None else Actor(account.id, account.name, account.role)  # type: ignore[arg-type]


def sign_out(store: Store, secret: str, *, now: datetime) -> None:
    """Revokes a session; an unknown one is left alone."""
    with store.work() as work:
        revoked = update(Session).where(Session.digest == _digest(secret), Session.revoked_at.is_(None))
        work.execute(revoked.values(revoked_at=now))


def _secret() -> str:
    return secrets.token_urlsafe(32)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
