"""Agents of the call centre and the chat: skill, desk, and which cases they are given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxloop.simulate.clock import Floats
from cxloop.simulate.world import World

__all__ = ["DESKS", "TEAMS", "Agents", "agents"]

DESKS = ("phone", "chat")
TEAMS = ("Phone Leipzig", "Phone Porto", "Chat Dublin", "Chat Leipzig")


@dataclass(frozen=True)
class Agents:
    """Everyone who serves customers.

    Attributes:
        names: "agent-001" and so on.
        skill: true skill, latent: what an agent adds to a customer's satisfaction beyond the case.
        desk: 0 for phone, 1 for chat.
        team: number in `TEAMS`.
    """

    names: tuple[str, ...]
    skill: Floats
    desk: NDArray[np.int8]
    team: NDArray[np.int8]

    def assign(
        self, rng: np.random.Generator, rules: World, desk: NDArray[np.int8], hard: NDArray[np.bool_]
    ) -> NDArray[np.int16]:
        """Returns who takes each case: skilled agents are given the hard ones, so raw means mislead."""
        chosen = np.zeros(desk.size, np.int16)
        for place in range(len(DESKS)):
            for difficult, pull in ((True, rules.hard_to_skilled), (False, -0.6 * rules.hard_to_skilled)):
                cases = np.flatnonzero((desk == place) & (hard == difficult))
                staff = np.flatnonzero(self.desk == place)
                odds = np.exp(pull * self.skill[staff])
                chosen[cases] = rng.choice(staff, cases.size, p=odds / odds.sum())
        return chosen


def agents(rng: np.random.Generator, customers: int) -> Agents:
    """Returns the staff that a company with so many customers has: one per 800, at least twelve."""
    count = max(12, customers // 800)
    desk = (np.arange(count) % 2).astype(np.int8)
    team = (2 * desk + rng.integers(0, 2, count)).astype(np.int8)
    names = tuple(f"agent-{number:03d}" for number in range(1, count + 1))
    return Agents(names, np.clip(rng.normal(0.0, 1.0, count), -2.2, 2.2), desk, team)
