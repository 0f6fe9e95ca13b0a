"""What of answers is kept, what is seen of them, and how one gets from page to page."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collect.surveys.flow.surveys import draw, names

from cxloop.collect.surveys.definition import Definition, read
from cxloop.collect.surveys.flow import (
    accept,
    begin,
    closing,
    finished,
    first_page,
    next_page,
    previous_page,
    progress,
    quotas,
    run,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHOP = {
    "locale": "en",
    "hidden": [{"name": "store", "maxLength": 5}],
    "pages": [
        {
            "name": "score",
            "elements": [
                {"type": "rating", "name": "nps", "metric": "nps", "rateMin": 0, "rateMax": 10, "isRequired": True},
                {
                    "type": "comment",
                    "name": "why",
                    "title": {"default": "Why {nps}?", "de": "Warum {nps}?"},
                    "visibleIf": "{nps} < 7",
                },
            ],
        },
        {
            "name": "more",
            "visibleIf": "{nps} < 7",
            "elements": [
                {
                    "type": "checkbox",
                    "name": "what",
                    "choices": [
                        {"value": "late", "text": "It was late"},
                        "broken",
                        {"value": "x", "visibleIf": "{nps} = 0"},
                    ],
                    "showOtherItem": True,
                    "choicesOrder": "random",
                },
                {"type": "text", "name": "mail", "inputType": "email", "validators": [{"type": "email"}]},
            ],
        },
        {"name": "end", "elements": [{"type": "boolean", "name": "call", "purpose": "contact"}]},
    ],
    "quotas": [{"name": "critics", "when": "{nps} < 7", "limit": 100, "action": "stop"}],
    "completedHtml": {"default": "Thank you, {store}.", "de": "Danke, {store}."},
}


@pytest.fixture(scope="module")
def shop() -> Definition:
    return read(SHOP)


def test_an_answer_to_a_question_that_is_not_shown_is_ignored_and_told(shop: Definition) -> None:
    kept = accept(shop, {}, "score", {"nps": 9, "why": "forged", "call": True, "store": "x", "nonsense": 1}, now=NOW)

    assert kept.answers == {"nps": 9}
    assert set(kept.ignored) == {"why", "call", "store", "nonsense"}


def test_what_becomes_hidden_is_dropped_with_everything_that_hung_on_it(shop: Definition) -> None:
    kept = accept(shop, {}, "score", {"nps": 3, "why": "late"}, now=NOW)
    kept = accept(shop, kept.answers, "more", {"what": ["late", "other"], "what-Comment": "rude"}, now=NOW)

    kept = accept(shop, kept.answers, "score", {"nps": 8}, now=NOW)

    assert kept.answers == {"nps": 8}
    assert set(kept.dropped) == {"why", "what"}


def test_a_page_says_what_is_missing_and_while_somebody_types_it_does_not(shop: Definition) -> None:
    whole = accept(shop, {}, "score", {}, now=NOW)
    typing = accept(shop, {}, "score", {}, now=NOW, whole=False)

    assert [(problem.question, problem.code) for problem in whole.problems] == [("nps", "required")]
    assert typing.problems == ()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"nps": 11}, "choice"),
        ({"nps": True}, "choice"),
        ({"nps": [3]}, "choice"),
        ({"nps": {"$ne": 1}}, "choice"),
        ({"nps": 3, "why": "x" * 1_000_000}, "length"),
        ({"nps": 3, "why": ["a"]}, "type"),
        ({"nps": 3, "why": "\ud83d"}, "type"),
    ],
)
def test_a_value_that_the_question_cannot_have_is_refused_with_its_code(
    shop: Definition, given: dict[str, Any], code: str
) -> None:
    told = accept(shop, {}, "score", given, now=NOW, whole=False).problems

    assert [problem.code for problem in told] == [code]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"what": ["late", "late"]}, "choice"),
        ({"what": ["elsewhere"]}, "choice"),
        ({"what": ["other"]}, "other"),
        ({"mail": "nobody"}, "type"),
        ({"mail": "a@b"}, "type"),
    ],
)
def test_what_breaks_a_rule_of_its_question_is_told(shop: Definition, given: dict[str, Any], code: str) -> None:
    told = accept(shop, {"nps": 3}, "more", given, now=NOW).problems

    assert [problem.code for problem in told] == [code]


def test_a_choice_that_is_not_there_is_not_kept(shop: Definition) -> None:
    assert accept(shop, {"nps": 3}, "more", {"what": ["x", "late"]}, now=NOW).answers["what"] == ["late"]
    assert accept(shop, {"nps": 0}, "more", {"what": ["x", "late"]}, now=NOW).answers["what"] == ["x", "late"]


def test_a_wrong_answer_leaves_the_one_before_it(shop: Definition) -> None:
    kept = accept(shop, {"nps": 3}, "more", {"mail": "ann@example.com"}, now=NOW)

    assert accept(shop, kept.answers, "more", {"mail": "ann"}, now=NOW).answers["mail"] == "ann@example.com"


def test_emoji_bidi_and_markup_are_kept_as_words_and_control_characters_are_not(shop: Definition) -> None:
    words = "=1+1 <script>\u202e شكرا 👍\x00\x07 '; drop table"

    kept = accept(shop, {}, "score", {"nps": 3, "why": words}, now=NOW)

    assert kept.answers["why"] == words.replace("\x00", "").replace("\x07", "")


def test_answers_are_piped_into_texts_of_the_language(shop: Definition) -> None:
    titles = [q.title for q in run(shop, {"nps": 3}, locale="de-AT", now=NOW).questions if q.name == "why"]

    assert titles == ["Warum 3?"]
    assert closing(shop, {"store": "Ulm"}, locale="de", now=NOW) == "Danke, Ulm."


def test_only_declared_variables_of_the_link_count_and_they_are_cut(shop: Definition) -> None:
    started = begin(shop, {"store": "Hamburg", "admin": "yes"}, now=NOW)

    assert started.answers == {"store": "Hambu"}
    assert started.ignored == ("admin",)


def test_pages_that_show_nothing_are_passed_over_in_both_directions(shop: Definition) -> None:
    assert first_page(shop, {}, now=NOW) == "score"
    assert next_page(shop, {"nps": 9}, "score", now=NOW) == "end"
    assert next_page(shop, {"nps": 2}, "score", now=NOW) == "more"
    assert previous_page(shop, {"nps": 9}, "end", now=NOW) == "score"
    assert finished(shop, {"nps": 9}, "end", now=NOW)
    assert progress(shop, {"nps": 9}, "end", now=NOW).share == 0.5


def test_a_random_order_stays_the_same_for_a_respondent_and_differs_between_them(shop: Definition) -> None:
    def order(seed: int) -> list[Any]:
        questions = run(shop, {"nps": 0}, seed=seed, now=NOW).questions
        return [option.value for q in questions if q.name == "what" for option in q.options]

    orders = [order(seed) for seed in range(60)]

    assert orders == [order(seed) for seed in range(60)]
    assert {each[-1] for each in orders} == {"other"}
    assert len({tuple(each) for each in orders}) == 6


def test_quotas_are_those_whose_condition_holds(shop: Definition) -> None:
    assert [quota.name for quota in quotas(shop, {"nps": 3}, now=NOW)] == ["critics"]
    assert quotas(shop, {"nps": 9}, now=NOW) == ()


def test_a_trigger_ends_the_survey_after_its_page() -> None:
    pages = [{"name": n, "elements": [{"type": "boolean", "name": f"q{n}"}]} for n in "ab"]
    survey = read({"pages": pages, "triggers": [{"type": "complete", "expression": "{qa} = false"}]})

    assert next_page(survey, {"qa": False}, "a", now=NOW) is None
    assert next_page(survey, {"qa": True}, "a", now=NOW) == "b"


def test_values_that_set_each_other_without_end_are_left_and_told() -> None:
    numbers = {"type": "text", "inputType": "number"}
    first = {**numbers, "name": "a", "setValueExpression": "{b} + 1"}
    survey = read({"elements": [first, {**numbers, "name": "b", "setValueExpression": "{a} + 1"}]})

    assert accept(survey, {}, "page1", {"a": 1}, now=NOW).loops == ("a", "b")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from("abc"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**9), setting=st.booleans(), data=st.data())
def test_no_answer_to_a_hidden_question_is_ever_stored_and_none_to_a_shown_one_is_lost(
    seed: int, setting: bool, data: st.DataObject
) -> None:
    case = draw(Random(seed), setting=setting)
    survey = read(case.document)
    answers = begin(survey, case.variables, now=NOW).answers
    for page, sent in case.steps:
        forged = data.draw(st.dictionaries(st.sampled_from([*case.order, "plan", "nobody"]), ANYTHING, max_size=2))
        before = answers
        accepted = accept(survey, answers, page, {**forged, **sent}, now=NOW)
        answers = accepted.answers
        state = run(survey, answers, now=NOW)
        shown = {question.name for question in state.questions}
        here = {q.name for q in survey.questions if any(page == p for p in pages_of(case.document, q.name))}

        assert answers == state.values
        assert {name for name in answers if name != "plan"} <= shown
        assert answers.get("plan") == case.variables.get("plan")
        for name, value in sent.items():
            if name in shown and value is not None:
                assert answers[name] == value
        for name, value in before.items():
            if name in shown - here and not setting:
                assert answers[name] == value
        json.dumps(answers, allow_nan=False)


def pages_of(document: dict[str, Any], question: str) -> list[str]:
    return [page["name"] for page in document["pages"] if question in names(page)]
