"""What publishing would change, in words."""

from __future__ import annotations

from typing import Any

import pytest
from tests.web.surveys.editing.test_words import document

from cxloop.collect.surveys import templates
from cxloop.web.pages.surveys.editing.changes import CHANGES, normal
from cxloop.web.pages.surveys.publishing import differences


def changed(change: str, at: str, **form: str) -> list[tuple[str, str]]:
    """What is told of one change of the relational NPS."""
    before = document("relational_nps")
    after: dict[str, Any] = normal(before)
    CHANGES[change](after, at, form, [])
    return list(differences(before, after))


@pytest.mark.parametrize("name", templates.names())
def test_a_survey_does_not_differ_from_itself(name: str) -> None:
    assert list(differences(document(name), document(name))) == []


def test_a_new_question_and_one_that_is_gone_are_told_by_name() -> None:
    assert changed("add", "pages[0]", kind="yesno") == [("new", "yesno: Did it work?")]
    assert changed("remove", "pages[1].elements[0]") == [("gone", "improve: What should we do better first?")]


def test_another_order_is_told() -> None:
    assert changed("down", "pages[1].elements[0]") == [("changed", "the order of the questions")]


def test_another_scale_is_told_apart_from_other_words() -> None:
    before, after = document("relational_nps"), document("relational_nps")
    after["pages"][0]["elements"][0] |= {"rateMax": 9, "title": "New", "visibleIf": "{x} = 1", "isRequired": False}
    after["completedHtml"] = "Bye"
    assert list(differences(before, after)) == [
        ("changed", "nps: choices or scale, logic, wording, other properties"),
        ("changed", "what is said at the end"),
    ]
