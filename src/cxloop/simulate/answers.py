"""How a feeling becomes an answer on a scale, and whether the answer is given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxloop.simulate.clock import DAY, LAST, Floats, Ints
from cxloop.simulate.people import People
from cxloop.simulate.world import NEW_MARKET, STORES, Response, Scale, World

__all__ = ["Undercurrents", "answer", "respond", "undercurrents"]

"""The first second that is not simulated."""


@dataclass(frozen=True)
class Undercurrents:
    """What moves answers beside feelings, in the broken world only: moods of a store's week, and a drift.

    Attributes:
        of_week: latent, weeks before the end by stores; zero where assumptions are kept.
        per_year: latent drift per year, towards 0 at the end.
    """

    of_week: Floats
    per_year: float

    def at(self, store: NDArray[np.int16], moment: Ints) -> Floats:
        """Returns what is added to latent feelings of customers of these stores at these moments."""
        weeks = np.minimum((LAST - moment) // (7 * DAY), len(self.of_week) - 1)
        years = (LAST - moment) / (365.25 * DAY)
        return np.asarray(self.of_week[weeks, store] - self.per_year * years, np.float64)


def undercurrents(rng: np.random.Generator, rules: World, everyone: People) -> Undercurrents:
    """Draws the moods of stores' weeks, as far back as somebody could be asked."""
    weeks = int((LAST - everyone.joined.min()) // (7 * DAY)) + 1
    return Undercurrents(rules.cluster_sd * rng.normal(0.0, 1.0, (weeks, len(STORES))), rules.drift_per_year)


def answer(rules: World, scale: Scale, latent: Floats, market: NDArray[np.int8], disturbance: Floats) -> Floats:
    """Returns the answers on a scale; the new market stretches what it feels and shifts what it ticks."""
    new = market == NEW_MARKET
    stretched = latent * np.where(new, rules.style.stretch, 1.0)
    shift = np.where(new, rules.style.shift_ratio * (scale.highest - scale.lowest), 0.0)
    raw = scale.centre + scale.slope * stretched + shift + scale.noise * disturbance
    return np.clip(np.rint(raw), scale.lowest, scale.highest)


def respond(
    rng: np.random.Generator, rules: Response, scale: Scale, latent: Floats, score: Floats,
    age: NDArray[np.int8], member: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], Floats]:  # fmt: skip
    """Returns who responds, and the odds they had."""
    distance = np.abs(2 * score - scale.highest - scale.lowest) / (scale.highest - scale.lowest)
    logit = (
        rules.intercept + rules.mood * latent + rules.age * (age - 2.5) + rules.member * member
        + rules.extreme * distance
    )  # fmt: skip
    odds = 1.0 / (1.0 + np.exp(-logit))
    return rng.random(odds.size) < odds, odds
