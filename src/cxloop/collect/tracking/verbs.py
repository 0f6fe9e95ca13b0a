"""The verbs of the tracking plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from cxloop.collect.tracking.results import Drift, Enforced, Learned, TrackingPlan
from cxloop.core.verbs import verb
from cxloop.store.context import Operations

__all__ = ["drift", "enforce", "import_plan", "learn", "plan"]

Moment = Annotated[str, Field(max_length=40)]
Source = Annotated[str, Field(min_length=1, max_length=200)]
Event = Annotated[
    Annotated[str, Field(max_length=1000)] | None, BeforeValidator(lambda given: None if given == "" else given)
]
"""A form that means the whole plan sends an empty text."""
Mode = Literal["allow", "flag", "reject"]
_DRIFT = ("collect.drift",)


@verb(part="collect", right="write", changes="records", outdates=_DRIFT)
def learn(
    ws: Operations,
    source: Source | None = None,
    *,
    since: Moment = "30d",
    until: Moment | None = None,
    least: Annotated[int, Field(ge=2, le=1_000_000)] = 20,
    tolerance: Annotated[float, Field(ge=0, le=0.2)] = 0.0,
    overwrite: bool = False,
) -> Learned:
    """Learns a tracking plan from the events in the log: a JSON Schema per event, with how often each property came.

    A new plan allows everything until `enforce` says otherwise. Learning again makes a new version and shows what is
    different; schemas that people wrote are left as they are.

    Args:
        source: Only this source; without it, every source of the log.
        since: Learn from events since then: a date, a date with time, or how far back (30d).
        until: Learn from events before then, written like `since`.
        least: An event that came fewer times is listed as seen too rarely, and not learned.
        tolerance: Share of values (0 to 0.2) that may be mistakes: rarer types are left out, and a property that is
            missing as rarely is required all the same. At 0 the plan accepts every event it was learned from.
        overwrite: Learn the events anew whose schema somebody wrote.
    """
    from cxloop.collect.tracking.learning import LearnRequest
    from cxloop.collect.tracking.learning import learn as learn_plans

    return learn_plans(ws, LearnRequest(source, since, until, least, tolerance, overwrite))


@verb(part="collect", right="read", limited="refuse")
def plan(ws: Operations, source: Source) -> TrackingPlan:
    """The tracking plan of a source: its events and their properties; with --json also the JSON Schemas.

    Args:
        source: The source.
    """
    from cxloop.collect.tracking.enforcing import show

    return show(ws, source)


@verb(part="collect", right="write", changes="records", outdates=_DRIFT)
def enforce(
    ws: Operations,
    source: Source,
    mode: Literal["allow", "flag", "reject", "inherit"],
    *,
    event: Event = None,
    unknown: Mode | None = None,
    dry_run: bool = False,
) -> Enforced:
    """Says what is done with events that do not fit the plan, and how many of the last seven days that would concern.

    Args:
        source: The source whose plan it is.
        mode: allow takes them; flag takes them and marks them; reject does not take them, and the sender is told why.
        event: Only this event; inherit lets it follow the plan again.
        unknown: What is done with events that the plan does not know: allow, flag or reject.
        dry_run: Show what it would mean, and change nothing.
    """
    from cxloop.collect.tracking.enforcing import enforce as enforce_plan

    return enforce_plan(ws, source, mode, event=event, unknown=unknown, dry_run=dry_run)


@verb(part="collect", right="write", changes="records", outdates=_DRIFT)
def import_plan(ws: Operations, source: Source, path: Path) -> Learned:
    """Takes a tracking plan from a JSON file in place of the one there is, such as an edited `collect plan --json`.

    Args:
        source: The source whose plan it becomes.
        path: A JSON file: what `collect plan --json` printed, or {"events": {NAME: SCHEMA}}.
    """
    from cxloop.collect.tracking.enforcing import import_file

    return import_file(ws, source, path)


@verb(part="collect", right="read", limited="refuse")
def drift(ws: Operations, source: Source | None = None) -> Drift:
    """What of the last seven days differs from the tracking plan: events, properties, types, violations.

    An event is called missing or rarer only where days differ anyway too little to explain it.

    Args:
        source: Only this source; without it, every source that has a plan.
    """
    from cxloop.collect.tracking.drifting import find_drift

    return find_drift(ws, source)
