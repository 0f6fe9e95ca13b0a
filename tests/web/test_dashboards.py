"""Dashboards: built without a script, filtered as a whole, and from any bar to the rows and customers behind it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from tests.web.conftest import Shop, open_shop, rows_of_company

from cxloop.core.errors import MistakesError
from cxloop.entry.app import create_app

PATH = "/explore/dashboards"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A company of 160 customers, with no dashboard yet."""
    host = open_shop(tmp_path_factory.mktemp("boards") / "shop", rows_of_company(160))
    yield Shop(host, create_app(host))
    host.close()


@pytest.fixture(scope="module")
def analyst_of(own: Shop) -> Any:
    """May build."""
    return own.browser("analyst")


@pytest.fixture(scope="module")
def board(own: Shop) -> str:
    """The address of a dashboard with a number, a split and a course."""
    tiles = [
        {"verb": "measure.nps"},
        {"verb": "measure.nps", "title": "By channel", "arguments": {"by": ["channel"]}},
        {"verb": "measure.nps", "title": "By week", "arguments": {"every": "week"}, "size": "wide"},
    ]
    document = {"title": "Mornings", "since": "40d", "tiles": tiles}
    own.run("measure.save_dashboard", name="mornings", document=json.dumps(document))
    return f"{PATH}/mornings"


def tile(text: str, title: str) -> str:
    """What stands in one tile."""
    return next(part for part in text.split("<section")[1:] if f">{title}</h2>" in part or f">{title}</a>" in part)


def test_a_new_workspace_begins_with_a_template_in_one_click(own: Shop) -> None:
    browser = own.browser("analyst")

    answer = browser.send(PATH, PATH, {"template": "overview"})

    assert answer.headers["location"] == f"{PATH}/how-customers-are?done=board_saved"
    text = unescape(browser.get(answer.headers["location"]).text)
    assert text.count('<section class="card tile') == 9
    assert "Saved." in text
    own.run("measure.delete_dashboard", name="how-customers-are")


def test_every_number_says_its_interval_and_how_many_it_rests_on(own: Shop, analyst_of: Any, board: str) -> None:
    number = own.run("measure.nps", since="40d").rows[0].result

    text = unescape(analyst_of.get(board).text)

    shown = tile(text, "NPS")
    assert f"{number.n} answers" in shown
    assert f"{abs(number.value):.1f}" in shown
    assert f"{abs(number.low):.1f}" in shown


def test_clicking_a_bar_filters_all_tiles_and_the_filter_can_be_left(own: Shop, analyst_of: Any, board: str) -> None:
    text = analyst_of.get(board).text
    link = next(unescape(found) for found in re.findall(r'<a href="([^"]+)"><rect', text) if "web" in found)

    filtered = unescape(analyst_of.get(link).text)

    only = own.run("measure.nps", since="40d", where='channel == "web"').rows
    assert link.startswith(f"{board}?")
    assert f"{only[0].result.n} answers" in tile(filtered, "NPS")
    assert 'All tiles: only where <code>channel == "web"</code>' in filtered
    assert f'href="{board}">everyone' in filtered


def test_a_filter_that_is_chosen_twice_is_said_once(analyst_of: Any, board: str) -> None:
    text = analyst_of.get(f'{board}?where=channel+%3D%3D+"web"').text

    again = next(unescape(found) for found in re.findall(r'<a href="([^"]+)"><rect', text) if "web" in found)

    assert again.count("channel") == 1


def test_a_change_that_is_none_is_refused_in_words(own: Shop, analyst_of: Any, board: str) -> None:
    found = own.run("measure.dashboard_changes", name="mornings").rows[0].comparison
    assert found.rows[0].verdict == "not shown to have changed"

    text = unescape(analyst_of.get(board).text)

    assert "No number of this dashboard is shown to have changed against the 40 days before." in text
    assert "no change shown</b>" in tile(text, "NPS")


def test_a_condition_that_cannot_be_read_is_told_and_nothing_breaks(analyst_of: Any, board: str) -> None:
    answer = analyst_of.get(f"{board}?where=channel+%3D")

    assert answer.status == 400
    assert 'role="alert"' in answer.text


def test_a_question_is_kept_from_explore_with_one_button(own: Shop, analyst_of: Any) -> None:
    page = "/explore?metric=nps&by=channel&every=none&since=90d"
    kept = unescape(re.findall(r'name="tile" value="([^"]+)"', analyst_of.get(page).text)[0])

    answer = analyst_of.send(page, "/explore/keep", {"tile": kept, "title": "Kept ones"})

    assert answer.headers["location"] == f"{PATH}/kept-ones?done=kept"
    tiles = own.run("measure.dashboard", name="kept-ones").board.tiles
    assert [(each.verb, dict(each.arguments)) for each in tiles] == [
        ("measure.nps", {"by": ["channel"], "since": "90d"})
    ]
    again = analyst_of.send(page, "/explore/keep", {"tile": kept, "board": "kept-ones"})
    assert again.status == 303
    assert len(own.run("measure.dashboard", name="kept-ones").board.tiles) == 2


def test_what_is_no_question_cannot_be_kept(analyst_of: Any) -> None:
    for wrong in ("", "[]", '{"verb": "unify.erase", "arguments": {}}', '{"verb": "measure.survey_rows"}'):
        assert analyst_of.send("/explore", "/explore/keep", {"tile": wrong}).status == 400, wrong


def test_tiles_are_renamed_sized_moved_and_removed(own: Shop, analyst_of: Any) -> None:
    tiles = [{"verb": "measure.nps", "title": name} for name in ("one", "two", "three")]
    own.run("measure.save_dashboard", name="moved", document=json.dumps({"title": "Moved", "tiles": tiles}))
    page = f"{PATH}/moved/edit"

    def press(do: str, **form: str) -> list[tuple[str, str]]:
        version = re.findall(r'name="version" value="(\d+)"', analyst_of.get(page).text)[0]
        answer = analyst_of.send(page, page, {"version": version, "title": "Moved", "do": do, **form})
        assert answer.status == 303, answer.text
        return [(each.title, each.size) for each in own.run("measure.dashboard", name="moved").board.tiles]

    assert press("down-0") == [("two", "medium"), ("one", "medium"), ("three", "medium")]
    assert press("up-2", **{"size-2": "wide"}) == [("two", "medium"), ("three", "wide"), ("one", "medium")]
    assert press("remove-0", **{"title-2": "First"}) == [("three", "wide"), ("First", "medium")]


def test_who_changes_what_somebody_else_has_changed_is_told(own: Shop, analyst_of: Any, board: str) -> None:
    answer = analyst_of.send(f"{board}/edit", f"{board}/edit", {"version": "0", "title": "Mine"})

    assert answer.status == 400
    assert "Somebody else has changed this dashboard" in answer.text
    assert own.run("measure.dashboard", name="mornings").board.title == "Mornings"


def test_a_bar_leads_to_its_rows_and_a_row_to_its_customer(own: Shop, analyst_of: Any, board: str) -> None:
    shown = tile(analyst_of.get(board).text, "By channel")
    link = next(unescape(found) for found in re.findall(r'href="(/explore/rows[^"]+)"', shown) if "web" in found)

    text = unescape(analyst_of.get(link).text)

    total = own.run("measure.nps", since="40d", where='channel == "web"').rows[0].result.n
    assert f"{total} behind NPS" in text
    customer = re.findall(r'href="(/customers/\d+)"', text)[0]
    assert analyst_of.get(customer).status == 200


def test_pages_of_rows_hold_every_row_once(own: Shop) -> None:
    number = own.run("measure.nps").rows[0].result.n
    pages = [own.run("measure.rows", metric="nps", page=page, limit=50) for page in range(1, number // 50 + 2)]

    found = [row.interaction_id for page in pages for row in page.rows]

    assert len(found) == len(set(found)) == number == pages[0].total


def test_rows_in_a_file_are_those_that_the_number_counts(own: Shop, analyst_of: Any) -> None:
    answer = analyst_of.get("/explore/rows.csv?metric=nps&since=all&where=score+%3C%3D+6")

    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == own.run("measure.nps", where="score <= 6").rows[0].result.n
    assert all(float(row["score"]) <= 6 for row in rows)


def test_who_sees_no_persons_is_led_to_no_rows(own: Shop, board: str) -> None:
    viewer = own.browser("viewer")

    text = viewer.get(board).text

    assert viewer.get("/explore/rows?metric=nps&since=all").status == 403
    assert "/explore/rows" not in text
    assert f"{board}/edit" not in text


def test_a_deleted_dashboard_is_gone_and_saving_takes_it_back(own: Shop, analyst_of: Any) -> None:
    document = json.dumps({"title": "Short", "tiles": []})
    own.run("measure.save_dashboard", name="short", document=document)

    analyst_of.send(f"{PATH}/short/edit", f"{PATH}/short/delete")

    assert analyst_of.get(f"{PATH}/short").status == 404
    assert own.run("measure.save_dashboard", name="short", document=document).version == 3
    own.run("measure.delete_dashboard", name="short")


def test_what_happened_stands_on_charts_over_time_until_it_is_removed(own: Shop, analyst_of: Any, board: str) -> None:
    page = "/explore/annotations"
    answer = analyst_of.send(page, page, {"at": "2026-10-12", "text": "New <checkout>"})
    assert answer.headers["location"] == f"{page}?done=noted"

    shown = tile(analyst_of.get(board).text, "By week")

    assert "<title>2026-10-12: New &lt;checkout&gt;</title>" in shown
    assert "12 Oct 2026: New &lt;checkout&gt;</li>" in shown
    assert "New &lt;checkout&gt;" in analyst_of.get("/explore?metric=nps&every=week&since=90d").text
    assert analyst_of.send(page, page, {"at": "soon", "text": "x"}).status == 400
    assert analyst_of.send(page, f"{page}/1/remove").status == 303
    assert own.run("measure.annotations").rows == ()


def test_on_paper_nothing_that_people_wrote_is_read_as_markup(own: Shop, analyst_of: Any) -> None:
    tiles = [
        {"verb": "measure.nps", "title": '#panic("read") $x^2$ *bold* \\'},
        {"verb": "measure.nps", "title": "<b>", "arguments": {"every": "week"}},
    ]
    document = json.dumps({"title": '#eval("1/0")', "about": "= Heading", "since": "40d", "tiles": tiles})
    own.run("measure.save_dashboard", name="hostile", document=document)

    answer = analyst_of.get(f"{PATH}/hostile/pdf")

    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert re.search(r'filename="hostile-\d{4}-\d\d-\d\d\.pdf"', answer.headers["content-disposition"])
    own.run("measure.delete_dashboard", name="hostile")


def test_all_comparisons_of_a_dashboard_are_corrected_together(own: Shop) -> None:
    """The reference is Benjamini and Hochberg's procedure as statsmodels has it, over the p of each alone."""
    from statsmodels.stats.multitest import multipletests

    where = ("", 'channel == "web"', 'channel == "app"', "score >= 5", "score <= 8")
    tiles = [{"verb": "measure.nps", "arguments": {"where": each, "since": "30d"}} for each in where]
    own.run("measure.save_dashboard", name="many", document=json.dumps({"title": "Many", "tiles": tiles}))

    found = own.run("measure.dashboard_changes", name="many")

    alone = [own.run("measure.compare", metric="nps", since="30d", where=each or None).rows[0].change for each in where]
    expected = multipletests([each.p for each in alone], method="fdr_bh")[1]
    assert [row.comparison.rows[0].change.p for row in found.rows] == pytest.approx(expected.tolist())
    own.run("measure.delete_dashboard", name="many")


def test_a_document_with_mistakes_is_refused_with_all_of_them(own: Shop) -> None:
    tiles = [
        {"verb": "measure.npss"},
        {"verb": "unify.erase"},
        {"verb": "measure.rows", "arguments": {"metric": "nps"}},
        {"verb": "measure.nps", "arguments": {"byy": 1, "where": "scor >= 1"}},
    ]

    with pytest.raises(MistakesError) as refused:
        own.run("measure.save_dashboard", name="wrong", document=json.dumps({"title": "x", "tiles": tiles}))

    assert [mistake.where for mistake in refused.value.mistakes] == [
        "tiles.0.verb",
        "tiles.1.verb",
        "tiles.2.verb",
        "tiles.3.arguments.byy",
        "tiles.3.arguments.where",
    ]


def test_a_tile_of_a_league_shows_its_caterpillar_and_leads_to_its_page(own: Shop, analyst_of: Any) -> None:
    league = {"verb": "measure.league", "arguments": {"of": "nps", "by": "channel", "since": "3650d"}, "size": "wide"}
    own.run("measure.save_dashboard", name="fair", document=json.dumps({"title": "Fair", "tiles": [league]}))
    page = analyst_of.get("/explore/dashboards/fair")

    assert page.text.count("chart-wide") == page.text.count("chart-narrow") == 1
    assert "League table</a>" in page.text
    assert any(link.startswith("/explore/league?metric=nps") for link in map(unescape, page.links))
