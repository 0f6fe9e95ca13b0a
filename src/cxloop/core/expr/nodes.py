"""The tree of an expression: frozen, whitelisted, each node with its place in the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import TypeAlias

from cxloop.core.errors import InputError

__all__ = [
    "Binary",
    "Call",
    "Choice",
    "Column",
    "Constant",
    "Expr",
    "ExpressionError",
    "Membership",
    "Operator",
    "Unary",
    "children",
    "names",
    "walk",
]

Operator: TypeAlias = OneOf["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "and", "or"]


class ExpressionError(InputError):
    """An expression that cannot be read or used; `at` is the character where, counted from 1, or 0 for the whole."""

    code = "expression"

    def __init__(self, message: str, at: int = 0) -> None:
        super().__init__(f"At character {at}: {message}" if at else message)
        self.at = at


@dataclass(frozen=True, slots=True)
class Constant:
    """A text, number, truth value or null."""

    value: str | int | float | bool | None
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Column:
    """A name that the place of use resolves: a column of a file, a field of an event, a dimension."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """`not x` or `-x`."""

    operator: OneOf["not", "-"]
    operand: Expr
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, a comparison, `and` or `or`."""

    operator: Operator
    left: Expr
    right: Expr
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Membership:
    """`x in ["a", "b"]`; the list holds constants only."""

    item: Expr
    among: tuple[Constant, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """`then if condition else otherwise`; a condition that is null chooses `otherwise`."""

    condition: Expr
    then: Expr
    otherwise: Expr
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function of the language."""

    function: str
    arguments: tuple[Expr, ...]
    at: int = field(default=0, compare=False)


Expr: TypeAlias = Constant | Column | Unary | Binary | Membership | Choice | Call


def children(expr: Expr) -> tuple[Expr, ...]:
    """Returns the nodes directly under `expr`, in reading order."""
    match expr:
        case Constant() | Column():
            return ()
        case Unary():
            return (expr.operand,)
        case Binary():
            return (expr.left, expr.right)
        case Membership():
            return (expr.item, *expr.among)
        case Choice():
            return (expr.then, expr.condition, expr.otherwise)
        case Call():
            return expr.arguments


def walk(expr: Expr) -> Iterator[Expr]:
    """Yields `expr` and every node under it, each before its children."""
    waiting = [expr]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))


def names(expr: Expr) -> tuple[str, ...]:
    """Returns the names that `expr` needs, each once, in the order of their first use."""
    return tuple(dict.fromkeys(node.name for node in walk(expr) if isinstance(node, Column)))
