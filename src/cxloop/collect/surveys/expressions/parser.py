"""From text to tree, by precedence climbing over a short list of tokens.

From the loosest to the tightest: or; and; comparisons; + -; * / %; ^; contains, anyof and their like; not, empty. All
of them group from the left. This order, and that `!{a} = 1` means `(!{a}) = 1`, is SurveyJS's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from cxloop.collect.surveys.expressions.functions import FUNCTIONS
from cxloop.collect.surveys.expressions.nodes import (
    Array,
    Binary,
    Call,
    Const,
    Expression,
    ExpressionError,
    Name,
    Node,
    Operator,
    Unary,
)
from cxloop.core.errors import did_you_mean

__all__ = ["LEVELS", "MAX_DEPTH", "MAX_LENGTH", "MAX_TERMS", "parse"]

MAX_LENGTH = 8000
"""Characters."""
MAX_DEPTH = 40
"""Brackets, calls and negations inside each other."""
MAX_TERMS = 500
"""Values, names and calls."""

LEVELS: dict[Operator, int] = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%"), 5),
    "^": 6,
    **dict.fromkeys(("contains", "notcontains", "anyof", "allof", "noneof"), 7),
}
"""How tightly each operator binds."""
_SPELLINGS: dict[str, Operator] = {
    **{operator: operator for operator in LEVELS},
    "||": "or",
    "&&": "and",
    **dict.fromkeys(("=", "equal", "equals"), "=="),
    **dict.fromkeys(("<>", "notequal", "notequals"), "!="),
    "less": "<",
    "greater": ">",
    **dict.fromkeys(("=<", "lessorequal"), "<="),
    **dict.fromkeys(("=>", "greaterorequal"), ">="),
    "power": "^",
    **dict.fromkeys(("*=", "contain"), "contains"),
    "notcontain": "notcontains",
}
_NOT = {"!", "not", "negate"}
_AFTER: dict[str, Literal["empty", "notempty"]] = {"empty": "empty", "notempty": "notempty"}
_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "undefined": None}
_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n]+)
    |(?P<number>0x[0-9]+|[0-9]+\.[0-9]+|[1-9][0-9]*|0)
    |(?P<word>[A-Za-z_][A-Za-z_0-9]*)
    |(?P<text>'(?:\\['"]|[^'])*'|"(?:\\['"]|[^"])*")
    |(?P<name>\{[^{}]*\})
    |(?P<sign>\|\||&&|<=|=<|<>|>=|=>|==|!=|\*=|[=<>+\-*/%^()!\[\],])""",
    re.VERBOSE,
)
_STRANGE = {
    "'": "This text is not closed. Add the missing quote.",
    '"': "This text is not closed. Add the missing quote.",
    "{": "This name is not closed. Add the missing }.",
    "}": "There is no { before this }.",
    "|": "A single | means nothing here. Write `or`.",
    "&": "A single & means nothing here. Write `and`.",
    "$": "A $ means nothing here.",
    ".": "A number has digits on both sides of its point: 0.5.",
}
_VALUE = "a value: {question}, a number, 'a text', true, false, [ ] or a function"


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int
    """The character it starts with, from 1."""

    @property
    def spelling(self) -> str:
        """What it is as an operator; words are known in any case."""
        return self.text.lower() if self.kind in ("word", "sign") else ""


@lru_cache(maxsize=2048)
def parse(text: str) -> Expression:
    """Returns the expression that `text` says; remembered, because each answer asks the same ones again.

    Args:
        text: in SurveyJS's language, such as `{nps} <= 6 and {why} notempty`; at most MAX_LENGTH characters.

    Raises:
        ExpressionError: it cannot be read; says where, what was expected and which functions there are.

    Example:
        >>> sorted(parse("{nps} <= 6 and {panel[0].why} notempty").names)
        ['nps', 'panel']
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"The expression has {len(text)} characters; {MAX_LENGTH} are allowed.", text, MAX_LENGTH)
    return Expression(text, _Reader(text).read())


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            problem = _STRANGE.get(text[at], f"{text[at]!r} is not part of an expression. Put texts into quotes.")
            raise ExpressionError(problem, text, at + 1)
        kind = str(match.lastgroup)
        if kind != "blank":
            found.append(_Token(kind, match[0], at + 1))
        at = match.end()
    return [*found, _Token("end", "", len(text) + 1)]


class _Reader:
    """Goes over the tokens of one text from the left to the right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.place = 0
        self.depth = 0
        self.terms = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.place]

    def take(self) -> _Token:
        token = self.token
        self.place += 1
        return token

    def takes(self, sign: str) -> bool:
        """Steps over a sign where it comes next."""
        found = self.token.kind == "sign" and self.token.text == sign
        self.place += found
        return found

    def failure(self, problem: str, at: int | None = None) -> ExpressionError:
        return ExpressionError(problem, self.text, self.token.at if at is None else at)

    def expected(self, what: str) -> ExpressionError:
        found = f"`{self.token.text}`" if self.token.kind != "end" else "the end"
        return self.failure(f"Expected {what}, but found {found}.")

    def read(self) -> Node:
        tree = self.binary(1)
        if self.token.kind != "end":
            if self.token.text == ")":
                raise self.failure("There is no ( before this ).")
            raise self.expected("an operator, such as =, <, contains, and, or")
        return tree

    def binary(self, level: int) -> Node:
        """Returns operands that are joined by operators of a level or a tighter one."""
        left = self.factor()
        while (operator := _SPELLINGS.get(self.token.spelling)) and LEVELS[operator] >= level:
            at = self.take().at
            left = Binary(operator, left, self.binary(LEVELS[operator] + 1), at)
        return left

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.failure(f"The expression is nested deeper than {MAX_DEPTH} levels. Split it into several.")

    def factor(self) -> Node:
        if self.token.spelling in _NOT:
            at = self.take().at
            self.deeper()
            negated = Unary("not", self.factor(), at)
            self.depth -= 1
            return negated
        operand = self.primary()
        after = _AFTER.get(self.token.spelling)
        return Unary(after, operand, self.take().at) if after else operand

    def primary(self) -> Node:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise self.failure(f"The expression has more than {MAX_TERMS} terms. Split it into several.")
        at = self.token.at
        if self.takes("("):
            self.deeper()
            inner = self.binary(1)
            self.close(")", at)
            return inner
        if self.takes("["):
            return Array(self.sequence("]", at), at)
        return self.atom()

    def close(self, sign: str, opened: int) -> None:
        if not self.takes(sign):
            raise self.expected(f"an operator or the {sign} that closes what is opened at character {opened}")
        self.depth -= 1

    def sequence(self, end: str, opened: int) -> tuple[Node, ...]:
        """Returns values with commas between them, up to a closing sign."""
        self.deeper()
        if self.takes(end):
            self.depth -= 1
            return ()
        items = [self.binary(1)]
        while self.takes(","):
            items.append(self.binary(1))
        self.close(end, opened)
        return tuple(items)

    def atom(self) -> Node:
        token = self.token
        if token.text == "-" and self.tokens[self.place + 1].kind == "number":
            return self.negative()
        if token.kind not in ("number", "text", "name", "word"):
            raise self.expected(_VALUE)
        if token.kind == "word":
            return self.word()
        self.place += 1
        if token.kind == "name":
            return self.name(token)
        return Const(_number(token.text) if token.kind == "number" else _unescape(token.text), token.at)

    def negative(self) -> Const:
        sign, number = self.take(), self.take()
        if number.at != sign.at + 1:
            raise self.failure("A minus before a number touches it: -5.", sign.at)
        # never -0: it would be written, and read again, as 0
        return Const(0 - _number(number.text), sign.at)

    def name(self, token: _Token) -> Name:
        path = token.text[1:-1].strip()
        raw = path.startswith("#")
        path = path[raw:]
        if not path:
            raise self.failure("There is no name in these braces.", token.at)
        if path.startswith("$"):
            raise self.failure(
                "{$...} reads properties of SurveyJS's objects; only answers can be read here.", token.at
            )
        return Name(path, raw, token.at)

    def word(self) -> Node:
        token = self.take()
        called = self.token.text == "("
        small = token.text.lower()
        if called:
            return self.call(token)
        if small in _LITERALS and (small in ("true", "false") or token.text == small):
            return Const(_LITERALS[small], token.at)
        if small in _SPELLINGS or small in _AFTER:
            self.place -= 1
            raise self.expected(f"{_VALUE} (a text that is a word of this language stands in quotes)")
        # SurveyJS reads a word without quotes as a text: {colour} = red
        return Const(token.text, token.at)

    def call(self, token: _Token) -> Call:
        opened = self.take().at
        function = FUNCTIONS.get(token.text)
        if function is None:
            known = sorted(FUNCTIONS)
            advice = did_you_mean(token.text, known, most=len(known))
            raise self.failure(f"There is no function {token.text!r}. {advice}", token.at)
        arguments = self.sequence(")", opened)
        if not function.least <= len(arguments) <= function.most:
            raise self.failure(f"{function.usage}, but {len(arguments)} given.", token.at)
        return Call(token.text, arguments, token.at)


def _number(text: str) -> float:
    value = float(int(text, 16)) if text.startswith("0x") and len(text) < 40 else float(text.removeprefix("0x"))
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _unescape(quoted: str) -> str:
    r"""Returns the text in quotes. \' and \" are quotes, any other backslash is itself."""
    return re.sub(r"""\\(['"])""", r"\1", quoted[1:-1])
