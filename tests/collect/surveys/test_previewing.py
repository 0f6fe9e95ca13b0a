"""A draft as respondents will see it: any page of it, answered, in any language, and nothing kept."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from cxloop.collect import verbs
from cxloop.core.errors import InputError, MistakesError, UnknownNameError

if TYPE_CHECKING:
    from tests.collect.conftest import Desk


def asked_on(html: str) -> str:
    """What a browser says that a page asked, as it sends it."""
    return "&".join(f"_asked={value}" for value in re.findall(r'name="_asked" value="([^"]+)"', html))


def test_a_draft_is_drawn_in_the_language_that_is_wanted(desk: Desk) -> None:
    verbs.draft_survey(desk, "ours", template="relational_nps")
    assert "How likely are you to recommend us" in verbs.preview_survey(desk, "ours").html
    german = verbs.preview_survey(desk, "ours", language="de")
    assert '<html lang="de"' in german.html
    assert "Wie wahrscheinlich ist es" in german.html


def test_a_page_is_complete_in_itself_and_its_form_goes_where_it_is_told(desk: Desk) -> None:
    verbs.draft_survey(desk, "ours", template="ces")
    html = verbs.preview_survey(desk, "ours", action="/here").html
    assert '<link rel="stylesheet"' not in html
    assert "<script src" not in html
    assert 'action="/here"' in html


def test_answers_lead_on_as_the_logic_says_to_the_words_at_the_end(desk: Desk) -> None:
    verbs.draft_survey(desk, "ours", template="relational_nps")
    first = verbs.preview_survey(desk, "ours")
    second = verbs.preview_survey(desk, "ours", page=first.page, form=f"{asked_on(first.html)}&q:nps=9&_do=next")
    assert (second.page, second.answers, second.whole) == ("reason", {"nps": 9}, False)
    assert "What do you like most?" in second.html
    assert "What should we do better first?" not in second.html
    back = verbs.preview_survey(
        desk, "ours", page="reason", answers=json.dumps(second.answers), form=f"{asked_on(second.html)}&_do=back"
    )
    assert back.page == "score"
    end = verbs.preview_survey(
        desk, "ours", page="reason", answers=json.dumps(second.answers), form=f"{asked_on(second.html)}&_do=next"
    )
    assert end.page == ""
    assert "Your answer goes to the people who can change something." in end.html
    assert verbs.survey(desk, "ours").answers["open"] == 0


def test_what_is_missing_is_told_on_the_page(desk: Desk) -> None:
    verbs.draft_survey(desk, "ours", template="relational_nps")
    first = verbs.preview_survey(desk, "ours")
    again = verbs.preview_survey(desk, "ours", page=first.page, form=f"{asked_on(first.html)}&_do=next")
    assert again.page == first.page
    assert 'class="error"' in again.html


def test_a_page_that_nobody_would_see_yet_is_shown_with_all_that_is_on_it(desk: Desk) -> None:
    verbs.draft_survey(desk, "ours", template="relational_nps")
    shown = verbs.preview_survey(desk, "ours", page="1")
    assert shown.whole
    for title in ("What should we do better first?", "What is missing for a 10?", "What do you like most?"):
        assert title in shown.html


def test_a_document_that_is_not_saved_is_shown_too_and_an_empty_one_ends_at_once(desk: Desk) -> None:
    document = {"elements": [{"type": "comment", "name": "why", "title": "<b>Why?</b>"}]}
    html = verbs.preview_survey(desk, document=json.dumps(document)).html
    assert "<b>Why?" not in html
    empty = {"title": "", "pages": [{"name": "page1", "elements": []}]}
    assert verbs.preview_survey(desk, document=json.dumps(empty)).page == ""


def test_what_cannot_be_shown_is_refused(desk: Desk) -> None:
    verbs.draft_survey(desk, "ours", template="ces")
    with pytest.raises(UnknownNameError):
        verbs.preview_survey(desk, "theirs")
    with pytest.raises(MistakesError):
        verbs.preview_survey(desk, document='{"pages": 1}')
    for answers in ("{", "[1]"):
        with pytest.raises(InputError):
            verbs.preview_survey(desk, "ours", answers=answers)
