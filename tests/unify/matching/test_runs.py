"""Runs of matching over a workspace: what they write, keep, take back and leave alone."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from tests.unify.matching.conftest import Town, Workspace

from cxloop.core.errors import InputError
from cxloop.unify.matching import changes, runs
from cxloop.unify.matching.link import link
from cxloop.unify.matching.verbs import compare, decide, match, matching, review


def pairs_found(ws: Workspace) -> set[tuple[str, str]]:
    """Pairs of keys that are one customer now, by their numbers."""
    found: dict[int, list[str]] = {}
    for (_, value), customer in ws.customers().items():
        found.setdefault(customer, []).append(value)
    return {tuple(sorted(each)) for each in found.values() if len(each) > 1}  # type: ignore[misc]


def test_a_run_links_who_is_written_differently_and_a_second_one_changes_nothing(told: Workspace) -> None:
    ws = told
    truth = {(f"D{place}", f"S{place}") for place in range(80)}

    first = match(ws)
    ws.derive()
    entries = ws.entries()
    again = match(ws)

    assert (first.mode, first.record_count, again.mode) == ("full", 240, "nothing")
    assert pairs_found(ws) <= truth
    assert len(pairs_found(ws)) >= 78
    assert ws.entries() == entries
    assert {row["author"] for row in entries} == {f"match:{first.run}"}
    assert Counter(row["state"] for row in entries) == {"accepted": first.linked, "proposed": first.proposed} or (
        first.proposed == 0
    )


def test_a_full_run_on_the_same_records_writes_no_link_twice(matched: Workspace) -> None:
    before = len(matched.entries())

    again = match(matched, full=True)

    assert (again.mode, again.linked, again.retracted, len(matched.entries())) == ("full", 0, 0, before)


def test_the_ledger_holds_how_records_compare_and_none_of_their_values(matched: Workspace, town: Town) -> None:
    for row in matched.entries():
        kept = json.loads(row["comparison"])
        total = kept["start"] + sum(step["weight"] for step in kept["steps"])
        assert kept["total"] == pytest.approx(row["weight"], abs=1e-3)
        assert total == pytest.approx(kept["total"], abs=0.01)
        assert not any(value in row["comparison"] for traits in town.shop.values() for value in traits.values())


def test_an_increment_finds_what_a_full_run_finds(ws: Workspace, town: Town) -> None:
    late = {f"D{place}": town.desk[f"D{place}"] for place in range(60, 80)}
    ws.tell("shop", town.shop)
    ws.tell("desk", {number: told for number, told in town.desk.items() if number not in late})
    match(ws)
    ws.derive()

    ws.tell("desk", late)
    increment = match(ws)
    ws.derive()
    by_steps = pairs_found(ws)
    match(ws, full=True)
    ws.derive()

    assert (increment.mode, increment.compared) == ("incremental", 20)
    assert len(by_steps ^ pairs_found(ws)) <= 1
    assert len([pair for pair in by_steps if pair[0] in late]) >= 19


def test_a_record_that_says_something_else_now_loses_its_link(matched: Workspace, town: Town) -> None:
    ws = matched
    linked = next(pair for pair in sorted(pairs_found(ws)))
    stranger = dict(
        town.shop["S150"], first_name="Zacharias", last_name="Quint", birthday="1911-11-11", phone="+4989777777"
    )

    ws.tell("desk", {linked[0]: stranger})
    again = match(ws)
    ws.derive()

    assert (again.mode, again.compared, again.retracted) == ("incremental", 1, 1)
    assert linked not in pairs_found(ws)
    assert [row["action"] for row in ws.entries()][-1] == "undo"


def test_two_customers_of_one_source_are_proposed_and_never_linked_unasked(twice: Workspace) -> None:
    assert pairs_found(twice) == set()
    assert review(twice, order="likely").total >= 8
    assert {row["state"] for row in twice.entries()} == {"proposed"}


def test_one_run_proposes_so_many_pairs_and_says_how_many_it_left_out(
    ws: Workspace, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_PROPOSED", 2)
    ws.tell("shop", {f"S{place}": town.shop[f"S{place}"] for place in range(30)})
    ws.tell("shop", {f"S9{place}": town.desk[f"D{place}"] for place in range(10)})

    run = match(ws)

    proposed = [row["probability"] for row in ws.entries()]
    assert (run.proposed, len(proposed)) == (2, 2)
    assert run.left_out >= 5
    assert f"{run.left_out} more left out" in str(run)
    assert min(proposed) > 0.99


def test_what_a_person_decides_stands_through_every_later_run(twice: Workspace) -> None:
    ws = twice
    first, second = review(ws, order="likely").rows[:2]

    accepted = decide(ws, first.entry, "accept")
    rejected = decide(ws, second.entry, "reject")
    match(ws, full=True)
    ws.derive()

    assert accepted.decision is not None
    assert rejected.remaining == review(ws).total == accepted.remaining - 1
    state = matching(ws)
    assert (state.people_accepted, state.people_rejected, state.calibrated) == (1, 1, True)
    customers = {row["key_id"]: row["customer_id"] for row in ws.rows("customer_keys") if row["until"] is None}
    assert customers[first.key_a] == customers[first.key_b]
    assert customers.get(second.key_a, second.key_a) != customers.get(second.key_b, second.key_b)
    assert not {first.entry, second.entry} & {row.entry for row in review(ws).rows}
    with pytest.raises(InputError, match="was decided already: link"):
        decide(ws, first.entry, "reject")


def test_a_skipped_pair_waits_on_and_the_next_one_comes_up(twice: Workspace) -> None:
    rows = review(twice).rows

    skipped = decide(twice, rows[0].entry, "skip")

    assert (skipped.decision, skipped.remaining, skipped.next_entry) == (None, len(rows), rows[1].entry)


def test_two_records_stand_side_by_side_and_their_weights_add_up(matched: Workspace) -> None:
    entry = matched.entries()[0]

    shown = compare(matched, entry["entry_id"])

    assert shown.total == pytest.approx(shown.start + sum(step.weight for step in shown.steps), abs=0.01)
    assert shown.bars()[-1][2] == pytest.approx(shown.bars()[-2][2], abs=0.01)
    names = {step.name: (step.left, step.right) for step in shown.steps}
    assert all(value is not None for value in names["family"]) or all(value is not None for value in names["birth"])
    assert shown.state == "accepted"


def test_keys_that_are_erased_while_a_run_compares_get_no_link(
    told: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ws = told
    keys = {value: row["key_id"] for row in ws.rows("keys") for value in [row["value"]]}
    compared = link

    def erases_meanwhile(*arguments: Any, **named: Any) -> Any:
        found = compared(*arguments, **named)
        ws.engine.delete("keys", "key_id", [keys["D0"]])
        return found

    monkeypatch.setattr(runs, "link", erases_meanwhile)
    run = match(ws)

    assert run.dropped == 1
    assert keys["D0"] not in {row[side] for row in ws.rows("identity_links") for side in ("key_a", "key_b")}
    assert keys["D0"] not in {row["key_id"] for row in ws.rows("matched_records")}


def test_a_run_that_breaks_off_leaves_nothing_and_the_next_one_starts_anew(
    told: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ws = told
    with monkeypatch.context() as patched:
        patched.setattr(runs, "_kept_rows", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            match(ws)

    assert (ws.entries(), ws.rows("matched_records")) == ([], [])
    assert match(ws).mode == "full"


def test_of_two_runs_at_once_the_later_one_writes_nothing(told: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    ws = told
    compared = link

    def another_ends_first(*arguments: Any, **named: Any) -> Any:
        found = compared(*arguments, **named)
        monkeypatch.setattr(runs, "link", compared)
        match(ws)
        return found

    monkeypatch.setattr(runs, "link", another_ends_first)

    with pytest.raises(InputError, match="Another run of matching"):
        match(ws)


def test_records_that_say_too_little_are_refused_with_what_is_needed(ws: Workspace) -> None:
    ws.tell("shop", {f"S{place}": {"first_name": f"name{place}"} for place in range(20)})

    with pytest.raises(InputError, match="say too little to tell persons apart: given"):
        match(ws)
