"""Making a survey without a script: template, wording, logic, translation, preview, publishing, and who may."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from tests.web.conftest import HOSTILE, Browser, Shop, open_shop

from cxloop.entry.app import create_app


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A company that is about to ask for the first time."""
    host = open_shop(tmp_path_factory.mktemp("surveys") / "desk", [])
    yield Shop(host, create_app(host))
    host.close()


@pytest.fixture(scope="module")
def maker(desk: Shop) -> Browser:
    """May make surveys."""
    return desk.browser("analyst")


@pytest.fixture
def name(desk: Shop, request: pytest.FixtureRequest) -> str:
    """A fresh draft of the relational NPS."""
    found = re.sub(r"[^a-z]+", "-", request.node.name.removeprefix("test_"))[:70].strip("-")
    desk.run("collect.draft_survey", name=found, template="relational_nps")
    return found


def asked(desk: Shop, name: str) -> dict[str, Any]:
    """The draft as it is stored."""
    found: dict[str, Any] = desk.run("collect.survey", name=name).document
    return found


def hidden(page: str, form: str = "fields") -> dict[str, str]:
    """The hidden inputs of a form of a page."""
    start = page.index(f'id="{form}"')
    part = page[start : page.index("</form>", start)]
    return {n: unescape(v) for n, v in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', part)}


def change(browser: Browser, address: str, **given: str) -> Any:
    """Opens a place of the editor and sends its form with some of its inputs."""
    sent = {
        key: value
        for key, value in hidden(browser.get(address).text).items()
        if key in ("csrf", "after", "at", "view", "language")
    }
    return browser.post(address.partition("?")[0], {**sent, **given})


FIRST, SECOND = "pages[0].elements[0]", "pages[1].elements[0]"


def test_the_first_day_says_how_it_is_done(empty_shop: Shop) -> None:
    page = empty_shop.browser("owner").get("/surveys")
    assert "Nobody is asked anything yet." in page.text
    assert "/surveys/new" in page.links


def test_every_template_is_offered_and_can_be_begun_with(desk: Shop, maker: Browser) -> None:
    offered = [link for link in maker.get("/surveys/new").links if "template=" in link]
    assert len(offered) == len(desk.run("collect.survey_templates").records()) == 10
    for link in offered:
        done = maker.send(link, "/surveys/new", {"template": link.rpartition("=")[2], "title": f"Ours {link}"})
        assert done.status == 303
        assert maker.get(done.headers["location"]).status == 200


def test_a_blank_survey_begins_with_an_empty_page(maker: Browser) -> None:
    done = maker.send("/surveys/new", "/surveys/new", {"title": "Täglich: wie geht's?"})
    page = maker.get(done.headers["location"])
    assert "Nothing is asked yet. Add the first question." in page.text
    assert maker.get(f"{done.headers['location'].partition('?')[0]}/preview").status == 200


def test_a_file_of_surveyjs_is_imported_and_what_cannot_be_is_named(maker: Browser) -> None:
    def send(content: bytes) -> Any:
        form = {"csrf": maker.get("/surveys/new").csrf}
        return maker._ask("POST", "/surveys/new", data=form, files={"file": ("Visits.json", content)})

    good = {"title": "Visits", "elements": [{"type": "comment", "name": "why"}]}
    done = send(json.dumps(good).encode())
    assert done.headers["location"].startswith("/surveys/visits")
    refused = send(json.dumps({"elements": [{"type": "paneldynamic", "name": "p"}]}).encode())
    assert refused.status == 400
    assert "elements[0].type" in refused.text
    assert send(b"\xff\xfe\x00").status == 400
    assert send(b"[1").status == 400


def test_a_question_is_reworded_and_everything_else_stays(desk: Shop, maker: Browser, name: str) -> None:
    before = asked(desk, name)
    done = change(maker, f"/surveys/{name}?at={FIRST}", do="save", **{"set-title": f"Would you? {HOSTILE}"})
    assert done.status == 303
    after = asked(desk, name)
    assert after["pages"][0]["elements"][0]["title"] == {
        "default": f"Would you? {HOSTILE}",
        "de": before["pages"][0]["elements"][0]["title"]["de"],
    }
    assert after["pages"][1] == before["pages"][1]
    page = maker.get(done.headers["location"])
    assert HOSTILE not in page.text
    assert "<script>alert" not in page.text


def test_questions_and_pages_are_added_moved_and_removed(desk: Shop, maker: Browser, name: str) -> None:
    here = change(maker, f"/surveys/{name}?at={FIRST}", do="add", kind="single").headers["location"]
    assert [each["name"] for each in asked(desk, name)["pages"][0]["elements"]] == ["nps", "single"]
    here = change(maker, here, do="up").headers["location"]
    assert [each["name"] for each in asked(desk, name)["pages"][0]["elements"]] == ["single", "nps"]
    here = change(maker, here, do="remove").headers["location"]
    assert [each["name"] for each in asked(desk, name)["pages"][0]["elements"]] == ["nps"]
    change(maker, here, do="page")
    assert len(asked(desk, name)["pages"]) == 3


def test_a_mistake_in_a_condition_is_told_at_its_place_and_nothing_is_saved(
    desk: Shop, maker: Browser, name: str
) -> None:
    before = asked(desk, name)
    page = change(maker, f"/surveys/{name}?at={SECOND}", do="save", **{"set-visibleIf": "{nps} > = 6"})
    assert page.status == 400
    wrong = re.search(r'data-wrong="visibleIf">([^<]*)', page.text)
    assert wrong
    assert "at character 9" in wrong[1]
    assert "{nps} &gt; = 6" in page.text  # what was typed is still there
    assert asked(desk, name) == before


def test_a_question_that_nobody_can_reach_keeps_the_survey_from_being_published(maker: Browser, name: str) -> None:
    done = change(maker, f"/surveys/{name}?at={SECOND}", do="save", **{"set-visibleIf": "{nps} < 3 and {nps} > 8"})
    page = maker.get(done.headers["location"])
    assert "1 thing keeps it from being published." in page.text
    assert "can never be shown" in page.text
    publish = maker.get(f"/surveys/{name}/publish")
    assert "It cannot be published as it is." in publish.text
    assert "Publish it" not in publish.text


def test_two_tabs_overwrite_nothing_of_each_other(desk: Shop, maker: Browser, name: str) -> None:
    first = hidden(maker.get(f"/surveys/{name}?at={FIRST}").text)
    second = dict(first)
    sent = ("csrf", "after", "at", "view", "language", "base")
    given = {**{key: first[key] for key in sent}, "do": "save", "set-title": "Of the first tab"}
    assert maker.post(f"/surveys/{name}", given).status == 303
    late = {**{key: second[key] for key in sent}, "do": "save", "set-minRateDescription": "Never ever"}
    page = maker.post(f"/surveys/{name}", late)
    assert page.status == 409
    assert "nothing was overwritten" in page.text
    assert "Of the first tab" in page.text
    assert "Never ever" in page.text
    assert asked(desk, name)["pages"][0]["elements"][0]["title"]["default"] == "Of the first tab"
    again = {**late, "after": hidden(page.text)["after"]}  # who saves now keeps both
    assert maker.post(f"/surveys/{name}", again).status == 303
    both = asked(desk, name)["pages"][0]["elements"][0]
    assert (both["title"]["default"], both["minRateDescription"]["default"]) == ("Of the first tab", "Never ever")


def test_what_two_people_changed_of_one_question_is_joined_field_by_field(
    desk: Shop, maker: Browser, name: str
) -> None:
    stale = hidden(maker.get(f"/surveys/{name}?at={FIRST}").text)
    whole = {"set-title": "Mine", "set-minRateDescription": "Not at all likely", "set-rateMin": "0", "do": "save"}
    change(maker, f"/surveys/{name}?at={FIRST}", do="save", **{"set-minRateDescription": "Theirs"})
    page = maker.post(f"/surveys/{name}", {**stale, **whole})
    assert page.status == 409
    assert 'value="Theirs"' in page.text
    assert ">Mine</textarea>" in page.text
    assert asked(desk, name)["pages"][0]["elements"][0]["minRateDescription"]["default"] == "Theirs"


def test_translations_of_two_people_are_joined_text_by_text(desk: Shop, maker: Browser, name: str) -> None:
    stale = hidden(maker.get(f"/surveys/{name}?view=languages").text)
    change(maker, f"/surveys/{name}?view=languages", do="words", **{"word-de:title": "Ihre Meinung"})
    late = {**stale, "do": "words", "word-de:title": "Ihre Beziehung zu uns", f"word-de:{FIRST}.title": "Meins"}
    page = maker.post(f"/surveys/{name}", late)
    assert page.status == 409
    assert ">Ihre Meinung</textarea>" in page.text
    assert ">Meins</textarea>" in page.text


def test_a_late_move_is_not_made_on_a_draft_that_somebody_changed(desk: Shop, maker: Browser, name: str) -> None:
    stale = hidden(maker.get(f"/surveys/{name}?at={SECOND}").text)
    change(maker, f"/surveys/{name}?at={FIRST}", do="remove")
    before = asked(desk, name)
    assert maker.post(f"/surveys/{name}", {**stale, "do": "remove"}).status == 409
    assert asked(desk, name) == before


def test_a_survey_is_translated_into_a_language_from_right_to_left(desk: Shop, maker: Browser, name: str) -> None:
    address = f"/surveys/{name}?view=languages"
    change(maker, address, do="language", typed="ar")
    page = maker.get(address)
    assert page.text.count('placeholder="missing" lang="ar" dir="rtl"') > 5
    change(maker, address, do="words", **{f"word-ar:{FIRST}.title": "هل توصي بنا؟"})
    assert asked(desk, name)["pages"][0]["elements"][0]["title"]["ar"] == "هل توصي بنا؟"
    shown = maker.get(f"/surveys/{name}/preview?language=ar")
    assert '<html lang="ar" dir="rtl"' in shown.text
    assert "هل توصي بنا؟" in shown.text
    assert "lack a translation" in maker.get(f"/surveys/{name}").text


def test_quotas_and_variables_are_kept_and_checked(desk: Shop, maker: Browser, name: str) -> None:
    given = {"rules-quotas": "yes", "quotas-0-name": "happy", "quotas-0-when": "{nps} > 8", "quotas-0-limit": "100",
             "quotas-0-action": "stop", "rules-hidden": "yes", "hidden-0-name": "store"}  # fmt: skip
    assert change(maker, f"/surveys/{name}?view=rules", do="rules", **given).status == 303
    assert asked(desk, name)["quotas"] == [{"name": "happy", "when": "{nps} > 8", "limit": 100, "action": "stop"}]
    wrong = change(maker, f"/surveys/{name}?view=rules", do="rules", **{**given, "quotas-0-limit": "many"})
    assert wrong.status == 400
    assert "quotas[0].limit" in wrong.text


def test_the_document_is_edited_by_hand_and_mistakes_are_told_by_line(desk: Shop, maker: Browser, name: str) -> None:
    text = json.dumps(asked(desk, name), indent=2).replace('"rateMax": 10', '"rateMax": "ten"')
    line = next(n for n, each in enumerate(text.splitlines(), 1) if "rateMax" in each)
    page = maker.get(f"/surveys/{name}?view=json")
    sent = {**hidden(page.text, "document-form"), "document": text}
    refused = maker.post(f"/surveys/{name}", sent)
    assert refused.status == 400
    assert f"line {line}" in refused.text
    assert maker.post(f"/surveys/{name}", {**sent, "document": "{"}).status == 400
    fixed = maker.post(f"/surveys/{name}", {**sent, "document": text.replace('"ten"', "9")})
    assert fixed.status == 303
    assert asked(desk, name)["pages"][0]["elements"][0]["rateMax"] == 9


def test_the_preview_goes_on_as_the_logic_says_and_keeps_nothing(desk: Shop, maker: Browser, name: str) -> None:
    page = maker.get(f"/surveys/{name}/preview")
    assert page.headers["x-frame-options"] == "SAMEORIGIN"
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    action = unescape(re.search(r'action="([^"]+)"', page.text)[1])  # type: ignore[index]
    asked_for = re.search(r'name="_asked" value="([^"]+)"', page.text)
    assert asked_for
    missing = maker.post(action, {"_do": "next", "_asked": asked_for[1]})
    assert 'class="error"' in missing.text
    low = maker.post(action, {"_do": "next", "_asked": asked_for[1], "q:nps": "2"})
    assert "What should we do better first?" in low.text
    assert "What do you like most?" not in low.text
    action = unescape(re.search(r'action="([^"]+)"', low.text)[1])  # type: ignore[index]
    end = maker.post(action, {"_do": "next"})
    assert "Your answer goes to the people who can change something." in end.text
    assert desk.run("collect.survey", name=name).answers == {"open": 0, "finished": 0, "partial": 0, "screened": 0}


def test_the_preview_of_a_page_shows_also_what_depends_on_answers(maker: Browser, name: str) -> None:
    page = maker.get(f"/surveys/{name}/preview?page=1")
    for title in ("What should we do better first?", "What is missing for a 10?", "What do you like most?"):
        assert title in page.text
    assert maker.get(f"/surveys/{name}/preview?page=77&language=de").status == 200
    assert maker.get("/surveys/nobody/preview").status == 404
    assert maker.post(f"/surveys/{name}/preview?state=%00garbage", {"q:nps": "2"}).status == 200


def test_publishing_tells_what_changed_and_pausing_and_closing_ask_first(desk: Shop, maker: Browser, name: str) -> None:
    publish = f"/surveys/{name}/publish"
    page = maker.get(publish)
    assert "Ready: nobody has seen it yet." in page.text
    assert maker.send(publish, publish, {"after": "1"}).status == 303
    assert "It is live, and nothing has changed since." in maker.get(publish).text
    change(maker, f"/surveys/{name}?at={FIRST}", do="save", **{"set-title": "Recommend us?", "set-rateMax": "10"})
    assert "nps: wording" in maker.get(publish).text
    stale = maker.send(publish, publish, {"after": "1"})
    assert stale.status == 400
    assert "The draft was changed since you looked at it." in stale.text
    assert maker.send(publish, publish, {"after": "2"}).status == 303
    assert desk.run("collect.survey", name=name).version == 2
    for do, state in (("pause", "paused"), ("close", "closed")):
        assert maker.send(publish, f"/surveys/{name}/state", {"do": do}).status == 303
        assert desk.run("collect.survey", name=name).state == state
    assert maker.send(publish, f"/surveys/{name}/state", {"do": "explode"}).status == 400
    assert "Take answers again" in maker.get(publish).text


def test_settings_are_saved_by_section_and_faint_colours_are_refused(desk: Shop, maker: Browser, name: str) -> None:
    address = f"/surveys/{name}/settings"
    who = {"section": "who", "access": "invited", "title": "Ours", "opens": "2026-12-01T09:00", "touchpoint": "parcel"}
    assert maker.send(address, address, who).status == 303
    found = desk.run("collect.survey", name=name)
    assert (found.settings["access"], found.settings["once"], found.title) == ("invited", False, "Ours")
    assert f"{found.opens_at:%H:%M}" == "08:00"  # Berlin is an hour ahead of UTC in December
    assert "2026-12-01T09:00" in maker.get(address).text
    mail = {"section": "mail", "mail.subject:en": "How was it?", "mail.subject:de": "", "reminders": "3d, 7d",
            "channels": "email", "window.start": "10:00", "window.end": "18:30", "window.days": "1",
            "expiry": "30d"}  # fmt: skip
    assert maker.send(address, address, mail).status == 303
    kept = desk.run("collect.survey", name=name).settings
    assert kept["mail"]["subject"] == {"en": "How was it?"}
    assert kept["reminders"] == ["3d", "7d"]
    assert kept["window"]["days"] == [1]
    faint = {"section": "look", "theme.text": "#cccccc", "theme.background": "#ffffff", "theme.accent": "#0b6e69"}
    refused = maker.send(address, address, faint)
    assert refused.status == 400
    assert "contrast of 1.6" in refused.text
    wrong = maker.send(address, address, {"section": "often", "priority": "500", "every": "often"})
    assert wrong.status == 400
    assert 'id="wrong-priority"' in wrong.text
    assert 'id="wrong-every"' in wrong.text
    on = {"section": "kiosk", "on": "yes", "kiosk.idle_seconds": "45", "kiosk.exit_code": "2468"}
    assert maker.send(address, address, on).status == 303
    assert desk.run("collect.survey", name=name).settings["kiosk"] == {"idle_seconds": 45, "exit_code": "2468"}
    assert maker.send(address, address, {"section": "kiosk"}).status == 303
    assert desk.run("collect.survey", name=name).settings["kiosk"] is None


def test_a_link_is_made_for_each_place_with_its_code(desk: Shop, maker: Browser, name: str) -> None:
    address = f"/surveys/{name}/share"
    assert maker.send(address, address, {"labels": "Table 1\n\nTable 2\n", "channel": "store"}).status == 303
    page = maker.get(address)
    assert page.text.count('class="qr"') == 3
    codes = [row["code"] for row in desk.run("collect.short_links", survey=name).records()]
    assert len(codes) == 2
    assert maker.send(address, f"{address}/drop", {"code": codes[0]}).status == 303
    assert maker.get(address).text.count('class="qr"') == 2
    assert maker.send(address, address, {"labels": "\n"}).status == 400


def test_the_planner_says_how_many_answers_a_change_takes(maker: Browser, name: str) -> None:
    page = maker.get(f"/surveys/{name}/plan?points=5&rate=10")
    # 2 (1.96 + 0.8416)^2 100^2 / 5^2 answers in each period, at most; ten times as many invitations
    assert "6,280 answers in each of the two periods" in page.text
    assert "62,800 invitations" in page.text
    assert maker.get(f"/surveys/{name}/plan?points=none").status == 400
    assert maker.get(f"/surveys/{name}/plan?aim=precision&points=3&metric=csat").status == 200


def test_a_viewer_sees_everything_of_a_survey_and_changes_nothing(desk: Shop, name: str) -> None:
    viewer = desk.browser("viewer")
    token = viewer.get("/settings").csrf
    for page in (
        "",
        "?view=languages",
        "?view=rules",
        "?view=json",
        "/preview",
        "/publish",
        "/settings",
        "/share",
        "/plan",
    ):
        shown = viewer.get(f"/surveys/{name}{page}")
        assert shown.status == 200, page
        assert "Save" not in shown.text, page
    before = asked(desk, name)
    tried = {
        "": {"do": "remove", "after": "1", "at": FIRST},
        "/publish": {"after": "1"},
        "/state": {"do": "close"},
        "/settings": {"section": "who"},
        "/share": {"labels": "x"},
    }
    for page, form in tried.items():
        assert viewer.post(f"/surveys/{name}{page}", {"csrf": token, **form}).status == 403
    assert viewer.get("/surveys/new").status == 403
    assert asked(desk, name) == before


def test_a_form_of_another_site_changes_nothing(maker: Browser, name: str) -> None:
    assert maker.post(f"/surveys/{name}", {"do": "remove", "after": "1", "at": FIRST}).status == 403
    assert maker.post(f"/surveys/{name}/settings", {"section": "who"}).status == 403


def test_what_is_not_there_is_said_to_be_nowhere(maker: Browser, tmp_path: Path) -> None:
    del tmp_path
    for page in ("", "/publish", "/settings", "/share", "/plan"):
        assert maker.get(f"/surveys/nobody{page}").status == 404
    assert maker.get("/surveys/new?template=nothing").status == 404
