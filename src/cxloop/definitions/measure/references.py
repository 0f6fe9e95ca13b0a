"""Writing down reference values: with their source, date, wording and scale, or they say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from cxloop.core import patterns
from cxloop.core.errors import InputError, Mistake, MistakesError, what_is_wrong
from cxloop.measure.comparing.references import KIND, Reference, check_reference, in_force, listed, written
from cxloop.measure.comparing.results import ReferenceList
from cxloop.measure.metrics.resolving import resolve
from cxloop.store import documents

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["remove", "set_value"]


def set_value(ws: Operations, name: str, content: Mapping[str, Any]) -> ReferenceList:
    """Writes a reference value down, or a new version of one; raises as the verb says."""
    if not patterns.matches(patterns.NAME, name):
        raise InputError(f"{name!r} cannot be a name. Use small letters, digits and underscores: industry_2025.")
    item = resolve(ws, str(content["metric"]))
    try:
        reference = Reference.model_validate(dict(content))
    except ValidationError as failure:
        found = [Mistake(".".join(map(str, each["loc"])), what_is_wrong(each)) for each in failure.errors()]
        raise MistakesError(f"The reference value {name!r} is not written down", found) from None
    wrong = check_reference(item, reference)
    if wrong:
        raise InputError(" ".join(wrong))
    documents.save(ws.store, KIND, name, written(reference), author_id=ws.actor.account_id)
    kept = tuple(entry for entry in listed(ws) if entry.name == name)
    return ReferenceList(kept, f"{reference.label} is a reference value of {item.label}: {reference.value:g}.")


def remove(ws: Operations, name: str) -> ReferenceList:
    """Takes a reference value away; its versions stay in the records. Raises UnknownNameError where there is none."""
    newest = documents.get(ws.store, KIND, name)
    if name not in dict(in_force(ws.defined(KIND))):
        raise InputError(f"The reference value {name!r} was removed before. Nothing changes.")
    documents.save(ws.store, KIND, name, {**newest.content, "removed": True}, author_id=ws.actor.account_id)
    return ReferenceList(listed(ws), f"{name} is no reference value any more.")
