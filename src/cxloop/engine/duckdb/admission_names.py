"""What the names in a mapping's expressions mean inside the engine: staged columns, looked-up ones, times and `let`."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from cxloop.core.errors import UnknownNameError
from cxloop.core.expr import Call, Expr, ValueType, infer
from cxloop.engine.expression import compile as compile_expression

__all__ = ["Names"]


@dataclass(slots=True)
class Names:
    """Resolves names to columns of the row-level query."""

    columns: dict[str, str] = field(default_factory=dict)
    types: dict[str, ValueType] = field(default_factory=dict)

    def add(self, name: str, column: str, kind: ValueType) -> None:
        """Makes `name` mean `column`, of type `kind`."""
        self.columns[name] = column
        self.types[name] = kind

    def sql(self, expr: Expr) -> str:
        """Returns the SQL of an expression; raises UnknownNameError and ExpressionError."""
        return compile_expression(expr, self._resolve, self.types).sql(dialect="duckdb")

    def text(self, expr: Expr) -> str:
        """Returns the SQL of an expression as a text: 5 for 5.0, 2026-05-01 for a date."""
        kind = self.kind(expr)
        if kind == "null":
            return "cast(null as varchar)"
        return self.sql(expr if kind in ("text", "unknown") else Call("text", (expr,)))

    def kind(self, expr: Expr) -> ValueType:
        """Returns the type of an expression."""
        return infer(expr, self.types)

    def _resolve(self, name: str) -> exp.Expression:
        column = self.columns.get(name)
        if column is None:
            raise UnknownNameError("column", name, self.columns)
        return exp.column(column)
