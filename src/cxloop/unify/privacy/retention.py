"""Retention: what is past its term by the rules of [[retention]], and its removal.

Each kind of data has its own way of being old: an interaction by when it happened, a rejected row by when it was set
aside. The last word of a customer about a purpose is never removed, nor is the last refusal: a forgotten one would
allow what was refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

from cxloop.collect.intake import SPOOL
from cxloop.core.config import Settings
from cxloop.core.time import moved, utc_naive
from cxloop.store import aging
from cxloop.unify.privacy import queries
from cxloop.unify.privacy.exports import Exports
from cxloop.unify.privacy.results import Retained, Retention, RetentionRule

if TYPE_CHECKING:
    from cxloop.engine.base import Value
    from cxloop.engine.query import Query
    from cxloop.store.context import Operations

__all__ = ["MARK", "apply", "due", "last_run", "look"]

MARK = "unify.retention"
"""Name of the watermark that says when retention ran last."""
EVERYTHING = "interactions"
_NOT_DERIVED = frozenset({"rejected", "snapshots", "spool", *aging.KINDS})
"""Kinds that nothing is computed from."""
_AGAIN_HOURS = 23.5
"""Once a day, also where yesterday's run began a little late."""


@dataclass(frozen=True)
class _Kind:
    """One kind of data beside interactions: what it is, what of it is old, and how that is removed."""

    about: str
    old: Callable[[Operations, datetime], tuple[int, datetime | None]]
    remove: Callable[[Operations, datetime], None]


def look(ws: Operations) -> Retention:
    """Returns the rules and what each would remove now."""
    ruled = {rule.kind for rule in ws.settings.retention}
    kinds = ws.engine.fetch(queries.KINDS).column("kind").to_pylist()
    free = [] if EVERYTHING in ruled else [str(kind) for kind in kinds if kind not in ruled]
    return Retention(
        rules=_rules(ws),
        unlimited=(*free, *(kind for kind in _BESIDE if kind not in ruled)),
        last_run=last_run(ws),
    )


def last_run(ws: Operations) -> datetime | None:
    """Returns when retention ran last, UTC without zone."""
    found = ws.engine.fetch(queries.LAST_RETAINED, {"derivation": MARK}).to_pylist()
    return found[0]["updated_at"] if found else None


def due(ws: Operations) -> bool:
    """Whether retention has something to do today: there are rules, or exports that expire."""
    if not ws.settings.retention and not any(Exports(ws.path, ws.settings.privacy.exports_keep)):
        return False
    last = last_run(ws)
    return last is None or (ws.now() - last).total_seconds() >= _AGAIN_HOURS * 3600


def apply(ws: Operations, *, dry_run: bool) -> Retained:
    """Removes what is past its term, writes the file anew, and notes when; in a dry run, only says what would go."""
    rules = _rules(ws)
    if dry_run:
        return Retained(rules, dry_run=True)
    now = ws.now()
    with ws.engine.transaction():
        for rule in rules:
            if rule.rows:
                _remove(ws, rule.kind, rule.before)
        _note(ws, now, anew=any(rule.rows and rule.kind not in _NOT_DERIVED for rule in rules))
    Exports(ws.path, ws.settings.privacy.exports_keep).remove_expired(now)
    if any(rule.rows for rule in rules):
        ws.engine.rewrite(ws.progress)
    return Retained(rules, dry_run=False)


def _rules(ws: Operations) -> tuple[RetentionRule, ...]:
    now = ws.now()
    found = []
    for rule in ws.settings.retention:
        before = moved(now, rule.keep, back=True)
        about, (rows, oldest) = _about(rule.kind), _old(ws, rule.kind, before)
        found.append(RetentionRule(rule.kind, about, rule.keep, before, rows, oldest))
    return tuple(found)


def _about(kind: str) -> str:
    if kind in _BESIDE:
        return _BESIDE[kind].about
    return "Interactions of every other kind" if kind == EVERYTHING else f"Interactions of the kind {kind}"


def _old(ws: Operations, kind: str, before: datetime) -> tuple[int, datetime | None]:
    if kind in _BESIDE:
        return _BESIDE[kind].old(ws, before)
    asked: dict[str, Value] = {
        "before": before,
        "kind": "" if kind == EVERYTHING else kind,
        "keep": _own_rules(ws.settings),
    }
    (row,) = ws.engine.fetch(queries.OLD_INTERACTIONS, asked).to_pylist()
    return int(row["rows"]), row["oldest"]


def _own_rules(settings: Settings) -> list[str]:
    """The kinds of interactions that "interactions" does not mean, since they have a rule of their own."""
    return [rule.kind for rule in settings.retention if rule.kind not in (EVERYTHING, *_BESIDE)]


def _remove(ws: Operations, kind: str, before: datetime) -> None:
    if kind in _BESIDE:
        _BESIDE[kind].remove(ws, before)
    else:
        ws.engine.discard(None if kind == EVERYTHING else kind, before, _own_rules(ws.settings))


def _note(ws: Operations, now: datetime, *, anew: bool) -> None:
    """Writes when retention ran; `anew` forgets all other marks: derived tables are computed from what is left."""
    import pyarrow as pa

    mark: dict[str, list[object]] = {"derivation": [MARK], "version": ["1"], "position": [0], "updated_at": [now]}
    ws.engine.replace("watermarks", pa.table(mark), whole=anew)


def _counted(query: Query) -> Callable[[Operations, datetime], tuple[int, datetime | None]]:
    def old(ws: Operations, before: datetime) -> tuple[int, datetime | None]:
        (row,) = ws.engine.fetch(query, {"before": before}).to_pylist()
        return int(row["rows"]), row["oldest"]

    return old


def _discarded(*tables: str) -> Callable[[Operations, datetime], None]:
    def remove(ws: Operations, before: datetime) -> None:
        for table in tables:
            ws.engine.discard_old(table, before)

    return remove


def _old_rejected(ws: Operations, before: datetime) -> tuple[int, datetime | None]:
    rows = ws.engine.fetch(queries.OLD_REJECTED, {"before": before}).to_pylist()
    return len(rows), min((row["at"] for row in rows), default=None)


def _remove_rejected(ws: Operations, before: datetime) -> None:
    ids: list[Any] = ws.engine.fetch(queries.OLD_REJECTED, {"before": before}).column("rejected_id").to_pylist()
    ws.engine.delete("rejected", "rejected_id", ids)


def _set_aside(ws: Operations, before: datetime) -> list[tuple[Path, datetime]]:
    """Folders in the spool into which a damaged file was moved, from before a moment."""
    folder = ws.path / SPOOL
    dated = [(each, utc_naive(datetime.fromtimestamp(each.stat().st_mtime, UTC))) for each in folder.glob("damaged-*")]
    return [(each, at) for each, at in dated if at < before]


def _old_spool(ws: Operations, before: datetime) -> tuple[int, datetime | None]:
    found = _set_aside(ws, before)
    return len(found), min((at for _, at in found), default=None)


def _remove_spool(ws: Operations, before: datetime) -> None:
    for folder, _ in _set_aside(ws, before):
        rmtree(folder, ignore_errors=True)


def _of_records(kind: aging.Kind, about: str) -> _Kind:
    return _Kind(
        about,
        lambda ws, before: aging.old(ws.store, kind, before),
        lambda ws, before: aging.remove_old(ws.store, kind, before),
    )


_BESIDE: Mapping[str, _Kind] = {
    "rejected": _Kind("Rows that could not be taken", _old_rejected, _remove_rejected),
    "traits": _Kind("Values of profiles", _counted(queries.OLD_TRAITS), _discarded("matched_records", "traits")),
    "consents": _Kind(
        "Statements about consent that a later one has replaced",
        _counted(queries.OLD_CONSENTS),
        _discarded("consents"),
    ),
    "snapshots": _Kind("Results kept for pages", _counted(queries.OLD_SNAPSHOTS), _discarded("snapshots")),
    "spool": _Kind("Spool files that were damaged and set aside", _old_spool, _remove_spool),
    "responses": _of_records(
        "responses", "Responses to surveys with their files; the log keeps the answers by its rules"
    ),
    "invitations": _of_records("invitations", "Invitations to surveys that are over"),
    "messages": _of_records("messages", "Messages to customers that have left"),
}
