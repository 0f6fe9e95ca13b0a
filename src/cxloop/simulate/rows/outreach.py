"""Newsletters, advertising, kiosks, accounts, referrals and the club as rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from cxloop.simulate.blocks import Block, constant, join, pooled, texts_of
from cxloop.simulate.clock import DAY, HOUR, LAST, Ints, day_number, seconds_of_day, to_utc
from cxloop.simulate.club import months_between
from cxloop.simulate.history import History
from cxloop.simulate.rows.orders import profiles, region
from cxloop.simulate.world import END, LAUNCH, MARKETS, NEW_MARKET, NEW_MARKET_START, STORES

__all__ = ["account_blocks", "advertising_blocks", "club_blocks", "newsletter_blocks"]


def newsletter_blocks(past: History, rng: np.random.Generator) -> Iterator[Block]:
    """Returns a newsletter a month to subscribers: sent, opened, clicked, and left."""
    everyone = past.everyone
    subscribed = everyone.subscriber.copy()
    for month in months_between(past.start, END):
        day = month + timedelta(days=9)
        base = day_number(day) * DAY + 8 * HOUR
        who = np.flatnonzero(subscribed & (everyone.joined < base) & (past.moods.left_at + 180 * DAY > base))
        sent = to_utc(base + rng.integers(0, HOUR, who.size), everyone.market[who])
        opens = rng.random(who.size) < np.clip(0.24 + 0.05 * everyone.base[who], 0.02, 0.9)
        clicks = opens & (rng.random(who.size) < 0.16)
        leaves = opens & (rng.random(who.size) < 0.012)
        opened = sent + rng.lognormal(9.0, 1.4, who.size).clip(30, 10 * DAY).astype(np.int64)
        for name, chosen, at in (
            ("newsletter_sent", np.ones(who.size, bool), sent),
            ("newsletter_opened", opens, opened),
            ("newsletter_clicked", clicks, opened + 20),
            ("newsletter_left", leaves, opened + 60),
        ):
            yield Block.of(
                f"newsletter.{name}.email",
                at[chosen],
                None,
                past.keys.newsletter[who[chosen]],
                campaign=constant(f"newsletter-{day:%Y-%m}", int(chosen.sum())),
                region=region(past, who[chosen]),
                consents=constant('[["marketing","email",false]]', int(chosen.sum()))
                if name.endswith("left")
                else None,
                other_keys=past.keys.beside(past.keys.customer_id[who[chosen]]).where(clicks[chosen]),
            )
        subscribed[who[leaves]] = False


def advertising_blocks(past: History, rng: np.random.Generator) -> Iterator[Block]:
    """Returns clicks on advertisements, mostly of people about to join, and looks at the kiosks in the stores."""
    everyone = past.everyone
    new = np.flatnonzero((everyone.joined >= day_number(past.start) * DAY) & (rng.random(everyone.count) < 0.45))
    others = rng.integers(0, everyone.count, everyone.count // 4)
    start = np.maximum(everyone.joined[others], day_number(past.start) * DAY)
    again = start + (rng.random(others.size) * (LAST - start)).astype(np.int64)
    at = np.concatenate([everyone.joined[new] - rng.integers(60, 2 * DAY, new.size), again])
    who = np.concatenate([new, others])
    inside = at >= day_number(past.start) * DAY
    who, at = who[inside], at[inside]
    campaign = np.where(at >= day_number(LAUNCH) * DAY, rng.integers(0, 3, at.size), rng.integers(0, 2, at.size))
    yield Block.of(
        "ads.ad_clicked.social",
        at,
        None,
        past.keys.click[who],
        other_keys=past.keys.beside(past.keys.web[who]),
        campaign=pooled(["brand", "retargeting", "lumo-launch"], campaign),
        region=region(past, who),
    )
    yield _kiosks(past, rng)


def _kiosks(past: History, rng: np.random.Generator) -> Block:
    """Tablets for everybody: keys with many customers behind them, which identity resolution must not merge."""
    count = past.everyone.count // 2
    store = rng.integers(0, len(STORES), count)
    market = np.array([place.market for place in STORES], np.int8)[store]
    opened = np.where(market == NEW_MARKET, _opening(past), day_number(past.start))
    day = opened + (rng.random(count) * (day_number(END) - opened)).astype(np.int64)
    at = to_utc(day * DAY + seconds_of_day(rng, count, "store"), market)
    return Block.of(
        "store.kiosk_used.store",
        at,
        None,
        past.keys.kiosks[store],
        location=pooled([place.name for place in STORES], store),
        region=pooled([place.code for place in MARKETS], market),
    )


def _opening(past: History) -> int:
    return max(day_number(NEW_MARKET_START), day_number(past.start))


def account_blocks(past: History, rng: np.random.Generator) -> Iterator[Block]:
    """Returns accounts opened, with traits and consents, and friends invited by those who brought somebody."""
    everyone, keys = past.everyone, past.keys
    who = np.flatnonzero(everyone.joined >= day_number(past.start) * DAY)
    referrer = everyone.referrer[who]
    brought = np.where(referrer >= 0, referrer, 0)
    yield Block.of(
        "shop.account_created.web",
        everyone.joined[who],
        None,
        keys.customer_id[who],
        other_keys=keys.beside(keys.web[who]),
        region=region(past, who),
        traits=profiles(past, who),
        consents=pooled(['[["marketing","email",false]]', '[["marketing","email",true]]'], everyone.subscriber[who]),
        properties=texts_of(join('{"referred_by":"C', brought + 1_000_000, '"}')).where(referrer >= 0),
    )
    invited = np.flatnonzero(referrer >= 0)
    at = everyone.joined[who[invited]] - rng.integers(HOUR, 3 * DAY, invited.size)
    inside = (at >= day_number(past.start) * DAY) & (at >= everyone.joined[referrer[invited]])
    yield Block.of(
        "web.friend_invited.web",
        at[inside],
        None,
        keys.customer_id[referrer[invited[inside]]],
        region=region(past, referrer[invited[inside]]),
    )


def club_blocks(past: History) -> Iterator[Block]:
    """Returns who joined and who cancelled the club, with the trait `tier` and the number of the card."""
    start = day_number(past.start) * DAY
    members = past.members
    for event, moments in (("shop.club_joined.app", members.joined), ("shop.club_cancelled.app", members.cancelled)):
        who: Ints = np.flatnonzero((moments >= start) & (moments < LAST))
        joins = event == "shop.club_joined.app"
        tiers = [json.dumps({"tier": tier}) for tier in ("none", "silver", "gold")]
        yield Block.of(
            event,
            moments[who],
            None,
            past.keys.customer_id[who],
            other_keys=past.keys.beside(past.keys.card[who]) if joins else None,
            region=region(past, who),
            traits=pooled(tiers, (1 + members.gold[who]) if joins else np.zeros(who.size, np.int8)),
        )
