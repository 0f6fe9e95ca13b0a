"""What is read, how errors show their place, and names that change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collect.surveys.expressions.cases import OWN
from tests.collect.surveys.expressions.drawing import MISTAKES, trees

from cxloop.collect.surveys.expressions import (
    FUNCTIONS,
    MAX_DEPTH,
    MAX_LENGTH,
    MAX_TERMS,
    ExpressionError,
    evaluate,
    holds,
    parse,
    read_text,
    rename,
    write,
)
from cxloop.collect.surveys.expressions.nodes import Const, Node
from cxloop.core.errors import InputError

NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)


def failure(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    return caught.value


@given(trees())
def test_what_is_written_reads_back_as_the_same_tree(tree: Node) -> None:
    assert parse(write(tree)).tree == tree


@settings(max_examples=400)
@given(st.text(alphabet=st.sampled_from("{}[]()'\"\\,.-+*/=!<>|&%^ ab1_$#é\n") | st.characters(), max_size=40))
def test_a_random_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    try:
        tree, place = parse(text).tree, 1
    except ExpressionError as refused:
        tree, place = Const(None), refused.position

    assert 1 <= place <= len(text) + 1
    assert parse(write(tree)).tree == tree


@given(st.text())
def test_any_text_can_be_piped_and_stays_itself_where_nothing_is_known(text: str) -> None:
    assert read_text(text).fill(lambda _: None) == text


def test_an_error_shows_its_place_what_was_expected_and_what_was_found() -> None:
    said = failure("{nps} <= and {why} empty")

    assert said.position == 10
    assert str(said) == (
        "Expected a value: {question}, a number, 'a text', true, false, [ ] or a function (a text that is a word of "
        "this language stands in quotes), but found `and`. (at character 10)\n"
        "  {nps} <= and {why} empty\n"
        "           ^"
    )


def test_an_unknown_function_is_answered_with_the_nearest_name() -> None:
    assert failure("iff({a}, 1)").problem == "There is no function 'iff'. Did you mean \"iif\"?"


def test_a_function_like_no_other_is_answered_with_all_there_are() -> None:
    said = failure("1 + xxxxxx(2)")

    assert said.position == 5
    assert said.problem == f"There is no function 'xxxxxx'. Known: {', '.join(sorted(FUNCTIONS))}."


@pytest.mark.parametrize(
    ("text", "position", "part"),
    MISTAKES,
)
def test_a_mistake_is_named_at_its_place(text: str, position: int, part: str) -> None:
    said = failure(text)

    assert (said.position, part in said.problem) == (position, True)


def test_the_page_about_the_language_names_every_function() -> None:
    page = (Path(__file__).parents[4] / OWN).read_text(encoding="utf-8")

    assert [name for name in FUNCTIONS if f"`{name}(" not in page] == []


def test_a_long_text_is_shown_around_the_mistake_only() -> None:
    lines = str(failure("{aaaaaaaa} = 1 or " * 20 + "?" + " or {b} = 2" * 20)).splitlines()

    assert lines[1][lines[2].index("^")] == "?"
    assert len(lines[1]) < 140


@pytest.mark.parametrize(
    "text",
    [
        "(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1),
        "!" * (MAX_DEPTH + 1) + "1",
        "sum(" * 5000,
        " " * (MAX_LENGTH + 1),
    ],
)
def test_what_is_too_deep_or_too_long_is_refused(text: str) -> None:
    assert "Split it into several" in failure(text).problem or "are allowed" in failure(text).problem


def test_as_many_conditions_as_are_allowed_are_read_evaluated_and_written() -> None:
    text = " or ".join(["{a} = 1"] * (MAX_TERMS // 2))

    assert write(parse(text).tree) == text
    assert holds(parse(text), {"a": "1"}, now=NOW)
    assert "more than" in failure(f"{text} or {{a}} = 1").problem


def test_the_names_are_those_of_questions_without_rows_and_parts() -> None:
    read = parse("{panel[0].why} = {#zip} and sum({a-Comment}, [{b.c}]) > 1")

    assert read.names == {"panel", "zip", "a-Comment", "b"}
    assert read.paths == {"panel[0].why", "zip", "a-Comment", "b.c"}
    assert read.functions == {"sum"}


def test_a_question_that_is_renamed_keeps_its_rows_and_comment_and_the_text_its_form() -> None:
    read = parse("{Why[0].x}='{why}'  ||  {#why-Comment}  notempty || {whyever} = {why}")

    assert rename(read, "why", "reason").text == (
        "{reason[0].x}='{why}'  ||  {#reason-Comment}  notempty || {whyever} = {reason}"
    )


def test_a_new_name_with_braces_is_refused() -> None:
    with pytest.raises(InputError, match="no braces"):
        rename(parse("{a} = 1"), "a", "{b}")


def test_a_text_that_the_language_cannot_say_is_not_written() -> None:
    with pytest.raises(InputError, match="backslash"):
        write(Const("a\\"))


def test_today_is_the_date_where_the_customer_is() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    there = late.astimezone(timezone(timedelta(hours=9)))

    assert evaluate(parse("today()"), {}, now=late) == datetime(2026, 11, 22)
    assert evaluate(parse("today()"), {}, now=there) == datetime(2026, 11, 23)
    assert evaluate(parse("getDate('2026-11-22T23:30:00Z')"), {}, now=there) == datetime(2026, 11, 23, 8, 30)


def test_a_piped_text_is_filled_by_whoever_knows_the_names() -> None:
    read = read_text("Hello { name }, you gave {nps}{missing}: {} {a: b} {panel[0].x}")
    shown = {"name": "<Ada>", "nps": "9", "panel[0].x": ""}

    assert read.fill(shown.get) == "Hello <Ada>, you gave 9{missing}: {} {a: b} "
    assert read.names == {"name", "nps", "missing", "panel"}


def test_a_piped_text_follows_a_renamed_question() -> None:
    renamed = read_text("{Name}, { name-Comment } and {names}").rename("name", "who")

    assert renamed.fill(lambda _: None) == "{who}, {who-Comment} and {names}"
