"""Accounts, as owners look after them."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING

from cxloop.admin.results import Accounts, Done, Invitation, Sessions
from cxloop.core.errors import InputError, NotFoundError
from cxloop.core.host import LIMITED_BY, Limits, Role, limits_phrase
from cxloop.core.time import parse_duration
from cxloop.core.wording import count
from cxloop.store import accounts, second_factor, sessions
from cxloop.store.limits import limits_from

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxloop.core.results import Value
    from cxloop.store.accounts import Person
    from cxloop.store.context import Operations

__all__ = ["access", "change", "invite", "limits_of", "list_accounts", "list_sessions", "set_disabled", "sign_out"]

_COLUMNS = (
    "account",
    "name",
    "email",
    "role",
    "limits",
    *LIMITED_BY,
    "password",
    "second_factor",
    "provider",
    "created_at",
    "seen_at",
    "disabled_at",
)


def limits_of(region: Iterable[str], brand: Iterable[str], team: Iterable[str]) -> Limits:
    """Returns limits from what the options say; an option that was left out limits nothing."""
    given = {"region": tuple(region), "brand": tuple(brand), "team": tuple(team)}
    return limits_from({column: values for column, values in given.items() if values})


def list_accounts(ws: Operations) -> Accounts:
    """Lists the accounts."""
    people = accounts.accounts(ws.store)
    open_ones = sum(person.disabled_at is None for person in people)
    named = "account" if open_ones == 1 else "accounts"
    return Accounts(
        f"{count(open_ones)} {named} may sign in.", _COLUMNS, tuple(tuple(_row(person).values()) for person in people)
    )


def _row(person: Person) -> dict[str, Value]:
    plain = asdict(person)
    return {
        "account": person.account_id,
        "name": person.name,
        "email": person.email,
        "role": person.role,
        "limits": limits_phrase(person.limits) or None,
        **{column: ", ".join(dict(person.limits).get(column, ())) or None for column in LIMITED_BY},
        "password": person.has_password,
        "second_factor": person.has_second_factor,
        "provider": person.through_provider,
        **{name: plain[name] for name in _COLUMNS[-3:]},
    }


def access(ws: Operations, named: str) -> Person:
    """Returns the account with this number or e-mail address; raises NotFoundError where there is none."""
    wanted = named.strip().casefold()
    for person in accounts.accounts(ws.store):
        if wanted in (str(person.account_id), person.email):
            return person
    raise NotFoundError(f"There is no account {named!r}. Name it by its number or e-mail address: admin accounts.")


def invite(ws: Operations, email: str, *, name: str, role: Role, limits: Limits, lasts: str) -> Invitation:
    """Makes an account, or a new link for one that is there, and returns the link."""
    lasting = parse_duration(lasts)
    now = ws.now()
    person = next((each for each in accounts.accounts(ws.store) if each.email == email.strip().casefold()), None)
    if person is None:
        made = accounts.create_account(
            ws.store, name=name or _name_in(email), email=email, role=role, limits=limits, now=now
        )
        person = access(ws, str(made))
    else:
        _require_same(person, role, limits)
    token = accounts.create_link(ws.store, person.account_id, now=now, lasts=lasting)
    return Invitation(
        account_id=person.account_id,
        name=person.name,
        email=person.email or email,
        role=person.role,
        limits=person.limits,
        link=f"{ws.settings.server.address}/signin?token={token}",
        token=token,
        expires_at=now + lasting,
    )


def _require_same(person: Person, role: Role, limits: Limits) -> None:
    """A new link for who has lost the password changes no right, and gets nobody around a second factor."""
    if (person.role, person.limits) != (role, limits):
        raise InputError(
            f"{person.email} has an account already, as {person.role}"
            + (f" with {limits_phrase(person.limits)}" if person.limits else "")
            + ". Name the same role and limits for a new link, or use admin change."
        )
    if person.disabled_at is not None:
        raise InputError(f"{person.email} is locked out. Use admin enable first.")
    if person.has_second_factor:
        raise InputError(f"{person.email} has a second factor. Take it away first: admin change --reset-second-factor.")


def _name_in(email: str) -> str:
    """Returns what to call somebody until they say it: "marta.nowak@example.org" is Marta Nowak."""
    words = re.split(r"[._+\-\d]+", email.partition("@")[0])
    return " ".join(word.capitalize() for word in words if word) or email


def change(ws: Operations, named: str, *, role: Role | None, limits: Limits | None, reset_second_factor: bool) -> Done:
    """Changes role or limits, and takes a lost second factor away."""
    if role is None and limits is None and not reset_second_factor:
        raise InputError("Nothing to change. Give a role, limits, all_rows or reset_second_factor.")
    person = access(ws, named)
    if role is not None or limits is not None:
        accounts.change(ws.store, person.account_id, role=role, limits=limits)
    if reset_second_factor:
        second_factor.reset(ws.store, person.account_id)
    return _done(ws, person.account_id, "has changed")


def set_disabled(ws: Operations, named: str, *, disabled: bool) -> Done:
    """Locks an account out, or lets it in again."""
    person = access(ws, named)
    if disabled:
        accounts.disable(ws.store, person.account_id, now=ws.now())
    else:
        accounts.enable(ws.store, person.account_id)
    return _done(ws, person.account_id, "is locked out" if disabled else "may sign in")


def _done(ws: Operations, account_id: int, what: str) -> Done:
    person = access(ws, str(account_id))
    limited = f", limited to {limits_phrase(person.limits)}" if person.limits else ""
    return Done(f"account {account_id}", f"{person.name} {what} ({person.role}{limited}).", _row(person))


def list_sessions(ws: Operations, named: str | None) -> Sessions:
    """Lists the browsers that are signed in, of one account or of all."""
    people = accounts.accounts(ws.store) if named is None else [access(ws, named)]
    rows = [
        (person.account_id, person.name, each.session_id, each.started_at, each.seen_at, each.address, each.agent)
        for person in people
        for each in sessions.open_sessions(ws.store, person.account_id, now=ws.now())
    ]
    columns = ("account", "name", "session", "started_at", "seen_at", "address", "browser")
    named_ = "browser is" if len(rows) == 1 else "browsers are"
    return Sessions(f"{count(len(rows))} {named_} signed in.", columns, tuple(rows))


def sign_out(ws: Operations, named: str) -> Done:
    """Ends every session of an account."""
    person = access(ws, named)
    with ws.store.work() as work:
        ended = sessions.end_sessions(work, person.account_id, now=ws.now())
    browsers = "browser" if ended == 1 else "browsers"
    return Done(
        f"account {person.account_id}", f"{person.name} was signed out of {count(ended)} {browsers}.", _row(person)
    )
