"""Queries: named SQL in DuckDB's dialect, with typed parameters and slots for syntax-tree nodes.

`$name` in the SQL is a value parameter if `parameters` declares it, and a slot if `slots` does. Values are bound by
the engine; slots are replaced by sqlglot nodes from the dimension registry or the expression compiler. Text never
becomes SQL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from cxloop.core.schema import Type

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["Query", "Rewrite", "Slot", "Slots"]

Slot: TypeAlias = "exp.Expr | Sequence[exp.Expr]"
"""What may stand in a slot: one node, or a list of nodes where the SQL has a list (select, group by, order by)."""
Slots: TypeAlias = Mapping[str, Slot]


class Rewrite(Protocol):
    """Changes the whole tree of a query before it is written; hashable, so that the text can be kept."""

    def __call__(self, tree: exp.Expr, *, dialect: str, query: str) -> exp.Expr:
        """Returns the tree to write, in which named functions have been translated."""

    def __hash__(self) -> int:
        """The same for rewrites that do the same."""


@dataclass(frozen=True)
class Query:
    """A named piece of SQL.

    Attributes:
        name: dotted, part first: "measure.score_counts"; shown when the query fails.
        sql: one SELECT in DuckDB's dialect.
        inputs: the tables it reads.
        parameters: `$name` to portable type, bound as values.
        slots: `$name`s that are replaced by nodes.
        within: what is done to the tree once it is whole: `engine.scope` limits it to the rows that somebody may see.
        output: column name to portable type of what it returns; columns that slots add stand before these.
    """

    name: str
    sql: str
    inputs: tuple[str, ...]
    output: Mapping[str, Type]
    parameters: Mapping[str, Type] = field(default_factory=dict)
    slots: tuple[str, ...] = ()
    within: Rewrite | None = None
