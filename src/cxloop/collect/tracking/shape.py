"""From counts of what the properties of an event held to its JSON Schema: nothing that the events do not show.

The schema accepts every event that was counted (with a tolerance above 0: all but about that share of each property).
It never invents limits of numbers or lengths, and it leaves names it does not know alone.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["DIALECT", "MOST_NAMES", "Fact", "Variant", "Weighed", "event_schema"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MOST_NAMES = 100
"""An object with more different names is a dictionary that somebody keeps by id, and its names are no properties."""
_ITEM = "*"
"""The step to each item of a list; a property of that name is "~2"."""
_CERTAIN = 100
"""So many must be alike before a rule is made of it: that whole numbers stay whole, that texts keep to a list."""
_MOST_VALUES = 12
_LONGEST_VALUE = 40
_IDENTIFIER = re.compile(r"(?:^|[/_ .-])(?:id|ids|sku|uuid)(?:/[*])?$|[a-z](?:Id|Ids|ID|IDs)(?:/[*])?$", re.ASCII)
"""Identifiers of things: a shop of seven products will have an eighth."""
_EACH = 10
_SENDERS = 5


@dataclass(frozen=True, slots=True)
class Fact:
    """Values of one type at one place: how many, and how many of the texts are of which format."""

    type: str
    n: int
    formats: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Variant:
    """One text that a property held: as JSON, how often, and for how many customers."""

    value: str
    n: int
    senders: int


@dataclass(frozen=True, slots=True)
class Weighed:
    """All that is known of an event: how many there were, and by place (a JSON pointer) what was found there."""

    n: int
    facts: Mapping[str, tuple[Fact, ...]]
    values: Mapping[str, tuple[Variant, ...]] = field(default_factory=dict)


def event_schema(event: Weighed, *, tolerance: float = 0.0) -> dict[str, Any]:
    """Returns the schema of an event's properties.

    Args:
        event: what was counted.
        tolerance: share (0 to 1) of values that may be taken for mistakes: a type that is rarer is left out, and a
            property that is missing as rarely is required all the same.
    """
    children = _children(event.facts)
    return {"$schema": DIALECT, **_Learner(event, children, tolerance).object_schema("", children[""], event.n)}


def _children(places: Iterable[str]) -> Mapping[str, list[str]]:
    """Parent place to the last steps of the places in it; the whole event is the place ""."""
    found = defaultdict[str, list[str]](list)
    for place in places:
        parent, _, step = place.rpartition("/")
        found[parent].append(step)
    return found


@dataclass(frozen=True, slots=True)
class _Learner:
    event: Weighed
    children: Mapping[str, list[str]]
    tolerance: float

    def object_schema(self, place: str, steps: list[str], objects: int) -> dict[str, Any]:
        """The schema of `objects` objects that stood at `place`; what was in lists there is left aside."""
        schema: dict[str, Any] = {"type": "object"}
        steps = [step for step in steps if step != _ITEM]
        if not steps or len(steps) > MOST_NAMES:
            return schema
        places = {_unescaped(step): f"{place}/{step}" for step in sorted(steps, key=_unescaped)}
        schema["properties"] = {name: self.schema(inner) for name, inner in places.items()}
        required = [name for name, inner in places.items() if self._always(self._n(inner), objects)]
        if required:
            schema["required"] = required
        return schema

    def schema(self, place: str) -> dict[str, Any]:
        """The schema of what stood at one place."""
        facts = {fact.type: fact for fact in self._kept(place)}
        types = _merged_types(facts)
        if not types or types == {"null"}:
            return {}  # nobody has seen yet what it may be
        schema: dict[str, Any] = {"type": types.copy().pop() if len(types) == 1 else sorted(types)}
        if "string" in facts:
            schema |= self._text_rules(place, facts)
        if "object" in facts:
            schema |= self.object_schema(place, self.children.get(place, []), facts["object"].n) | {
                "type": schema["type"]
            }
        if "array" in facts and _ITEM in self.children.get(place, ()):
            items = self.schema(f"{place}/{_ITEM}")
            schema |= {"items": items} if items else {}
        return schema

    def _kept(self, place: str) -> list[Fact]:
        facts, total = self.event.facts[place], self._n(place)
        return [fact for fact in facts if fact.n > self.tolerance * total]

    def _n(self, place: str) -> int:
        return sum(fact.n for fact in self.event.facts[place])

    def _always(self, n: int, objects: int) -> bool:
        return n >= (1 - self.tolerance) * objects

    def _text_rules(self, place: str, facts: Mapping[str, Fact]) -> dict[str, Any]:
        """A format that every text has, or the list that texts keep to; only where nothing else than texts came."""
        texts = facts["string"]
        if set(facts) - {"string", "null"}:
            return {}
        for name, n in texts.formats.items():
            if texts.n >= _CERTAIN and self._always(n, texts.n):
                return {"format": name}
        options = [] if _IDENTIFIER.search(place) else _closed(self.event.values.get(place, ()), texts.n)
        if not options:
            return {}
        return {"enum": [*options, *([None] if "null" in facts else [])]}


def _merged_types(facts: Mapping[str, Fact]) -> set[str]:
    """Whole numbers are called so only where there were many: 49 and 59 of a price say nothing of 49.90."""
    types = set(facts)
    if "integer" in types and ("number" in types or facts["integer"].n < _CERTAIN):
        types = (types - {"integer"}) | {"number"}
    return types


def _closed(values: tuple[Variant, ...], texts: int) -> list[str]:
    """Returns the values if they are clearly all there are, else nothing.

    Each came often, so that a further one would have shown itself (a value with 1 in 50 events stays unseen in 500 with
    p < 0.0001), and from several customers, so that no plan holds what is one person's.
    """
    if not values or sum(value.n for value in values) != texts or len(values) > _MOST_VALUES:
        return []
    if texts < max(_CERTAIN, 50 * len(values)) or any(v.n < _EACH or v.senders < _SENDERS for v in values):
        return []
    options = [json.loads(value.value) for value in values]
    # what is written in digits is a number or somebody's id, and there will be others
    named = all(0 < len(option) <= _LONGEST_VALUE and not option.isdigit() for option in options)
    return sorted(options) if named else []


def _unescaped(step: str) -> str:
    return "*" if step == "~2" else step.replace("~1", "/").replace("~0", "~")
