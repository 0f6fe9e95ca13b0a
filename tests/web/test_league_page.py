"""The page of league tables: a sentence first, charts, every group with the way to its answers, without a script."""

from __future__ import annotations

import csv
import io
from html import unescape
from typing import Any

ASKED = "/explore/league?metric=nps&by=channel&since=all"


def test_it_opens_with_what_may_be_said_and_names_how_it_was_made(owner: Any) -> None:
    text = unescape(owner.get(ASKED).text)

    assert '<h1 class="lede">' in text
    assert "League tables" in text
    assert "How this number is made" in text
    assert "ws.measure.league(" in text
    assert "cxloop measure league nps --by channel" in text


def test_each_group_leads_to_its_answers(owner: Any) -> None:
    page = owner.get(ASKED)
    links = [unescape(link) for link in page.links if link.startswith("/explore?metric=nps") and "where=" in link]

    assert links
    assert all(owner.get(link).status == 200 for link in links)


def test_charts_stand_for_wide_and_narrow_screens_without_inline_style(owner: Any) -> None:
    text = owner.get(ASKED).text

    assert text.count("chart-wide") == text.count("chart-narrow") > 0
    assert "<svg" in text
    assert " style=" not in text


def test_the_download_has_a_row_per_group(owner: Any) -> None:
    answer = owner.get(ASKED.replace("/league?", "/league/download/csv?"))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert {"channel", "value", "low", "high", "n", "raw", "standing"} <= set(rows[0])


def test_what_cannot_be_asked_is_told_on_the_page(owner: Any) -> None:
    page = owner.get("/explore/league?metric=nps&by=channel&adjust=nothing_known")

    assert page.status == 400
    assert 'role="alert"' in page.text


def test_an_empty_selection_says_what_to_do(owner: Any) -> None:
    text = owner.get("/explore/league?metric=nps&by=employee&since=all").text

    assert "Nothing to compare in this selection." in text
