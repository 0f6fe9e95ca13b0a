"""The headless twin of the page's waterfall: the same bars, with their numbers."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from cxloop import charts
from cxloop.core.waterfall import Waterfall, WaterfallStep

SVG = "{http://www.w3.org/2000/svg}"
STEPS = (
    WaterfallStep("email", "E-mail", "a@x.org", "a@x.org", "same", 9.5),
    WaterfallStep("birth", "Date of birth", "1974-05-20", "1980-01-01", "different", -3.0),
    WaterfallStep("phone", "Phone", None, "+4930", "missing", 0.0, counted=False),
)
RESULT = Waterfall("Marta Ott and M. Ott", -4.0, 2.5, STEPS)


def test_bars_follow_each_other_from_the_start_to_the_total() -> None:
    assert RESULT.bars() == [
        ("Before any comparison", 0.0, -4.0),
        ("E-mail", -4.0, 5.5),
        ("Date of birth", 5.5, 2.5),
        ("Together", 0.0, 2.5),
    ]


def test_the_chart_shows_every_bar_with_its_weight() -> None:
    drawn = charts.svg(charts.draw(RESULT))
    texts = [item.text for item in ElementTree.fromstring(drawn).iter(f"{SVG}text")]

    assert {"Before any comparison", "E-mail", "Date of birth", "Together"} <= set(texts)
    assert {"−4.0", "+9.5", "−3.0", "+2.5"} <= set(texts)
    assert "Phone" not in texts


def test_the_chart_is_valid_and_says_its_numbers_to_a_screen_reader() -> None:
    chart = charts.draw(RESULT)

    assert chart.to_dict(validate=True)["description"].startswith("Marta Ott and M. Ott: Before any comparison −4.0;")


def test_each_comparison_is_a_row_of_the_table() -> None:
    assert RESULT.records()[0] == {
        "comparison": "E-mail",
        "left": "a@x.org",
        "right": "a@x.org",
        "level": "same",
        "weight": pytest.approx(9.5),
    }
