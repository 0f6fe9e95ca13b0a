"""The tree that an expression is read into, and the error of one that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

from cxloop.core.errors import InputError

__all__ = [
    "Array",
    "Binary",
    "Call",
    "Const",
    "Expression",
    "ExpressionError",
    "Name",
    "Node",
    "Operator",
    "Unary",
    "names_in",
    "walk",
]

Operator = Literal[
    "or",
    "and",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "contains",
    "notcontains",
    "anyof",
    "allof",
    "noneof",
]
_AROUND = 60
"""Characters of the line that an error shows on each side of its place."""


class ExpressionError(InputError):
    """A survey's expression that cannot be read.

    Args:
        problem: what is wrong, and what would be right.
        text: the whole expression.
        position: which character is meant, from 1.
    """

    def __init__(self, problem: str, text: str, position: int) -> None:
        super().__init__(f"{problem} (at character {position})\n{_caret(text, position)}")
        self.problem = problem
        self.position = position


def _caret(text: str, position: int) -> str:
    """Returns the part of the text around a place, and under it a line with a caret."""
    start = max(0, position - 1 - _AROUND)
    shown = "".join(" " if not sign.isprintable() else sign for sign in text[start : position - 1 + _AROUND])
    lead, tail = "..." if start else "", "..." if len(text) > position - 1 + _AROUND else ""
    return f"  {lead}{shown}{tail}\n  {' ' * (len(lead) + position - 1 - start)}^"


@dataclass(frozen=True, slots=True)
class Const:
    """A value that is written out: a text, a number, true, false or null."""

    value: str | float | bool | None
    at: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """`{path}`: what somebody answered; `raw` (`{#path}`) leaves texts that look like numbers as they are."""

    path: str
    raw: bool = False
    at: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Array:
    """Several values in square brackets."""

    items: tuple[Node, ...]
    at: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of some values."""

    function: str
    arguments: tuple[Node, ...]
    at: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """What is said of one value."""

    operator: Literal["not", "empty", "notempty"]
    operand: Node
    at: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """Two values with an operator between them; `at` is the operator's place."""

    operator: Operator
    left: Node
    right: Node
    at: int = field(default=1, compare=False)


Node: TypeAlias = Const | Name | Array | Call | Unary | Binary


@dataclass(frozen=True)
class Expression:
    """An expression that was read: the text as it was written, and its tree."""

    text: str = field(compare=False)
    tree: Node

    @cached_property
    def paths(self) -> frozenset[str]:
        """Everything in braces, as it is written there, without the sign #."""
        return frozenset(name.path for name in names_in(self.tree))

    @cached_property
    def names(self) -> frozenset[str]:
        """The questions and variables that are read: what stands before the first dot or bracket in braces."""
        return frozenset(path.split(".")[0].split("[")[0] for path in self.paths)

    @cached_property
    def functions(self) -> frozenset[str]:
        """The functions that are called."""
        return frozenset(node.function for node in walk(self.tree) if isinstance(node, Call))


def walk(tree: Node) -> Iterator[Node]:
    """Yields a tree's nodes. Without recursion: a chain of `or` is as deep as it is long."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, Binary):
            waiting += [node.left, node.right]
        elif isinstance(node, Unary):
            waiting.append(node.operand)
        elif isinstance(node, Call):
            waiting += node.arguments
        elif isinstance(node, Array):
            waiting += node.items


def names_in(tree: Node) -> Iterator[Name]:
    """Yields what a tree reads."""
    return (node for node in walk(tree) if isinstance(node, Name))
