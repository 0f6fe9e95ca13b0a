"""What the pages say, and that every figure leads on."""

from __future__ import annotations

import csv
import io
import json
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cxloop.engine.dimensions import Dimensions
from cxloop.web.pages.explore.metric import DIMENSIONS


def inside(links: list[str]) -> list[str]:
    """The addresses of this app, each once."""
    return sorted({link for link in links if link.startswith("/")})


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/explore",
        "/explore?by=channel&every=month&since=all",
        "/customers",
        "/customers/2",
        "/sources",
        "/settings",
    ],
)
def test_every_link_of_every_page_leads_somewhere(owner: Any, address: str) -> None:
    links = inside(owner.get(address).links)

    broken = {link: status for link in links if (status := owner.get(link).status) not in (200, 303)}

    assert len(links) > 5
    assert broken == {}


def test_pulse_opens_with_a_sentence_and_says_how_old_its_numbers_are(owner: Any) -> None:
    text = owner.get("/").text

    assert '<h1 class="lede">NPS' in text
    assert "Computed " in text
    assert "from 1,500 interactions" in text
    assert "data until" in text


def test_from_a_number_to_the_people_behind_it_takes_two_clicks(owner: Any) -> None:
    card = next(link for link in owner.get("/").links if link.startswith("/explore?"))
    explored = owner.get(card)
    person = next(link for link in explored.links if link.startswith("/customers/"))

    assert "In their words" in explored.text
    assert "NPS answered" in owner.get(person).text


def test_a_group_of_the_table_narrows_the_question_to_itself(owner: Any) -> None:
    links = owner.get("/explore?by=channel&every=none&since=all").links

    asked = [parse_qs(urlsplit(link).query) for link in links if "where=" in link]

    assert {question["where"][0] for question in asked} == {f'channel == "{name}"' for name in ("app", "email", "web")}
    assert all("by" not in question for question in asked)


def test_a_group_with_a_readable_name_is_asked_for_by_its_own(owner: Any) -> None:
    page = owner.get("/explore?by=touchpoint&every=none&since=all")

    assert "Parcel at the door" in page.text
    assert any("parcel" in link and "where=" in link and "door" not in link for link in page.links)


def test_a_period_of_the_table_opens_that_period(owner: Any) -> None:
    page = owner.get("/explore?every=month&since=all")
    first = next(link for link in page.links if "until=" in link)

    opened = owner.get(first)

    assert opened.status == 200
    assert parse_qs(urlsplit(first).query)["every"] == ["none"]


def test_explore_shows_chart_table_and_how_the_number_is_made(owner: Any) -> None:
    text = unescape(owner.get("/explore?by=channel&every=week&since=all").text)

    assert 'class="chart chart-wide"' in text
    assert 'ws.measure.nps(by="channel", every="week")' in text
    assert "cxloop measure nps --by channel --every week" in text
    assert "SELECT" in text
    assert "Share of promoters" in text


def test_a_selection_without_answers_says_so(owner: Any) -> None:
    assert "No answers in this selection." in owner.get("/explore?metric=csat&since=all").text


def test_too_few_answers_are_no_number(owner: Any) -> None:
    text = owner.get('/explore?every=none&since=all&where=score == 0 and channel == "web" and region == "x"').text

    assert "No answers in this selection." in text or "cannot say" in text


@pytest.mark.parametrize("name", DIMENSIONS)
def test_every_dimension_that_the_form_offers_is_one(shop: Any, name: str) -> None:
    assert Dimensions(shop.host.experience).resolve(name).name == name


def test_downloads_hold_the_numbers_of_the_page(owner: Any) -> None:
    question = "by=channel&every=none&since=all"
    table = list(
        csv.DictReader(io.StringIO(owner.get(f"/explore/download/csv?{question}").content.decode("utf-8-sig")))
    )
    plain = json.loads(owner.get(f"/explore/download/json?{question}").content)

    assert [row["channel"] for row in table] == [row["group"][0] for row in plain["rows"]]
    assert [float(row["nps"]) for row in table] == [row["result"]["value"] for row in plain["rows"]]
    assert sum(int(row["n"]) for row in table) == 300


@pytest.mark.parametrize(("kind", "start"), [("svg", b"<svg"), ("png", b"\x89PNG")])
def test_a_chart_can_be_taken_along(owner: Any, kind: str, start: bytes) -> None:
    answer = owner.get(f"/explore/download/{kind}?by=channel&every=none&since=all")

    assert answer.status == 200
    assert answer.content.startswith(start)
    assert answer.headers["content-disposition"] == f'attachment; filename="nps.{kind}"'


def test_customers_are_searched_and_paged(owner: Any) -> None:
    everybody, second = owner.get("/customers"), owner.get("/customers?page=2")
    found = owner.get("/customers?q=number17@nowhere"), owner.get("/customers?q=MARTA17@")

    assert "300 customers" in everybody.text
    assert "26–50 of 300" in second.text
    assert "Nobody found for" in found[0].text
    assert "Marta Number17<" in found[1].text


def test_a_timeline_says_which_promises_were_kept_and_how_late_the_others_were(shop: Any, owner: Any) -> None:
    texts = [owner.get(f"/customers/{number}").text for number in range(1, 31)]

    late = [text for text in texts if "2 days late" in text]
    kept = [text for text in texts if ": kept" in text]

    assert len(late) + len(kept) == 30
    assert 3 < len(late) < 18  # three in ten parcels are late
    assert all("Delivery promised" in text for text in texts)


def test_a_timeline_is_told_in_the_company_s_own_time(owner: Any) -> None:
    text = owner.get("/customers/5").text

    assert "Times are those of Europe/Berlin." in text


def test_a_channel_of_a_timeline_can_be_looked_at_alone(owner: Any) -> None:
    text = owner.get("/customers/5?channel=parcel").text

    assert "Handed over" in text
    assert "Order placed" not in text


def test_an_empty_workspace_says_what_to_do_on_each_page(empty_shop: Any) -> None:
    browser = empty_shop.browser("owner")

    assert "Bring the first answers in" in browser.get("/").text
    assert "No customers yet." in browser.get("/customers").text
    assert "Nothing has arrived yet." in browser.get("/sources").text
    assert "No answers in this selection." in browser.get("/explore").text


@pytest.mark.parametrize(("theme", "written"), [("dark", 'data-theme="dark"'), ("light", 'data-theme="light"')])
def test_the_theme_is_remembered(shop: Any, theme: str, written: str) -> None:
    browser = shop.browser("owner")
    browser.post("/theme", {"theme": theme})

    assert written in browser.get("/").text
    browser.post("/theme", {"theme": "system"})
    assert "data-theme=" not in browser.get("/").text


def test_the_wall_screen_is_the_pulse_without_the_rail(owner: Any) -> None:
    assert " data-wall" in owner.get("/?wall=1").text


def test_pages_show_after_a_restart_what_was_kept_before_it(restarted: Any) -> None:
    browser = restarted.browser("owner")

    shown = {page: browser.get(page) for page in ("/", "/explore", "/customers", "/sources")}

    assert {page: answer.status for page, answer in shown.items()} == dict.fromkeys(shown, 200)
    assert "The one source sent something in the last seven days" in shown["/sources"].text
