"""What understand's verbs return."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from cxloop.core.results import Result, Value
from cxloop.core.wording import count

__all__ = ["Verbatim", "Verbatims"]


@dataclass(frozen=True, slots=True)
class Verbatim:
    """What one customer said, in their own words. `occurred_at` is UTC without zone."""

    interaction_id: int
    customer_id: int | None
    occurred_at: datetime
    kind: str
    text: str
    language: str | None
    metric: str | None
    score: float | None
    scale_max: float | None
    touchpoint: str | None
    channel: str | None


@dataclass(frozen=True)
class Verbatims(Result):
    """Some of the `total` verbatims of a selection."""

    total: int
    rows: tuple[Verbatim, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per verbatim."""
        return [asdict(row) for row in self.rows]

    def __str__(self) -> str:
        if not self.total:
            return "Nobody in this selection wrote anything."
        return f"{count(len(self.rows))} of {count(self.total)} {'verbatim' if self.total == 1 else 'verbatims'}."
