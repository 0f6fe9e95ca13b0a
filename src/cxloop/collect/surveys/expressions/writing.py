"""From tree to text, and names changed in place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from cxloop.collect.surveys.expressions.nodes import (
    Array,
    Binary,
    Call,
    Const,
    Expression,
    Name,
    Node,
    Unary,
    names_in,
)
from cxloop.collect.surveys.expressions.parser import LEVELS, parse
from cxloop.core.errors import InputError

__all__ = ["for_browser", "moved", "rename", "replace_at", "write"]

_COMMENT = "-Comment"
"""What SurveyJS adds to a question's name for the comment beside it."""


def write(tree: Node) -> str:
    """Returns a tree as text that SurveyJS too reads as the same, with no more brackets than it needs.

    Raises:
        InputError: a text ends in a backslash: the language cannot say that.

    Example:
        >>> write(parse("({a}=1)||not({b} notempty)").tree)
        '{a} = 1 or !({b} notempty)'
    """
    chain = []
    while isinstance(tree, Binary):
        chain.append(tree)
        tree = tree.left
    written = _factor(tree)
    for at, binary in reversed(list(enumerate(chain))):
        level = LEVELS[binary.operator]
        outer = LEVELS[chain[at - 1].operator] if at else 0
        right = write(binary.right)
        if isinstance(binary.right, Binary) and LEVELS[binary.right.operator] <= level:
            right = f"({right})"
        written = f"{written} {'=' if binary.operator == '==' else binary.operator} {right}"
        written = f"({written})" if level < outer else written
    return written


def _factor(node: Node) -> str:
    if isinstance(node, Const):
        return _const(node)
    if isinstance(node, Name):
        return f"{{{'#' * node.raw}{node.path}}}"
    if isinstance(node, Array):
        return f"[{', '.join(map(write, node.items))}]"
    if isinstance(node, Call):
        return f"{node.function}({', '.join(map(write, node.arguments))})"
    if isinstance(node, Binary):
        return f"({write(node)})"
    return _unary(node)


def _unary(node: Unary) -> str:
    operand = _factor(node.operand)
    if isinstance(node.operand, Unary):
        operand = f"({operand})"
    return f"!{operand}" if node.operator == "not" else f"{operand} {node.operator}"


def _const(node: Const) -> str:
    value = node.value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value) if isinstance(value, int) else f"{Decimal(repr(value)):f}".removesuffix(".0")
    if value.endswith("\\"):
        raise InputError(f"The text {value!r} ends in a backslash: an expression cannot say that. Add a character.")
    return "'" + re.sub(r"""(['"])""", r"\\\1", value) + "'"


def for_browser(tree: Node) -> list[Any]:
    """Returns a tree as the browser's evaluator takes it, to be written as JSON: a page then needs no parser.

    Example:
        >>> for_browser(parse("{a} = 1").tree)
        ['binary', '==', ['name', 'a', False], ['value', 1]]
    """
    if isinstance(tree, Const):
        return ["value", tree.value]
    if isinstance(tree, Name):
        return ["name", tree.path, tree.raw]
    if isinstance(tree, Array):
        return ["array", [for_browser(item) for item in tree.items]]
    if isinstance(tree, Call):
        return ["call", tree.function, [for_browser(each) for each in tree.arguments]]
    if isinstance(tree, Unary):
        return ["unary", tree.operator, for_browser(tree.operand)]
    chain = []
    node: Node = tree
    while isinstance(node, Binary):
        chain.append(node)
        node = node.left
    made = for_browser(node)
    for binary in reversed(chain):
        made = ["binary", binary.operator, made, for_browser(binary.right)]
    return made


def rename(expression: Expression, old: str, new: str) -> Expression:
    """Returns an expression that reads a question by its new name; everything else stays as it was written.

    Args:
        expression: what `parse` gave.
        old: the question's name until now, in any case; its rows, panels and comment change with it.
        new: its name from now on.

    Raises:
        InputError: the new name is empty or holds braces.

    Example:
        >>> rename(parse("{why-Comment} notempty  or {why[0].x}=1"), "why", "reason").text
        '{reason-Comment} notempty  or {reason[0].x}=1'
    """
    changes = (
        (name.at - 1, "#" * name.raw + path)
        for name in names_in(expression.tree)
        if (path := moved(name.path, old, new)) is not None
    )
    return parse(replace_at(expression.text, changes))


def replace_at(text: str, changes: Iterable[tuple[int, str]]) -> str:
    """Returns a text in which other names stand in the braces that open at some places, from 0."""
    for at, content in sorted(changes, reverse=True):
        text = f"{text[: at + 1]}{content}{text[text.index('}', at) :]}"
    return text


def moved(path: str, old: str, new: str) -> str | None:
    """Returns a path under a question's new name, or None where it reads another one."""
    if not new.strip() or set(new) & set("{}"):
        raise InputError(f"{new!r} cannot be the name of a question: it has to have letters, and no braces.")
    rest = path[len(old) :]
    if path[: len(old)].lower() != old.lower() or (rest and rest[0] not in ".[" and not _is_comment(rest)):
        return None
    return new + rest


def _is_comment(rest: str) -> bool:
    return rest[: len(_COMMENT)].lower() == _COMMENT.lower() and rest[len(_COMMENT) : len(_COMMENT) + 1] in ("", ".")
