"""Changing a plan: what is done with events that do not fit, and plans that people wrote themselves."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from cxloop.collect.tracking import document, lines
from cxloop.collect.tracking.document import Mode, Plan
from cxloop.collect.tracking.drifting import RECENT_DAYS
from cxloop.collect.tracking.results import Enforced, Learned, TrackingPlan
from cxloop.collect.tracking.violations import check_recent
from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.wording import count, many

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["Choice", "enforce", "import_file", "show"]

Choice: TypeAlias = Literal["allow", "flag", "reject", "inherit"]


def show(ws: Operations, source: str) -> TrackingPlan:
    """Returns the newest plan of a source; raises InputError where there is none."""
    plan, version = document.require(ws.store, source)
    return TrackingPlan(source, version, plan.content(), lines.lines(plan))


def enforce(
    ws: Operations, source: str, mode: Choice, *, event: str | None, unknown: Mode | None, dry_run: bool
) -> Enforced:
    """Sets what is done with events that do not fit, and says what that would have meant for recent ones.

    Raises:
        InputError: there is no plan, or the plan does not know the event.
    """
    plan, version = document.require(ws.store, source)
    changed = _with_mode(plan, mode, event)
    if unknown is not None:
        changed = changed.model_copy(update={"unknown": unknown})
    until = ws.as_of
    checked = check_recent(ws, source, changed, until - timedelta(days=RECENT_DAYS), until)
    if not dry_run:
        version = document.save(ws, source, changed)
    shown = [event] if event is not None else list(changed.events)
    cells = []
    for name in shown:
        one = checked.get(name)
        cells.append(
            (name, changed.mode_of(name), one.n if one else 0, one.broken if one else 0, one.share if one else None)
        )
    n, broken = sum(int(row[2]) for row in cells), sum(int(row[3]) for row in cells)
    said = f"{_said(source, event, mode, version, dry_run=dry_run)}{_UNKNOWN[changed.unknown]}"
    return Enforced(
        f"{said} Of {many(n, 'event')} of the last {RECENT_DAYS} days that were looked at, {count(broken)} "
        f"{'does' if broken == 1 else 'do'} not fit.",
        ("event", "mode", "checked", "do_not_fit", "share"),
        tuple(cells),
    )


_DONE = {"allow": "is taken as it is", "flag": "is taken and flagged", "reject": "is refused"}

_UNKNOWN = {
    "allow": "",
    "flag": " Events that the plan does not know are flagged.",
    "reject": " Events that the plan does not know are refused.",
}


def _said(source: str, event: str | None, mode: Choice, version: int, *, dry_run: bool) -> str:
    """What changes, in a sentence."""
    done = "is treated as the rest of the plan" if mode == "inherit" else _DONE[mode]
    what = f"{event} that does not fit" if event else "what does not fit"
    if dry_run:
        return f"{source}: from then on, {what} {done}; nothing is changed yet."
    return f"{source}: from now on, {what} {done} (version {version})."


def _with_mode(plan: Plan, mode: Choice, event: str | None) -> Plan:
    if event is None:
        if mode == "inherit":
            raise InputError("inherit is for one event: name it with event. A plan itself is allow, flag or reject.")
        return plan.model_copy(update={"mode": mode})
    if event not in plan.events:
        raise UnknownNameError("event of the plan", event, plan.events)
    one = plan.events[event].model_copy(update={"mode": None if mode == "inherit" else mode})
    return plan.model_copy(update={"events": {**plan.events, event: one}})


def import_file(ws: Operations, source: str, path: Path) -> Learned:
    """Takes a plan from a file in place of the one there is; what differs from it counts as written by people.

    Raises:
        InputError: the file cannot be read.
        MistakesError: it is no plan.
    """
    before, _ = document.find(ws.store, source)
    given = document.read_file(path)
    events = {}
    for name, event in given.events.items():
        old = before.events.get(name)
        same = old is not None and old.schema_ == event.schema_
        events[name] = event.model_copy(
            update={"edited": old.edited if same and old else True, "seen": old.seen if old else None}
        )
    after = given.model_copy(update={"events": events, "rare": before.rare})
    version = document.save(ws, source, after)
    changes = lines.changes(before, after)
    again = f", {count(len(changes))} changes" if before.events else ""
    return Learned(
        f"{source}: {count(len(events))} events taken from {path.name} (version {version}{again}).",
        ("event", "property", "type", "required", "mode"),
        tuple((line.event, line.property, line.type, line.required, line.mode) for line in lines.lines(after)),
        versions=((source, version),),
        changes=tuple((source, *change) for change in changes) if before.events else (),
    )
