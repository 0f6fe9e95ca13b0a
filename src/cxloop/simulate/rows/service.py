"""Contacts as rows: calls, chats with what the customer wrote, and questions before buying."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cxloop.simulate.agents import TEAMS
from cxloop.simulate.blocks import Block, pooled
from cxloop.simulate.clock import DAY, day_number
from cxloop.simulate.history import History
from cxloop.simulate.rows.orders import order_number, product, region
from cxloop.simulate.rows.properties import about_customer, flag, json_objects, order_objects
from cxloop.simulate.rows.texts import chat_texts
from cxloop.simulate.service import REASONS
from cxloop.simulate.world import END

__all__ = ["service_blocks"]

_LAST = day_number(END) * DAY


def service_blocks(past: History, rng: np.random.Generator) -> Iterator[Block]:
    """Returns the calls and chats about orders."""
    contact = past.bought.service
    inside = contact.asked & (contact.at < _LAST)
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
