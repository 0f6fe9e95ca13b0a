"""Catching up batch by batch comes to what starting over comes to, and the order of batches plays no part."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from cxloop.core.config import Experience, Settings
from cxloop.core.errors import CxloopError
from cxloop.core.host import LOCAL
from cxloop.engine.derivation import derive
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.query import Query
from cxloop.unify.identity.graph import load
from cxloop.unify.identity.ledger import key_of
from cxloop.unify.identity.links import LAST_ENTRY
from cxloop.unify.identity.rules import MOST_LINKS, Rules
from cxloop.unify.identity.step import IDENTITIES
from cxloop.unify.verbs import merge, never, quarantine, release, split, undo

EXAMPLES = int(os.environ.get("CXLOOP_IDENTITY_LOGS", "3"))
"""Each makes workspaces and derives a dozen times, which takes about a second."""
FIRST = datetime(2026, 3, 2)
NAMES = {
    "user_id": ("u1", "u2", "u3"),
    "anonymous_id": ("a1", "a2", "a3"),
    "email": ("m@example.org", "n@example.org", "unknown@example.org"),
    "phone": ("+491", "+492"),
    "kiosk": ("k1",),
}
KEY = st.sampled_from([(kind, value) for kind, values in NAMES.items() for value in values])
EVENT = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["shop", "desk"]),
        "key": KEY,
        "others": st.lists(KEY, max_size=2),
        "at": st.integers(0, 30),
        "alias": st.sampled_from([False, False, False, True]),
        "email": st.sampled_from([None, None, "M@example.org", "n@example.org"]),
    }
)
WORD = st.tuples(
    st.sampled_from(["merge", "split", "undo", "never", "quarantine", "release", "match", "match", "erase"]),
    KEY,
    KEY,
    st.integers(1, 20),
)
STEPS = st.lists(st.one_of(st.lists(EVENT, min_size=1, max_size=4), WORD), min_size=1, max_size=6)


def told(user: str, mail: str, at: int) -> dict[str, Any]:
    """An event that ties an address to a customer."""
    key, others = ("user_id", user), [("email", mail)]
    return {"source": "shop", "key": key, "others": others, "at": at, "alias": False, "email": None}


ROWS = Query(
    "test.rows",
    """
        select k.namespace, k.type, k.value, c.namespace as of_namespace, c.type as of_type, c.value as of_value,
            m.since, m.until
        from customer_keys as m
        inner join keys as k on k.key_id = m.key_id
        inner join keys as c on c.key_id = m.customer_id
        where m.until is null or m.since < m.until
        order by all
    """,
    ("customer_keys", "keys"),
    {},
)
DOUBTS = Query(
    "test.doubts",
    """
        select k.namespace, k.type, k.value, d.doubt, d.links, d.since
        from identity_doubts as d inner join keys as k on k.key_id = d.key_id
        order by all
    """,
    ("identity_doubts", "keys"),
    {},
)


STRENGTHS = Query(
    "test.strengths",
    """
        select k.namespace, k.type, k.value, c.namespace as of_namespace, c.type as of_type, c.value as of_value,
            s.above, s.up_to
        from customer_strength as s
        inner join keys as k on k.key_id = s.key_id
        inner join keys as c on c.key_id = s.customer_id
        order by all
    """,
    ("customer_strength", "keys"),
    {},
)


THEIRS = Query(
    "test.theirs",
    """
        select $key as key_id
        union
        select m.key_id from customer_keys as m
        inner join customer_keys as o on o.customer_id = m.customer_id and o.until is null
        where m.until is null and o.key_id = $key
    """,
    ("customer_keys",),
    {"key_id": "bigint"},
    parameters={"key": "bigint"},
)


@contextmanager
def workspace() -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        engine = DuckDBEngine(Path(folder) / "analytics")
        ws = SimpleNamespace(engine=engine, experience=Experience(), settings=Settings(), actor=LOCAL, clock=0)
        ws.now = lambda: FIRST + timedelta(days=40, minutes=ws.clock)
        yield ws
        engine.close()


def incoming(number: int, event: dict[str, Any]) -> dict[str, Any]:
    at = FIRST + timedelta(hours=event["at"])
    others = [[event["source"], *key] for key in event["others"]]
    return {
        "message_id": f"m{number}",
        "source": event["source"],
        "kind": "profile" if event["alias"] else "touch",
        "name": "alias" if event["alias"] else "visited",
        "key_namespace": event["source"],
        "key_type": event["key"][0],
        "key_value": event["key"][1],
        "other_keys": json.dumps(others),
        "occurred_at": at,
        "known_at": at,
        "traits": json.dumps({"email": event["email"]}) if event["email"] else None,
    }


def admit(ws: Any, events: Sequence[dict[str, Any]]) -> None:
    rows = pa.Table.from_pylist(events).cast(
        pa.schema(
            [
                (name, pa.string() if name != "occurred_at" and name != "known_at" else pa.timestamp("us"))
                for name in events[0]
            ]
        )
    )
    ws.engine.admit(rows, now=FIRST)


def say(ws: Any, word: tuple[str, tuple[str, str], tuple[str, str], int]) -> None:
    """A person decides something; what makes no sense is refused, and changes nothing."""
    ws.clock += 1
    what, one, other, number = word
    a, b = (f"shop:{':'.join(key)}" for key in (one, other))
    called: dict[str, Callable[[], object]] = {
        "merge": lambda: merge(ws, *(_number(ws, key) for key in (a, b))),
        "never": lambda: never(ws, *(_number(ws, key) for key in (a, b))),
        "split": lambda: split(ws, _number(ws, a), (a,)),
        "undo": lambda: undo(ws, number),
        "quarantine": lambda: quarantine(ws, a),
        "release": lambda: release(ws, a),
        "match": lambda: matched(ws, _number(ws, a), _number(ws, b), number),
        "erase": lambda: erased(ws, key_of(ws, a)),
    }
    with suppress(CxloopError):
        called[what]()


def matched(ws: Any, one: str, other: str, number: int) -> None:
    """What a run of matching says of two keys: more or less sure, and believed, proposed or not."""
    low, high = sorted((int(one), int(other)))
    if low == high:
        return
    entry = int(ws.engine.fetch(LAST_ENTRY)["entry_id"][0].as_py()) + 1
    row: dict[str, Any] = {
        "entry_id": entry,
        "decision_id": entry,
        "action": "link",
        "evidence": "probabilistic",
        "author": "match:1",
    }
    row |= {"key_a": low, "key_b": high, "probability": (0.8, 0.95, 0.99, 0.999)[number % 4], "decided_at": ws.now()}
    row |= {"state": ("accepted", "accepted", "accepted", "proposed", "rejected")[number // 4 % 5]}
    row |= {"known_at": FIRST + timedelta(hours=number)}
    ws.engine.append("identity_links", pa.Table.from_pylist([row]))


def erased(ws: Any, key: int) -> None:
    """The customer of a key goes, with all keys that are theirs now."""
    with ws.engine.transaction():
        ws.engine.erase(ws.engine.fetch(THEIRS, {"key": key})["key_id"].to_pylist())
    derive(ws, IDENTITIES, now=ws.now())


def _number(ws: Any, key: str) -> str:
    return str(key_of(ws, key))


def state(ws: Any) -> list[list[Any]]:
    return [ws.engine.fetch(query).to_pylist() for query in (ROWS, DOUBTS, STRENGTHS)]


@pytest.mark.parametrize("most", [MOST_LINKS, {"unique": 3, "personal": 2}], ids=["usual", "few"])
@given(steps=STEPS)
@example(
    steps=[[told("u2", "m@example.org", 25)], [told("u3", "m@example.org", 8)]]
)  # late, but older: nobody's address
@example(
    steps=[
        [told("u1", "n@example.org", 1), {**told("u2", "m@example.org", 1), "key": ("anonymous_id", "a1")}],
        ("match", ("user_id", "u1"), ("anonymous_id", "a1"), 1),  # 0.95 and accepted: surer reports know two customers
        [told("u1", "n@example.org", 2)],
    ]
)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_catching_up_comes_to_what_starting_over_comes_to(most: dict[str, int], steps: list[Any]) -> None:
    with patch.dict(MOST_LINKS, most), workspace() as ws:
        number = 0
        for step in steps:
            if isinstance(step, list):
                admit(ws, [incoming(number + place, event) for place, event in enumerate(step)])
                number += len(step)
                derive(ws, IDENTITIES, now=ws.now())
            else:
                say(ws, step)
        caught_up = state(ws)
        written = ws.engine.count("identity_links")

        ws.engine.delete("watermarks", "derivation", [IDENTITIES.name])
        derive(ws, IDENTITIES, now=ws.now())

        assert state(ws) == caught_up
        assert ws.engine.count("identity_links") == written


def test_a_word_that_keeps_two_apart_has_nobody_read_that_no_link_ties() -> None:
    with workspace() as ws:
        usual = {"source": "shop", "at": 1, "alias": False, "email": None}
        signed_in = ((("user_id", user), [("anonymous_id", browser)]) for user, browser in (("u1", "a1"), ("u2", "a2")))
        admit(
            ws,
            [incoming(place, {**usual, "key": key, "others": others}) for place, (key, others) in enumerate(signed_in)],
        )
        derive(ws, IDENTITIES, now=ws.now())
        never(ws, _number(ws, "shop:user_id:u1"), _number(ws, "shop:user_id:u2"))

        read = load(ws.engine, Rules.of(ws.experience), [key_of(ws, "shop:user_id:u1")])

        assert sorted(read.keys.tolist()) == sorted(
            key_of(ws, f"shop:{key}") for key in ("user_id:u1", "anonymous_id:a1")
        )


@given(st.lists(EVENT, min_size=2, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=EXAMPLES, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_the_order_and_size_of_batches_play_no_part(events: list[Any], random: Any) -> None:
    found = []
    for shuffle in (False, True):
        with workspace() as ws:
            rows = [incoming(number, event) for number, event in enumerate(events)]
            # all keys once, so that the numbers of customers can be compared: who is known first keeps the number
            admit(
                ws,
                [
                    {
                        **row,
                        "message_id": f"k{place}",
                        "other_keys": "[]",
                        "traits": None,
                        "known_at": FIRST,
                        "key_type": kind,
                        "key_value": value,
                    }
                    for place, (row, (kind, value)) in enumerate(
                        (rows[0] | {"key_namespace": source, "source": source}, (kind, value))
                        for source in ("shop", "desk")
                        for kind, values in NAMES.items()
                        for value in values
                    )
                ],
            )
            if shuffle:
                random.shuffle(rows)
            while rows:
                size = random.randint(1, 4) if shuffle else len(rows)
                admit(ws, rows[:size])
                rows = rows[size:]
                derive(ws, IDENTITIES, now=ws.now())
            found.append(state(ws))

    assert found[0] == found[1]
