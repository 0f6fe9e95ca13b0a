"""Who takes part in the walk of `test_access_walk.py`: people with their roles and limits, and keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cxloop.core.host import Limits, Role
from cxloop.store.keys import NewKey

MARK = "xqsouth"
"""Stands in every text of the other team, and nowhere else: in a name, an address, an order, a rejected row, a key."""
PROBE = MARK[:5]
"""What is searched for; the page says the question again, and so the question must not be the whole mark."""
NORTH: Limits = (("team", ("North",)),)
LAST_DAY = datetime(2026, 10, 31, 9)
UNKNOWN = 987_654
ELSEWHERE = ("203.0.113.7", 4711)
"""The address that everybody asks from: it is not the machine itself."""
CAST: Mapping[str, tuple[Role, Limits]] = {
    "owner": ("owner", ()),
    "analyst": ("analyst", ()),
    "agent": ("agent", ()),
    "viewer": ("viewer", ()),
    "analyst of North": ("analyst", NORTH),
    "agent of North": ("agent", NORTH),
    "viewer of North": ("viewer", NORTH),
}
STRANGER = "stranger"
OF_NORTH = frozenset(name for name, (_, limits) in CAST.items() if limits)
EVERYBODY = frozenset({*CAST, STRANGER})
SIGNED_IN = frozenset(CAST)
WHOLE = SIGNED_IN - OF_NORTH
PERSONS = SIGNED_IN - {"viewer", "viewer of North"}
WHOLE_PERSONS = WHOLE & PERSONS
IMPORTERS = frozenset({"owner", "analyst"})
OWNERS = frozenset({"owner"})
NOBODY: frozenset[str] = frozenset()
KEYS: Mapping[str, NewKey] = {
    "read key": NewKey(kind="read", name="read key", role="analyst"),
    "read key of North": NewKey(kind="read", name="read key of North", role="analyst", limits=NORTH),
    "read key for numbers of North": NewKey(kind="read", name="numbers key", role="viewer", limits=NORTH),
    "admin key": NewKey(kind="admin", name="admin key"),
    "write key": NewKey(kind="write", name="write key", source="desk"),
}
LIKE: Mapping[str, str] = {
    "read key": "agent",
    "read key of North": "agent of North",
    "read key for numbers of North": "viewer of North",
    "admin key": "owner",
    "write key": STRANGER,
}
"""Whom a key may read as much as: an agent reads what an analyst reads. Pages take no key."""
SERVING = frozenset({"unify.consent", "unify.delete_note", "unify.note"})
"""Verbs of front-line work: people run them whose role serves customers, and no key that reads does."""
NARROWER: Mapping[tuple[str, Any], frozenset[str]] = {("unify.delete_note", ("note", 1)): OWNERS}
"""Arguments that fewer may ask than run the verb: the first note was written by somebody who is nobody of the cast."""
LIMITED = frozenset({*OF_NORTH, STRANGER, "read key of North", "read key for numbers of North", "write key"})
"""Whoever must never see the mark."""
