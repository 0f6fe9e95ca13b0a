"""Importing a million orders through a mapping, against SQL that somebody wrote by hand for these very files.

Both read the same CSV and write the same log: five interactions an order with ids, content hashes, interned keys and
event codes, the orders they are about and the promises made. The hand-written SQL knows what the mapping has to find
out: that every row is good, that nothing of it is in the log, and which types the columns have. Both logs are compared
by a digest over every column before the times count. Promise: at most twice the time.

Run: python benchmarks/import_orders.py [ROWS]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import duckdb

from cxloop.collect.files.mapping import read_mapping
from cxloop.collect.files.plan import load_plan
from cxloop.core.schema import INTERACTIONS, table
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.loading import FileFormat, Limits

ROWS = 1_000_000
LIMIT = 2.0
ROUNDS = 3
NOW = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
BESIDE = ("interaction_objects", "promises")

ORDERS = """
select
    md5('order' || i) as order_id,
    md5('person' || (hash(i) % ($rows * 9 // 10))) as customer_unique_id,
    case when hash(i, 1) % 100 < 97 then 'delivered' when hash(i, 1) % 100 < 99 then 'shipped' else 'canceled' end
        as order_status,
    ['SP', 'RJ', 'MG', 'RS', 'PR', 'SC', 'BA', 'DF'][(hash(i, 2) % 8 + 1)::bigint] as customer_state,
    strftime(bought, '%Y-%m-%d %H:%M:%S') as order_purchase_timestamp,
    strftime(bought + to_minutes((hash(i, 3) % 2000)::bigint), '%Y-%m-%d %H:%M:%S') as order_approved_at,
    case when hash(i, 1) % 100 < 99
        then strftime(bought + to_hours((24 + hash(i, 4) % 120)::bigint), '%Y-%m-%d %H:%M:%S') end
        as order_delivered_carrier_date,
    case when hash(i, 1) % 100 < 97
        then strftime(bought + to_hours((150 + hash(i, 5) % 500)::bigint), '%Y-%m-%d %H:%M:%S') end
        as order_delivered_customer_date,
    strftime(bought + to_days((10 + hash(i, 6) % 30)::bigint), '%Y-%m-%d 00:00:00') as order_estimated_delivery_date,
    printf('%.2f', 10 + (hash(i, 7) % 50000) / 100) as paid
from (select i, timestamp '2017-01-01' + to_seconds((hash(i, 8) % 50000000)::bigint) as bought from range($rows) r(i))
"""
"""Orders like Olist's; DuckDB's hash of the number is the seed."""

_ENTRY = """
[[interaction]]
name = "{name}"
kind = "{kind}"
id = "order_id"
{when}occurred_at = "{at}"
touchpoint = '"{touchpoint}"'
channel = '"{channel}"'
region = "customer_state"
objects = {{ order = "order_id" }}
"""
_STEPS = (
    ("purchase", "order", "order_purchase_timestamp", "checkout", "web"),
    ("delivery promise", "promise", "order_purchase_timestamp", "checkout", "web"),
    ("approval", "order", "order_approved_at", "payment", "web"),
    ("hand-over", "delivery", "order_delivered_carrier_date", "carrier", "parcel"),
    ("delivered", "delivery", "order_delivered_customer_date", "parcel", "parcel"),
)
_MORE = {
    "purchase": 'value = "paid"\ncurrency = \'"BRL"\'\noutcome = "order_status"\n',
    "delivery promise": 'promise = { what = "delivery", due_at = { from = "order_estimated_delivery_date", '
    'precision = "day" } }\n',
    "delivered": 'properties = { late = "late" }\n',
}
MAPPING = """
source = "olist"
time_zone = "America/Sao_Paulo"
gap = "shift"
ambiguous = "later"

[[key]]
type = "customer"
value = "customer_unique_id"

[times]
delivered = "order_delivered_customer_date"
promised = { from = "order_estimated_delivery_date", precision = "day" }

[let]
late = "date(delivered) > date(promised)"
""" + "".join(
    _ENTRY.format(
        name=name,
        kind=kind,
        at=at,
        touchpoint=touchpoint,
        channel=channel,
        when=f'when = "not is_null({at})"\n' if kind == "delivery" else "",
    )
    + _MORE.get(name, "")
    for name, kind, at, touchpoint, channel in _STEPS
)


def write_orders(path: Path, rows: int) -> None:
    """Writes the CSV."""
    with duckdb.connect() as database:
        database.execute(f"copy ({ORDERS.replace('$rows', str(rows))}) to '{path}' (header, delimiter ',')").fetchall()


def through_mapping(engine: DuckDBEngine, path: Path) -> None:
    """Imports as `collect file` does, from the mapping's text to the commit."""
    mapping = read_mapping(MAPPING, "orders.toml")
    with engine.loader(Limits(), lambda _doing, _share: None) as loader:
        staged = loader.stage("rows", [path], FileFormat())
        loader.load(load_plan(mapping, MAPPING, {"rows": staged}, NOW))


def by_hand(engine: DuckDBEngine, path: Path) -> None:
    """Writes the same log with SQL made for this file."""
    cursor = engine.cursor()
    for statement in _statements(path):
        cursor.execute(statement).fetchall()


def _local(column: str) -> str:
    return f"timezone('UTC', timezone('America/Sao_Paulo', {column}))"


def _statements(path: Path) -> list[str]:
    times = {at for _, _, at, _, _ in _STEPS} | {"order_estimated_delivery_date"}
    columns = ["order_id", "customer_unique_id", "order_status", "customer_state", *sorted(times), "paid"]
    kinds = dict.fromkeys(times, "TIMESTAMP") | {"paid": "DOUBLE"}
    header = path.open(encoding="utf-8").readline().strip().split(",")
    assert set(header) == set(columns)
    typed = ", ".join(f"'{name}': '{kinds.get(name, 'VARCHAR')}'" for name in header)
    utc = ", ".join(f"{_local(name)} as {name}_utc" for name in sorted(times))
    return [
        "begin transaction",
        (
            f"create temp table o as select row_number() over () - 1 as n, *, {utc} "
            f"from read_csv('{path}', header=true, columns={{{typed}}})"
        ),
        (
            "insert into keys select row_number() over (order by min(n)), 'olist', 'customer', customer_unique_id "
            "from o group by customer_unique_id"
        ),
        "insert into event_codes values "
        + ", ".join(
            f"({place}, 'olist', '{kind}', '{name}', null, '{touchpoint}', '{channel}')"
            for place, (name, kind, _, touchpoint, channel) in enumerate(_STEPS, 1)
        ),
        "create temp table k as select o.*, key_id from o join keys on value = customer_unique_id",
        f"insert into interactions ({', '.join(INTERACTIONS.names)}) "
        + " union all ".join(_interactions(place) for place in range(len(_STEPS))),
        "insert into interaction_objects "
        + " union all ".join(
            f"select {_id(name)}, 'order', order_id from k where {at} is not null" for name, _, at, _, _ in _STEPS
        ),
        (
            f"insert into promises select {_id('delivery promise')}, key_id, 'delivery', order_purchase_timestamp_utc, "
            "order_estimated_delivery_date_utc, 'day' from k"
        ),
        "commit",
        "drop table o",
        "drop table k",
    ]


def _md5(text: str) -> str:
    return f"(md5_number({text}) >> 64)::ubigint::bit::bigint"


def _id(name: str) -> str:
    return _md5(f"'olist' || chr(31) || '{name}:' || order_id")


def _interactions(place: int) -> str:
    name, kind, at, touchpoint, channel = _STEPS[place]
    late = "json_object('late', order_delivered_customer_date::date > order_estimated_delivery_date::date)::varchar"
    purchase, promise, delivered = (name == step for step in ("purchase", "delivery promise", "delivered"))
    content = [
        f"'kind={kind}'",
        f"'name={name}'",
        "'key0=olist' || chr(31) || 'customer' || chr(31) || customer_unique_id",
        f"'occurred_at=' || epoch_us({at}_utc)",
        f"'touchpoint={touchpoint}'",
        f"'channel={channel}'",
        *(["'value=' || paid", "'currency=BRL'", "'outcome=' || order_status"] if purchase else []),
        "'region=' || customer_state",
        *([f"'properties=' || {late}"] if delivered else []),
        "'object.order=' || order_id",
        *(["'due_at=' || epoch_us(order_estimated_delivery_date_utc)"] if promise else []),
    ]
    values = {
        "interaction_id": _id(name),
        "message_id": f"'{name}:' || order_id",
        "content_hash": _md5(f"concat_ws(chr(30), {', '.join(content)})"),
        "batch": "1",
        "occurred_at": f"{at}_utc",
        "local_offset": f"((epoch_us({at}) - epoch_us({at}_utc)) // 60000000)::integer",
        "received_at": f"timestamp '{NOW}'",
        "known_at": f"{at}_utc",
        "ordinal": f"n * 5 + {place}",
        "source": "'olist'",
        "kind": f"'{kind}'",
        "event_code": str(place + 1),
        "key_id": "key_id",
        "region": "customer_state",
        **({"value": "paid", "currency": "'BRL'", "outcome": "order_status"} if purchase else {}),
        **({"properties": late} if delivered else {}),
    }
    selected = ", ".join(values.get(column, "null") for column in INTERACTIONS.names)
    return f"select {selected} from k where {at} is not null"


Digest = dict[str, tuple[int, int]]
"""Number of rows and digest of each table."""


def digest(engine: DuckDBEngine) -> Digest:
    """Returns number and digest of the rows of every table that both wrote, whatever their order."""
    found = {}
    for name in ("interactions", "keys", "event_codes", *BESIDE):
        columns = ", ".join(table(name).names)
        row = engine.cursor().execute(f"select count(*), bit_xor(hash({columns})) from {name}").fetchall()[0]
        found[name] = (int(row[0]), int(row[1]))
    return found


def timed(way: Callable[[DuckDBEngine, Path], None], path: Path, folder: Path) -> tuple[float, float, Digest]:
    """Runs one way in a workspace of its own; returns seconds, seconds of processor, and the digest of its log."""
    engine = DuckDBEngine(folder)
    try:
        started, worked = perf_counter(), process_time()
        way(engine, path)
        return perf_counter() - started, process_time() - worked, digest(engine)
    finally:
        engine.close()


def main(rows: int) -> int:
    """Runs both ways in turns; returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="cxloop-bench-") as name:
        folder = Path(name)
        path = folder / "orders.csv"
        write_orders(path, rows)
        print(f"{rows:,} orders, {path.stat().st_size / 1e6:.0f} MB of CSV")
        ways = {"mapping": through_mapping, "by hand": by_hand}
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(ROUNDS):
            digests = []
            for name, way in ways.items():
                took, worked, found = timed(way, path, folder / f"{name.replace(' ', '-')}-{turn}")
                seconds[name].append(took)
                digests.append(found)
                print(
                    f"  {name:8} {took:6.2f} s ({worked:.1f} s of processor)  {rows / took:,.0f} rows a second",
                    flush=True,
                )
            if digests[0] != digests[1]:
                print(f"FAIL  the two logs differ: {digests[0]} and {digests[1]}")
                return 1
        interactions = digests[0]["interactions"][0]
        ratio = median(seconds["mapping"]) / median(seconds["by hand"])
        held = ratio <= LIMIT
        print(
            f"{'PASS' if held else 'FAIL'}  import of {rows:,} orders ({interactions:,} interactions) through the "
            f"mapping takes {ratio:.2f} times hand-written SQL (at most {LIMIT})"
        )
        return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
