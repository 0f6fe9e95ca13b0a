"""The groups that one customer is in: a household, and the accounts under which they came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from cxloop.unify.people.accounts import account_id, directory
from cxloop.unify.people.group_queries import MEMBER_ROWS
from cxloop.unify.people.households import household_of
from cxloop.unify.people.queries import ACCOUNTS_OF
from cxloop.unify.people.results import Membership

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis, Value

__all__ = ["groups_of", "household_label", "labels_of"]

_MOST_ACCOUNTS = 20


def groups_of(ws: Analysis, customer_id: int, keys: Sequence[int]) -> tuple[Membership, ...]:
    """Returns the groups of a customer: the household first, then accounts, the latest first."""
    return (*_household(ws, customer_id), *_accounts(ws, keys))


def household_label(names: Sequence[str]) -> str:
    """Returns what to call a household whose members are called `names`.

    Example:
        >>> household_label(["Ada Berg", "Bo Berg", "Cy Dahl"])
        'Household of Ada Berg and 2 others'
    """
    others = len(names) - 1
    return f"Household of {names[0]}" + (f" and {others} other{'s' if others > 1 else ''}" if others else "")


def _household(ws: Analysis, customer_id: int) -> Iterator[Membership]:
    found = household_of(ws, customer_id)
    labels = {} if found is None else labels_of(ws, found.customers)
    if found is not None and len(labels) > 1:
        names = [labels[customer] for customer in sorted(labels)]
        yield Membership(found.group_id, "household", household_label(names), len(names))


def labels_of(ws: Analysis, customers: Iterable[int]) -> dict[int, str]:
    """Returns what to call some customers; keys that never did anything are none."""
    wanted = sorted(customers)
    asked: dict[str, Value] = {"customers": wanted, "rows": len(wanted), "first": 0}
    return {row["customer_id"]: row["label"] for row in ws.engine.fetch(MEMBER_ROWS, asked).to_pylist()}


def _accounts(ws: Analysis, keys: Sequence[int]) -> Iterator[Membership]:
    rows = ws.engine.fetch(ACCOUNTS_OF, {"keys": keys}).to_pylist()
    if not rows:
        return
    known = directory(ws)
    tree = next(iter(known.trees.values()), None)
    for key_id in [row["account_key"] for row in rows[:_MOST_ACCOUNTS]]:
        account = known.accounts.get(key_id)
        if account is not None:
            path = () if tree is None else tuple(node.label for node in tree.path(account_id(key_id)))
            yield Membership(account_id(key_id), "account", account.label, account.members, path)
