"""Records of a workspace: one per key that carries traits, with what is known of it before matching."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cxloop.unify.identity.rules import Rules
from cxloop.unify.matching import queries
from cxloop.unify.matching.fields import FIELDS, field_of
from cxloop.unify.matching.ledger import Said

if TYPE_CHECKING:
    import pyarrow as pa

    from cxloop.engine.base import Analysis

__all__ = ["People", "gather_people", "pairs_of_places", "values_of"]

_NESTED = ("address", "name")
"""Traits that some sources send as an object: its members are traits."""


@dataclass(frozen=True)
class People:
    """The records of a workspace. Records are known by their places.

    Attributes:
        keys: the key of each record.
        table: what each says, by field, as its source wrote it.
        hashes: of what each says: another one than last time means that it changed.
        groups: the customer of each by what was not estimated.
        alone: "namespace:type" of each whose key is unique in its namespace.
        customers: of every key that shares a customer, which one, by what was not estimated.
    """

    keys: list[int]
    table: pa.Table
    hashes: list[int]
    groups: list[int]
    alone: list[str | None]
    customers: Mapping[int, int]


def gather_people(ws: Analysis) -> People:
    """Returns the records of a workspace."""
    import pyarrow as pa

    told = values_of(ws.engine.fetch(queries.TOLD).to_pylist())
    rules = Rules.of(ws.experience)
    named = ws.engine.fetch(queries.KEYS_OF).to_pylist()
    kinds = {row["key_id"]: (row["namespace"], row["type"]) for row in named}
    for row in named:
        known = field_of(row["type"])
        if known is not None and row["key_id"] in told and known.name in ("email", "phone"):
            told[row["key_id"]].setdefault(known.name, row["value"])
    keys = sorted(key for key, values in told.items() if values and key in kinds)
    columns = {
        field.name: pa.array([told[key].get(field.name) for key in keys], pa.string())
        for field in FIELDS
        if any(field.name in told[key] for key in keys)
    }
    customers = {row["key_id"]: row["customer_id"] for row in ws.engine.fetch(queries.CERTAIN_CUSTOMERS).to_pylist()}
    return People(
        keys=keys,
        table=_named(columns, len(keys)),
        hashes=[_hash(told[key]) for key in keys],
        groups=[customers.get(key, key) for key in keys],
        alone=[":".join(kinds[key]) if rules[kinds[key]].rule == "unique" else None for key in keys],
        customers=customers,
    )


def values_of(rows: Iterable[Mapping[str, Any]]) -> dict[int, dict[str, str]]:
    """Returns what sources say of each key, by field, as they wrote it; of two traits of one field the first.

    Args:
        rows: key, name and newest value of each trait.
    """
    told: dict[int, dict[str, str]] = defaultdict(dict)
    for row in rows:
        for name, value in _members(row["name"], row["value"]):
            field = field_of(name)
            if field is not None and value.strip():
                told[row["key_id"]].setdefault(field.name, value)
    return told


def _members(name: str, value: str) -> list[tuple[str, str]]:
    if name not in _NESTED or not value.startswith("{"):
        return [(name, value)]
    try:
        found: Any = json.loads(value)
    except ValueError:
        return [(name, value)]
    prefix = "address." if name == "address" else ""
    return [(f"{prefix}{key}", str(inner)) for key, inner in found.items() if inner is not None]


def _named(columns: Mapping[str, pa.Array[Any]], count: int) -> pa.Table:
    import pyarrow as pa

    # a field is also one of the names that sources may give it, so that the same way leads from here as from any table
    by_name = {_a_name(name): values for name, values in columns.items()}
    return pa.table(by_name) if by_name else pa.table({"firstname": pa.nulls(count, pa.string())})


def _a_name(field: str) -> str:
    return next(min(each.names) for each in FIELDS if each.name == field)


def _hash(values: Mapping[str, str]) -> int:
    from hashlib import blake2b

    said = json.dumps(sorted(values.items())).encode()
    return int.from_bytes(blake2b(said, digest_size=8).digest(), "big", signed=True)


def pairs_of_places(people: People, said: Said) -> set[tuple[int, int]]:
    """Returns the places of records that a person said to be two persons.

    What was said of a key holds for the customer that it certainly belongs to.
    """
    first: dict[int, int] = {}
    for place, group in enumerate(people.groups):
        first.setdefault(group, place)
    found = set()
    for one, other in said.apart:
        left = first.get(people.customers.get(one, one))
        right = first.get(people.customers.get(other, other))
        if left is not None and right is not None and left != right:
            found.add((min(left, right), max(left, right)))
    return found
