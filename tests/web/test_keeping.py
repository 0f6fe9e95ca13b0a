"""Every page of Explore keeps what it asks: the tile asks the same, and its title leads back to the same question."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest

from cxloop.web.pages.explore.leading import OPEN, page_of

PAGES = {
    "/explore/compare?metric=csat&against=rest&by=channel&since=90d": "measure.compare",
    "/explore/control?metric=nps&every=month&expect=season&rules=limits&since=730d": "measure.control_chart",
    "/explore/league?metric=csat%3Amean&by=channel&adjust=none&since=all": "measure.league",
    "/explore/league?metric=nps&by=channel&since=90d&where=score+%3E+3": "measure.league",
    "/explore/league/added-up?metric=nps&along=stage%3Etouchpoint&since=all": "measure.rollup",
    "/explore/retention?of=interaction&every=quarter&counting=rolling&since=all": "measure.retention",
    "/explore/money?metric=csat&horizon=90d&where=channel+%3D%3D+%22web%22": "measure.point_value",
    "/explore/money?metric=nps&by=channel": "measure.revenue_at_risk",
    "/explore/value?horizon=90d&by=channel&discount=0.05": "measure.lifetime_value",
    "/explore/all-customers?metric=csat&by=channel&active=90d": "measure.whole_base",
}


def tile_of(browser: Any, address: str, verb: str) -> dict[str, Any]:
    """What a page would keep of one of its questions; pages that are still at work are asked again."""
    for _again in range(40):
        text = browser.get(address.partition("#")[0]).text
        found = [json.loads(unescape(part)) for part in re.findall(r'name="tile" value="([^"]+)"', text)]
        if found:
            return next(tile for tile in found if tile["verb"] == verb)
    raise AssertionError(address)


@pytest.mark.parametrize("address", PAGES)
def test_what_is_kept_of_a_page_leads_back_to_the_same_question(owner: Any, address: str) -> None:
    verb = PAGES[address]
    kept = tile_of(owner, address, verb)

    again = tile_of(owner, page_of(verb, kept["arguments"]), verb)

    assert again == kept
    assert kept["arguments"]
    assert not any(value in ("", None) for value in kept["arguments"].values())


def test_what_is_on_the_page_is_what_the_dashboard_asks(owner: Any, shop: Any) -> None:
    address = "/explore/league?metric=nps&by=channel&adjust=none&since=all"
    kept = tile_of(owner, address, "measure.league")

    answer = owner.send(address, "/explore/keep", {"tile": json.dumps(kept), "title": "Kept of a page"})

    (tile,) = shop.run("measure.dashboard", name="kept-of-a-page").board.tiles
    assert answer.status == 303
    assert (tile.verb, tile.size) == ("measure.league", "medium")
    assert dict(tile.arguments) == {"of": "nps", "by": "channel", "adjust": ["none"]}
    shop.run("measure.delete_dashboard", name="kept-of-a-page")


def test_who_may_not_build_is_offered_no_form(viewer: Any) -> None:
    assert all('name="tile"' not in viewer.get(address).text for address in list(PAGES)[:4])


def test_a_question_that_no_page_asks_leads_nowhere() -> None:
    assert page_of("measure.pulse", {}) == ""
    assert set(PAGES.values()) | {"measure.churn"} == set(OPEN)
