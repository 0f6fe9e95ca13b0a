"""Results kept for pages: read at once, renewed in the background, still there after a restart."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cxloop.core.calls import canonical
from cxloop.core.host import Snapshot
from cxloop.core.results import Result
from cxloop.core.verbs import Verb
from cxloop.engine.query import Query

if TYPE_CHECKING:
    from cxloop.runtime.workspace import Workspace

__all__ = ["Snapshots"]

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
        for row in workspace.engine.fetch(KEPT).to_pylist():
            kept = Kept(row["result"], row["position"], row["computed_at"])
            self._kept.setdefault(row["verb"], {})[row["arguments"]] = kept

    def get(self, verb: Verb, arguments: Mapping[str, Any]) -> Snapshot | None:
        """Returns the kept result of a call, or None where there is none that this version can read."""
        rows = self._kept.get(verb.path, {})
        kept = rows.get(canonical(arguments))
        if kept is None:
            return None
        if isinstance(kept.result, str):
            result = _read(verb, kept.result)
            if result is None:
                return None
            kept = rows[canonical(arguments)] = replace(kept, result=result)
        assert isinstance(kept.result, Result)
        return Snapshot(kept.result, kept.computed_at, kept.position, self._stale(kept))

    def _stale(self, kept: Kept) -> bool:
        workspace = self._workspace.view()
        grown = kept.position != workspace.engine.count("interactions")
        return grown or workspace.as_of - kept.computed_at > LIVE_FOR

    def put(self, verb: Verb, arguments: Mapping[str, Any], result: Result, position: int) -> Snapshot:
        """Keeps a result in memory; `save` writes it down.

        Args:
            verb: which verb answered.
            arguments: all of them, checked.
            result: the answer.
            position: number of interactions in the log before it was computed.
        """
        kept = Kept(result, position, self._workspace.now())
        with self._guard:
            rows = self._kept.setdefault(verb.path, {})
            rows.pop(canonical(arguments), None)
            rows[canonical(arguments)] = kept
            while len(rows) > MOST_PER_VERB:
                del rows[next(iter(rows))]
        return Snapshot(result, kept.computed_at, position, stale=False)

    def save(self, verb: Verb, arguments: Mapping[str, Any]) -> None:
        """Writes one kept result down."""
        import pyarrow as pa

        kept = self._kept.get(verb.path, {}).get(canonical(arguments))
        if kept is not None and isinstance(kept.result, Result):
            row = {
                "verb": verb.path,
                "arguments": canonical(arguments),
                "result": json.dumps(kept.result.to_dict()),
                "position": kept.position,
                "computed_at": kept.computed_at,
            }
            self._workspace.engine.replace("snapshots", pa.Table.from_pylist([row]))

    def clear(self) -> None:
        """Forgets everything, in memory and in the table: the definitions behind the numbers have changed."""
        with self._guard:
            verbs = list(self._kept)
            self._kept.clear()
        self._workspace.engine.delete("snapshots", "verb", verbs)


def _read(verb: Verb, text: str) -> Result | None:
    """Returns a result written by this or an earlier version; None where its shape has changed since."""
    try:
        return verb.result.from_dict(json.loads(text))
    except (KeyError, TypeError, ValueError):
        return None
