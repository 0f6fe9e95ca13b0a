"""Product reviews as rows: who writes one, how many stars, and about what."""

from __future__ import annotations

import numpy as np

from cxloop.simulate.blocks import Block, constant
from cxloop.simulate.clock import DAY, day_number
from cxloop.simulate.history import History
from cxloop.simulate.orders import noise
from cxloop.simulate.people import CHANNELS
from cxloop.simulate.rows.orders import order_number, product, region
from cxloop.simulate.rows.properties import about_customer, flag, json_objects, order_objects
from cxloop.simulate.rows.texts import Told, order_themes, write
from cxloop.simulate.surveys import answer
from cxloop.simulate.world import END

__all__ = ["review_block"]

_LAST = day_number(END) * DAY


def review_block(past: History, rng: np.random.Generator) -> tuple[Block, Told]:
    """Returns the reviews of online orders; those with strong feelings write more often."""
    rules, bought = past.rules, past.bought
    online = np.flatnonzero(bought.online)
    felt = bought.felt[online]
    odds = 1.0 / (1.0 + np.exp(-(rules.review_intercept + rules.review_extreme * np.abs(felt))))
    # One in eight late parcels is reviewed before it arrives: the anger does not wait.
    late = bought.parcel.late[online] & (rng.random(online.size) < 0.125)
    # A day after the promised one at the earliest: later than that the review is no longer early.
    early = (bought.parcel.due_day[online] + 1) * DAY + rng.integers(0, DAY // 2, online.size)
    usual = bought.parcel.done[online] + rng.lognormal(12.6, 0.8, online.size).clip(3_600, 60 * DAY).astype(np.int64)
    at = np.where(late, np.minimum(early, usual), usual)
    chosen = (rng.random(online.size) < odds) & (at < _LAST)
    order, at = online[chosen], at[chosen]
    who = bought.customer[order]
    score = answer(rules, rules.rating, bought.felt[order], past.everyone.market[who], noise(rng, rules, order.size))
    tone = np.select([score <= 2, score >= 4], [0, 2], 1).astype(np.int8)
    theme, second = order_themes(past, rng, order, tone)
    told = Told(theme, second, tone)
    text, language = write(past, rng, order, told, np.maximum(2, bought.parcel.days_late[order]))
    block = Block.of(
        "reviews.review_written.web",
        at,
        order_number(order),
        past.keys.customer_id[who],
        text=text,
        language=language,
        metric=constant("rating", order.size),
        score=score,
        scale_min=np.full(order.size, float(rules.rating.lowest)),
        scale_max=np.full(order.size, float(rules.rating.highest)),
        product=product(past, order),
        region=region(past, who),
        objects=order_objects(past, order),
        properties=json_objects(
            {
                "late": flag(bought.parcel.late[order]),
                "order_channel": (CHANNELS, bought.channel[order]),
                **about_customer(past, who, at),
            }
        ),
    )
    return block, told
