"""Explore's metrics: any of them is asked by name, and people define their own after seeing what it means."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest

DEFINE = "/explore/define"
FORM = {
    "name": "came_late",
    "label": "Came <late>",
    "definition": "Share of deliveries that were handed over after the 20th of a month.",
    "units": "interactions",
    "counts": 'kind == "delivery" and source == "shop"',
    "value": "hour(occurred_at) >= 12",
    "statistic": "share",
    "better": "less",
}


@pytest.fixture(scope="module")
def analyst_of(small_shop: Any) -> Any:
    """May define."""
    return small_shop.browser("analyst")


@pytest.fixture(scope="module")
def defined(analyst_of: Any) -> Any:
    """The page of a metric that was written down, in two versions."""
    first = {**FORM, "value": "hour(occurred_at) >= 15", "do": "save"}
    assert analyst_of.send(DEFINE, DEFINE, first).status == 303
    answer = analyst_of.send(DEFINE, DEFINE, {**FORM, "do": "save"})
    assert answer.headers["location"] == "/explore/metrics/came_late?done=defined", answer.text
    return analyst_of.get(answer.headers["location"])


def test_a_preview_shows_number_and_what_is_left_out_and_writes_nothing(analyst_of: Any) -> None:
    text = unescape(analyst_of.send(DEFINE, DEFINE, {**FORM, "name": "tried", "do": "preview"}).text)

    meant = text.split('role="status"')[1]
    assert "Came <late> is" in meant
    assert "80 interactions of 40 customers" in meant
    assert "interactions meet the condition" in meant
    assert "nothing is saved yet" in meant
    assert "SELECT" in text
    assert "tried" not in analyst_of.get("/explore/metrics").text


def test_every_mistake_stands_at_its_field_and_what_was_typed_stays(analyst_of: Any) -> None:
    wrong = {**FORM, "name": "wrong", "counts": "kind", "value": "valu > 3", "days": "9", "do": "preview"}

    answer = analyst_of.send(DEFINE, DEFINE, wrong)
    text = unescape(answer.text)

    assert answer.status == 400
    assert "has 3 mistakes" in text
    assert 'id="counts" name="counts" aria-invalid="true" aria-describedby="counts-wrong"' in text
    assert 'Did you mean "value"?' in text
    assert "knows no limit of days" in text
    assert FORM["definition"] in text


def test_a_name_that_is_taken_is_refused(analyst_of: Any) -> None:
    answer = analyst_of.send(DEFINE, DEFINE, {**FORM, "name": "nps", "do": "save"})

    assert answer.status == 400
    assert "comes with cxloop" in unescape(answer.text)


def test_an_own_metric_is_offered_and_has_its_how(defined: Any, analyst_of: Any) -> None:
    text = unescape(analyst_of.get("/explore?metric=came_late&every=none&since=all").text)

    assert defined.status == 200
    assert '<optgroup label="Your own"><option value="came_late" selected>Came <late></option>' in text
    for part in (
        "80 interactions",
        'Only interactions with kind == "delivery" and source == "shop" count.',
        'ws.measure.metric("came_late")',
        "cxloop measure metric came_late",
        "SELECT",
        "Version of the definition",
        "Bots and tests are left out",
    ):
        assert part in text, part


def test_an_old_number_is_made_as_it_was_defined_then(defined: Any, analyst_of: Any) -> None:
    old = next(link for link in defined.links if "version=1" in link)

    text = unescape(analyst_of.get(old.replace("every=month", "every=none")).text)
    new = unescape(analyst_of.get("/explore?metric=came_late&every=none&since=365d").text)

    assert "As version 1 of the definition made it." in text
    assert "hour(occurred_at) >= 15" in text
    assert "hour(occurred_at) >= 15" not in new


def test_versions_say_what_changed(defined: Any) -> None:
    text = unescape(defined.text)

    assert "Written down." in text
    assert "changed: each scores" in text


def test_a_retired_metric_is_offered_no_more_and_its_versions_remain(analyst_of: Any) -> None:
    assert analyst_of.send(DEFINE, DEFINE, {**FORM, "name": "passing", "do": "save"}).status == 303

    answer = analyst_of.send("/explore/metrics/passing", "/explore/metrics/passing/retire", {})

    assert answer.headers["location"] == "/explore/metrics/passing?done=retired"
    assert "passing was retired." in analyst_of.get("/explore/metrics/passing").text
    assert "passing" not in analyst_of.get("/explore/metrics").text
    assert analyst_of.get("/explore?metric=passing").status == 400
    old = analyst_of.get("/explore?metric=passing&version=1&every=none&since=all")
    assert old.status == 200


def test_metrics_of_what_happens_count_what_they_count(analyst_of: Any) -> None:
    # nobody of this company orders twice, and its days are fewer than ninety
    text = unescape(analyst_of.get("/explore?metric=repeat_purchase_90&by=channel&every=none&since=all").text)

    assert "Repeat purchase within 90 days: no orders in this selection." in text
    assert "orders in this selection. Choose a longer period" in text


def test_all_metrics_are_listed_with_what_they_are(analyst_of: Any) -> None:
    text = unescape(analyst_of.get("/explore/metrics").text)

    for part in ("NPS", "Repeat purchase within 90 days", "What customers say", "What happens", "more is better"):
        assert part in text


def test_who_may_only_look_is_shown_no_form(small_shop: Any) -> None:
    viewer = small_shop.browser("viewer")

    assert viewer.get(DEFINE).status == 403
    assert "Define a metric" not in viewer.get("/explore/metrics").text
    assert viewer.get("/explore/metrics/nps").status == 200


def test_what_is_no_metric_is_no_page(analyst_of: Any) -> None:
    assert analyst_of.get("/explore/metrics/none_such").status == 404
