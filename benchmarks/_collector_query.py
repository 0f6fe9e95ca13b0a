"""Runs the directly-follows graph of 20 million rows again and again, as an app process under load would.

Run by benchmarks/collector.py: prints "ready" once the rows are there, then a line for each finished query.
"""

from __future__ import annotations

import time

import duckdb

ROWS = 20_000_000
MAKE = """
create table events as
select (hash(i) % 4_000_000)::int as journey, (hash(i * 7) % 40)::int as touchpoint,
    make_timestamp(1_700_000_000_000_000 + (hash(i * 13) % 31_536_000_000_000)::bigint) as moment
from range({rows}) as rows(i)
"""
GAPS = """
create or replace temp table gaps as
select touchpoint as a, lead(touchpoint) over w as b, epoch_us(lead(moment) over w) - epoch_us(moment) as gap
from events window w as (partition by journey order by moment)
"""
GRAPH = "select a, b, count(*), sum(gap), median(gap) from gaps where b is not null group by all"
"""Query c1 in its window form: the heavier one, for a table that is in no order."""


def main() -> None:
    """Makes the rows, and runs the query until told to stop."""
    connection = duckdb.connect(config={"memory_limit": "4GB"})
    connection.execute(MAKE.format(rows=ROWS))
    print("ready", flush=True)
    while True:
        began = time.perf_counter()
        connection.execute(GAPS)
        connection.execute(GRAPH).fetchall()
        print(f"{time.perf_counter() - began:.2f}", flush=True)


if __name__ == "__main__":
    main()
