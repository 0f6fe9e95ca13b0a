"""Product reviews as rows: stars, and what the writer tells."""

from __future__ import annotations

import numpy as np

from cxloop.simulate.blocks import Block, constant
from cxloop.simulate.history import History
from cxloop.simulate.people import CHANNELS
from cxloop.simulate.rows.orders import order_number, product, region
from cxloop.simulate.rows.properties import about_customer, flag, json_objects, order_objects
from cxloop.simulate.rows.texts import Told, order_themes, write

__all__ = ["review_block"]


def review_block(past: History, rng: np.random.Generator) -> tuple[Block, Told]:
    """Returns the reviews of online orders, and what their writers tell about."""
    bought, written, scale = past.bought, past.reviews, past.rules.rating
    order, at, count = written.order, written.at, written.order.size
    who = bought.customer[order]
    tone = np.select([written.score <= 2, written.score >= 4], [0, 2], 1).astype(np.int8)
    told = Told(*order_themes(past, rng, order, tone), tone)
    text, language = write(past, rng, order, told, np.maximum(2, bought.parcel.days_late[order]))
    choices = {
        "late": flag(bought.parcel.late[order]),
        "order_channel": (CHANNELS, bought.channel[order]),
        **about_customer(past, who, at),
    }
    block = Block.of(
        "reviews.review_written.web",
        at,
        order_number(order),
        past.keys.customer_id[who],
        text=text,
        language=language,
        metric=constant("rating", count),
        score=written.score,
        scale_min=np.full(count, float(scale.lowest)),
        scale_max=np.full(count, float(scale.highest)),
        product=product(past, order),
        region=region(past, who),
        objects=order_objects(past, order),
        properties=json_objects(choices),
    )
    return block, told
