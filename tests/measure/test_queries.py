"""The queries of measure on the other engine's dialect, and what the reference says."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import sqlglot

from cxloop.core.time import Period, Window
from cxloop.core.verbs import registry
from cxloop.engine.query import Query
from cxloop.engine.render import render
from cxloop.engine.revisions import ANY_REVISION
from cxloop.measure import METRICS, metrics_reference, verbs
from cxloop.measure.metrics import ANSWERED, Statistic, metric
from cxloop.measure.queries import LOG_COUNTS, SCALES, SCORES, SERIES
from cxloop.measure.selection import select
from cxloop.measure.tallies import Scale, tally_of

SCALE = {
    "score": Scale(0, 10),
    "share": Scale(1, 5),
    "mean": Scale(1, 7),
    "per_customer": Scale(None, None),
    "median": Scale(None, None),
}


@pytest.mark.parametrize("statistic", [*get_args(Statistic), "moments"])
@pytest.mark.parametrize("every", [None, "week"])
def test_scores_are_summed_in_sparks_dialect_too(ws: Any, statistic: str, every: Period | None) -> None:
    ws.answers({"score": 3, "revises": "0"})  # with revisions the condition is the longest
    selection = select(
        ws, metric("nps"), by=("channel", "properties.late"), every=every, window=Window(ws.as_of), where="score > 1"
    )
    tally = tally_of("mean", Scale(0, 100)) if statistic == "moments" else tally_of(statistic, SCALE[statistic])  # type: ignore[arg-type]

    for dialect in ("duckdb", "spark"):
        written = render(SCORES, selection.scores(tally), dialect=dialect)
        assert sqlglot.parse_one(written, dialect=dialect) is not None


@pytest.mark.parametrize(("query", "slots"), [(SCALES, "by_scale"), (SERIES, "slots")])
def test_selections_translate(ws: Any, query: Query, slots: str) -> None:
    selection = select(ws, metric("csat"), by=(), every=None, window=Window(), where='channel == "web"')

    assert "event_catalogue" in render(query, getattr(selection, slots), dialect="spark")


@pytest.mark.parametrize("query", [LOG_COUNTS, ANY_REVISION])
def test_plain_queries_translate(query: Query) -> None:
    assert render(query, dialect="spark")


def test_metrics_of_answers_are_verbs_and_every_metric_stands_in_the_reference() -> None:
    written = metrics_reference()

    for item in ANSWERED:
        assert registry.get(f"measure.{item.name}").function is getattr(verbs, item.name)
    for item in METRICS:
        assert f"[{item.label}](metrics/" in written
        assert item.definition in written
