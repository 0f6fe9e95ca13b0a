"""Holds an event against the plan of its source, while its sender waits: microseconds, and never a query.

Invariant: a plan is in force in every process within a second of its being saved; until then the one before it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cxloop.collect.tracking.events import described, event_name
from cxloop.collect.tracking.reasons import clipped, reasons
from cxloop.store import documents
from cxloop.store.changes import Following

if TYPE_CHECKING:
    from jsonschema_rs import Validator

    from cxloop.store.base import Store

__all__ = ["KIND", "Plans", "Verdict", "compiled"]

KIND = "tracking_plan"
"""The kind of the documents; their name is the source."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An event does not fit its plan: what to do with it, and why, in a sentence without its values."""

    mode: Literal["flag", "reject"]
    reason: str


@dataclass(frozen=True, slots=True)
class _Plan:
    """A plan ready to be asked: event to what to do with it and its schema, only for those that are not allowed all."""

    version: int
    known: frozenset[str]
    unknown: str
    checked: Mapping[str, tuple[Literal["flag", "reject"], Validator]]

    def check(self, event: Mapping[str, Any]) -> Verdict | None:
        name = event_name(event)
        found = self.checked.get(name)
        if found is None:
            if name in self.known or self.unknown == "allow":
                return None
            return Verdict(self.unknown, f"The tracking plan knows no event {clipped(name)!r}.")  # type: ignore[arg-type]
        mode, validator = found
        sent = described(event)
        if validator.is_valid(sent):
            return None
        return Verdict(mode, f"{clipped(name)!r} breaks the tracking plan: {reasons(validator.iter_errors(sent))}.")


class Plans:
    """The plans of all sources, kept ready. Safe to use from several threads; make one per process and keep it."""

    def __init__(self, store: Store, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Reads nothing yet.

        Args:
            store: the records, where the plans are documents.
            monotonic: seconds that only go forward.
        """
        self._store = store
        self._kept: Mapping[str, _Plan] = {}
        self._plans = Following(store, self._read, monotonic=monotonic)

    def check(self, source: str, event: Mapping[str, Any]) -> Verdict | None:
        """Returns what to do with an event that does not fit; None where it fits, or nothing is asked of it.

        Args:
            source: the source of its key.
            event: a call of the Segment protocol as it came, with `type`, `event`, `properties` or `traits`.
        """
        plan = self._plans.value.get(source)
        return None if plan is None else plan.check(event)

    def enforced(self, source: str) -> bool:
        """Whether any event of the source may get a verdict; where not, a caller need not decode for it."""
        plan = self._plans.value.get(source)
        return plan is not None and (bool(plan.checked) or plan.unknown != "allow")

    def forget(self) -> None:
        """Looks for changes at the next event, for who has just made one."""
        self._plans.forget()

    def close(self) -> None:
        """Closes the connection that notices changes."""
        self._plans.close()

    def _read(self) -> Mapping[str, _Plan]:
        """Compiles what is new, and keeps plans of the same version."""
        self._kept = {
            found.name: plan
            if (plan := self._kept.get(found.name)) is not None and plan.version == found.version
            else _compiled_plan(found.version, found.content)
            for found in documents.newest(self._store, KIND)
        }
        return self._kept


def compiled(schema: Mapping[str, Any]) -> Validator:
    """Returns a schema ready to be asked; raises ValueError that says what is wrong with it.

    Formats are checked, nothing is fetched from anywhere, and patterns take linear time whatever is sent to them.
    """
    import jsonschema_rs

    return jsonschema_rs.validator_for(
        dict(schema), validate_formats=True, offline=True, pattern_options=jsonschema_rs.RegexOptions()
    )


def _compiled_plan(version: int, content: Mapping[str, Any]) -> _Plan:
    events: Mapping[str, Any] = content.get("events", {})
    default = content.get("mode", "allow")
    checked: dict[str, tuple[Literal["flag", "reject"], Validator]] = {}
    for name, event in events.items():
        mode = event.get("mode") or default
        if mode not in ("flag", "reject"):
            continue
        try:
            checked[name] = (mode, compiled(event["schema"]))
        except ValueError:
            # saved by another version of cxloop, for this one checks what it saves: better to take what may be wrong
            # than to lose what is right
            continue
    return _Plan(version, frozenset(events), content.get("unknown", "allow"), checked)
