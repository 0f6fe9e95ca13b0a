"""`measure.compare`: what changed, what differs, what cannot be said; the same as the Pulse says of the same data."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.results import Estimate
from cxloop.measure import verbs
from cxloop.measure.results import Comparison

NOW = datetime(2026, 3, 15)  # 16 days into the last 30 of as_of, 31 March
BEFORE = NOW - timedelta(days=30)


def plant(ws: Any, when: datetime, n: int, shares: tuple[float, float, float], **columns: Any) -> None:
    """Writes n answers with exactly these shares of detractors, passives, promoters."""
    counts = np.round(np.array(shares) * n).astype(int)
    ws.nps(*np.repeat([3, 8, 10], counts).tolist(), occurred_at=when, **columns)


def test_it_says_of_two_periods_what_the_pulse_says(ws: Any) -> None:
    plant(ws, BEFORE, 400, (0.2, 0.3, 0.5))
    plant(ws, NOW, 400, (0.5, 0.3, 0.2))

    found = verbs.compare(ws, "nps")

    (row,), (pulse,) = found.rows, verbs.pulse(ws).metrics
    assert (row.current, row.other, row.change, row.tag) == (pulse.current, pulse.previous, pulse.change, pulse.tag)
    assert (row.verdict, row.better) == ("changed", False)
    assert str(found).startswith("NPS fell by 60.0: it is −30.0 [")


def test_shares_are_compared_as_newcombe_published(ws: Any) -> None:
    # Newcombe (1998), Statistics in Medicine 17, 873-890, table II, column (a), method 10: 56/70 against 48/80 has the
    # limits 0.0524 and 0.3339
    for when, satisfied, n in ((NOW, 56, 70), (BEFORE, 48, 80)):
        scores = [5] * satisfied + [2] * (n - satisfied)
        ws.nps(*scores, metric="csat", scale_min=1, scale_max=5, occurred_at=when)

    (row,) = verbs.compare(ws, "csat").rows

    assert row.change is not None
    assert (round(row.change.low, 4), round(row.change.high, 4)) == (0.0524, 0.3339)
    assert row.verdict == "changed"


def test_a_change_that_is_none_is_refused_and_too_few_are_no_verdict(ws: Any) -> None:
    plant(ws, BEFORE, 100, (0.2, 0.3, 0.5), channel="web")
    plant(ws, NOW, 100, (0.21, 0.3, 0.49), channel="web")
    plant(ws, NOW, 5, (0.2, 0.2, 0.6), channel="app")

    found = verbs.compare(ws, "nps", by="channel")

    assert [(row.group, row.verdict) for row in found.rows] == [
        ("web", "not shown to have changed"),
        ("app", "cannot say"),
    ]
    assert found.comparisons == 1
    assert str(found) == "NPS: none of 1 group by channel is shown to have changed against the 30 days before."


def test_the_same_days_a_year_before_are_52_weeks_before(ws: Any) -> None:
    plant(ws, NOW, 50, (0.2, 0.3, 0.5))
    plant(ws, NOW - timedelta(weeks=52), 50, (0.2, 0.3, 0.5))
    plant(ws, BEFORE, 50, (1.0, 0, 0))  # neither here nor there

    found = verbs.compare(ws, "nps", against="year")

    assert found.other_until == found.until - timedelta(weeks=52)
    (row,) = found.rows
    assert isinstance(row.other, Estimate)
    assert (row.other.n, row.other.value, row.verdict) == (50, 30.0, "not shown to have changed")


def test_each_group_stands_against_all_others_or_against_one(ws: Any) -> None:
    plant(ws, NOW, 200, (0.6, 0.2, 0.2), channel="app")
    plant(ws, NOW, 200, (0.2, 0.2, 0.6), channel="web")
    plant(ws, NOW, 200, (0.2, 0.2, 0.6), channel="phone")

    rest = verbs.compare(ws, "nps", by="channel", against="rest")
    one = verbs.compare(ws, "nps", by="channel", against="group", group="web")

    assert (rest.rows[0].group, rest.rows[0].verdict, rest.rows[0].better) == ("app", "differs", False)
    assert {row.group: row.other.value for row in rest.rows if isinstance(row.other, Estimate)} == {
        "app": 40.0,
        "web": 0.0,
        "phone": 0.0,
    }
    assert [(row.group, row.verdict) for row in one.rows] == [("app", "differs"), ("phone", "not shown to differ")]
    assert str(one).startswith("NPS: 1 of 2 groups by channel differs from web; clearest: app, −80.0 [")


def test_who_repeats_an_answer_does_not_make_a_change_sure(ws: Any) -> None:
    plant(ws, BEFORE, 60, (0.3, 0.3, 0.4))
    plant(ws, NOW, 60, (0.3, 0.3, 0.4))
    alone = verbs.compare(ws, "nps").rows[0].change
    ws.answers(*({"score": 0, "occurred_at": NOW, "customer": 99_999} for _ in range(60)))

    found = verbs.compare(ws, "nps").rows[0]

    # one customer sixty times would be a fall of 50 points in 120 answers: sure, if they were sixty people
    assert alone is not None
    assert found.change is not None
    assert found.change.value == -55.0
    assert found.verdict == "not shown to have changed"


def test_verdicts_are_corrected_for_all_groups_shown(ws: Any) -> None:
    for number in range(20):
        plant(ws, BEFORE, 100, (0.2, 0.3, 0.5), channel=f"c{number}")
        plant(ws, NOW, 100, (0.2, 0.3, 0.5) if number else (0.32, 0.3, 0.38), channel=f"c{number}")

    alone = verbs.compare(ws, "nps", where='channel == "c0"')
    among = verbs.compare(ws, "nps", by="channel")

    assert alone.rows[0].verdict == "changed"
    assert {row.verdict for row in among.rows} == {"not shown to have changed"}
    first = next(row for row in among.rows if row.group == "c0")
    assert first.change is not None
    assert alone.rows[0].change is not None
    assert first.change.p == pytest.approx(20 * alone.rows[0].change.p)


def test_without_answers_nothing_can_be_said(ws: Any) -> None:
    found = verbs.compare(ws, "nps")

    assert found.rows[0].verdict == "cannot say"
    assert str(found).startswith("Whether NPS changed cannot be said: 0 answers; at least ")


def test_arguments_that_do_not_go_together_are_refused(ws: Any) -> None:
    plant(ws, NOW, 50, (0.2, 0.3, 0.5), channel="web")

    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"against": "rest"}, "name a dimension"),
        ({"against": "group", "by": "channel"}, "name that one in `group`"),
        ({"group": "web"}, "is for against='group' alone"),
        ({"against": "group", "by": "channel", "group": "fax"}, "There is no group 'fax'"),
        ({"against": "year", "since": "400d"}, "more than 52 weeks"),
    )
    for arguments, said in refused:
        with pytest.raises(InputError, match=said):
            verbs.compare(ws, "nps", **arguments)
    with pytest.raises(UnknownNameError):
        verbs.compare(ws, "npz")


def test_a_comparison_survives_the_socket(ws: Any) -> None:
    plant(ws, BEFORE, 40, (0.2, 0.3, 0.5), channel="web")
    plant(ws, NOW, 40, (0.2, 0.3, 0.5), channel="web")

    found = verbs.compare(ws, "nps", by="channel")

    assert Comparison.from_dict(found.to_dict()) == found
    assert [row["channel"] for row in found.records()] == ["web"]
