"""Texts of a survey in several languages."""

from __future__ import annotations

import copy
import json
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.collect.surveys import templates
from cxloop.collect.surveys.checking.texts import texts
from cxloop.web.pages.surveys.editing.places import steps_of, there
from cxloop.web.pages.surveys.editing.words import languages, phrases, put, said, shown, with_words

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=20)
TEXT = st.one_of(st.none(), WORDS, st.dictionaries(st.sampled_from(("default", "de", "ar")), WORDS, min_size=1))


def document(name: str) -> dict[str, Any]:
    """A template as it is shipped."""
    found: dict[str, Any] = json.loads(files(templates).joinpath(f"{name}.json").read_text())
    return found


@given(TEXT, st.sampled_from(("en", "de", "ar")), WORDS)
def test_what_is_said_in_a_language_is_read_back_in_it(text: Any, language: str, words: str) -> None:
    assert said(with_words(text, language, "en", words), language, "en") == words


@given(TEXT, st.sampled_from(("de", "ar")), WORDS)
def test_saying_something_in_one_language_changes_no_other(text: Any, language: str, words: str) -> None:
    after = with_words(copy.deepcopy(text), language, "en", words)
    for other in {"en", "de", "ar"} - {language}:
        assert said(after, other, "en") == said(text, other, "en")


def test_a_language_without_a_text_shows_the_survey_s_own() -> None:
    assert shown({"default": "Thanks", "de": "Danke"}, "fr", "en") == "Thanks"
    assert shown({"fr": "Merci"}, "de", "en") == "Merci"
    assert shown(None, "de", "en") == ""


@pytest.mark.parametrize("name", templates.names())
def test_every_text_that_respondents_read_can_be_translated(name: str) -> None:
    found = {phrase.path for phrase in phrases(document(name))}
    read = {path for path, text in texts(templates.template(name)) if text}
    assert read <= found


@pytest.mark.parametrize("name", templates.names())
def test_every_place_of_a_text_leads_back_to_it(name: str) -> None:
    changed = document(name)
    for phrase in list(phrases(changed)):
        put(changed, phrase.path, "fr", f"fr {phrase.path}")
    again = {phrase.path: phrase.words for phrase in phrases(changed)}
    for phrase in phrases(document(name)):
        assert again[phrase.path] == {**phrase.words, "fr": f"fr {phrase.path}"}
    assert languages(changed) == [*languages(document(name)), "fr"]


def test_a_choice_that_stands_alone_keeps_its_value_when_it_is_translated() -> None:
    asked: dict[str, Any] = {
        "pages": [{"name": "p", "elements": [{"type": "radiogroup", "name": "q", "choices": ["yes", "no"]}]}]
    }
    put(asked, "pages[0].elements[0].choices[1].text", "de", "Nein")
    assert there(asked, steps_of("pages[0].elements[0].choices")) == [
        "yes",
        {"value": "no", "text": {"default": "no", "de": "Nein"}},
    ]
