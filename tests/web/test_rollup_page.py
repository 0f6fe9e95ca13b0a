"""The page of numbers added up: once per place, as a tree and as a table, with the way to the answers."""

from __future__ import annotations

import csv
import io
from html import unescape
from typing import Any

ASKED = "/explore/league/added-up?metric=nps&along=channel>touchpoint&since=all"


def test_a_sentence_a_tree_and_a_table_say_the_same(owner: Any) -> None:
    text = unescape(owner.get(ASKED).text)

    assert "over all places, each answer counted once." in text
    assert text.count('class="tree-picture"') == 2
    assert "The same as a table" in text
    assert "cxloop measure rollup nps" in text
    assert 'aria-current="page">Added up</a>' in text


def test_each_place_leads_to_its_answers(owner: Any) -> None:
    links = [link for link in owner.get(ASKED).links if link.startswith("/explore?metric=nps") and "where=" in link]

    assert links
    assert owner.get(unescape(links[-1])).status == 200


def test_without_a_hierarchy_the_regions_are_added_up_and_a_mistake_is_said(owner: Any) -> None:
    assert owner.get("/explore/league/added-up").status == 200
    assert "no dimension" in unescape(owner.get("/explore/league/added-up?along=region>").text)


def test_the_download_has_the_total_first(owner: Any) -> None:
    answer = owner.get(ASKED.replace("/added-up?", "/added-up/download?"))

    assert next(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))["place"] == "all"
