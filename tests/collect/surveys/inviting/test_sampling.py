"""Sampling: a share by lot, or those whose answer would change something, with probabilities that add up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.collect.surveys.inviting import verbs
from cxloop.collect.surveys.inviting.sampling import Group, drawn, probabilities
from cxloop.store.surveys import invitations

if TYPE_CHECKING:
    from tests.collect.surveys.inviting.conftest import Town

HOW = {"precision": 5.0, "least": 0.1, "response": 0.2, "widest": 50.0}


def test_places_are_shared_as_neyman_shares_them() -> None:
    """Cochran, Sampling Techniques (3rd ed. 1977), eq. 5.26: n_h is proportional to N_h times S_h."""
    groups = [Group(4000, answers=10, spread=20.0), Group(2000, answers=10, spread=80.0)]

    told = probabilities(groups, rate=0.1, precision=0.5, least=0.0, response=0.2, widest=50.0)

    places = [p * group.size for p, group in zip(told, groups, strict=True)]
    assert sum(places) == pytest.approx(600)
    assert places[0] / places[1] == pytest.approx(4000 * 20 / (2000 * 80))


def test_a_group_that_is_known_well_is_asked_a_little_all_the_same() -> None:
    # 1.96 * 40 / sqrt(1000) is 2.5 points; with 10 answers it is 25
    told = probabilities([Group(1000, 1000, 40.0), Group(1000, 10, 40.0)], rate=0.5, **HOW)

    assert told[0] == pytest.approx(0.05)
    assert told[1] > 0.9


def test_a_group_gets_no_more_than_it_lacks() -> None:
    """(1.96 * 50 / 5) ** 2 is 384 answers (Cochran, 4.4); at 20 % response 1,921 invitations."""
    told = probabilities([Group(100_000)], rate=1.0, precision=5.0, least=0.0, response=0.2, widest=50.0)

    assert told[0] * 100_000 == pytest.approx(1921, abs=1)


_groups = st.lists(
    st.builds(Group, st.integers(0, 500), st.integers(0, 500), st.floats(0, 100)), min_size=1, max_size=6
)


@given(_groups, st.floats(0.01, 1), st.floats(0.5, 100), st.floats(0, 1))
def test_no_more_are_asked_than_the_rate_says_and_nobody_has_no_chance(
    groups: list[Group], rate: float, precision: float, least: float
) -> None:
    told = probabilities(groups, rate=rate, precision=precision, least=least, response=0.2, widest=50.0)

    assert all(0 <= p <= 1 for p in told)
    total = sum(p * group.size for p, group in zip(told, groups, strict=True))
    assert total <= rate * sum(group.size for group in groups) + 1e-6
    assert all(p >= rate * least - 1e-12 for p, group in zip(told, groups, strict=True) if group.size)


def test_the_lot_is_even_and_the_same_for_the_same_seed() -> None:
    customers = np.arange(200_000)
    first, second = drawn(customers, 1), drawn(customers, 2)

    counts = np.histogram(first, bins=20, range=(0, 1))[0]
    assert ((counts - 10_000) ** 2 / 10_000).sum() < 43.8  # chi squared, 19 degrees of freedom, 0.1 %
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.01
    assert drawn(customers[5:9], 1).tolist() == first[5:9].tolist()


def test_who_is_not_drawn_is_told_so_with_the_chance_they_had(town: Town) -> None:
    names = [f"n{number}" for number in range(200)]
    town.settle(names)

    told = verbs.invite(town.desk, "delivery", segment="everybody", rate=0.25)

    held = {each.reason: each.customers for each in told.not_asked}
    assert 25 <= told.asked <= 75  # 50, within four standard deviations
    assert held == {"NOT_SAMPLED": 200 - told.asked}
    assert {row.probability for row in invitations.some(town.desk.store, limit=500)} == {0.25}


def test_a_country_that_is_known_well_is_asked_less(town: Town) -> None:
    town.settle([f"d{number}" for number in range(60)], country="DE")
    town.settle([f"f{number}" for number in range(60)], country="FR")
    for score in (0, 10):
        answer: dict[str, Any] = {
            "metric": "nps",
            "score": float(score),
            "scale_min": 0.0,
            "scale_max": 10.0,
            "survey_id": "delivery",
        }
        town.happen([f"d{number}" for number in range(score, score + 40)], kind="answer", name="nps", **answer)
    town.pass_time(days=91)  # the rest after an answer is over; the answers are as old as it
    town.desk.as_of = town.desk.now()
    fresh: dict[str, Any] = {
        "metric": "nps",
        "score": 9.0,
        "scale_min": 0.0,
        "scale_max": 10.0,
        "survey_id": "delivery",
    }
    from cxloop.collect.surveys import verbs as survey_verbs

    survey_verbs.survey_settings(town.desk, "delivery", settings=json.dumps({"after_answer": None}))
    town.happen([f"d{number}" for number in range(60)], kind="answer", name="nps", **fresh)
    town.happen([f"d{number}" for number in range(3)], kind="answer", name="nps", **{**fresh, "score": 7.0})

    told = verbs.invite(
        town.desk, "delivery", segment="everybody", rate=0.5, precision=30.0, by="country", dry_run=True
    )

    chances = {str(row["label"])[0]: row["probability"] for row in told.records()}
    assert chances["d"] == pytest.approx(0.025)
    assert told.by_channel["email"] > 35
