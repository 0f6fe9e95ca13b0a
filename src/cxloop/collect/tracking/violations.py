"""How many recent events do not fit their schema, whatever their mode: what enforcing would do, before it is done."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cxloop.collect.tracking.checker import compiled
from cxloop.collect.tracking.document import Plan
from cxloop.collect.tracking.events import RESERVED
from cxloop.collect.tracking.queries import SAMPLE
from cxloop.collect.tracking.reasons import reasons

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["MOST_CHECKED", "Checked", "check_recent"]

MOST_CHECKED = 20_000
"""Enough that a share of 1 in 1,000 shows, and a moment's work."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Events of one name that were held against its schema: how many, how many broke it, and the commonest reason."""

    n: int
    broken: int
    reason: str

    @property
    def share(self) -> float:
        """Share (0 to 1) that broke it."""
        return self.broken / self.n if self.n else 0.0


def check_recent(ws: Operations, source: str, plan: Plan, since: datetime, until: datetime) -> Mapping[str, Checked]:
    """Holds recent events of a source, at most `MOST_CHECKED` of them chosen fairly, against the plan.

    Calls that have traits instead of properties are left out: the log keeps traits apart from the call.
    """
    wanted: dict[str, Any] = {"source": source, "since": since, "until": until, "most": MOST_CHECKED}
    validators = {name: compiled(event.schema_) for name, event in plan.events.items()}
    checked, broken = Counter[str](), dict[str, Counter[str]]()
    for row in ws.engine.fetch(SAMPLE, wanted).to_pylist():
        name = str(row["name"])
        if name not in validators or name in ("identify", "group"):
            continue
        sent = json.loads(row["properties"] or "{}")
        kept = {key: value for key, value in sent.items() if key not in RESERVED} if isinstance(sent, dict) else sent
        checked[name] += 1
        if not validators[name].is_valid(kept):
            broken.setdefault(name, Counter())[reasons(validators[name].iter_errors(kept))] += 1
    return {name: _checked(n, broken.get(name, Counter())) for name, n in checked.items()}


def _checked(n: int, broken: Counter[str]) -> Checked:
    return Checked(n, broken.total(), broken.most_common(1)[0][0] if broken else "")
