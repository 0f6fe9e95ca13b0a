"""What the verbs about reference values return."""

from __future__ import annotations

from dataclasses import dataclass

from cxloop.core.results import Result, Unit, Value
from cxloop.core.wording import many, number

__all__ = ["ReferenceEntry", "ReferenceList"]


@dataclass(frozen=True, slots=True)
class ReferenceEntry:
    """One reference value as it is written down.

    Attributes:
        name: of the reference.
        version: how often it was written.
        metric: the metric that it is a value of.
        metric_label: as people write it.
        unit: of the metric.
        label: what people call it.
        value: in the metric's unit.
        low: lower limit where the source gives one.
        high: upper limit.
        source: who says so.
        date: of when it is.
        wording: the question as it was asked; empty where nobody knows.
        scale: (lowest, highest); None where nobody knows.
        target: whether it is what we want, and not what somebody measured.
    """

    name: str
    version: int
    metric: str
    metric_label: str
    unit: Unit
    label: str
    value: float
    low: float | None
    high: float | None
    source: str
    date: str
    wording: str
    scale: tuple[float, float] | None
    target: bool


@dataclass(frozen=True)
class ReferenceList(Result):
    """Reference values, and what was just done to them."""

    references: tuple[ReferenceEntry, ...]
    done: str = ""

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per reference."""
        return [
            {
                "name": item.name,
                "metric": item.metric,
                "label": item.label,
                "value": item.value,
                "low": item.low,
                "high": item.high,
                "source": item.source,
                "date": item.date,
                "wording": item.wording,
                "scale": None if item.scale is None else f"{item.scale[0]:g} to {item.scale[1]:g}",
                "target": item.target,
            }
            for item in self.references
        ]

    def told(self) -> list[dict[str, Value]]:
        """Returns the rows without what few need."""
        kept = ("name", "metric", "label", "value", "source", "date")
        return [{name: row[name] for name in kept} for row in self.records()]

    def __str__(self) -> str:
        if self.done:
            return self.done
        if not self.references:
            return "No reference values are written down. Write one with measure.set_reference."
        first = self.references[0]
        said = f"{first.metric_label} {number(first.value, first.unit)}, {first.label} ({first.source}, {first.date})"
        more = f", and {len(self.references) - 1} more" if len(self.references) > 1 else ""
        return f"{many(len(self.references), 'reference value')}: {said}{more}."
