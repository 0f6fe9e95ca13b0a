"""Groups: finding households, accounts and levels of hierarchies, and showing one with its members and scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, get_args

from cxloop.core.errors import NotFoundError
from cxloop.unify.people import group_queries as queries
from cxloop.unify.people.accounts import Account, Directory, Tree, account_id, directory
from cxloop.unify.people.households import Household, all_households, household_of
from cxloop.unify.people.membership import household_label, labels_of
from cxloop.unify.people.money import ACCOUNT_MONEY, MEMBER_MONEY
from cxloop.unify.people.results import Group, GroupKind, GroupMember, GroupRow, Groups, Money, PathStep
from cxloop.unify.people.rollup import HOW, scores_of_group

if TYPE_CHECKING:
    from datetime import datetime

    from cxloop.engine.base import Analysis, Value

__all__ = ["list_groups", "show_group"]

_KINDS: tuple[GroupKind, ...] = get_args(GroupKind)


def list_groups(ws: Analysis, query: str, *, kind: GroupKind | None, limit: int, offset: int) -> Groups:
    """Returns one page of the groups whose names or identifiers contain `query`, the largest first."""
    wanted = query.strip().casefold()
    kinds = _KINDS if kind is None else (kind,)
    rows: list[GroupRow] = []
    if "household" in kinds:
        rows += _households(ws)
    if "account" in kinds or "level" in kinds:
        known = directory(ws)
        rows += _accounts(known) if "account" in kinds else ()
        rows += _levels(ws, known) if "level" in kinds else ()
    found = [
        row for row in rows if not wanted or wanted in f"{row.label} {row.group_id} {' '.join(row.path)}".casefold()
    ]
    found.sort(key=lambda row: (-row.members, row.label, row.group_id))
    return Groups(query.strip(), kind, len(found), offset, tuple(found[offset : offset + limit]))


def show_group(ws: Analysis, wanted: str, *, limit: int, offset: int) -> Group:
    """Returns one group; raises NotFoundError where there is none."""
    kind, _, rest = wanted.strip().partition(":")
    if kind == "household" and rest.isascii() and rest.isdigit() and len(rest) < 19:
        found = household_of(ws, int(rest))
        if found is not None:
            return _show_household(ws, found, limit=limit, offset=offset)
    known = directory(ws)
    for tree in known.trees.values():
        node = tree.nodes.get(wanted.strip())
        if node is not None and node.account is None:
            return _show_level(ws, tree, node.node_id, limit=limit, offset=offset)
    account = _account(known, wanted.strip())
    if account is None:
        raise NotFoundError(f"There is no group {wanted!r}. Look for one with `cxloop unify groups`.")
    return _show_account(ws, known, account, limit=limit, offset=offset)


def _households(ws: Analysis) -> Iterator[GroupRow]:
    homes = all_households(ws)
    labels = labels_of(ws, {customer for home in homes for customer in home.customers})
    for home in homes:
        names = _names(home, labels)
        if len(names) > 1:
            yield GroupRow(home.group_id, "household", household_label(names), len(names), home.why)


def _names(home: Household, labels: Mapping[int, str]) -> list[str]:
    """Names of the members, the oldest customer first; keys that never did anything are no members."""
    return [labels[customer] for customer in sorted(home.customers) if customer in labels]


def _accounts(known: Directory) -> Iterator[GroupRow]:
    tree = next(iter(known.trees.values()), None)
    for account in known.accounts.values():
        group_id = account_id(account.key_id)
        path = () if tree is None else tuple(node.label for node in tree.path(group_id))
        yield GroupRow(group_id, "account", account.label, account.members, "", path)


def _levels(ws: Analysis, known: Directory) -> Iterator[GroupRow]:
    levels = [(tree, node.node_id) for tree in known.trees.values() for node in tree.nodes.values() if not node.account]
    came = _came(ws, None) if levels else {}
    yield from (_row(tree, node_id, came) for tree, node_id in levels)


def _row(tree: Tree, node_id: str, came: Mapping[int, Mapping[int, datetime]]) -> GroupRow:
    """A node of a hierarchy as a row, with everybody in it and below it."""
    node = tree.nodes[node_id]
    members = {customer for account in tree.within(node_id) for customer in came.get(account.key_id, ())}
    path = tuple(step.label for step in tree.path(node_id))
    return GroupRow(node_id, "level" if node.account is None else "account", node.label, len(members), "", path)


def _came(ws: Analysis, accounts: Sequence[int] | None) -> Mapping[int, Mapping[int, datetime]]:
    """Returns the customers of some accounts or of all, with when each came last."""
    asked: dict[str, Value] = {"accounts": list(accounts or ()), "every": accounts is None}
    found: dict[int, dict[int, datetime]] = defaultdict(dict)
    for row in ws.engine.fetch(queries.ACCOUNT_MEMBERS, asked).to_pylist():
        found[row["account_key"]][row["customer_id"]] = row["last_at"]
    return found


def _account(known: Directory, wanted: str) -> Account | None:
    """Returns the account of a group id, or of an identifier as a source gave it."""
    for account in known.accounts.values():
        full = f"{account.namespace}:{account.type}:{account.value}"
        if wanted in (account_id(account.key_id), account.value, full, f"{account.type}:{account.value}"):
            return account
    return None


def _show_household(ws: Analysis, home: Household, *, limit: int, offset: int) -> Group:
    labels = labels_of(ws, home.customers)
    customers = sorted(labels)
    through = dict.fromkeys(customers, home.why)
    return Group(
        group_id=home.group_id,
        kind="household",
        label=household_label(_names(home, labels)) if labels else home.group_id,
        total=len(customers),
        members=_page(ws, customers, through, limit=limit, offset=offset),
        scores=scores_of_group(ws, customers),
        value=_money(ws, home.customers),
        how=HOW,
    )


def _money(ws: Analysis, customers: Iterable[int]) -> tuple[Money, ...]:
    rows = ws.engine.fetch(MEMBER_MONEY, {"customers": sorted(customers)}).to_pylist()
    return tuple(Money(**row) for row in rows)


def _show_level(ws: Analysis, tree: Tree, node_id: str, *, limit: int, offset: int) -> Group:
    return _rolled_up(ws, {tree.hierarchy.name: tree}, node_id, None, limit=limit, offset=offset)


def _show_account(ws: Analysis, known: Directory, account: Account, *, limit: int, offset: int) -> Group:
    return _rolled_up(ws, known.trees, account_id(account.key_id), account, limit=limit, offset=offset)


def _rolled_up(
    ws: Analysis, trees: Mapping[str, Tree], node_id: str, account: Account | None, *, limit: int, offset: int
) -> Group:
    """Returns an account or a level with everybody in it and below it, in whatever hierarchy; each counts once."""
    inside = {item.key_id: item for tree in trees.values() for item in tree.within(node_id)}
    if account is not None:
        inside[account.key_id] = account
    came = _came(ws, sorted(inside))
    latest = {
        customer: max((each[customer], key_id) for key_id, each in came.items() if customer in each)
        for customer in {customer for each in came.values() for customer in each}
    }
    members = sorted(latest)
    through = {customer: inside[key_id].label for customer, (_, key_id) in latest.items()}
    money = ws.engine.fetch(ACCOUNT_MONEY, {"accounts": sorted(inside)}).to_pylist()
    below = {node: tree for tree in trees.values() for node in tree.below.get(node_id, ())}
    label = account.label if account is not None else next(iter(trees.values())).nodes[node_id].label
    return Group(
        group_id=node_id,
        kind="level" if account is None else "account",
        label=label,
        total=len(members),
        fields=() if account is None else account.fields,
        paths={name: _steps(tree, node_id) for name, tree in trees.items() if len(tree.path(node_id)) > 1},
        below=tuple(_row(tree, node, came) for node, tree in below.items()),
        warnings=tuple(tree.circles[node_id] for tree in trees.values() if node_id in tree.circles),
        members=_page(ws, members, through, limit=limit, offset=offset),
        scores=scores_of_group(ws, members),
        value=tuple(Money(**row) for row in money),
        how=HOW,
    )


def _steps(tree: Tree, node_id: str) -> tuple[PathStep, ...]:
    return tuple(PathStep(node.node_id, node.label) for node in tree.path(node_id))


def _page(
    ws: Analysis, customers: Sequence[int], through: Mapping[int, str], *, limit: int, offset: int
) -> tuple[GroupMember, ...]:
    asked: dict[str, Value] = {"customers": customers, "rows": limit, "first": offset}
    rows = ws.engine.fetch(queries.MEMBER_ROWS, asked).to_pylist()
    return tuple(GroupMember(**row, through=through[row["customer_id"]]) for row in rows)
