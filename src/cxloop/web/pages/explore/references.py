"""Reference values beside a metric: what others have, or what we want, and why it may not be compared."""

from __future__ import annotations

from typing import Any, NamedTuple

from cxloop.core import wording
from cxloop.core.errors import InputError
from cxloop.core.results import Estimates
from cxloop.web import words
from cxloop.web.access import Door
from cxloop.web.words import _

__all__ = ["Beside", "references_of"]

_VERB = "measure.references"


class Beside(NamedTuple):
    """One reference value as the page says it; `doubts` are why it is not the same number."""

    label: str
    number: str
    limits: str
    source: str
    doubts: tuple[str, ...]


def references_of(door: Door, result: Estimates) -> list[Beside]:
    """Returns the reference values of a metric, for those who may see them."""
    if not door.may(_VERB):
        return []
    try:
        found: Any = door.snapshot(_VERB, {"metric": result.metric}).result
    except InputError:  # a metric that was retired has none
        return []
    return [_beside(item, result) for item in found.references]


def _beside(item: Any, result: Estimates) -> Beside:
    known = None not in (item.low, item.high)
    limits = [wording.number(end, item.unit) for end in (item.low, item.high)] if known else []
    said = [_("a target")] if item.target else []
    return Beside(
        label=item.label,
        number=wording.number(item.value, item.unit),
        limits=words.span(*limits) if known else "",
        source=", ".join([*said, item.source, item.date]),
        doubts=tuple(_doubts(item, result)),
    )


def _doubts(item: Any, result: Estimates) -> list[str]:
    """What keeps the two from being one kind of number."""
    doubts = []
    if item.scale is not None and result.scale is not None and tuple(item.scale) != tuple(result.scale):
        theirs, ours = (f"{low:g} {_('to')} {high:g}" for low, high in (item.scale, result.scale))
        doubts.append(f"{_('On a scale from')} {theirs}, {_('ours is')} {ours}: {_('not to be compared.')}")
    if item.wording:
        doubts.append(f"{_('Asked as')} “{item.wording}”")
    return doubts
