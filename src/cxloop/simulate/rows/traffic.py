"""Visits as rows: what people look at in the web shop and the app, before buying and without buying."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cxloop.simulate.blocks import Block, Pooled, pooled
from cxloop.simulate.clock import DAY, HOUR, LAST, Ints, day_number, next_weekday, seconds_of_day, to_utc
from cxloop.simulate.events import code
from cxloop.simulate.history import History
from cxloop.simulate.people import CHANNELS
from cxloop.simulate.rows.orders import product, region
from cxloop.simulate.rows.properties import json_objects
from cxloop.simulate.world import END, MARKETS, PRODUCTS

__all__ = ["traffic_blocks"]

_STEPS = ("product_viewed", "product_viewed", "cart_viewed", "checkout_started", "payment_viewed")
_LEAST = (420, 200, 150, 90, 40)
_SHARES = (0.15, 0.85, 1.0, 1.0, 0.6)
_BROWSED = ("home_viewed", "search_made", "product_viewed", "product_viewed", "cart_viewed")
_BROWSED_SHARES = (0.45, 0.35, 0.8, 0.45, 0.14)
_DEVICES = ("desktop", "mobile", "tablet")


def traffic_blocks(past: History, rng: np.random.Generator) -> Iterator[Block]:
    """Returns visits that lead to an order, log-ins, visits without an order, and looks at an order's status."""
    online = np.flatnonzero(past.bought.online)
    yield from _buying(past, rng, online)
    yield from _browsing(past, rng)
    yield _status(past, rng, online)


def _page(name: str, app: NDArray[np.bool_]) -> NDArray[np.int16]:
    return np.where(app, code(f"app.{name}.app"), code(f"web.{name}.web")).astype(np.int16)


def _buying(past: History, rng: np.random.Generator, order: Ints) -> Iterator[Block]:
    bought, who = past.bought, past.bought.customer[order]
    app = bought.channel[order] == CHANNELS.index("app")
    device = _device(past, rng, who)
    known = app | (rng.random(order.size) < 0.4)
    key = np.where(known, past.keys.customer_id[who], device).astype(np.int32)
    stretch = rng.uniform(0.6, 2.5, order.size)
    for step, least, share in zip(_STEPS, _LEAST, _SHARES, strict=True):
        chosen = np.flatnonzero(rng.random(order.size) < share)
        at = bought.placed[order[chosen]] - (least * stretch[chosen]).astype(np.int64)
        yield Block.of(
            _page(step, app[chosen]),
            at,
            None,
            key[chosen],
            product=product(past, order[chosen]),
            region=region(past, who[chosen]),
            properties=_devices(app[chosen], rng),
        )
    # Whoever looked around unknown signs in before paying: this ties the device to the customer.
    chosen = np.flatnonzero(~known)
    yield Block.of(
        "web.logged_in.web",
        bought.placed[order[chosen]] - (30 * stretch[chosen]).astype(np.int64),
        None,
        past.keys.customer_id[who[chosen]],
        other_keys=past.keys.beside(device[chosen]),
        region=region(past, who[chosen]),
    )


def _browsing(past: History, rng: np.random.Generator) -> Iterator[Block]:
    everyone = past.everyone
    first = np.maximum(everyone.joined // DAY, day_number(past.start))
    last = np.minimum(past.moods.left_at // DAY + 90, day_number(END))
    years = np.maximum(last - first, 0) / 365.25
    visits = rng.poisson(3.6 * years * np.sqrt(everyone.buys_per_year / 4.0))
    who = np.repeat(np.arange(everyone.count), visits)
    day = first[who] + (rng.random(who.size) * (last - first)[who]).astype(np.int64)
    day = next_weekday(rng, day, "online")
    start = to_utc(day * DAY + seconds_of_day(rng, who.size, "online"), everyone.market[who])
    odds = everyone.channel_odds[who]
    app = rng.random(who.size) < odds[:, 1] / (odds[:, 0] + odds[:, 1] + odds[:, 2])
    known = app | (rng.random(who.size) < 0.3)
    key = np.where(known, past.keys.customer_id[who], _device(past, rng, who)).astype(np.int32)
    yield _opened(past, rng, who[app], start[app])
    item = rng.integers(0, len(PRODUCTS) - 1, who.size)
    for step, (name, share) in enumerate(zip(_BROWSED, _BROWSED_SHARES, strict=True)):
        at = start + step * 45 + rng.integers(0, 40, who.size)
        chosen = np.flatnonzero((rng.random(who.size) < share) & (at < LAST) & (at >= everyone.joined[who]))
        yield Block.of(
            _page(name, app[chosen]),
            at[chosen],
            None,
            key[chosen],
            product=pooled([thing.name for thing in PRODUCTS], item[chosen]) if name == "product_viewed" else None,
            region=pooled([market.code for market in MARKETS], everyone.market[who[chosen]]),
            properties=_devices(app[chosen], rng),
        )


def _opened(past: History, rng: np.random.Generator, who: Ints, start: Ints) -> Block:
    """Starts of the app: the installation is the key, and the customer is known beside it."""
    chosen = (rng.random(who.size) < 0.4) & (start < LAST) & (start >= past.everyone.joined[who])
    who = who[chosen]
    return Block.of(
        "app.opened.app",
        start[chosen],
        None,
        past.keys.app[who],
        other_keys=past.keys.beside(past.keys.customer_id[who]),
        region=pooled([market.code for market in MARKETS], past.everyone.market[who]),
    )


def _status(past: History, rng: np.random.Generator, online: Ints) -> Block:
    """Looks at an order's status: many where the parcel is late."""
    bought, parcel = past.bought, past.bought.parcel
    looks = rng.poisson(np.where(parcel.late[online], 1.8, 0.35))
    order = np.repeat(online, looks)
    waiting = np.maximum(parcel.done[order] - parcel.handed[order], HOUR)
    at = parcel.handed[order] + (rng.random(order.size) * waiting).astype(np.int64)
    order, at = order[at < LAST], at[at < LAST]
    who = bought.customer[order]
    app = bought.channel[order] == CHANNELS.index("app")
    return Block.of(_page("order_status_viewed", app), at, None, past.keys.customer_id[who], region=region(past, who))


def _device(past: History, rng: np.random.Generator, who: NDArray[np.int64]) -> NDArray[np.int32]:
    """Returns the browser used: the second one of those who have two, a third of the time."""
    second = past.keys.second_web[who]
    other = (second >= 0) & (rng.random(who.size) < 0.33)
    return np.asarray(np.where(other, second, past.keys.web[who]), np.int32)


def _devices(app: NDArray[np.bool_], rng: np.random.Generator) -> Pooled:
    kind = np.where(app, 1, rng.choice(3, app.size, p=[0.62, 0.30, 0.08]))
    return json_objects({"device": (_DEVICES, kind)})
