"""The review reads pages and single pairs of the ledger: they are what the whole ledger says."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pytest
from tests.unify.matching.conftest import NOW, Workspace, closed, opened

from cxloop.core.errors import NotFoundError
from cxloop.core.schema import TABLES
from cxloop.engine.duckdb.tables import TYPES
from cxloop.unify.matching.ledger import Found, read_ledger, read_pair, void_undos
from cxloop.unify.matching.results import Order
from cxloop.unify.matching.verbs import compare, decide, review

PAIRS, PAGE = 400, 37
ORDERS: Mapping[str, Callable[[Found], Any]] = {
    "likely": lambda each: (-(each.probability or 0.0), each.entry_id),
    "doubtful": lambda each: (abs((each.probability or 0.0) - 0.5), each.entry_id),
    "newest": lambda each: -each.entry_id,
}
ENTRY: Mapping[str, Any] = {
    **{column.name: None for table in TABLES if table.name == "identity_links" for column in table.columns},
    "known_at": NOW,
    "decided_at": NOW,
}


def entries(keys: list[int], chance: random.Random) -> list[dict[str, Any]]:
    """Pairs that matching proposed or linked, words of persons on some, and undos, also of undos and of these."""
    rows: list[dict[str, Any]] = []

    def write(**told: Any) -> int:
        number = len(rows) + 1
        rows.append({**ENTRY, "entry_id": number, "decision_id": number, **told})
        return number

    decisions = []
    for _ in range(PAIRS):
        a, b = sorted(chance.sample(keys, 2))
        pair = {"key_a": a, "key_b": b}
        state = chance.choice(["proposed", "proposed", "proposed", "accepted"])
        estimate = {"probability": chance.choice([0.5, 0.62, 0.75, 0.75, 0.9, 0.99]), "weight": 3.0, "comparison": "{}"}
        estimated = {"evidence": "probabilistic", "author": "match:1", "action": "link", "state": state}
        decisions.append(write(**pair, **estimate, **estimated))
        if chance.random() < 0.3:
            word = chance.choice(["link", "cut", "never"])
            decisions.append(write(**pair, evidence="person", author="Vera", action=word, state="accepted"))
    for who in ("probabilistic", "person", "person", "probabilistic"):
        taken_back = chance.sample(decisions, len(decisions) // 6)
        undo = {"evidence": who, "author": "Vera", "action": "undo", "state": "accepted"}
        decisions += [write(**undo, refers_to=decision) for decision in taken_back]
    return rows


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace with hundreds of pairs in its ledger; tests only read it."""
    ws = opened(Path(tmp_path_factory.mktemp("busy")))
    ws.tell("shop", {f"S{place}": {"first_name": f"name{place}", "email": f"{place}@a.example"} for place in range(60)})
    keys = [row["key_id"] for row in ws.rows("keys") if row["namespace"] != "*"]
    _write(ws, entries(keys, random.Random(3)))
    yield ws
    closed(ws)


def _write(ws: Workspace, rows: list[dict[str, Any]]) -> None:
    table = next(table for table in TABLES if table.name == "identity_links")
    last = max((row["entry_id"] for row in ws.rows("identity_links")), default=0)
    numbers = ("entry_id", "decision_id", "refers_to")
    moved = [{**row, **{name: row[name] + last for name in numbers if row[name] is not None}} for row in rows]
    kinds: dict[str, pa.DataType] = {"BIGINT": pa.int64(), "DOUBLE": pa.float64(), "TIMESTAMP": pa.timestamp("us")}
    schema = pa.schema([(column.name, kinds.get(TYPES[column.type], pa.string())) for column in table.columns])
    ws.engine.append("identity_links", pa.Table.from_pylist(moved, schema=schema))


def test_the_ledger_under_test_holds_every_case(busy: Workspace) -> None:
    said = read_ledger(busy.engine)

    assert said.untouched is not None
    assert len(said.found) + len(said.untouched.decision) == PAIRS
    assert len(said.links("proposed")) > 100
    assert len(void_undos(busy.engine)) > 10
    assert said.undone_by_person
    assert {"link", "cut", "never"} == set(said.persons.values())


@pytest.mark.parametrize("order", get_args(Order))
def test_the_pages_together_are_all_pairs_that_wait_in_order(busy: Workspace, order: Order) -> None:
    waiting = sorted(read_ledger(busy.engine).links("proposed"), key=ORDERS[order])

    pages = [review(busy, limit=PAGE, offset=first, order=order) for first in range(0, len(waiting) + PAGE, PAGE)]

    assert {page.total for page in pages} == {len(waiting)}
    assert [row.entry for page in pages for row in page.rows] == [each.entry_id for each in waiting]
    assert pages[-1].rows == ()
    assert {len(page.rows) for page in pages[:-2]} == {PAGE}
    first = pages[0].rows[0]
    assert (first.key_a, first.key_b, first.probability) == (*waiting[0].pair, waiting[0].probability)


def test_from_pair_to_pair_one_comes_past_all_and_back_to_the_first(busy: Workspace) -> None:
    waiting = [each.entry_id for each in sorted(read_ledger(busy.engine).links("proposed"), key=ORDERS["likely"])]
    places = [0, 1, len(waiting) // 2, len(waiting) - 2, len(waiting) - 1]

    following = [compare(busy, waiting[place]).next_entry for place in places]

    assert following == [waiting[(place + 1) % len(waiting)] for place in places]


def test_what_the_ledger_says_of_one_pair_is_what_the_whole_says_of_it(busy: Workspace) -> None:
    whole = read_ledger(busy.engine)

    for entry in list(whole.found)[::9]:
        pair = whole.found[entry].pair
        alone = read_pair(busy.engine, entry)
        assert alone.found == {number: each for number, each in whole.found.items() if each.pair == pair}
        assert alone.counted == {number: each for number, each in whole.counted.items() if each.pair == pair}
        assert alone.persons == {each: word for each, word in whole.persons.items() if each == pair}
        assert alone.undone_by_person == whole.undone_by_person & {pair}


def test_a_pair_that_was_decided_leads_on_to_the_first_that_waits(busy: Workspace) -> None:
    said = read_ledger(busy.engine)
    waiting = sorted(said.links("proposed"), key=ORDERS["likely"])
    decided = next(entry for entry, found in said.counted.items() if found.pair in said.persons)

    shown = compare(busy, decided)

    assert shown.state == ("accepted" if said.persons[said.found[decided].pair] == "link" else "rejected")
    assert shown.next_entry == waiting[0].entry_id


def test_an_entry_that_matching_did_not_write_is_refused(busy: Workspace) -> None:
    by_person = next(row["entry_id"] for row in busy.rows("identity_links") if row["evidence"] == "person")

    for entry in (by_person, 999_999):
        with pytest.raises(NotFoundError, match=f"no entry {entry} of matching"):
            compare(busy, entry)


def test_the_last_pair_that_waits_leads_nowhere(ws: Workspace) -> None:
    ws.tell("shop", {"A": {"first_name": "anna"}, "B": {"first_name": "berta"}})
    one, other = sorted(row["key_id"] for row in ws.rows("keys") if row["namespace"] != "*")
    proposed = {"evidence": "probabilistic", "author": "match:1", "action": "link", "state": "proposed"}
    told = {"entry_id": 1, "decision_id": 1, "key_a": one, "key_b": other, "probability": 0.7}
    _write(ws, [{**ENTRY, **told, **proposed}])
    entry = review(ws).rows[0].entry

    shown = compare(ws, entry)
    decided = decide(ws, entry, "reject")

    assert shown.next_entry is None
    assert (decided.remaining, decided.next_entry, review(ws).total) == (0, None, 0)
