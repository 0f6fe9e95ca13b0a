"""Writing expressions: what a page or a part puts together reads back as what was meant, whatever the data holds."""

from __future__ import annotations

import keyword
import re

from cxloop.core.expr.nodes import Binary, Choice
from cxloop.core.expr.parser import parse

__all__ = ["both", "column", "equals", "quoted"]

_ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"})
_WORDS = {"true", "false", "null"}


def quoted(text: str) -> str:
    r"""Returns a text as a constant.

    Example:
        >>> print(quoted('the "new" app'))
        "the \"new\" app"
    """
    return f'"{text.translate(_ESCAPED)}"'


def column(name: str) -> str:
    """Returns what stands for a column, however odd its name.

    Example:
        >>> column("channel"), column("in"), column("order id")
        ('channel', 'col("in")', 'col("order id")')
    """
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) and not keyword.iskeyword(name) and name not in _WORDS
    return name if plain else f"col({quoted(name)})"


def equals(name: str, value: str | None) -> str:
    """Returns the condition that a column or dimension has a value, or has none.

    Example:
        >>> equals("channel", "web"), equals("region", None)
        ('channel == "web"', 'is_null(region)')
    """
    return f"is_null({column(name)})" if value is None else f"{column(name)} == {quoted(value)}"


def both(first: str, second: str) -> str:
    """Returns a condition that holds where both do; an empty one holds everywhere.

    Raises:
        ExpressionError: one of the two cannot be read.

    Example:
        >>> both("score >= 9 or score == 0", 'channel == "web"')
        '(score >= 9 or score == 0) and channel == "web"'
        >>> both("", "score >= 9")
        'score >= 9'
    """
    if not (first.strip() and second.strip()):
        return first if first.strip() else second
    return f"{_bound(first)} and {_bound(second)}"


def _bound(condition: str) -> str:
    """Puts a condition in brackets where `and` would bind closer than what it is made of."""
    tree = parse(condition)
    loose = isinstance(tree, Choice) or (isinstance(tree, Binary) and tree.operator == "or")
    return f"({condition})" if loose else condition
