"""Forms of questions, and reading them back."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from tests.web.surveys.editing.test_words import document

from cxloop.collect.surveys import definition, templates
from cxloop.web.pages.surveys.editing.fields import Field, fields_of, inputs, matched, read_into, slug
from cxloop.web.pages.surveys.editing.kinds import KINDS, blank
from cxloop.web.pages.surveys.editing.places import items


def form_of(item: dict[str, Any], path: str, language: str, own: str) -> dict[str, str]:
    """What a browser sends where nobody touched anything."""
    sent: dict[str, str] = {}
    for shown in inputs(item, fields_of(item, path, ["newsletter"]), language, own, {}):
        name = shown.field.name
        if shown.field.kind == "rows":
            sent[f"rows-{name}"] = "yes"
            for at, row in enumerate(shown.rows):
                sent |= {f"row-{name}-{at}-text": row.text, f"row-{name}-{at}-value": row.value}
            sent |= {f"row-{name}-{len(shown.rows)}-text": "", f"row-{name}-{len(shown.rows)}-value": ""}
        elif shown.field.kind == "flag":
            sent[f"has-{name}"] = "yes"
            sent |= {f"set-{name}": "yes"} if shown.value else {}
        else:
            sent[f"set-{name}"] = shown.value
    return sent


@pytest.mark.parametrize("language", ["en", "de", "ar"])
@pytest.mark.parametrize("name", templates.names())
def test_a_form_that_nobody_touched_changes_nothing(name: str, language: str) -> None:
    asked = document(name)
    before = copy.deepcopy(asked)
    own = str(asked.get("locale") or "en")
    for path, item in [("", asked), *items(asked)]:
        read_into(item, fields_of(item, path, ["newsletter"]), form_of(item, path, language, own), language, own)
    assert asked == before


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_question_that_is_offered_can_be_asked(kind: Any) -> None:
    fresh = {"name": "fresh", **blank(kind.name, ["newsletter"])}
    page = {"name": "page1", "elements": [fresh, {"type": "comment", "name": "other"}]}
    read = definition.read({"pages": [page]})
    assert definition.write(read)["pages"] == [page]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_question_survives_its_own_form(kind: Any) -> None:
    fresh = {"name": "fresh", **blank(kind.name, ["newsletter"])}
    before = copy.deepcopy(fresh)
    at = "pages[0].elements[0]"
    read_into(fresh, fields_of(fresh, at, ["newsletter"]), form_of(fresh, at, "en", "en"), "en", "en")
    assert fresh == before


ROWS = (Field("choices", "Choices", "rows"),)


def choices() -> dict[str, Any]:
    """A question whose choices are translated."""
    return {
        "choices": [
            {"value": "late", "text": {"default": "Too late", "de": "Zu spät"}},
            {"value": "broken", "text": {"default": "Broken", "de": "Kaputt"}, "visibleIf": "{nps} < 7"},
        ]
    }


def test_a_choice_that_is_taken_away_takes_no_translation_of_another_with_it() -> None:
    item = choices()
    form = {"rows-choices": "yes", "row-choices-1-text": "Broken", "row-choices-1-value": "broken"}
    read_into(item, ROWS, form, "en", "en")
    assert item == {"choices": [choices()["choices"][1]]}


def test_a_choice_that_is_renamed_keeps_its_translation_and_its_condition() -> None:
    item = choices()
    form = {"rows-choices": "yes", "row-choices-0-text": "Too late", "row-choices-0-value": "late",
            "row-choices-1-text": "In pieces", "row-choices-1-value": "pieces"}  # fmt: skip
    read_into(item, ROWS, form, "en", "en")
    assert item["choices"][1] == {
        "value": "pieces",
        "text": {"default": "In pieces", "de": "Kaputt"},
        "visibleIf": "{nps} < 7",
    }


def test_a_new_choice_gets_a_stored_value_of_its_words() -> None:
    item: dict[str, Any] = {"choices": [1, 2]}
    form = {"rows-choices": "yes", "row-choices-0-text": "", "row-choices-0-value": "1", "row-choices-1-text": "",
            "row-choices-1-value": "2", "row-choices-2-text": "Neither, really", "row-choices-2-value": "",
            "more-choices": "Both\n\nBoth"}  # fmt: skip
    read_into(item, ROWS, form, "en", "en")
    assert item["choices"] == [
        1,
        2,
        {"value": "neither_really", "text": "Neither, really"},
        {"value": "both", "text": "Both"},
        {"value": "both_2", "text": "Both"},
    ]


def test_a_number_that_is_none_is_kept_for_whoever_checks_the_survey() -> None:
    item: dict[str, Any] = {"rateMax": 5}
    read_into(item, (Field("rateMax", "To", "number", default=5),), {"set-rateMax": "many"}, "en", "en")
    assert item == {"rateMax": "many"}


def test_lines_of_a_form_are_found_by_their_value_before_their_place() -> None:
    assert matched(["b", "a"], ["a", "b"]) == [1, 0]
    assert matched(["a", "new", "b"], ["a", "b"]) == [0, None, 1]
    assert matched([], ["a"]) == []


def test_words_of_any_script_make_a_value() -> None:
    assert slug("Zu spät!", set()) == "zu_spät"
    assert slug("?!", {"choice"}) == "choice_2"
