"""Keys of programs: made, rotated without downtime, revoked, and recognised without a query.

Three kinds, told apart by the start of their secret. A write key (cxw_) stands in a page's source for all to see: it
collects for one source and can do nothing else. A read key (cxr_) reads the API, over all rows or some. An admin key
(cxa_) may do what an owner may. Only digests are kept; a secret is shown once.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, get_args

from sqlalchemy import select, update

from cxloop.core.errors import InputError, NotFoundError
from cxloop.core.host import Actor, KeyKind, Limits, Role
from cxloop.store.changes import Following
from cxloop.store.limits import kept_limits, limits_from
from cxloop.store.models import Account, ApiKey, KeySecret
from cxloop.store.tokens import digest, new_secret

if TYPE_CHECKING:
    from sqlalchemy.orm import Session as Work

    from cxloop.store.base import Store

__all__ = [
    "KINDS",
    "OVERLAP",
    "PREFIXES",
    "ApiKeys",
    "Issued",
    "Key",
    "NewKey",
    "WriteKey",
    "WriteKeys",
    "create",
    "keys",
    "note_use",
    "revoke",
    "rotate",
]

KINDS: tuple[KeyKind, ...] = get_args(KeyKind)
PREFIXES: Mapping[KeyKind, str] = {"write": "cxw_", "read": "cxr_", "admin": "cxa_"}
OVERLAP = timedelta(days=7)
"""How long the former secret of a rotated key still works: time to put the new one everywhere."""
SHOWN = 4
AGAIN_SECONDS = 0.05
"""How often an unknown key has the records looked at again: many in a row must not."""
_SOURCE = re.compile(r"[\w.-]{1,80}")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?")
_LOG_IN_ROLES: tuple[Role, ...] = ("viewer", "analyst")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """What a key is to be.

    Attributes:
        kind: write, read or admin.
        name: what people call it.
        source: of a write key: whose interactions it sends.
        role: of a read key: viewer (numbers) or analyst (single persons as well).
        limits: of a read key: which rows.
        origins: of a write key: the sites whose pages may use it; none means any.
        test: of a write key: what comes through it is marked as a test and counts in no number.
        account_id: who made it; None for whoever sits at the machine.
        expires_at: UTC without zone; None for never.
    """

    kind: KeyKind
    name: str
    source: str | None = None
    role: Role | None = None
    limits: Limits = ()
    origins: tuple[str, ...] = ()
    test: bool = False
    account_id: int | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A key, without its secrets; `shown` are their last characters, the newest first."""

    key_id: int
    kind: KeyKind
    name: str
    source: str | None
    role: Role | None
    limits: Limits
    origins: tuple[str, ...]
    test: bool
    account_id: int | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_on: date | None
    shown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Issued:
    """A key and its new secret, which nobody can show again."""

    key: Key
    secret: str


def create(store: Store, new: NewKey) -> Issued:
    """Makes a key.

    Raises:
        InputError: a value cannot be used, or does not go with the kind.
    """
    now = store.clock()
    _check(new, now)
    with store.work() as work:
        taken = select(ApiKey.id).where(ApiKey.name == new.name, ApiKey.revoked_at.is_(None))
        if work.scalar(taken) is not None:
            raise InputError(f"There is a key called {new.name!r} already. Give this one another name.")
        row = ApiKey(
            kind=new.kind,
            name=new.name,
            source=new.source,
            role="owner" if new.kind == "admin" else new.role,
            limits=kept_limits(new.limits),
            origins=[origin.lower() for origin in new.origins],
            test=new.test,
            account_id=new.account_id,
            created_at=now,
            expires_at=new.expires_at,
        )
        work.add(row)
        work.flush()
        secret = _add_secret(work, row, now)
        return Issued(_key(work, row, now), secret)


def rotate(store: Store, key_id: int, *, overlap: timedelta = OVERLAP) -> Issued:
    """Gives a key a new secret; the former one works on for a while.

    Args:
        store: the records.
        key_id: which key.
        overlap: how long the former secret still works; nothing where it was leaked.

    Raises:
        NotFoundError: there is no such key.
        InputError: it was revoked or has expired.
    """
    now = store.clock()
    with store.work() as work:
        row = _access(work, key_id)
        if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
            raise InputError(f"The key {row.name!r} is revoked or has expired. Create a new one.")
        until = now + overlap
        former = update(KeySecret).where(
            KeySecret.key_id == key_id, (KeySecret.expires_at.is_(None)) | (KeySecret.expires_at > until)
        )
        work.execute(former.values(expires_at=until))
        secret = _add_secret(work, row, now)
        return Issued(_key(work, row, now), secret)


def revoke(store: Store, key_id: int) -> Key:
    """Ends a key with all its secrets, at once; raises NotFoundError where there is none."""
    now = store.clock()
    with store.work() as work:
        row = _access(work, key_id)
        row.revoked_at = row.revoked_at or now
        return _key(work, row, now)


def keys(store: Store) -> list[Key]:
    """Returns all keys, the latest first, the revoked ones too."""
    with store.read() as work:
        rows = work.scalars(select(ApiKey).order_by(ApiKey.id.desc()))
        return [_key(work, row, store.clock()) for row in rows]


def _access(work: Work, key_id: int) -> ApiKey:
    row = work.get(ApiKey, key_id)
    if row is None:
        raise NotFoundError(f"There is no key {key_id}.")
    return row


def _check(new: NewKey, now: datetime) -> None:
    if new.kind not in KINDS:
        raise InputError(f"Unknown kind of key {new.kind!r}. Known: {', '.join(KINDS)}.")
    if not 1 <= len(new.name) <= 80 or not new.name.isprintable():
        raise InputError(f"A key needs a name of 1 to 80 characters; this has {len(new.name)}.")
    if new.expires_at is not None and new.expires_at <= now:
        raise InputError("The key would have expired already. Choose a later end.")
    _check_write(new)
    if new.kind == "read":
        if new.role not in _LOG_IN_ROLES:
            raise InputError(f"A read key needs a role: {' or '.join(_LOG_IN_ROLES)}; not {new.role!r}.")
    elif new.role is not None:
        raise InputError(f"A role goes with a read key only; a {new.kind} key has what its kind says. Leave it out.")
    if new.limits and new.kind != "read":
        raise InputError(f"Limits go with a read key only; a {new.kind} key has none. Leave them out.")


def _check_write(new: NewKey) -> None:
    if new.kind != "write":
        given = {"source": new.source, "origins": new.origins, "test": new.test}
        if wrong := [name for name, value in given.items() if value]:
            raise InputError(f"{', '.join(wrong)}: for write keys only, and this is a {new.kind} key. Leave it out.")
        return
    if new.source is None or not _SOURCE.fullmatch(new.source):
        raise InputError(
            f"A write key needs a source, made of letters, digits, dots, hyphens and underscores; not {new.source!r}."
        )
    for origin in new.origins:
        if not _ORIGIN.fullmatch(origin):
            raise InputError(f"{origin!r} is no origin. Write it as the browser does: https://shop.example.org")


def _add_secret(work: Work, row: ApiKey, now: datetime) -> str:
    secret = PREFIXES[_kind(row)] + new_secret()
    work.add(KeySecret(key_id=row.id, digest=digest(secret), shown=secret[-SHOWN:], created_at=now, expires_at=None))
    work.flush()
    return secret


def _kind(row: ApiKey) -> KeyKind:
    return next(kind for kind in KINDS if kind == row.kind)


def _key(work: Work, row: ApiKey, now: datetime) -> Key:
    living = (KeySecret.expires_at.is_(None)) | (KeySecret.expires_at > now)
    shown = select(KeySecret.shown).where(KeySecret.key_id == row.id, living).order_by(KeySecret.id.desc())
    return Key(
        key_id=row.id,
        kind=_kind(row),
        name=row.name,
        source=row.source,
        role=row.role,  # type: ignore[arg-type]
        limits=limits_from(row.limits),
        origins=tuple(row.origins),
        test=row.test,
        account_id=row.account_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        used_on=row.used_on,
        shown=tuple(work.scalars(shown)),
    )


def note_use(store: Store, key_id: int, *, address: str = "") -> bool:
    """Writes down that a key is in use: the first time of each day, in the audit log as well.

    Args:
        store: the records.
        key_id: which key.
        address: from where, truncated.

    Returns:
        Whether it was the first time today.
    """
    today = store.clock().date()
    # asked first without writing: all but one time a day it ends here
    with store.read() as work:
        row = work.get(ApiKey, key_id)
        if row is None or row.used_on == today:
            return False
        account_id = row.account_id
    with store.work() as work:
        first = update(ApiKey).where(ApiKey.id == key_id, ApiKey.used_on.is_distinct_from(today))
        changed = work.execute(first.values(used_on=today).returning(ApiKey.id)).first() is not None
    if changed:
        store.audit(
            account_id=account_id,
            key_id=key_id,
            verb="key.used",
            outcome="done",
            target=f"key {key_id}",
            address=address,
        )
    return changed


@dataclass(frozen=True, slots=True)
class WriteKey:
    """What a write key says of the events that come with it."""

    key_id: int
    source: str
    name: str
    origins: tuple[str, ...] = ()
    test: bool = False


@dataclass(frozen=True, slots=True)
class _Living:
    """A secret that may be used, until the earlier end of its own and its key's."""

    until: datetime | None
    key: WriteKey | Actor


class _Ring:
    """The living secrets of some kinds, in memory."""

    def __init__(self, store: Store, kinds: Sequence[KeyKind]) -> None:
        self._clock = store.clock
        self._living = Following(store, lambda: _living(store, kinds))
        self._looked_at = float("-inf")

    def find(self, secret: str) -> WriteKey | Actor | None:
        """Returns whose secret it is; a new key works at once, which is why an unknown one is looked for again."""
        shown = digest(secret)
        found = self._living.value.get(shown)
        if found is None and time.monotonic() - self._looked_at > AGAIN_SECONDS:
            self._looked_at = time.monotonic()
            self._living.forget()
            found = self._living.value.get(shown)
        if found is None or (found.until is not None and found.until <= self._clock()):
            return None
        return found.key

    def close(self) -> None:
        """Gives up what it watches the records with."""
        self._living.close()


class WriteKeys:
    """Recognises write keys from memory; what changed counts within a moment. Threads may share it."""

    def __init__(self, store: Store) -> None:
        """Reads nothing yet."""
        self._ring = _Ring(store, ["write"])

    def find(self, secret: str) -> WriteKey | None:
        """Returns the key with this secret; None where there is none, or none any more."""
        found = self._ring.find(secret) if secret.startswith(PREFIXES["write"]) else None
        return found if isinstance(found, WriteKey) else None

    def close(self) -> None:
        """Gives up what it watches the records with."""
        self._ring.close()


class ApiKeys:
    """Recognises read and admin keys in the same way, and says who asks with them."""

    def __init__(self, store: Store) -> None:
        """Reads nothing yet."""
        self._ring = _Ring(store, ["read", "admin"])

    def find(self, secret: str) -> Actor | None:
        """Returns who asks with this secret; None where there is no such key, or none any more.

        A key dies with the account that made it, and an admin key when that is an owner's no longer.
        """
        found = self._ring.find(secret)
        return found if isinstance(found, Actor) else None

    def close(self) -> None:
        """Gives up what it watches the records with."""
        self._ring.close()


def _living(store: Store, kinds: Sequence[KeyKind]) -> dict[str, _Living]:
    """Returns the secrets that may be used, by their digest."""
    now = store.clock()
    chosen = (
        select(KeySecret.digest, KeySecret.expires_at, ApiKey, Account)
        .join(ApiKey, ApiKey.id == KeySecret.key_id)
        .outerjoin(Account, Account.id == ApiKey.account_id)
        .where(ApiKey.kind.in_(kinds), ApiKey.revoked_at.is_(None))
    )
    living = {}
    with store.read() as work:
        for kept, expires_at, row, account in work.execute(chosen):
            until = min((end for end in (expires_at, row.expires_at) if end is not None), default=None)
            if (until is None or until > now) and (row.kind == "write" or _allowed(row, account)):
                living[kept] = _Living(until, _write_key(row) if row.kind == "write" else _actor(row))
    return living


def _allowed(row: ApiKey, account: Account | None) -> bool:
    """Whether who made a key may still have it; what was made at the machine itself belongs to nobody else."""
    if account is None:
        return row.account_id is None
    return account.disabled_at is None and (row.kind != "admin" or account.role == "owner")


def _write_key(row: ApiKey) -> WriteKey:
    return WriteKey(row.id, str(row.source), row.name, tuple(row.origins), row.test)


def _actor(row: ApiKey) -> Actor:
    role: Role = row.role  # type: ignore[assignment]
    return Actor(row.account_id, row.name, role, limits_from(row.limits), key_id=row.id)
