"""Quoting: the one place where a name or a text from outside becomes part of SQL.

Parts hand names and values to the engine as syntax-tree nodes made here; the modules of an engine that must write
statements (create, copy, attach) use the text forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxloop.core.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlglot import exp

__all__ = ["column_node", "identifier", "literal", "moment_node", "text_node"]


def identifier(name: str) -> str:
    """Returns `name` as a quoted SQL identifier.

    Raises:
        InputError: the name is empty or holds a NUL, which no engine can carry.

    Example:
        >>> print(identifier('total "net"'))
        "total ""net\"""
    """
    return '"' + _carried(name).replace('"', '""') + '"'


def literal(text: str) -> str:
    """Returns `text` as a quoted SQL string.

    Raises:
        InputError: the text holds a NUL.

    Example:
        >>> print(literal("it's"))
        'it''s'
    """
    if "\0" in text:
        raise InputError(f"{text!r} holds a NUL character, which no SQL text can carry. Remove it.")
    return "'" + text.replace("'", "''") + "'"


def column_node(name: str, table: str | None = None) -> exp.Column:
    """Returns a column as a node, always quoted; raises InputError for a name no engine can carry."""
    from sqlglot import exp

    return exp.column(_carried(name), table=table, quoted=True)


def text_node(text: str) -> exp.Literal:
    """Returns a text as a node; raises InputError where it holds a NUL."""
    from sqlglot import exp

    literal(text)
    return exp.Literal.string(text)


def moment_node(moment: datetime) -> exp.Expr:
    """Returns a moment (UTC without zone, as in the tables) as a node."""
    from sqlglot import exp

    return exp.cast(text_node(moment.isoformat(sep=" ")), "timestamp", dialect="duckdb")


def _carried(name: str) -> str:
    if not name:
        raise InputError("A column name is empty. Give it a name.")
    if "\0" in name:
        raise InputError(f"The name {name!r} holds a NUL character, which no engine can carry. Rename it.")
    return name
