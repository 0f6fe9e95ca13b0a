"""Orders as rows: purchase, promise, approval, hand-over, delivery, returns, and purchases in stores."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cxloop.simulate.blocks import Block, Pooled, constant, join, pick, pooled, texts_of
from cxloop.simulate.clock import DAY, LAST, Ints, day_number
from cxloop.simulate.events import code
from cxloop.simulate.history import History
from cxloop.simulate.people import CHANNELS
from cxloop.simulate.rows.properties import flag, json_objects, order_objects
from cxloop.simulate.world import AGE_BANDS, CARRIERS, MARKETS, PRODUCTS, STORES

__all__ = ["buyer_key", "order_blocks", "order_number", "product", "profiles", "region", "store_name"]


def order_number(order: Ints) -> Ints:
    """Returns the number of an order as message ids and objects show it."""
    return order + 100_000


def region(past: History, who: NDArray[np.int64]) -> Pooled:
    """Returns the column `region`: the market's code."""
    return pooled([market.code for market in MARKETS], past.everyone.market[who])


def store_name(past: History, who: NDArray[np.int64]) -> Pooled:
    """Returns the column `location`: the nearest store."""
    return pooled([store.name for store in STORES], past.everyone.store[who])


def profiles(past: History, who: NDArray[np.int64]) -> Pooled:
    """Returns the column `traits`: name, address, age band and language as JSON objects."""
    everyone, keys = past.everyone, past.keys
    languages = pick([market.language for market in MARKETS], everyone.market[who])
    ages = pick(AGE_BANDS, everyone.age[who])
    names, emails = pick(keys.name, who), pick(keys.email, who)
    return texts_of(
        join('{"name":"', names, '","email":"', emails, '","age_band":"', ages, '","language":"', languages, '"}')
    )


def product(past: History, order: Ints) -> Pooled:
    """Returns the column `product`."""
    return pooled([item.name for item in PRODUCTS], past.bought.product[order])


def buyer_key(past: History, order: Ints) -> NDArray[np.int32]:
    """Returns the key by which the till knows the buyer: the card of members, else the address for the receipt."""
    who = past.bought.customer[order]
    member = past.members.member(who, past.bought.placed[order])
    return np.where(member, past.keys.card[who], past.keys.receipt[who]).astype(np.int32)


def order_blocks(past: History) -> Iterator[Block]:
    """Returns all rows about orders up to the last day."""
    online = np.flatnonzero(past.bought.online)
    yield _purchases(past, online)
    yield _promises(past, online)
    yield _approvals(past, online)
    yield from _parcels(past, online)
    yield _store_purchases(past, np.flatnonzero(~past.bought.online))
    yield from _returns(past)


def _purchases(past: History, order: Ints) -> Block:
    bought, who = past.bought, past.bought.customer[order]
    app = bought.channel[order] == CHANNELS.index("app")
    return Block.of(
        np.where(app, code("shop.order_placed.app"), code("shop.order_placed.web")).astype(np.int16),
        bought.placed[order],
        order_number(order),
        past.keys.customer_id[who],
        value=bought.value[order],
        currency=constant("EUR", order.size),
        product=product(past, order),
        region=region(past, who),
        objects=order_objects(past, order),
        traits=profiles(past, who).where(_first_seen(past, order)),
        properties=_bought(past, order),
    )


def _bought(past: History, order: Ints) -> Pooled:
    """Returns the properties of purchases."""
    bought = past.bought
    return json_objects(
        {
            "category": (["fashion", "home", "electronics"], _category(bought.product[order])),
            "order_channel": (CHANNELS, bought.channel[order]),
            "new_price": flag(bought.price_risen[order]),
        }
    )


def _first_seen(past: History, order: Ints) -> NDArray[np.bool_]:
    """Returns which orders are the first of somebody whose account was opened before the first day."""
    who = past.bought.customer[order]
    first = np.zeros(order.size, bool)
    first[np.unique(who, return_index=True)[1]] = True
    return np.asarray(first & (past.everyone.joined[who] < day_number(past.start) * DAY), np.bool_)


def _category(items: NDArray[np.int16]) -> NDArray[np.int64]:
    names = ["fashion", "home", "electronics"]
    return np.array([names.index(item.category) for item in PRODUCTS])[items]


def _promises(past: History, order: Ints) -> Block:
    who = past.bought.customer[order]
    return Block.of(
        "shop.delivery_promised.email",
        past.bought.placed[order] + 2,
        order_number(order),
        past.keys.customer_id[who],
        region=region(past, who),
        product=product(past, order),
        objects=order_objects(past, order),
        promise_what=constant("delivery", order.size),
        promise_due_at=past.bought.parcel.due_day[order] * DAY,
        promise_due_precision=constant("day", order.size),
    )


def _approvals(past: History, online: Ints) -> Block:
    order = online[past.bought.parcel.approved[online] < LAST]
    who = past.bought.customer[order]
    app = past.bought.channel[order] == CHANNELS.index("app")
    return Block.of(
        np.where(app, code("shop.payment_approved.app"), code("shop.payment_approved.web")).astype(np.int16),
        past.bought.parcel.approved[order],
        order_number(order),
        past.keys.customer_id[who],
        region=region(past, who),
        objects=order_objects(past, order),
    )


def _parcels(past: History, online: Ints) -> Iterator[Block]:
    parcel = past.bought.parcel
    for event, moments in (("carrier.handed_over.parcel", parcel.handed), ("carrier.delivered.parcel", parcel.done)):
        order = online[moments[online] < LAST]
        who = past.bought.customer[order]
        delivered = event == "carrier.delivered.parcel"
        choices = {"carrier": ([carrier.name for carrier in CARRIERS], parcel.carrier[order])}
        yield Block.of(
            event,
            moments[order],
            order_number(order),
            past.keys.customer_id[who],
            region=region(past, who),
            product=product(past, order),
            objects=order_objects(past, order),
            properties=json_objects({**choices, "late": flag(parcel.late[order])} if delivered else choices),
            outcome=pooled(["on time", "late"], parcel.late[order]) if delivered else None,
        )


def _store_purchases(past: History, order: Ints) -> Block:
    bought, who = past.bought, past.bought.customer[order]
    return Block.of(
        "store.store_purchase.store",
        bought.placed[order],
        order_number(order),
        buyer_key(past, order),
        value=bought.value[order],
        currency=constant("EUR", order.size),
        product=product(past, order),
        region=region(past, who),
        location=store_name(past, who),
        objects=order_objects(past, order),
        properties=_bought(past, order),
    )


def _returns(past: History) -> Iterator[Block]:
    parcel = past.bought.parcel
    back = parcel.returned & (parcel.returned_at < LAST)
    for event, by_post in (("shop.parcel_returned.parcel", True), ("store.store_returned.store", False)):
        order = np.flatnonzero(back & (parcel.by_post == by_post))
        who = past.bought.customer[order]
        own = past.bought.online[order] == by_post
        origin = "order_placed-" if by_post else "store_purchase-"
        yield Block.of(
            event,
            parcel.returned_at[order],
            order_number(order),
            past.keys.customer_id[who] if by_post else buyer_key(past, order),
            other_keys=None
            if by_post
            else past.keys.beside(past.keys.customer_id[who]).where(past.bought.online[order]),
            value=-past.bought.value[order],
            currency=constant("EUR", order.size),
            product=product(past, order),
            region=region(past, who),
            location=None if by_post else store_name(past, who),
            objects=order_objects(past, order),
            # What was bought in another source cannot be named by a message id of this one.
            refers_to=Pooled(join(origin, order_number(order)), np.arange(order.size, dtype=np.int32)).where(own),
            properties=json_objects({"reason": (["did not fit", "damaged"], parcel.damaged[order])}),
        )
