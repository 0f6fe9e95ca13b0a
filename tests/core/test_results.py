"""Results: the same content in every face, and back from JSON."""

from __future__ import annotations

import json
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.results import Estimate, EstimateRow, Estimates, How, InsufficientData, Records, Result

NUMBERS = st.floats(-1e6, 1e6)
CELLS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | NUMBERS | st.text(max_size=20)


def an_answer(*rows: EstimateRow, by: tuple[str, ...] = ("channel",)) -> Estimates:
    return Estimates(
        metric="nps",
        unit="points",
        by=by,
        every="week",
        since=datetime(2026, 1, 1),
        until=None,
        zone="Europe/Berlin",
        scale=(0.0, 10.0),
        rows=rows,
        how=How(definition="promoters minus detractors"),
    )


estimates = st.builds(
    Estimate, NUMBERS, NUMBERS, NUMBERS, st.integers(1, 10**9), st.integers(1, 10**9), st.text(max_size=9), NUMBERS
)
too_few = st.builds(InsufficientData, st.integers(0, 9), st.just(10))
rows = st.builds(
    EstimateRow,
    st.tuples(st.none() | st.text(max_size=9)),
    st.none() | st.dates(),
    estimates | too_few,
)


@given(st.lists(rows, max_size=4))
def test_estimates_survive_the_way_through_json(some: list[EstimateRow]) -> None:
    result = an_answer(*some)

    back = Result.from_dict(json.loads(json.dumps(result.to_dict())))

    assert back == result


@given(st.lists(st.tuples(CELLS, CELLS), max_size=4))
def test_records_survive_the_way_through_json(cells: list[tuple[object, object]]) -> None:
    result = Records("Some rows.", ("a", "b"), tuple(cells))  # type: ignore[arg-type]

    back = Result.from_dict(json.loads(json.dumps(result.to_dict())))

    assert back == result


def test_cannot_say_is_not_a_number_in_the_table() -> None:
    result = an_answer(EstimateRow(("web",), date(2026, 1, 5), InsufficientData(4, 10)))

    assert result.records() == [
        {
            "channel": "web",
            "week": date(2026, 1, 5),
            "nps": None,
            "low": None,
            "high": None,
            "n": 4,
            "customers": None,
            "method": "needs 10 answers",
        }
    ]


def test_the_table_has_one_row_per_group() -> None:
    number = Estimate(31.2, 29.0, 33.4, 4812, 4001, "adjusted Wald")
    result = an_answer(EstimateRow(("web",), date(2026, 1, 5), number), EstimateRow((None,), date(2026, 1, 5), number))

    table = result.table

    assert table.column_names == ["channel", "week", "nps", "low", "high", "n", "customers", "method"]
    assert table.column("channel").to_pylist() == ["web", None]


def test_html_of_a_result_shows_hostile_labels_as_text() -> None:
    number = Estimate(31.2, 29.0, 33.4, 4812, 4001, "adjusted Wald")
    result = an_answer(EstimateRow(("<script>alert(1)</script>",), None, number))

    page = result._repr_html_()

    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_results_are_frozen() -> None:
    with pytest.raises(AttributeError):
        an_answer().metric = "csat"  # type: ignore[misc]


def test_a_result_without_rows_says_so() -> None:
    assert str(an_answer()) == "NPS: no answers in this selection."
    assert an_answer()._repr_html_() == "<p>NPS: no answers in this selection.</p>"


def test_a_kind_that_nobody_knows_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Result.from_dict({"kind": "Horoscope"})


def test_moments_and_days_of_a_table_survive_the_way_through_json() -> None:
    cells = ((datetime(2026, 5, 1, 12, 30), date(2026, 5, 1), "2026-05-01"), (None, None, "2026-05-02T10:00:00"))
    sent = Records("Two rows.", ("at", "day", "note"), cells)

    arrived = Result.from_dict(json.loads(json.dumps(sent.to_dict())))

    assert arrived == sent
    assert isinstance(arrived, Records)
    assert arrived.cells == cells
