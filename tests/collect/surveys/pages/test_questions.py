"""Every question type in a browser without a script: drawn with its labels, sent, stored, and shown again."""

from __future__ import annotations

from typing import Any

import pytest
from tests.collect.surveys.pages.conftest import Browser, Site

from cxloop.store.surveys import files

PIXEL = b"\x89PNG\r\n\x1a\n" + b"0" * 40


def one(**question: Any) -> dict[str, Any]:
    """A survey of one question and a page behind it."""
    asked = {"name": "q", "title": "What?", **question}
    last = {"name": "last", "elements": [{"type": "text", "name": "end"}]}
    return {"pages": [{"name": "first", "elements": [asked]}, last]}


CHOICES = ["Red", {"value": "b", "text": "Blue"}]
KINDS: list[tuple[dict[str, Any], dict[str, Any], Any]] = [
    ({"type": "rating"}, {"q": 4}, 4),
    ({"type": "rating", "rateType": "stars", "rateCount": 3}, {"q": 3}, 3),
    ({"type": "rating", "rateValues": ["no", "yes"], "rateType": "smileys"}, {"q": "yes"}, "yes"),
    ({"type": "radiogroup", "choices": CHOICES}, {"q": "b"}, "b"),
    ({"type": "radiogroup", "choices": CHOICES, "showOtherItem": True}, {"q": "other", "c:q": "Mauve"}, "other"),
    ({"type": "dropdown", "choices": CHOICES}, {"q": "Red"}, "Red"),
    ({"type": "checkbox", "choices": CHOICES, "showNoneItem": True}, {"q": ["Red", "b"]}, ["Red", "b"]),
    ({"type": "tagbox", "choices": CHOICES}, {"q": ["b"]}, ["b"]),
    ({"type": "imagepicker", "choices": [{"value": 1, "imageLink": "https://x.org/1.png"}]}, {"q": 1}, 1),
    ({"type": "imagepicker", "multiSelect": True, "choices": [1, 2]}, {"q": [1, 2]}, [1, 2]),
    ({"type": "ranking", "choices": ["x", "y", "z"]}, {"k:0:q": 2, "k:1:q": 3, "k:2:q": 1}, ["z", "x", "y"]),
    ({"type": "matrix", "rows": ["r", "s"], "columns": [1, 2]}, {"r:0:q": 2, "r:1:q": 1}, {"r": 2, "s": 1}),
    ({"type": "text"}, {"q": "Ünïcode 😀"}, "Ünïcode 😀"),
    ({"type": "text", "inputType": "number"}, {"q": "2,5"}, 2.5),
    ({"type": "text", "inputType": "date"}, {"q": "2026-11-22"}, "2026-11-22"),
    ({"type": "text", "inputType": "email"}, {"q": "a@example.org"}, "a@example.org"),
    ({"type": "comment"}, {"q": "two\r\nlines"}, "two\nlines"),
    ({"type": "boolean"}, {"q": False}, False),
    ({"type": "boolean", "purpose": "feedback"}, {"q": True}, True),
    ({"type": "slider", "sliderType": "single", "max": 10}, {"q": "7"}, 7),
    ({"type": "slider", "max": 10}, {"q": ["2", "9"]}, [2, 9]),
]  # fmt: skip


@pytest.mark.parametrize(("question", "answers", "kept"), KINDS)
def test_a_question_is_asked_kept_and_shown_again(
    site: Site, question: dict[str, Any], answers: dict[str, Any], kept: Any
) -> None:
    site.publish(one(**question))
    browser = site.browser()
    page = browser.get("/s/delivery")
    assert page.questions == ["q"]

    assert browser.send(**answers).questions == ["end"]
    assert site.stored()[0].answers["q"] == kept
    again = browser.send(move="back")
    browser.send(page=again)  # as it is drawn, it says the same
    assert site.stored()[0].answers["q"] == kept


WRONG: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"type": "text", "inputType": "number"}, {"q": "many"}, "Please give a number."),
    ({"type": "text", "inputType": "number", "min": 1, "max": 9}, {"q": "12"}, "Please stay between 1 and 9."),
    ({"type": "text", "inputType": "email"}, {"q": "nobody"}, "This is not an e-mail address."),
    ({"type": "text", "inputType": "date"}, {"q": "yesterday"}, "Please give it like 2026-11-22."),
    ({"type": "checkbox", "choices": CHOICES, "minSelectedChoices": 2}, {"q": ["b"]}, "Choose at least 2."),
    ({"type": "radiogroup", "choices": CHOICES}, {"q": "Green"}, "Please choose among what is offered."),
    ({"type": "radiogroup", "choices": CHOICES, "showOtherItem": True}, {"q": "other"}, "Please say what it is."),
    ({"type": "ranking", "choices": ["x", "y"]}, {"k:0:q": 1, "k:1:q": 1}, "Please give each place once."),
    ({"type": "ranking", "choices": ["x", "y"]}, {"k:0:q": 1}, "Please give each place once."),
    (
        {"type": "matrix", "rows": ["r", "s"], "columns": [1, 2], "eachRowRequired": True},
        {"r:0:q": 1},
        "Please answer every row.",
    ),
    ({"type": "slider", "max": 10}, {"q": ["2", ""]}, "Please give both ends."),
    ({"type": "text", "isRequired": True, "requiredErrorText": "Do say."}, {}, "Do say."),
    (
        {"type": "text", "validators": [{"type": "regex", "regex": "^[0-9]+$", "text": "Digits only."}]},
        {"q": "x"},
        "Digits only.",
    ),
]


@pytest.mark.parametrize(("question", "answers", "told"), WRONG)
def test_what_does_not_fit_is_told_beside_it_and_stays_in_its_field(
    site: Site, question: dict[str, Any], answers: dict[str, Any], told: str
) -> None:
    site.publish(one(**question))
    browser = site.browser()
    browser.get("/s/delivery")
    page = browser.send(**answers)

    assert (page.status, page.wrong) == (422, ["q"])
    assert page.errors[0].startswith(told)
    assert page.focused
    if isinstance(answers.get("q"), str) and question["type"] == "text":
        assert ("q:q", answers["q"]) in page.fields


def test_files_are_kept_within_limits_and_can_be_taken_back(site: Site) -> None:
    site.publish(one(type="file", acceptedTypes="image/*", maxSize=100, allowMultiple=True, maxFiles=2))
    browser = site.browser()
    first = browser.get("/s/delivery")
    browser.send(files={"f:q": ("../../a.png", PIXEL, "image/png")})
    browser.send(page=first, files={"f:q": ("../../a.png", PIXEL, "image/png")})  # sent twice

    (answer,) = site.stored()[0].answers["q"]
    stored = files.get(site.store, int(answer["content"].removeprefix("file:")))
    assert (answer["name"], answer["size"]) == ("a.png", len(PIXEL))
    assert stored is not None
    assert (stored.content, stored.question) == (PIXEL, "q")

    page = browser.send(move="back")
    page = browser.send(page=page, files={"f:q": ("big.png", b"x" * 101, "image/png")})
    assert page.errors == ["This file is too large; at most 1 KB are possible."]
    page = browser.send(files={"f:q": ("a.exe", b"MZ", "application/x-msdownload")})
    assert page.errors == ["Files of this kind are not accepted: image/*."]
    assert [each["name"] for each in site.stored()[0].answers["q"]] == ["a.png"]

    browser.send(files={"f:q": ("", b"", "application/octet-stream")}, **{"x:q": answer["content"]})
    assert "q" not in site.stored()[0].answers
    assert files.get(site.store, stored.id) is None


QUOTA = {"name": "men", "when": "{q} = 'Red'", "limit": 1, "action": "stop", "text": "<b>Enough</b> for now."}


@pytest.mark.parametrize(
    ("quota", "told"),
    [
        ({}, "screened"),
        ({"action": "redirect", "url": "https://panel.example.org/full"}, "https://panel.example.org/full"),
        ({"action": "close"}, "closed"),
    ],
    ids=["stop", "redirect", "close"],
)
def test_the_last_place_of_a_quota_goes_to_one_of_two(site: Site, quota: dict[str, Any], told: str) -> None:
    document = one(type="radiogroup", choices=["Red", "b"])
    site.publish({**document, "quotas": [{**QUOTA, **quota}]})
    one_, other = site.browser(), site.browser()
    for each in (one_, other):
        each.get("/s/delivery")
        assert each.send(q="Red").questions == ["end"]
    assert one_.send().told == "thanks"
    page = other.send()

    assert told in (page.told, page.headers.get("location", ""))
    states = sorted(each.state for each in site.stored())
    assert states == ["finished", "partial" if quota.get("action") == "close" else "screened"]
    assert [each.answers["q"] for each in site.stored()] == ["Red", "Red"]
    if not quota:
        assert "<b>Enough</b> for now." in page.html
        late = site.browser()
        late.get("/s/delivery")
        assert late.send(q="Red").told == "screened"  # told at once, not at the end
        late = site.browser()
        late.get("/s/delivery")
        assert late.send(q="b").questions == ["end"]


def test_order_by_chance_stays_the_same_for_one_person(site: Site) -> None:
    site.publish(one(type="radiogroup", choices=list("abcdefghijkl"), choicesOrder="random"), once=False)
    orders = []
    for _ in range(4):
        browser = site.browser()
        drawn = [order_of(browser.get("/s/delivery").html)]
        browser.send(q="c")
        drawn.append(order_of(browser.send(move="back").html))
        assert drawn[0] == drawn[1]
        orders.append(drawn[0])

    assert len({tuple(order) for order in orders}) > 1


def order_of(html: str) -> list[str]:
    return [part[0] for part in html.split('name="q:q" value="')[1:]]


def test_words_of_a_statement_are_cleaned_and_answers_in_it_are_text(site: Site) -> None:
    html = "<p onclick='x()'>Hello {q}</p><script>alert(1)</script><a href='javascript:x'>a</a>"
    document = one(type="text")
    document["pages"][1]["elements"].insert(0, {"type": "html", "name": "words", "html": html})
    site.publish(document)
    browser = site.browser()
    browser.get("/s/delivery")
    page = browser.send(q="<img src=x onerror=alert(1)>")

    assert "<p>Hello &lt;img src=x onerror=alert(1)&gt;</p><a>a</a>" in page.html


def test_a_bot_is_flagged_and_its_answers_stay(site: Site) -> None:
    site.publish(one(type="text"))
    browser = Browser(site)
    browser.get("/s/delivery")
    browser.send(q="buy now", _website="http://spam")
    browser.send()

    (found,) = site.stored()
    assert (found.state, found.answers) == ("finished", {"q": "buy now"})
    assert found.flags == ({"code": "bot", "reason": "A field was filled that people do not see."},)


def test_two_responses_of_one_browser_are_told_apart_without_its_address(site: Site) -> None:
    site.publish(one(type="text"), once=False)
    for _ in range(2):
        browser = site.browser()
        browser.get("/s/delivery")
        browser.send(q="x")
        browser.send()
        site.clock.forward(minutes=1)

    first, second = site.stored()
    assert [[each["code"] for each in found.flags] for found in (first, second)] == [[], ["duplicate"]]
    assert first.fingerprint == second.fingerprint
    assert "127.0.0.1" not in first.fingerprint
