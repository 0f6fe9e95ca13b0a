"""Writing down metrics: a definition is looked at and tried first; a version that is there never changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cxloop.core.errors import InputError
from cxloop.measure.metrics.own import KIND, OwnMetric, check_metric, check_name
from cxloop.measure.metrics.results import DefinedMetric, MetricVersion, MetricVersions, RetiredMetric
from cxloop.measure.metrics.trying import tried
from cxloop.store import documents

if TYPE_CHECKING:
    from cxloop.store.context import Operations
    from cxloop.store.documents import Definition

__all__ = ["define", "retire", "versions"]


def define(ws: Operations, name: str, content: Mapping[str, Any], *, dry_run: bool) -> DefinedMetric:
    """Shows what a definition means, and writes it down unless it is a dry run; raises as the verb says."""
    check_name(name)
    known = documents.history(ws.store, KIND, name) if name in documents.names(ws.store, KIND) else []
    written = _written(content)
    last = known[0] if known else None
    same = last is not None and _written(last.content) == written
    version = last.version + (not same) if last is not None else 1
    item = check_metric(ws, name, version, written)
    found = tried(ws, item)
    changed = _changed(last.content, written) if last is not None else ()
    before = None if last is None else last.version
    if dry_run:
        return replace(found, before=before, changed=changed)
    saved = documents.save(ws.store, KIND, name, written, author_id=ws.actor.account_id)
    entry = replace(found.metric, version=saved.version)
    return replace(found, metric=entry, written=True, before=before, changed=changed)


def versions(ws: Operations, name: str) -> MetricVersions:
    """Returns every version of a metric of this workspace; raises UnknownNameError where there is none."""
    documents.get(ws.store, KIND, name)  # says which there are
    known = documents.history(ws.store, KIND, name)
    older: Sequence[Definition | None] = [*known[1:], None]
    return MetricVersions(name, tuple(_version(*pair) for pair in zip(known, older, strict=True)))


def retire(ws: Operations, name: str) -> RetiredMetric:
    """Says that a metric is asked for no more; raises UnknownNameError, or InputError where it was retired before."""
    newest = documents.get(ws.store, KIND, name)
    if newest.content.get("retired"):
        raise InputError(f"The metric {name!r} was retired before. Nothing changes.")
    documents.save(ws.store, KIND, name, {**newest.content, "retired": True}, author_id=ws.actor.account_id)
    return RetiredMetric(name, newest.version)


def _written(content: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a definition as it is written down: only what differs from what is usual."""
    usual = {name: field.default for name, field in OwnMetric.model_fields.items() if not field.is_required()}
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in content.items()}
    return {name: value for name, value in plain.items() if name not in usual or value != usual[name]}


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in OwnMetric.model_fields if before.get(name) != after.get(name))


def _version(item: Definition, older: Definition | None) -> MetricVersion:
    fields = tuple((name, _said(item.content[name])) for name in OwnMetric.model_fields if name in item.content)
    changed = () if older is None else _changed(older.content, item.content)
    return MetricVersion(item.version, item.created_at, bool(item.content.get("retired")), fields, changed)


def _said(value: Any) -> str:
    return " to ".join(f"{end:g}" for end in value) if isinstance(value, list | tuple) else str(value)
