"""`measure.control_chart`: planted weeks are found, ordinary ones are left alone, and the words keep to that."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from cxloop.core.errors import InputError
from cxloop.measure import verbs
from cxloop.measure.results import ControlChart

MONDAY = datetime(2025, 9, 1, 12)
WEEKS = 30


def weeks(ws: Any, n: int, bad: int | None = None, **columns: Any) -> None:
    """Writes answers week by week; in one of them nobody is content."""
    rng = np.random.default_rng(5)
    for week in range(WEEKS):
        share = 0.2 if week == bad else 0.8
        scores = np.where(rng.random(n) < share, 5, 2).tolist()
        ws.nps(*scores, occurred_at=MONDAY + timedelta(weeks=week), metric="csat", scale_min=1, scale_max=5, **columns)


def test_a_planted_week_is_unusual_and_the_others_are_not(ws: Any) -> None:
    weeks(ws, 60, bad=20)

    found = verbs.control_chart(ws, "csat", rules="limits")

    assert (found.chart, len(found.points)) == ("p", WEEKS)
    assert [point.period for point in found.points if point.signals] == [date(2026, 1, 19)]
    assert found.points[20].signals == ("beyond 3 sigma",)
    assert str(found).startswith("CSAT: 1 of 30 weeks is unusual: week of 19 Jan 2026, with ")


def test_noise_is_called_noise(ws: Any) -> None:
    weeks(ws, 60)

    found = verbs.control_chart(ws, "csat")

    assert str(found) == "CSAT: none of 30 weeks is unusual; what moved is the noise that always was."


def test_means_and_scores_take_single_values_and_refuse_another_chart(ws: Any) -> None:
    for week in range(WEEKS):
        ws.nps(*[10, 9, 8, 3] * 10, occurred_at=MONDAY + timedelta(weeks=week))

    assert verbs.control_chart(ws, "nps").chart == "XmR"
    with pytest.raises(InputError, match="takes the chart xmr"):
        verbs.control_chart(ws, "nps", chart="p")


def test_limits_may_come_from_before_a_day_alone(ws: Any) -> None:
    weeks(ws, 60, bad=3)

    found = verbs.control_chart(ws, "csat", base_until="2026-02-02")

    base = [point for point in found.points if point.base]
    assert (len(base), base[-1].period) == (22, date(2026, 1, 26))
    assert "before 2026-02-02" in found.how.method


def test_too_few_weeks_set_no_limits(ws: Any) -> None:
    weeks(ws, 60)

    found = verbs.control_chart(ws, "csat", since="2026-02-01")

    assert {point.state for point in found.points} == {"cannot say"}
    assert str(found) == "What is usual for CSAT cannot be said yet: there are too few weeks."
    assert found.notes == ("8 weeks with enough to count set no limits: at least 12 do.",)


def test_the_week_that_is_not_over_is_left_out(ws: Any) -> None:
    weeks(ws, 60)  # the data end with Monday 30 March, and the week with 5 April
    ws.nps(*[5] * 60, occurred_at=datetime(2026, 3, 30, 12), metric="csat", scale_min=1, scale_max=5)

    found = verbs.control_chart(ws, "csat")

    assert found.points[-1].period == date(2026, 3, 23)


def test_weekends_that_always_differ_are_no_news(ws: Any) -> None:
    rng = np.random.default_rng(3)
    for day in range(120):
        moment = datetime(2025, 11, 25, 12) + timedelta(days=day)
        share = 0.5 if moment.weekday() >= 5 else 0.85
        if day == 110:
            share = 0.1
        scores = np.where(rng.random(80) < share, 5, 2).tolist()
        ws.nps(*scores, occurred_at=moment, metric="csat", scale_min=1, scale_max=5)

    season = verbs.control_chart(ws, "csat", every="day", expect="season", rules="limits")
    level = verbs.control_chart(ws, "csat", every="day", rules="limits", chart="xmr")

    assert [point.period for point in season.points if point.signals] == [date(2026, 3, 15)]
    assert season.chart == "seasonal"
    assert [note for note in season.notes if "Months" in note]
    assert level.points[110].high is not None
    assert season.points[110].high is not None
    assert season.points[110].high < level.points[110].high


def test_a_control_chart_survives_the_socket(ws: Any) -> None:
    weeks(ws, 30, bad=10)

    found = verbs.control_chart(ws, "csat")

    assert ControlChart.from_dict(found.to_dict()) == found
    assert found.records()[10]["state"] == "unusual"
