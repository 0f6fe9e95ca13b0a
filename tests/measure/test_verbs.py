"""The verbs of measure on a log written row by row: numbers against counting by hand."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from cxloop.core.config import Company, Dimension, Experience, Settings
from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.results import Estimate, Estimates, InsufficientData
from cxloop.measure import verbs
from cxloop.stats import intervals
from cxloop.stats.sums import tally


def values(result: Estimates) -> dict[tuple[str | None, ...], float | None]:
    return {row.group: row.result.value if isinstance(row.result, Estimate) else None for row in result.rows}


def only(result: Estimates) -> Estimate:
    assert len(result.rows) == 1
    assert isinstance(result.rows[0].result, Estimate)
    return result.rows[0].result


def test_nps_counts_passives_in_the_base(ws: Any) -> None:
    ws.nps(*[10] * 5, *[7] * 3, *[6] * 2)

    found = only(verbs.nps(ws))

    assert found.value == pytest.approx(30.0)
    assert (found.n, found.customers, found.method) == (10, 10, "adjusted Wald")


@pytest.mark.parametrize(("score", "value"), [(0, -100), (6, -100), (7, 0), (8, 0), (9, 100), (10, 100)])
def test_nps_draws_its_lines_at_six_and_nine(ws: Any, score: int, value: int) -> None:
    ws.nps(*[score] * 10)

    assert only(verbs.nps(ws)).value == value


def test_scores_outside_the_scale_do_not_count(ws: Any) -> None:
    ws.nps(*[10] * 10, 11, float("nan"), -1)

    assert (only(verbs.nps(ws)).value, only(verbs.nps(ws)).n) == (100.0, 10)


def test_nps_is_the_formula_applied_to_the_answers(ws: Any) -> None:
    rng = np.random.default_rng(4)
    scores, customers = rng.integers(0, 11, 200), rng.integers(0, 80, 200)
    ws.answers(*({"score": int(s), "customer": int(c)} for s, c in zip(scores, customers, strict=True)))
    cells = [0 if score <= 6 else 1 if score <= 8 else 2 for score in scores]
    expected = intervals.nps(tally(cells, intervals.NPS_VALUES, customers.tolist()))

    found = only(verbs.nps(ws))

    assert [found.value, found.low, found.high] == pytest.approx([expected.value[0], expected.low[0], expected.high[0]])
    assert found.customers == len(set(customers))
    assert found.method == "adjusted Wald, clustered by customer"


def test_answers_without_a_customer_are_each_a_customer_of_their_own(ws: Any) -> None:
    ws.nps(*[10, 0] * 10, customer=None)

    found = only(verbs.nps(ws))

    assert (found.n, found.customers, found.method) == (20, 20, "adjusted Wald")


def test_csat_is_the_share_of_the_two_highest_points(ws: Any) -> None:
    ws.nps(*[5] * 4, *[4] * 4, *[3] * 2, metric="csat", scale_min=1, scale_max=5)

    found = verbs.csat(ws)

    # Wilson for 8 of 10: 0.4902 to 0.9433 (Newcombe's method 3, as in R's prop.test without correction)
    assert found.unit == "share"
    assert [only(found).value, only(found).low, only(found).high] == pytest.approx([0.8, 0.4902, 0.9433], abs=5e-5)


def test_csat_of_a_scale_of_two_points_is_the_share_of_the_higher(ws: Any) -> None:
    ws.nps(*[1] * 6, *[0] * 4, metric="csat", scale_min=0, scale_max=1)

    assert only(verbs.csat(ws)).value == pytest.approx(0.6)


def test_csat_mean_is_the_mean_on_its_own_scale(ws: Any) -> None:
    ws.nps(*[5] * 4, *[4] * 4, *[3] * 2, metric="csat", scale_min=1, scale_max=5)

    found = verbs.csat(ws, statistic="mean")

    assert (found.unit, found.scale) == ("score", (1.0, 5.0))
    assert only(found).value == pytest.approx(4.2)
    assert only(found).method == "Dirichlet posterior, 5 points"


def test_a_mean_is_the_formula_applied_to_clustered_answers(ws: Any) -> None:
    rng = np.random.default_rng(9)
    scores, customers = rng.integers(1, 8, 120), rng.integers(0, 40, 120)
    ws.answers(
        *(
            {"score": int(s), "customer": int(c), "metric": "ces", "scale_min": 1, "scale_max": 7}
            for s, c in zip(scores, customers, strict=True)
        )
    )
    expected = intervals.scale_mean(tally((scores - 1).tolist(), range(1, 8), customers.tolist()))

    found = only(verbs.ces(ws))

    assert [found.value, found.low, found.high] == pytest.approx(
        [expected.value[0], expected.low[0], expected.high[0]], abs=1e-9
    )


@pytest.mark.parametrize(("high", "scores"), [(5, [4.5, 3.5]), (100, [80, 60])])
def test_scales_of_many_or_broken_points_get_a_t_interval(ws: Any, high: int, scores: list[float]) -> None:
    ws.nps(*scores * 5, metric="rating", scale_min=0, scale_max=high)

    found = only(verbs.rating(ws))

    half = 2.262157 * np.std(scores * 5, ddof=1) / np.sqrt(10)  # t with 9 degrees of freedom, table
    assert found.method == "t"
    assert [found.low, found.high] == pytest.approx([found.value - half, found.value + half])


def test_a_rating_without_a_scale_still_has_a_mean(ws: Any) -> None:
    ws.nps(*[3, 4] * 6, metric="rating", scale_min=None, scale_max=None)

    found = verbs.rating(ws)

    assert (only(found).value, only(found).method, found.scale) == (3.5, "t", None)


def test_too_few_answers_are_said_to_be_too_few(ws: Any) -> None:
    ws.nps(*[10] * 9)

    found = verbs.nps(ws)

    assert found.rows[0].result == InsufficientData(9, 10)
    assert str(found) == "NPS cannot be said: 9 answers, at least 10 are needed."


def test_the_minimum_is_the_settings(ws: Any) -> None:
    ws.settings = Settings.model_validate({"measure": {"minimum_n": 3}})
    ws.nps(10, 10, 9)

    assert only(verbs.nps(ws)).value == 100


def test_no_answers_are_no_number(ws: Any) -> None:
    assert verbs.nps(ws).rows[0].result == InsufficientData(0, 10)
    assert verbs.nps(ws, by=("channel",)).rows == ()


def test_groups_stand_in_order_and_not_said_comes_last(ws: Any) -> None:
    ws.nps(*[10] * 10, channel="web")
    ws.nps(*[0] * 10, channel="app")
    ws.nps(*[8] * 10, channel=None)

    assert list(values(verbs.nps(ws, by=("channel",))).items()) == [(("app",), -100), (("web",), 100), ((None,), 0)]


def test_declared_dimensions_show_their_labels(ws: Any) -> None:
    ws.experience = Experience(
        dimension=(Dimension(name="late", property="late", labels={"true": "late", "false": "on time"}),)
    )
    ws.nps(*[10] * 10, properties='{"late": "false"}')
    ws.nps(*[0] * 10, properties='{"late": "true"}')

    assert values(verbs.nps(ws, by=("late",))) == {("late",): -100, ("on time",): 100}


def test_two_dimensions_and_weeks_give_what_counting_gives(ws: Any) -> None:
    rng, expected, rows = np.random.default_rng(2), defaultdict[Any, list[int]](list), []
    for _ in range(600):
        score, day = int(rng.integers(0, 11)), datetime(2026, 1, 1, 12) + timedelta(days=int(rng.integers(0, 30)))
        channel, region = str(rng.choice(["web", "app"])), str(rng.choice(["north", "south"]))
        rows.append({"score": score, "channel": channel, "region": region, "occurred_at": day})
        monday = (day - timedelta(days=day.weekday())).date()
        expected[channel, region, monday].append(100 if score >= 9 else -100 if score <= 6 else 0)
    ws.answers(*rows)

    found = verbs.nps(ws, by=("channel", "region"), every="week")

    assert {(*row.group, row.period): row.result.n for row in found.rows} == {
        place: len(scores) for place, scores in expected.items()
    }
    assert [row.period for row in found.rows] == sorted(row.period for row in found.rows if row.period)
    for row in found.rows:
        if isinstance(row.result, Estimate):
            assert row.result.value == pytest.approx(np.mean(expected[*row.group, row.period]))


def test_weeks_begin_on_monday_in_the_reporting_zone(ws: Any) -> None:
    ws.settings = Settings(company=Company(time_zone="America/New_York"))
    # Monday 16 March 2026, 02:00 UTC is still Sunday in New York
    ws.nps(*[10] * 10, occurred_at=datetime(2026, 3, 16, 2))

    assert [row.period for row in verbs.nps(ws, every="week").rows] == [date(2026, 3, 9)]


def test_a_window_takes_its_start_and_leaves_its_end(ws: Any) -> None:
    ws.nps(*[10] * 10, occurred_at=datetime(2026, 3, 1))
    ws.nps(*[0] * 10, occurred_at=datetime(2026, 3, 2))

    assert only(verbs.nps(ws, since="2026-03-01", until="2026-03-02")).value == 100
    assert only(verbs.nps(ws, since="2026-03-02")).value == -100
    assert only(verbs.nps(ws, since="30d")).value == 0  # back from as_of, 31 March


def test_where_takes_only_what_it_selects(ws: Any) -> None:
    ws.nps(*[10] * 10, channel="web", region="north")
    ws.nps(*[0] * 10, channel="app", region="north")

    assert only(verbs.nps(ws, where='channel == "web" and score >= 5')).value == 100
    assert only(verbs.nps(ws, where='channel in ["app"] or region == "south"')).value == -100


def test_a_name_that_tries_to_be_sql_is_only_a_name(ws: Any) -> None:
    hostile = 'x"; drop table interactions; --'
    ws.nps(*[10] * 10, region=hostile)

    assert values(verbs.nps(ws, by=(f"properties.{hostile}",))) == {(None,): 100}
    assert only(verbs.nps(ws, where=f"region == '{hostile}'")).n == 10
    with pytest.raises(UnknownNameError):
        verbs.nps(ws, by=(hostile,))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"by": ("chanel",)}, 'Did you mean "channel"'),
        ({"by": ("channel", "channel")}, "twice"),
        ({"where": "chanel == 'web'"}, 'Did you mean "channel"'),
        ({"where": "score >="}, "cannot be read"),
        ({"since": "90"}, "not a point in time"),
    ],
)
def test_mistakes_are_named(ws: Any, arguments: dict[str, Any], message: str) -> None:
    ws.nps(10)

    with pytest.raises(InputError, match=message):
        verbs.nps(ws, **arguments)


def test_different_scales_are_refused_together_with_how_to_compare_them(ws: Any) -> None:
    ws.nps(*[5] * 12, metric="csat", scale_min=1, scale_max=5)
    ws.nps(*[7] * 11, metric="csat", scale_min=1, scale_max=7)

    with pytest.raises(InputError) as failure:
        verbs.csat(ws)

    message = failure.value.message
    assert "2 different scales" in message
    assert "1 to 5: 12 answers, where='scale_min == 1 and scale_max == 5'" in message
    assert only(verbs.csat(ws, where="scale_min == 1 and scale_max == 7")).n == 11


def test_ends_of_a_scale_are_read_from_each_row_only_where_rows_differ(ws: Any) -> None:
    ws.nps(*[5] * 9, *[1] * 3, metric="csat", scale_min=1, scale_max=5)
    alike = verbs.csat(ws)
    # On none of the points of its own scale, but between the ends of the one that the others came with.
    ws.nps(4, metric="csat", scale_min=0, scale_max=3)
    apart = verbs.csat(ws)

    assert ("scale_min" in alike.how.sql, "scale_min" in apart.how.sql) == (False, True)
    assert (only(alike).n, only(apart).n) == (12, 12)
    assert only(alike).value == only(apart).value == 0.75


def test_scores_beyond_the_one_scale_do_not_count(ws: Any) -> None:
    ws.nps(*[5] * 9, *[1] * 3, 7, 0, float("nan"), metric="csat", scale_min=1, scale_max=5)

    assert (only(verbs.csat(ws)).n, only(verbs.csat(ws)).value) == (12, 0.75)


def test_an_nps_on_another_scale_is_refused(ws: Any) -> None:
    ws.nps(*[5] * 12, scale_min=1, scale_max=5)

    with pytest.raises(InputError, match="0 to 10; 12 answers are on 1 to 5"):
        verbs.nps(ws)


def test_a_share_of_an_unknown_scale_is_refused(ws: Any) -> None:
    ws.nps(*[5] * 12, metric="csat", scale_min=None, scale_max=None)

    with pytest.raises(InputError, match="without a scale"):
        verbs.csat(ws)


def test_a_revised_answer_counts_once_in_its_latest_state(ws: Any) -> None:
    ws.nps(*[10] * 10)
    ws.answers({"score": 0, "message_id": "first", "customer": 99})
    ws.answers({"score": 3, "message_id": "second", "revises": "first", "customer": 99})
    ws.answers({"score": 9, "message_id": "third", "revises": "second", "customer": 99})

    assert (only(verbs.nps(ws)).value, only(verbs.nps(ws)).n) == (100.0, 11)


def test_of_two_revisions_of_one_answer_the_latest_known_stands(ws: Any) -> None:
    ws.nps(*[10] * 10)
    ws.answers({"score": 0, "message_id": "first"})
    ws.answers({"score": 10, "revises": "first", "known_at": datetime(2026, 3, 12)})
    ws.answers({"score": 1, "revises": "first", "known_at": datetime(2026, 3, 11)})

    assert (only(verbs.nps(ws)).value, only(verbs.nps(ws)).n) == (100.0, 11)


def test_a_message_id_of_another_source_revises_nothing(ws: Any) -> None:
    ws.nps(*[10] * 10, source="a")
    ws.answers({"score": 0, "revises": "1", "source": "b"})

    assert only(verbs.nps(ws)).n == 11


def test_how_names_definition_method_and_the_sql_that_ran(ws: Any) -> None:
    ws.answers(*({"score": 10, "customer": place % 5} for place in range(12)))

    how = verbs.nps(ws, by=("channel",)).how

    assert "promoters" in how.definition
    assert "Rocks 2016" in how.method
    assert "stand behind several answers" in how.method
    assert "event_catalogue" in how.sql


def test_answers_to_different_questions_are_not_taken_together_in_silence(ws: Any) -> None:
    ws.nps(*[10] * 12, question_id="would you recommend us")
    assert "different surveys" not in verbs.nps(ws).how.method

    ws.nps(*[10] * 12, question_id="would you recommend our shop")

    assert "split by survey_id or question_id" in verbs.nps(ws).how.method


def test_results_survive_the_socket(ws: Any) -> None:
    ws.nps(*[10] * 12, channel="web")
    ws.nps(1, channel="app")
    found = verbs.nps(ws, by=("channel",), every="month")

    assert Estimates.from_dict(found.to_dict()) == found


@pytest.mark.shared_data
def test_nps_of_the_san_francisco_airport_survey_is_the_one_in_its_readme(ws: Any, shared_data: Path) -> None:
    table = pq.read_table(shared_data / "sfo_customer_survey" / "sfo_2017.parquet", columns=["NETPRO"])
    answers = [text.strip() for text in table.column("NETPRO").to_pylist() if text and text.strip()]
    ws.nps(*[float(text) for text in answers])

    found = only(verbs.nps(ws))

    # README of the data: +39.8, n = 2,746; code 11 is "no answer" and no score
    assert (found.n, round(found.value, 1)) == (2746, 39.8)
    assert found.low < 39.8 < found.high
