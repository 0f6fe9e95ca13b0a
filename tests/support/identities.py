"""Who is who in truth: a simulated company, what is planted beside it, and how an answer is scored.

Keys count in pairs. A key of one person is that person's own; a device that several people use, a kiosk, a landline or
a default value is nobody's own. A pair of own keys of one person is to be found where the log ties the two: over
statements that are true of that person, and not only over a key that others use as well. What nobody ever said cannot
be known: a browser on which somebody looks around and never signs in. A pair that an answer brings together is wrong
where the persons differ, or where a key that is not a person's at all is with one; a shared device that is with one of
its users counts neither way.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any, TypeAlias

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

import cxloop
from cxloop.engine.base import Engine
from cxloop.engine.query import Query
from cxloop.simulate import Company
from cxloop.stats.intervals import share
from cxloop.stats.sums import tally

__all__ = [
    "Answer",
    "Key",
    "Owners",
    "Planted",
    "Score",
    "customers_of",
    "household_rows",
    "naive",
    "resolved",
    "score",
    "statements",
    "truth_of",
]

Key: TypeAlias = tuple[str, str, str]
"""Namespace, type and value."""
Statement: TypeAlias = tuple[Key, Key]
Owners: TypeAlias = Mapping[Key, frozenset[int]]
"""The persons who use each key; none of a kiosk or a default value."""

CUSTOMERS = Query(
    name="tests.customers",
    sql="""
        select k.namespace, k.type, k.value, c.customer_id
        from customer_keys as c
        inner join keys as k on k.key_id = c.key_id
        where c.until is null
    """,
    inputs=("customer_keys", "keys"),
    output={"namespace": "text", "type": "text", "value": "text", "customer_id": "bigint"},
)
HUB = "*"
START = datetime(2026, 9, 1, 8)


def truth_of(company: Company) -> dict[Key, frozenset[int]]:
    """Returns whose each key of a company's log is."""
    found: dict[Key, set[int]] = defaultdict(set)
    for row in company.identities.to_pylist():
        owners = found[row["namespace"], row["type"], row["value"]]
        if row["person"] is not None:
            owners.add(row["person"])
    return {key: frozenset(owners) for key, owners in found.items()}


@dataclass
class Planted:
    """Rows that are admitted beside a company's log, and whose their keys are."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    owners: dict[Key, frozenset[int]] = field(default_factory=dict)
    persons: int = 0

    def person(self, first: int) -> tuple[int, Key]:
        """Returns the number of a new person, and the key of their account."""
        number = first + self.persons
        self.persons += 1
        account = ("shop", "customer_id", f"H{number}")
        self.own(account, number)
        return number, account

    def own(self, key: Key, *persons: int) -> None:
        """Notes who uses a key, beside those who do already."""
        self.owners[key] = self.owners.get(key, frozenset()) | frozenset(persons)

    def says(self, key: Key, other: Key | None = None, **columns: Any) -> None:
        """Adds an interaction of a key, with another key beside it."""
        number = len(self.rows)
        self.rows.append(
            {
                "message_id": f"planted-{number}",
                "source": "planted",
                "kind": "touch",
                "name": "seen",
                "channel": "web",
                "key_namespace": key[0],
                "key_type": key[1],
                "key_value": key[2],
                "other_keys": None if other is None else json.dumps([other]),
                "occurred_at": START + timedelta(minutes=7 * number),
                "traits": None,
                **columns,
            }
        )

    @property
    def table(self) -> pa.Table:
        """The rows as the engine takes them."""
        return pa.Table.from_pylist(self.rows)


def household_rows(seed: int, first: int, *, families: int = 25) -> Planted:
    """Returns what the simulated company lacks: households and firms that share devices, numbers and addresses.

    Args:
        seed: of the order in which people come.
        first: the number of the first new person.
        families: how many of each kind.
    """
    rng, planted = random.Random(seed), Planted()
    for number in range(families):
        _tablet(planted, rng, first, number)
        _landline(planted, first, number)
        _father_and_son(planted, first, number)
    for number in range(families // 5):
        _house_address(planted, first, number)
        _shop_tablet(planted, rng, first, number)
    _default_values(planted, first, families * 8)
    _test_account(planted, first, families * 2)
    rng.shuffle(planted.rows)
    return planted


def _tablet(planted: Planted, rng: random.Random, first: int, number: int) -> None:
    """Two people sign in by turns on one tablet; each has a telephone of their own."""
    tablet = ("web", "device", f"tablet-{number}")
    people = [planted.person(first) for _ in range(2)]
    for _ in range(6):
        person, account = rng.choice(people)
        planted.own(tablet, person)
        planted.says(account, tablet)
    for person, account in people:
        planted.own(tablet, person)
        planted.own(("app", "device", f"phone-{person}"), person)
        planted.says(account, tablet)
        planted.says(("app", "device", f"phone-{person}"), account)


def _landline(planted: Planted, first: int, number: int) -> None:
    """Three people of one household call from its telephone."""
    line = ("callcentre", "phone", f"+4930{number:07d}")
    for _ in range(3):
        person, account = planted.person(first)
        planted.own(line, person)
        planted.says(line, account, channel="phone")


def _father_and_son(planted: Planted, first: int, number: int) -> None:
    """Two people of one name gave one address; each has a number in the shop and a browser."""
    address = f"family{number}@example.org"
    for _ in range(2):
        person, account = planted.person(first)
        browser = ("web", "device", f"browser-{person}")
        planted.own(browser, person)
        planted.own(("chat", "email", address), person)
        planted.says(account, browser, traits=json.dumps({"name": f"Jan Berg {number}", "email": address}))
        planted.says(("chat", "email", address.title()), account, channel="chat")
    planted.owners[("chat", "email", address.title())] = planted.owners.pop(("chat", "email", address))


def _house_address(planted: Planted, first: int, number: int) -> None:
    """Ten people order with the address of their firm, which gets a newsletter as well."""
    address = f"office@firm{number}.example.com"
    for _ in range(10):
        person, account = planted.person(first)
        planted.own(("newsletter", "email", address), person)
        planted.says(account, traits=json.dumps({"email": address}))
    planted.says(("newsletter", "email", address))


def _shop_tablet(planted: Planted, rng: random.Random, first: int, number: int) -> None:
    """Forty customers look at their orders on a device in a store that nobody declared to be shared."""
    device = ("web", "device", f"counter-{number}")
    planted.owners[device] = frozenset()
    for _ in range(40):
        person, account = planted.person(first)
        phone = ("callcentre", "phone", f"+4917{person:08d}")
        planted.own(phone, person)
        planted.says(account, device)
        planted.says(phone, account, channel="phone")
        if rng.random() < 0.5:
            planted.says(account, device)


def _default_values(planted: Planted, first: int, count: int) -> None:
    """A CRM writes the same where it knows nothing: an address, a telephone number, a device."""
    defaults = (
        ("crm", "phone", "000-000"),
        ("crm", "email", "unknown@example.com"),
        ("web", "device", "00000000-0000-0000-0000-000000000000"),
    )
    for default in defaults:
        planted.owners[default] = frozenset()
    for number in range(count):
        _, account = planted.person(first)
        columns = {"traits": json.dumps({"email": "unknown@example.com"})}
        planted.says(account, defaults[number % 3], **columns)


def _test_account(planted: Planted, first: int, count: int) -> None:
    """Somebody tries the shop with an account of the developers, on the devices of many people."""
    account = ("shop", "customer_id", "test")
    planted.owners[account] = frozenset()
    for _ in range(count):
        person, own = planted.person(first)
        device = ("web", "device", f"laptop-{person}")
        planted.own(device, person)
        planted.says(own, device)
        planted.says(account, device)


def statements(tables: Iterable[pa.Table]) -> set[Statement]:
    """Returns which keys rows name together, and which addresses they give: (key, key) or (key, address)."""
    found: set[Statement] = set()
    for table in tables:
        telling = table.filter(pc.or_(pc.is_valid(table["other_keys"]), pc.is_valid(table["traits"])))
        for row in telling.select(["key_namespace", "key_type", "key_value", "other_keys", "traits"]).to_pylist():
            key = (row["key_namespace"], row["key_type"], row["key_value"])
            for other in json.loads(row["other_keys"] or "[]"):
                found.add((key, (other[0], other[1], other[2])))
            address = json.loads(row["traits"] or "{}").get("email")
            if address:
                found.add((key, hub(address)))
    return found


def hub(address: str) -> Key:
    """Returns what stands for an address, whichever source gave it."""
    return HUB, "email", address.strip().lower()


def _graph(owners: Owners, told: Iterable[Statement]) -> Any:
    graph = nx.Graph()
    graph.add_nodes_from(owners)
    graph.add_edges_from((key, hub(key[2])) for key in owners if key[1] == "email")
    graph.add_edges_from(told)
    return graph


def naive(owners: Owners, told: Iterable[Statement]) -> list[set[Key]]:
    """Returns the connected components of all that was said: what one gets without guards."""
    return list(nx.connected_components(_graph(owners, told)))


def _knowable(owners: Owners, told: Iterable[Statement]) -> list[set[Key]]:
    """Returns which keys the log ties for whoever knew which statements are true of one person alone."""
    graph = _graph(owners, told)
    nobodys = [key for key, persons in owners.items() if len(persons) != 1]
    users: dict[Key, set[int]] = defaultdict(set)
    for a, b in graph.edges:
        for key, other in ((a, b), (b, a)):
            if key[0] == HUB:
                users[key] |= owners.get(other, frozenset())
    graph.remove_nodes_from(nobodys)
    graph.remove_nodes_from([key for key, persons in users.items() if len(persons) != 1])
    wrong = [(a, b) for a, b in graph.edges if _persons(owners, users, a) != _persons(owners, users, b)]
    graph.remove_edges_from(wrong)
    return list(nx.connected_components(graph))


def _persons(owners: Owners, users: Mapping[Key, set[int]], key: Key) -> frozenset[int]:
    return frozenset(users[key]) if key[0] == HUB else owners[key]


@dataclass(frozen=True, eq=False)
class Answer:
    """A share of pairs: per customer how many are right and how many there are. The sum of two is that of both."""

    counts: NDArray[np.int64]

    @classmethod
    def of(cls, counted: Iterable[tuple[int, int]]) -> Answer:
        """Returns the share of pairs that were counted by customer."""
        return cls(np.array(list(counted), np.int64).reshape(-1, 2))

    def __add__(self, other: Answer) -> Answer:
        return Answer(np.concatenate([self.counts, other.counts]))

    @property
    def share(self) -> float:
        """Right pairs of all."""
        right, of = self.counts.sum(axis=0)
        return float(right / of)

    @property
    def interval(self) -> tuple[float, float]:
        """The interval of 95 %: pairs of one customer hang together and are worth less than as many single ones."""
        right, of = self.counts.T
        if 0 < self.share < 1:
            who = np.repeat(np.arange(len(of)), of)
            within = np.arange(of.sum()) - np.repeat(np.cumsum(of) - of, of)
            sums = tally((within < np.repeat(right, of)).astype(int).tolist(), (0, 1), who.tolist())
        else:  # no spread from which to learn how much they hang together: a customer counts once
            sums = tally((right > 0).astype(int).tolist(), (0, 1))
        found = share(sums)
        return float(found.low[0]), float(found.high[0])

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.share:.4f} [{low:.4f}, {high:.4f}]"


@dataclass(frozen=True)
class Score:
    """How an answer compares with the truth.

    Attributes:
        precision: of the pairs that it brings together, those of one person.
        recall: of the pairs that the log ties, those that it brings together.
        of_all: of all pairs of one person's keys, also those that nothing in the log ties.
        fused: customers that hold keys of more than one person.
    """

    precision: Answer
    recall: Answer
    of_all: Answer
    fused: list[frozenset[Key]]


def score(owners: Owners, told: Sequence[Statement] | set[Statement], found: Iterable[Iterable[Key]]) -> Score:
    """Scores who is who.

    Args:
        owners: the truth.
        told: what the log says.
        found: the keys of each customer; those that are missing are alone.
    """
    customers = [frozenset(keys) & owners.keys() for keys in found]
    parts = {key: number for number, keys in enumerate(_knowable(owners, told)) for key in keys}
    place = {key: number for number, keys in enumerate(customers) for key in keys}
    own = {key: next(iter(persons)) for key, persons in owners.items() if len(persons) == 1}
    return Score(
        precision=Answer.of(_brought_together(owners, own, customers)),
        recall=Answer.of(_found_pairs(own, place, parts)),
        of_all=Answer.of(_found_pairs(own, place, None)),
        fused=[keys for keys in customers if len({own[key] for key in keys if key in own}) > 1],
    )


def _brought_together(
    owners: Owners, own: Mapping[Key, int], customers: Iterable[frozenset[Key]]
) -> Iterator[tuple[int, int]]:
    """Gives for each customer how many of its pairs are right, and how many there are."""
    for keys in customers:
        persons = Counter(own[key] for key in keys if key in own)
        mine = sum(persons.values())
        right = sum(count * (count - 1) // 2 for count in persons.values())
        wrong = mine * (mine - 1) // 2 - right
        for key in keys - own.keys():
            wrong += sum(count for person, count in persons.items() if person not in owners[key])
        if right + wrong:
            yield right, right + wrong


def _found_pairs(
    own: Mapping[Key, int], place: Mapping[Key, int], parts: Mapping[Key, int] | None
) -> Iterator[tuple[int, int]]:
    """Gives for each person how many of the pairs to be found are found, and how many there are."""
    of: dict[int, list[Key]] = defaultdict(list)
    for key, person in own.items():
        of[person].append(key)
    for keys in of.values():
        pairs = [(a, b) for a, b in combinations(keys, 2) if parts is None or parts[a] == parts[b]]
        if pairs:
            yield sum(place.get(a, a) == place.get(b, b) for a, b in pairs), len(pairs)


def resolved(folder: Path, tables: Iterable[pa.Table], *, every: int = 0) -> list[set[Key]]:
    """Returns who is who in a new workspace by the product itself: the keys of each customer that has several.

    Args:
        folder: of the workspace; must not exist.
        tables: the rows that come, in the order in which they come.
        every: after how many tables identities are brought up to date; 0 for once at the end.
    """
    from cxloop.runtime import derivations
    from cxloop.runtime.folder import Folder
    from cxloop.runtime.workspace import open_workspace

    cxloop.create(folder).close()
    workspace = open_workspace(Folder(folder))
    try:
        for number, table in enumerate(tables, 1):
            workspace.engine.admit(table, now=workspace.now())
            if every and number % every == 0:
                derivations.run(workspace)
        derivations.run(workspace)
        return customers_of(workspace.engine)
    finally:
        workspace.close()


def customers_of(engine: Engine) -> list[set[Key]]:
    """Returns the keys of each customer that has several."""
    found: dict[int, set[Key]] = defaultdict(set)
    for row in engine.fetch(CUSTOMERS).to_pylist():
        if row["namespace"] != HUB:
            found[row["customer_id"]].add((row["namespace"], row["type"], row["value"]))
    return list(found.values())
