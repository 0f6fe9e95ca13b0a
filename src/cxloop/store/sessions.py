"""Browsers that are signed in: begun, renewed, listed and ended.

A session's secret is renewed every day. The new one takes over when the browser first shows it, and the one before is
good for a minute more, for requests that were on their way. Shown later, a copy of it was stolen: the session ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Select, or_, select, update

from cxloop.core.accounts import Browser, OpenSession
from cxloop.core.addresses import truncate_ip
from cxloop.core.host import Actor, Role
from cxloop.store.limits import limits_from
from cxloop.store.models import Account, Session
from cxloop.store.tokens import digest, new_secret

if TYPE_CHECKING:
    from sqlalchemy.orm import Session as Work

    from cxloop.store.base import Store

__all__ = [
    "LASTING",
    "SESSION_LASTS",
    "Lasting",
    "actor_of",
    "any_session",
    "end_sessions",
    "open_sessions",
    "renew",
    "renew_soon",
    "session_of",
    "sign_out",
    "standing",
    "start_session",
]

SESSION_LASTS = timedelta(days=30)
RENEWED_EVERY = timedelta(days=1)
GRACE = timedelta(minutes=1)
SEEN_EVERY = timedelta(minutes=5)
"""How exact "last seen" is: each request would otherwise write to the disk."""
MOST_AGENT = 200
_LONG_AGO = datetime(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long a browser stays signed in: without a request, and at the longest."""

    idle: timedelta = SESSION_LASTS
    longest: timedelta = SESSION_LASTS


LASTING = Lasting()


def start_session(
    work: Work, account_id: int, *, now: datetime, browser: Browser | None = None, longest: timedelta = SESSION_LASTS
) -> str:
    """Adds a session for an account that has proved itself, and returns its secret."""
    secret, browser = new_secret(), browser or Browser()
    work.add(
        Session(
            account_id=account_id,
            digest=digest(secret),
            form_key=new_secret(),
            address=truncate_ip(browser.address),
            agent=browser.agent[:MOST_AGENT],
            created_at=now,
            renewed_at=now,
            seen_at=now,
            expires_at=now + longest,
        )
    )
    return secret


def session_of(store: Store, secret: str, *, now: datetime, lasting: Lasting = LASTING) -> Actor | None:
    """Returns whose session it is; None for an unknown, expired or revoked one."""
    found = standing(store, secret, now=now, lasting=lasting)
    return None if found is None else actor_of(found[1])


def actor_of(account: Account) -> Actor:
    """Returns an account as the one who asks."""
    role: Role = account.role  # type: ignore[assignment]
    return Actor(account.id, account.name, role, limits_from(account.limits))


def standing(store: Store, secret: str, *, now: datetime, lasting: Lasting = LASTING) -> tuple[Session, Account] | None:
    """Returns the living session of a secret with its account, and keeps up when it was last seen."""
    shown = digest(secret)
    with store.read() as work:
        found = work.execute(_with(shown)).first()
    if found is None:
        return None
    session, account = found
    if _is_over(session, now, lasting) or account.disabled_at is not None:
        return None
    if shown == session.former_digest and (session.former_until is None or now >= session.former_until):
        _end_stolen(store, session, now)
        return None
    if shown == session.next_digest:
        _take_over(store, session, now)
    elif now - session.seen_at >= SEEN_EVERY:
        with store.work() as work:
            work.execute(update(Session).where(Session.id == session.id).values(seen_at=now))
    return session, account


def _with(shown: str) -> Select[Session, Account]:
    ways = (Session.digest == shown, Session.next_digest == shown, Session.former_digest == shown)
    return select(Session, Account).join(Account, Account.id == Session.account_id).where(or_(*ways))


def _is_over(session: Session, now: datetime, lasting: Lasting) -> bool:
    ends = min(session.expires_at, session.created_at + lasting.longest, session.seen_at + lasting.idle)
    return session.revoked_at is not None or now >= ends


def _take_over(store: Store, session: Session, now: datetime) -> None:
    """The browser has shown the new secret: it has arrived, and the former one may go."""
    with store.work() as work:
        work.execute(
            update(Session)
            .where(Session.id == session.id, Session.next_digest == session.next_digest)
            .values(
                former_digest=Session.digest,
                former_until=now + GRACE,
                digest=Session.next_digest,
                next_digest=None,
                renewed_at=now,
                seen_at=now,
            )
        )


def _end_stolen(store: Store, session: Session, now: datetime) -> None:
    with store.work() as work:
        work.execute(update(Session).where(Session.id == session.id).values(revoked_at=now))
    store.audit(
        account_id=session.account_id,
        verb="session.reused",
        outcome="refused",
        target=f"session {session.id}",
        address=session.address,
    )


def renew(store: Store, secret: str, *, now: datetime) -> str | None:
    """Returns a new secret where the present one is a day old or was asked to go; None otherwise.

    Only who shows the present secret gets the next: with a copy of an earlier one nobody gets on.
    """
    with store.work() as work:
        living = select(Session).where(Session.digest == digest(secret), Session.revoked_at.is_(None))
        session = work.scalar(living)
        if session is None or now - session.renewed_at < RENEWED_EVERY:
            return None
        fresh = new_secret()
        # another one only after a minute, in case this answer got lost: pages that load at once, as when a browser
        # restores its tabs, must not get one secret each, of which only the last would be good
        session.next_digest, session.renewed_at = digest(fresh), now - RENEWED_EVERY + GRACE
        return fresh


def renew_soon(work: Work, account_id: int) -> None:
    """Has each secret of an account renewed at its next request: what the account may do has changed."""
    work.execute(update(Session).where(Session.account_id == account_id).values(renewed_at=_LONG_AGO))


def sign_out(store: Store, secret: str, *, now: datetime) -> int | None:
    """Ends a session, and returns its account; an unknown one is left alone.

    By a former secret, too: the browser may have asked for it before the new one arrived.
    """
    shown = digest(secret)
    ways = or_(Session.digest == shown, Session.next_digest == shown, Session.former_digest == shown)
    with store.work() as work:
        revoked = update(Session).where(ways, Session.revoked_at.is_(None)).values(revoked_at=now)
        return work.execute(revoked.returning(Session.account_id)).scalar_one_or_none()


def end_sessions(work: Work, account_id: int, *, now: datetime, only: int | None = None, but: int | None = None) -> int:
    """Ends the sessions of an account, or one of them, or all but one; returns how many."""
    living = update(Session).where(Session.account_id == account_id, Session.revoked_at.is_(None))
    if only is not None:
        living = living.where(Session.id == only)
    if but is not None:
        living = living.where(Session.id != but)
    return len(work.execute(living.values(revoked_at=now).returning(Session.id)).all())


def open_sessions(
    store: Store, account_id: int, *, now: datetime, lasting: Lasting = LASTING, current: int | None = None
) -> tuple[OpenSession, ...]:
    """Returns the living sessions of an account, the present one first, then the latest first."""
    with store.read() as work:
        rows = work.scalars(select(Session).where(Session.account_id == account_id, Session.revoked_at.is_(None))).all()
    living = [row for row in rows if not _is_over(row, now, lasting)]
    living.sort(key=lambda row: (row.id == current, row.seen_at, row.id), reverse=True)
    return tuple(
        OpenSession(row.id, row.created_at, row.seen_at, row.expires_at, row.address, row.agent, row.id == current)
        for row in living
    )


def any_session(store: Store) -> bool:
    """Whether anybody has ever signed in."""
    with store.read() as work:
        return work.scalar(select(Session.id).limit(1)) is not None
