"""Runs derivations: those of the engine first, then each part's, in the order of the loop."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from cxloop._version import __version__
from cxloop.core.loop import PARTS
from cxloop.engine.query import Query
from cxloop.runtime import parts

if TYPE_CHECKING:
    from cxloop.engine.derivation import Derived
    from cxloop.runtime.workspace import Workspace

__all__ = ["definitions_changed", "is_late", "known", "run"]

DEFINITIONS = "runtime.definitions"
_ELSEWHERE = {"engine", "store", "server", "sign_in", "collect", "outreach"}
"""Settings that say where things are and who comes in: no number changes with them, not even with the engine."""
MARK = Query(
    name="runtime.definitions",
    sql="select version from watermarks where derivation = $derivation",
    inputs=("watermarks",),
    output={"version": "text"},
    parameters={"derivation": "text"},
)


def known() -> Iterator[Derived]:
    """Gives every derivation: a part exports its own as `DERIVATIONS` in its module `derivations`."""
    from cxloop.engine.catalogue import EVENT_CATALOGUE

    yield EVENT_CATALOGUE
    for part in PARTS:
        if parts.has(part, "derivations"):
            yield from import_module(f"cxloop.{part}.derivations").DERIVATIONS


def run(workspace: Workspace) -> list[str]:
    """Brings every derived table up to date; returns the names of those that were behind."""
    from cxloop.engine.derivation import derive

    done = []
    everything = list(known())
    for place, derivation in enumerate(everything):
        workspace.progress(f"Updating {derivation.table}", place / len(everything))
        if derive(workspace, derivation, now=workspace.now()):
            done.append(derivation.name)
    return done


def is_late(workspace: Workspace) -> bool:
    """Returns whether the passing of time alone has put a derived table behind."""
    from cxloop.engine.derivation import is_due

    return any(is_due(workspace, derivation) for derivation in known())


def definitions_changed(workspace: Workspace) -> bool:
    """Returns whether settings, catalogue or version differ from last time, and notes the present ones."""
    import pyarrow as pa

    settings = workspace.settings.model_dump_json(exclude=_ELSEWHERE)
    texts = (__version__, settings, workspace.experience.model_dump_json())
    version = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
    before = workspace.engine.fetch(MARK, {"derivation": DEFINITIONS}).column("version").to_pylist()
    if before == [version]:
        return False
    mark: dict[str, list[object]] = {
        "derivation": [DEFINITIONS],
        "version": [version],
        "position": [0],
        "updated_at": [workspace.now()],
    }
    workspace.engine.replace("watermarks", pa.table(mark))
    return bool(before)
