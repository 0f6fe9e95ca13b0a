"""Random trees and answers, for what has to hold of all of them."""

from __future__ import annotations

from typing import Any, Literal

from hypothesis import strategies as st

from cxloop.collect.surveys.expressions.functions import FUNCTIONS
from cxloop.collect.surveys.expressions.nodes import Array, Binary, Call, Const, Name, Node, Unary
from cxloop.collect.surveys.expressions.parser import LEVELS

__all__ = ["MISTAKES", "answers", "trees"]

TEXTS = [
    "",
    "a",
    "A b",
    "5",
    "-2.5",
    "1,5",
    "true",
    "2026-05-01",
    "2026-05-01T10:30:00Z",
    "é\u0301",
    "it's",
    'x"',
    "\\x",
]
NAMES = ["a", "b", "A", "panel[0].b", "panel[-1].why", "panel.length", "a.b", "c-Comment", "missing"]
MISTAKES = [
    ("{a} = 'late", 7, "not closed"),
    ("{a = 1", 1, "missing }"),
    ("a} = 1", 2, "no { before"),
    ("({a} = 1", 9, "the ) that closes what is opened at character 1"),
    ("{a} = 1)", 8, "no ( before"),
    ("{a} | {b}", 5, "Write `or`"),
    ("{a} & {b}", 5, "Write `and`"),
    ("{} = 1", 1, "no name"),
    ("{a} {b}", 5, "Expected an operator"),
    ("- 5", 1, "touches it"),
    ("round()", 1, "one or two values, but 0 given"),
    ("{$a.isVisible}", 1, "only answers"),
    ("{a} = 5\u00a0", 8, "is not part"),
    ("", 1, "the end"),
    ("nosuch(1)", 1, "no function"),
    ("{a} = empty", 7, "stands in quotes"),
    ("{#$a}", 1, "only answers"),
    (" " * 8001, 8000, "8000 are allowed"),
]
"""Texts that cannot be read, the place of what is wrong, and words of what is said."""
UNARY: list[Literal["not", "empty", "notempty"]] = ["not", "empty", "notempty"]

_texts = st.sampled_from(TEXTS) | st.text(max_size=5).filter(lambda text: not text.endswith("\\") and _portable(text))
_numbers = st.integers(-20, 20) | st.sampled_from([0.5, 1.25, -0.1, 3.75, 1e21, 1e-7])
_scalars = st.none() | st.booleans() | _numbers | _texts


def _portable(text: str) -> bool:
    # a lone half of a pair cannot be sent to another program as UTF-8
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def _calls(values: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    def arguments(name: str) -> st.SearchStrategy[Node]:
        function = FUNCTIONS[name]
        given = st.lists(values, min_size=function.least, max_size=min(function.most, function.least + 2))
        return given.map(lambda each: Call(name, tuple(each)))

    return st.sampled_from(sorted(FUNCTIONS)).flatmap(arguments)


def _larger(values: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return (
        st.builds(Binary, st.sampled_from(sorted(LEVELS)), values, values)
        | st.builds(Unary, st.sampled_from(UNARY), values)
        | st.builds(Array, st.lists(values, max_size=3).map(tuple))
        | _calls(values)
    )


def trees() -> st.SearchStrategy[Node]:
    """Returns expressions of every form."""
    leaves = st.builds(Const, _scalars) | st.builds(Name, st.sampled_from(NAMES), st.booleans())
    return st.recursive(leaves, _larger, max_leaves=8)


def answers() -> st.SearchStrategy[dict[str, Any]]:
    """Returns answers to some of the questions that the trees read."""
    values = _scalars | st.lists(_scalars, max_size=3)
    rows = st.lists(st.dictionaries(st.sampled_from(["b", "why", "Why"]), values, max_size=2), max_size=2)
    plain = st.dictionaries(st.sampled_from(["a", "b", "c-Comment", "a.b"]), values, max_size=4)
    return st.builds(lambda some, panel: {**some, "panel": panel}, plain, rows)
