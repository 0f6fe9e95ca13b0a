"""Python and the browser make the same of expressions that nobody wrote, and SurveyJS reads all that we write."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from tests.collect.surveys.expressions.cases import agree, ours
from tests.collect.surveys.expressions.conftest import Program
from tests.collect.surveys.expressions.drawing import MISTAKES, answers, trees

from cxloop.collect.surveys.expressions import Expression, ExpressionError, for_browser, parse, write
from cxloop.collect.surveys.expressions.nodes import Const, Name, Node, Unary, walk


@cache
def drawn(examples: int) -> list[dict[str, Any]]:
    """Returns random cases; all of them, so that a program need be started only once."""
    cases: list[dict[str, Any]] = []

    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(trees(), answers())
    def collect(tree: Node, values: dict[str, Any]) -> None:
        cases.append({"expression": write(tree), "values": values})

    collect()
    return cases


def test_python_and_the_browser_agree_on_random_expressions(browser: Program) -> None:
    cases = drawn(600)

    results = browser(cases)

    apart = [
        (case, mine, his)
        for case, his in zip(cases, results, strict=True)
        if not agree(mine := ours(case), his) or for_browser(parse(case["expression"]).tree) != his["tree"]
    ]
    assert apart == []


def test_surveyjs_reads_what_we_write(survey_core: Program) -> None:
    cases = [case for case in drawn(600) if portable(parse(case["expression"]).tree)]

    assert [case for case, read in zip(cases, survey_core(cases), strict=True) if not read["reads"]] == []


def portable(tree: Node) -> bool:
    """Whether `empty` stands only where SurveyJS too lets it: behind names and constants."""
    said = (node for node in walk(tree) if isinstance(node, Unary) and node.operator != "not")
    return all(isinstance(node.operand, Name | Const) for node in said)


def test_python_and_the_browser_refuse_the_same_broken_texts_at_the_same_place(browser: Program) -> None:
    texts = [*(case["expression"][:-1] for case in drawn(600)), *(text for text, *_ in MISTAKES)]
    cases = [{"expression": text, "values": {}} for text in texts]

    results = browser(cases)

    assert [(case, his) for case, his in zip(cases, results, strict=True) if place(case) != his.get("position")] == []


def place(case: dict[str, Any]) -> int | None:
    try:
        parsed = parse(case["expression"])
    except ExpressionError as failure:
        before = case["expression"][: failure.position - 1]
        return len(before.encode("utf-16-le")) // 2 + 1
    assert isinstance(parsed, Expression)
    return None
