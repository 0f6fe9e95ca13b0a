"""The bars of a week."""

from __future__ import annotations

from xml.etree import ElementTree

from cxloop.charts import day_bars


def test_the_largest_day_is_as_high_as_the_chart_and_the_others_in_proportion() -> None:
    drawn = ElementTree.fromstring(day_bars([5, 10, 0], label="web"))

    assert [float(bar.attrib["height"]) for bar in drawn] == [10.0, 20.0, 1.0]


def test_a_chart_says_its_numbers_and_escapes_its_name() -> None:
    assert 'aria-label="&lt;b&gt;: 1, 2"' in day_bars([1, 2], label="<b>")


def test_no_days_are_no_chart() -> None:
    assert day_bars([], label="web") == ""
