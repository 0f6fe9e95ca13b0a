"""Segments at the size of a large company: the first computation, and the update after one event.

A segment of "two late parcels in 60 days and NPS below 7" over 20 million interactions of 1 million customers, some of
whom the ledger knows by several keys. Two promises: the first computation takes under 10 s, and after an event is
admitted its customer's membership is right in under 50 ms (median). The peer of the first is the plain SQL over the log
that an analyst would write, the peer of the second the same SQL for that one customer: the way without facts.

Run: python benchmarks/segments.py [interactions]
"""

from __future__ import annotations

import resource
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import duckdb
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.definitions import NothingDefined

from cxloop.core.config import Experience, Settings
from cxloop.core.host import LOCAL, Actor
from cxloop.engine.base import Engine
from cxloop.engine.catalogue import EVENT_CATALOGUE
from cxloop.engine.derivation import derive
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.store import documents
from cxloop.store.base import Store, open_store
from cxloop.unify.segments.definition import KIND
from cxloop.unify.segments.step import SEGMENTS

INTERACTIONS = 20_000_000
EACH = 20
"""Interactions of a customer."""
MOST_SECONDS = 10.0
MOST_UPDATE_SECONDS = 0.05
EVENTS = 30
CHUNK = 1_000_000
NOW = datetime(2026, 1, 1)
NAME = "late_and_unhappy"
WHERE = 'count(kind == "delivery" and outcome == "late", within="60d") >= 2 and latest(score, metric == "nps") < 7'

# A tenth are parcels, every fifth of them late; a twentieth are answers to the NPS question.
GENERATE = """
    select
        (hash(i) >> 1)::bigint as interaction_id, 'm' || i as message_id, i as content_hash, 1 as batch,
        timestamp '2025-01-01' + interval (i * 31536000 // $interactions) second as occurred_at,
        occurred_at as received_at, occurred_at as known_at, i as ordinal, 'shop' as source,
        case when hash(i + 1) % 100 < 10 then 'delivery' when hash(i + 1) % 100 < 15 then 'answer'
            when hash(i + 1) % 100 < 25 then 'order' else 'touch' end as kind,
        (hash(i + 1) % 40)::integer as event_code, (1 + hash(i + 2) % $keys)::bigint as key_id,
        case when kind = 'delivery' then case when hash(i + 3) % 5 = 0 then 'late' else 'on time' end end as outcome,
        case when kind = 'answer' then 'nps' end as metric,
        case when kind = 'answer' then (hash(i + 4) % 11)::double end as score,
        case when kind = 'order' then (hash(i + 5) % 20000) / 100.0 end as value
    from range($first, $last) as numbers(i)
"""
KEYS = "select 1 + i as key_id, 'shop' as namespace, 'user_id' as type, 'user-' || i as value from range($keys) as n(i)"
# Every tenth customer is known by two keys.
OWNERS = """
    select unnest([i, i + 1]) as key_id, i as customer_id, timestamp '2025-01-01' as since, 1 as changed
    from range(1, $keys, 10) as n(i)
"""
LEDGER = """
    select 1 as entry_id, 1 as decision_id, 'link' as action, 'person' as evidence, 'accepted' as state,
        timestamp '2025-01-01' as known_at, timestamp '2025-01-01' as decided_at, 'benchmark' as author
"""
BY_HAND = """
    select customer_id from (
        select coalesce(m.customer_id, i.key_id) as customer_id,
            count(*) filter (
                where kind = 'delivery' and outcome = 'late' and occurred_at > $now - interval 60 day
            ) as late,
            arg_max(score, occurred_at) filter (where metric = 'nps' and score is not null) as nps
        from interactions as i
        left join customer_keys as m on m.key_id = i.key_id and m.until is null
        where i.traffic is null and i.occurred_at <= $now {only}
        group by 1
    )
    where late >= 2 and nps < 7
"""


@dataclass
class Workspace(NothingDefined):
    """What unify sees of a workspace."""

    path: Path
    engine: DuckDBEngine
    store: Store
    settings: Settings = field(default_factory=Settings)
    experience: Experience = field(default_factory=Experience)
    as_of: datetime = NOW
    actor: Actor = LOCAL
    heavy: AbstractContextManager[object] = field(default_factory=nullcontext)

    @property
    def progress(self) -> Callable[[str, float | None], None]:
        """Nobody watches."""
        return lambda _what, _share: None

    def now(self) -> datetime:
        """The moment of the benchmark."""
        return self.as_of


def fill(engine: Engine, interactions: int) -> int:
    """Writes a year of interactions in order of time; returns the number of keys."""
    keys = interactions // EACH
    with duckdb.connect() as source:
        engine.append("keys", source.sql(KEYS, params={"keys": keys}).to_arrow_table())
        engine.append("customer_keys", source.sql(OWNERS, params={"keys": keys}).to_arrow_table())
        engine.append("identity_links", source.sql(LEDGER).to_arrow_table())
        for first in range(0, interactions, CHUNK):
            last = min(first + CHUNK, interactions)
            values = {"first": first, "last": last, "interactions": interactions, "keys": keys}
            engine.append("interactions", source.sql(GENERATE, params=values).to_arrow_table())
    return keys


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Returns the seconds that a run took, and its result."""
    start = perf_counter()
    result = run()
    return perf_counter() - start, result


def by_hand(ws: Workspace, customer: int | None = None) -> set[int]:
    """Returns the members by SQL over the log: all, or whether one customer is among them."""
    cursor, only = ws.engine.cursor(), ""
    if customer is not None:
        only = (
            f"and (i.key_id = {customer} or i.key_id in (select key_id from customer_keys "
            f"where customer_id = {customer} and until is null))"
        )
    return {row[0] for row in cursor.execute(BY_HAND.format(only=only), {"now": ws.as_of}).fetchall()}


def members(ws: Workspace) -> set[int]:
    """Returns the members by the segment's table."""
    rows = ws.engine.cursor().execute("select customer_id from segment_members where until is null").fetchall()
    return {row[0] for row in rows}


def update(ws: Workspace, place: int, keys: int) -> tuple[float, float, float, float, bool]:
    """Admits an event; returns seconds of admission, update, its processor time and the peer; whether all is right."""
    ws.as_of += timedelta(seconds=20)
    key = 3 + 7919 * place % (keys - 10)
    row = {
        "message_id": f"live {place}",
        "source": "shop",
        "occurred_at": ws.as_of,
        "key_namespace": "shop",
        "key_type": "user_id",
        "key_value": f"user-{key - 1}",
        "known_at": ws.as_of,
        **({"kind": "delivery", "outcome": "late"} if place % 2 else {"kind": "answer", "metric": "nps", "score": 3.0}),
    }
    admitted, _ = timed(lambda: ws.engine.admit(pa.Table.from_pylist([row]), now=ws.as_of))
    derive(ws, EVENT_CATALOGUE, now=ws.as_of)
    started = process_time()
    updated, _ = timed(lambda: derive(ws, SEGMENTS, now=ws.as_of))
    processor = process_time() - started
    found = ws.engine.cursor().execute(
        "select coalesce(max(customer_id), $key) from customer_keys where key_id = $key and until is null", {"key": key}
    )
    customer = int(found.fetchall()[0][0])
    peer, expected = timed(lambda: by_hand(ws, customer))
    return admitted, updated, processor, peer, (customer in expected) == (customer in members(ws))


def main(interactions: int = INTERACTIONS) -> int:
    """Prints times, ratios and verdicts; returns 1 where a promise is broken."""
    with tempfile.TemporaryDirectory() as folder:
        ws = Workspace(Path(folder), DuckDBEngine(Path(folder) / "analytics"), open_store(Path(folder) / "app.sqlite"))
        seconds, keys = timed(lambda: fill(ws.engine, interactions))
        print(f"{interactions:,} interactions of {keys:,} keys written in {seconds:.0f} s", flush=True)
        documents.save(ws.store, KIND, NAME, {"where": WHERE, "about": ""}, author_id=None)
        peer, expected = timed(lambda: by_hand(ws))
        first, _ = timed(lambda: derive(ws, SEGMENTS, now=ws.as_of))
        again, _ = timed(lambda: by_hand(ws))
        found = members(ws)
        facts = ws.engine.count("segment_facts")
        print(f"{len(found):,} members by {facts:,} facts; the same by hand: {'yes' if found == expected else 'NO'}")
        print(
            f"first computation {first:.2f} s; SQL by hand {min(peer, again):.2f} s ({first / min(peer, again):.1f} x)"
        )
        runs = [update(ws, place, keys) for place in range(EVENTS)][2:]
        ws.engine.close()
        ws.store.close()
    admitted, updated, processor, one = (median(run[place] for run in runs) for place in range(4))
    worst = max(run[1] for run in runs)
    right = found == expected and all(run[4] for run in runs)
    print(
        f"update {updated * 1000:.0f} ms (worst {worst * 1000:.0f} ms) after an admission of {admitted * 1000:.0f} ms"
    )
    print(f"processor time of an update: {processor * 1000:.0f} ms")
    print(f"the customer's membership by SQL over the log: {one * 1000:.0f} ms ({one / updated:.1f} times the update)")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB")
    return verdict(first, updated, right=right, size=f"{keys:,} keys, {interactions:,} interactions")


def verdict(first: float, updated: float, *, right: bool, size: str) -> int:
    """Prints the promises; returns 1 where one is broken."""
    promises = [
        (
            right and first < MOST_SECONDS,
            f"a segment is computed in {first:.1f} s (under {MOST_SECONDS:.0f} s; {size})",
        ),
        (
            right and updated < MOST_UPDATE_SECONDS,
            f"after an event it is right in {updated * 1000:.0f} ms (under {MOST_UPDATE_SECONDS * 1000:.0f} ms)",
        ),
    ]
    for held, sentence in promises:
        print(f"{'PASS' if held else 'FAIL'}  {sentence}")
    return 0 if all(held for held, _ in promises) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else INTERACTIONS))
