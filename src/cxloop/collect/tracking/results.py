"""What the verbs of the tracking plan return."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from cxloop.core.results import Records, Result, Value
from cxloop.core.wording import count

__all__ = ["Drift", "Enforced", "Learned", "PlanLine", "TrackingPlan"]


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One property of an event of a plan, for people; `property` is empty for the event itself."""

    event: str
    property: str
    type: str
    required: bool | None
    mode: str
    share: float | None
    n: int | None


@dataclass(frozen=True)
class TrackingPlan(Result):
    """The tracking plan of a source.

    Attributes:
        plan: the document with a JSON Schema per event, as it can be changed and imported again.
        lines: the same for people.
    """

    source: str
    version: int
    plan: dict[str, Any]
    lines: tuple[PlanLine, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per event and property."""
        return [
            {
                "event": line.event,
                "property": line.property,
                "type": line.type,
                "required": line.required,
                "mode": line.mode,
                "share": line.share,
                "n": line.n,
            }
            for line in self.lines
        ]

    def __str__(self) -> str:
        events = len(self.plan.get("events", {}))
        rare = self.plan.get("rare", {})
        seldom = "".join(f"\n  Seen too rarely: {name} ({count(n)})" for name, n in rare.items())
        return (
            f"Tracking plan of {self.source}, version {self.version}: {count(events)} "
            f"{'event' if events == 1 else 'events'}, mode {self.plan['mode']}, "
            f"unknown events: {self.plan['unknown']}.{seldom}"
        )


@dataclass(frozen=True)
class Learned(Records):
    """What learning found: one row per event and property, with how many there were, and what changed in the plan.

    Attributes:
        versions: source and version of the plans that were saved.
        changes: source, event, property and what is different from the version before.
        notes: what a person should know, such as events that came too rarely.
    """

    versions: tuple[tuple[str, int], ...] = ()
    changes: tuple[tuple[str, str, str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        changes = "".join(
            f"\n  {source}: {event}{f', {name}' if name else ''}: {what}" for source, event, name, what in self.changes
        )
        return "".join((self.summary, changes, *(f"\n  Note: {note}" for note in self.notes)))


@dataclass(frozen=True)
class Enforced(Records):
    """What is done with the events of a plan that do not fit it, event by event."""


@dataclass(frozen=True)
class Drift(Records):
    """What differs between a plan and recent traffic, one row per difference.

    Attributes:
        checked: source, how many events were looked at for violations, and of how many.
    """

    main: ClassVar[tuple[str, ...]] = ("source", "event", "property", "what", "detail", "n")

    checked: tuple[tuple[str, int, int], ...] = field(default=())
