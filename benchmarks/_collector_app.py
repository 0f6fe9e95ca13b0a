"""An app process in which somebody's query runs again and again: the directly-follows graph of 20 million rows.

Run by benchmarks/collector.py: FOLDER PORT. It is the app process of `cxloop serve`, loader and all; only a thread is
added, which makes the rows in the workspace's engine, prints "ready", and then a line for each finished query.
"""

from __future__ import annotations

import sys
import threading
import time

from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.entry import process
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import Workspace

ROWS = 20_000_000
MAKE = """
create temp table events as
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


class Busy(LocalHost):
    """The host of the app process, with the query beside it."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        threading.Thread(target=self._query, daemon=True).start()

    def _query(self) -> None:
        engine = self.workspace.engine
        assert isinstance(engine, DuckDBEngine)
        cursor = engine.cursor()
        cursor.execute(MAKE.format(rows=ROWS)).fetchall()
        print("ready", flush=True)
        while True:
            began = time.perf_counter()
            cursor.execute(GAPS).fetchall()
            cursor.execute(GRAPH).fetchall()
            print(f"{time.perf_counter() - began:.2f}", flush=True)


if __name__ == "__main__":
    vars(process)["LocalHost"] = Busy
    sys.exit(process.main([sys.argv[1], "127.0.0.1", sys.argv[2], "1"]))
