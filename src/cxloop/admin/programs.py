"""Keys of programs, as owners look after them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from cxloop.admin.results import Done, IssuedKey, Keys
from cxloop.core.errors import InputError, NotFoundError
from cxloop.core.host import limits_phrase
from cxloop.core.time import parse_duration
from cxloop.core.wording import count
from cxloop.store import keys

if TYPE_CHECKING:
    from cxloop.core.results import Value
    from cxloop.store.context import Operations
    from cxloop.store.keys import Key, NewKey

__all__ = ["create_key", "end_of", "list_keys", "revoke_key", "rotate_key"]

_LASTING = {"write": None, "read": "365d", "admin": "90d"}
"""How long a key works where nobody says: a write key is public anyway, and its end would lose events."""
NEVER = "never"


def end_of(ws: Operations, kind: str, expires: str | None) -> datetime | None:
    """Returns when a key ends, from what the option says."""
    lasts = _LASTING[kind] if expires is None else expires.strip()
    return None if lasts in (None, NEVER) else ws.now() + parse_duration(lasts)


def list_keys(ws: Operations, *, revoked: bool) -> Keys:
    """Lists the keys, without the revoked ones unless asked."""
    known = [key for key in keys.keys(ws.store) if revoked or key.revoked_at is None]
    rows = [_row(key, ws.now()) for key in known]
    living = sum(row["state"] == "works" for row in rows)
    columns = tuple(_row_names())
    noun = "key works" if living == 1 else "keys work"
    return Keys(f"{count(living)} {noun}.", columns, tuple(tuple(row[name] for name in columns) for row in rows))


def _row_names() -> tuple[str, ...]:
    return (
        "key",
        "kind",
        "name",
        "state",
        "source",
        "role",
        "limits",
        "origins",
        "test",
        "ends_with",
        "account",
        "created_at",
        "used_on",
        "expires_at",
        "revoked_at",
    )


def _row(key: Key, now: datetime) -> dict[str, Value]:
    expired = key.expires_at is not None and key.expires_at <= now
    return {
        "key": key.key_id,
        "kind": key.kind,
        "name": key.name,
        "state": "revoked" if key.revoked_at else "expired" if expired else "works",
        "source": key.source,
        "role": key.role,
        "limits": limits_phrase(key.limits) or None,
        "origins": ", ".join(key.origins) or None,
        "test": key.test,
        "ends_with": ", ".join(key.shown) or None,
        "account": key.account_id,
        "created_at": key.created_at,
        "used_on": key.used_on,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }


def create_key(ws: Operations, new: NewKey) -> IssuedKey:
    """Makes a key and returns it with its secret."""
    return _issued(keys.create(ws.store, new))


def rotate_key(ws: Operations, named: str, overlap: str) -> IssuedKey:
    """Gives a key a new secret; the former one works on for a while."""
    lasting = parse_duration(overlap)
    issued = keys.rotate(ws.store, _access(ws, named).key_id, overlap=lasting)
    return _issued(issued, former_until=ws.now() + lasting)


def revoke_key(ws: Operations, named: str) -> Done:
    """Ends a key."""
    key = keys.revoke(ws.store, _access(ws, named).key_id)
    return Done(f"key {key.key_id}", f"The {key.kind} key {key.name!r} is revoked.", _row(key, ws.now()))


def _access(ws: Operations, named: str) -> Key:
    """Returns the key with this number or name; of several of one name the one that works."""
    known = sorted(keys.keys(ws.store), key=lambda key: key.revoked_at is not None)
    wanted = named.strip()
    # a number first: what a key is called must not have another one revoked
    found = next((key for key in known if wanted == str(key.key_id)), None)
    found = found or next((key for key in known if wanted == key.name), None)
    if found is None:
        if named.startswith(tuple(keys.PREFIXES.values())):
            raise InputError("This is a key's secret. Name the key by its number or name: admin keys.")
        raise NotFoundError(f"There is no key {named!r}. Name it by its number or name: admin keys.")
    return found


def _issued(issued: keys.Issued, former_until: datetime | None = None) -> IssuedKey:
    key = issued.key
    return IssuedKey(key.key_id, key.kind, key.name, key.source, issued.secret, key.expires_at, former_until)
