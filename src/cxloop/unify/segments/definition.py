"""Definitions of segments: documents in the records, read and checked against what an interaction has."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.expr import (
    AGGREGATES,
    CustomerCondition,
    ExpressionError,
    Fact,
    ValueType,
    evaluate,
    infer,
    parse_customer,
)
from cxloop.core.expr.aggregates import aggregate_types
from cxloop.engine.dimensions import LOG_FACTS, Dimension, Dimensions
from cxloop.store import documents

if TYPE_CHECKING:
    from cxloop.core.config import Experience
    from cxloop.store.base import Store

__all__ = ["EVENT_TEXTS", "KIND", "Definition", "Read", "check_name", "definition", "definitions", "read"]

KIND = "segment"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
EVENT_TEXTS = ("name", "path")
"""What the dictionary of events knows of an interaction beyond the dimensions."""
_VALUES: frozenset[ValueType] = frozenset({"number", "text", "unknown", "null"})


@dataclass(frozen=True, slots=True)
class Definition:
    """The newest version of a segment's definition; an empty `where` means that it was dropped."""

    name: str
    where: str
    about: str
    version: int
    created_at: datetime

    @property
    def digest(self) -> str:
        """Names what is computed: the same for versions that differ in words for people only."""
        return hashlib.sha256(self.where.encode()).hexdigest()[:16]


def check_name(name: str) -> str:
    """Returns the name; raises InputError where `segment.<name>` could not be written in a condition."""
    if _NAME.fullmatch(name) is None:
        raise InputError(
            f"{name!r} cannot name a segment. Use up to 40 small letters, digits and underscores, a letter first: "
            "late_and_unhappy."
        )
    return name


def definitions(store: Store) -> list[Definition]:
    """Returns the newest definition of every segment, by name; without those that were dropped."""
    found = [_definition(document) for document in documents.newest(store, KIND)]
    return [each for each in found if each.where]


def definition(store: Store, name: str) -> Definition:
    """Returns the newest definition of a segment; raises UnknownNameError where there is none."""
    known = {each.name: each for each in definitions(store)}
    if name not in known:
        raise UnknownNameError("segment", name, known)
    return known[name]


def _definition(document: documents.Definition) -> Definition:
    content = document.content
    return Definition(
        document.name, str(content["where"]), str(content["about"]), document.version, document.created_at
    )


@dataclass(frozen=True)
class Read:
    """A definition that was read and fits the workspace.

    Attributes:
        condition: the definition.
        types: type of each column of its tree.
        values: type of the value of each fact that takes one.
        names: names of the events' dictionary to what stands for them: dimensions; None for a column of the log.
        everybody: whether it holds for a customer to whom nothing of it happened, so that all have to be looked at.
    """

    condition: CustomerCondition
    types: Mapping[str, ValueType]
    values: Mapping[Fact, ValueType]
    names: Mapping[str, Dimension | None]
    everybody: bool


def read(where: str, experience: Experience) -> Read:
    """Returns a definition as it can be computed.

    Args:
        where: the definition as text.
        experience: knows the dimensions.

    Raises:
        ExpressionError: it cannot be read, or types do not go together.
        UnknownNameError: it names something that no interaction has.
    """
    condition = parse_customer(where)
    names = _resolved(condition, Dimensions(experience))
    row: dict[str, ValueType] = {name: LOG_FACTS.get(name, "text") for name in names}
    values = _value_types(condition, row)
    types = aggregate_types(condition, values)
    kind = infer(condition.tree, types)
    if kind not in ("boolean", "null"):
        raise ExpressionError(f"This is a {kind} and not a condition. Compare it with something: count(...) >= 2.")
    nothing = {condition.column(place): _EMPTY.get(each.function) for place, each in enumerate(condition.aggregates)}
    return Read(condition, types, values, names, everybody=evaluate(condition.tree, nothing) is True)


_EMPTY: Mapping[str, float | bool] = {"count": 0, "sum": 0.0, "ever": False, "never": True}
"""What aggregates say of a customer to whom nothing happened; the others are null."""


def _resolved(condition: CustomerCondition, known: Dimensions) -> dict[str, Dimension | None]:
    found: dict[str, Dimension | None] = {}
    for name in condition.names:
        try:
            found[name] = None if name in LOG_FACTS or name in EVENT_TEXTS else known.resolve(name)
        except UnknownNameError:
            names = [*known.names(), *LOG_FACTS, *EVENT_TEXTS, "properties.<name>"]
            raise UnknownNameError("name in a segment", name, names) from None
    return found


def _value_types(condition: CustomerCondition, row: Mapping[str, ValueType]) -> dict[Fact, ValueType]:
    types: dict[Fact, ValueType] = {}
    for each in condition.aggregates:
        fact = each.fact
        if fact is None:
            continue
        if fact.when is not None and (kind := infer(fact.when, row)) not in ("boolean", "null", "unknown"):
            raise ExpressionError(
                f"{each.function}(...) needs a condition there, not {kind}. Compare it with something.", fact.when.at
            )
        if fact.value is not None:
            types[fact] = _value_type(each.function, fact, row)
    return types


def _value_type(function: str, fact: Fact, row: Mapping[str, ValueType]) -> ValueType:
    assert fact.value is not None
    kind = infer(fact.value, row)
    wanted = _VALUES if AGGREGATES[function].gives == "same" else _VALUES - {"text"}
    if kind not in wanted:
        takes = "numbers and texts" if "text" in wanted else "numbers"
        raise ExpressionError(f"{function}(...) takes {takes}, not {kind}.", fact.value.at)
    return "text" if kind == "text" else "number"
