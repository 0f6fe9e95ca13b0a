"""Own metrics: what is wrong in a definition is named, and what is right means what it says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.measure.conftest import Workspace

from cxloop.core.defined import Defined
from cxloop.core.errors import InputError, MistakesError, NotFoundError, UnknownNameError
from cxloop.core.results import Estimate, InsufficientData
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.measure.estimate import Request, estimate
from cxloop.measure.metrics.own import as_metric, check_metric, check_name
from cxloop.measure.metrics.resolving import known_metrics, resolve
from cxloop.measure.metrics.trying import tried
from cxloop.runtime import parts

SOLVED = {
    "label": "Solved",
    "definition": "Share of calls that end solved.",
    "counts": 'kind == "call"',
    "value": 'outcome == "solved"',
}


def mistakes(ws: Any, **changed: Any) -> dict[str, str]:
    """What is wrong with the definition of solved calls after a change, by field."""
    with pytest.raises(MistakesError) as told:
        check_metric(ws, "solved", 1, {**SOLVED, **changed})
    return {each.where: each.message for each in told.value.mistakes}


def test_a_right_definition_is_a_metric(ws: Any) -> None:
    item = check_metric(ws, "solved", 3, SOLVED)

    assert (item.name, item.version, item.unit, item.noun, item.own) == ("solved", 3, "share", "interaction", True)


@pytest.mark.parametrize(
    ("changed", "where", "said"),
    [
        ({"units": "calls"}, "units", "Nothing is counted as 'calls'"),
        ({"counts": "kind = 'call'"}, "counts", "Compare with =="),
        ({"counts": "kind"}, "counts", "has to be a condition"),
        ({"value": "value"}, "value", "has to be a condition"),
        ({"value": ""}, "value", "no score of their own"),
        ({"value": "outcom == 1"}, "value", 'Did you mean "outcome"?'),
        ({"statistic": "mean"}, "value", "has to be a number"),
        ({"unit": "money"}, "unit", "reads as share"),
        ({"days": 30}, "days", "Leave it out"),
        ({"units": "orders_followed", "value": ""}, "days", "needs days"),
        ({"scale": [5, 1]}, "scale", "the lower end comes first"),
        ({"statistic": "score"}, "statistic", "answers from 0 to 10"),
        ({"label": ""}, "label", "at least 1"),
        ({"lable": "x"}, "lable", "not permitted"),
        ({"minimum_n": 1}, "minimum_n", "greater than or equal to 2"),
    ],
)
def test_every_mistake_is_named_with_its_place(ws: Any, changed: dict[str, Any], where: str, said: str) -> None:
    assert said in mistakes(ws, **changed)[where]


@pytest.mark.parametrize("name", ["nps", "repeat_purchase_90", "pulse", "crosstab", "Nps", "a b", "", "1st", "ü"])
def test_a_name_that_is_taken_or_cannot_be_one_is_refused(name: str) -> None:
    parts.load("measure")
    with pytest.raises(InputError):
        check_name(name)


def test_an_own_metric_is_asked_like_any_other_and_says_what_it_counts(ws: Any) -> None:
    ended = ["solved"] * 9 + ["open"] * 3 + [None] * 2
    ws.answers(*({"kind": "call", "metric": None, "outcome": how, "region": "DE"} for how in ended))
    ws.answers({"kind": "order", "metric": None, "outcome": "solved"})
    ws.definitions["metric"] = {"solved": Defined("solved", 1, SOLVED, datetime(2026, 1, 1))}

    result = estimate(ws, Request("solved", by=("region",)))
    number = result.rows[0].result

    assert isinstance(number, Estimate)
    assert (number.value, number.n) == pytest.approx((9 / 12, 12))
    assert "12 interactions" in str(result)
    assert "Solved" in str(result)
    assert 'Only interactions with kind == "call" count.' in result.how.exclusions
    assert resolve(ws, "solved").own
    assert known_metrics(ws)[-1].name == "solved"


def test_a_trial_says_what_it_takes_and_what_is_left_out(ws: Any) -> None:
    ws.answers(*({"kind": "call", "metric": None, "outcome": how} for how in ["solved"] * 10 + [None] * 5))
    ws.nps(10, 9)

    meant = tried(ws, as_metric("solved", 1, SOLVED))

    assert (meant.taken.units, meant.taken.counted, meant.taken.scored) == (17, 15, 10)
    assert meant.left_out == "15 of 17 interactions meet the condition; 5 of them have no value and are left out."
    assert "Solved is 100.0 %" in str(meant)


def test_what_cannot_be_one_number_is_told_and_not_made(ws: Any) -> None:
    csat = {"label": "All", "definition": "Every answer.", "units": "answers", "statistic": "mean"}
    ws.nps(*[9] * 12)
    ws.nps(*[4] * 12, metric="csat", scale_min=1.0, scale_max=5.0)

    meant = tried(ws, as_metric("everything", 1, csat))

    assert meant.number is None
    assert "2 different scales" in meant.trouble


def test_points_of_own_answers_are_promoters_minus_detractors(ws: Any) -> None:
    content = {"label": "NPS here", "definition": "Of one survey.", "units": "answers", "statistic": "score"}
    item = check_metric(ws, "nps_here", 1, {**content, "scale": [0, 10], "counts": 'metric == "nps"'})
    ws.nps(*[10] * 10, *[7] * 5, *[0] * 5)

    number = estimate(ws, Request("nps_here"), item).rows[0].result

    assert isinstance(number, Estimate)
    assert number.value == pytest.approx(25.0)


def test_a_name_nobody_defined_and_a_version_that_is_not_there_are_told(ws: Any) -> None:
    with pytest.raises(UnknownNameError, match='Did you mean "repeat_purchase_90"'):
        resolve(ws, "repeat_purchase_9")
    with pytest.raises(NotFoundError, match="no version 7"):
        resolve(ws, "nps", version=7)


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from(["call", "order"]), st.sampled_from(["solved", "open", None]), st.integers(1, 4)),
        min_size=1,
        max_size=30,
    )
)
def test_a_share_is_what_plain_python_counts(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[str, str | None, int]]
) -> None:
    engine = DuckDBEngine(tmp_path_factory.mktemp("drawn") / "analytics")
    ws = Workspace(engine)
    ws.answers(*({"kind": kind, "outcome": how, "customer": who, "metric": None} for kind, how, who in drawn))

    result = estimate(ws, Request("solved"), as_metric("solved", 1, {**SOLVED, "minimum_n": 2})).rows[0].result
    engine.close()

    counted = [(how, who) for kind, how, who in drawn if kind == "call" and how is not None]
    assert result.n == len(counted)
    if isinstance(result, InsufficientData):
        assert len(counted) < 2
    else:
        assert result.value == pytest.approx(sum(how == "solved" for how, _ in counted) / len(counted))
        assert result.customers == len({who for _, who in counted})
