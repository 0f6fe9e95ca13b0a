"""The workspace of somebody who is limited to some rows: every query sees those rows only, and nothing else is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from cxloop.core.errors import AccessDeniedError
from cxloop.core.host import Actor, Limits, limits_phrase
from cxloop.core.results import How, Result
from cxloop.core.verbs import Verb
from cxloop.engine.derivation import Derivation
from cxloop.engine.query import Query
from cxloop.engine.scope import Scope, ScopedEngine
from cxloop.runtime import derivations
from cxloop.runtime.workspace import Workspace

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["LimitedWorkspace", "derived_tables", "noted", "seen_by"]


class LimitedWorkspace(Workspace):
    """A workspace without its folder and its records: what a verb must not take from there by mistake."""

    @property
    def path(self) -> Path:
        """Closed."""
        return _refuse("its folder")

    @property
    def store(self) -> Store:
        """Closed."""
        return _refuse("its records")


def _refuse(what: str) -> NoReturn:
    raise AccessDeniedError(
        f"You see only some rows of this workspace, and this needs {what}, which are not divided by rows. "
        "Ask an owner of this workspace."
    )


def seen_by(workspace: Workspace, actor: Actor, verb: Verb) -> Workspace:
    """Returns the workspace as a verb gets it that `actor` runs; the workspace itself where nobody is limited."""
    if not actor.limits:
        return workspace
    engine = ScopedEngine(workspace.engine, Scope(actor.limits, derived_tables()))
    if verb.limited in ("own", "records"):
        return replace(workspace, engine=engine)
    held = {item.name: getattr(workspace, item.name) for item in fields(workspace) if item.init}
    return LimitedWorkspace(**{**held, "engine": engine})


@cache
def derived_tables() -> Mapping[str, Query]:
    """Returns the tables that are computed anew from what may be seen, with their queries."""
    return {
        item.table: item.rows for item in derivations.known() if isinstance(item, Derivation) and item.rows is not None
    }


def noted(result: Result, limits: Limits) -> Result:
    """Returns a result whose `how` says that its numbers are those of some rows."""
    how = getattr(result, "how", None)
    if not limits or not isinstance(how, How):
        return result
    said = f"{how.method} Limited to rows with {limits_phrase(limits)}.".strip()
    return replace(result, how=replace(how, method=said))  # type: ignore[call-arg]
