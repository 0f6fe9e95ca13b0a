"""Reference values beside a number: from an industry, a competitor or a target, and what stands against comparing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from cxloop.core.comparing import ReferenceBeside
from cxloop.core.errors import UnknownNameError
from cxloop.core.results import Estimate, InsufficientData
from cxloop.core.strict import Strict
from cxloop.core.wording import number
from cxloop.measure.comparing.results import ReferenceEntry
from cxloop.measure.metrics.resolving import known_metrics

if TYPE_CHECKING:
    from cxloop.core.defined import Defined
    from cxloop.engine.base import Analysis
    from cxloop.measure.metrics import Metric
    from cxloop.measure.tallies import Scale

__all__ = ["KIND", "Reference", "beside", "check_reference", "in_force", "listed", "written"]

KIND = "reference"
"""What documents of reference values are called."""
_Text = Annotated[str, Field(max_length=400)]


class Reference(Strict):
    """A reference value as it is written down; see `set_reference`."""

    metric: Annotated[str, Field(min_length=1, max_length=64)]
    label: Annotated[str, Field(min_length=1, max_length=80)]
    value: Annotated[float, Field(allow_inf_nan=False)]
    low: Annotated[float, Field(allow_inf_nan=False)] | None = None
    high: Annotated[float, Field(allow_inf_nan=False)] | None = None
    source: Annotated[str, Field(min_length=1, max_length=400)]
    date: Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
    wording: _Text = ""
    scale: tuple[float, float] | None = None
    target: bool = False
    removed: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Reference:
        if (self.low is not None and self.low > self.value) or (self.high is not None and self.high < self.value):
            raise ValueError("The value lies outside of its own limits: low is at most value, and high at least.")
        if self.scale is not None and self.scale[0] >= self.scale[1]:
            raise ValueError("The scale's lowest value is not below its highest.")
        return self


def check_reference(item: Metric, reference: Reference) -> list[str]:
    """Returns what is wrong with the value of a reference, given its metric: where a number cannot be that large."""
    ends = {"points": (-100.0, 100.0), "share": (0.0, 1.0)}.get(item.unit, reference.scale or item.scale)
    values = [value for value in (reference.low, reference.value, reference.high) if value is not None]
    if ends is None or all(ends[0] <= value <= ends[1] for value in values):
        return []
    return [f"{item.label} lies between {ends[0]:g} and {ends[1]:g}; a share is written as 0.82 and not as 82."]


def in_force(known: Mapping[str, Defined]) -> Iterator[tuple[str, Reference]]:
    """Yields the references that are not removed, by name."""
    for name, defined in sorted(known.items()):
        reference = Reference.model_validate(dict(defined.content))
        if not reference.removed:
            yield name, reference


def beside(
    ws: Analysis, item: Metric, now: Estimate | InsufficientData, scale: Scale | None
) -> tuple[ReferenceBeside, ...]:
    """Returns the references of a metric, each with what stands against comparing it with a number of ours.

    Args:
        ws: the workspace.
        item: the metric.
        now: our number.
        scale: the scale of our answers.
    """
    return tuple(
        _beside(item, now, scale, name, reference)
        for name, reference in in_force(ws.defined(KIND))
        if reference.metric == item.name
    )


def _beside(
    item: Metric, now: Estimate | InsufficientData, scale: Scale | None, name: str, reference: Reference
) -> ReferenceBeside:
    doubts = [] if reference.target else list(_doubts(item, scale, reference))
    return ReferenceBeside(
        name=name,
        label=reference.label,
        value=reference.value,
        low=reference.low,
        high=reference.high,
        source=reference.source,
        date=reference.date,
        comparable=not doubts,
        note=" ".join(doubts) if doubts else _said(item, now, reference),
    )


def _doubts(item: Metric, scale: Scale | None, reference: Reference) -> Iterator[str]:
    """Yields what makes two numbers different things: another scale, other words, or words that nobody wrote down."""
    ours = None if scale is None or scale.low is None or scale.high is None else (scale.low, scale.high)
    if item.on_scales and reference.scale is None:
        yield "Its scale is not known, so it is not compared with ours."
    elif item.on_scales and ours is not None and reference.scale not in (None, ours):
        theirs = " to ".join(f"{end:g}" for end in reference.scale or ())
        yield f"It was asked on a scale of {theirs} and ours is {ours[0]:g} to {ours[1]:g}: not compared."
    if item.on_scales and not reference.wording:
        yield "Its wording is not known."
    elif item.question and reference.wording and _plain(reference.wording) != _plain(item.question):
        yield f"It was asked in other words (“{reference.wording}”): not compared."


def _plain(text: str) -> str:
    """Returns a question without what does not change its meaning: capitals, marks, and the ends of the scale."""
    words = "".join(letter if letter.isalnum() else " " for letter in text.split("(")[0].casefold())
    return " ".join(words.split())


def _said(item: Metric, now: Estimate | InsufficientData, reference: Reference) -> str:
    """Returns how our number stands to a value that may be compared: an interval that leaves it out, or holds it."""
    if not isinstance(now, Estimate):
        return ""
    low = reference.value if reference.low is None else reference.low
    high = reference.value if reference.high is None else reference.high
    theirs = number(reference.value, item.unit)
    if now.low > high:
        return f"Ours is above {theirs}."
    if now.high < low:
        return f"Ours is below {theirs}."
    return f"Ours is not shown to differ from {theirs}."


def listed(ws: Analysis, metric: str = "") -> tuple[ReferenceEntry, ...]:
    """Returns the reference values of a metric, or of all; raises UnknownNameError for a metric that is none."""
    known = {item.name: item for item in known_metrics(ws)}
    if metric and metric not in known:
        raise UnknownNameError("metric", metric, known)
    defined = ws.defined(KIND)
    return tuple(
        _entry(name, defined[name].version, reference, known.get(reference.metric))
        for name, reference in in_force(defined)
        if metric in ("", reference.metric)
    )


def _entry(name: str, version: int, reference: Reference, item: Metric | None) -> ReferenceEntry:
    facts = reference.model_dump(exclude={"removed"})
    label, unit = (reference.metric, "score") if item is None else (item.label, item.unit)
    return ReferenceEntry(name=name, version=version, metric_label=label, unit=unit, **facts)  # type: ignore[arg-type]


def written(reference: Reference) -> dict[str, Any]:
    """Returns a reference as plain JSON values."""
    return reference.model_dump(mode="json")
