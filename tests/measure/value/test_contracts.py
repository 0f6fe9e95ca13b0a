"""Contracts: who joined and left, counted by renewal, with the model's forecast held against what came."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from tests.measure.value.conftest import CLUB, DAYS, START, opened

from cxloop.core.config import Experience
from cxloop.core.errors import InputError, UnknownNameError
from cxloop.measure.value import verbs
from cxloop.measure.value.contracts import Spells, membership
from cxloop.measure.value.orders import Asked

MONTH = 365.25 / 12


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A club of 1,200 members whose probability of leaving each month differs as the model says."""
    made = opened(tmp_path_factory.mktemp("club"))
    rng = np.random.default_rng(8)
    joined = rng.uniform(0, DAYS - 40, 1_200)
    months = rng.geometric(rng.beta(1.0, 9.0, 1_200))
    left = joined + (months - 0.5) * MONTH
    gone = left < DAYS
    made.write(np.arange(1_200), joined, 0.0, kind="touch", event_code=1, currency=None)
    made.write(np.arange(1_200)[gone], left[gone], 0.0, kind="touch", event_code=2, currency=None)
    yield made
    made.engine.close()


def test_joining_again_is_another_membership_and_a_repeated_joining_is_none(empty: Any) -> None:
    empty.member(1, ("joined", 10), ("joined", 12), ("left", 40), ("joined", 100))
    empty.member(2, ("left", 50))  # joined before the log began
    empty.member(3, ("joined", 60))

    spells, _, _ = membership(empty, CLUB, Asked())

    days = (START - START.__class__(1970, 1, 1)) / timedelta(days=1)
    found = sorted((joined - days, left - days) for joined, left in zip(spells.joined, spells.left, strict=True))
    assert [joined for joined, _ in found] == pytest.approx([10, 60, 100])
    assert found[0][1] == pytest.approx(40)
    assert np.isnan([found[1][1], found[2][1]]).all()


def test_renewals_are_counted_from_each_ones_own_joining() -> None:
    spells = Spells(np.array([0.0, 0.0, 5.0, 20.0]), np.array([15.0, np.nan, 36.0, np.nan]))

    left, stayed, ages = spells.counted(40.0, 10.0)

    # the first left in the second period, the third in the fourth; the others have renewed four times and twice
    assert left.tolist() == [0, 1, 0, 1]
    assert stayed.tolist() == [0, 1, 0, 1]
    assert sorted(ages.tolist()) == [2, 4]


def test_the_forecast_of_a_planted_club_holds(club: Any) -> None:
    found = verbs.contract_value(club)

    assert found.trust == "holds"
    assert found.joined == 1200
    assert found.members + found.left == 1200
    assert found.check_expected is not None
    assert found.check_actual is not None
    assert abs(found.check_actual / found.check_expected.value - 1) < 0.1
    values = {each.name: (each.value, each.error) for each in found.parameters}
    assert abs(values["alpha"][0] - 1.0) < 3 * values["alpha"][1]
    assert abs(values["beta"][0] - 9.0) < 3 * values["beta"][1]
    for row in found.curve[:12]:
        assert row.actual == pytest.approx(row.expected, abs=0.05)


def test_the_fee_brings_what_members_renew(club: Any) -> None:
    found = verbs.contract_value(club, horizon="365d")

    assert found.renewals is not None
    assert found.money is not None
    assert found.ahead == 12
    assert 0 < found.renewals.low < found.renewals.value < found.renewals.high <= 12
    assert found.money.value == pytest.approx(found.renewals.value * found.members * 5.0)
    assert verbs.contract_value(club, horizon="365d", discount=0.2).money.value < found.money.value  # type: ignore[union-attr]


def test_a_club_that_few_left_cannot_be_said(empty: Any) -> None:
    for number in range(30):
        empty.member(number, ("joined", number))

    found = verbs.contract_value(empty)

    assert (found.trust, found.renewals, found.reasons) == ("cannot say", None, ("0 members left; 20 are needed",))
    assert "cannot be said" in str(found)


def test_a_contract_has_to_be_declared(empty: Any) -> None:
    with pytest.raises(UnknownNameError, match="club"):
        verbs.contract_value(empty, contract="clubb")
    empty.experience = Experience()
    with pytest.raises(InputError, match=r"declares no contract. Add a \[\[contract\]\]"):
        verbs.contract_value(empty)
