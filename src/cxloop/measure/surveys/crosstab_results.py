"""What a cross-table is: the answers to one question by those to another, or by a dimension."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cxloop.core.results import How, Result, Value
from cxloop.core.wording import count
from cxloop.measure.surveys.results import Known, known_columns

__all__ = ["CrossCell", "CrossGroup", "Crosstab"]


@dataclass(frozen=True, slots=True)
class CrossGroup:
    """A row or a column of a cross-table: its value and how many stand in it."""

    value: str
    n: int


@dataclass(frozen=True, slots=True)
class CrossCell:
    """One cell.

    Attributes:
        row: value of its row.
        column: value of its column.
        n: how many; None where its column is too small to be shown.
        share: of its column.
        residual: distance from chance in standard errors.
        p: how often chance alone would go so far, corrected for the number of cells.
        mark: "more" or "less" than by chance; empty where that is not shown.
    """

    row: str
    column: str
    n: int | None
    share: Known
    residual: float
    p: float
    mark: Literal["more", "less", ""]


@dataclass(frozen=True)
class Crosstab(Result):
    """Answers to one question by those to another, or by a dimension.

    Attributes:
        survey: its name.
        row: the question whose answers are the rows.
        column: the question or dimension whose values are the columns.
        rows: the answers.
        columns: the values of the other.
        cells: row by row.
        n: customers, each with the newest response.
        p: how often chance alone would tie both so much; None where it cannot be tested.
        v: Cramér's V: how strongly they go together, 0 to 1; None where that cannot be said.
        test: name of the test, or why there is none.
        how: method and the same call elsewhere.
    """

    survey: str
    row: str
    column: str
    rows: tuple[CrossGroup, ...]
    columns: tuple[CrossGroup, ...]
    cells: tuple[CrossCell, ...]
    n: int
    p: float | None
    v: float | None
    test: str
    how: How = field(default_factory=How)

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per cell."""
        return [
            {
                self.row: cell.row,
                self.column if self.column != self.row else f"{self.column} (column)": cell.column,
                "n": cell.n,
                **known_columns("share", cell.share),
                "residual": None if cell.n is None else cell.residual,
                "p": None if cell.n is None else cell.p,
                "mark": cell.mark or None,
            }
            for cell in self.cells
        ]

    def __str__(self) -> str:
        if not self.cells:
            return f"Nobody has answered {self.row} together with {self.column} yet."
        who = f"{self.row} by {self.column}, {count(self.n)} customers"
        if self.p is None:
            return f"{who}: {self.test}"
        said = "they go together" if self.p < 0.05 else "not shown to go together"
        strength = "" if self.v is None else f", Cramér's V {self.v:.2f}"
        return f"{who}: {said} ({self.test}, p = {self.p:.3g}{strength})."
