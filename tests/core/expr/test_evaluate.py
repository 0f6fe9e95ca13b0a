"""Three-valued logic, types and errors of live evaluation. Truth tables as in the SQL standard (ISO 9075-2, 6.35)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from cxloop.core.expr import ExpressionError, Value, ValueType, evaluate, infer, parse

T, F, N = True, False, None


@pytest.mark.parametrize(
    ("left", "right", "conjunction", "disjunction"),
    [(T, T, T, T), (T, F, F, T), (T, N, N, T), (F, F, F, F), (F, N, F, N), (N, N, N, N), (N, T, N, T), (N, F, F, N)],
)
def test_and_and_or_follow_the_truth_tables_of_sql(
    left: Value, right: Value, conjunction: Value, disjunction: Value
) -> None:
    row = {"p": left, "q": right}

    assert evaluate(parse("p and q"), row) is conjunction
    assert evaluate(parse("p or q"), row) is disjunction


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("not b", None),
        ("n == n", None),
        ("n in [1, 2]", None),
        ("1 if b else 2", 2),
        ("1 / 0", None),
        ("1 % 0", None),
        ("-7 % 3", -1.0),
        ("7 / 2", 3.5),
        ("0.1 + 0.2", 0.30000000000000004),
        ("round(-2.5)", -3.0),
        ("round(2.345, 2)", 2.35),
        ("min(n, 3)", 3),
        ("concat('a', n)", None),
        ("number('1,5')", None),
        ("number('1e999')", None),
        ("date('2026-02-29')", None),
        ("date('2024-02-29 10:00')", date(2024, 2, 29)),
        ("moment('2026-05-01 24:00')", None),
        ("text(moment('2026-05-01 12:30:00.500'))", "2026-05-01 12:30:00.5"),
        ("text(1e20)", "1e+20"),
        ("text(true)", "true"),
        ("date('2026-05-01') < moment('2026-05-01 00:00:01')", True),
        ("days_between(moment('2026-05-01 12:00'), date('2026-05-01'))", -0.5),
        ("split('a--c', '-', 2)", None),
    ],
)
def test_edges_have_one_meaning(text: str, value: Value, duck: Any, example: Mapping[str, Any]) -> None:
    expr, nothing = parse(text), dict.fromkeys(example)

    assert evaluate(expr, nothing) == value
    assert duck(expr, [nothing]) == [value]


def test_an_aware_moment_becomes_utc_and_a_decimal_a_number() -> None:
    noon_in_berlin = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))

    assert evaluate(parse("hour(m)"), {"m": noon_in_berlin}) == 10
    assert evaluate(parse("m"), {"m": datetime(2026, 5, 1, tzinfo=UTC)}) == datetime(2026, 5, 1)
    assert evaluate(parse("n + 1"), {"n": Decimal("1.5")}) == 2.5


def test_nan_is_no_number() -> None:
    assert evaluate(parse("n is null"), {"n": float("nan")}) is True


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ExpressionError, match=r"At character 5: Unknown name 'chanel'\. Did you mean \"channel\"\?"):
        evaluate(parse("not chanel"), {"channel": True})


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("t >= 9", "number\\("),
        ("t + 't'", "concat"),
        ("d == '2026-05-01'", "date\\("),
        ("t and b", "needs boolean"),
        ("not n", "needs boolean"),
        ("-t", "needs number"),
        ("b < true", "does not order"),
        ("n in ['a']", "among text"),
        ("n in [1, 'a']", "mixes"),
        ("1 if n else 2", "condition"),
        ("coalesce(n, t)", "mixes number and text"),
        ("lower(n)", "cannot take number"),
        ("hour(d)", "cannot take date"),
    ],
)
def test_wrong_types_are_refused_before_and_while_running(
    text: str, advice: str, types: Mapping[str, ValueType], example: Mapping[str, Any]
) -> None:
    expr = parse(text)

    with pytest.raises(ExpressionError, match=advice):
        infer(expr, types)
    with pytest.raises(ExpressionError, match=advice):
        evaluate(expr, example)


def test_a_value_outside_the_language_is_refused() -> None:
    with pytest.raises(ExpressionError, match="holds list"):
        evaluate(parse("x is null"), {"x": [1]})


def test_names_of_unknown_type_go_with_everything() -> None:
    assert infer(parse("x + 1")) == "number"
    assert infer(parse("coalesce(x, y)")) == "unknown"
