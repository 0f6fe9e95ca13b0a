"""A tracking plan as a document: what is kept, what may stand in a file, and what is wrong with one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cxloop.collect.tracking.checker import KIND, compiled
from cxloop.collect.tracking.shape import DIALECT
from cxloop.core.errors import InputError, Mistake, MistakesError, UnknownNameError
from cxloop.store import documents

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError as SchemaError

    from cxloop.store.base import Store
    from cxloop.store.context import Operations

__all__ = ["Mode", "Plan", "Planned", "Seen", "SeenProperty", "find", "read_file", "require", "save", "sources"]

Mode: TypeAlias = Literal["allow", "flag", "reject"]
"""What is done with an event that does not fit: nothing, taken and marked, or not taken."""
_MOST_BYTES = 5_000_000
_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class SeenProperty(_Model):
    """How often a property was there, and with which types."""

    n: int
    types: dict[str, int]


class Seen(_Model):
    """From what an event was learned: how many, of which days (ISO moments, UTC), and its properties by place."""

    n: int
    since: str
    until: str
    properties: dict[str, SeenProperty] = {}


class Planned(_Model):
    """One event of a plan.

    Attributes:
        schema_: the JSON Schema of its properties (of its traits, for identify and group).
        mode: what is done with one that does not fit; None for what the plan says.
        edited: whether a person wrote the schema: then learning leaves it alone.
        seen: from what it was learned last.
    """

    schema_: dict[str, Any] = Field(alias="schema")
    mode: Mode | None = None
    edited: bool = False
    seen: Seen | None = None


class Plan(_Model):
    """The plan of one source.

    Attributes:
        mode: what is done with an event that does not fit its schema, unless the event says otherwise.
        unknown: what is done with an event that the plan does not know.
        events: by name; a call that is no track by its kind: page, identify.
        rare: events that came too rarely to learn from, and how often.
    """

    mode: Mode = "allow"
    unknown: Mode = "allow"
    events: dict[str, Planned] = {}
    rare: dict[str, int] = {}

    def content(self) -> dict[str, Any]:
        """Returns the plan as plain JSON values, as it is stored and shown."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def mode_of(self, event: str) -> Mode:
        """Returns what is done with an event of the plan that does not fit."""
        return self.events[event].mode or self.mode


def find(store: Store, source: str) -> tuple[Plan, int]:
    """Returns the newest plan of a source and its version; an empty plan and 0 where there is none."""
    for found in documents.newest(store, KIND):
        if found.name == source:
            return Plan.model_validate(dict(found.content)), found.version
    return Plan(), 0


def sources(store: Store) -> list[str]:
    """Returns the sources that have a plan."""
    return documents.names(store, KIND)


def require(store: Store, source: str) -> tuple[Plan, int]:
    """Returns the newest plan of a source and its version; raises InputError where there is none."""
    plan, version = find(store, source)
    if not version:
        known = sources(store)
        if known:
            raise UnknownNameError("tracking plan", source, known)
        raise InputError(f"There is no tracking plan of {source!r} yet. Learn one: cxloop collect learn {source}.")
    return plan, version


def save(ws: Operations, source: str, plan: Plan) -> int:
    """Adds a version and returns its number; the newest one where nothing is different."""
    return documents.save(ws.store, KIND, source, plan.content(), author_id=ws.actor.account_id).version


def read_file(path: Path) -> Plan:
    """Returns the plan that a JSON file holds.

    It may be what `cxloop collect plan --json` printed, a plan alone, or only {"events": {NAME: SCHEMA}}.

    Raises:
        InputError: it cannot be read, or is no JSON.
        MistakesError: it is no plan; names each event and place.
    """
    given = _json(path)
    if isinstance(given, dict) and isinstance(given.get("plan"), dict):
        given = given["plan"]
    if not isinstance(given, dict) or not isinstance(given.get("events"), dict):
        raise MistakesError(path.name, [Mistake("events", 'A plan is a JSON object with "events": {NAME: SCHEMA}.')])
    events = {name: _as_planned(event) for name, event in given["events"].items()}
    try:
        plan = Plan.model_validate({**given, "events": events})
    except ValidationError as failure:
        raise MistakesError(path.name, [_mistake(error) for error in failure.errors()]) from None
    mistakes = [mistake for name, event in plan.events.items() for mistake in _schema_mistakes(name, event.schema_)]
    if mistakes:
        raise MistakesError(path.name, mistakes)
    return plan


def _json(path: Path) -> Any:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path.name} has more than {_MOST_BYTES:,} bytes; a tracking plan is far smaller.")
        return json.loads(path.read_bytes())
    except OSError as failure:
        raise InputError(f"{path} cannot be read: {failure.strerror}.") from None
    except (ValueError, RecursionError) as failure:
        raise InputError(f"{path.name} is no JSON: {failure}.") from None


def _as_planned(event: Any) -> Any:
    """A bare schema stands for an event that has nothing else to say."""
    bare = isinstance(event, dict) and "schema" not in event
    return {"schema": event} if bare else event


def _mistake(error: Mapping[str, Any]) -> Mistake:
    where = ".".join(str(step) for step in error["loc"])
    return Mistake(where, f"{error['msg']} (got {str(error['input'])[:60]!r})")


def _schema_mistakes(event: str, schema: Mapping[str, Any]) -> list[Mistake]:
    """What JSON Schema itself says of a schema, at the place in it."""
    import jsonschema_rs

    if schema.get("$schema", DIALECT) != DIALECT:
        return [Mistake(f"events.{event}.$schema", f"Only {DIALECT} is understood, not {schema['$schema']!r}.")]
    try:
        compiled(schema)
    except jsonschema_rs.ValidationError as failure:
        where = "".join(f"/{step}" for step in failure.instance_path)
        return [Mistake(f"events.{event}{where}", _in_words(failure))]
    return []


def _in_words(failure: SchemaError) -> str:
    if list(failure.instance_path[-1:]) == ["type"] and failure.kind.name == "anyOf":
        return f"{failure.instance!r} is no type. Known: {', '.join(_TYPES)}."
    return f"{failure.message}."
