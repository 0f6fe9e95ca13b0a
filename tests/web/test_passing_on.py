"""Dashboards that are passed on in the app: a link that strangers read, and mails, without a script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from tests.web.conftest import SETTINGS, Shop, open_shop, rows_of_company

from cxloop.entry.app import create_app
from cxloop.store.messages import messages

PATH = "/explore/dashboards/mornings"
SMTP = '\n[outreach.smtp]\nhost = "127.0.0.1"\nport = 9\ntls = "none"\nsender = "cx@acme.example"\n'


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A company with a dashboard, and with mail set up."""
    host = open_shop(tmp_path_factory.mktemp("passing") / "shop", rows_of_company(120), settings=SETTINGS + SMTP)
    shop = Shop(host, create_app(host))
    tiles = [
        {"verb": "measure.nps"},
        {"verb": "measure.nps", "title": "By channel", "arguments": {"by": ["channel"]}},
        {"verb": "measure.nps", "title": "By week", "arguments": {"every": "week"}, "size": "wide"},
    ]
    document = {"title": "Mornings", "since": "40d", "tiles": tiles}
    shop.run("measure.save_dashboard", name="mornings", document=json.dumps(document))
    yield shop
    host.close()


@pytest.fixture(scope="module")
def analyst_of(own: Shop) -> Any:
    """May pass it on."""
    return own.browser("analyst")


def link_of(own: Shop) -> str:
    """The path of a new link."""
    link: str = own.run("measure.share_dashboard", name="mornings").share.link
    return link[link.index("/shared/") :]


def test_a_link_is_made_read_by_a_stranger_and_stopped_without_a_script(own: Shop, analyst_of: Any) -> None:
    answer = analyst_of.send(f"{PATH}/share", f"{PATH}/share", {"days": "7"})
    assert answer.headers["location"] == f"{PATH}/share?done=shared"
    text = unescape(analyst_of.get(f"{PATH}/share").text)
    link = re.findall(r'href="http://[^/]+(/shared/[^"]+)"', text)[0]
    number = re.findall(r'name="number" value="(\d+)"', text)[0]

    read = own.browser().get(link)
    assert read.status == 200
    assert "By channel" in read.text

    analyst_of.send(f"{PATH}/share", f"{PATH}/share/stop", {"number": number})
    closed = own.browser().get(link)
    assert closed.status == 410
    assert "opens nothing any more" in closed.text


def test_the_page_of_a_link_leads_nowhere_and_names_nobody(own: Shop) -> None:
    text = unescape(own.browser().get(link_of(own)).text)

    assert text.count('<section class="card tile') == 3
    assert re.findall(r'<a [^>]*href="([^"]+)"', text) == []
    assert "<form" not in text
    assert "Marta" not in text
    assert "ws.measure" not in text


def test_the_page_of_a_link_is_found_by_no_search_and_its_address_is_told_to_nobody(own: Shop) -> None:
    headers = own.browser().get(link_of(own)).headers

    assert headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "unsafe" not in headers["content-security-policy"]


def test_who_has_a_link_cannot_ask_anything_else(own: Shop) -> None:
    link = link_of(own)

    plain, asked = own.browser().get(link).text, own.browser().get(f'{link}?where=channel+%3D%3D+"web"&since=1d').text

    numbers = [re.findall(r'<div class="big[^"]*">([^<]+)', text) for text in (plain, asked)]
    assert numbers[0] == numbers[1] != []
    assert own.browser().get(f"{link}/pdf").status == 404
    assert own.browser().get(PATH).status == 401


def test_what_is_no_link_says_so_calmly_and_guessing_is_slowed_down(own: Shop) -> None:
    stranger = own.browser()

    assert stranger.get("/shared/b1.0.abc").status == 404
    answers = [stranger.get(f"/shared/b{n}.0.{'0' * 24}") for n in range(30)]

    assert answers[0].status == 404
    assert answers[-1].status == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "Traceback" not in answers[-1].text


def test_a_token_stands_in_no_log(own: Shop) -> None:
    link = link_of(own)
    own.browser().get(link)
    token = link.rpartition("/")[2]

    kept = [path for path in own.host.workspace.path.rglob("*") if path.is_file() and path.suffix != ".sqlite"]
    assert [path.name for path in kept if token.encode() in path.read_bytes()] == []


def test_it_is_mailed_now_once_however_often_the_button_is_pressed(own: Shop, analyst_of: Any) -> None:
    once = re.findall(r'name="once" value="([0-9a-f]+)"', analyst_of.get(f"{PATH}/mail").text)[0]

    for _ in range(2):
        given = {"to": "ada@acme.example\nbo@acme.example;", "once": once}
        answer = analyst_of.send(f"{PATH}/mail", f"{PATH}/mail", given)
        assert answer.headers["location"] == f"{PATH}/mail?done=mailed"

    waiting = messages.some(own.host.workspace.store, [], 100)
    assert sorted(each.address for each in waiting) == ["ada@acme.example", "bo@acme.example"]


def test_it_is_scheduled_shown_and_stopped(analyst_of: Any) -> None:
    given = {"to": "cy@acme.example, dee@acme.example", "when": "month-3", "hour": "18"}
    answer = analyst_of.send(f"{PATH}/mail", f"{PATH}/mail/schedule", given)
    assert answer.headers["location"] == f"{PATH}/mail?done=scheduled"

    text = unescape(analyst_of.get(f"{PATH}/mail").text)
    assert "every month on day 3, 18:00" in text
    assert "to cy@acme.example, dee@acme.example" in text

    number = re.findall(r'name="number" value="(\d+)"', text)[0]
    analyst_of.send(f"{PATH}/mail", f"{PATH}/mail/stop", {"number": number})
    assert "cy@acme.example" not in analyst_of.get(f"{PATH}/mail").text


def test_a_mistake_is_told_and_what_was_written_stays(analyst_of: Any) -> None:
    answer = analyst_of.send(f"{PATH}/mail", f"{PATH}/mail/schedule", {"to": "ada@acme.example, nobody"})

    assert answer.status == 400
    assert "Address 2 is none" in answer.text
    assert ">ada@acme.example, nobody</textarea>" in unescape(answer.text)


def test_who_may_only_read_is_offered_neither(own: Shop) -> None:
    viewer = own.browser("viewer")

    assert f"{PATH}/share" not in viewer.get(PATH).text
    assert f"{PATH}/mail" not in viewer.get(PATH).text
    assert [viewer.get(f"{PATH}/{way}").status for way in ("share", "mail")] == [403, 403]
