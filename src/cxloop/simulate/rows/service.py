"""Contacts as rows: calls, chats with what the customer wrote, and questions before buying."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cxloop.simulate.agents import DESKS, TEAMS
from cxloop.simulate.blocks import Block, pooled
from cxloop.simulate.clock import HOUR, LAST
from cxloop.simulate.events import code
from cxloop.simulate.history import History
from cxloop.simulate.people import CHANNELS
from cxloop.simulate.rows.orders import order_number, product, region
from cxloop.simulate.rows.properties import about_customer, flag, json_objects, order_objects
from cxloop.simulate.rows.texts import advice_texts, chat_texts
from cxloop.simulate.service import REASONS

__all__ = ["service_blocks"]


def service_blocks(past: History, rng: np.random.Generator) -> Iterator[Block]:
    """Returns questions before buying, looks at the help page, and the calls and chats about orders."""
    yield _advice(past, rng)
    yield _help(past, rng)
    contact = past.bought.service
    inside = contact.asked & (contact.at < LAST)
    for desk, event in enumerate(("callcentre.call_taken.phone", "chat.chat_support.chat")):
        order = np.flatnonzero(inside & (contact.desk == desk))
        who = past.bought.customer[order]
        phone = desk == 0
        known = rng.random(order.size) < 0.6
        text, language = (None, None) if phone else chat_texts(past, rng, order)
        yield Block.of(
            event,
            contact.at[order],
            order_number(order),
            (past.keys.phone if phone else past.keys.chat)[who],
            other_keys=past.keys.beside(past.keys.customer_id[who]).where(known),
            text=text,
            language=language,
            product=product(past, order),
            region=region(past, who),
            employee=pooled(past.staff.names, contact.agent[order]),
            team=pooled(TEAMS, past.staff.team[contact.agent[order]]),
            duration_seconds=contact.talked_seconds[order],
            outcome=pooled(["open", "resolved"], contact.resolved[order]),
            objects=order_objects(past, order),
            properties=json_objects(
                {
                    "reason": (REASONS, contact.reason[order]),
                    "difficult": flag(contact.hard[order]),
                    "waited_minutes": (range(121), (contact.waited_seconds[order] // 60).astype(np.int64)),
                    **about_customer(past, who, contact.at[order]),
                }
            ),
        )


def _advice(past: History, rng: np.random.Generator) -> Block:
    """Questions in the chat within the hour before an online order."""
    bought = past.bought
    order = np.flatnonzero(bought.online & (rng.random(bought.count) < 0.04))
    who = bought.customer[order]
    text, language = advice_texts(past, rng, order)
    staff = rng.choice(np.flatnonzero(past.staff.desk == DESKS.index("chat")), order.size)
    return Block.of(
        "chat.chat_advice.chat",
        bought.placed[order] - rng.integers(600, HOUR, order.size),
        order_number(order),
        past.keys.chat[who],
        other_keys=past.keys.beside(past.keys.web[who]),
        text=text,
        language=language,
        product=product(past, order),
        region=region(past, who),
        employee=pooled(past.staff.names, staff),
        team=pooled(TEAMS, past.staff.team[staff]),
    )


def _help(past: History, rng: np.random.Generator) -> Block:
    """Half of those who get in touch look at the help page before."""
    contact = past.bought.service
    at = contact.at - rng.integers(120, 2 * HOUR, contact.at.size)
    order = np.flatnonzero(contact.asked & (at < LAST) & (rng.random(at.size) < 0.5))
    who = past.bought.customer[order]
    app = past.bought.channel[order] == CHANNELS.index("app")
    return Block.of(
        np.where(app, code("app.help_viewed.app"), code("web.help_viewed.web")).astype(np.int16),
        at[order],
        None,
        past.keys.customer_id[who],
        region=region(past, who),
    )
