"""What the verbs about annotations return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cxloop.core.results import Result, Value
from cxloop.core.wording import many

__all__ = ["Annotation", "Annotations", "RemovedAnnotation", "SavedAnnotation"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """What happened on a day.

    Attributes:
        number: by which it is removed.
        at: the day, in the company's time zone.
        text: what happened.
        metric: only charts of this metric show it; empty for all.
    """

    number: int
    at: date
    text: str
    metric: str = ""


def _record(item: Annotation) -> dict[str, Value]:
    return {"number": item.number, "at": item.at, "text": item.text, "metric": item.metric}


@dataclass(frozen=True)
class Annotations(Result):
    """The annotations of a workspace, by day."""

    rows: tuple[Annotation, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per annotation."""
        return [_record(row) for row in self.rows]

    @property
    def notes(self) -> tuple[tuple[date, str], ...]:
        """What happened on which day, as charts take it."""
        return tuple((row.at, row.text) for row in self.rows)

    def __str__(self) -> str:
        return f"{many(len(self.rows), 'annotation')}."


@dataclass(frozen=True)
class SavedAnnotation(Result):
    """An annotation that was written down."""

    annotation: Annotation

    def records(self) -> list[dict[str, Value]]:
        """Returns the one row."""
        return [_record(self.annotation)]

    def __str__(self) -> str:
        item = self.annotation
        return f"{item.at:%d.%m.%Y}: {item.text} It stands on charts over time, as number {item.number}."


@dataclass(frozen=True)
class RemovedAnnotation(Result):
    """An annotation that charts show no more."""

    number: int

    def records(self) -> list[dict[str, Value]]:
        """Returns the one row."""
        return [{"number": self.number}]

    def __str__(self) -> str:
        return f"Annotation {self.number} is removed."
