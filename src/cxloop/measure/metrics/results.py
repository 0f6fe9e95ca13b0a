"""What the verbs about metrics return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cxloop.core.results import Result, Unit, Value
from cxloop.core.wording import count

__all__ = ["MetricEntry", "MetricList"]


@dataclass(frozen=True, slots=True)
class MetricEntry:
    """One metric that may be asked for.

    Attributes:
        name: as it is asked for.
        version: of its definition.
        label: as people write it.
        definition: what the number is, in a sentence.
        unit: how the number reads.
        statistic: what is made of the units.
        direction: 1 where more is better, -1 where less is.
        noun: what n counts, in the singular.
        own: whether people of this workspace defined it.
        scale: the only scale it is defined on; None for any, or where there is none.
        reading: what it does not say.
    """

    name: str
    version: int
    label: str
    definition: str
    unit: Unit
    statistic: str
    direction: Literal[1, -1]
    noun: str
    own: bool
    scale: tuple[float, float] | None = None
    reading: str = ""


@dataclass(frozen=True)
class MetricList(Result):
    """Every metric that may be asked for."""

    metrics: tuple[MetricEntry, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per metric."""
        return [
            {
                "name": item.name,
                "label": item.label,
                "version": item.version,
                "unit": item.unit,
                "counts": item.noun,
                "better": "more" if item.direction > 0 else "less",
                "own": item.own,
                "definition": item.definition,
            }
            for item in self.metrics
        ]

    def told(self) -> list[dict[str, Value]]:
        """Returns the rows without what few need."""
        kept = ("name", "label", "counts", "better", "own")
        return [{name: row[name] for name in kept} for row in self.records()]

    def __str__(self) -> str:
        own = sum(item.own for item in self.metrics)
        return f"{count(len(self.metrics))} metrics, {count(own)} of them your own."
