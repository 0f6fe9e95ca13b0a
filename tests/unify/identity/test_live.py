"""Who is who as events arrive: sign-ins, addresses, shared devices, and what a person decides about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from cxloop.core.errors import InputError, NotFoundError
from cxloop.unify.verbs import (
    customers,
    doubts,
    identity,
    ledger,
    merge,
    never,
    quarantine,
    release,
    split,
    timeline,
    undo,
)

MONDAY = datetime(2026, 3, 2, 12)


def signs_in(ws: Any, who: str, device: str, hours: int = 0, **more: Any) -> None:
    """One interaction that names a customer's number and a browser."""
    at = MONDAY + timedelta(hours=hours)
    ws.happens(who, at, known_at=at, name="logged_in", other_keys=[["shop", "anonymous_id", device]], **more)


def browses(ws: Any, device: str, hours: int = 0, **more: Any) -> None:
    """One interaction of a browser of which nobody knows whose it is."""
    at = MONDAY + timedelta(hours=hours)
    ws.happens(device, at, known_at=at, key_type="anonymous_id", **more)


def customer_of(ws: Any, who: str) -> int:
    return identity(ws, who).customer_id


def together(ws: Any, *who: str) -> bool:
    return len({customer_of(ws, one) for one in who}) == 1


def test_who_signs_in_brings_along_what_the_browser_did_before(ws: Any) -> None:
    browses(ws, "a1")
    ws.flush()
    signs_in(ws, "u1", "a1", 1)

    found = timeline(ws, "u1")

    assert [step.name for step in found.steps] == ["logged_in", "visited"]
    assert {item.value for item in found.identifiers} == {"a1", "u1"}
    assert customers(ws).total == 1


def test_a_customer_keeps_the_older_number_and_the_other_one_leads_there(ws: Any) -> None:
    browses(ws, "a1")
    ws.flush()
    old = customer_of(ws, "a1")
    ws.happens("u1", MONDAY)
    ws.flush()
    young = customer_of(ws, "u1")
    signs_in(ws, "u1", "a1", 1)

    assert customer_of(ws, "u1") == old
    assert timeline(ws, str(young)).customer.customer_id == old
    assert identity(ws, "u1").former == (young,)


def test_the_same_address_in_two_sources_is_one_customer(ws: Any) -> None:
    ws.happens("marta@example.org", MONDAY, key_namespace="newsletter")
    ws.happens("Marta@Example.org ", MONDAY, key_namespace="chat")
    ws.happens("c7", MONDAY, traits={"email": "MARTA@example.org"})

    found = identity(ws, "c7")

    assert {(key.namespace, key.type) for key in found.keys} == {
        ("newsletter", "email"),
        ("chat", "email"),
        ("shop", "user_id"),
    }
    assert {link.evidence for link in found.links} == {"exact", "profile"}


def test_a_trait_alone_finds_its_customer(ws: Any) -> None:
    ws.happens("c7", MONDAY, traits={"email": "marta@example.org"})

    assert timeline(ws, "Marta@example.org").customer.label == "marta@example.org"


def test_father_and_son_with_one_address_stay_two(ws: Any) -> None:
    ws.happens("father", MONDAY, traits={"name": "Jan Novak", "email": "novak@example.org"})
    ws.happens("son", MONDAY, traits={"name": "Jan Novak", "email": "novak@example.org"})

    assert not together(ws, "father", "son")
    assert [(row.doubt, row.key) for row in doubts(ws).rows] == [("shared", "email:novak@example.org")]


def test_a_browser_that_two_people_sign_in_on_ties_nobody(ws: Any) -> None:
    signs_in(ws, "u1", "family")
    ws.flush()
    assert together(ws, "u1", "family")
    signs_in(ws, "u2", "family", 1)
    ws.flush()

    assert not together(ws, "u1", "u2")
    assert not together(ws, "u1", "family")
    row = doubts(ws).rows[0]
    assert (row.doubt, row.key, row.links) == ("shared", "shop:anonymous_id:family", 2)


def test_two_people_who_swap_their_telephones_stay_two(ws: Any) -> None:
    for hours, pairs in enumerate(((("u1", "+491"), ("u2", "+492")), (("u1", "+492"), ("u2", "+491")))):
        for who, phone in pairs:
            ws.happens(who, MONDAY + timedelta(hours=hours), other_keys=[["shop", "phone", phone]])
        ws.flush()

    assert not together(ws, "u1", "u2")


def test_a_value_that_stands_for_nothing_ties_nobody(ws: Any) -> None:
    for number in range(40):
        ws.happens(f"c{number}", MONDAY, traits={"email": "unknown@example.com"})

    assert customers(ws).total == 40
    assert [(row.doubt, row.key, row.links) for row in doubts(ws).rows] == [
        ("placeholder", "email:unknown@example.com", 40)
    ]


def test_a_device_alone_does_not_tie_an_address_to_somebody_elses_number(ws: Any) -> None:
    signs_in(ws, "u1", "family")
    browses(ws, "family", 1, other_keys=[["shop", "email", "aunt@example.org"]])

    assert together(ws, "u1", "family")
    assert not together(ws, "u1", "aunt@example.org")
    held = [link for link in identity(ws, "u1").links if link.standing == "held"]

    assert "held back" in held[0].why


def test_a_device_and_the_profile_together_tie_an_address_to_a_number(ws: Any) -> None:
    browses(ws, "a1", 0, other_keys=[["shop", "email", "marta@example.org"]])
    signs_in(ws, "u1", "a1", 1, traits={"email": "marta@example.org"})

    assert together(ws, "u1", "a1", "marta@example.org")
    assert doubts(ws).total == 0


def test_a_person_merges_and_takes_it_back(ws: Any) -> None:
    ws.happens("u1", MONDAY)
    ws.happens("u2", MONDAY)

    done = merge(ws, "u1", "u2", reason="the same voice")
    ws.derive()

    assert together(ws, "u1", "u2")
    assert customers(ws).total == 1
    assert done.customers == (customer_of(ws, "u1"),)
    undo(ws, done.decision_id)
    ws.derive()
    assert not together(ws, "u1", "u2")
    assert customers(ws).total == 2
    assert [(row.action, row.undone) for row in ledger(ws).rows] == [("undo", False), ("link", True)]


def test_a_list_of_customers_counts_after_an_undo_what_each_of_them_did(ws: Any) -> None:
    ws.happens("u1", MONDAY)
    ws.happens("u2", MONDAY)
    ws.happens("u2", MONDAY + timedelta(hours=1))
    ws.derive()
    done = merge(ws, "u1", "u2")
    ws.derive()
    as_one = [row.interactions for row in customers(ws).rows]

    undo(ws, done.decision_id)
    ws.derive()

    assert as_one == [3]
    assert sorted(row.interactions for row in customers(ws).rows) == [1, 2]


def test_an_undo_can_be_undone(ws: Any) -> None:
    ws.happens("u1", MONDAY)
    ws.happens("u2", MONDAY)
    first = merge(ws, "u1", "u2")
    second = undo(ws, first.decision_id)

    undo(ws, second.decision_id)

    assert together(ws, "u1", "u2")


def test_an_automatic_link_that_was_undone_stays_so_whatever_comes(ws: Any) -> None:
    signs_in(ws, "u1", "a1")
    link = identity(ws, "u1").links[0]

    undo(ws, link.decision_id)
    signs_in(ws, "u1", "a1", -5)
    ws.flush()

    assert not together(ws, "u1", "a1")
    merge(ws, "u1", "a1")
    assert together(ws, "u1", "a1")


def test_a_split_cuts_every_route(ws: Any) -> None:
    signs_in(ws, "u1", "a1")
    ws.happens("u1", MONDAY, traits={"email": "m@example.org"}, other_keys=[["shop", "email", "m@example.org"]])
    ws.happens("m@example.org", MONDAY, key_namespace="chat")
    ws.happens("a1", MONDAY, key_type="anonymous_id", other_keys=[["chat", "email", "m@example.org"]])
    assert together(ws, "u1", "a1", "chat:email:m@example.org")

    done = split(ws, "u1", ("chat:email:m@example.org",))

    held = identity(ws, "u1")
    assert "chat" not in {key.namespace for key in held.keys}
    assert done.entries >= 1
    undo(ws, done.decision_id)
    assert "chat" in {key.namespace for key in identity(ws, "u1").keys}


def test_never_holds_against_evidence_and_against_a_merge(ws: Any) -> None:
    ws.happens("u1", MONDAY)
    ws.happens("m@example.org", MONDAY)
    said = never(ws, "u1", "m@example.org")
    ws.happens("u1", MONDAY, traits={"email": "m@example.org"})

    assert not together(ws, "u1", "m@example.org")
    assert [row.doubt for row in doubts(ws).rows] == ["never"]
    with pytest.raises(InputError, match="never"):
        merge(ws, "u1", "m@example.org")
    undo(ws, said.decision_id)
    assert together(ws, "u1", "m@example.org")


def test_a_key_can_be_set_aside_and_released(ws: Any) -> None:
    signs_in(ws, "u1", "a1")
    quarantine(ws, "shop:anonymous_id:a1")
    assert not together(ws, "u1", "a1")

    release(ws, "shop:anonymous_id:a1")

    assert together(ws, "u1", "a1")


def test_a_released_placeholder_counts(ws: Any) -> None:
    ws.happens("guest", MONDAY, key_type="phone", other_keys=[["shop", "user_id", "u1"]])
    assert not together(ws, "u1", "guest")

    release(ws, "shop:phone:guest")

    assert together(ws, "u1", "guest")


def test_an_alias_renames_and_a_cycle_of_them_does_no_harm(ws: Any) -> None:
    for new, old in (("u1", "u0"), ("u2", "u1"), ("u0", "u2")):
        keys = [["shop", "user_id", old], ["shop", "anonymous_id", old]]
        ws.happens(new, MONDAY, kind="profile", name="alias", other_keys=keys)

    assert together(ws, "shop:user_id:u0", "shop:user_id:u1", "shop:user_id:u2")
    assert customers(ws).total == 1


def test_one_old_name_for_two_people_ties_neither(ws: Any) -> None:
    for hours, new in enumerate(("u1", "u2")):
        keys = [["shop", "user_id", "a1"], ["shop", "anonymous_id", "a1"]]
        ws.happens(new, MONDAY + timedelta(hours=hours), kind="profile", name="alias", other_keys=keys)

    assert not together(ws, "u1", "u2")
    assert {row.doubt for row in doubts(ws).rows} == {"shared"}


def test_what_bots_and_tests_say_of_identity_is_not_believed(ws: Any) -> None:
    signs_in(ws, "u1", "a1", traffic="bot")
    browses(ws, "a1")

    assert not together(ws, "u1", "a1")


@pytest.mark.parametrize("wrong", ["99", "nobody", "shop:user_id:nobody"])
def test_a_customer_that_is_not_there_is_said_so(ws: Any, wrong: str) -> None:
    ws.happens("u1", MONDAY)

    with pytest.raises(NotFoundError):
        identity(ws, wrong)
    with pytest.raises(NotFoundError):
        merge(ws, "u1", wrong)


def test_a_decision_that_makes_no_sense_is_refused(ws: Any) -> None:
    signs_in(ws, "u1", "a1")

    with pytest.raises(InputError, match="one customer already"):
        merge(ws, "u1", "a1")
    with pytest.raises(InputError, match="not all"):
        split(ws, "u1", ("shop:user_id:u1", "shop:anonymous_id:a1"))
    with pytest.raises(InputError, match="Split it first"):
        never(ws, "u1", "a1")
    with pytest.raises(NotFoundError, match="no decision 99"):
        undo(ws, 99)
