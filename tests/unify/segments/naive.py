"""Segments in plain Python, row by row from the whole log: slow, short, and sharing no line with the product.

Only conditions over one interaction are evaluated by the language's own live side, which tests of the language hold
against SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from cxloop.core.expr import Aggregate, evaluate, parse_customer

NAMES = ("kind", "outcome", "metric", "score", "value", "channel")


@dataclass
class Log:
    """What happened, and whose each key is."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    owner: dict[str, str] = field(default_factory=dict)
    """Key to its customer, both by the value of the key; a key that is not in it is its own."""

    def customer(self, key: str) -> str:
        """Whose a key is."""
        return self.owner.get(key, key)

    def keys(self) -> set[str]:
        """Everybody who did something and is no bot."""
        return {row["who"] for row in self.rows if row.get("traffic") is None}

    def current(self) -> list[dict[str, Any]]:
        """The rows that no newer one revises, without those of bots."""
        return [row for row in self.rows if row.get("traffic") is None and not self._revised(row)]

    def _revised(self, row: Mapping[str, Any]) -> bool:
        for place, other in enumerate(self.rows):
            if other is row:
                continue
            if other.get("revises") == row["message_id"]:
                return True
            same = row.get("revises") is not None and other.get("revises") == row["revises"]
            if same and (other["known_at"], place) > (row["known_at"], self.rows.index(dict(row))):
                return True
        return False

    def members(self, where: str, now: datetime) -> set[str]:
        """Who is in a segment."""
        customers: dict[str, list[dict[str, Any]]] = {self.customer(key): [] for key in self.keys()}
        for row in self.current():
            customers[self.customer(row["who"])].append(row)
        return {who for who, rows in customers.items() if holds(where, rows, self._traits(who), now)}

    def _traits(self, who: str) -> dict[str, str]:
        told: dict[str, tuple[Any, str]] = {}
        for place, row in enumerate(self.rows):
            for name, value in (row.get("traits") or {}).items():
                if self.customer(row["who"]) == who:
                    told[name] = max(told.get(name, ((datetime.min, -1), "")), ((row["at"], place), value))
        return {name: value for name, (_, value) in told.items()}


def holds(where: str, rows: Sequence[Mapping[str, Any]], traits: Mapping[str, str], now: datetime) -> bool:
    """Whether a definition holds of a customer."""
    condition = parse_customer(where)
    values = {
        condition.column(place): value_of(each, rows, traits, now) for place, each in enumerate(condition.aggregates)
    }
    return evaluate(condition.tree, values) is True


def value_of(each: Aggregate, rows: Sequence[Mapping[str, Any]], traits: Mapping[str, str], now: datetime) -> Any:
    """What an aggregate says of a customer."""
    if each.fact is None:
        return traits.get(each.name)
    counted = []
    for row in rows:
        seen = {name: row.get(name) for name in NAMES}
        in_window = row["at"] <= now and (each.within is None or row["at"] > now - each.within)
        if in_window and (each.fact.when is None or evaluate(each.fact.when, seen) is True):
            value = 1 if each.fact.value is None else evaluate(each.fact.value, seen)
            if value is not None:
                counted.append((row["at"], row["number"], value))
    return _SAYS[each.function](sorted(counted), now)


def _exact(values: Iterable[Any]) -> Fraction:
    return sum((Fraction(value) for value in values), Fraction())


def _days(passed: timedelta) -> float:
    return passed / timedelta(days=1)


_SAYS: Mapping[str, Callable[[list[tuple[datetime, int, Any]], datetime], Any]] = {
    "count": lambda found, _now: len(found),
    "sum": lambda found, _now: round(float(_exact(value for *_, value in found)), 6),
    "average": lambda found, _now: (
        round(float(_exact(value for *_, value in found) / len(found)), 6) if found else None
    ),
    "lowest": lambda found, _now: min((value for *_, value in found), default=None),
    "highest": lambda found, _now: max((value for *_, value in found), default=None),
    "latest": lambda found, _now: found[-1][2] if found else None,
    "earliest": lambda found, _now: found[0][2] if found else None,
    "ever": lambda found, _now: bool(found),
    "never": lambda found, _now: not found,
    "days_since": lambda found, now: _days(now - found[-1][0]) if found else None,
    "days_since_first": lambda found, now: _days(now - found[0][0]) if found else None,
}
