"""Business accounts: what is told of them, and how they stand above each other in the hierarchies of experience.toml.

A hierarchy goes by parents (an account names the one above it) or by levels (country, region, city). A circle of
parents is told and not followed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from cxloop.core.wording import in_sentence
from cxloop.unify.people.group_queries import ACCOUNT_TRAITS, ACCOUNTS
from cxloop.unify.people.profile import Told, plain, profile_of

if TYPE_CHECKING:
    from cxloop.core.config import Hierarchy, Profile
    from cxloop.engine.base import Analysis
    from cxloop.unify.people.results import ProfileField

__all__ = ["Account", "Directory", "Node", "Tree", "account_id", "directory", "level_id"]

_NAME = "name"


@dataclass(frozen=True)
class Account:
    """One account: its key, how many customers come under it, and what is told of it."""

    key_id: int
    namespace: str
    type: str
    value: str
    members: int
    told: tuple[Told, ...] = ()
    profiles: tuple[Profile, ...] = ()

    @cached_property
    def fields(self) -> tuple[ProfileField, ...]:
        """The fields of its profile."""
        return profile_of(self.told, self.profiles)

    @cached_property
    def _values(self) -> Mapping[str, str]:
        return {plain(item.name): item.value for item in self.fields}

    def says(self, trait: str) -> str | None:
        """Returns what survives of a trait; None where nobody told it."""
        wanted = plain(trait)
        own = profile_of([item for item in self.told if plain(item.name) == wanted], self.profiles)
        return self._values.get(wanted) or (own[0].value if own else None)

    @cached_property
    def label(self) -> str:
        """What to call it: its name, or its identifier."""
        return self.says(_NAME) or self.value


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a hierarchy: an account, or a level that has none."""

    node_id: str
    label: str
    account: Account | None = None


@dataclass
class Tree:
    """One hierarchy over all accounts.

    Attributes:
        hierarchy: its definition.
        above: node to the node right above it; the topmost have none.
        nodes: by id.
        circles: node to what is wrong, where parents go in a circle; nothing stands above such a node.
    """

    hierarchy: Hierarchy
    above: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    circles: dict[str, str] = field(default_factory=dict)

    @cached_property
    def below(self) -> Mapping[str, list[str]]:
        """Node to the nodes right beneath it, by label."""
        found: dict[str, list[str]] = defaultdict(list)
        for node, parent in self.above.items():
            found[parent].append(node)
        for beneath in found.values():
            beneath.sort(key=lambda node: (self.nodes[node].label, node))
        return found

    def path(self, node_id: str) -> tuple[Node, ...]:
        """Returns the way down to a node, the widest first, the node itself last."""
        steps = [self.nodes[node_id]]
        while (parent := self.above.get(steps[-1].node_id)) is not None:
            steps.append(self.nodes[parent])
        return tuple(reversed(steps))

    def within(self, node_id: str) -> Iterator[Account]:
        """Gives the accounts at a node and everywhere below it."""
        waiting = [node_id]
        while waiting:
            node = self.nodes[waiting.pop()]
            if node.account is not None:
                yield node.account
            waiting += self.below.get(node.node_id, ())


class Directory:
    """All accounts of a workspace, and their hierarchies."""

    def __init__(self, accounts: Iterable[Account], hierarchies: Sequence[Hierarchy]) -> None:
        self.accounts = {account.key_id: account for account in accounts}
        self.trees = {item.name: self._tree(item) for item in hierarchies}

    def _tree(self, hierarchy: Hierarchy) -> Tree:
        tree = Tree(hierarchy)
        for account in self.accounts.values():
            node = account_id(account.key_id)
            tree.nodes[node] = Node(node, account.label, account)
        for account in self.accounts.values():
            if hierarchy.levels:
                _place_by_levels(tree, account)
            else:
                self._place_by_parent(tree, account)
        _break_circles(tree)
        return tree

    def _place_by_parent(self, tree: Tree, account: Account) -> None:
        named = account.says(tree.hierarchy.parent)
        if named is None:
            return
        parent = self._called(named, account)
        if parent is None:
            node = level_id(tree.hierarchy.name, (named,))
            tree.nodes.setdefault(node, Node(node, named))
        else:
            node = account_id(parent.key_id)
        tree.above[account_id(account.key_id)] = node

    def _called(self, name: str, child: Account) -> Account | None:
        """Returns the account that a parent's name or identifier means: of the child's own source first."""
        meant = [*self._by_value.get(name, ()), *self._by_label.get(name.casefold(), ())]
        own = [account for account in meant if (account.namespace, account.type) == (child.namespace, child.type)]
        return next(iter([*own, *meant]), None)

    @cached_property
    def _by_value(self) -> Mapping[str, list[Account]]:
        found: dict[str, list[Account]] = defaultdict(list)
        for account in sorted(self.accounts.values(), key=lambda account: account.key_id):
            found[account.value].append(account)
        return found

    @cached_property
    def _by_label(self) -> Mapping[str, list[Account]]:
        found: dict[str, list[Account]] = defaultdict(list)
        for account in sorted(self.accounts.values(), key=lambda account: account.key_id):
            found[account.label.casefold()].append(account)
        return found


def account_id(key_id: int) -> str:
    """Returns the group id of an account."""
    return f"account:{key_id}"


def level_id(hierarchy: str, values: Sequence[str]) -> str:
    """Returns the group id of a level.

    Example:
        >>> level_id("region", ("DE", "Nord/Ost"))
        'level:region/DE/Nord%2FOst'
    """
    return f"level:{hierarchy}/{'/'.join(quote(value, safe=' ') for value in values)}"


def directory(ws: Analysis) -> Directory:
    """Returns the accounts of a workspace with their hierarchies."""
    told: dict[int, list[Told]] = defaultdict(list)
    rows = ws.engine.fetch(ACCOUNTS).to_pylist()
    for row in ws.engine.fetch(ACCOUNT_TRAITS).to_pylist() if rows else ():
        key_id = row.pop("key_id")
        told[key_id].append(Told(**row))
    profiles = ws.experience.profile
    accounts = (
        Account(
            row["account_key"],
            row["namespace"],
            row["type"],
            row["value"],
            row["members"],
            tuple(told[row["account_key"]]),
            profiles,
        )
        for row in rows
    )
    return Directory(accounts, ws.experience.hierarchy)


def _place_by_levels(tree: Tree, account: Account) -> None:
    """Puts an account beneath the narrowest level that it names; a level that it does not name is passed over."""
    child = account_id(account.key_id)
    values: list[str] = []
    parent = None
    for trait in tree.hierarchy.levels:
        value = account.says(trait)
        if value is None:
            continue
        values.append(value)
        node = level_id(tree.hierarchy.name, values)
        tree.nodes.setdefault(node, Node(node, value))
        if parent is not None:
            tree.above[node] = parent
        parent = node
    if parent is not None:
        tree.above[child] = parent


def _break_circles(tree: Tree) -> None:
    """Takes accounts of a circle out from under each other, and says which they are."""
    settled: set[str] = set()
    for start in sorted(tree.nodes):
        walked: list[str] = []
        node: str | None = start
        while node is not None and node not in settled and node not in walked:
            walked.append(node)
            node = tree.above.get(node)
        if node is not None and node in walked:
            circle = walked[walked.index(node) :]
            names = " > ".join(tree.nodes[each].label for each in [*circle, circle[0]])
            what = in_sentence(tree.hierarchy.label or tree.hierarchy.name)
            told = f"The hierarchy {what} goes in a circle: {names}. Correct the parent of one of them."
            for each in circle:
                del tree.above[each]
                tree.circles[each] = told
        settled.update(walked)
