"""Pictures of comparisons and control charts: the same points on a page and in a notebook, and words for all of it."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from xml.etree import ElementTree

import pytest

from cxloop import charts
from cxloop.core.comparing import Change, Comparison, SideBySide
from cxloop.core.control import ControlChart, ControlPoint
from cxloop.core.results import Estimate, InsufficientData

SIDE = Estimate(10.0, 5.0, 15.0, 100, 100, "adjusted Wald")
NOW = datetime(2026, 3, 31)


def compared(name: str, value: float, *, shown: bool) -> SideBySide:
    """Returns a group that differs by a value."""
    change = Change(value, value - 4, value + 4, 0.01 if shown else 0.4, "MOVER")
    return SideBySide(name, "", SIDE, SIDE, change, "changed" if shown else "not shown to have changed", "", None)


COMPARISON = Comparison(
    metric="nps", label="NPS", version=1, unit="points", noun="answer", currency="", scale=(0, 10), against="before",
    by="channel", title="channel", other_label="30 days before", since=NOW - timedelta(30), until=NOW,
    other_since=NOW - timedelta(60), other_until=NOW - timedelta(30), zone="UTC", where="", comparisons=2, lede="",
    rows=(
        compared("<web>", -12.0, shown=True),
        compared("app", 2.0, shown=False),
        SideBySide("fax", "", SIDE, InsufficientData(3, 10), None, "cannot say", "cannot say", None),
    ),
)  # fmt: skip
POINTS = tuple(
    ControlPoint(
        date(2026, 1, 5) + timedelta(weeks=place), value, 50, 0.8, 0.7, 0.9, ("beyond 3 sigma",) * (value < 0.7)
    )
    for place, value in enumerate((0.8, 0.82, 0.6, 0.79))
)
CONTROL = ControlChart(
    metric="csat", label="CSAT", unit="share", noun="answer", currency="", every="week", chart="p",
    rules="western electric", expect="level", spread=1.0, where="", zone="UTC", points=POINTS, lede="",
)  # fmt: skip


@pytest.mark.parametrize("width", [250, 390])
def test_differences_are_drawn_with_words_and_without_markup_of_names(width: int) -> None:
    picture = charts.difference_picture(COMPARISON, width=width)

    told = ElementTree.fromstring(picture).find("{http://www.w3.org/2000/svg}desc")
    assert told is not None
    assert told.text == (
        "NPS by channel, against the 30 days before · 1 cannot be said: <web> −12.0 [−16.0, −8.0]; "
        "app +2.0 [−2.0, +6.0], not shown."
    )
    assert picture.count("<circle") == 2


def test_a_notebook_shows_the_same_differences() -> None:
    (rows,) = (rows for rows in COMPARISON.plot().to_dict()["datasets"].values() if len(rows) == 2)

    assert [(row["name"], row["value"], row["shown"]) for row in rows] == [("<web>", -12.0, True), ("app", 2.0, False)]


@pytest.mark.parametrize("width", [250, 560])
def test_what_is_unusual_has_a_ring_and_its_figure(width: int) -> None:
    picture = charts.control_picture(CONTROL, width=width)

    root = ElementTree.fromstring(picture)
    told = root.find("{http://www.w3.org/2000/svg}desc")
    assert told is not None
    assert told.text == "CSAT by week, 4 weeks. Unusual: week of 19 Jan 2026 60.0 %."
    assert picture.count("<circle") == 1
    assert ">60.0 %</text>" in picture


def test_a_notebook_shows_the_same_points() -> None:
    (rows,) = CONTROL.plot().to_dict()["datasets"].values()

    assert [(row["value"], row["unusual"]) for row in rows] == [(0.8, False), (0.82, False), (0.6, True), (0.79, False)]


def test_what_happened_is_the_same_rule_on_a_page_and_in_a_notebook() -> None:
    notes = ((date(2020, 1, 1), "Before all"), (date(2026, 1, 14), "New <app>"), (date(2026, 1, 21), "Strike"))

    picture = charts.control_picture(CONTROL, width=300, notes=notes)
    drawn = charts.draw(CONTROL, notes=notes).to_dict()

    # 14 and 21 January are 9 and 16 days of the 21 from the first point to the last
    assert re.findall(r"<title>([^<]+)</title><path d=\"M([\d.]+),0V280", picture) == [
        ("2026-01-14: New &lt;app&gt;", f"{300 * 9 / 21:.1f}"),
        ("2026-01-21: Strike", f"{300 * 16 / 21:.1f}"),
    ]
    (found,) = (rows for rows in drawn["datasets"].values() if "number" in rows[0])
    assert [(row["day"], row["number"]) for row in found] == [("2026-01-14", "1"), ("2026-01-21", "2")]
    assert drawn["title"]["subtitle"][1:] == ["1: New <app>", "2: Strike"]


def test_nothing_is_drawn_of_nothing() -> None:
    assert charts.control_picture(ControlChart.from_dict({**CONTROL.to_dict(), "points": []}), width=300) == ""
    assert charts.difference_picture(Comparison.from_dict({**COMPARISON.to_dict(), "rows": []}), width=300) == ""
