"""A workspace whose log holds orders of customers who do what the models say, and members of a club."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from cxloop.core.config import Experience, Settings
from cxloop.core.contracts import Contract
from cxloop.engine.base import Engine
from cxloop.engine.duckdb.engine import DuckDBEngine

START, DAYS = datetime(2024, 1, 1, 12), 730
CLUB = Contract(name="club", joined='name == "joined"', cancelled='name == "left"', every="month", fee=5.0)


@dataclass
class Shop:
    """What a quiet part sees, with a way to write orders and memberships."""

    engine: Engine
    settings: Settings = field(default_factory=Settings)
    experience: Experience = field(default_factory=lambda: Experience(contract=(CLUB,)))
    as_of: datetime = START + timedelta(days=DAYS)
    written: int = 0

    @property
    def progress(self) -> Callable[[str, float | None], None]:
        """Nobody watches."""
        return lambda _what, _share: None

    def at(self, moment: datetime) -> Shop:
        """The same as seen at another moment."""
        return replace(self, as_of=moment)

    def write(self, customers: Any, days: Any, values: Any = 20.0, **columns: Any) -> None:
        """Writes an order of each customer on each day since the start; other columns are the same for all."""
        days = np.asarray(days, float)
        n = days.size
        numbers = np.arange(self.written, self.written + n)
        self.written += n
        moments = pa.array([START + timedelta(days=float(day)) for day in days], pa.timestamp("us"))
        usual = {"source": "shop", "kind": "order", "event_code": 0, "batch": 1, "currency": "EUR", **columns}
        rows: dict[str, Any] = {
            "interaction_id": numbers,
            "message_id": [str(number) for number in numbers],
            "content_hash": numbers,
            "ordinal": numbers,
            "occurred_at": moments,
            "received_at": moments,
            "known_at": moments,
            "key_id": np.asarray(customers),
            "value": np.broadcast_to(np.asarray(values, float), n),
            **{
                name: pa.array([value] * n) if not isinstance(value, pa.Array) else value
                for name, value in usual.items()
            },
        }
        self.engine.append("interactions", pa.table(rows))

    def member(self, customer: int, *events: tuple[str, float]) -> None:
        """Writes that somebody joined or left the club, so many days after the start."""
        codes = {"joined": 1, "left": 2}
        for name, day in events:
            self.write([customer], [day], 0.0, kind="touch", event_code=codes[name], currency=None)


def buyers(n: int, seed: int, *, first: int = 0, leave: float = 3.0) -> tuple[Any, Any, Any]:
    """Customers, days and amounts of orders as the models have them; a larger `leave` keeps customers longer."""
    rng = np.random.default_rng(seed)
    rate, chance = rng.gamma(1.2, 1 / 40.0, n), rng.beta(0.9, leave, n)
    level = rng.gamma(4.0, 1 / 60.0, n)
    at, active = rng.uniform(0, DAYS - 90, n), np.arange(n)
    found = []
    while active.size:
        found.append(np.stack([active + first, at[active], rng.gamma(6.0, 1 / level[active])]))
        at[active] += np.maximum(rng.exponential(1 / np.maximum(rate[active], 1e-6)), 1.0)
        active = active[(rng.random(active.size) > chance[active]) | (found[-1][1] < 0)] if len(found) > 1 else active
        active = active[at[active] < DAYS - 1]
    customers, days, values = np.concatenate(found, axis=1)
    return customers.astype(np.int64), days, np.round(values, 2)


def opened(folder: Any) -> Shop:
    """An empty shop whose catalogue knows the events of the club."""
    shop = Shop(DuckDBEngine(folder / "analytics"))
    events = [(0, "order_placed"), (1, "joined"), (2, "left")]
    rows = [{"event_code": code, "source": "shop", "kind": "touch", "name": name} for code, name in events]
    shop.engine.append("event_codes", pa.Table.from_pylist(rows))
    catalogue = [{"event_code": code, "touchpoint": None, "channel": None, "stage": None} for code, _ in events]
    shop.engine.append("event_catalogue", pa.Table.from_pylist(catalogue))
    return shop


@pytest.fixture
def empty(tmp_path: Any) -> Iterator[Shop]:
    """A shop without orders."""
    shop = opened(tmp_path)
    yield shop
    shop.engine.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop of 1,500 customers, in two regions that differ in how long customers stay."""
    made = opened(tmp_path_factory.mktemp("shop"))
    for region, seed, first, leave in (("DE", 1, 1, 6.0), ("FR", 2, 100_001, 1.5)):
        made.write(*buyers(750, seed, first=first, leave=leave), region=region)
    yield made
    made.engine.close()
