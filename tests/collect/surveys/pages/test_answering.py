"""Somebody answers a survey in a browser without a script: page by page, back, twice, from two tabs, and too late."""

from __future__ import annotations

from typing import Any

import pytest
from tests.collect.surveys.pages.conftest import Browser, Site

from cxloop.store.surveys import invitations, responses, short_links, surveys

NPS = {"type": "rating", "name": "nps", "rateMin": 0, "rateMax": 10, "isRequired": True, "title": "Recommend?"}
WHY = {"type": "comment", "name": "why", "title": "Why {nps}?", "visibleIf": "{nps} <= 6", "isRequired": True}
PRAISE = {"type": "comment", "name": "praise", "title": "What was good?"}
DELIVERY: dict[str, Any] = {
    "title": {"default": "Your delivery", "de": "Ihre Lieferung", "ar": "توصيلك"},
    "pages": [
        {"name": "score", "elements": [NPS, WHY]},
        {"name": "good", "elements": [PRAISE], "visibleIf": "{nps} > 8"},
        {
            "name": "more",
            "elements": [
                {"type": "text", "name": "city"},
                {"type": "checkbox", "name": "what", "choices": ["a", "b", "c"]},
            ],
        },
    ],
    "hidden": [{"name": "order"}],
}


@pytest.fixture
def someone(site: Site) -> Browser:
    site.publish(DELIVERY)
    return site.browser()


def test_a_survey_is_answered_page_by_page_without_a_script(site: Site, someone: Browser) -> None:
    page = someone.get("/s/delivery?order=17")
    assert page.questions == ["nps"]
    assert site.stored() == []

    page = someone.send(nps=9)
    assert (page.questions, page.action.endswith("/2")) == (["praise"], True)
    page = someone.send(praise="fast <b>& kind</b> 🚚")
    page = someone.send(city="Köln", what=["a", "c"])

    assert page.told == "thanks"
    (found,) = site.stored()
    assert found.state == "finished"
    assert found.answers == {
        "order": "17",
        "nps": 9,
        "praise": "fast <b>& kind</b> 🚚",
        "city": "Köln",
        "what": ["a", "c"],
    }
    assert (found.hidden, found.agent, found.language, found.mode) == ({"order": "17"}, "phone", "en", "page")


def test_a_get_records_nothing_however_often_and_by_whomever(site: Site, someone: Browser) -> None:
    number, link = site.invite()
    for method in ("GET", "HEAD"):
        for headers in ({}, {"sec-purpose": "prefetch;prerender"}, {"user-agent": "BarracudaCentral scanner"}):
            someone.ask(method, link, headers=headers)
            someone.ask(method, "/s/delivery", headers=headers)
    page = someone.get(f"{link}?nps=9")

    assert site.stored() == []
    assert invitations.get(site.store, number).opened_at is None
    assert ("q:nps", "9") in page.fields  # proposed, not stored


def test_what_the_mail_proposes_counts_when_it_is_sent(site: Site, someone: Browser) -> None:
    number, link = site.invite()
    someone.get(f"{link}?nps=9")
    someone.send()

    (found,) = site.stored()
    assert (found.answers, found.invitation_id, found.key_id, found.channel) == ({"nps": 9}, number, 7, "email")
    known = invitations.get(site.store, number)
    assert known.opened_at == known.started_at == site.clock.now
    assert known.finished_at is None


def test_an_invitation_is_opened_when_the_script_of_a_page_says_so(site: Site, someone: Browser) -> None:
    number, link = site.invite()
    page = someone.get(link)
    said = page.action.rpartition("/")[0] + "/opened"

    someone.ask("POST", said, headers={"user-agent": "Mozilla/5.0 (compatible; Proofpoint)"})
    assert invitations.get(site.store, number).opened_at is None
    assert someone.ask("POST", said).status_code == 204
    assert invitations.get(site.store, number).opened_at == site.clock.now
    assert site.stored() == []


def test_a_question_that_comes_up_on_the_page_is_asked_before_it_goes_on(site: Site, someone: Browser) -> None:
    someone.get("/s/delivery")
    page = someone.send(nps=3)

    assert (page.status, page.questions, page.errors) == (200, ["nps", "why"], [])
    assert "One more question has come up" in page.text
    assert "Why 3?" in page.text
    page = someone.send()
    assert (page.status, page.errors, page.focused) == (422, ["Please answer this question."], "q:why")
    page = someone.send(why="late")
    assert page.questions == ["city", "what"]


def test_what_is_missing_is_said_in_the_language_of_the_page(site: Site, someone: Browser) -> None:
    someone.headers["accept-language"] = "ar-EG, en;q=0.5"
    page = someone.get("/s/delivery")
    assert 'lang="ar" dir="rtl"' in page.html
    page = someone.send()

    assert page.errors == ["يرجى الإجابة عن هذا السؤال."]
    assert (page.status, page.focused) == (422, "q:nps")


def test_switching_the_language_keeps_what_was_typed(site: Site, someone: Browser) -> None:
    someone.get("/s/delivery")
    page = someone.send(move="lang:de", nps=9)

    assert 'lang="de"' in page.html
    assert "Weiter" in page.text
    assert ("q:nps", "9") in page.fields
    assert site.stored()[0].language == "de"


def test_going_back_and_sending_a_stale_page_changes_that_page(site: Site, someone: Browser) -> None:
    first = someone.get("/s/delivery")
    someone.send(nps=9)
    someone.send(praise="fast")
    page = someone.send(move="back", city="Bonn")
    assert page.questions == ["praise"]
    assert ("q:praise", "fast") in page.fields

    page = someone.send(page=first, nps=8)  # the browser's own way back: the first page as it was drawn

    (found,) = site.stored()
    # "praise" is hidden by the new score; what was typed before going back is kept
    assert found.answers == {"nps": 8, "city": "Bonn"}
    assert page.questions == ["city", "what"]


def test_a_page_sent_twice_is_kept_once(site: Site, someone: Browser) -> None:
    first = someone.get("/s/delivery")
    someone.send(page=first, nps=9)
    before = site.stored()
    page = someone.send(page=first, nps=9)

    assert site.stored() == before
    assert page.questions == ["praise"]
    last = someone.send()
    someone.send(page=last, city="Köln")
    done = site.stored()
    assert someone.send(page=last, city="Köln").told == "thanks"
    assert site.stored() == done


def test_two_tabs_lose_nothing_and_an_untouched_answer_overwrites_none(site: Site, someone: Browser) -> None:
    someone.get("/s/delivery")
    someone.send(nps=7)
    one = someone.get(someone.page.address) if someone.page else None
    two = someone.get(one.address) if one else None
    assert one is not None
    assert two is not None
    someone.send(page=one, city="Köln", move="later")
    someone.send(page=two, what=["b"], move="later")

    assert site.stored()[0].answers == {"nps": 7, "city": "Köln", "what": ["b"]}


def test_who_was_stopped_goes_on_where_it_was_by_the_address_that_was_shown(site: Site, someone: Browser) -> None:
    someone.get("/s/delivery")
    someone.send(nps=9)
    page = someone.send(praise="fast", move="later")
    assert page.told == "later"
    address = next(value for value in page.html.split('"') if "/r/" in value)

    page = site.browser().get(address.removeprefix("https://cx.example.org"))
    assert ("q:praise", "fast") in page.fields


def test_pages_cannot_be_skipped_by_their_address(site: Site, someone: Browser) -> None:
    page = someone.get("/s/delivery")
    later = page.action.replace("/1", "/3")
    assert someone.get(later).questions == ["nps"]
    someone.ask("POST", later, data={"_asked": ":city", "q:city": "Rome", "_do": "next", "_at": "1"})

    (found,) = site.stored()
    assert (found.state, found.answers) == ("open", {"city": "Rome"})
    assert someone.get(later).questions == ["nps"]


def test_an_answer_that_nobody_was_asked_is_not_stored(site: Site, someone: Browser) -> None:
    page = someone.get("/s/delivery")
    page.fields += [("_asked", ":why"), ("q:why", "forged"), ("_asked", ":order"), ("q:order", "1"), ("q:city", "Rome")]
    someone.send(page=page, nps=9)

    assert site.stored()[0].answers == {"nps": 9}


def test_a_text_that_is_too_long_is_refused_kindly_and_nothing_else_is_lost(site: Site, someone: Browser) -> None:
    someone.get("/s/delivery")
    long = "x" * 1_000_000
    someone.send(nps=2)
    page = someone.send(why=long)

    assert page.status == 422
    assert page.errors == [
        "This text has 1,000,000 characters; at most 20,000 are possible. Nothing else on the page was lost."
    ]
    assert ("q:why", long) in page.fields
    assert site.stored()[0].answers == {"nps": 2}


def test_what_is_larger_than_any_page_is_told_in_words(site: Site, someone: Browser) -> None:
    page = someone.get("/s/delivery")
    found = someone.ask("POST", page.action, data={"q:nps": "x" * 7_000_000})

    assert found.status_code == 413
    assert "at most" not in found.text
    assert "6 MB" in found.text


def test_injections_and_control_characters_stay_text(site: Site, someone: Browser) -> None:
    hostile = '=cmd|"/c calc"!A1 \'; drop table surveys;-- <script>alert(1)</script> \u202e\u2067 😀'
    someone.get("/s/delivery")
    someone.send(nps=2)
    someone.send(why=hostile)
    page = someone.send(move="back")

    assert site.stored()[0].answers["why"] == hostile
    assert "<script>alert" not in page.html
    assert dict(page.fields)["q:why"] == hostile


@pytest.mark.parametrize(
    ("state", "told", "status"), [("closed", "closed", 410), ("paused", "paused", 503)], ids=["closed", "paused"]
)
def test_an_answer_that_comes_too_late_is_told_so_and_earlier_ones_are_kept(
    site: Site, someone: Browser, state: Any, told: str, status: int
) -> None:
    someone.get("/s/delivery")
    someone.send(nps=9)
    surveys.set_state(site.store, "delivery", state)
    page = someone.send(praise="too late")

    assert (page.told, page.status) == (told, status)
    assert site.stored()[0].answers == {"nps": 9}
    site.forget()
    assert someone.get("/s/delivery").told == told


def test_a_survey_that_has_not_begun_or_is_over_says_so(site: Site, someone: Browser) -> None:
    surveys.change(site.store, "delivery", moments={"opens_at": site.clock.now.replace(year=2027)})
    site.forget()
    assert someone.get("/s/delivery").told == "not_open"
    surveys.change(site.store, "delivery", moments={"opens_at": None, "closes_at": site.clock.now})
    site.forget()
    assert someone.get("/s/delivery").told == "closed"


def test_links_that_nobody_made_or_that_are_old_are_told_apart(site: Site, someone: Browser) -> None:
    _, link = site.invite(expires_at=site.clock.now.replace(day=23))
    assert (someone.get("/s/nobody").told, someone.get("/q/zzzzzz").told) == ("unknown", "unknown")
    assert someone.get(link[:-1] + ("0" if link[-1] != "0" else "1")).told == "forged"
    other = someone.get("/s/delivery").action.split("/")[4]
    assert someone.get(f"/s/i/{other}").told == "forged"
    site.clock.forward(days=2)
    page = someone.get(link)
    assert (page.told, page.status) == ("expired", 410)
    assert "ask for a new link" in page.text


def test_whoever_has_answered_is_told_so(site: Site, someone: Browser) -> None:
    number, link = site.invite()
    someone.get(link)
    someone.send(nps=7)
    someone.send()

    assert site.browser().get(link).told == "already"
    assert invitations.get(site.store, number).finished_at == site.clock.now


def test_one_browser_answers_an_open_survey_once_and_goes_on_where_it_was(site: Site, someone: Browser) -> None:
    assert "set-cookie" not in someone.get("/s/delivery").headers
    someone.send(nps=9)
    assert someone.get("/s/delivery").questions == ["praise"]
    someone.send()
    someone.send()
    assert someone.get("/s/delivery").told == "already"

    site.publish(DELIVERY, once=False)
    assert someone.get("/s/delivery").questions == ["nps"]


def test_a_survey_by_invitation_takes_no_strangers(site: Site, someone: Browser) -> None:
    stranger = someone.get("/s/delivery")
    site.publish(DELIVERY, access="invited")
    assert someone.get("/s/delivery").told == "invited"
    assert someone.send(page=stranger, nps=9).told == "invited"
    assert site.stored() == []
    assert someone.get(site.invite()[1]).questions == ["nps"]


def test_a_personal_link_for_several_uses_begins_anew_when_one_is_done(site: Site, someone: Browser) -> None:
    _, link = site.invite(single_use=False)
    for _ in range(2):
        someone.get(link)
        someone.send(nps=7)
        assert someone.get(link).questions == ["city", "what"]
        someone.send()

    assert [each.state for each in site.stored()] == ["finished", "finished"]


def test_a_short_link_says_where_it_hangs(site: Site, someone: Browser) -> None:
    made = short_links.create(site.store, "delivery", "Table 12", hidden={"order": "t12"})
    assert someone.ask("GET", f"/q/{made.code}.svg").headers["content-type"] == "image/svg+xml"
    someone.get(f"/q/{made.code}")
    someone.send(nps=9)

    (found,) = site.stored()
    assert (found.link, found.channel, found.hidden) == (made.code, "store", {"order": "t12"})


def test_a_response_is_finished_in_the_version_that_it_began_with(site: Site, someone: Browser) -> None:
    someone.get("/s/delivery")
    someone.send(nps=9)
    site.publish({"pages": [{"name": "new", "elements": [{"type": "text", "name": "other"}]}]})

    assert someone.get("/s/delivery").questions == ["praise"]
    assert site.browser().get("/s/delivery").questions == ["other"]
    someone.send(praise="x")
    assert someone.send().told == "thanks"
    assert site.stored()[0].version == 1


def test_a_script_gets_the_same_as_json(site: Site, someone: Browser) -> None:
    page = someone.get("/s/delivery")
    asked = {"accept": "application/json"}
    wrong = someone.ask("POST", page.action, data={"_asked": ":nps", "_do": "next", "_at": "1"}, headers=asked)
    kept = someone.ask(
        "POST", page.action, data={"_asked": ":nps", "q:nps": "9", "_do": "save", "_at": "1"}, headers=asked
    )
    gone = someone.ask(
        "POST", page.action, data={"_asked": ":nps", "q:nps": "9", "_do": "next", "_at": "1"}, headers=asked
    )

    assert wrong.status_code == 422
    assert wrong.json()["problems"] == [
        {"question": "nps", "code": "required", "message": "Please answer this question."}
    ]
    assert (kept.status_code, kept.json()["next"]) == (200, page.action)
    assert gone.json()["next"] == page.action.replace("/1", "/2")
    assert responses.of_survey(site.store, "delivery")[0].answers == {"nps": 9}


def test_a_survey_that_opens_again_goes_on_with_what_was_begun(site: Site, someone: Browser) -> None:
    someone.get("/s/delivery")
    someone.send(nps=9)
    surveys.set_state(site.store, "delivery", "closed")
    responses.end_open(site.store, "delivery")
    assert someone.send(praise="too late").told == "closed"
    assert site.stored()[0].state == "partial"

    surveys.set_state(site.store, "delivery", "live")
    site.forget()
    someone.get("/s/delivery")
    someone.send(praise="in time")
    (found,) = site.stored()
    assert (found.state, found.finished_at, found.answers) == ("open", None, {"nps": 9, "praise": "in time"})


def test_a_variable_of_the_address_is_cut_to_what_the_survey_takes(site: Site, someone: Browser) -> None:
    site.publish({**DELIVERY, "hidden": [{"name": "order", "maxLength": 5}]})
    someone.get("/s/delivery?order=1234567")
    someone.send(nps=9)

    assert site.stored()[0].answers == {"order": "12345", "nps": 9}


def test_what_is_no_form_is_the_fault_of_who_sent_it_and_stores_nothing(site: Site, someone: Browser) -> None:
    page = someone.get("/s/delivery")
    sent = someone.ask("POST", page.action, content=b"{}", headers={"content-type": "application/json"})

    assert sent.status_code == 400
    assert site.stored() == []
