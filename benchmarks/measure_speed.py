"""Measures over 20 million interactions: the product's verbs against SQL written by hand on the same DuckDB file.

Each pair gives the same numbers, which is checked first; then they take turns, so that a busy machine is busy for both.
The queries by hand count what honest intervals need as well (customers, and sums over them), and know customers by the
ledger as the product does; they are what somebody writes who knows the tables. The product also looks whether all
answers are on one scale, and remembers it until something is written: the first run of each pair, which is not timed,
does that. The limit is 1.3 times their time:

* NPS and CSAT by segment and week, and by channel and week,
* the response funnel of a survey by channel, with its total, the reasons of those who were not asked, and its pages,
* the retention matrix by month.

Then a dashboard of 12 tiles over the last three months: it opens from kept results in under 300 ms, and after something
new has come in, all of its tiles are renewed in the background in under 5 s.

Run: python benchmarks/measure_speed.py [interactions]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import Any

import duckdb
import numpy as np

from cxloop.core.config import Experience, Settings
from cxloop.core.defined import Defined
from cxloop.core.results import Estimate, Estimates
from cxloop.engine.base import Engine
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.measure import verbs

INTERACTIONS = 20_000_000
LIMIT = 1.3
OPENS, RENEWS = 0.3, 5.0
ROUNDS = 5
CHUNK = 1_000_000
EACH = 20
"""Interactions of a customer."""
NOW = datetime(2026, 1, 1)
SEGMENT, SURVEY = "regulars", "relation"

# Of 40 event codes: 0 to 9 survey events, 10 to 13 NPS, 14 to 17 CSAT, 18 to 25 orders, the rest touches.
GENERATE = f"""
    select
        (hash(i) >> 1)::bigint as interaction_id, 'm' || i as message_id, i as content_hash, 1 as batch,
        timestamp '2025-01-01' + interval (i * 31536000 // $interactions) second as occurred_at,
        occurred_at as received_at, occurred_at as known_at, i as ordinal, 'shop' as source,
        (hash(i + 1) % 40)::integer as event_code, (1 + hash(i + 2) % $keys)::bigint as key_id,
        case when event_code < 10 then 'survey' when event_code < 18 then 'answer' when event_code < 26 then 'order'
            else 'touch' end as kind,
        case when event_code between 10 and 13 then 'nps' when event_code between 14 and 17 then 'csat' end as metric,
        case
            when event_code between 10 and 13
                then [0, 3, 5, 6, 7, 7, 8, 8, 9, 9, 10, 10][1 + (hash(i + 3) % 12)::integer]
            when event_code between 14 and 17 then [1, 2, 3, 4, 4, 5, 5, 5][1 + (hash(i + 3) % 8)::integer]
        end::double as score,
        case when event_code between 10 and 13 then 0.0 when event_code between 14 and 17 then 1.0 end as scale_min,
        case when event_code between 10 and 13 then 10.0 when event_code between 14 and 17 then 5.0 end as scale_max,
        case when event_code < 10 then '{SURVEY}' end as survey_id,
        case when event_code < 10 then 'wave-1' end as campaign,
        case when event_code in (0, 1, 2) then case when hash(i + 4) % 3 = 0 then 'quarantine' else 'asked' end end
            as outcome,
        case when event_code between 18 and 25 then (hash(i + 5) % 20000) / 100.0 end as value
    from range($first, $last) as numbers(i)
"""
CODES = """
    select i::integer as event_code, 'shop' as source,
        case when i < 10 then 'survey' when i < 18 then 'answer' when i < 26 then 'order' else 'touch' end as kind,
        case when i < 3 then 'survey_sampled' when i < 5 then 'survey_sent' when i = 5 then 'survey_delivered'
            when i = 6 then 'survey_opened' when i = 7 then 'survey_started' when i = 8 then 'survey_finished'
            when i = 9 then 'survey_bounced' else 'event-' || i end as name
    from range(40) as numbers(i)
"""
CATALOGUE = """
    select i::integer as event_code, null::varchar as touchpoint,
        ['web', 'app', 'email', 'phone', 'store', 'parcel'][1 + i % 6] as channel, null::varchar as stage
    from range(40) as numbers(i)
"""
KEYS = "select 1 + i as key_id, 'shop' as namespace, 'user_id' as type, 'user-' || i as value from range($keys) as n(i)"
# Every tenth customer is known by two keys.
OWNERS = """
    select unnest([i, i + 1]) as key_id, i as customer_id, timestamp '2025-01-01' as since, 1 as changed
    from range(1, $keys, 10) as n(i)
"""
MEMBERS = f"""
    select '{SEGMENT}' as segment, i as customer_id, timestamp '2025-01-01' as since
    from range(1, $keys + 1) as n(i)
    where hash(i) % 4 = 0 and i % 10 <> 2
"""

HELD = "left join (select key_id, customer_id from customer_keys where until is null and customer_id <> key_id) as k"
SUMS = """
    select part, week, sum(answers) as n, sum(total) as total, count(*) as customers,
        sum(total * total) as total_squares, sum(total * answers) as total_sizes, sum(answers * answers) as size_squares
    from (
        select {part} as part, date_trunc('week', i.occurred_at)::date as week,
            coalesce(k.customer_id, i.key_id) as customer, count(*) as answers,
            {total} as total
        from interactions as i {held} on k.key_id = i.key_id {join}
        where i.metric = '{metric}' and i.score between {low} and {high} and i.traffic is null
        group by all
    )
    group by part, week
"""
MEMBER_KEYS = f"""
    left join (
        select o.key_id from customer_of as o
        inner join segment_members as m on m.customer_id = o.customer_id
        where m.segment = '{SEGMENT}' and m.until is null
    ) as s on s.key_id = i.key_id
"""
PARTS = {
    "segment": (f"case when s.key_id is null then 'not in {SEGMENT}' else 'in {SEGMENT}' end", MEMBER_KEYS),
    "channel": ("c.channel", "left join event_catalogue as c on c.event_code = i.event_code"),
}
NPS_TOTAL = "count(*) filter (where i.score >= 9) - count(*) filter (where i.score <= 6)"
TOTALS = {"nps": (NPS_TOTAL, 0, 10), "csat": ("count(*) filter (where i.score >= 4)", 1, 5)}
INVITED = "i.campaign like 'wave-%'"
STEPS = {
    **{name: f"e.name = 'survey_{name}'" for name in ("sampled", "sent", "bounced", "delivered", "reminded")},
    **{name: f"e.name = 'survey_{name}' and {INVITED}" for name in ("opened", "started", "finished", "screened")},
    "asked": "e.name = 'survey_sampled' and i.outcome = 'asked'",
    "came": f"e.name = 'survey_started' and coalesce(not {INVITED}, true)",
    "completed": f"e.name = 'survey_finished' and coalesce(not {INVITED}, true)",
}
COUNTED = ", ".join(f"count(*) filter (where {holds}) as {name}" for name, holds in STEPS.items())
EVENTS = ", ".join(
    f"'survey_{name}'"
    for name in ("sampled", "sent", "bounced", "delivered", "reminded", "opened", "started", "finished", "screened")
)
# One pass for the channels and one for the total, where a customer counts once, then the reasons.
FUNNEL = """
    select channel, {steps}, count(*) as customers
    from (
        select {channel} as channel, coalesce(k.customer_id, i.key_id) as customer, {counted}
        from interactions as i
        inner join event_codes as e on e.event_code = i.event_code
        left join event_catalogue as c on c.event_code = i.event_code {held} on k.key_id = i.key_id
        where i.survey_id = '{survey}' and i.traffic is null and coalesce(i.properties->>'left_out', 'false') <> 'true'
            and e.name in ({names})
        group by all
    ) as c
    group by all
"""
REASONS = f"""
    select i.outcome, count(*) as n, count(distinct i.key_id) as customers
    from interactions as i inner join event_codes as e on e.event_code = i.event_code
    where i.survey_id = '{SURVEY}' and e.name = 'survey_sampled' and i.traffic is null
    group by 1
"""
RESPONSES = f"""
    select count(*) as responses, count(*) filter (where finished) as finished, count(*) filter (where left_out) as out
    from (
        select i.response_id, bool_or(e.name = 'survey_finished') as finished,
            bool_or(coalesce(i.properties->>'left_out', 'false') = 'true') as left_out
        from interactions as i inner join event_codes as e on e.event_code = i.event_code
        where i.survey_id = '{SURVEY}' and i.response_id is not null and i.traffic is null
        group by 1
    )
"""
PAGES = f"""
    select i.properties->>'page' as page, count(distinct i.response_id) as responses,
        avg(try_cast(i.properties->>'seconds' as double)) as seconds
    from interactions as i inner join event_codes as e on e.event_code = i.event_code
    where i.survey_id = '{SURVEY}' and e.name = 'survey_page' and i.traffic is null
    group by 1
"""
RETENTION = f"""
    select cohort, active, count(*) as customers
    from (
        select customer, active, min(active) over (partition by customer) as cohort
        from (
            select distinct coalesce(k.customer_id, i.key_id) as customer,
                date_trunc('month', i.occurred_at)::date as active
            from interactions as i {HELD} on k.key_id = i.key_id
            where i.kind = 'order' and i.traffic is null and i.key_id is not null
        )
    )
    group by all
"""


@dataclass
class Workspace:
    """What a quiet part sees of a workspace."""

    engine: Engine
    settings: Settings = field(default_factory=Settings)
    experience: Experience = field(default_factory=Experience)
    as_of: datetime = NOW

    @property
    def progress(self) -> Callable[[str, float | None], None]:
        """Nobody watches."""
        return lambda _what, _share: None

    def defined(self, _kind: str) -> Mapping[str, Defined]:
        """Nobody has defined anything."""
        return {}

    def defined_before(self, _kind: str, name: str, _version: int) -> Defined:
        """Nobody has defined anything."""
        raise KeyError(name)


@dataclass(frozen=True)
class Pair:
    """One promise: the verb, the same by hand, and whether the numbers are the same."""

    title: str
    product: Callable[[], Any]
    by_hand: Callable[[], Any]
    same: Callable[[Any, Any], bool]


def fill(engine: Engine, interactions: int) -> None:
    """Writes a year of interactions in order of time, with ledger, catalogue and a segment."""
    keys = {"keys": interactions // EACH}
    with duckdb.connect() as source:
        engine.append("keys", source.sql(KEYS, params=keys).to_arrow_table())
        engine.append("customer_keys", source.sql(OWNERS, params=keys).to_arrow_table())
        engine.append("segment_members", source.sql(MEMBERS, params=keys).to_arrow_table())
        engine.append("event_codes", source.sql(CODES).to_arrow_table())
        engine.append("event_catalogue", source.sql(CATALOGUE).to_arrow_table())
        segment = f"select '{SEGMENT}' as segment, 1 as version, '' as definition, '' as digest"
        engine.append("segments", source.sql(segment).to_arrow_table())
        for first in range(0, interactions, CHUNK):
            last = min(first + CHUNK, interactions)
            values = {"first": first, "last": last, "interactions": interactions, **keys}
            engine.append("interactions", source.sql(GENERATE, params=values).to_arrow_table())


def split(metric: str, by: str) -> str:
    """Returns the query of a metric by something and week, written by hand."""
    part, join = PARTS[by]
    total, low, high = TOTALS[metric]
    return SUMS.format(part=part, join=join, total=total, low=low, high=high, metric=metric, held=HELD)


def same_estimates(found: Estimates, rows: Sequence[Mapping[str, Any]], unit: float) -> bool:
    """Whether values, n and customers are those of the query by hand."""
    expected = {(row["part"], row["week"]): row for row in rows}
    given = {(row.group[0], row.period): row.result for row in found.rows}
    return given.keys() == expected.keys() and all(
        isinstance(number, Estimate)
        and (number.n, number.customers) == (expected[place]["n"], expected[place]["customers"])
        and bool(np.isclose(number.value, unit * float(expected[place]["total"] / expected[place]["n"])))
        for place, number in given.items()
    )


def same_funnel(found: Any, rows: Sequence[Sequence[Mapping[str, Any]]]) -> bool:
    """Whether the steps of all channels and of the total are those of the queries by hand."""
    channels, total, reasons, *_ = rows

    def steps(patterns: Sequence[Mapping[str, Any]]) -> list[int]:
        return [sum(row[name] * row["customers"] for row in patterns) for name in ("sampled", "asked", "sent")]

    shown = (*found.channels, found.total)
    given = {item.channel: [step.n or 0 for step in item.steps[:3]] or [0, 0, 0] for item in shown}
    expected = {
        name: steps([row for row in channels if row["channel"] == name])
        for name in sorted({row["channel"] for row in channels})
    }
    expected[None] = steps(total)
    return given == expected and dict(found.reasons) == {row["outcome"]: row["n"] for row in reasons}


def same_retention(found: Any, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the sizes of cohorts and the shares of their first months after are those of the query by hand."""
    by_hand = {(row["cohort"], row["active"]): row["customers"] for row in rows}
    for cohort in found.cohorts:
        size = by_hand[(cohort.start, cohort.start)]
        months = sorted(at for start, at in by_hand if start == cohort.start and at > cohort.start)
        given = [number.value for number in cohort.cells if isinstance(number, Estimate)]
        expected = [by_hand[(cohort.start, at)] / size for at in months[: len(given)]]
        if cohort.customers != size or not np.allclose(given, expected):
            return False
    return bool(found.cohorts)


def pairs(ws: Workspace) -> list[Pair]:
    """Returns what is promised."""
    engine = ws.engine
    assert isinstance(engine, DuckDBEngine)

    def rows(sql: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = engine.cursor().sql(sql).to_arrow_table().to_pylist()
        return found

    def funnel() -> list[list[dict[str, Any]]]:
        steps, shape = ", ".join(STEPS), {"counted": COUNTED, "held": HELD, "survey": SURVEY, "names": EVENTS}
        by_channel = FUNNEL.format(channel="c.channel", steps=steps, **shape)
        total = FUNNEL.format(channel="null", steps=steps, **shape)
        return [rows(by_channel), rows(total), rows(REASONS), rows(PAGES), rows(RESPONSES)]

    def metric(name: str, by: str) -> Pair:
        verb, dimension = {"nps": verbs.nps, "csat": verbs.csat}[name], f"segment.{SEGMENT}" if by == "segment" else by
        return Pair(
            f"{name.upper()} by {by} and week",
            lambda: verb(ws, by=(dimension,), every="week"),
            lambda: rows(split(name, by)),
            lambda found, by_hand: same_estimates(found, by_hand, 100.0 if name == "nps" else 1.0),
        )

    return [
        *(metric(name, by) for name in ("nps", "csat") for by in ("segment", "channel")),
        Pair("response funnel", lambda: verbs.survey_funnel(ws, SURVEY), funnel, same_funnel),
        Pair("retention matrix", lambda: verbs.retention(ws), lambda: rows(RETENTION), same_retention),
    ]


def tiles() -> list[tuple[str, dict[str, Any]]]:
    """Returns what the tiles of the dashboard ask: verb and arguments."""
    recent = {"since": "2025-10-01"}
    return [
        *(
            (f"measure.{name}", {**recent, **more})
            for name in ("nps", "csat")
            for more in ({}, {"every": "week"}, {"by": ("channel",)}, {"by": ("channel",), "every": "month"})
        ),
        ("measure.nps", {"by": ("channel",), "where": "score <= 6", **recent}),
        ("measure.retention", {**recent}),
        ("measure.control_chart", {"metric": "nps", **recent}),
        ("measure.survey_funnel", {"name": SURVEY, "since": "2025-12-01"}),
    ]


def dashboard(folder: Path, interactions: int) -> bool:
    """Opens a dashboard from kept results, lets something come in, and waits for the tiles; prints the verdicts."""
    import cxloop
    from cxloop.core.host import LOCAL
    from cxloop.runtime.folder import Folder
    from cxloop.runtime.host import LocalHost
    from cxloop.runtime.workspace import open_workspace

    cxloop.create(folder, template="shop").close()
    workspace = open_workspace(Folder(folder))
    host = LocalHost(workspace)
    asked = tiles()
    try:
        fill(workspace.engine, interactions)
        for verb, arguments in asked:
            host.snapshot(verb, arguments, actor=LOCAL)
        opened = median(timed(lambda: [host.snapshot(*tile, actor=LOCAL) for tile in asked]) for _ in range(ROUNDS))
        with duckdb.connect() as source:
            values = {"first": interactions, "last": interactions + 1, "interactions": interactions, "keys": 1}
            workspace.engine.append("interactions", source.sql(GENERATE, params=values).to_arrow_table())
        renewed = timed(lambda: _renew(host, asked))
    finally:
        host.close()
    quick, fresh = opened <= OPENS, renewed <= RENEWS
    told = f"a dashboard of {len(asked)} tiles"
    print(f"{'PASS' if quick else 'FAIL'}  {told} opens in {1000 * opened:.0f} ms (at most {1000 * OPENS:.0f})")
    print(f"{'PASS' if fresh else 'FAIL'}  {told} is renewed in {renewed:.1f} s (at most {RENEWS:.0f})", flush=True)
    return quick and fresh


def _renew(host: Any, asked: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Asks until no tile is older than the log: the first time starts the work, which nobody waits for."""
    from cxloop.core.host import LOCAL

    deadline = perf_counter() + 60
    # a sum, so that all of them are asked for at once
    while sum(host.snapshot(*tile, actor=LOCAL).stale for tile in asked) and perf_counter() < deadline:
        sleep(0.05)


def timed(run: Callable[[], Any]) -> float:
    """Returns the seconds that a run took."""
    start = perf_counter()
    run()
    return perf_counter() - start


def judge(pair: Pair) -> bool:
    """Times both sides of a pair in turns and prints the verdict; returns whether the promise is kept."""
    equal = pair.same(pair.product(), pair.by_hand())  # which also fills the caches
    times = [(timed(pair.product), timed(pair.by_hand)) for _ in range(ROUNDS)]
    product, by_hand = (median(each) for each in zip(*times, strict=True))
    ratio = product / by_hand
    held = equal and ratio <= LIMIT
    told = f"{product:.3f} s against {by_hand:.3f} s by hand, {ratio:.2f} times (at most {LIMIT})"
    wrong = "" if equal else "; THE NUMBERS DIFFER"
    print(f"{'PASS' if held else 'FAIL'}  {pair.title}: {told}{wrong}", flush=True)
    return held


def main(interactions: int = INTERACTIONS) -> int:
    """Prints times and ratios; returns 1 where a promise is broken."""
    with tempfile.TemporaryDirectory(prefix="cxloop-speed-") as folder:
        engine = DuckDBEngine(Path(folder) / "analytics")
        seconds = timed(lambda: fill(engine, interactions))
        print(f"{interactions:,} interactions written in {seconds:.0f} s", flush=True)
        held = [judge(pair) for pair in pairs(Workspace(engine))]
        engine.close()
        held.append(dashboard(Path(folder) / "workspace", interactions))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else INTERACTIONS))
