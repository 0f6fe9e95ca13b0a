"""Orders: who buys what, how the parcel fares, what it does to the buyer, and whether they come back.

All customers are simulated at once, one order each per round; a round knows the mood the last one left behind.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxloop.simulate.agents import Agents
from cxloop.simulate.clock import DAY, Floats, Ints, Season, next_weekday, seconds_of_day, to_utc
from cxloop.simulate.parcels import Parcels, parcels, price_risen, products
from cxloop.simulate.people import CHANNELS, People
from cxloop.simulate.service import Service, service
from cxloop.simulate.world import PRICE_CHANGE_RATIO, PRODUCTS, World

__all__ = ["Orders", "noise", "simulate_orders"]

_PRICES = np.array([product.price for product in PRODUCTS])
_QUALITY = np.array([product.quality for product in PRODUCTS])
_STORE = CHANNELS.index("store")


@dataclass(frozen=True)
class Orders:
    """Every order, one entry per order in each array, sorted by time; its number is its place.

    Attributes:
        customer: number of the person.
        placed: UTC seconds.
        channel: number in `CHANNELS`.
        product: number in `PRODUCTS`.
        value: euros.
        price_risen: bought at the price after the price change.
        felt: latent feeling after delivery and service; what surveys and reviews of this order express.
        mood: what remains after a possible return; the next order starts from it.
        without_late: what `felt` would be, had a late parcel been on time.
        ease: latent ease of the return; meaningless without one.
        left: the customer never buys again.
        parcel: what happened to the parcel; of store purchases only `done` is meaningful.
        service: the contact about this order, if any.
    """

    customer: Ints
    placed: Ints
    channel: NDArray[np.int8]
    product: NDArray[np.int16]
    value: Floats
    price_risen: NDArray[np.bool_]
    felt: Floats
    mood: Floats
    without_late: Floats
    ease: Floats
    left: NDArray[np.bool_]
    parcel: Parcels
    service: Service

    @property
    def count(self) -> int:
        """Number of orders."""
        return self.customer.size

    @property
    def online(self) -> NDArray[np.bool_]:
        """Whether it was ordered in the web shop or the app."""
        return np.asarray(self.channel != _STORE, np.bool_)


def noise(rng: np.random.Generator, rules: World, count: int) -> Floats:
    """Returns disturbances with variance one; with heavy tails in the broken world (t with 3 degrees of freedom)."""
    if rules.heavy_tails:
        return np.asarray(rng.standard_t(3.0, count) / np.sqrt(3.0), np.float64)
    return rng.standard_normal(count)


def simulate_orders(rng: np.random.Generator, rules: World, everyone: People, staff: Agents, season: Season) -> Orders:
    """Returns every order between the season's first and last day."""
    mood = everyone.base.copy()
    who = np.arange(everyone.count)
    day = np.maximum(everyone.joined / DAY, season.start)
    wait = rng.exponential(365.0 / everyone.buys_per_year)
    # Most who open an account do so in order to buy.
    fresh = (everyone.joined >= season.start * DAY) & (rng.random(who.size) < 0.8)
    wait = np.where(fresh, rng.exponential(2.0, who.size), wait)
    rounds = []
    while who.size:
        reached = next_weekday(rng, np.floor(season.after(day, wait)).astype(np.int64), "online")
        here = reached < season.end
        who, reached = who[here], reached[here]
        done = _round(rng, rules, everyone, staff, who, reached, mood[who])
        rounds.append(done)
        mood[who] = done.mood
        stays = ~done.left
        who, day = who[stays], reached[stays] + 1.0
        wait = rng.exponential(365.0 / everyone.buys_per_year[who])
    return _in_order(rounds)


def _round(
    rng: np.random.Generator,
    rules: World,
    everyone: People,
    staff: Agents,
    who: Ints,
    day: Ints,
    before: Floats,
) -> Orders:
    """Returns one order of each of `who` on the given days."""
    market = everyone.market[who]
    channel = (rng.random((who.size, 1)) > np.cumsum(everyone.channel_odds[who], axis=1)[:, :2]).sum(axis=1)
    online = channel != _STORE
    hour = np.where(online, seconds_of_day(rng, who.size, "online"), seconds_of_day(rng, who.size, "store"))
    placed = to_utc(day * DAY + hour, market)
    product = products(rng, day)
    risen = price_risen(product, day)
    parcel = parcels(rng, rules, placed, market, product, online)
    contact = service(rng, rules, staff, parcel, everyone.age[who], placed, market, online)
    start = everyone.base[who] + rules.effects.carry_over * (before - everyone.base[who])
    noises = rules.effects.noise * noise(rng, rules, who.size)
    without = start + noises + _other_causes(rules, parcel, contact, product, risen, online)
    felt = without + _lateness(rules, parcel)
    ease = _ease(rng, rules, parcel, felt)
    mood = felt + rules.effects.return_ease * np.where(parcel.returned, ease, 0.0)
    return Orders(
        customer=who,
        placed=placed,
        channel=channel.astype(np.int8),
        product=product,
        value=_value(rng, product, risen),
        price_risen=risen,
        felt=felt,
        mood=mood,
        without_late=without + np.where(parcel.late, rules.effects.on_time, 0.0),
        ease=ease,
        left=_leaves(rng, rules, mood),
        parcel=parcel,
        service=contact,
    )


def _lateness(rules: World, parcel: Parcels) -> Floats:
    """What a late parcel does to the feeling: a step, and more for each day, up to ten."""
    days = np.minimum(parcel.days_late, 10)
    return np.where(parcel.late, rules.effects.late + rules.effects.late_per_day * days, 0.0)


def _other_causes(
    rules: World,
    parcel: Parcels,
    contact: Service,
    product: NDArray[np.int16],
    risen: NDArray[np.bool_],
    online: NDArray[np.bool_],
) -> Floats:
    effects = rules.effects
    return np.asarray(
        np.where(online & ~parcel.late, effects.on_time, 0.0)
        + effects.crisis * parcel.crisis
        + effects.damaged * parcel.damaged
        + effects.price_rise * risen
        + _QUALITY[product]
        + contact.lift,
        np.float64,
    )


def _value(rng: np.random.Generator, product: NDArray[np.int16], risen: NDArray[np.bool_]) -> Floats:
    """The price, with the rise where it applies; one in five buys two."""
    pieces = 1 + (rng.random(product.size) < 0.2)
    return np.asarray(np.round(_PRICES[product] * np.where(risen, PRICE_CHANGE_RATIO, 1.0) * pieces, 2), np.float64)


def _leaves(rng: np.random.Generator, rules: World, mood: Floats) -> NDArray[np.bool_]:
    logit = rules.churn.after_order + rules.churn.after_order_mood * mood
    return rng.random(mood.size) < 1.0 / (1.0 + np.exp(-logit))


def _ease(rng: np.random.Generator, rules: World, parcel: Parcels, felt: Floats) -> Floats:
    """Latent ease of returns, without the initiative: its effect is added where answers are made."""
    return 0.30 * felt + np.where(parcel.by_post, -0.25, 0.05) + 0.9 * noise(rng, rules, felt.size)


def _in_order(rounds: list[Orders]) -> Orders:
    """Returns the orders of all rounds, sorted by time."""
    order = np.lexsort(
        (np.concatenate([part.customer for part in rounds]), np.concatenate([part.placed for part in rounds]))
    )
    return _gathered(rounds, order)


def _gathered(parts: list[Orders], order: Ints) -> Orders:
    flat = {
        name.name: np.concatenate([getattr(part, name.name) for part in parts])[order]
        for name in fields(Orders)
        if name.name not in ("parcel", "service")
    }
    return Orders(
        **flat,
        parcel=Parcels(**_columns([part.parcel for part in parts], order)),
        service=Service(**_columns([part.service for part in parts], order)),
    )


def _columns(parts: list[Parcels] | list[Service], order: Ints) -> dict[str, Any]:
    return {name.name: np.concatenate([getattr(part, name.name) for part in parts])[order] for name in fields(parts[0])}
