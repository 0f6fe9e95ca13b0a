"""What is written reads back as what was meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.expr import ExpressionError, both, equals, evaluate, parse, quoted

# Whatever a table may hold: quotes, backslashes, line ends and control characters among them, but no NUL.
texts = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=60) | st.text(
    "\"\\'\n\t\r\x0b n", max_size=20
)
names = st.sampled_from(["channel", "in", "true", "order id", 'a "b"', "straße", "back\\slash", "class"])


@given(texts)
def test_a_quoted_text_reads_back_as_itself(text: str) -> None:
    assert evaluate(parse(quoted(text)), {}) == text


@given(names, texts, texts)
def test_equals_holds_for_that_value_alone(name: str, value: str, other: str) -> None:
    condition = parse(equals(name, value))

    assert evaluate(condition, {name: value}) is True
    assert evaluate(condition, {name: other}) is (other == value)


@given(names, texts)
def test_equals_none_holds_where_there_is_no_value(name: str, value: str) -> None:
    condition = parse(equals(name, None))

    assert (evaluate(condition, {name: None}), evaluate(condition, {name: value})) == (True, False)


@pytest.mark.parametrize("a", [True, False])
@pytest.mark.parametrize("b", [True, False])
@pytest.mark.parametrize("c", [True, False])
@pytest.mark.parametrize("loose", ["a or b", "(a)or(b)", "a\nor b", "true if a else b", "(a) or (b)"])
def test_both_holds_where_each_of_the_two_does(a: bool, b: bool, c: bool, loose: str) -> None:
    row = {"a": a, "b": b, "c": c}

    assert evaluate(parse(both(loose, "c")), row) is ((a or b) and c)
    assert evaluate(parse(both("c", loose)), row) is ((a or b) and c)


def test_a_condition_that_cannot_be_read_is_not_joined() -> None:
    with pytest.raises(ExpressionError):
        both("score >=", 'channel == "web"')
