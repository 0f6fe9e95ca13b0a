"""Households: customers who share a landline, a mailbox or a device, or a family name and an address.

What many share (a kiosk, an office) makes no household. Households are for reading: nobody becomes one customer by
them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cxloop.core.errors import AccessDeniedError
from cxloop.unify.people.group_queries import HOMES, SAME_LINE, SHARED
from cxloop.unify.people.queries import KEYS_OF_CUSTOMERS

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis, Value

__all__ = ["MOST_SHARERS", "Household", "Sharing", "all_households", "household_of", "joined"]

MOST_SHARERS = 8
"""What more customers share than this is no sign of living together."""
AT_HOME = "family name and address"
_CALLED = {"email": "a mailbox", "phone": "a telephone number", "card": "a card"}
_ANY_DEVICE = "a device"


@dataclass(frozen=True, slots=True)
class Sharing:
    """Customers who share something, and what."""

    what: str
    customers: frozenset[int]


@dataclass(frozen=True, slots=True)
class Household:
    """Customers who live together, by what they share; the smallest number names it."""

    customers: frozenset[int]
    shared: tuple[str, ...]

    @property
    def group_id(self) -> str:
        """What `unify group` takes."""
        return f"household:{min(self.customers)}"

    @property
    def why(self) -> str:
        """What is shared, in words."""
        return f"share {' and '.join(self.shared)}"


def joined(sharings: Iterable[Sharing]) -> list[Household]:
    """Returns the households that some sharings make, the largest first.

    Whoever shares something with somebody of a household belongs to it. What fewer than two or too many share is left
    out.

    Example:
        >>> phone, home = Sharing("a phone", frozenset({1, 2})), Sharing("an address", frozenset({2, 3}))
        >>> [sorted(found.customers) for found in joined([phone, home])]
        [[1, 2, 3]]
    """
    usable = sorted(
        (item for item in sharings if 2 <= len(item.customers) <= MOST_SHARERS),
        key=lambda item: (item.what, sorted(item.customers)),
    )
    first: dict[int, int] = {}

    def root(customer: int) -> int:
        while first.setdefault(customer, customer) != customer:
            first[customer] = first[first[customer]]
            customer = first[customer]
        return customer

    for item in usable:
        roots = {root(customer) for customer in item.customers}
        first.update(dict.fromkeys(roots, min(roots)))
    together: dict[int, set[int]] = defaultdict(set)
    shared: dict[int, set[str]] = defaultdict(set)
    for item in usable:
        home = root(min(item.customers))
        together[home] |= item.customers
        shared[home].add(item.what)
    homes = [Household(frozenset(together[home]), tuple(sorted(shared[home]))) for home in together]
    return sorted(homes, key=lambda home: (-len(home.customers), min(home.customers)))


def all_households(ws: Analysis) -> list[Household]:
    """Returns every household of the workspace, the largest first."""
    return joined([*_identifiers(ws), *_homes(ws, None)])


def household_of(ws: Analysis, customer_id: int) -> Household | None:
    """Returns the household of a customer; None for who shares nothing."""
    identifiers = _by_customer(_identifiers(ws))
    found: set[Sharing] = set()
    members: set[int] = set()
    waiting = {customer_id}
    while waiting:
        members |= waiting
        near = {item for customer in waiting for item in identifiers.get(customer, ())} | set(_homes_of(ws, waiting))
        found |= near
        waiting = {customer for item in near for customer in item.customers} - members
    return next((home for home in joined(found) if customer_id in home.customers), None)


def _by_customer(sharings: Iterable[Sharing]) -> Mapping[int, list[Sharing]]:
    found: dict[int, list[Sharing]] = defaultdict(list)
    for item in sharings:
        if 2 <= len(item.customers) <= MOST_SHARERS:
            for customer in item.customers:
                found[customer].append(item)
    return found


def _identifiers(ws: Analysis) -> list[Sharing]:
    """Returns who shares which identifier; nothing for who sees only some rows, and so not the ledger."""
    try:
        rows = ws.engine.fetch(SHARED).to_pylist()
    except AccessDeniedError:
        return []
    users: dict[int, set[int]] = defaultdict(set)
    types: dict[int, str] = {}
    through: list[tuple[int, int]] = []
    for row in rows:
        types[row["shared_key"]] = row["type"]
        if row["also_shared"]:
            through.append((row["shared_key"], row["key_id"]))
        else:
            users[row["shared_key"]].add(row["customer_id"])
    # one mailbox is a key of each source and a key that ties them: whoever uses one uses all
    for one, other in through:
        users[one] = users[other] = users[one] | users[other]
    return [Sharing(_CALLED.get(types[key], _ANY_DEVICE), frozenset(who)) for key, who in sorted(users.items())]


def _homes(ws: Analysis, keys: Sequence[int] | None) -> Iterator[Sharing]:
    """Gives who has family name and address in common, among the customers of some keys or all."""
    together: dict[str, set[int]] = defaultdict(set)
    for row in _lived(ws, keys):
        together[row["home"]].add(row["customer_id"])
    yield from (Sharing(AT_HOME, frozenset(who)) for who in together.values() if len(who) > 1)


def _homes_of(ws: Analysis, customers: Iterable[int]) -> Iterator[Sharing]:
    """Gives the same for some customers and whoever lives where they do."""
    wanted = set(customers)
    keys = ws.engine.fetch(KEYS_OF_CUSTOMERS, {"customers": sorted(wanted)}).to_pylist()
    for line in sorted({row["line"] for row in _lived(ws, [key["key_id"] for key in keys])}):
        there = ws.engine.fetch(SAME_LINE, {"line": line}).to_pylist()
        yield from (item for item in _homes(ws, [key["key_id"] for key in there]) if item.customers & wanted)


def _lived(ws: Analysis, keys: Sequence[int] | None) -> list[dict[str, Any]]:
    asked: dict[str, Value] = {"keys": list(keys or ()), "everybody": keys is None}
    rows: list[dict[str, Any]] = ws.engine.fetch(HOMES, asked).to_pylist()
    return rows
