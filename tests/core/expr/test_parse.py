"""What the parser reads, and that it lets nothing else through."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.expr import (
    Binary,
    Call,
    Choice,
    Column,
    Constant,
    ExpressionError,
    Membership,
    Unary,
    evaluate,
    names,
    parse,
)


def test_comparisons_bind_closer_than_not_and_or() -> None:
    a, b, c = Column("a"), Column("b"), Column("c")

    assert parse("not a == 1 or b and c") == Binary(
        "or", Unary("not", Binary("==", a, Constant(1))), Binary("and", b, c)
    )


def test_a_chained_comparison_is_both_comparisons() -> None:
    between = parse("0 <= score <= 6")

    assert between == parse("0 <= score and score <= 6")


def test_a_minus_before_a_number_is_a_constant_that_lists_may_hold() -> None:
    assert parse("x in [-1, 2.5]") == Membership(Column("x"), (Constant(-1), Constant(2.5)))


def test_a_choice_reads_as_it_is_spoken() -> None:
    assert parse('"yes" if a > b else "no"') == Choice(parse("a > b"), Constant("yes"), Constant("no"))


def test_odd_column_names_stand_in_quotes() -> None:
    assert parse('col("; DROP TABLE")') == Column("; DROP TABLE")


def test_dots_join_plain_names() -> None:
    assert names(parse("properties.colour == colour or properties.colour == b")) == ("properties.colour", "colour", "b")


def test_names_keep_their_spelling_where_python_would_change_it() -> None:
    # Python's parser turns the ligature into "fi"; a file's column does not.
    assert parse("ﬁnal") == Column("ﬁnal")


def test_is_null_is_the_function() -> None:
    assert parse("x is null") == parse("is_null(x)") == Call("is_null", (Column("x"),))
    assert parse("x is not null") == parse("not is_null(x)")


def test_line_breaks_are_spaces() -> None:
    assert parse('\n  score >= 9\n  and channel == "web"\n') == parse('score >= 9 and channel == "web"')


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r'"\d+\.\d"', r"\d+\.\d"),
        (r'"a\\b"', r"a\b"),
        (r'"\""', '"'),
        (r"'\''", "'"),
        (r'"\n\t"', "\n\t"),
        ('"#"', "#"),
    ],
)
def test_a_backslash_stands_for_itself_but_before_what_it_escapes(written: str, read: str) -> None:
    assert parse(written) == Constant(read)


@pytest.mark.parametrize(
    ("text", "at", "part"),
    [
        ("lenght(a)", 1, 'Did you mean "length"?'),
        ("score + lenght(a)", 9, 'Did you mean "length"?'),
        ("a = 1", 3, "Compare with =="),
        ("  ä and b // 2", 9, "// is not an operator"),
        ('a == "b" # and c', 10, "Comments"),
        ('a == "b', 6, "not closed"),
        ("a == null", 1, "is_null"),
        ("x in []", 6, "empty"),
        ("x in y", 6, "list of constants"),
        ("x in [y]", 7, "texts and numbers only"),
        ('f"{a}"', 1, "concat"),
        ('"a" "b"', 1, "concat"),
        ("round(a, b)", 10, "whole number"),
        ("split(a, '', 1)", 10, "separator"),
        ("matches(a, b)", 12, "pattern"),
        ("round(a, 1, 2)", 1, "round(number, [whole])"),
        ("lower(text=a)", 1, "by place"),
        ("col(a)", 1, "col("),
        ("10000000000000000000", 1, "too large"),
        ("1e999", 1, "too large"),
    ],
)
def test_mistakes_are_named_with_their_place(text: str, at: int, part: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)

    assert (caught.value.at, part in caught.value.message) == (at, True), caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('x')",
        "().__class__.__bases__[0]",
        "a.b()",
        "(lambda: 1)()",
        "[x for x in y]",
        "{1: 2}",
        "{1}",
        "a[0]",
        "(a := 1)",
        "await a",
        "yield",
        "*a",
        "a ** 9",
        "b'x'",
        "1j",
        "...",
        "a\\\nb",
        "a\x00b",
        "a; b",
        "a, b",
        "eval('1')",
        "open('f')",
        "a @ b",
        "a << 9",
        "~a",
    ],
)
def test_nothing_but_the_language_passes(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n ",
        "(" * 300 + "a" + ")" * 300,
        "-" * 3_000 + "a",
        "not " * 900 + "a",
        "+".join(["a"] * 1_500),
        " and ".join(["a"] * 700),
        "a" * 5_000,
        "0<" * 1_000 + "a",
        "x in [" + "1," * 1_500 + "1]",
    ],
    ids=lambda text: f"{text[:6]!r}x{len(text)}",
)
def test_long_and_deep_texts_are_refused_at_once(text: str) -> None:
    started = time.perf_counter()

    with pytest.raises(ExpressionError):
        parse(text)

    assert time.perf_counter() - started < 1


def test_hundreds_of_conditions_are_evaluated() -> None:
    assert evaluate(parse(" or ".join(f"x == {number}" for number in range(200))), {"x": 199}) is True


def test_doubled_middles_of_chained_comparisons_cannot_explode() -> None:
    text = "a"
    for _ in range(18):
        text = f"(1 if 0 < {text} < 2 else 0)"
    started = time.perf_counter()

    with pytest.raises(ExpressionError, match="terms"):
        parse(text)

    assert time.perf_counter() - started < 1


def nested_replaces(count: int, new: str) -> str:
    return "replace(" * count + "text" + f', "e", {new})' * count


@pytest.mark.parametrize(
    "text",
    [
        nested_replaces(4, '"eeeee"'),
        nested_replaces(2, "text"),
        nested_replaces(2, nested_replaces(1, '"eeeee"')),
        "concat(" + nested_replaces(3, '"eeeee"') + ", " + nested_replaces(3, '"eeeeee"') + ")",
        '"a" if ' + nested_replaces(9, '"ee"') + ' == "b" else "c"',
    ],
)
def test_a_text_cannot_be_made_to_fill_the_memory(text: str) -> None:
    with pytest.raises(ExpressionError, match="256 times as long"):
        parse(text)


@pytest.mark.parametrize("text", [nested_replaces(8, '"ee"'), nested_replaces(30, '"a"'), nested_replaces(1, "name")])
def test_spelling_letters_out_is_no_attack_on_the_memory(text: str) -> None:
    assert parse(text)


@given(text=st.text(alphabet="ab1.\"'\\()[]{}+-*/%<>=!, #\n\tnotandifelse:@\u00e4\ud800\x00", max_size=60))
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    refused = None
    try:
        parse(text)
    except ExpressionError as error:
        refused = error

    assert refused is None or 0 <= refused.at <= len(text) + 1


@pytest.mark.parametrize(
    "pattern", ["(a+)+", "(a*)*b", "(?:a|b+){2}", r"(a)\1", "(?=a)", "a++", "(?i)a", "[[:alpha:]]"]
)
def test_patterns_that_backtrack_or_differ_between_engines_are_refused(pattern: str) -> None:
    with pytest.raises(ExpressionError):
        parse(f'matches(t, "{pattern}")')


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [("^a$", "a\n", False), ("a.c", "a\nc", False), (r"\d", "٣", False), ("(?:ab)?c", "c", True), ("[]x]", "]", True)],
)
def test_patterns_mean_what_re2_means(pattern: str, text: str, found: bool) -> None:
    assert evaluate(parse(f'matches(t, "{pattern}")'), {"t": text}) is found
