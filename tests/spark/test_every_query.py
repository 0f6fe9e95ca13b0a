"""One body for both engines: every query, every verb that reads and every derivation, on DuckDB and on a real cluster.

The simulated company is made on DuckDB and its tables are copied. What a verb asks of DuckDB is asked of Spark as well;
derivations run on both, from nothing and after further rows.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import sqlglot
from tests.engines.conftest import QUERIES
from tests.engines.test_limits_equal_a_smaller_log import (
    ASKED,
    FIRST,
    LIMITS,
    OF_DEFINING,
    OF_INVITING,
    OF_UNITS,
    OWN,
    reading_verbs,
    row,
    settings_of,
    template,
    two_logs,
)
from tests.engines.test_spark_translation import sample_slots

from cxloop.core.errors import CxloopError, EngineError
from cxloop.core.host import LOCAL
from cxloop.core.schema import INCOMING, TABLES
from cxloop.core.verbs import Verb
from cxloop.engine.arrow import arrow_type
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.query import Query, Slots
from cxloop.engine.spark.engine import SparkTables
from cxloop.engine.spark.files import Warehouse
from cxloop.entry.demo import prepare
from cxloop.measure.queries import LAST_KNOWN, MOVED, MOVED_ANYHOW, MOVES, MOVES_ANYHOW, WEAK
from cxloop.measure.selection import Selection
from cxloop.runtime import derivations
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["template"]

RECORD = "CXLOOP_RECORD_ENGINES"
"""A file for what `docs/reference/engines.md` is made of: docs/engines.json."""
BY_ITSELF = [query for query in QUERIES if query.name in OF_INVITING | OF_DEFINING]
"""Those with slots that no verb asks for whoever sees some rows only."""
NPS = Selection((), sqlglot.parse_one("i.metric = 'nps'", dialect="duckdb"))
ANSWERED = Query(
    "test.answered",
    "select distinct key_id from interactions where metric = 'nps' order by key_id limit 2",
    ("interactions",),
    {"key_id": "bigint"},
)
"""Two customers whom a person decides to be one."""
CONDITION = sqlglot.parse_one("i.score > 5", dialect="duckdb")
ASKED_BY_NOBODY = frozenset({"engine.count"})
"""A query of DuckDB's own."""
OF_DERIVING = {query.name for query in QUERIES if query.name.startswith("unify.segment_")}
"""What keeps segments right; the test of derivations compares what came of it."""
OF_SELECTING: Sequence[tuple[Query, Mapping[str, Any]]] = (
    (WEAK, {"certainty": 0.999}),
    (LAST_KNOWN, {}),
    *((query, {"after": datetime(2020, 1, 1)}) for query in (MOVED, MOVED_ANYHOW, MOVES, MOVES_ANYHOW)),
)
"""Asked only where decisions on who is who have changed an answer that somebody has read before."""
RARE = ("measure.rollup", "measure.survey_questions")
"""Verbs with questions that are asked only of accounts in a hierarchy and of answers that are an order."""
ANY_OF_MANY: Mapping[str, Mapping[str, Any]] = {"unify.segment_changed": {"most": 10_000_000}}
"""Queries that take some rows, no matter which: all of them are compared."""
VERBS = sorted(reading_verbs(), key=lambda verb: verb.path)


@dataclass
class Both:
    """The company on both engines; and by query, how many questions and how many rows of answers were the same."""

    host: LocalHost
    spark: SparkTables
    compared: dict[str, list[int]] = field(default_factory=dict)
    types: dict[str, pa.Schema] = field(default_factory=dict)
    verbs: dict[str, list[str]] = field(default_factory=dict)

    @property
    def duckdb(self) -> Any:
        """The engine on which the company was made."""
        return self.host.workspace.engine

    def differences(self, query: Query, values: Mapping[str, Any] | None, slots: Slots | None, rows: pa.Table) -> str:
        """What Spark answers otherwise than `rows`; empty where it is the same."""
        values = {**(values or {}), **ANY_OF_MANY.get(query.name, {})}
        if query.name in ANY_OF_MANY:
            rows = DuckDBEngine.fetch(self.duckdb, query, values, slots)
        found = self.spark.fetch(query, values, slots)
        self.types[query.name] = found.schema
        if found.column_names != rows.column_names:
            return f"{query.name}: columns {found.column_names} and not {rows.column_names}"
        mine, theirs = plain(found), plain(rows)
        if not same(mine, theirs):
            odd = [(a, b) for a, b in zip(mine, theirs, strict=False) if not same([a], [b])][:2]
            return f"{query.name} {dict(values)}: {len(mine)} rows and {len(theirs)}, the first that differ: {odd}"
        so_far = self.compared.setdefault(query.name, [0, 0])
        so_far[0] += 1
        so_far[1] += len(mine)
        return ""

    def said(self, verb: Verb) -> list[str]:
        """Differences in what a verb asks, with each of its arguments; a verb is run once."""
        if verb.path not in self.verbs:
            self.verbs[verb.path] = self._run(verb)
        return self.verbs[verb.path]

    def _run(self, verb: Verb) -> list[str]:
        found: list[str] = []
        fetch = DuckDBEngine.fetch

        def twice(engine: DuckDBEngine, query: Query, values: Any = None, slots: Slots | None = None) -> pa.Table:
            rows = fetch(engine, query, values, slots)
            try:
                found.append(self.differences(query, values, slots, rows))
            except EngineError as failure:
                found.append(failure.message)
            return rows

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(DuckDBEngine, "fetch", twice)
            # its shorter way is one of DuckDB's own
            patch.setattr(DuckDBEngine, "rows", lambda engine, *asked: engine.fetch(*asked).to_pylist())
            for arguments in ASKED.get(verb.path, ({},)):
                with suppress(CxloopError):  # a verb may refuse such a question; what it asked before counts
                    self.host.run(verb.path, arguments, actor=LOCAL)
        return [each for each in found if each]


def plain(table: pa.Table) -> list[list[Any]]:
    """The rows as Python's values in an order of their own: not every query promises one."""
    rows = [[number(value) for value in item.values()] for item in table.to_pylist()]
    return sorted(
        rows, key=lambda values: [f"{value:.6g}" if isinstance(value, float) else repr(value) for value in values]
    )


def number(value: Any) -> Any:
    """One kind of number: a sum of whole numbers is a decimal on one engine and a bigint on the other."""
    return float(value) if isinstance(value, Decimal | int) and not isinstance(value, bool) else value


def same(mine: list[list[Any]], theirs: list[list[Any]]) -> bool:
    """Whether rows are the same; sums of floats may be added up in another order."""
    return len(mine) == len(theirs) and all(
        equal(a, b) for one, other in zip(mine, theirs, strict=True) for a, b in zip(one, other, strict=True)
    )


def equal(a: Any, b: Any) -> bool:
    """Whether two values are the same."""
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) or (math.isnan(a) and math.isnan(b))
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(equal(number(x), number(y)) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def everything(name: str) -> Query:
    """All rows of a table."""
    return Query(f"test.{name}", f"select * from {name}", (name,), {})


def copy(source: Any, target: SparkTables) -> None:
    """Makes every table of one engine that of the other."""
    with target.transaction():
        for table in TABLES:
            target.replace(table.name, source.fetch(everything(table.name)), whole=True)


def slots_of(query: Query) -> Slots:
    """Something that fits each slot, true or false where that is asked for."""
    return {
        **sample_slots(query),
        **{name: CONDITION for name in ("holds", "current", "counts") if name in query.slots},
    }


@pytest.fixture(scope="module")
def both(session: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """A small company, as `cxloop demo` makes it, with metrics of its own."""
    folder = prepare(tmp_path_factory.mktemp("company") / "shop", {"customers": 120, "months": 12, "seed": 1})
    host = LocalHost(open_workspace(folder))
    for definition in OWN:
        host.run("measure.define_metric", {"label": "Own", "definition": "An own metric.", **definition}, actor=LOCAL)
    first, second = host.workspace.engine.rows(ANSWERED)
    decided = {"customer": str(first["key_id"]), "other": str(second["key_id"]), "reason": "the same person"}
    host.run("unify.merge", decided, actor=LOCAL)
    host.derive()
    spark = SparkTables(session, Warehouse(tmp_path_factory.mktemp("spark") / "warehouse"))
    copy(host.workspace.engine, spark)
    yield Both(host, spark)
    spark.close()
    host.close()


@pytest.mark.parametrize("query", [query for query in QUERIES if not query.slots], ids=lambda query: query.name)
def test_the_query_answers_alike(both: Both, query: Query) -> None:
    for values in settings_of(query):
        assert not both.differences(query, values, None, both.duckdb.fetch(query, values))

    schema = both.types[query.name]
    assert {name: schema.field(name).type for name in query.output} == {
        name: arrow_type(kind) for name, kind in query.output.items()
    }


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.path)
def test_what_the_verb_asks_is_answered_alike(both: Both, verb: Verb) -> None:
    assert both.said(verb) == []


def test_derivations_come_to_the_same_from_nothing_and_after_further_rows(
    session: SparkSession, tmp_path: Path
) -> None:
    folder = prepare(tmp_path / "shop", {"customers": 100, "months": 6, "seed": 2})
    host = LocalHost(open_workspace(folder))
    spark = SparkTables(session, Warehouse(tmp_path / "warehouse"))
    engine = host.workspace.engine
    mine = replace(host.workspace, now=lambda: NOW)
    twin = replace(mine, engine=spark)  # type: ignore[arg-type]
    derived = {"customer_keys", "customer_strength", "event_catalogue", "watermarks"}
    try:
        copy(engine, spark)
        for each in (engine, spark):
            for name in derived:
                each.replace(name, each.fetch(everything(name)).slice(0, 0), whole=True)
        assert derivations.run(mine) == derivations.run(twin) != []
        assert_same_tables(engine, spark)

        further = [row(number, {**DRAWN, "who": who}) for number, who in enumerate(("anna", "ben", None, "cleo"))]
        columns = [(column.name, arrow_type(column.type)) for column in INCOMING.columns if column.name in further[0]]
        engine.admit(pa.Table.from_pylist(further, schema=pa.schema(columns)), now=FIRST)
        before = {name: spark.fetch(everything(name)) for name in derived}
        copy(engine, spark)
        for name, rows in before.items():
            spark.replace(name, rows, whole=True)
        assert derivations.run(mine) == derivations.run(twin) != []
        assert_same_tables(engine, spark)
    finally:
        spark.close()
        host.close()


NOW = datetime(2027, 1, 1)
DRAWN: Mapping[str, Any] = {
    "team": "North",
    "region": "DE",
    "brand": "A",
    "others": ["d1"],
    "account": "h1",
    "source": "shop",
    "kind": "order",
    "name": "promised",
    "touchpoint": "door",
    "channel": "web",
    "metric": "nps",
    "score": 9.0,
    "text": "fine",
    "order": "o1",
    "revises": 99,
    "tells": True,
}


def assert_same_tables(engine: Any, spark: SparkTables) -> None:
    """Every table holds the same rows on both engines, but for when a derivation ran."""
    for table in TABLES:
        rows = [each.fetch(everything(table.name)) for each in (engine, spark)]
        if table.name == "watermarks":
            rows = [each.drop_columns(["updated_at"]) for each in rows]
        mine, theirs = (plain(each) for each in rows)
        assert same(mine, theirs), (table.name, len(mine), len(theirs))


@pytest.mark.parametrize("query", BY_ITSELF, ids=lambda query: query.name)
def test_a_query_that_no_reading_verb_asks_answers_alike(both: Both, query: Query) -> None:
    slots = slots_of(query)
    for values in settings_of(query):
        assert not both.differences(query, values, slots, both.duckdb.fetch(query, values, slots))


@pytest.fixture(scope="module")
def visits(session: SparkSession, template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """A log of few rows with what the company does not have: accounts below others, and choices put into an order."""
    answer = {**DRAWN, "kind": "answer", "name": "answered"}
    log = [{**answer, "who": who} for who in (None, "anna", "ben", "cleo") * 2]
    with two_logs(template, log, LIMITS[0]) as (_, host):
        spark = SparkTables(session, Warehouse(tmp_path_factory.mktemp("visits") / "warehouse"))
        copy(host.workspace.engine, spark)
        yield Both(host, spark)
        spark.close()


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb.path in RARE], ids=lambda verb: verb.path)
def test_what_is_rarely_asked_is_answered_alike(visits: Both, verb: Verb) -> None:
    assert visits.said(verb) == []


@pytest.mark.parametrize(("query", "values"), OF_SELECTING, ids=[query.name for query, _ in OF_SELECTING])
def test_answers_that_decisions_moved_are_the_same(both: Both, query: Query, values: Mapping[str, Any]) -> None:
    assert not both.differences(query, values, *selected(both, query, values))
    assert both.compared[query.name][1] > 0


def selected(both: Both, query: Query, values: Mapping[str, Any]) -> tuple[Slots, pa.Table]:
    """The slots of a query that selects NPS, and what DuckDB answers."""
    slots = {name: node for name, node in NPS.customers.items() if name in query.slots}
    return slots, both.duckdb.fetch(query, values, slots)


@pytest.mark.timeout(1200)  # by itself it asks what all others ask
def test_no_query_is_left_out(both: Both, visits: Both) -> None:
    for verb in VERBS:
        both.said(verb)
        if verb.path in RARE:
            visits.said(verb)
    for query in QUERIES:  # by the tests above, one for each; here for whoever runs this one alone
        if query.name not in both.compared and (not query.slots or query in BY_ITSELF):
            slots = slots_of(query) if query.slots else None
            for values in settings_of(query):
                both.differences(query, values, slots, both.duckdb.fetch(query, values, slots))
    for query, given in OF_SELECTING:
        if query.name not in both.compared:
            both.differences(query, given, *selected(both, query, given))
    compared = {**visits.compared, **both.compared}

    assert {query.name for query in QUERIES} - set(compared) - OF_UNITS - OF_DERIVING == ASKED_BY_NOBODY
    if RECORD in os.environ:
        Path(os.environ[RECORD]).write_text(recorded(compared), encoding="utf-8")


def recorded(compared: Mapping[str, list[int]]) -> str:
    """What the page in the reference is made of."""
    told = {
        "versions": {name: version(name) for name in ("duckdb", "pyspark")},
        "queries": dict(sorted(compared.items())),
        "derivations": sorted(each.name for each in derivations.known()),
    }
    return json.dumps(told, indent=1) + "\n"
