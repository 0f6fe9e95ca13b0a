"""Cross-tables: the answers to one question by those to another, or by a dimension."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from sqlglot import exp

from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.results import How, InsufficientData
from cxloop.engine.base import Analysis
from cxloop.engine.dimensions import Dimension, dimensions_of
from cxloop.engine.quoting import column_node, text_node
from cxloop.measure.surveys.crosstab_results import CrossCell, CrossGroup, Crosstab
from cxloop.measure.surveys.queries import CROSSED
from cxloop.measure.surveys.questions import MOST_ANSWERS, kind_of, questions_asked
from cxloop.measure.surveys.selecting import Asked, choose, explained
from cxloop.measure.surveys.shares import share_of
from cxloop.stats.crosstabs import Association, Residuals, association, residuals
from cxloop.stats.sums import Array

__all__ = ["read_crosstab"]

SHOWN = 0.05
"""False discovery rate up to which a cell is marked."""
_DEFINITION = (
    "Of each column, the share that gave the answer of the row. Each customer counts once, by the newest response."
)
_SEVERAL = (
    "A response may stand in several rows or columns, so there is no test of the whole table; its cells are tested."
)
_METHOD = (
    "Cells: adjusted residuals (Haberman 1973), marked where the false discovery rate over all cells stays under 5 % "
    "(Benjamini and Hochberg 1995)."
)
_NUMBERED = ("score", "number")
Pair = Mapping[str, Any]


def read_crosstab(ws: Analysis, asked: Asked, row: str, column: str) -> Crosstab:
    """Returns a cross-table.

    Args:
        ws: the workspace.
        asked: the survey, window and condition.
        row: the question whose answers are the rows.
        column: another question, or a dimension such as channel.

    Raises:
        UnknownNameError: neither a question of the survey nor a dimension is called so.
        InputError: both are the same, or one has more different answers than a table can show.
    """
    if row == column:
        raise InputError(f"row and column are both {row!r}. Name two different ones.")
    known = _questions(ws, asked)
    if known and row not in known:
        raise UnknownNameError("question", row, sorted(known))
    dimension = None if column in known else _dimension(ws, column, known)
    chosen = choose(ws, asked, by=() if dimension is None else (dimension,))
    slots = {**chosen.slots, **_column(column, dimension)}
    pairs = ws.engine.fetch(CROSSED, {"row_question": row}, slots).to_pylist()
    table = _Table(pairs, dimension, known.get(row, ""), known.get(column, ""))
    return table.read(ws, asked, row, column, ws.engine.sql(CROSSED, slots))


def _questions(ws: Analysis, asked: Asked) -> dict[str, str]:
    """Name and kind of the questions that have answers that can be counted."""
    return {item["question"]: kind_of(item) for item in questions_asked(ws, choose(ws, asked)) if item["n"]}


def _dimension(ws: Analysis, name: str, known: Mapping[str, str]) -> Dimension:
    dimensions = dimensions_of(ws)
    try:
        return dimensions.resolve(name)
    except UnknownNameError:
        raise UnknownNameError("question or dimension", name, [*sorted(known), *dimensions.names()]) from None


def _column(name: str, dimension: Dimension | None) -> dict[str, exp.Expr]:
    """The slots of the other side: an answer to a question, or a dimension on the rows of the first."""
    if dimension is not None:
        text = exp.Cast(this=dimension.node.copy(), to=exp.DataType.build("text"))
        return {"column": text, "of_column": exp.EQ(this=column_node("question_id", "i"), expression=_row_hole())}
    score, given = column_node("score", "i"), column_node("answer_value", "i")
    said = exp.Case().when(
        exp.Not(this=exp.Is(this=score, expression=exp.Null())),
        exp.Cast(this=score.copy(), to=exp.DataType.build("text")),
        copy=False,
    )
    of_column = exp.EQ(this=column_node("question_id", "i"), expression=text_node(name))
    return {"column": said.else_(given, copy=False), "of_column": of_column}


def _row_hole() -> exp.Expr:
    return exp.Placeholder(this="row_question")


class _Table:
    """The pairs as arrays: which answers there are on both sides, and how many stand in each cell."""

    def __init__(self, pairs: Sequence[Pair], dimension: Dimension | None, row_kind: str, column_kind: str) -> None:
        self.several = False
        cells: Counter[tuple[str, str]] = Counter()
        rows: Counter[str] = Counter()
        columns: Counter[str] = Counter()
        for pair in pairs:
            left, right = _parts(pair["of_row"], row_kind), _side(pair["of_column"], dimension, column_kind)
            self.several |= len(left) > 1 or len(right) > 1
            rows.update(dict.fromkeys(left, pair["n"]))
            columns.update(dict.fromkeys(right, pair["n"]))
            cells.update(dict.fromkeys(product(left, right), pair["n"]))
        self.n = sum(pair["n"] for pair in pairs)
        self.rows = {name: rows[name] for name in _ordered(rows, row_kind)}
        self.columns = {name: columns[name] for name in _ordered(columns, column_kind)}
        self.counts = np.array([[cells[row, column] for column in self.columns] for row in self.rows], dtype=float)

    def read(self, ws: Analysis, asked: Asked, row: str, column: str, sql: str) -> Crosstab:
        """Returns the result."""
        for name, side in ((row, self.rows), (column, self.columns)):
            if len(side) > MOST_ANSWERS:
                raise InputError(
                    f"{name} has {len(side)} different answers; at most {MOST_ANSWERS} fit a table. Choose another."
                )
        few = self.n < ws.settings.measure.minimum_n
        found = None if self.several or few else association(self.counts)
        return Crosstab(
            survey=asked.survey,
            row=row,
            column=column,
            rows=tuple(CrossGroup(name, n) for name, n in self.rows.items()),
            columns=tuple(CrossGroup(name, n) for name, n in self.columns.items()),
            cells=tuple(self._cells(ws)),
            n=self.n,
            p=None if found is None else found.p,
            v=None if found is None else found.v,
            test=self._test(found, ws.settings.measure.minimum_n),
            how=How(definition=_DEFINITION, method=explained(ws, _METHOD), sql=sql),
        )

    def _test(self, found: Association | None, minimum: int) -> str:
        if found is not None:
            return found.method
        if self.n < minimum:
            return f"Too few for a test; {minimum} are needed."
        return _SEVERAL if self.several else "There are too few different answers for a test."

    def _cells(self, ws: Analysis) -> list[CrossCell]:
        if not self.n:
            return []
        sides = {"of_rows": np.array([*self.rows.values()]), "of_columns": np.array([*self.columns.values()])}
        far = residuals(self.counts, n=self.n, **sides)
        minimum = ws.settings.measure.minimum_n
        return [
            _cell(ws, row, column, self.counts, far, (at, beside), self.columns[column], minimum)
            for at, row in enumerate(self.rows)
            for beside, column in enumerate(self.columns)
        ]


def _cell(
    ws: Analysis, row: str, column: str, counts: Array, far: Residuals, place: tuple[int, int], base: int, minimum: int
) -> CrossCell:
    if base < minimum:  # so few that a number would be about persons
        return CrossCell(row, column, None, InsufficientData(base, minimum), 0.0, 1.0, "")
    n, value, p = float(counts[place]), float(far.value[place]), float(far.adjusted_p[place])
    share = share_of(ws, n, base, customers=base, squares=n, sizes=n, size_squares=base)
    shown = p <= SHOWN and value != 0
    return CrossCell(row, column, int(n), share, value, p, ("more" if value > 0 else "less") if shown else "")


def _parts(whole: str, kind: str) -> list[str]:
    """The answers that one response gives: each of several choices, the first of a ranking."""
    if kind == "ranking":
        return [whole.split("|")[0]]
    if kind in _NUMBERED:
        return [f"{float(whole):g}"]
    return list(dict.fromkeys(whole.split("|")))


def _side(whole: str, dimension: Dimension | None, kind: str) -> list[str]:
    return _parts(whole, kind) if dimension is None else [dimension.label(whole) or whole]


def _ordered(found: Counter[str], kind: str) -> list[str]:
    if kind in _NUMBERED:
        return sorted(found, key=float)
    return sorted(found, key=lambda name: (-found[name], name))
