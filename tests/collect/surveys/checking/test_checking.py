"""What is told of a survey before anybody sees it."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collect.surveys.flow.surveys import draw
from tests.collect.surveys.flow.test_against_surveyjs import NOW

from cxloop.collect.surveys.checking import minutes, problems, spoken
from cxloop.collect.surveys.definition import read
from cxloop.collect.surveys.flow import accept, begin, run

NPS = {"type": "rating", "name": "nps", "title": "How likely?", "rateMin": 0, "rateMax": 10, "metric": "nps"}


def told(*elements: dict[str, Any], purposes: Any = None, **more: Any) -> list[tuple[str, str]]:
    survey = read({"elements": [{"title": "A title", **each} for each in elements], **more})
    return [(problem.path, problem.code) for problem in problems(survey, purposes=purposes)]


def test_a_survey_without_faults_has_no_problem() -> None:
    assert told(NPS, {"type": "comment", "name": "why", "visibleIf": "{nps} < 7"}) == []


@pytest.mark.parametrize(
    "condition",
    [
        "{nps} > 10",
        "{nps} > 3 and {nps} < 2",
        "{nps} = 'often'",
        "1 = 2",
        "{n} > 4 and {n} < 3",
        "{low} = true and {nps} > 5",
        "{two} > 12",
    ],
)
def test_a_question_that_no_answer_leads_to_is_told(condition: str) -> None:
    low = {"type": "boolean", "name": "low", "visibleIf": "{nps} < 3"}
    number = {"type": "text", "inputType": "number", "name": "n"}
    two = [{"name": "two", "expression": "{nps} + 1"}]

    found = told(NPS, low, number, {"type": "html", "name": "x", "visibleIf": condition}, calculatedValues=two)

    assert ("pages[0].elements[3].visibleIf", "unreachable") in found


@pytest.mark.parametrize(
    "condition", ["{nps} >= 10", "{n} > 3 and {n} < 4", "{low} = true", "{t} = 'x'", "mentions({t}, 'late')"]
)
def test_a_question_that_some_answer_leads_to_is_not_told(condition: str) -> None:
    low = {"type": "boolean", "name": "low", "visibleIf": "{nps} < 3"}
    number = {"type": "text", "inputType": "number", "name": "n"}
    text = {"type": "text", "name": "t"}

    assert told(NPS, low, number, text, {"type": "html", "name": "x", "visibleIf": condition}) == []


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_what_is_called_unreachable_is_never_shown(seed: int) -> None:
    case = draw(Random(seed), setting=True)
    survey = read(case.document)
    unreachable = {problem.path for problem in problems(survey) if problem.code == "unreachable"}
    nodes = [node for node in survey.structure.nodes if f"{node.path}.visibleIf" in unreachable]
    answers = begin(survey, case.variables, now=NOW).answers
    for page, sent in case.steps:
        answers = accept(survey, answers, page, sent, now=NOW).answers
        state = run(survey, answers, now=NOW)
        shown = {question.name for question in state.questions} | {each.name for each in state.pages}
        assert not shown & {node.element.name for node in nodes}


def test_circles_of_showing_and_of_setting_are_told() -> None:
    shows = told(
        {"type": "comment", "name": "a", "visibleIf": "{b} notempty"},
        {"type": "comment", "name": "b", "visibleIf": "{a} empty"},
    )
    number = {"type": "text", "inputType": "number"}
    sets = told(
        {**number, "name": "a", "setValueExpression": "{b} + 1"}, {**number, "name": "b", "setValueExpression": "{a}"}
    )

    assert ("(survey)", "loop") in shows
    assert sets == [("(survey)", "loop")]


def test_names_that_nobody_knows_are_told_in_conditions_and_in_texts() -> None:
    found = told(NPS, {"type": "comment", "name": "why", "title": "Why {score}?", "visibleIf": "{npss} < 7"})

    assert ("elements[1].visibleIf", "unknown_name") in found
    assert ("elements[1].title", "unknown_name") in found


def test_an_nps_question_has_the_scale_of_nps() -> None:
    assert told({**NPS, "rateMin": 1}) == [("pages[0].elements[0].rateMax", "nps_scale")]


def test_a_quota_that_never_fills_is_told() -> None:
    quotas = [{"name": "q", "when": "{nps} > 10", "limit": 3, "action": "close"}]

    assert told(NPS, quotas=quotas) == [("quotas[0].when", "quota")]


def test_a_consent_needs_a_purpose_that_is_declared_and_is_neither_ticked_nor_forced() -> None:
    consent = {"type": "boolean", "name": "ok", "purpose": "newsleter", "defaultValue": True, "isRequired": True}

    codes = [code for _, code in told(consent, purposes=["newsletter"])]

    assert codes == ["purpose", "consent", "consent"]


def test_values_that_stand_twice_are_told() -> None:
    choices = {"type": "radiogroup", "name": "r", "choices": ["a", {"value": "a", "text": "A"}]}

    assert told(choices) == [("pages[0].elements[0].choices", "duplicate_value")]


def test_each_missing_translation_is_told() -> None:
    title = {"default": "How?", "de": "Wie?"}
    survey = read({"elements": [{**NPS, "title": title}, {"type": "comment", "name": "why", "title": "Why?"}]})

    assert spoken(survey) == {"en", "de"}
    assert [(p.path, p.code) for p in problems(survey)] == [("elements[1].title", "translation")]


def test_estimated_minutes_are_words_over_reading_speed_and_three_seconds_for_a_choice() -> None:
    words = " ".join(["word"] * 238)
    survey = read({"elements": [{"type": "html", "name": "a", "html": words}, {"type": "rating", "name": "b"}]})

    assert minutes(survey) == pytest.approx(1 + 3 / 60)


def test_a_long_survey_is_told() -> None:
    comments = [{"type": "comment", "name": f"q{at}"} for at in range(20)]

    assert ("(survey)", "long") in told(*comments)
