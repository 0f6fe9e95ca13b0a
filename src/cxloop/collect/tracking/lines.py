"""A plan as lines for people, and the difference between two plans in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cxloop.collect.tracking.document import Plan, Planned
from cxloop.collect.tracking.results import PlanLine

__all__ = ["changes", "holds", "lines", "properties", "said_type", "spoken"]

_MOST_SHOWN = 4
"""Values of a list in a line for people; the JSON Schema has them all."""


def lines(plan: Plan) -> tuple[PlanLine, ...]:
    """Returns one line per event and one per property, also those inside of others."""
    return tuple(line for name, event in plan.events.items() for line in _event_lines(name, event, plan.mode_of(name)))


def _event_lines(name: str, event: Planned, mode: str) -> Iterator[PlanLine]:
    seen = event.seen
    yield PlanLine(name, "", "edited" if event.edited else "", None, mode, None, seen.n if seen else None)
    for place, (schema, required) in properties(event.schema_).items():
        found = seen.properties.get(place) if seen else None
        share = found.n / seen.n if found and seen and seen.n and place.count("/") == 1 else None
        yield PlanLine(name, spoken(place), said_type(schema), required, mode, share, found.n if found else None)


def properties(schema: Mapping[str, Any]) -> dict[str, tuple[Mapping[str, Any], bool | None]]:
    """Returns place (a JSON pointer) to schema, and whether it is required."""
    return dict(_properties("", schema))


def _properties(place: str, schema: Any) -> Iterator[tuple[str, tuple[Mapping[str, Any], bool | None]]]:
    if not isinstance(schema, dict):
        return  # true and false are schemas, too
    inner, required = schema.get("properties"), schema.get("required", [])
    for name, below in inner.items() if isinstance(inner, dict) else ():
        step = "~2" if name == "*" else name.replace("~", "~0").replace("/", "~1")
        here = f"{place}/{step}"
        yield here, (below if isinstance(below, dict) else {}, name in required)
        yield from _properties(here, below)
    items = schema.get("items")
    if isinstance(items, dict):
        here = f"{place}/*"
        yield here, (items, None)
        yield from _properties(here, items)


def holds(found: tuple[Mapping[str, Any], bool | None] | None) -> bool:
    """Whether a schema of a plan says what is inside, so that something else there is new."""
    return found is not None and ("properties" in found[0] or "items" in found[0])


def spoken(place: str) -> str:
    """Returns a place as people write it.

    Example:
        >>> spoken("/products/*/price"), spoken("/a~1b")
        ('products[].price', 'a/b')
    """
    said = ""
    for step in place.split("/")[1:]:
        name = "[]" if step == "*" else "." + step.replace("~2", "*").replace("~1", "/").replace("~0", "~")
        said += name
    return said.removeprefix(".")


def said_type(schema: Mapping[str, Any]) -> str:
    """Returns what a schema allows, in a few words.

    Example:
        >>> said_type({"type": ["null", "string"], "format": "email"}), said_type({"type": "string", "enum": ["a"]})
        ('string (email) or null', 'string: a')
        >>> said_type({})
        'anything'
    """
    given = schema.get("type", [])
    types = [given] if isinstance(given, str) else sorted(given, key=lambda name: name == "null")
    form = f" ({schema['format']})" if "format" in schema else ""
    said = " or ".join(f"{name}{form}" if name == "string" else str(name) for name in types) or "anything"
    options = schema.get("enum")
    if isinstance(options, list):
        shown = [str(option) for option in options if option is not None]
        more = f", … ({len(shown)} in all)" if len(shown) > _MOST_SHOWN else ""
        said += f": {', '.join(shown[:_MOST_SHOWN])}{more}"
    return said


def changes(before: Plan, after: Plan) -> list[tuple[str, str, str]]:
    """Returns event, property and what is different, in words."""
    found: list[tuple[str, str, str]] = []
    for name in sorted({*before.events, *after.events}):
        old, new = before.events.get(name), after.events.get(name)
        if old is None or new is None:
            found.append((name, "", "new" if old is None else "no longer in the plan"))
        elif old.schema_ != new.schema_:
            found += [(name, place, what) for place, what in _schema_changes(old.schema_, new.schema_)]
    return found


def _schema_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    old, new = properties(before), properties(after)
    if not any(place in new and new[place] == old[place] for place in old) and not (old or new):
        yield "", "other rules"
    for place in sorted({*old, *new}):
        if place not in old:
            yield spoken(place), f"new: {said_type(new[place][0])}"
        elif place not in new:
            yield spoken(place), "no longer in the plan"
        else:
            yield from ((spoken(place), what) for what in _property_changes(old[place], new[place]))


def _property_changes(
    before: tuple[Mapping[str, Any], bool | None], after: tuple[Mapping[str, Any], bool | None]
) -> Iterator[str]:
    was, now = said_type(before[0]), said_type(after[0])
    if was != now:
        yield f"{was} became {now}"
    if before[1] != after[1]:
        yield "now required" if after[1] else "no longer required"
