"""NPS by channel and week over 10 million answers: cxloop against SQL written by hand on the same tables.

The hand-written query returns the same numbers: n, the score and the sums over customers that a clustered interval
needs. The promise is at most 1.5 times its time. The plainest possible query (counts only, no clustering) is timed
beside it, so that nobody has to guess what honest intervals cost.

Then a fifth of the keys is merged into others by the identity ledger. Counting customers and not keys may take 1.3
times as much work, in seconds of the processor: the difference is small, and would drown in what else a machine does.

Run: python benchmarks/nps_query.py [answers]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.definitions import NothingDefined

from cxloop.core.config import Experience, Settings
from cxloop.core.results import Estimate, Estimates
from cxloop.engine.base import Engine
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.measure import verbs

ANSWERS = 10_000_000
LIMIT = 1.5
LEDGER_LIMIT = 1.3
ROUNDS = 5
CHUNK = 1_000_000

GENERATE = """
    select
        (hash(i) >> 1)::bigint as interaction_id, i::varchar as message_id, i as content_hash, 1 as batch,
        timestamp '2025-01-01' + interval (i * 31536000 // $answers) second as occurred_at,
        occurred_at as received_at, occurred_at as known_at, i as ordinal, 'survey' as source, 'answer' as kind,
        (hash(i + 1) % 40)::integer as event_code, (hash(i + 2) % ($answers // 5))::bigint as key_id, 'nps' as metric,
        [0, 3, 5, 6, 7, 7, 8, 8, 9, 9, 9, 10, 10, 10][1 + (hash(i + 3) % 14)::integer]::double as score,
        0.0::double as scale_min, 10.0::double as scale_max
    from range($first, $last) as numbers(i)
"""
CATALOGUE = """
    select i::integer as event_code, null::varchar as touchpoint,
        ['web', 'app', 'email', 'phone', 'store', 'parcel'][1 + i % 6] as channel, null::varchar as stage
    from range(40) as numbers(i)
"""
LEDGER = """
    select
        k::bigint as key_id, (case when k % 5 = 1 then k - 1 else k end)::bigint as customer_id,
        timestamp '2025-01-01' as since, null::timestamp as until, 1::bigint as changed
    from range($keys) as keys(k)
"""
BY_HAND = """
    select
        channel, week, sum(answers) as n, 100.0 * (sum(promoters) - sum(detractors)) / sum(answers) as nps,
        count(*) as customers, sum((promoters - detractors) ^ 2) as total_squares,
        sum((promoters - detractors) * answers) as total_sizes, sum(answers * answers) as size_squares
    from (
        select channel, date_trunc('week', occurred_at) as week, key_id, count(*) as answers,
            count(*) filter (where score >= 9) as promoters, count(*) filter (where score <= 6) as detractors
        from interactions left join event_catalogue using (event_code)
        where metric = 'nps' and score between 0 and 10
        group by channel, week, key_id
    )
    group by channel, week
"""
PLAINEST = """
    select channel, date_trunc('week', occurred_at) as week, count(*) as n,
        100.0 * (count(*) filter (where score >= 9) - count(*) filter (where score <= 6)) / count(*) as nps
    from interactions left join event_catalogue using (event_code)
    where metric = 'nps'
    group by channel, week
"""


@dataclass
class Workspace(NothingDefined):
    """What a quiet part sees of a workspace."""

    engine: Engine
    settings: Settings = field(default_factory=Settings)
    experience: Experience = field(default_factory=Experience)
    as_of: datetime = datetime(2026, 1, 1)

    @property
    def progress(self) -> Callable[[str, float | None], None]:
        """Nobody watches."""
        return lambda _what, _share: None


def fill(engine: Engine, answers: int) -> None:
    """Writes the answers of a year, in order of time, five per customer."""
    with duckdb.connect() as source:
        engine.append("event_catalogue", source.sql(CATALOGUE).to_arrow_table())
        for first in range(0, answers, CHUNK):
            values = {"first": first, "last": min(first + CHUNK, answers), "answers": answers}
            engine.append("interactions", source.sql(GENERATE, params=values).to_arrow_table())


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Returns the seconds that a run took, and its result."""
    start = perf_counter()
    result = run()
    return perf_counter() - start, result


def same(estimates: Estimates, by_hand: pa.Table) -> bool:
    """Whether cxloop's n and scores are those of the query written by hand."""
    expected = {(row["channel"], row["week"].date()): row for row in by_hand.to_pylist()}
    found = {(row.group[0], row.period): row.result for row in estimates.rows}
    return found.keys() == expected.keys() and all(
        isinstance(number, Estimate)
        and number.n == expected[place]["n"]
        and number.customers == expected[place]["customers"]
        and np.isclose(number.value, expected[place]["nps"])
        for place, number in found.items()
    )


def ledger_ratio(ws: Workspace, answers: int) -> float:
    """Returns how many times the processor's seconds NPS takes with a fifth of the keys merged as with none."""
    with duckdb.connect() as source:
        merged = source.sql(LEDGER, params={"keys": answers // 5}).to_arrow_table()
    seconds: dict[int, list[float]] = {0: [], merged.num_rows: []}
    for _ in range(ROUNDS + 1):
        for rows, times in seconds.items():
            ws.engine.replace("customer_keys", merged.slice(0, rows), whole=True)
            start = process_time()
            verbs.nps(ws, by=("channel",), every="week")
            times.append(process_time() - start)
    without, with_ledger = (median(times[1:]) for times in seconds.values())  # the first is for the caches
    return with_ledger / without


def main(answers: int = ANSWERS) -> int:
    """Prints times and ratios; returns 1 where a promise is broken."""
    with tempfile.TemporaryDirectory() as folder:
        engine = DuckDBEngine(Path(folder) / "analytics")
        seconds, _ = timed(lambda: fill(engine, answers))
        print(f"{answers:,} answers written in {seconds:.1f} s")
        ws = Workspace(engine)
        times: dict[str, list[float]] = {"cxloop": [], "by hand": [], "plainest": []}
        runs: dict[str, Callable[[], Any]] = {
            "cxloop": lambda: verbs.nps(ws, by=("channel",), every="week"),
            "by hand": lambda: engine.cursor().sql(BY_HAND).to_arrow_table(),
            "plainest": lambda: engine.cursor().sql(PLAINEST).to_arrow_table(),
        }
        results = {name: run() for name, run in runs.items()}  # once for the caches
        for _ in range(ROUNDS):  # taking turns: a busy machine is busy for all
            for name, run in runs.items():
                times[name].append(timed(run)[0])
        kept = report(times, same(results["cxloop"], results["by hand"]))
        ratio = ledger_ratio(ws, answers)
        engine.close()
    quick = ratio <= LEDGER_LIMIT
    told = f"with a fifth of the keys merged: {ratio:.2f} times the work as with none (at most {LEDGER_LIMIT})"
    print(f"{'PASS' if quick else 'FAIL'}  {told}")
    return 0 if kept and quick else 1


def report(times: dict[str, list[float]], equal: bool) -> bool:
    """Prints the times and the verdict; returns whether the promise is kept."""
    typical = {name: median(each) for name, each in times.items()}
    for name, seconds in typical.items():
        print(f"{name:<10}{seconds:8.3f} s")
    ratio, plain = typical["cxloop"] / typical["by hand"], typical["cxloop"] / typical["plainest"]
    print(f"the same numbers: {'yes' if equal else 'NO'}")
    print(f"against counts only, without what intervals need: {plain:.2f} times")
    passed = equal and ratio <= LIMIT
    print(
        f"{'PASS' if passed else 'FAIL'}  NPS by channel and week: {ratio:.2f} times hand-written SQL (at most {LIMIT})"
    )
    return passed


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ANSWERS))
