"""Who is meant by an identifier that is not one customer's, or that only a profile told; and which keys go."""

from __future__ import annotations

import pytest
from tests.unify.erasure.conftest import Desk, files_with

from cxloop.core.errors import InputError
from cxloop.engine.query import Query

KEYS = Query(name="test.keys", sql="select value from keys", inputs=("keys",), output={"value": "text"})


def _values(desk: Desk) -> list[str]:
    return [str(value) for value in desk.host.workspace.engine.fetch(KEYS, {}).column("value").to_pylist()]


def test_an_address_that_two_people_share_names_neither_and_goes_with_the_last_of_them(desk: Desk) -> None:
    shared = "house.4471@example.org"
    mother, father = (
        desk.row(
            who,
            key_type="user_id",
            kind="profile",
            other_keys=[["shop", "email", shared]],
            traits={"email": shared},
        )
        for who in ("u-mother", "u-father")
    )
    desk.admit(mother, father)
    with pytest.raises(InputError, match=r"names nobody: customers \d+, \d+ have it. Give a customer's number"):
        desk.verb("unify.erase", customers=[shared])
    with pytest.raises(InputError, match="names nobody"):
        desk.verb("unify.customer", customer=f"email:{shared}")
    assert desk.verb("unify.erasures").cells == ()

    desk.verb("unify.erase", customers=["u-mother"])
    assert shared in _values(desk)
    desk.verb("unify.erase", customers=["shop:user_id:u-father"])

    assert shared not in _values(desk)
    assert files_with(desk.path, shared) == []


def test_an_address_that_only_a_profile_told_names_who_is_erased(desk: Desk) -> None:
    told = "Only.Told.88@example.org"
    desk.admit(desk.row("C-77", key_type="customer_id", kind="profile", traits={"email": told}))

    erased = desk.verb("unify.erase", customers=[told.upper()])

    assert (erased.state, erased.customers) == ("proved", 1)
    assert files_with(desk.path, told) == []
