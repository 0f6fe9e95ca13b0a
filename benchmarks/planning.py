"""Inviting at size: how long `collect invite` takes for 100,000 customers, from their tables to the messages that wait.

Each customer has an address, a country or a time zone, and a consent; on average each got two messages in the last
weeks, and some answered or paused. The budget has its global clock, a rest between any two contacts, two rules of its
own, each survey's clock, quiet hours in 20 time zones, purposes with consent, and a schedule that claims places ahead.

Beside it stands what the machine needs at least: the same rows written by SQLite alone. Tables are filled
straight: admission and derivations have benchmarks of their own.

Run: python benchmarks/planning.py [CUSTOMERS]     (by default 100,000: half a minute, 1 GB of memory)
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
from datetime import datetime, time, timedelta
from pathlib import Path
from time import perf_counter

import numpy as np

from cxloop.collect.surveys import verbs as survey_verbs
from cxloop.collect.surveys.inviting import verbs
from cxloop.core.host import LOCAL
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.outreach.budget.hours import DAY, Hours, opening
from cxloop.outreach.budget.planning import plan
from cxloop.outreach.budget.values import Clock, Contacts, Rests, Wants, span_of, us_of
from cxloop.runtime.folder import create
from cxloop.runtime.workspace import open_workspace
from cxloop.store.context import Operations

CUSTOMERS = 100_000
LIMIT_SECONDS = 10.0
RATIO_LIMIT = 12.0
EXPERIENCE = """
[[purpose]]
name = "survey"

[[purpose]]
name = "news"
basis = "legitimate interest"

[contact]
most = 3
within = "30d"
apart = "2d"

[[contact.rule]]
name = "two surveys in a quarter"
most = 2
within = "90d"
purpose = "survey"

[[contact.rule]]
name = "one mail a day"
most = 1
within = "1d"
channel = "email"
"""
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney", "America/Sao_Paulo", "Asia/Kolkata"]
COUNTRIES = ["DE", "FR", "GB", "US", "JP", "BR", "IN", "PL", "IT", "ES", "CA", "AU", "ZA", "MX", "SE"]
FILL = f"""
    insert into keys select n, 'shop', 'email', 'someone' || n || '@example.org' from range(1, {{n}} + 1) as t(n);
    insert into customers (customer_id, label, search_text, first_seen_at, last_seen_at, interactions, channels)
        select n, 'someone ' || n, '', now()::timestamp, now()::timestamp, 1, 1 from range(1, {{n}} + 1) as t(n);
    insert into traits select n, 'country', ({COUNTRIES})[1 + n % {len(COUNTRIES)}], 'shop', timestamp '2026-01-01',
        timestamp '2026-01-01' from range(1, {{n}} + 1) as t(n);
    insert into traits select n, 'time_zone', ({ZONES})[1 + n % {len(ZONES)}], 'shop', timestamp '2026-01-01',
        timestamp '2026-01-01' from range(1, {{n}} + 1, 2) as t(n);
    insert into traits select n, 'first_name', 'Kim', 'shop', timestamp '2026-01-01', timestamp '2026-01-01'
        from range(1, {{n}} + 1) as t(n);
    insert into consents (key_id, purpose, channel, granted, source, occurred_at, known_at)
        select n, 'survey', null, n % 20 <> 0, 'shop', timestamp '2026-01-01', timestamp '2026-01-01'
        from range(1, {{n}} + 1) as t(n);
"""


def filled(folder: Path, customers: int) -> Operations:
    """Returns a workspace with customers, a survey that is live, and what was sent to them."""
    made = create(folder)
    (folder / "experience.toml").write_text(EXPERIENCE)
    workspace = open_workspace(made).view(actor=LOCAL)
    assert isinstance(workspace.engine, DuckDBEngine)
    for statement in FILL.format(n=customers).split(";"):
        if statement.strip():
            workspace.engine.cursor().execute(statement)
    for name, settings in (("delivery", {}), ("relational", {"priority": 80})):
        survey_verbs.draft_survey(workspace, name, template="relational_nps")
        survey_verbs.publish_survey(workspace, name)
        survey_verbs.survey_settings(workspace, name, settings=json.dumps(settings))
    later = (workspace.now() + timedelta(days=20)).date().isoformat()
    verbs.invite(workspace, "relational", segment="everybody", every="91d", at=later)
    chance = np.random.default_rng(7)
    keys = chance.integers(1, customers + 1, 2 * customers)
    days = chance.uniform(0, 60, 2 * customers)
    rows = [
        (f"news:{n}", "news", "news", int(key), "email", "", "", "news", "{}", "sent", "", 0, "", 1,
         str(workspace.now() - timedelta(days=float(day))))
        for n, (key, day) in enumerate(zip(keys, days, strict=True))
    ]  # fmt: skip
    with sqlite3.connect(folder / "app.sqlite") as store:
        store.executemany(
            "insert into messages (once, purpose, about, key_id, channel, address, language, template, parameters, "
            "state, failure, tries, external_id, told, created_at, due_at, changed_at, sent_at) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?15, ?15, ?15, ?15)",
            rows,
        )
    return workspace


def bare(folder: Path) -> float:
    """Returns how many seconds SQLite needs to write the same invitations and messages into the same tables anew."""
    with sqlite3.connect(folder / "app.sqlite") as store:
        tables = {name: store.execute(f"select * from {name} where state <> 'sent'").fetchall() for name in TABLES}
        made = [
            row[0] for row in store.execute("select sql from sqlite_master where tbl_name in (?, ?)", TABLES) if row[0]
        ]
    with sqlite3.connect(folder / "bare.sqlite") as copy:
        copy.execute("pragma journal_mode = wal")
        copy.execute("pragma synchronous = full")
        for statement in made:
            copy.execute(statement)
        started = perf_counter()
        for name, rows in tables.items():
            copy.executemany(f"insert into {name} values ({', '.join('?' * len(rows[0]))})", rows)
        copy.commit()
        return perf_counter() - started


TABLES = ("invitations", "messages")


def reckoned(customers: int) -> float:
    """Returns how many seconds the pure plan takes for as many customers, with five contacts each."""
    chance, now = np.random.default_rng(7), us_of(datetime(2026, 5, 4, 10))
    who = np.arange(customers)

    def same(value: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.full(customers, value, dtype=np.int64)

    no = np.zeros(customers, dtype=bool)
    wants = Wants(
        who, same(now), same(now + 14 * DAY), same(50), no, same(0), same(0), same(0), no, no,
        chance.integers(0, len(ZONES), customers), same(0),
    )  # fmt: skip
    many = 5 * customers
    contacts = Contacts(
        chance.integers(0, customers, many), now - (chance.uniform(0, 90, many) * DAY).astype(np.int64),
        chance.integers(0, 2, many), chance.integers(-1, 3, many), np.zeros(many, dtype=np.int64),
        np.zeros(many, dtype=bool),
    )  # fmt: skip
    clocks = [Clock("a", 3, span_of("30d")), Clock("b", 1, span_of("2d")), Clock("c", 2, span_of("90d"), purpose=0)]
    clocks.append(Clock("d", 1, span_of("90d"), survey=0, spares_reminders=True))
    started = perf_counter()
    day = Hours(time(9), time(20))
    hours = [opening([zone], [day], now, now + 120 * DAY) for zone in ZONES]
    plan(wants, contacts, Rests.none(), clocks, hours)
    return perf_counter() - started


def main(customers: int) -> int:
    """Measures, prints, and returns 1 where a promise is broken."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "workspace"
        workspace = filled(folder, customers)
        started = perf_counter()
        told = verbs.invite(workspace, "delivery", segment="everybody")
        took = perf_counter() - started
        print(told)
        least = bare(folder)
    pure = reckoned(customers)
    print(f"the budget alone, of values in memory: {pure:.2f} s; SQLite alone, writing the same rows: {least:.2f} s")
    limit = LIMIT_SECONDS * customers / CUSTOMERS
    whole = told.wanted == customers and took < limit
    print(
        f"{'PASS' if whole else 'FAIL'}  {customers:,} invitations are planned against all rules, read and written, in "
        f"{took:.1f} s (limit {limit:.0f} s)"
    )
    held = took < RATIO_LIMIT * least
    print(
        f"{'PASS' if held else 'FAIL'}  that is {took / least:.1f} times what SQLite alone needs to write the rows "
        f"(limit {RATIO_LIMIT:.0f})"
    )
    return 0 if whole and held else 1


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else CUSTOMERS))
