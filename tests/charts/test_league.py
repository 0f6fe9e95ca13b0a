"""Charts of league tables: the page's pictures and the notebook's charts show the same points and words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from cxloop import charts
from cxloop.charts.league_points import described, figures, limits, outside, shown
from cxloop.core.errors import InputError
from cxloop.core.league import League, LeagueRow, Standing
from cxloop.core.results import Estimate, InsufficientData


def row(name: str, value: float, n: int = 50, standing: Standing = "not told apart", lowest: float = 0.1) -> LeagueRow:
    number = Estimate(value, value - 0.2, value + 0.2, n, n, "test")
    adjusted = replace(number, value=value + 0.1)
    return LeagueRow(name, name, n, value - 0.3, 3.5, adjusted, number, lowest, 0.1, (1, 5), standing, f'x == "{name}"')


@pytest.fixture
def league() -> League:
    rows = (
        row("Ada <b>", 4.4, 80, "better"), row("Bo", 3.9), row("Cy", 3.7, 20), row("Dee", 3.5, 30),
        row("Eve", 2.6, 90, "worse", 0.93),
        replace(row("New", 1.0, 2), shrunk=None, adjusted=InsufficientData(2, 10), standing="cannot say"),
    )  # fmt: skip
    return League(
        metric="csat", title="CSAT mean", unit="score", direction=1, by="employee", groups="employees",
        lede="One does worse, and one better.", sub="", rows=rows, mean=3.6, spread=0.5,
        reliability=0.8, p=0.001, one=1.0, fifth=1, adjustments=(), explained=0.0, unsaid=0, minimum_n=10, since=None,
        until=None, level=0.95,
    )  # fmt: skip


@pytest.mark.parametrize("width", [280, 430])
def test_a_caterpillar_has_a_dot_a_ring_and_figures_for_each_judged_group(league: League, width: int) -> None:
    drawn = charts.caterpillar(league, width=width)

    assert drawn.count("<circle") == 2 * 5
    assert "Ada &lt;b&gt;" in drawn
    assert "last fifth 93 %" in drawn
    assert "1 with too few answers not shown" in " ".join(re.sub("<[^>]*>", " ", drawn).split())
    assert "style=" not in drawn


def test_only_groups_that_stand_apart_have_the_accent(league: League) -> None:
    drawn = charts.caterpillar(league, width=430)

    assert len(re.findall(r'r="4.7" fill="var\(--accent\)"', drawn)) == 2


def test_a_funnel_names_those_whom_luck_does_not_explain(league: League) -> None:
    drawn = charts.funnel(league, width=560)

    assert [item.name for item in league.judged if outside(item, league)] == ["Ada <b>", "Eve"]
    assert ">Eve<" in drawn
    assert ">Bo<" not in drawn


def test_the_lines_of_a_funnel_narrow_with_the_root_of_the_size(league: League) -> None:
    wide = [item for item in limits(league) if item.share == "99.8 %"]

    # Spiegelhalter (2005): 3.09 standard errors
    assert all((item.high - 3.6) == pytest.approx(3.090232 / item.n**0.5, rel=1e-6) for item in wide)
    assert wide[0].n < 20 < 90 < wide[-1].n


def test_notebook_and_page_show_the_same_values(league: League) -> None:
    plain = str(charts.draw(league).to_dict(validate=True))

    for item in league.judged:
        assert item.shrunk is not None
        assert figures(item, league) in plain
        assert str(item.shrunk.value) in plain
    assert charts.funnel_chart(league).to_dict(validate=True)["description"] == described(league)


def test_a_long_table_shows_its_ends_and_says_so(league: League) -> None:
    rows = tuple(row(f"g{place}", 4.0 - place / 100) for place in range(60))
    found, note = shown(replace(league, rows=rows))

    assert (found[0].name, found[-1].name, len(found)) == ("g0", "g59", 40)
    assert note == "the first and last 20 of 60"


def test_nothing_to_judge_is_no_picture_and_says_so_in_a_notebook(league: League) -> None:
    empty = replace(league, rows=(league.rows[-1],), mean=None)

    assert charts.caterpillar(empty, width=430) == ""
    assert charts.funnel(empty, width=430) == ""
    with pytest.raises(InputError, match="No group has enough answers"):
        charts.draw(empty)
