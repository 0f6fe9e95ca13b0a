"""What the verbs about metrics return."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cxloop.core.results import Estimates, How, Result, Unit, Value
from cxloop.core.wording import count, figures, many, plural

__all__ = [
    "DefinedMetric",
    "MetricEntry",
    "MetricList",
    "MetricVersion",
    "MetricVersions",
    "RetiredMetric",
    "Share",
    "UnitsEntry",
]


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
        method: how value and interval are computed.
        counted: what is counted, what each scores, and what is left out.
        question: the question it stands for; empty where it is read from what happens.
        source: who defined it.
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
    method: str = ""
    counted: str = ""
    question: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class UnitsEntry:
    """Something that a metric can count.

    Attributes:
        name: as definitions name it.
        noun: what one is called, in the singular.
        about: what one is, what it scores, and which are left out.
        timed: whether a metric has to say within how many days something has to follow.
        scored: whether it has a score of its own; if not, a metric has to say what one scores.
    """

    name: str
    noun: str
    about: str
    timed: bool
    scored: bool


@dataclass(frozen=True)
class MetricList(Result):
    """Every metric that may be asked for."""

    metrics: tuple[MetricEntry, ...]
    units: tuple[UnitsEntry, ...] = ()
    """What own metrics can count."""

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


@dataclass(frozen=True, slots=True)
class Share:
    """How much of what is there a definition takes.

    Attributes:
        units: all that might be counted, over the whole log.
        counted: those that meet the condition.
        scored: those of them that have a value; the others are left out.
    """

    units: int
    counted: int
    scored: int


@dataclass(frozen=True)
class DefinedMetric(Result):
    """What a definition means, on the data that is there.

    Attributes:
        metric: the metric.
        written: whether it was written down; a trial writes nothing.
        before: the version that people were given until now; None where there was none.
        changed: what is different from that version.
        taken: how much of what is there it takes.
        days: over how many days, up to the last, the numbers are.
        number: the number over these days; None where it cannot be computed.
        months: the same by month.
        trouble: why it cannot be computed over everything, where that is so.
        how: definition, method and SQL.
    """

    metric: MetricEntry
    written: bool
    before: int | None
    changed: tuple[str, ...]
    taken: Share
    days: int
    number: Estimates | None = None
    months: Estimates | None = None
    trouble: str = ""
    how: How = field(default_factory=How)

    def records(self) -> list[dict[str, Value]]:
        """Returns the numbers by month."""
        return [] if self.months is None else self.months.records()

    @property
    def left_out(self) -> str:
        """What is not counted, in words; empty where everything is."""
        nouns, taken = plural(self.metric.noun if self.metric.statistic != "per_customer" else "unit"), self.taken
        parts = [
            f"{count(taken.counted)} of {count(taken.units)} {nouns} meet the condition"
            if taken.counted < taken.units
            else "",
            f"{count(taken.counted - taken.scored)} of them have no value and are left out"
            if taken.scored < taken.counted
            else "",
        ]
        said = "; ".join(part for part in parts if part)
        return f"{said}." if said else ""

    def __str__(self) -> str:
        state = f"version {self.metric.version}" if self.written else "not written down yet"
        numbers = self.trouble or (f"{figures(self.number)} Last {self.days} days." if self.number is not None else "")
        return " ".join(part for part in (f"{self.metric.label} ({state}).", numbers, self.left_out) if part)


@dataclass(frozen=True, slots=True)
class MetricVersion:
    """One version of a metric of this workspace.

    Attributes:
        version: its number.
        created_at: since when it is there, UTC.
        retired: whether it says that the metric is asked for no more.
        fields: what was written down, field to value as people read it.
        changed: the fields that are different from the version before.
    """

    version: int
    created_at: datetime
    retired: bool
    fields: tuple[tuple[str, str], ...]
    changed: tuple[str, ...]


@dataclass(frozen=True)
class MetricVersions(Result):
    """Every version of one metric of this workspace, newest first."""

    name: str
    versions: tuple[MetricVersion, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per version."""
        return [
            {
                "version": item.version,
                "created_at": item.created_at,
                "retired": item.retired,
                "changed": ", ".join(item.changed),
                **dict(item.fields),
            }
            for item in self.versions
        ]

    def told(self) -> list[dict[str, Value]]:
        """Returns the rows without the definitions themselves."""
        return [{name: row[name] for name in ("version", "created_at", "retired", "changed")} for row in self.records()]

    def __str__(self) -> str:
        newest = self.versions[0]
        said = "it was retired" if newest.retired else f"version {newest.version} is the one that counts"
        return f"{self.name}: {many(len(self.versions), 'version')}, {said}."


@dataclass(frozen=True)
class RetiredMetric(Result):
    """A metric that is asked for no more, except by its versions."""

    name: str
    version: int

    def records(self) -> list[dict[str, Value]]:
        """Returns it as one row."""
        return [{"name": self.name, "version": self.version}]

    def __str__(self) -> str:
        return f"{self.name} was retired. Its numbers can still be asked for with version={self.version}."
