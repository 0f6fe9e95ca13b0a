"""What a message says: in five languages, with the first question inside, and nothing that acts."""

from __future__ import annotations

import re
from datetime import date, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.errors import InputError, UnknownNameError
from cxloop.outreach.templates.parameters import SurveyMessage
from cxloop.outreach.templates.words import WORDS, day_in
from cxloop.outreach.templates.writing import House, Written, write
from cxloop.store.messages.messages import MessageRecord

NOON = datetime(2026, 5, 1, 12)
HOUSE = House("Müller & Söhne", "https://cx.example/u/tok", "https://cx.example/p/tok")
NPS = {
    "name": "nps",
    "type": "nps",
    "text": "Recommend us?",
    "values": list(range(11)),
    "lowest": "no",
    "highest": "yes",
}


def record(
    language: str = "en", template: str = "survey_invitation", channel: str = "email", **own: Any
) -> MessageRecord:
    parameters = {"title": "Delivery", "link": "https://cx.example/s/i/tok", "question": NPS, **own}
    return MessageRecord(
        1, "x", "research", "invitation", 1, 1, channel, "a@example.org", language, template, parameters, "waiting",
        "", 0, "", NOON, NOON, None, NOON, None,
    )  # fmt: skip


class _Page(HTMLParser):
    """What stands in a page: links with their words, and tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[dict[str, str]] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "a":
            self.links.append({name: value or "" for name, value in attrs})


def page(written: Written) -> _Page:
    assert written.html is not None
    return _Page(written.html)


def test_each_answer_is_a_link_that_says_what_it_is() -> None:
    written = write(record(), HOUSE)

    taps = [each for each in page(written).links if "?" in each["href"]]
    assert [each["href"] for each in taps] == [f"https://cx.example/s/i/tok?nps={value}" for value in range(11)]
    assert [each["aria-label"] for each in taps] == [f"{value} of 10" for value in range(11)]
    assert all("min-width:44px" in each["style"] and "height:44px" in each["style"] for each in taps)
    assert [each["href"] for each in page(written).links][-2:] == [HOUSE.unsubscribe, HOUSE.preferences]
    assert all(f"nps={value}\n" in written.text for value in range(11))


@pytest.mark.parametrize(
    ("kind", "count", "signs"),
    [("stars", 3, "★★★"), ("smileys", 5, "😠🙁😐🙂😀"), ("smileys", 2, "😠😀"), ("smileys", 3, "😠😐😀")],
)
def test_signs_stand_for_numbers(kind: str, count: int, signs: str) -> None:
    question = {**NPS, "type": kind, "values": list(range(1, count + 1))}
    html = write(record(question=question), HOUSE).html

    assert html is not None
    assert "".join(re.findall(r">([★😠🙁😐🙂😀])</a>", html)) == signs


def test_choices_are_lines_with_their_own_words() -> None:
    choices = [{"value": "a&b", "text": "Bought <something>"}, {"value": True, "text": "Ja"}]
    written = write(record("de", question={**NPS, "type": "choices", "values": choices}), HOUSE)

    taps = [each["href"] for each in page(written).links if "?" in each["href"]]
    assert [parse_qs(urlsplit(each).query) for each in taps] == [{"nps": ["a&b"]}, {"nps": ["true"]}]
    assert written.html is not None
    assert "Bought &lt;something&gt;" in written.html


@pytest.mark.parametrize("language", list(WORDS))
@pytest.mark.parametrize("template", ["survey_invitation", "survey_reminder"])
def test_every_language_has_every_word(language: str, template: str) -> None:
    written = write(record(language, template, first_name="Ada", closes="2026-06-01"), HOUSE)

    assert written.language == language
    assert written.html is not None
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in written.html
    assert HOUSE.company in written.subject
    assert "Ada" in written.text
    assert day_in(language, date(2026, 6, 1)) in written.text
    assert "{" not in written.text + written.subject


def test_a_company_s_own_words_are_filled_in_and_what_is_unknown_is_nothing() -> None:
    own: dict[str, Any] = {
        "subject": {"en": "{first_name}, order {order}?{x}"},
        "text": {"en": "Dear {first_name}\n\nAbout {order}."},
    }
    written = write(record(**own, first_name="Ada", variables={"order": 0, "x": None}), HOUSE)

    assert written.subject == "Ada, order 0?"
    assert written.text.startswith("Dear Ada\nAbout 0.\n")
    assert "{0.__class__}" in write(record(subject={"en": "{0.__class__}"}), HOUSE).subject


def test_a_text_message_is_short_and_has_its_links() -> None:
    written = write(record("de", channel="sms"), HOUSE)

    assert written.html is None
    assert written.text == (
        "Müller & Söhne: Ihre Meinung? https://cx.example/s/i/tok Abmelden: https://cx.example/u/tok"
    )
    assert write(record(channel="sms", text={"en": "Hi"}), HOUSE).text == "Hi https://cx.example/s/i/tok"


@given(name=st.text(max_size=60), title=st.text(max_size=60), question=st.text(max_size=200))
def test_names_and_questions_never_become_tags(name: str, title: str, question: str) -> None:
    evil = f'{name}<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    asked = {**NPS, "text": f"{evil}{question}", "lowest": evil}
    found = page(write(record(first_name=evil, title=f"{title}{evil}", question=asked), HOUSE))

    assert found.tags <= {
        "html", "head", "meta", "title", "style", "body", "table", "tr", "td", "p", "h1", "a", "br"
    }  # fmt: skip
    assert not any(name.startswith("on") for name in found.attributes)


def test_nothing_is_fetched_by_a_mail() -> None:
    html = write(record(), HOUSE).html

    assert html is not None
    assert not re.search(r"\ssrc=|url\(|@import|<link", html)


def test_wrong_parameters_and_templates_are_told_without_what_they_hold() -> None:
    with pytest.raises(InputError, match=r"question\.type of its parameters"):
        write(record(question={**NPS, "type": "secret-kind"}), HOUSE)
    with pytest.raises(UnknownNameError, match="survey_invitation"):
        write(record(template="survey_invitatoin"), HOUSE)


@pytest.mark.parametrize(("accent", "on"), [("#2f5d50", "#ffffff"), ("#ffdd00", "#000000"), ("odd", "#ffffff")])
def test_the_button_can_be_read(accent: str, on: str) -> None:
    assert SurveyMessage(title="x", link="y", accent=accent).on_accent == on
