"""The world that breaks the methods' assumptions: each break is there, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from cxloop.simulate.history import History, history
from cxloop.simulate.streams import Streams
from cxloop.simulate.world import world


@pytest.fixture(scope="module")
def broken() -> History:
    return history(world("broken"), Streams(7), 8_000, 24)


def between_weeks(past: History) -> float:
    """Variance of the mean latent answer of a store's week, over what independent answers would have."""
    asked = past.nps
    cell = past.everyone.store[past.bought.customer[asked.order]] * 1_000 + asked.at // (7 * 86_400) % 1_000
    _, place, counts = np.unique(cell, return_inverse=True, return_counts=True)
    means = np.bincount(place, asked.latent) / counts
    enough = counts >= 5
    return float(means[enough].var() / (asked.latent.var() / counts[enough]).mean())


def test_answers_of_one_store_and_week_hang_together_only_in_the_broken_world(past: History, broken: History) -> None:
    assert between_weeks(past) < 1.6
    assert between_weeks(broken) > 2.5


def test_who_answers_depends_on_the_answer_only_in_the_broken_world(past: History, broken: History) -> None:
    def answered(world: History, *, extreme: bool) -> float:
        distance = np.abs(world.nps.score - 5)
        # Neighbours in mood, so that mood does not explain it.
        alike = np.abs(world.nps.latent) < 0.5
        return float(world.nps.answered[alike & ((distance >= 4) == extreme)].mean())

    assert answered(past, extreme=True) - answered(past, extreme=False) < 0.03
    assert answered(broken, extreme=True) - answered(broken, extreme=False) > 0.08


def test_answers_drift_in_the_broken_world(past: History, broken: History) -> None:
    def yearly(world: History) -> float:
        extra = world.nps.latent - world.bought.felt[world.nps.order]
        return float(np.polyfit(world.nps.at / (365.25 * 86_400), extra, 1)[0])

    assert yearly(past) == pytest.approx(0.0, abs=1e-9)
    assert yearly(broken) == pytest.approx(-0.6, abs=0.15)


def test_the_same_people_are_asked_again_and_again_in_the_broken_world(past: History, broken: History) -> None:
    def repeats(world: History) -> float:
        who = world.bought.customer[world.nps.order]
        return who.size / np.unique(who).size

    assert repeats(broken) > 1.15 * repeats(past)
