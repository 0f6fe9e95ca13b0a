"""What the verb about rows behind a number returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cxloop.core.results import How, Result, Value
from cxloop.core.wording import count, many

__all__ = ["BehindRow", "RowsBehind"]


@dataclass(frozen=True, slots=True)
class BehindRow:
    """One row that a number counts.

    Attributes:
        interaction_id: of the log.
        customer_id: whose it is; None where it has none.
        occurred_at: when it counts, UTC without zone.
        kind: what happened.
        touchpoint: where, as people call it.
        channel: over what, as people call it.
        score: what it scores: an answer on its scale, 0 or 1 for a share.
        scale_max: the highest value of its scale, where it has one.
        value: the amount of money, where it has one.
        currency: of that amount.
        outcome: how it ended, where that is said.
        text: what was written in it.
        survey_id: the survey that it answers.
        campaign: what it belongs to.
    """

    interaction_id: int
    customer_id: int | None
    occurred_at: datetime
    kind: str
    touchpoint: str | None
    channel: str | None
    score: float | None
    scale_max: float | None
    value: float | None
    currency: str | None
    outcome: str | None
    text: str | None
    survey_id: str | None
    campaign: str | None


@dataclass(frozen=True)
class RowsBehind(Result):
    """The rows that a number counts, the newest first, one page of them."""

    metric: str
    label: str
    noun: str
    total: int
    page: int
    rows: tuple[BehindRow, ...]
    how: How = field(default_factory=How)

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per counted row."""
        return [{name: getattr(row, name) for name in BehindRow.__slots__} for row in self.rows]

    def __str__(self) -> str:
        shown = "" if len(self.rows) == self.total else f", {count(len(self.rows))} of them here"
        return f"{many(self.total, self.noun)} behind {self.label}{shown}."
