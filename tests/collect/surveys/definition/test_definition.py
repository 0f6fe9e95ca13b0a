"""Reading and writing the documents of surveys."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collect.surveys.flow.surveys import draw

from cxloop.collect.surveys.definition import in_language, read, write
from cxloop.core.errors import InputError, MistakesError

FOREIGN = {
    "title": {"default": "Feedback", "ar": "ملاحظات"},
    "logo": "https://example.com/logo.svg",
    "logoPosition": "right",
    "showProgressBar": True,
    "widthMode": "static",
    "pages": [
        {
            "name": "page1",
            "elements": [
                {
                    "type": "panel",
                    "name": "panel1",
                    "state": "expanded",
                    "elements": [
                        {"type": "rating", "name": "r", "rateType": "smileys", "rateCount": 5, "rateMax": 5},
                        {
                            "type": "imagepicker",
                            "name": "i",
                            "choices": [{"value": "a", "imageLink": "https://x.org/a"}],
                        },
                    ],
                },
                {"type": "matrix", "name": "m", "columns": [1, {"value": 2, "text": "Two"}], "rows": ["a", "b"]},
                {"type": "text", "name": "d", "inputType": "date", "min": "2026-01-01", "startWithNewLine": False},
                {"type": "slider", "name": "s", "sliderType": "single", "min": 0, "max": 10},
                {"type": "file", "name": "f", "maxSize": 1000, "acceptedTypes": "image/*"},
                {"type": "ranking", "name": "k", "choices": ["x", "y"]},
                {"type": "tagbox", "name": "t", "choices": ["x", 1, True], "defaultValue": ["x"]},
                {"type": "boolean", "name": "b", "validators": [{"type": "expression", "expression": "{b} = true"}]},
                {"type": "html", "name": "h", "html": "<p>Hello</p>"},
            ],
        }
    ],
    "triggers": [{"type": "complete", "expression": "{b} = false"}],
    "calculatedValues": [{"name": "sum", "expression": "{r} + 1"}],
}
"""As the editor of SurveyJS saves surveys: with properties that only present."""


def mistakes(document: Any) -> dict[str, str]:
    with pytest.raises(MistakesError) as failure:
        read(document)
    return {mistake.where: mistake.message for mistake in failure.value.mistakes}


def asking(**question: Any) -> dict[str, Any]:
    return {"pages": [{"name": "p", "elements": [{"type": "text", "name": "q", **question}]}]}


def test_a_document_of_the_subset_comes_back_as_it_went_in() -> None:
    assert write(read(FOREIGN)) == FOREIGN
    assert read(json.dumps(FOREIGN)) == read(FOREIGN)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_drawn_surveys_come_back_as_they_went_in(seed: int) -> None:
    document = draw(Random(seed), setting=True).document

    assert write(read(document)) == document


def test_a_misspelt_property_is_told_with_its_path_and_the_nearest_name() -> None:
    told = mistakes(asking(visibleif="{a} = 1"))

    assert told == {"pages[0].elements[0].visibleif": "Unknown property 'visibleif'. Did you mean \"visibleIf\"?"}


def test_what_of_surveyjs_is_not_in_the_subset_is_refused_by_name_with_what_to_do() -> None:
    told = mistakes({**asking(valueName="x"), "clearInvisibleValues": "none"})
    kinds = mistakes({"elements": [{"type": "paneldynamic", "name": "x"}, {"type": "sliderr", "name": "y"}]})

    assert "Give the question the name" in told["pages[0].elements[0].valueName"]
    assert "is never kept" in told["clearInvisibleValues"]
    assert "Ask for a fixed number" in kinds["elements[0].type"]
    assert kinds["elements[1].type"] == "Unknown type 'sliderr'. Did you mean \"slider\"?"


def test_an_expression_that_cannot_be_read_shows_its_place() -> None:
    told = mistakes(asking(visibleIf="{a} = "))

    assert "^" in told["pages[0].elements[0].visibleIf"]


@pytest.mark.parametrize(
    ("question", "where"),
    [
        ({"isRequired": "yes"}, "isRequired"),
        ({"name": "a.b"}, "name"),
        ({"name": ""}, "name"),
        ({"title": {"german": "x"}}, "title"),
        ({"validators": [{"type": "regex", "regex": "(a+)+b"}]}, "validators[0].regex"),
        ({"validators": [{"type": "regex", "regex": "("}]}, "validators[0].regex"),
        ({"metric": "nsp"}, "metric"),
        ({"type": "rating", "rateMin": 5, "rateMax": 1}, "rateMax"),
    ],
)
def test_each_mistake_is_at_its_path(question: dict[str, Any], where: str) -> None:
    (path,) = mistakes(asking(**question))

    assert path.startswith(f"pages[0].elements[0].{where}")


def test_two_questions_of_one_name_are_refused_also_when_only_capitals_differ() -> None:
    elements = [{"type": "text", "name": "Why"}, {"type": "comment", "name": "why"}]

    assert set(mistakes({"elements": elements})) == {"pages"}


def test_a_quota_redirects_with_an_address_only() -> None:
    quota = {"name": "q", "when": "{q} notempty", "limit": 1, "action": "redirect"}

    assert set(mistakes({**asking(), "quotas": [quota]})) == {"quotas[0].url"}
    assert set(mistakes({**asking(), "quotas": [{**quota, "url": "javascript:alert(1)"}]})) == {"quotas[0].url"}


@pytest.mark.parametrize("document", ["", "[1]", "{", '"x"', "[" * 100_000, b"\xff"])
def test_what_is_no_survey_is_refused(document: Any) -> None:
    with pytest.raises(InputError):
        read(document)


def test_a_survey_nested_without_end_is_refused() -> None:
    panel: dict[str, Any] = {"type": "text", "name": "q"}
    for at in range(40):
        panel = {"type": "panel", "name": f"p{at}", "elements": [panel]}

    with pytest.raises(InputError, match="levels deep"):
        read({"elements": [panel]})


def test_a_text_is_taken_in_the_language_then_without_its_region_then_in_the_surveys_own() -> None:
    text = {"default": "Yes", "de": "Ja", "pt-BR": "Sim"}

    assert [in_language(text, each) for each in ("de-CH", "pt-BR", "pt", "fr")] == ["Ja", "Sim", "Yes", "Yes"]
