"""League tables over answers of the real engine, against planted merits and a plain computation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.measure.conftest import Workspace

from cxloop.core.config import Dimension, Experience
from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.league import League
from cxloop.core.results import Estimate, InsufficientData
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.measure.verbs import league

MERIT = {"ada": 1.0, "bo": 0.6, "cy": 0.3, "dee": 0.0, "eve": -0.3, "fay": -1.2}
EXPERIENCE = Experience(
    dimension=(
        Dimension(name="difficult", property="difficult", label="Case", labels={"true": "hard"}),
        Dimension(name="desk", property="desk"),
    )
)


def drawn(seed: int, each: int = 120) -> list[dict[str, Any]]:
    """Answers of six people: the better somebody is, the more hard cases they get, so that raw means mislead."""
    rng = np.random.default_rng(seed)
    rows = []
    for name, merit in MERIT.items():
        hard = rng.random(each) < 0.5 + 0.35 * merit
        score = np.clip(np.rint(4.0 + 0.7 * merit - 1.8 * hard + rng.normal(0, 0.5, each)), 1, 5)
        for difficult, value in zip(hard.tolist(), score.tolist(), strict=True):
            said = f'{{"difficult": "{str(difficult).lower()}", "desk": "{name[0] < "d"}"}}'
            rows.append({"employee": name, "score": value, "properties": said})
    rows.append({"employee": "new", "score": 1.0, "properties": "{}"})
    rows += [{"score": 3.0, "properties": "{}"}] * 4
    usual = {"metric": "csat", "scale_min": 1.0, "scale_max": 5.0}
    return [{**usual, **row} for row in rows]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder: Path = tmp_path_factory.mktemp("league")
    engine = DuckDBEngine(folder / "analytics")
    ws = Workspace(engine, experience=EXPERIENCE)
    ws.answers(*drawn(1))
    yield ws
    engine.close()


@pytest.fixture(scope="module")
def table(served: Workspace) -> League:
    return league(served, "csat", by="employee", statistic="mean")


def test_the_planted_order_is_found_though_raw_means_have_another(table: League) -> None:
    raw = sorted(table.judged, key=lambda row: -row.raw)

    assert [row.name for row in table.judged] == list(MERIT)
    assert [row.name for row in raw] != list(MERIT)


def test_what_matters_is_adjusted_for_and_the_rest_is_said(table: League) -> None:
    states = {item.name: item.state for item in table.adjustments}

    assert states == {"difficult": "adjusted", "desk": "each its own"}
    assert "Shown with the same mix of case." in table.how.method


def test_the_worst_is_in_the_last_fifth_and_the_probabilities_add_up(table: League) -> None:
    last = table.judged[-1]

    assert table.fifth == 1
    assert (last.name, last.standing) == ("fay", "worse")
    assert last.lowest is not None
    assert last.lowest > 0.95
    assert sum(row.lowest or 0 for row in table.judged) == pytest.approx(1)
    assert last.ranks == (6, 6)


def test_a_group_with_too_few_answers_is_not_judged(table: League) -> None:
    new = table.rows[-1]

    assert (new.name, new.standing, new.shrunk, new.lowest, new.ranks) == ("new", "cannot say", None, None, None)
    assert new.adjusted == InsufficientData(1, 10)
    assert "1 of the employees" in table.sub


def test_answers_of_nobody_are_counted_apart(table: League) -> None:
    assert table.unsaid == 4


def test_intervals_lie_around_values_and_are_hardly_wider_than_without_the_others(table: League) -> None:
    for row in table.judged:
        assert row.shrunk is not None
        assert isinstance(row.adjusted, Estimate)
        assert row.shrunk.low < row.shrunk.value < row.shrunk.high
        # what all have in common is not known for sure either
        assert row.shrunk.high - row.shrunk.low <= 1.01 * (row.adjusted.high - row.adjusted.low)


def test_the_condition_of_a_row_selects_its_answers(served: Workspace, table: League) -> None:
    first = table.rows[0]

    only = league(served, "csat", by="employee", statistic="mean", where=first.where)

    assert [(row.name, row.n) for row in only.rows] == [(first.name, first.n)]
    assert only.rows[0].raw == pytest.approx(first.raw)
    assert "cannot be compared yet" in only.lede


def test_without_adjusting_numbers_are_the_means_of_the_answers(served: Workspace) -> None:
    found = league(served, "csat", by="employee", adjust=("none",), statistic="mean")
    scores: dict[str, list[float]] = {name: [] for name in MERIT}
    for row in drawn(1):
        scores.get(row.get("employee", ""), []).append(row["score"])

    assert {row.name: row.raw for row in found.judged} == pytest.approx(
        {name: np.mean(each) for name, each in scores.items()}
    )
    assert all(isinstance(row.adjusted, Estimate) and row.adjusted.value == row.raw for row in found.judged)
    assert found.adjustments == ()


def test_the_same_table_comes_out_each_time(served: Workspace, table: League) -> None:
    assert league(served, "csat", by="employee", statistic="mean").records() == table.records()


def test_it_survives_the_way_to_a_page(table: League) -> None:
    assert League.from_dict(table.to_dict()) == table


def test_the_first_sentence_names_nobody(table: League) -> None:
    assert table.lede.startswith("Of 6 employees")
    assert not any(name in table.lede for name in MERIT)
    assert "That is where to look, not whose fault it is." in table.sub


def test_groups_that_differ_by_luck_are_not_told_apart(ws: Workspace) -> None:
    rng = np.random.default_rng(7)
    ws.answers(
        *({"team": f"team-{place % 8}", "score": float(score)} for place, score in enumerate(rng.integers(0, 11, 320)))
    )

    found = league(ws, "nps", by="team")

    assert found.lede == "Luck and skill cannot be told apart yet: all 8 teams may be alike."
    assert {row.standing for row in found.judged} == {"not told apart"}


def test_who_answers_again_and_again_does_not_make_numbers_surer(ws: Workspace) -> None:
    once = [{"location": f"s{place % 6}", "score": float(place % 11), "customer": place} for place in range(240)]
    ws.answers(*once)
    alone = league(ws, "nps", by="location", adjust=("none",))
    ws.answers(*({**row, "score": row["score"]} for row in once for _ in range(2)))

    again = league(ws, "nps", by="location", adjust=("none",))

    widths = [
        row.adjusted.high - row.adjusted.low
        for found in (alone, again)
        for row in sorted(found.judged, key=lambda row: row.name)
        if isinstance(row.adjusted, Estimate)
    ]
    assert widths[6:] == pytest.approx(widths[:6], rel=0.05)
    assert all(row.shrunk is not None and row.shrunk.customers == 40 for row in again.judged)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"adjust": ("employee",)}, "which is what is compared"),
        ({"adjust": ("auto", "difficult")}, "no mixture"),
        ({"statistic": "mean", "of": "nps"}, "has no mean"),
        ({"of": "time_between_purchases"}, "cannot be made equal|Unknown metric"),
    ],
)
def test_what_cannot_be_asked_is_told(served: Workspace, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        league(served, **{"of": "csat", "by": "employee", **asked})


def test_an_unknown_adjuster_is_named_with_the_nearest(served: Workspace) -> None:
    with pytest.raises(UnknownNameError, match="difficult"):
        league(served, "csat", by="employee", adjust=("dificult",))
