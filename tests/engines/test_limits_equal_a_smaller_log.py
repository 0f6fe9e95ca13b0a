"""Row-level limits, by their definition: what somebody limited gets is what a log of only those rows would give.

Two workspaces take the same visible rows; one takes hidden rows as well. Every table, every query of the package and
every verb that reads is asked on both: on the smaller log without limits, on the larger one with them.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import sqlglot
from hypothesis import Phase, assume, given, seed, settings
from hypothesis import strategies as st
from tests.engines.test_spark_translation import sample_slots

from cxloop.core.errors import AccessDeniedError
from cxloop.core.host import LOCAL, Actor, Limits
from cxloop.core.schema import INCOMING, TABLES, Type
from cxloop.core.verbs import Verb
from cxloop.engine.query import Query
from cxloop.engine.render import render
from cxloop.engine.scope import REFUSED, RULES, Scope, ScopedEngine
from cxloop.engine.tables import VIEWS
from cxloop.measure.metrics import METRICS
from cxloop.measure.units import UNITS
from cxloop.runtime import limited, parts
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace

EXAMPLES = int(os.environ.get("CXLOOP_LIMIT_EXAMPLES", "1"))
"""Logs for each of LIMITS, of three where it is one: each asks everything of two workspaces, which takes 20 seconds."""
NOW = datetime(2026, 5, 31)
FIRST = datetime(2026, 4, 20)
CAST = ("anna", "ben", "cleo", "dora@example.org")
EXPERIENCE = """
channel = ["web", "parcel"]

[[stage]]
name = "delivery"

[[touchpoint]]
name = "door"
stage = "delivery"

[[promise]]
what = "delivery"
kept_by = 'name == "delivered"'

[[contract]]
name = "club"
joined = 'name == "answered"'
cancelled = 'name == "delivered"'

[[hierarchy]]
name = "company"
parent = "parent"
"""
ARROW: Mapping[Type, Any] = {
    "text": pa.string(),
    "json": pa.string(),
    "timestamp": pa.timestamp("us"),
    "double": pa.float64(),
    "int": pa.int32(),
    "bigint": pa.int64(),
}
SCHEMA = pa.schema([(column.name, ARROW[column.type]) for column in INCOMING.columns])
LIMITS: tuple[Limits, ...] = (
    (("team", ("North",)),),
    (("team", ("North", "South's")),),
    (("region", ("DE", "FR")), ("team", ("North",))),
    (("brand", ("A",)),),
    (("team", ()),),
)
GIVEN: Mapping[str, Sequence[Any]] = {
    "customer": (0, 1, 2, 3),
    "text": ("", "anna", "told"),
    "value": CAST,
    "type": ("", "email"),
    "channel": ("", "web"),
    "codes": (tuple(range(12)),),
    "after": (-1, 1),
    "rows": (100,),
    "first": (0,),
    "most": (100,),
    "what": ("delivery",),
    "waiting": (True,),
    "import_id": (None,),
    "ids": ((),),
    "recent": (FIRST,),
    "derivation": ("unify.customers",),
    "source": ("shop", "desk"),
    "until": (NOW,),
}
"""What the parameters of the queries are tried with."""
OF_TYPE: Mapping[Type, Sequence[Any]] = {
    "text": ("", "shop"),
    "timestamp": (FIRST,),
    "bigint": (1, 100),
    "int": (1,),
    "double": (0.5,),
    "bool": (True, False),
    "bigints": ((1, 2, 3),),
    "texts": (("shop", "anna"),),
}
"""The same for a parameter without a line above."""
OWN: Sequence[Mapping[str, Any]] = (
    {"name": "middle", "value": "score", "statistic": "median", "unit": "money"},
    {"name": "on_the_web", "counts": 'channel == "web"', "value": "score >= 5"},
)
"""Metrics that somebody defined."""
ASKED: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "measure.nps": (
        {},
        {"by": "team,channel", "every": "week"},
        {"where": 'region == "DE"'},
        {"by": "properties.code"},
        {"until": "2026-04-20T05:00"},
    ),
    "measure.rating": ({}, {"by": "product"}),
    "measure.league": ({"of": "nps", "by": "team"}, {"of": "nps", "by": "product", "adjust": "channel"}),
    "measure.rollup": ({"of": "nps", "along": "region>team"}, {"of": "nps", "along": "company"}),
    "measure.metric": (
        *({"name": name} for name in dict.fromkeys(item.name for item in METRICS)),
        {"name": "repeat_purchase_90", "by": "team", "every": "week"},
        {"name": "response_rate", "by": "team"},
        {"name": "cart_to_order_7", "by": "team", "every": "week"},
        {"name": "revenue_per_customer", "by": "team", "every": "week"},
        {"name": "promises_kept", "by": "team", "every": "week"},
        *({"name": item["name"], "by": by} for item in OWN for by in ("", "team")),
    ),
    "measure.compare": (
        {"metric": "nps", "since": "12d"},
        {"metric": "nps", "by": "team", "against": "rest", "since": "60d"},
    ),
    "measure.control_chart": ({"metric": "nps"}, {"metric": "nps", "every": "day", "expect": "season"}),
    "measure.rows": ({"metric": "nps"}, {"metric": "repeat_purchase_90", "limit": 5, "page": 2}),
    "measure.pulse": ({}, {"period": "12d"}),
    "measure.lifetime_value": ({}, {"by": "team"}),
    "measure.contract_value": ({"where": 'region == "DE"'},),
    "measure.retention": ({}, {"counting": "rolling", "every": "week", "where": 'region == "DE"'}),
    "measure.churn": ({"joined": 'kind == "order"', "cancelled": 'kind == "return"', "by": "team", "horizon": "10d"},),
    "measure.point_value": ({"horizon": "1d"},),
    "measure.revenue_at_risk": ({"by": "team"},),
    "measure.survey": ({"name": "visits"}, {"name": "visits", "where": 'team == "North"'}),
    "measure.survey_funnel": ({"name": "visits"},),
    "measure.survey_questions": ({"name": "visits"},),
    "measure.crosstab": (
        {"name": "visits", "row": "q1", "column": "channel"},
        {"name": "visits", "row": "q1", "column": "q2"},
    ),
    "measure.survey_verbatims": ({"name": "visits"},),
    "measure.survey_rows": ({"name": "visits"},),
    "measure.whole_base": ({}, {"by": "region", "occasion": "contact"}),
    "understand.verbatims": ({}, {"metric": "nps", "order": "lowest"}),
    "unify.customers": ({}, {"query": "ann"}, {"query": "told"}),
    # somebody limited is shown no households: what ties them together is shared keys, of whoever uses them
    "unify.groups": ({"kind": "account"}, {"kind": "level"}),
    "unify.timeline": ({"customer": "1"}, {"customer": "2"}, {"customer": "anna"}, {"customer": "3", "channel": "web"}),
}
"""With which arguments the verbs are asked; without a line here, with none."""


OF_DERIVATIONS = frozenset(
    {"unify.segment_facts_of_log", "unify.segment_facts_of_new", "unify.segment_superseded", "unify.segment_fact_count"}
)
"""Queries with slots that no verb asks: derivations ask them, and those see the whole log."""
OF_INVITING = frozenset({"collect.inviting_events", "collect.inviting_past_events", "collect.survey_scores"})
"""Queries with slots of who may write to everybody: no verb that somebody limited may run asks them."""
OF_UNITS = frozenset(units.rows.name for units in UNITS.values())
"""What metrics count stands inside of the queries that sum it."""
OF_DEFINING = frozenset({"measure.taken"})
"""Whoever writes definitions sees all rows."""


def row(number: int, drawn: Mapping[str, Any]) -> dict[str, Any]:
    """One row as a source sends it, at a moment of its own."""
    at = FIRST + timedelta(hours=7 * number)
    score = drawn["score"]
    asked, ranked = score is not None, number % 2 == 1
    return {
        "message_id": f"m{number}",
        "source": drawn["source"],
        "kind": drawn["kind"],
        "name": drawn["name"],
        "touchpoint": drawn["touchpoint"],
        "channel": drawn["channel"],
        "key_namespace": "shop" if drawn["who"] else None,
        "key_type": ("email" if "@" in drawn["who"] else "user_id") if drawn["who"] else None,
        "key_value": drawn["who"],
        "other_keys": json.dumps([["shop", "device", other] for other in drawn["others"]]),
        "account_namespace": "shop" if drawn["account"] else None,
        "account_type": "household" if drawn["account"] else None,
        "account_value": drawn["account"],
        "occurred_at": at,
        "received_at": NOW,
        "known_at": at,
        "text": drawn["text"],
        "metric": drawn["metric"] if score is not None else None,
        "score": score,
        "scale_min": 0.0,
        "scale_max": 10.0,
        "survey_id": "visits" if asked else None,
        "survey_version": "1" if asked else None,
        "question_id": ("q2" if ranked else "q1") if asked else None,
        "response_id": f"r{number // 2}" if asked else None,
        "answer_value": (("a|b" if score > 6 else "b|a") if ranked else f"{score:g}") if asked else None,
        "team": drawn["team"],
        "region": drawn["region"],
        "brand": drawn["brand"],
        "product": drawn["text"],
        "revises": f"m{drawn['revises']}" if drawn["revises"] < number else None,
        "properties": json.dumps({"code": drawn["text"] or "none", "type": "ranking" if ranked else "rating"}),
        "objects": json.dumps([["order", drawn["order"]]]),
        "traits": json.dumps({"name": f"told {number}", "phone": str(number)}) if drawn["tells"] else None,
        "consents": json.dumps([["news", None, drawn["tells"]]]),
        "promise_what": "delivery" if drawn["name"] == "promised" else None,
        "promise_due_at": at + timedelta(days=2) if drawn["name"] == "promised" else None,
    }


DRAWN = st.fixed_dictionaries(
    {
        "team": st.sampled_from(["North", "South's", "north", None]),
        "region": st.sampled_from(["DE", "FR", "ES", None]),
        "brand": st.sampled_from(["A", "B", None]),
        "who": st.sampled_from([*CAST, None]),
        "others": st.lists(st.sampled_from(["d1", "d2", "d3"]), max_size=2, unique=True),
        "account": st.sampled_from([None, "h1", "h2"]),
        "source": st.sampled_from(["shop", "desk"]),
        "kind": st.sampled_from(["touch", "answer", "delivery", "order"]),
        "name": st.sampled_from(["visited", "promised", "delivered", "answered"]),
        "touchpoint": st.sampled_from(["door", "checkout"]),
        "channel": st.sampled_from(["web", "parcel", None]),
        "metric": st.sampled_from(["nps", "rating"]),
        "score": st.sampled_from([None, 0.0, 6.0, 9.0, 10.0]),
        "text": st.sampled_from([None, "fine", "bad", "odd one"]),
        "order": st.sampled_from(["o1", "o2"]),
        "revises": st.integers(0, 60),
        "tells": st.booleans(),
    }
)
LOGS = st.lists(DRAWN, min_size=6, max_size=24)


def visible(item: Mapping[str, Any], limits: Limits) -> bool:
    """The rule itself, in Python: each column holds one of its values, and nothing is none of them."""
    return all(item[column] in values for column, values in limits)


def fill(host: LocalHost, rows: Sequence[Mapping[str, Any]]) -> None:
    """Admits rows as one batch."""
    if rows:
        schema = pa.schema([SCHEMA.field(name) for name in rows[0]])
        host.workspace.engine.admit(pa.Table.from_pylist([dict(item) for item in rows], schema=schema), now=NOW)


def fill_the_rest(host: LocalHost) -> None:
    """What else a workspace holds of others: rejected rows, imports, kept results."""
    engine = host.workspace.engine
    texts = dict.fromkeys(("import_id", "source", "file", "code", "reason", "raw"), "hidden")
    engine.append("rejected", pa.Table.from_pylist([{"rejected_id": 1, "rejected_at": NOW, "line": 1, **texts}]))
    host.snapshot("measure.nps", {}, actor=LOCAL)


def weaken(host: LocalHost) -> None:
    """Says of every key that came to a customer that it did by a link of probability 0.9."""
    engine = host.workspace.engine
    came = Query("test.came", "select key_id from customer_keys where customer_id <> key_id", ("customer_keys",), {})
    keys = engine.fetch(came)["key_id"].to_pylist()
    columns: dict[str, list[Any]] = {
        "key_id": keys,
        "customer_id": keys,
        "above": [0.9] * len(keys),
        "up_to": [1.0] * len(keys),
    }
    if keys:
        engine.append("customer_strength", pa.table(columns))


def tell_who_is_who(smaller: LocalHost, larger: LocalHost) -> None:
    """Gives the smaller log what the whole one knows of its keys: who somebody is does not depend on who asks.

    That is the one difference to a log of the visible rows alone, and docs/decisions/0023 says why. Values that tie
    keys of several sources together (hubs) stay unseen.
    """
    small, whole = smaller.workspace.engine, larger.workspace.engine
    keys = small.fetch(Query("test.keys", "select * from keys where namespace <> '*'", ("keys",), {}))
    small.replace("keys", keys, whole=True)
    for table in ("customer_keys", "customer_strength"):
        rows = whole.fetch(Query(f"test.{table}", f"select * from {table}", (table,), {}))
        small.replace(
            table, rows.filter(pc.is_in(rows["key_id"], pa.array(keys["key_id"].to_pylist(), pa.int64()))), whole=True
        )
    small.delete("watermarks", "derivation", ["unify.customers"])
    smaller.derive()


@contextmanager
def two_logs(template: Path, log: Sequence[Mapping[str, Any]], limits: Limits) -> Iterator[tuple[LocalHost, LocalHost]]:
    """A workspace of the visible rows, and one of all of them; the visible ones came first, so that numbers agree."""
    rows = [row(number, drawn) for number, drawn in enumerate(log)]
    seen = [item for item in rows if visible(item, limits)]
    with tempfile.TemporaryDirectory() as folder:
        hosts = []
        for name in ("smaller", "larger"):
            shutil.copytree(template, Path(folder) / name)
            hosts.append(LocalHost(replace(open_workspace(Folder(Path(folder) / name)), now=lambda: NOW)))
            fill(hosts[-1], seen)
        fill(hosts[1], [item for item in rows if not visible(item, limits)])
        try:
            for host in hosts:
                host.derive()
            weaken(hosts[1])
            tell_who_is_who(*hosts)
            fill_the_rest(hosts[1])
            yield hosts[0], hosts[1]
        finally:
            for host in hosts:
                host.close()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty workspace to copy: making one takes longer. One thread: sharing out a few rows costs more than that."""
    folder = tmp_path_factory.mktemp("limits") / "empty"
    folder.mkdir(mode=0o700)
    (folder / "cxloop.toml").write_text("[measure]\nminimum_n = 2\n[engine]\nthreads = 1\n")
    (folder / "experience.toml").write_text(EXPERIENCE)
    host = LocalHost(open_workspace(Folder(folder)))
    for definition in OWN:
        host.run("measure.define_metric", {"label": "Own", "definition": "An own metric.", **definition}, actor=LOCAL)
    host.close()
    return folder


def actor_with(limits: Limits) -> Actor:
    """Somebody who may read everything about some rows."""
    return Actor(7, "Nora", "agent", limits)


def engine_of(host: LocalHost, limits: Limits) -> ScopedEngine:
    """The engine that verbs get which somebody limited runs."""
    verb = parts.find("measure.nps")
    engine = limited.seen_by(host.workspace, actor_with(limits), verb).engine
    assert isinstance(engine, ScopedEngine)
    return engine


def rows_of(table: pa.Table) -> list[str]:
    """The rows in an order of their own: not every query promises one."""
    return sorted(repr(item) for item in table.to_pylist())


def settings_of(query: Query) -> list[dict[str, Any]]:
    """Values for the parameters of a query: each value of each parameter at least once."""
    choices = {name: GIVEN.get(name) or OF_TYPE[kind] for name, kind in query.parameters.items()}
    longest = max((len(values) for values in choices.values()), default=1)
    return [{name: values[place % len(values)] for name, values in choices.items()} for place in range(longest)]


def reading_verbs() -> list[Verb]:
    """The verbs that somebody limited may run."""
    return [verb for verb in parts.load() if verb.right == "read" and verb.limited == "rows"]


def said(host: LocalHost, path: str, arguments: Mapping[str, Any], actor: Actor) -> Any:
    """The answer without the panel that says how, which names the limits; or what was said instead of one."""
    try:
        answer = host.run(path, arguments, actor=actor).to_dict()
    except AccessDeniedError:
        raise
    except Exception as failure:  # noqa: BLE001 - whatever it is, it has to be the same
        return type(failure).__name__, str(failure)
    return without_how(answer)


def without_how(answer: Any) -> Any:
    """An answer without its panels, also those of the answers that it is made of."""
    if isinstance(answer, dict):
        return {name: without_how(value) for name, value in answer.items() if name != "how"}
    return [without_how(value) for value in answer] if isinstance(answer, list | tuple) else answer


@pytest.mark.parametrize("place", range(len(LIMITS)) if EXAMPLES > 1 else (1, 2, 4))
def test_every_table_query_and_verb_answers_as_a_log_of_the_visible_rows_would(
    template: Path, queries: list[Query], place: int
) -> None:
    limits = LIMITS[place]

    @seed(place)  # other logs for each of the limits
    @settings(max_examples=EXAMPLES, phases=[Phase.explicit, Phase.generate])  # to shrink one would take minutes
    @given(log=LOGS)
    def holds(log: list[dict[str, Any]]) -> None:
        assume(any(item != log[0] for item in log))  # what is tried first tells nothing: one row, and the plainest
        with two_logs(template, log, limits) as (smaller, larger):
            same_tables(smaller, larger, limits)
            same_queries(smaller, larger, limits, queries)
            same_answers(smaller, larger, limits)

    holds()


def same_tables(smaller: LocalHost, larger: LocalHost, limits: Limits) -> None:
    """Every table that is open holds the same rows, and says the same number of them."""
    whole, scoped = smaller.workspace.engine, engine_of(larger, limits)
    for name in open_tables():
        everything = Query(f"test.{name}", f"select * from {name}", (name,), {})
        assert rows_of(scoped.fetch(everything)) == rows_of(whole.fetch(everything)), name
        if name not in VIEWS:
            assert scoped.count(name) == whole.count(name)


def same_queries(smaller: LocalHost, larger: LocalHost, limits: Limits, queries: Sequence[Query]) -> None:
    """Every query gives the same rows; those with slots are what the verbs ask."""
    whole, scoped = smaller.workspace.engine, engine_of(larger, limits)
    for query in queries:
        if query.slots or set(query.inputs) & set(REFUSED):
            continue
        for values in settings_of(query):
            assert rows_of(scoped.fetch(query, values)) == rows_of(whole.fetch(query, values)), query.name


def same_answers(smaller: LocalHost, larger: LocalHost, limits: Limits) -> None:
    """Every verb says the same."""
    for verb in reading_verbs():
        for arguments in ASKED.get(verb.path, ({},)):
            got = said(larger, verb.path, arguments, actor_with(limits))
            assert got == said(smaller, verb.path, arguments, LOCAL), (verb.path, arguments)


def open_tables() -> list[str]:
    """Tables and views of which somebody limited sees some rows."""
    return [name for name in (*(table.name for table in TABLES), *VIEWS) if name not in REFUSED]


def test_every_table_and_view_says_who_may_see_which_row() -> None:
    derived = set(limited.derived_tables())
    known = {table.name for table in TABLES} | set(VIEWS)

    assert {*RULES, *REFUSED, *derived} == known
    assert len(RULES) + len(REFUSED) + len(derived) == len(known)


def test_every_query_with_slots_is_asked_by_a_verb_of_this_test(
    template: Path, queries: list[Query], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[str] = {"engine.count"}
    fetch = ScopedEngine.fetch

    def noted(self: ScopedEngine, query: Query, *more: Any, **named: Any) -> Any:
        asked.add(query.name)
        return fetch(self, query, *more, **named)

    monkeypatch.setattr(ScopedEngine, "fetch", noted)
    drawn: dict[str, Any] = {
        "team": "North",
        "region": "DE",
        "brand": "A",
        "who": "anna",
        "others": [],
        "account": None,
    }
    more = {"source": "shop", "kind": "answer", "name": "answered", "touchpoint": "door", "channel": "web"}
    said_all = {"metric": "nps", "score": 9.0, "text": "fine", "order": "o1", "revises": 99, "tells": True}
    log = [{**drawn, **more, **said_all, "others": ["d1"], "who": who} for who in (None, "anna", "ben", "cleo") * 2]
    log += [{**log[1], "kind": "order", "score": None}]
    with two_logs(template, log, LIMITS[0]) as (_, larger):
        for verb in reading_verbs():
            for arguments in ASKED.get(verb.path, ({},)):
                said(larger, verb.path, arguments, actor_with(LIMITS[0]))

    with_slots = {query.name for query in queries if query.slots and not set(query.inputs) & set(REFUSED)}
    assert with_slots - asked == (OF_DERIVATIONS | OF_INVITING | OF_UNITS | OF_DEFINING) & with_slots


def test_the_limited_query_translates_to_spark(query: Query) -> None:
    scope = Scope((("region", ("DE", "FR")), ("team", ("South's",))), limited.derived_tables())
    scoped = replace(query, within=scope)
    if set(query.inputs) & set(REFUSED):
        with pytest.raises(AccessDeniedError, match=query.name):
            render(scoped, sample_slots(query), dialect="spark")
        return

    written = render(scoped, sample_slots(query), dialect="spark")

    assert sqlglot.parse_one(written, dialect="spark").sql("spark") == written
    assert "`team` IN ('South\\'s')" in written or "false" in written.lower()
