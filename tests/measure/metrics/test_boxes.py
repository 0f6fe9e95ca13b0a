"""The ends of a scale: against NPS itself, and against counting."""

from __future__ import annotations

from typing import Any

import pytest

from cxloop.core.results import Estimate
from cxloop.measure.estimate import Request, estimate
from cxloop.measure.metrics import METRICS
from cxloop.measure.metrics.boxes import METRICS as BOXES
from cxloop.measure.scales import DifferentScalesError


def share(ws: Any, name: str, **asked: Any) -> Estimate:
    result = estimate(ws, Request(name, **asked)).rows[0].result
    assert isinstance(result, Estimate)
    return result


def rated(ws: Any, metric: str, high: float, *scores: float) -> None:
    ws.answers(*({"metric": metric, "score": score, "scale_min": 1, "scale_max": high} for score in scores))


@pytest.fixture
def answered(ws: Any) -> Any:
    ws.nps(*[10] * 5, *[9] * 3, *[8] * 2, *[7] * 4, *[6] * 2, *[0] * 4)
    rated(ws, "csat", 5, *[5] * 8, *[4] * 3, *[2] * 3, *[1] * 2)
    rated(ws, "rating", 10, *[10] * 3, *[9] * 5, *[1] * 2)
    return ws


def test_promoters_less_detractors_are_nps(answered: Any) -> None:
    promoters, detractors = share(answered, "promoters"), share(answered, "detractors")

    assert (promoters.n, promoters.value, detractors.value) == (20, 8 / 20, 6 / 20)
    assert 100 * (promoters.value - detractors.value) == pytest.approx(share(answered, "nps").value)


def test_only_the_last_point_at_each_end_counts(answered: Any) -> None:
    found = {item.name: share(answered, item.name).value for item in BOXES if item.name.endswith("box")}

    assert found == {
        "csat_top_box": 8 / 16, "csat_bottom_box": 2 / 16, "rating_top_box": 3 / 10, "rating_bottom_box": 2 / 10
    }  # fmt: skip


def test_answers_on_different_scales_are_refused_as_one_number(answered: Any) -> None:
    rated(answered, "csat", 7, *[7] * 12)

    with pytest.raises(DifferentScalesError, match="1 to 7"):
        estimate(answered, Request("csat_top_box"))

    assert share(answered, "csat_top_box", where="scale_max == 5").value == 0.5


def test_nps_on_another_scale_has_no_promoters(ws: Any) -> None:
    rated(ws, "nps", 5, *[5] * 12)

    with pytest.raises(DifferentScalesError, match="0 to 10"):
        estimate(ws, Request("promoters"))


def test_what_is_better_says_which_end(answered: Any) -> None:
    worse = {item.name for item in METRICS if item in BOXES and item.direction < 0}

    assert worse == {"detractors", "csat_bottom_box", "rating_bottom_box"}
