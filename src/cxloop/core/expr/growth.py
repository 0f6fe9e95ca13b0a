"""How long a text can get: `replace` inside `replace` multiplies, and a few lines could fill any memory."""

from __future__ import annotations

from cxloop.core.expr.nodes import Call, Constant, Expr, ExpressionError, children

__all__ = ["MAX_GROWTH", "check_growth"]

MAX_GROWTH = 256
"""Eight letters, each replaced by two: umlauts and sharp s, small and capital."""
_COLUMN = 64
"""What a replacement that is not constant counts as: nobody knows how long it is before it is read."""


def check_growth(expr: Expr) -> None:
    """Raises ExpressionError where a text could become more than MAX_GROWTH times as long as what it is made of."""
    if _growth(expr) > MAX_GROWTH:
        raise ExpressionError(
            f"The expression could make a text more than {MAX_GROWTH} times as long as it is. "
            "Put fewer replace(...) and concat(...) into each other, or shorten what they put in."
        )


def _growth(expr: Expr) -> float:
    match expr:
        case Call(function="replace", arguments=(text, old, new)):
            return _growth(text) * max(1.0, _length(new) / max(1.0, _shortest(old)))
        case Call(function="concat"):
            return sum(map(_growth, expr.arguments))
    return max(map(_growth, children(expr)), default=1.0)


def _length(new: Expr) -> float:
    match new:
        case Constant(value=str(text)):
            return len(text)
    return _COLUMN * _growth(new)


def _shortest(old: Expr) -> int:
    match old:
        case Constant(value=str(text)):
            return len(text)
    return 1
