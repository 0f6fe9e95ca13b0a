"""The verbs of admin."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from cxloop.admin.results import Accounts, Audit, AuditCheck, Done, Invitation, IssuedKey, Keys, Sessions
from cxloop.core.errors import InputError
from cxloop.core.host import KeyKind, Role
from cxloop.core.time import window
from cxloop.core.verbs import Names, verb
from cxloop.store.context import Operations

__all__ = [
    "accounts",
    "audit",
    "change",
    "create_key",
    "disable",
    "enable",
    "invite",
    "keys",
    "revoke_key",
    "rotate_key",
    "sessions",
    "sign_out",
    "verify_audit",
]

Text = Annotated[str, Field(max_length=200)]
Lasting = Annotated[str, Field(max_length=20)]
Moment = Annotated[str, Field(max_length=40)]
Limit = Annotated[int, Field(ge=1, le=100_000)]
Offset = Annotated[int, Field(ge=0, le=1_000_000_000)]


@verb(part="admin", right="admin", personal=True, changes="nothing")
def accounts(ws: Operations) -> Accounts:
    """Who may sign in, with their roles and limits, and when each was last seen."""
    from cxloop.admin.people import list_accounts

    return list_accounts(ws)


@verb(part="admin", right="admin", changes="records")
def invite(
    ws: Operations,
    email: Text,
    *,
    role: Role = "viewer",
    name: Text = "",
    region: Names = (),
    brand: Names = (),
    team: Names = (),
    lasts: Lasting = "7d",
) -> Invitation:
    """Lets somebody in: makes an account and a link that signs in once, to be sent to them by hand.

    For who has an account already and lost the password, it makes a new link; role and limits have to be the same.

    Args:
        email: Whom. It is what they sign in with, and what a provider is asked for.
        role: What they may do: owner, analyst, agent or viewer.
        name: What to call them; they may change it.
        region: Only rows of these regions.
        brand: Only rows of these brands.
        team: Only rows of these teams.
        lasts: How long the link works.
    """
    from cxloop.admin.people import invite, limits_of

    return invite(ws, email, name=name, role=role, limits=limits_of(region, brand, team), lasts=lasts)


@verb(part="admin", right="admin", changes="records")
def change(
    ws: Operations,
    account: Text,
    *,
    role: Role | None = None,
    region: Names = (),
    brand: Names = (),
    team: Names = (),
    all_rows: bool = False,
    reset_second_factor: bool = False,
) -> Done:
    """Changes what an account may do and see; it counts at its next request.

    Args:
        account: Its number or e-mail address.
        role: What it may do from now on.
        region: Only rows of these regions; limits that are not named again end.
        brand: Only rows of these brands.
        team: Only rows of these teams.
        all_rows: Take all limits away.
        reset_second_factor: Take a lost second factor away, so that the password is enough to sign in.
    """
    from cxloop.admin.people import change, limits_of

    limits = limits_of(region, brand, team)
    if limits and all_rows:
        raise InputError("all_rows takes all limits away; it does not go with region, brand or team. Leave one out.")
    wanted = limits if limits or all_rows else None
    return change(ws, account, role=role, limits=wanted, reset_second_factor=reset_second_factor)


@verb(part="admin", right="admin", changes="records")
def disable(ws: Operations, account: Text) -> Done:
    """Locks an account out at once, in every browser; its read and admin keys end as well. What it wrote stays.

    Args:
        account: Its number or e-mail address.
    """
    from cxloop.admin.people import set_disabled

    return set_disabled(ws, account, disabled=True)


@verb(part="admin", right="admin", changes="records")
def enable(ws: Operations, account: Text) -> Done:
    """Lets an account that was locked out sign in again.

    Args:
        account: Its number or e-mail address.
    """
    from cxloop.admin.people import set_disabled

    return set_disabled(ws, account, disabled=False)


@verb(part="admin", right="admin", personal=True, changes="nothing")
def sessions(ws: Operations, account: Text | None = None) -> Sessions:
    """Which browsers are signed in, since when, and where from.

    Args:
        account: Only those of one account: its number or e-mail address.
    """
    from cxloop.admin.people import list_sessions

    return list_sessions(ws, account)


@verb(part="admin", right="admin", changes="records")
def sign_out(ws: Operations, account: Text) -> Done:
    """Signs an account out of every browser; it may sign in again.

    Args:
        account: Its number or e-mail address.
    """
    from cxloop.admin.people import sign_out

    return sign_out(ws, account)


@verb(part="admin", right="admin", changes="nothing")
def keys(ws: Operations, *, revoked: bool = False) -> Keys:
    """The keys of programs: what each may do, until when, and when it was last used; never their secrets.

    Args:
        revoked: Those that were revoked, too.
    """
    from cxloop.admin.programs import list_keys

    return list_keys(ws, revoked=revoked)


@verb(part="admin", right="admin", changes="records")
def create_key(
    ws: Operations,
    kind: KeyKind,
    name: Text,
    *,
    source: Text | None = None,
    role: Role | None = None,
    region: Names = (),
    brand: Names = (),
    team: Names = (),
    origins: Names = (),
    test: bool = False,
    expires: Lasting | None = None,
) -> IssuedKey:
    """Makes a key for a program, and shows its secret this once.

    A write key only collects, and may stand in a page's source. A read key reads the API. An admin key may do what an
    owner may.

    Args:
        kind: write, read or admin.
        name: What to call it.
        source: Of a write key: the source of what it sends. By default its name.
        role: Of a read key: viewer (numbers) or analyst (single persons as well). By default viewer.
        region: Of a read key: only rows of these regions.
        brand: Of a read key: only rows of these brands.
        team: Of a read key: only rows of these teams.
        origins: Of a write key: only pages of these sites, such as https://shop.example.org.
        test: Of a write key: what it sends is marked as a test, and counts in no number.
        expires: How long it works, such as 90d, or never. By default a read key 365d, an admin key 90d, a write key
          for ever.
    """
    from cxloop.admin.people import limits_of
    from cxloop.admin.programs import create_key, end_of
    from cxloop.store.keys import NewKey

    new = NewKey(
        kind=kind,
        name=name,
        source=(source or name) if kind == "write" else source,
        role=(role or "viewer") if kind == "read" else role,
        limits=limits_of(region, brand, team),
        origins=origins,
        test=test,
        account_id=ws.actor.account_id,
        expires_at=end_of(ws, kind, expires),
    )
    return create_key(ws, new)


@verb(part="admin", right="admin", changes="records")
def rotate_key(ws: Operations, key: Text, *, overlap: Lasting = "7d") -> IssuedKey:
    """Gives a key a new secret, and shows it this once; the former one works on for a while.

    Args:
        key: Its number or name.
        overlap: How long the former secret still works; 0d where somebody has got hold of it.
    """
    from cxloop.admin.programs import rotate_key

    return rotate_key(ws, key, overlap)


@verb(part="admin", right="admin", changes="records")
def revoke_key(ws: Operations, key: Text) -> Done:
    """Ends a key at once, for good.

    Args:
        key: Its number or name.
    """
    from cxloop.admin.programs import revoke_key

    return revoke_key(ws, key)


@verb(part="admin", right="admin", personal=True, changes="nothing")
def audit(
    ws: Operations,
    *,
    account: Text | None = None,
    verb: Text | None = None,
    target: Text | None = None,
    outcome: Text | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> Audit:
    """The audit log: who read personal data, who changed something, who signed in; the latest first.

    Args:
        account: Only what this account did: its number or e-mail address.
        verb: Only this verb, such as unify.timeline, or an event such as account.sign_in.
        target: Only what was done to this, such as "customer 42".
        outcome: Only what ended so: done, failed or refused.
        since: First moment: a date, a date with time, or how far back (90d).
        until: First moment after the window, written like `since`.
        limit: How many entries at most.
        offset: How many entries to pass over, for the next page.
    """
    from cxloop.admin.log import read
    from cxloop.admin.people import access
    from cxloop.store.audit import Filter

    span = window(since, until, zone=ZoneInfo(ws.settings.company.time_zone), now=ws.now())
    chosen = Filter(
        account_id=None if account is None else access(ws, account).account_id,
        verb=verb,
        target=target,
        outcome=outcome,
        since=span.since,
        until=span.until,
    )
    return read(ws, chosen, limit=limit, offset=offset)


@verb(part="admin", right="admin", changes="nothing")
def verify_audit(ws: Operations, *, head: Text = "") -> AuditCheck:
    """Finds out whether the audit log was tampered with: an entry changed, taken out, put in, or the end cut off.

    Args:
        head: The digest that an earlier check gave, kept where nobody with access to this machine can change it.
    """
    from cxloop.admin.log import check

    return check(ws, head)
