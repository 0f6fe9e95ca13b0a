"""Who may sign in, and by which link: made, changed, locked out and let in again.

A link's secret is random, so a plain digest of it is kept; a password could be guessed and is hashed with Argon2id
(`store.passwords`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, get_args

from sqlalchemy import func, select, update

from cxloop.core.accounts import Browser
from cxloop.core.errors import AccessDeniedError, InputError, NotFoundError
from cxloop.core.host import Limits, Role
from cxloop.store.limits import kept_limits, limits_from
from cxloop.store.models import Account, Link, Session
from cxloop.store.sessions import (
    SESSION_LASTS,
    end_sessions,
    renew_soon,
    session_of,
    sign_out,
    start_session,
)
from cxloop.store.tokens import digest, new_secret

if TYPE_CHECKING:
    from sqlalchemy.orm import Session as Work

    from cxloop.store.base import Store

__all__ = [
    "INVITATION_LASTS",
    "LINK_LASTS",
    "SESSION_LASTS",
    "Person",
    "access_account",
    "accounts",
    "change",
    "create_account",
    "create_first_owner_link",
    "create_link",
    "disable",
    "enable",
    "end_links",
    "redeem",
    "rename",
    "session_of",
    "sign_out",
]

LINK_LASTS = timedelta(hours=24)
INVITATION_LASTS = timedelta(days=7)
_STALE = "This sign-in link is not valid: it has expired, was used before, or is incomplete. Ask for a new one."
_ADDRESS = re.compile(r"[^\s@]{1,100}@[^\s@.]+(\.[^\s@.]+)+")


@dataclass(frozen=True, slots=True)
class Person:
    """An account, as owners see it."""

    account_id: int
    name: str
    email: str | None
    role: Role
    limits: Limits
    has_password: bool
    has_second_factor: bool
    through_provider: bool
    created_at: datetime
    seen_at: datetime | None
    disabled_at: datetime | None


def accounts(store: Store) -> list[Person]:
    """Returns all accounts, the oldest first."""
    seen = select(Session.account_id, func.max(Session.seen_at)).group_by(Session.account_id)
    with store.read() as work:
        last = {row[0]: row[1] for row in work.execute(seen)}
        return [_person(row, last.get(row.id)) for row in work.scalars(select(Account).order_by(Account.id))]


def _person(row: Account, seen_at: datetime | None) -> Person:
    return Person(
        account_id=row.id,
        name=row.name,
        email=row.email,
        role=row.role,  # type: ignore[arg-type]
        limits=limits_from(row.limits),
        has_password=row.password_hash is not None,
        has_second_factor=row.totp_confirmed_at is not None,
        through_provider=row.oidc_subject is not None,
        created_at=row.created_at,
        seen_at=seen_at,
        disabled_at=row.disabled_at,
    )


def create_account(
    store: Store, *, name: str, email: str | None, role: Role, now: datetime, limits: Limits = ()
) -> int:
    """Creates an account and returns its number.

    Args:
        store: the records.
        name: what to call the person.
        email: unique, compared without case; None where there is none.
        role: owner, analyst, agent or viewer.
        now: UTC without zone.
        limits: rows of the log that it may see; an owner sees all.

    Raises:
        InputError: the role is unknown, does not go with limits, or the e-mail address is taken.
    """
    _check_role(role, limits)
    with store.work() as work:
        account = Account(
            name=_name(name),
            email=_free_address(work, email),
            role=role,
            limits=kept_limits(limits),
            created_at=now,
        )
        work.add(account)
        work.flush()
        return account.id


def _check_role(role: str, limits: Limits) -> None:
    if role not in get_args(Role):
        raise InputError(f"Unknown role {role!r}. Known: {', '.join(get_args(Role))}.")
    if role == "owner" and limits:
        raise InputError("An owner sees every row. Limit another role, or leave the limits out.")


def _name(name: str) -> str:
    stripped = " ".join(name.split())
    if not 1 <= len(stripped) <= 80 or not stripped.isprintable():
        raise InputError(f"A name has 1 to 80 characters; this has {len(stripped)}.")
    return stripped


def _free_address(work: Work, email: str | None, *, own: int | None = None) -> str | None:
    address = email.strip().casefold() if email else None
    if not address:
        return None
    if not _ADDRESS.fullmatch(address):
        raise InputError(f"{address!r} is no e-mail address. Write it as name@example.org.")
    taken = work.scalar(select(Account.id).where(Account.email == address))
    if taken not in (None, own):
        raise InputError(f"{address} has an account already. Use another address.")
    return address


def access_account(work: Work, account_id: int) -> Account:
    """Returns an account; raises NotFoundError where there is none."""
    account = work.get(Account, account_id)
    if account is None:
        raise NotFoundError(f"There is no account {account_id}.")
    return account


def rename(store: Store, account_id: int, *, name: str, email: str | None) -> None:
    """Changes name and e-mail address; raises InputError where the address is another account's."""
    with store.work() as work:
        account = access_account(work, account_id)
        account.name, account.email = _name(name), _free_address(work, email, own=account_id)


def change(store: Store, account_id: int, *, role: Role | None = None, limits: Limits | None = None) -> Person:
    """Changes what an account may do and see. What it may do less counts at once; the rest at its next request.

    Raises:
        NotFoundError: there is no such account.
        InputError: the role is unknown, does not go with the limits, or it is the last owner.
    """
    with store.work() as work:
        account = access_account(work, account_id)
        wanted = role or account.role
        _check_role(wanted, limits if limits is not None else limits_from(account.limits))
        if account.role == "owner" and wanted != "owner":
            _require_another_owner(work, account)
        account.role = wanted
        account.limits = account.limits if limits is None else kept_limits(limits)
        # a secret that was good for less is not good for more: each browser gets a new one at its next request
        renew_soon(work, account_id)
        return _person(account, None)


def disable(store: Store, account_id: int, *, now: datetime) -> None:
    """Locks an account out at once, in every browser; what it wrote stays.

    Raises:
        NotFoundError: there is no such account.
        InputError: it is the last owner, without whom nobody could let others in.
    """
    with store.work() as work:
        account = access_account(work, account_id)
        if account.role == "owner" and account.disabled_at is None:
            _require_another_owner(work, account)
        account.disabled_at = account.disabled_at or now
        end_sessions(work, account_id, now=now)
        end_links(work, account_id, now=now)


def enable(store: Store, account_id: int) -> None:
    """Lets an account in again; raises NotFoundError where there is none."""
    with store.work() as work:
        access_account(work, account_id).disabled_at = None


def _require_another_owner(work: Work, account: Account) -> None:
    if _first_owner(work, other_than=account.id) is None:
        raise InputError(f"{account.name} is the last owner. Make somebody else an owner first.")


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
    """Returns the token of a link that signs the account in, once, until it expires; earlier ones end."""
    with store.work() as work:
        end_links(work, account_id, now=now)
        return _add_link(work, account_id, now, lasts)


def end_links(work: Work, account_id: int, *, now: datetime) -> None:
    """Makes the links of an account that were not used yet worth nothing."""
    work.execute(update(Link).where(Link.account_id == account_id, Link.used_at.is_(None)).values(used_at=now))


def _add_link(work: Work, account_id: int, now: datetime, lasts: timedelta) -> str:
    token = new_secret()
    work.add(Link(account_id=account_id, digest=digest(token), created_at=now, expires_at=now + lasts))
    return token


def redeem(
    store: Store,
    token: str,
    *,
    now: datetime,
    browser: Browser | None = None,
    longest: timedelta = SESSION_LASTS,
) -> str:
    """Uses a link up and returns the secret of a new session.

    Raises:
        AccessDeniedError: the link is unknown, used or expired, or the account is locked out; which of these is
            not said, since it is nobody's business who has no valid link.
    """
    with store.work() as work:
        # one statement both checks and marks, so that two browsers cannot use one link
        used = update(Link).where(Link.digest == digest(token), Link.used_at.is_(None), Link.expires_at > now)
        account_id = work.execute(used.values(used_at=now).returning(Link.account_id)).scalar_one_or_none()
        account = None if account_id is None else work.get(Account, account_id)
        if account is None or account.disabled_at is not None:
            raise AccessDeniedError(_STALE)
        return start_session(work, account.id, now=now, browser=browser, longest=longest)
