"""All that happened, before it is written as rows: the record that the row modules and the truth read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cxloop.simulate.agents import Agents, agents
from cxloop.simulate.answers import Undercurrents, undercurrents
from cxloop.simulate.blocks import join
from cxloop.simulate.clock import Season, first_day
from cxloop.simulate.club import Club, club
from cxloop.simulate.keys import Keys, keys
from cxloop.simulate.moods import Moods
from cxloop.simulate.orders import Orders, simulate_orders
from cxloop.simulate.people import People, people
from cxloop.simulate.streams import Streams
from cxloop.simulate.surveys import Asked, Setting, ask_ces, ask_csat, ask_nps, review
from cxloop.simulate.world import World

__all__ = ["History", "history"]


@dataclass(frozen=True)
class History:
    """What happened, topic by topic."""

    rules: World
    start: date
    everyone: People
    keys: Keys
    staff: Agents
    bought: Orders
    moods: Moods
    members: Club
    under: Undercurrents
    nps: Asked
    csat: Asked
    ces: Asked
    reviews: Asked

    @cached_property
    def objects(self) -> Any:
        """What `objects` says of each order: the order, and the parcel of an online one."""
        numbers = np.arange(self.bought.count) + 100_000
        both = join('[["order","O', numbers, '"],["parcel","P', numbers, '"]]')
        return pc.if_else(pa.array(self.bought.online), both, join('[["order","O', numbers, '"]]'))


def history(rules: World, streams: Streams, customers: int, months: int) -> History:
    """Returns the history of a company with so many customers over so many months."""
    start = first_day(months)
    everyone = people(streams["people"], customers, start)
    staff = agents(streams["agents"], customers)
    bought = simulate_orders(streams["orders"], rules, everyone, staff, Season(start))
    moods = Moods(everyone, bought)
    members = club(streams["club"], rules, everyone, moods, start)
    under = undercurrents(streams["undercurrents"], rules, everyone)
    setting = Setting(rules, everyone, bought, members, under)
    rng = streams["surveys"]
    return History(
        rules=rules,
        start=start,
        everyone=everyone,
        keys=keys(streams["keys"], everyone),
        staff=staff,
        bought=bought,
        moods=moods,
        members=members,
        under=under,
        nps=ask_nps(rng, setting),
        csat=ask_csat(rng, setting),
        ces=ask_ces(rng, setting),
        reviews=review(streams["reviews"], setting),
    )
