"""The resolver over random ledgers: against networkx, against its own past, and whatever the order of arrival."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cxloop.unify.identity.graph import NEVER, Graph, components
from cxloop.unify.identity.history import follow, is_odd, trace
from cxloop.unify.identity.resolve import Entry, Nature, settle

EXAMPLES = int(os.environ.get("CXLOOP_IDENTITY_EXAMPLES", "40"))
"""Of random ledgers per test: enough for the suite; thousands while the resolver is being changed."""
PERSONS = st.sampled_from(["link", "cut"])
KEYS = st.integers(1, 9)
MOST = {"unique": 4, "personal": 3}
ADDRESS = Nature("personal", ("shop", "email"), verified=True)
"""Keys of which nothing contradicts: what is linked is one."""
NATURES = [
    Nature("unique", ("shop", "user_id")),
    Nature("unique", ("shop", "user_id")),
    Nature("unique", ("desk", "user_id")),
    Nature("personal", ("shop", "device")),
    Nature("personal", ("shop", "device")),
    ADDRESS,
    Nature("personal", ("*", "email"), verified=True, hub=True),
    Nature("shared", ("shop", "kiosk")),
    Nature("personal", ("shop", "phone"), placeholder=True),
]
MIXED = {key: NATURES[key - 1] for key in range(1, 10)}
EASY = dict.fromkeys(range(1, 10), ADDRESS)


@st.composite
def ledgers(draw: st.DrawFn, most: int = 14, evidence: Sequence[str] = ("identify", "exact", "alias")) -> list[Entry]:
    """Entries as they are written, one after another: what people say refers to what is there."""
    entries: list[Entry] = []
    for number in range(1, draw(st.integers(1, most)) + 1):
        kind = draw(st.sampled_from(["told", "told", "told", "estimated", "person", "never", "undo", "aside"]))
        a, b = sorted(draw(st.tuples(KEYS, KEYS).filter(lambda pair: pair[0] != pair[1])))
        # what interactions tell may come late; what people say comes when they say it
        at = draw(st.integers(0, 12)) if kind in ("told", "estimated") else 10 + number
        if kind == "told":
            previous = draw(st.sampled_from("ab"))
            why = draw(st.sampled_from(evidence))
            entries.append(Entry(number, number, "link", a, b, why, "accepted", at, None, None, previous))
        elif kind == "estimated":
            state = draw(st.sampled_from(["accepted", "accepted", "proposed"]))
            probability = draw(st.sampled_from([0.8, 0.9, 0.99]))
            entries.append(Entry(number, number, "link", a, b, "probabilistic", state, at, probability))
        elif kind == "person":
            entries.append(Entry(number, number, draw(PERSONS), a, b, "person", "accepted", at))
        elif kind == "never":
            entries.append(Entry(number, number, "never", a, b, "person", "accepted", at))
        elif kind == "aside":
            action = draw(st.sampled_from(["quarantine", "release"]))
            entries.append(Entry(number, number, action, a, 0, "person", "accepted", at))
        elif entries:
            refers_to = draw(st.sampled_from(entries)).decision_id
            entries.append(Entry(number, number, "undo", 0, 0, "person", "accepted", at, None, refers_to))
    return entries


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry.known_at, entry.entry_id))


def counts(entry: Entry, entries: Sequence[Entry]) -> bool:
    """By definition: no undo that counts refers to its decision."""
    return not any(other.refers_to == entry.decision_id and counts(other, entries) for other in entries)


def linked(pair: tuple[int, int], entries: Sequence[Entry]) -> bool:
    """The rule for a pair, word by word: the last word of a person, else an automatic link that no person undid."""
    about = [entry for entry in in_order(entries) if (entry.key_a, entry.key_b) == pair and entry.action != "never"]
    words = [entry for entry in about if entry.evidence == "person" and counts(entry, entries)]
    if words:
        return words[-1].action == "link"
    automatic = [entry for entry in about if entry.evidence != "person" and entry.state == "accepted"]
    return bool(automatic) and all(counts(entry, entries) for entry in automatic)


def aside(entries: Sequence[Entry]) -> set[int]:
    """Keys whose last word that counts is that they tie nobody."""
    last = {entry.key_a: entry.action for entry in in_order(entries) if not entry.key_b and counts(entry, entries)}
    return {key for key, action in last.items() if action == "quarantine" and key}


def partition(customer: Mapping[int, int]) -> set[frozenset[int]]:
    return {frozenset(key for key in customer if customer[key] == each) for each in set(customer.values())}


@given(ledgers().filter(lambda entries: all(entry.action != "never" for entry in entries)))
@settings(max_examples=EXAMPLES, deadline=None)
def test_customers_are_the_components_of_networkx_after_cuts_undos_and_quarantines(entries: list[Entry]) -> None:
    graph = nx.Graph()
    graph.add_edges_from(pair for pair in {(e.key_a, e.key_b) for e in entries if e.key_b} if linked(pair, entries))
    graph.remove_nodes_from(aside(entries))

    settled = settle(in_order(entries), EASY)

    assert partition(settled.customer) == {frozenset(each) for each in nx.connected_components(graph) if len(each) > 1}
    assert all(
        customer == min(k for k in settled.customer if settled.customer[k] == customer)
        for customer in settled.customer.values()
    )


@given(ledgers(), ledgers(), KEYS, KEYS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_merge_and_its_undo_leave_no_trace_whatever_came_between(
    before: list[Entry], between: list[Entry], a: int, b: int
) -> None:
    if a == b:
        return
    later = [
        each._replace(
            entry_id=each.entry_id + 100,
            decision_id=each.decision_id + 100,
            known_at=each.known_at + 100,
            refers_to=None if each.refers_to is None else each.refers_to + 100,
        )
        for each in between
    ]
    merge = Entry(50, 50, "link", min(a, b), max(a, b), "person", "accepted", 60)
    undo = Entry(300, 300, "undo", 0, 0, "person", "accepted", 300, None, 50)

    with_it = settle(in_order([*before, merge, *later, undo]), MIXED, most=MOST, stages=True)
    without = settle(in_order([*before, *later]), MIXED, most=MOST, stages=True)

    assert (with_it.customer, with_it.guards, with_it.held, with_it.stages) == (
        without.customer,
        without.guards,
        without.held,
        without.stages,
    )


@given(ledgers(evidence=("identify", "exact")), st.randoms(use_true_random=False))
@settings(max_examples=EXAMPLES, deadline=None)
def test_the_order_in_which_interactions_came_plays_no_part(entries: list[Entry], random: Any) -> None:
    told = [entry.entry_id for entry in entries if entry.evidence != "person"]
    new = dict(zip(told, random.sample(told, len(told)), strict=True))
    shuffled = [
        each._replace(
            entry_id=new.get(each.entry_id, each.entry_id),
            decision_id=new.get(each.decision_id, each.decision_id),
            refers_to=None if each.refers_to is None else new.get(each.refers_to, each.refers_to),
        )
        for each in entries
    ]

    one, other = (settle(in_order(each), MIXED, most=MOST) for each in (entries, shuffled))

    assert (one.customer, one.guards, one.held) == (other.customer, other.guards, other.held)


@given(ledgers())
@settings(max_examples=EXAMPLES, deadline=None)
def test_nobody_holds_what_a_person_has_one_of_nor_a_pair_that_is_never_one(entries: list[Entry]) -> None:
    settled = settle(in_order(entries), MIXED, most=MOST)
    said = nx.Graph([(e.key_a, e.key_b) for e in entries if e.evidence in ("person", "alias") and e.action == "link"])

    for group in partition(settled.customer):
        numbers = [key for key in group if MIXED[key].unit == ("shop", "user_id")]
        assert len(numbers) < 2 or any(key in said for key in numbers)
    for entry in entries:
        if entry.action == "never" and counts(entry, entries):
            of_a, of_b = (settled.customer.get(key, key) for key in (entry.key_a, entry.key_b))
            assert of_a != of_b


@given(
    ledgers(evidence=("identify",)).map(lambda entries: [e for e in entries if e.evidence == "identify"]), KEYS, KEYS
)
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_new_link_never_gives_anybody_a_larger_number(entries: list[Entry], a: int, b: int) -> None:
    if a == b:
        return
    more = [*entries, Entry(99, 99, "link", min(a, b), max(a, b), "identify", "accepted", 5)]

    before, after = (settle(in_order(each), EASY).customer for each in (entries, more))

    assert all(after[key] <= customer for key, customer in before.items())


@given(ledgers())
@settings(max_examples=EXAMPLES, deadline=None)
def test_the_past_is_what_the_entries_known_then_said(entries: list[Entry]) -> None:
    rows = trace(entries, MIXED).rows

    for moment in range(-1, 30):
        then = settle(in_order(entry for entry in entries if entry.known_at <= moment), MIXED).customer
        held = {key: who for key, who, since, until in rows if since <= moment and (until is None or moment < until)}
        assert held == then
    assert all(until is None or since < until for _, _, since, until in rows)


@given(st.lists(st.tuples(KEYS, KEYS, st.integers(0, 6)).filter(lambda each: each[0] != each[1]), max_size=12))
@settings(max_examples=EXAMPLES, deadline=None)
def test_following_all_customers_at_once_gives_what_settling_each_gives(pairs: list[tuple[int, int, int]]) -> None:
    first: dict[tuple[int, int], int] = {}
    for a, b, at in pairs:
        pair = (min(a, b), max(a, b))
        first[pair] = min(at, first.get(pair, at))
    kinds = sorted({nature.unit for nature in MIXED.values()})
    rules = ("unique", "personal", "shared")
    usable = {pair: at for pair, at in first.items() if not any(MIXED[key].idle for key in pair)}
    graph = Graph(
        keys=np.arange(1, 10),
        kind=np.array([kinds.index(MIXED[key].unit) for key in range(1, 10)]),
        kinds=kinds,
        rule=np.array([rules.index(MIXED[key].rule) for key in range(1, 10)], np.int8),
        placeholder=np.array([MIXED[key].placeholder for key in range(1, 10)]),
        verified=np.array([MIXED[key].verified for key in range(1, 10)]),
        hub=np.array([MIXED[key].hub for key in range(1, 10)]),
        said=np.zeros(9, bool),
        released=np.zeros(9, bool),
        off=np.full(9, NEVER),
        heavy=np.zeros(9, bool),
        a=np.array([a - 1 for a, _ in usable], np.int64),
        b=np.array([b - 1 for _, b in usable], np.int64),
        known_at=np.array(list(usable.values()), np.int64),
        plain=np.ones(len(usable), bool),
        ties=np.ones(len(usable), bool),
        dropped=np.empty(0, np.int64),
        dropped_at=np.empty(0, np.int64),
    )
    label = components(graph)
    regular = ~is_odd(graph, label)[label]

    found = follow(graph.pairs(regular[graph.a]), label)

    entries = [Entry(0, 0, "link", a, b, "identify", "accepted", at) for (a, b), at in usable.items()]
    expected = {
        (key, who, since, -1 if until is None else until)
        for key, who, since, until in trace(entries, MIXED).rows
        if regular[key - 1]
    }
    assert set(zip(*(column.tolist() for column in found), strict=True)) == expected


def test_less_certain_customers_are_told_apart_by_their_least_sure_link() -> None:
    entries = [
        Entry(1, 1, "link", 1, 3, "identify", "accepted", 0),
        Entry(2, 2, "link", 3, 6, "probabilistic", "accepted", 0, 0.9),
        Entry(3, 3, "link", 6, 7, "probabilistic", "accepted", 0, 0.8),
    ]

    rows = trace(entries, EASY).strength

    assert {(key, who, above, up_to) for key, who, above, up_to in rows if key in (6, 7)} == {
        (6, 6, 0.9, 1.0),
        (6, 1, 0.8, 0.9),
        (6, 1, 0.0, 0.8),
        (7, 7, 0.9, 1.0),
        (7, 7, 0.8, 0.9),
        (7, 1, 0.0, 0.8),
    }


def test_too_many_ties_make_a_key_nobodys() -> None:
    natures = {1: Nature("personal", ("shop", "device"))} | dict.fromkeys(range(2, 7), ADDRESS)
    entries = [Entry(n, n, "link", 1, n, "identify", "accepted", n) for n in range(2, 7)]

    settled = settle(entries, natures, most=MOST)

    assert settled.guards == {1: "degree"}
    assert settled.customer == {}
