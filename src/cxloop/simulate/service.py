"""Contacts about orders: who needs help, who gives it, and how it goes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxloop.simulate.agents import Agents
from cxloop.simulate.clock import DAY, Floats, Ints, seconds_of_day, to_utc
from cxloop.simulate.parcels import Parcels
from cxloop.simulate.world import World

__all__ = ["REASONS", "Service", "service"]

REASONS = ("where_is_my_order", "damaged_item", "return", "invoice", "account")
"""Why customers ask for help."""

_WHERE, _DAMAGED, _RETURN = 0, 1, 2
_HARD = np.array([0.35, 0.65, 0.25, 0.12, 0.18])


@dataclass(frozen=True)
class Service:
    """The contact about each order, one entry per order; meaningless where `asked` is false.

    Attributes:
        asked: there was one.
        at: when, UTC seconds.
        desk: number in `DESKS`.
        reason: number in `REASONS`.
        hard: a difficult case.
        agent: who took it, number among the agents.
        skill: true skill of the agent.
        waited_seconds: waiting time.
        talked_seconds: handling time.
        resolved: the matter was settled.
        lift: what it adds to the customer's feeling, latent; 0 without a contact.
    """

    asked: NDArray[np.bool_]
    at: Ints
    desk: NDArray[np.int8]
    reason: NDArray[np.int8]
    hard: NDArray[np.bool_]
    agent: NDArray[np.int16]
    skill: Floats
    waited_seconds: Floats
    talked_seconds: Floats
    resolved: NDArray[np.bool_]
    lift: Floats


def service(
    rng: np.random.Generator,
    rules: World,
    staff: Agents,
    parcel: Parcels,
    age: NDArray[np.int8],
    placed: Ints,
    market: NDArray[np.int8],
    online: NDArray[np.bool_],
) -> Service:
    """Returns the contacts that these orders lead to."""
    count = placed.size
    odds = np.select([parcel.damaged, parcel.late], [0.55, 0.33], np.where(online, 0.09, 0.03))
    asked = rng.random(count) < odds
    reason = np.select([parcel.damaged, parcel.late], [_DAMAGED, _WHERE], rng.integers(_RETURN, 5, count))
    # A late parcel is asked about from the day after the promised one; the rest, within two days of delivery.
    day = np.where(parcel.late & ~parcel.damaged, parcel.due_day + 1, parcel.done // DAY + rng.integers(1, 3, count))
    at = to_utc(day * DAY + seconds_of_day(rng, count, "service"), market)
    desk = (rng.random(count) < 0.62 - 0.08 * age).astype(np.int8)
    hard = rng.random(count) < _HARD[reason] + 0.25 * parcel.crisis
    agent = np.zeros(count, np.int16)
    agent[asked] = staff.assign(rng, rules, desk[asked], hard[asked])
    skill = staff.skill[agent]
    waited = np.round(rng.lognormal(5.3, 0.8, count) * np.where(parcel.crisis, 3.0, 1.0)).clip(5, 7_200)
    resolved = rng.random(count) < 1.0 / (1.0 + np.exp(-(1.3 + 0.5 * skill - 1.0 * hard)))
    effects = rules.effects
    lift = effects.contact_needed + effects.contact_skill * skill + effects.contact_resolved * resolved
    return Service(
        asked=asked,
        at=at,
        desk=desk,
        reason=reason.astype(np.int8),
        hard=hard,
        agent=agent,
        skill=skill,
        waited_seconds=waited,
        talked_seconds=np.round(rng.lognormal(5.6, 0.5, count) * np.where(hard, 1.8, 1.0)),
        resolved=resolved,
        lift=np.where(asked, lift, 0.0),
    )
