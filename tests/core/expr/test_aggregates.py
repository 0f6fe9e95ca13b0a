"""Definitions over a customer: what they say, and what is refused with its place."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cxloop.core.expr import AGGREGATES, ExpressionError, Fact, evaluate, infer, parse, parse_customer
from cxloop.core.expr.aggregates import AggregateFunction, aggregate_types, day_limits


@pytest.mark.parametrize("function", AGGREGATES.values(), ids=lambda function: function.name)
def test_the_example_of_each_aggregate_is_a_condition(function: AggregateFunction) -> None:
    condition = parse_customer(function.example)

    types = aggregate_types(condition, dict.fromkeys(condition.facts, "unknown"))

    assert infer(condition.tree, types) == "boolean"
    assert function.name in {each.function for each in condition.aggregates}


def test_the_same_aggregate_stands_once_and_the_tree_is_an_ordinary_expression() -> None:
    condition = parse_customer('count(kind == "a") > 2 or count(kind == "a") == 0 and latest(score) < 7')

    assert [each.function for each in condition.aggregates] == ["count", "latest"]
    assert condition.names == ("kind", "score")
    assert evaluate(condition.tree, {"#0": 0, "#1": 3}) is True


def test_two_windows_over_one_condition_share_its_facts() -> None:
    condition = parse_customer('count(kind == "a", within="7d") > 2 * count(kind == "a", within="28d") / 4')

    assert [each.within for each in condition.aggregates] == [timedelta(days=7), timedelta(days=28)]
    assert condition.facts == (Fact(None, parse('kind == "a"')),)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("days_since() > 90", (90.0, False)),
        ("days_since() >= 90", (90.0, True)),
        ("days_since() < 1.5", (1.5, True)),
        ("days_since() <= 0", (0.0, False)),
        ("90 < days_since()", (90.0, False)),
        ("90 >= days_since()", (90.0, False)),
    ],
)
def test_a_comparison_with_days_says_when_it_changes(text: str, limit: tuple[float, bool]) -> None:
    assert day_limits(parse_customer(text)) == {0: [limit]}


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ('count(kind == "a", within=60) > 1', 27, "60 has no unit"),
        ('count(kind == "a", within="60") > 1', 27, "not a duration"),
        ('count(kind == "a", within="0d") > 1', 27, "longer than nothing"),
        ('count(kind == "a", wihtin="6d") > 1', 1, 'Did you mean "within"'),
        ('days_since(kind == "a", within="6d") > 1', 1, "knows no within="),
        ('count(kind = "a") > 1', 1, "To compare, write kind == ..."),
        ("score > 1 and count() > 1", 1, "'score' is something of one interaction"),
        ("count(count() > 1) > 1", 7, "cannot stand inside of count"),
        ("conut() > 1", 1, 'Did you mean "count"'),
        ("trait(7) is null", 7, "takes a name in quotes"),
        ("sum() > 1", 1, "was given 0 arguments"),
        ("ever() and count() > 1", 1, "was given 0 arguments"),
        ("days_since() + 1 > 3", 1, "changes with every moment"),
        ("days_since() > -1", 16, "0 to 36525 days"),
        ("3 > 2", 0, "says nothing of what happened"),
        (" or ".join(f"count(score > {n}) > 1" for n in range(21)), 491, "at most 20"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(text: str, at: int, said: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse_customer(text)

    assert said in str(refused.value)
    assert refused.value.at == at


def test_elsewhere_aggregates_are_refused_and_say_where_they_stand() -> None:
    with pytest.raises(ExpressionError, match="only in the definition of a segment"):
        parse('count(kind == "a") > 1')
