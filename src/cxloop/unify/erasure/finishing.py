"""The second phase: gone from every byte of every file, proved, and only then signed. Safe to do again after a crash.

Each step leaves nothing behind that doing it once more would not mend: what waited in the spool is loaded (and what is
of the erased is withheld), the engine's file is rewritten, files beside it are cut, SQLite files are written anew, and
then everything is looked through.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cxloop.collect.intake import load_waiting, open_spool
from cxloop.collect.loader.progress import progress_of
from cxloop.collect.spool.damage import remove_copies
from cxloop.collect.spool.opening import SPOOL
from cxloop.core.errors import WorkspaceError
from cxloop.store import erasures
from cxloop.store.sqlite_files import WORK, scrub
from cxloop.unify.erasure import background
from cxloop.unify.erasure.files import clean
from cxloop.unify.erasure.hiding import hide
from cxloop.unify.erasure.proving import prove, settle
from cxloop.unify.erasure.rejects import clean_requests
from cxloop.unify.erasure.words import is_telling

if TYPE_CHECKING:
    from cxloop.store.context import Operations
    from cxloop.store.erasures import KeptErasure

__all__ = ["finish", "finish_all"]

DRAIN_SECONDS = 60.0
"""How long to wait for the loader at once; what waits longer (a spool of millions) is waited for again."""
_LOOK_SECONDS = 0.1


def finish_all(ws: Operations) -> bool:
    """Finishes every erasure that is not, and returns whether all are; one that finds something waits for people."""
    waiting = erasures.unfinished(ws.store)
    for kept in waiting:
        if kept.state == "requested":
            hide(ws, kept)
    for kept in waiting:
        if kept.state != "found":
            finish(ws, erasures.get(ws.store, kept.erasure_id))
    left = [kept for kept in erasures.unfinished(ws.store) if kept.state != "found"]
    if not left:
        ws.store.scrub()  # who was killed right after signing had not come to it
        background.unmark(ws.path)
    return not left


def finish(ws: Operations, kept: KeptErasure) -> KeptErasure:
    """Finishes one erasure that is hidden; its state says how it ended.

    Raises:
        WorkspaceError: what waits in the spool cannot be loaded, or a file cannot be written; it is tried again later.
    """
    secret = erasures.open_secret(ws.store, kept.erasure_id)
    values = [value for value in secret["values"] if is_telling(value)]
    kept = erasures.change(ws.store, kept.erasure_id, state="rewriting", failure="")
    try:
        _drain(ws, int(secret.get("spool", 0)))
        gone = [["analytics", name, amount] for name, amount in ws.engine.erase_texts(values).items()]
        if requests := clean_requests(ws.engine, secret["values"], values):
            gone.append(["analytics", "events in rejected requests", requests])
        _rewrite(ws, changed=bool(gone))
        gone += [["files", folder, amount] for folder, amount in clean(ws.path, secret["customers"], values).items()]
        gone += _scrub(ws)
        kept = erasures.change(ws.store, kept.erasure_id, removed=_added(kept, gone))
        kept = settle(ws, kept, prove(ws, secret))
        ws.store.scrub()  # what was looked for is gone from the record as well
    except (OSError, WorkspaceError) as failure:
        erasures.change(ws.store, kept.erasure_id, failure=_said(failure))
        raise
    if not [each for each in erasures.unfinished(ws.store) if each.state != "found"]:
        background.unmark(ws.path)
    return kept


def _drain(ws: Operations, through: int) -> None:
    """Waits until what was in the spool is in the log, where what is of the erased was withheld."""
    if not through:
        return
    if progress_of(ws.path) is None:
        load_waiting(ws)
    until = time.monotonic() + DRAIN_SECONDS
    while _waits(ws, through):
        if time.monotonic() > until:
            raise WorkspaceError("Events that came before the erasure still wait in the spool to be loaded.")
        time.sleep(_LOOK_SECONDS)


def _waits(ws: Operations, through: int) -> bool:
    spool = open_spool(ws.path, ws.settings)
    try:
        first = spool.read(0, 1)  # what is loaded is forgotten
        return bool(first) and first[0].seq <= through
    finally:
        spool.close()


def _rewrite(ws: Operations, *, changed: bool) -> None:
    if changed or ws.engine.is_rewrite_due():
        ws.progress("Writing the tables anew", 0.3)
        ws.engine.rewrite(ws.progress)


def _scrub(ws: Operations) -> list[list[object]]:
    ws.progress("Writing the records anew", 0.6)
    spool = open_spool(ws.path, ws.settings)
    try:
        spool.scrub()
    finally:
        spool.close()
    # also where the spool is in a database now: it was in files before
    aside = remove_copies(ws.path / SPOOL)
    ws.store.scrub()
    scrub(ws.path / WORK)
    return [["spool", "damaged copies", aside]] if aside else []


def _added(kept: KeptErasure, gone: list[list[object]]) -> list[list[object]]:
    """Adds what went now to what went before; a step that is done again counts what it finds then."""
    amounts: dict[tuple[object, object], int] = {}
    for part, place, amount in [*kept.removed, *gone]:
        amounts[part, place] = amounts.get((part, place), 0) + int(str(amount))
    return [[part, place, amount] for (part, place), amount in amounts.items()]


def _said(failure: OSError | WorkspaceError) -> str:
    if isinstance(failure, WorkspaceError):
        return failure.message
    return f"A file could not be written ({failure.strerror or type(failure).__name__}). It is tried again."
