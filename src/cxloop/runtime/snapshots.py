"""Results kept for pages: read at once, renewed in the background, still there after a restart."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cxloop.core.calls import canonical
from cxloop.core.host import Limits, Snapshot
from cxloop.core.results import Result
from cxloop.core.verbs import EVERYTHING, Verb
from cxloop.engine.query import Query

if TYPE_CHECKING:
    from cxloop.runtime.workspace import Workspace

__all__ = ["Call", "Snapshots"]

MOST_PER_VERB = 200
"""Pages ask a verb for a handful of splits; more are somebody exploring, and the oldest make room."""
LIVE_FOR = timedelta(minutes=15)
"""Where the log reaches to the present, "the last 30 days" moves on although nothing was added."""

KEPT = Query(
    name="runtime.snapshots",
    sql="select verb, arguments, result, position, computed_at from snapshots",
    inputs=("snapshots",),
    output={"verb": "text", "arguments": "json", "result": "json", "position": "bigint", "computed_at": "timestamp"},
)


@dataclass(frozen=True)
class Call:
    """What was asked: a verb with all its arguments, over the rows that somebody may see."""

    verb: Verb
    arguments: Mapping[str, Any]
    limits: Limits = ()

    @cached_property
    def key(self) -> str:
        """The same for the same question over the same rows: nobody is shown what was computed from others.

        No parameter can be called "(limits)".
        """
        own = {"(limits)": self.limits} if self.limits else {}
        return canonical({**self.arguments, **own})


@dataclass(frozen=True, slots=True)
class Kept:
    """One kept result; its JSON waits to be read until somebody asks for it."""

    result: Result | str
    position: int
    computed_at: datetime


class Snapshots:
    """The kept results of one workspace, in memory with the table `snapshots` behind."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._guard = threading.Lock()
        self._kept: dict[str, dict[str, Kept]] = {}
        self.cleared = 0
        """How often everything was forgotten: what was computed before that is not kept any more."""
        for row in workspace.engine.fetch(KEPT).to_pylist():
            kept = Kept(row["result"], row["position"], row["computed_at"])
            self._kept.setdefault(row["verb"], {})[row["arguments"]] = kept

    def get(self, call: Call, seen: Workspace) -> Snapshot | None:
        """Returns the kept result of a call, or None where there is none that this version can read.

        Args:
            call: what is asked.
            seen: the workspace as who asks sees it: whether there is more by now is said of their rows.
        """
        rows = self._kept.get(call.verb.path, {})
        kept = rows.get(call.key)
        if kept is None:
            return None
        if isinstance(kept.result, str):
            result = _read(call.verb, kept.result)
            if result is None:
                return None
            kept = rows[call.key] = replace(kept, result=result)
        assert isinstance(kept.result, Result)
        return Snapshot(kept.result, kept.computed_at, kept.position, _stale(kept, seen))

    def put(self, call: Call, result: Result, position: int, began: int | None = None) -> Snapshot:
        """Keeps a result in memory; `save` writes it down.

        Args:
            call: what was asked.
            result: the answer.
            position: number of interactions that could be seen before it was computed.
            began: `cleared` when it began to be computed.
        """
        kept = Kept(result, position, self._workspace.now())
        with self._guard:
            if began is not None and began != self.cleared:
                return Snapshot(result, kept.computed_at, position, stale=True)
            rows = self._kept.setdefault(call.verb.path, {})
            rows.pop(call.key, None)
            rows[call.key] = kept
            while len(rows) > MOST_PER_VERB:
                del rows[next(iter(rows))]
        return Snapshot(result, kept.computed_at, position, stale=False)

    def save(self, call: Call) -> None:
        """Writes one kept result down."""
        import pyarrow as pa

        # asked inside: whoever forgets everything does so while it holds the writers' lock
        with self._workspace.engine.transaction():
            kept = self._kept.get(call.verb.path, {}).get(call.key)
            if kept is not None and isinstance(kept.result, Result):
                row = {
                    "verb": call.verb.path,
                    "arguments": call.key,
                    "result": json.dumps(kept.result.to_dict()),
                    "position": kept.position,
                    "computed_at": kept.computed_at,
                }
                self._workspace.engine.replace("snapshots", pa.Table.from_pylist([row]))

    def clear(self) -> None:
        """Forgets everything, in memory and in the table: the definitions behind the numbers have changed."""
        self.erase(self.forget(list(self._kept)))

    def start_anew(self) -> None:
        """Forgets everything, also what is being computed at this moment: somebody was erased."""
        import pyarrow as pa

        with self._guard:
            self._kept.clear()
            self.cleared += 1
        self._workspace.engine.replace(
            "snapshots",
            pa.table({name: pa.array([], pa.string()) for name in ("verb", "arguments", "result")}),
            whole=True,
        )

    def forget(self, verbs: Sequence[str]) -> list[str]:
        """Forgets what these verbs answered, and returns those that had answered; `erase` takes them off the table."""
        with self._guard:
            if tuple(verbs) == EVERYTHING:
                verbs = list(self._kept)
                self.cleared += 1  # what is being computed at this moment rests on what was before
            return [verb for verb in verbs if self._kept.pop(verb, None) is not None]

    def erase(self, verbs: Sequence[str]) -> None:
        """Removes what these verbs answered from the table."""
        self._workspace.engine.delete("snapshots", "verb", list(verbs))


def _stale(kept: Kept, seen: Workspace) -> bool:
    grown = kept.position != seen.engine.count("interactions")
    # one of a moment that is still to come was kept before the clock was set back
    to_come = kept.computed_at - seen.now() > LIVE_FOR
    return grown or to_come or seen.as_of - kept.computed_at > LIVE_FOR


def _read(verb: Verb, text: str) -> Result | None:
    """Returns a result written by this or an earlier version; None where its shape has changed since."""
    try:
        return verb.result.from_dict(json.loads(text))
    except (KeyError, TypeError, ValueError):
        return None
