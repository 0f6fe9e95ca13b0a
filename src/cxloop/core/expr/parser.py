"""From text to tree.

Python's own parser reads the text, and only whitelisted nodes pass; nothing is ever compiled or run. Before that, texts
in quotes are taken out by length-preserving placeholders, so that escapes follow this language and not Python's (a
backslash of a pattern stands for itself), and so that comments, prefixes and line breaks cannot hide anything.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from threading import Lock
from typing import ClassVar

from cxloop.core.errors import did_you_mean
from cxloop.core.expr.aggregates import AGGREGATES
from cxloop.core.expr.functions import FUNCTIONS
from cxloop.core.expr.growth import check_growth
from cxloop.core.expr.nodes import (
    Binary,
    Call,
    Choice,
    Column,
    Constant,
    Expr,
    ExpressionError,
    Membership,
    Operator,
    Unary,
)

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "MAX_NODES", "Reader", "check_length", "parse"]

MAX_LENGTH = 4000
MAX_DEPTH = 40
MAX_NODES = 800

_READING = Lock()
"""Python 3.11 counts the depth of the trees of all threads together: of two texts read at once, a sound one may end in
a SystemError."""

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|' + r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_ESCAPES = {"\\": "\\", '"': '"', "'": "'", "n": "\n", "t": "\t"}
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_OPERATORS: dict[type[ast.AST], Operator] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.And: "and",
    ast.Or: "or",
}
_ADVICE: dict[type[ast.AST], str] = {
    ast.FloorDiv: "// is not an operator here. Use round(a / b).",
    ast.Pow: "** is not an operator here. Multiply instead.",
    ast.BitAnd: "& is not an operator here. Use `and`.",
    ast.BitOr: "| is not an operator here. Use `or`.",
    ast.Invert: "~ is not an operator here. Use `not`.",
    ast.Subscript: "[ ] after a name is not known here. Use split(text, separator, number) or col(name).",
    ast.Attribute: "A dot joins plain names only, as in properties.colour.",
    ast.JoinedStr: "f-texts are not known here. Use concat(...).",
    ast.Lambda: "lambda is not known here.",
    ast.List: "A list stands only after `in`.",
    ast.Tuple: "A comma stands only in a function's arguments or in a list after `in`.",
}


def parse(text: str) -> Expr:
    """Returns the tree of the expression `text`.

    Args:
        text: such as `score >= 9 and channel == "web"`; at most MAX_LENGTH characters.

    Raises:
        ExpressionError: it cannot be read, uses something that is not of the language, is too long or too deep, or
            could make texts without end.

    Example:
        >>> parse('score >= 9')
        Binary(operator='>=', left=Column(name='score', at=1), right=Constant(value=9, at=10), at=1)
    """
    check_length(text)
    return Reader(text).read()


def check_length(text: str) -> None:
    """Raises ExpressionError where a text is empty or too long to be read."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"The expression has {len(text)} characters; {MAX_LENGTH} are allowed.")
    if not text.strip():
        raise ExpressionError('The expression is empty. Write, for example, channel == "web".')


def _unescape(quoted: str) -> str:
    r"""Returns the text that stands in quotes: \\ \" \' \n \t are escapes, any other backslash is itself."""
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), quoted, flags=re.DOTALL)


class Reader:
    """Reads one text; turns Python's byte offsets into characters of that text.

    `column` and `call` are for who reads a text whose names and functions mean more.
    """

    def __init__(self, text: str) -> None:
        self.offset = len(text) - len(text.lstrip())
        self.text = text.strip()
        self.terms = 0
        self.quoted: dict[int, tuple[int, str]] = {}
        self.plain = self._take_out_quoted()
        self.bytes = self.plain.encode("utf-8", "surrogatepass")

    def read(self) -> Expr:
        """Returns the tree of the text."""
        try:
            with _READING:
                tree = ast.parse(self.plain, mode="eval")
        except SyntaxError as failure:
            raise self._syntax_error(failure) from None
        except (RecursionError, MemoryError):
            raise ExpressionError(f"The expression is nested deeper than {MAX_DEPTH} levels.") from None
        except ValueError as failure:
            raise ExpressionError(f"The expression cannot be read: {failure}.") from None
        expr = self.node(tree.body, 0)
        check_growth(expr)
        return expr

    def _take_out_quoted(self) -> str:
        def placeholder(found: re.Match[str]) -> str:
            content = found[1] if found[1] is not None else found[2]
            self.quoted[found.start()] = (found.end(), _unescape(content))
            return '"' + "_" * (found.end() - found.start() - 2) + '"'

        plain = _QUOTED.sub(placeholder, self.text)
        rest = re.sub(r'"_*"', lambda found: " " * len(found[0]), plain)
        for sign, advice in (
            ('"', "This text is not closed. Add the missing quote."),
            ("'", "This text is not closed. Add the missing quote."),
            ("#", "Comments are not known here."),
            ("\\", "A backslash stands only inside quotes."),
            ("\x00", "This character is not allowed."),
        ):
            if sign in rest:
                raise ExpressionError(advice, self.offset + rest.index(sign) + 1)
        return re.sub(r"\s", " ", plain)

    def at(self, node: ast.expr) -> int:
        """Returns where a node stands, from 1."""
        return self.offset + self._start(node) + 1

    def _start(self, node: ast.expr) -> int:
        return len(self.bytes[: node.col_offset].decode("utf-8", "surrogatepass"))

    def _source(self, node: ast.expr) -> str:
        return self.bytes[node.col_offset : node.end_col_offset].decode("utf-8", "surrogatepass")

    def _syntax_error(self, failure: SyntaxError) -> ExpressionError:
        at = self.offset + (failure.offset or 1)
        single = re.search(r"(?<![=!<>])=(?!=)", self.plain)
        advice = "Compare with ==." if single else 'Quote odd column names: col("Order date").'
        return ExpressionError(f"This cannot be read ({failure.msg.rstrip('.')}). {advice}", at)

    def node(self, node: ast.expr, depth: int) -> Expr:
        """Returns the tree of a node at a depth."""
        # Counted while reading: the middle of a chained comparison is read twice, at each level.
        self.terms += 1
        if self.terms > MAX_NODES:
            raise ExpressionError(f"The expression has more than {MAX_NODES} terms. Split it into several.")
        if depth > MAX_DEPTH:
            raise ExpressionError(f"The expression is nested deeper than {MAX_DEPTH} levels.", self.at(node))
        read = self._READERS.get(type(node))
        if read is None:
            raise self._unknown(node, node)
        return read(self, node, depth + 1)

    def _unknown(self, kind: ast.AST, where: ast.expr) -> ExpressionError:
        advice = _ADVICE.get(type(kind), "This is not part of the expression language.")
        return ExpressionError(advice, self.at(where))

    def _operator(self, kind: ast.AST, where: ast.expr) -> Operator:
        known = _OPERATORS.get(type(kind))
        if known is None:
            raise self._unknown(kind, where)
        return known

    def _constant(self, node: ast.Constant, _depth: int) -> Constant:
        value, at = node.value, self.at(node)
        if isinstance(value, str):
            end, content = self.quoted.get(self._start(node), (-1, ""))
            if end != self._start(node) + len(self._source(node)):
                raise ExpressionError("Texts side by side or with a prefix are not known here. Use concat(...).", at)
            return Constant(_storable(content, at), at)
        if isinstance(value, bool) or value is None:
            return Constant(value, at)
        if isinstance(value, int | float):
            return Constant(_countable(value, at), at)
        raise ExpressionError("Constants are texts, numbers, true, false and null.", at)

    def _name(self, node: ast.Name, _depth: int) -> Expr:
        name, at = self._source(node), self.at(node)
        return Constant(_WORDS[name], at) if name in _WORDS else self.column(name, at)

    def column(self, name: str, at: int) -> Column:
        """Returns the node of a name."""
        return Column(name, at)

    def _dotted(self, node: ast.Attribute, _depth: int) -> Column:
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            inner = inner.value
        if not isinstance(inner, ast.Name):
            raise self._unknown(node, node)
        return self.column("".join(self._source(node).split()), self.at(node))

    def _unary(self, node: ast.UnaryOp, depth: int) -> Expr:
        operand, at = self.node(node.operand, depth), self.at(node)
        if isinstance(node.op, ast.Not):
            return Unary("not", operand, at)
        if isinstance(node.op, ast.USub):
            negative = _negative(operand)
            return Unary("-", operand, at) if negative is None else Constant(negative, at)
        if isinstance(node.op, ast.UAdd):
            return operand
        raise self._unknown(node.op, node)

    def _binary(self, node: ast.BinOp, depth: int) -> Binary:
        operator = self._operator(node.op, node)
        return Binary(operator, self.node(node.left, depth), self.node(node.right, depth), self.at(node))

    def _logic(self, node: ast.BoolOp, depth: int) -> Expr:
        values = [self.node(value, depth) for value in node.values]
        return _joined(self._operator(node.op, node), values, self.at(node))

    def _comparison(self, node: ast.Compare, depth: int) -> Expr:
        left, links = node.left, list[Expr]()
        for operator, right in zip(node.ops, node.comparators, strict=True):
            links.append(self._link(left, operator, right, depth))
            left = right
        return _joined("and", links, self.at(node))

    def _link(self, left: ast.expr, operator: ast.cmpop, right: ast.expr, depth: int) -> Expr:
        at = self.at(left)
        if isinstance(operator, ast.In | ast.NotIn):
            found = Membership(self.node(left, depth), self._list(right, depth), at)
            return Unary("not", found, at) if isinstance(operator, ast.NotIn) else found
        if isinstance(operator, ast.Is | ast.IsNot):
            if self.node(right, depth) != Constant(None):
                raise ExpressionError("`is` stands only before null. Compare with ==.", self.at(right))
            empty = Call("is_null", (self.node(left, depth),), at)
            return Unary("not", empty, at) if isinstance(operator, ast.IsNot) else empty
        sides = (self.node(left, depth), self.node(right, depth))
        if Constant(None) in sides:
            raise ExpressionError("Nothing equals null. Use is_null(...) or `is null`.", at)
        return Binary(self._operator(operator, left), *sides, at)

    def _list(self, node: ast.expr, depth: int) -> tuple[Constant, ...]:
        if not isinstance(node, ast.List | ast.Tuple):
            raise ExpressionError('After `in` stands a list of constants: x in ["a", "b"].', self.at(node))
        if not node.elts:
            raise ExpressionError("The list after `in` is empty. Give at least one constant.", self.at(node))
        items = []
        for element in node.elts:
            item = self.node(element, depth)
            if not isinstance(item, Constant) or item.value is None:
                raise ExpressionError("A list after `in` holds texts and numbers only.", self.at(element))
            items.append(item)
        return tuple(items)

    def _choice(self, node: ast.IfExp, depth: int) -> Choice:
        condition, then, otherwise = (self.node(part, depth) for part in (node.test, node.body, node.orelse))
        return Choice(condition, then, otherwise, self.at(node))

    def _call(self, node: ast.Call, depth: int) -> Expr:
        at = self.at(node)
        if not isinstance(node.func, ast.Name):
            raise ExpressionError("Only functions of the language can be called.", at)
        return self.call(self._source(node.func), node, depth)

    def call(self, name: str, node: ast.Call, depth: int) -> Expr:
        """Returns the node of a call of the function called `name`."""
        at = self.at(node)
        if name in AGGREGATES:
            raise ExpressionError(
                f"{name}(...) looks at everything that happened to a customer; it stands only in the definition of a "
                "segment.",
                at,
            )
        if node.keywords:
            raise ExpressionError(f"{name}(...) takes its arguments by place, without names.", at)
        arguments = tuple(self.node(argument, depth) for argument in node.args)
        if name == "col":
            return self.column(_odd_name(arguments, at), at)
        function = FUNCTIONS.get(name)
        if function is None:
            raise ExpressionError(f"Unknown function {name!r}. {did_you_mean(name, ['col', *FUNCTIONS], most=30)}", at)
        function.check_arguments(arguments, at)
        return Call(name, arguments, at)

    _READERS: ClassVar[dict[type[ast.expr], Callable[..., Expr]]] = {
        ast.Constant: _constant,
        ast.Name: _name,
        ast.Attribute: _dotted,
        ast.UnaryOp: _unary,
        ast.BinOp: _binary,
        ast.BoolOp: _logic,
        ast.Compare: _comparison,
        ast.IfExp: _choice,
        ast.Call: _call,
    }


def _joined(operator: Operator, parts: list[Expr], at: int) -> Expr:
    """Joins conditions as a balanced tree: a list of hundreds of them is no deeper than nine levels."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return Binary(operator, _joined(operator, parts[:middle], at), _joined(operator, parts[middle:], at), at)


def _negative(operand: Expr) -> int | float | None:
    """The constant -operand where operand is a number; `-9` is then a constant that a list may hold."""
    if isinstance(operand, Constant) and isinstance(operand.value, int | float) and not isinstance(operand.value, bool):
        return -operand.value
    return None


def _odd_name(arguments: tuple[Expr, ...], at: int) -> str:
    match arguments:
        case (Constant(value=str(name)),) if name:
            return name
    raise ExpressionError('col takes one name in quotes: col("Order date").', at)


def _storable(content: str, at: int) -> str:
    """Refuses what a database cannot hold in a text."""
    if "\x00" in content or any("\ud800" <= sign <= "\udfff" for sign in content):
        raise ExpressionError("A text cannot hold the NUL character or half a surrogate pair.", at)
    return content


def _countable(value: int | float, at: int) -> int | float:
    """Refuses numbers that a 64-bit number cannot hold."""
    if isinstance(value, int) and abs(value) >= 10**18:
        raise ExpressionError(f"{value} is too large a number. Write an identifier as a text, in quotes.", at)
    if not math.isfinite(value):
        raise ExpressionError("The number is too large.", at)
    return value
