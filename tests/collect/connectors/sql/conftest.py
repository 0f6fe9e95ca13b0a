"""One PostgreSQL for these tests; each gets tables of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.collect.connectors.postgres import Postgres, running

MAPPING = """
time_zone = "UTC"

[[key]]
type = "customer"
value = "customer"

[[interaction]]
name = "order"
kind = "order"
id = ["id", "state"]
occurred_at = "at"
value = "amount"
currency = '"EUR"'
outcome = "state"
objects = { order = "id" }
"""


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """A running server."""
    with running() as found:
        found.run("create role reader login password 'reader-password'")
        yield found


@pytest.fixture
def postgres(server: Postgres) -> Postgres:
    """The server with an empty table of orders that `reader` may read."""
    server.run(
        "drop table if exists orders cascade",
        "create table orders (id bigint primary key, customer text, amount numeric(12, 2), state text, "
        "at timestamptz, updated_at timestamptz, extra jsonb)",
        "grant select on orders to reader",
        "alter role reader password 'reader-password'",
    )
    return server


def insert(server: Postgres, first: int, last: int, *, minute: int = 0) -> None:
    """Adds orders, ten to each second of change."""
    server.run(
        "insert into orders select n, 'c' || (n % 7), n + 0.10, 'new', "
        f"timestamptz '2026-04-01 10:00+02' + n * interval '1 second', "
        f"timestamptz '2026-04-01 12:00+02' + {minute} * interval '1 minute' + (n / 10) * interval '1 second', "
        f"'{{\"lines\": [1, 2]}}' from generate_series({first}, {last}) n"
    )
