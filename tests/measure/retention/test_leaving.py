"""Churn of contracts: a textbook through the log, and the rules of who counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.measure.conftest import Workspace

from cxloop.core.config import Experience
from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.results import Estimate
from cxloop.measure.verbs import churn

START = datetime(2024, 1, 1)
TELCO = Path(__file__).resolve().parents[4] / "shared/data/telco_churn/telco_churn.parquet"
CLUB = {"name": "club", "label": "Club", "joined": 'name == "joined"', "cancelled": 'name == "left"'}


@pytest.fixture
def club(ws: Workspace) -> Workspace:
    """A workspace whose catalogue knows a club."""
    ws.experience = Experience.model_validate({"contract": [CLUB]})
    ws.as_of = START + timedelta(days=1000)
    columns = ("source", "kind", "name", "path", "claimed_touchpoint", "claimed_channel")
    for code, name in ((1, "joined"), (2, "left"), (3, "seen")):
        row = {"event_code": code, **dict.fromkeys(columns), "source": "shop", "kind": "touch", "name": name}
        ws.engine.append("event_codes", pa.Table.from_pylist([row]))
        ws.codes[name] = code
    return ws


def wrote(ws: Workspace, *events: tuple[int, float, str], **columns: Any) -> None:
    """Writes events given as (customer, day, name)."""
    ws.answers(
        *(
            {
                "customer": who,
                "occurred_at": START + timedelta(days=day),
                "channel": name,
                "kind": "touch",
                "metric": None,
                **columns,
            }
            for who, day, name in events
        )
    )


def members(ws: Workspace, stays: list[tuple[int, bool]], first: int, **columns: Any) -> None:
    """Writes members who were seen for so many days until the log ends on day 100, and whether they left then."""
    numbered = list(enumerate(stays, start=first))
    joined = [(who, 100.0 - days, "joined") for who, (days, _) in numbered]
    wrote(ws, *joined, *((who, 100.0, "left") for who, (_, left) in numbered if left), **columns)


def test_the_textbook_data_give_the_published_numbers_through_the_log(club: Workspace) -> None:
    # Freireich et al. (1963), as in tests/stats/test_survival.py: weeks become days
    treated = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    members(club, [(days, at < 9) for at, days in enumerate(treated)], 1, region="treated")
    members(club, [(days, True) for days in placebo], 100, region="placebo")

    found = churn(club, by=("region",), horizon="10d")
    stays = {stay.group[0]: stay for stay in found.stays}

    assert found.p == pytest.approx(4.17e-05, rel=0.01)
    assert (stays["treated"].median, stays["treated"].median_low, stays["treated"].median_high) == (23, 13, None)
    assert (stays["placebo"].median, stays["placebo"].median_low, stays["placebo"].median_high) == (8, 4, 11)
    kept = stays["treated"].kept
    assert isinstance(kept, Estimate)
    assert kept.value == pytest.approx(0.753, abs=0.0005)
    assert [contrast.shown for contrast in found.contrasts] == [True]
    assert "1 of 1 pair" in found.said


@pytest.mark.skipif(not TELCO.exists(), reason="the public data set telco_churn is not beside this checkout")
def test_the_churn_of_a_telephone_company_is_what_lifelines_finds(club: Workspace) -> None:
    # IBM's sample of a fictional company: 7,043 customers, 1,869 of whom have left; months become days
    held = pq.read_table(TELCO, columns=["tenure", "Contract", "Churn"]).to_pydict()
    stays = list(zip(held["tenure"], [one in ("Yes", True) for one in held["Churn"]], held["Contract"], strict=True))
    first = 1
    for kind in sorted(set(held["Contract"])):
        chosen = [(days, left) for days, left, contract in stays if contract == kind]
        members(club, chosen, first, region=kind)
        first += len(chosen)

    whole, found = churn(club, horizon="12d").stays[0], churn(club, by=("region",), horizon="12d")

    assert (whole.members, whole.left) == (7043, 1869)  # as its README says
    # lifelines 0.30.3, KaplanMeierFitter, median_survival_times and the share and limits at 12
    assert isinstance(whole.kept, Estimate)
    shares = (whole.kept.value, whole.kept.low, whole.kept.high)
    assert shares == pytest.approx((0.8431995538, 0.8341686858, 0.8517833207), abs=1e-9)
    groups = {stay.group[0]: stay for stay in found.stays}
    assert {name: (stay.members, stay.left) for name, stay in groups.items()} == {
        "Month-to-month": (3875, 1655),
        "One year": (1473, 166),
        "Two year": (1695, 48),
    }
    medians = {name: (stay.median, stay.median_low, stay.median_high) for name, stay in groups.items()}
    assert medians == {
        "Month-to-month": (35, 32, 38),
        "One year": (None, 72, None),
        "Two year": (None, None, None),
    }
    monthly, yearly = groups["Month-to-month"].kept, groups["One year"].kept
    assert isinstance(monthly, Estimate)
    assert isinstance(yearly, Estimate)
    assert (monthly.value, monthly.low, monthly.high) == pytest.approx((0.7030966363, 0.6872593576, 0.7183040754))
    assert (yearly.value, yearly.low, yearly.high) == pytest.approx((0.9908082041, 0.9842195307, 0.9946534315))
    # multivariate_logrank_test: 2352.87 on 2 degrees of freedom
    assert found.p is not None
    assert found.p < 1e-300
    assert [contrast.shown for contrast in found.contrasts] == [True] * 3


def test_joining_again_begins_anew_and_joining_twice_is_one(club: Workspace) -> None:
    wrote(club, (1, 0, "joined"), (1, 5, "joined"), (1, 10, "left"), (1, 20, "joined"), (2, 3, "left"), (3, 60, "seen"))

    found = churn(club)

    assert (found.stays[0].members, found.stays[0].left) == (2, 1)
    assert [point.day for point in found.stays[0].curve] == [10, 40]


def test_events_may_be_named_instead_of_a_contract(club: Workspace) -> None:
    wrote(club, (1, 0, "joined"), (1, 30, "left"), (2, 50, "seen"))

    assert churn(club, joined='name == "joined"', cancelled='name == "left"').stays[0].left == 1


def test_nobody_who_joined_is_said(club: Workspace) -> None:
    wrote(club, (1, 0, "seen"))

    assert str(churn(club)) == "Nobody has joined Club in this selection."


def test_what_cannot_be_asked_is_told(club: Workspace) -> None:
    with pytest.raises(InputError, match="belong together"):
        churn(club, joined='name == "joined"')
    with pytest.raises(UnknownNameError):
        churn(club, contract="clib")
    with pytest.raises(InputError, match="either a contract"):
        churn(club, contract="club", joined='name == "joined"', cancelled='name == "left"')
    club.experience = Experience()
    with pytest.raises(InputError, match="declares no contract"):
        churn(club)
