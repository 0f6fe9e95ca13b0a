"""The Pulse: planted changes are found, nothing is found where nothing was planted, and the words keep to that."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from cxloop.core.errors import InputError
from cxloop.core.results import Estimate, InsufficientData
from cxloop.measure import verbs
from cxloop.measure.results import Pulse

NOW = datetime(2026, 3, 15)  # 16 days into the last 30 of as_of, 31 March
BEFORE = NOW - timedelta(days=30)


def plant(ws: Any, when: datetime, n: int, shares: tuple[float, float, float], **columns: Any) -> None:
    """Writes n answers with exactly these shares of detractors, passives, promoters."""
    counts = np.round(np.array(shares) * n).astype(int)
    scores = np.repeat([3, 8, 10], counts)
    ws.nps(*scores.tolist(), occurred_at=when, **columns)


def titles(pulse: Pulse) -> list[str]:
    return [item.title for item in pulse.metrics]


def test_a_planted_fall_is_said_with_its_group(ws: Any) -> None:
    for channel in ("web", "app"):
        plant(ws, BEFORE, 400, (0.2, 0.3, 0.5), channel=channel)
    plant(ws, NOW, 400, (0.2, 0.3, 0.5), channel="web")
    plant(ws, NOW, 400, (0.5, 0.3, 0.2), channel="app")

    found = verbs.pulse(ws)

    (nps,) = found.metrics
    assert (nps.verdict, nps.tag, nps.better) == ("fell", "fell by 30.0", False)
    assert nps.change is not None
    assert nps.change.low < -30 < nps.change.high < 0
    assert [(mover.dimension, mover.group, mover.tag) for mover in found.movers] == [("channel", "app", "−60.0 NPS")]
    assert found.movers[0].where == 'channel == "app"'
    assert found.lede == (
        "Customers recommend us less than in the 30 days before; the clearest drop is where channel is app."
    )
    assert found.sub.startswith("NPS is 0.0 [")
    assert "not a cause" in found.movers[0].note


def test_no_change_is_said_to_be_no_change_shown(ws: Any) -> None:
    plant(ws, BEFORE, 100, (0.2, 0.3, 0.5), channel="web")
    plant(ws, NOW, 100, (0.21, 0.3, 0.49), channel="web")

    found = verbs.pulse(ws)

    assert (found.metrics[0].verdict, found.metrics[0].tag) == ("not shown to have changed", "no change shown")
    assert found.metrics[0].better is None
    assert found.movers == ()
    assert found.lede == "NPS is not shown to have changed against the 30 days before."


def test_too_few_answers_are_no_verdict(ws: Any) -> None:
    plant(ws, BEFORE, 100, (0.2, 0.3, 0.5))
    plant(ws, NOW, 9, (1 / 3, 1 / 3, 1 / 3))

    found = verbs.pulse(ws)

    assert (found.metrics[0].verdict, found.metrics[0].current) == ("cannot say", InsufficientData(9, 10))
    assert found.lede == "There are too few answers to say whether anything changed."
    assert found.sub == "NPS cannot be said: 9 answers, at least 10 are needed."


def test_an_empty_log_says_what_to_do(ws: Any) -> None:
    found = verbs.pulse(ws)

    assert (found.metrics, found.channels, found.interactions) == ((), (), 0)
    assert "nothing to say yet" in found.lede
    assert "Send a survey" in found.sub


def test_each_scale_and_survey_is_watched_by_itself(ws: Any) -> None:
    plant(ws, NOW, 60, (0.2, 0.3, 0.5))
    for survey, scale_max in (("delivery", 5), ("support", 5), ("shop", 7)):
        for when in (BEFORE, NOW):
            ws.nps(
                *[5, 4, 3, 2] * 10, metric="csat", scale_min=1, scale_max=scale_max, survey_id=survey, occurred_at=when
            )

    found = verbs.pulse(ws)

    assert titles(found) == ["NPS", "CSAT 1 to 5, delivery", "CSAT 1 to 5, support", "CSAT 1 to 7"]
    assert found.metrics[1].where == 'scale_min == 1 and scale_max == 5 and survey_id == "delivery"'
    chosen = verbs.csat(ws, where=found.metrics[1].where, since="2026-03-01").rows[0].result
    assert isinstance(chosen, Estimate)
    assert chosen == found.metrics[1].current


def test_verdicts_are_corrected_for_all_metrics(ws: Any) -> None:
    plant(ws, BEFORE, 200, (0.2, 0.3, 0.5))
    plant(ws, NOW, 200, (0.28, 0.3, 0.42))
    alone = verbs.pulse(ws)
    for scale_max in (4, 5, 7):
        for when in (BEFORE, NOW):
            ws.nps(*[1, 2, 3, 4] * 20, metric="rating", scale_min=1, scale_max=scale_max, occurred_at=when)

    together = verbs.pulse(ws)

    assert (alone.comparisons, together.comparisons) == (1, 4)
    assert alone.metrics[0].verdict == "fell"
    assert together.metrics[0].verdict == "not shown to have changed"
    assert together.metrics[0].change is not None
    assert alone.metrics[0].change is not None
    assert together.metrics[0].change.p == pytest.approx(4 * alone.metrics[0].change.p)


def test_worlds_without_a_change_are_mostly_left_alone(ws: Any) -> None:
    rng = np.random.default_rng(8)
    for channel in [f"channel {number}" for number in range(20)]:
        for when in (BEFORE, NOW):
            ws.nps(*rng.choice([3, 8, 10], 60, p=(0.2, 0.3, 0.5)).tolist(), channel=channel, occurred_at=when)

    found = verbs.pulse(ws)

    assert found.groups_compared == 20
    assert found.movers == ()


def test_channels_show_answers_of_this_period_most_first(ws: Any) -> None:
    plant(ws, BEFORE, 500, (0.2, 0.3, 0.5), channel="store")
    plant(ws, NOW, 20, (0.2, 0.3, 0.5), channel="web")
    plant(ws, NOW, 100, (0.2, 0.3, 0.5), channel="app")
    plant(ws, NOW, 3, (1 / 3, 1 / 3, 1 / 3), channel=None)

    found = verbs.pulse(ws)

    assert [(item.channel, item.result.n) for item in found.channels] == [("app", 100), ("web", 20), (None, 3)]
    assert isinstance(found.channels[2].result, InsufficientData)
    assert (found.head, found.interactions, found.rejected) == ("NPS", 623, 0)


def test_weekly_series_has_calendar_weeks_up_to_the_last(ws: Any) -> None:
    for week in range(20):
        plant(ws, datetime(2026, 3, 30, 12) - timedelta(weeks=week), 20, (0.2, 0.3, 0.5))

    weeks = [row.period for row in verbs.pulse(ws).metrics[0].weekly]

    assert len(weeks) == 13
    assert str(weeks[-1]) == "2026-03-30"
    assert all(period is not None and period.weekday() == 0 for period in weeks)


def test_a_bare_number_is_no_period(ws: Any) -> None:
    with pytest.raises(InputError, match="not a duration"):
        verbs.pulse(ws, period="30")


def test_the_pulse_survives_the_socket(ws: Any) -> None:
    plant(ws, BEFORE, 100, (0.2, 0.3, 0.5), channel="web")
    plant(ws, NOW, 100, (0.6, 0.3, 0.1), channel="web")
    found = verbs.pulse(ws)

    assert Pulse.from_dict(found.to_dict()) == found
    assert found.records()[0]["verdict"] == "fell"
