"""Households: what people share, planted and random; nobody is anybody else because of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unify.privacy.conftest import Desk

from cxloop.core.errors import NotFoundError
from cxloop.core.results import Estimate
from cxloop.unify import verbs
from cxloop.unify.people.households import MOST_SHARERS, Sharing, all_households, household_of, joined

DAY = datetime(2026, 3, 2)


def people(ws: Desk, *numbers: str) -> list[int]:
    """Numbers of the customers with these user ids."""
    return [verbs.customer(ws, f"user_id:{number}").customer_id for number in numbers]


def calls(ws: Desk, who: str, phone: str, minute: int = 0) -> None:
    """One call of a customer from a telephone."""
    ws.happens(who, DAY + timedelta(minutes=minute), other_keys=[["shop", "phone", phone]])


def test_customers_who_call_from_one_landline_are_a_household(ws: Desk) -> None:
    for who in ("1", "2"):
        calls(ws, who, "+4973112345")
    ws.happens("3", DAY)

    ada, bo, cy = people(ws, "1", "2", "3")
    (row,) = verbs.groups(ws, kind="household").rows

    assert (row.group_id, row.members, row.why) == (f"household:{ada}", 2, "share a telephone number")
    assert [item.group_id for item in verbs.customer(ws, str(bo)).groups] == [row.group_id]
    assert verbs.customer(ws, str(cy)).groups == ()


def test_a_family_at_one_address_is_a_household_and_a_neighbour_is_not(ws: Desk) -> None:
    home = {"street": "Hauptstr. 5", "postcode": "89073"}
    ws.happens("1", DAY, traits={"first_name": "Ada", "last_name": "Berg", **home})
    ws.happens("2", DAY, traits={"name": "Bo BERG", "street": "hauptstr 5", "postcode": "89073"})
    ws.happens("3", DAY, traits={"name": "Cy Dahl", **home})
    ws.happens("4", DAY, traits={"name": "Di Berg", "street": "Hauptstr. 5", "postcode": "10115"})

    found = verbs.groups(ws, kind="household").rows

    assert [(row.label, row.why) for row in found] == [
        ("Household of Ada Berg and 1 other", "share family name and address")
    ]


def test_who_moved_away_belongs_there_no_more(ws: Desk) -> None:
    home = {"name": "Ada Berg", "street": "Hauptstr. 5", "city": "Ulm"}
    ws.happens("1", DAY, traits=home)
    ws.happens("2", DAY, traits={**home, "name": "Bo Berg"})
    ws.happens("2", DAY + timedelta(days=1), traits={**home, "name": "Bo Berg", "street": "Am Markt 1"})

    assert verbs.groups(ws, kind="household").rows == ()


def test_what_many_share_makes_no_household(ws: Desk) -> None:
    for number in range(MOST_SHARERS + 1):
        calls(ws, str(number), "+4973112345", number)

    assert verbs.groups(ws, kind="household").rows == ()


def test_what_each_shares_with_the_next_makes_one_household_wherever_one_begins(ws: Desk) -> None:
    calls(ws, "1", "+491")
    calls(ws, "2", "+491")
    address = {"street": "Hauptstr. 5", "city": "Ulm"}
    ws.happens("2", DAY, traits={"name": "Bo Berg", **address})
    ws.happens("3", DAY, traits={"name": "Cy Berg", **address})
    ids = people(ws, "1", "2", "3")

    (home,) = all_households(ws)

    assert sorted(home.customers) == ids
    assert all(household_of(ws, customer) == home for customer in ids)


def test_keys_of_one_customer_are_one_member(ws: Desk) -> None:
    calls(ws, "1", "+491")
    calls(ws, "2", "+491")
    ws.happens("v1", DAY, key_type="anonymous_id", other_keys=[["shop", "user_id", "1"]])

    (home,) = verbs.groups(ws, kind="household").rows

    assert home.members == 2


def test_a_household_shows_its_members_and_each_score_once(ws: Desk) -> None:
    for who, scores in (("1", (0, 10)), ("2", (10, 10, 10))):
        calls(ws, who, "+491")
        for hour, score in enumerate(scores):
            answered = {"kind": "answer", "metric": "nps", "score": float(score), "scale_min": 0.0, "scale_max": 10.0}
            ws.happens(who, DAY + timedelta(hours=hour), **answered)
    paid = {"kind": "order", "currency": "EUR"}
    ws.happens("1", DAY, message_id="first", value=50.0, **paid)
    ws.happens("1", DAY, message_id="corrected", value=30.0, revises="first", **paid)
    ids = people(ws, "1", "2")

    found = verbs.group(ws, f"household:{ids[1]}")

    assert sorted(member.customer_id for member in found.members) == ids
    # the latest answer of each is a 10
    (rolled,) = found.scores
    assert isinstance(rolled.result, Estimate)
    assert (rolled.result.n, rolled.result.value) == (2, 100.0)
    assert [(money.currency, money.value) for money in found.value] == [("EUR", 30.0)]


def test_who_lives_alone_is_no_household(ws: Desk) -> None:
    ws.happens("1", DAY)

    with pytest.raises(NotFoundError, match="no group"):
        verbs.group(ws, f"household:{people(ws, '1')[0]}")


SHARINGS = st.lists(
    st.builds(
        Sharing,
        st.sampled_from(["a mailbox", "a device"]),
        st.frozensets(st.integers(1, 30), min_size=1, max_size=MOST_SHARERS + 2),
    ),
    max_size=12,
)


@given(sharings=SHARINGS, order=st.randoms(use_true_random=False))
def test_households_are_the_components_that_networkx_finds_in_whatever_order(
    sharings: list[Sharing], order: object
) -> None:
    graph = nx.Graph()
    for item in sharings:
        if 2 <= len(item.customers) <= MOST_SHARERS:
            nx.add_path(graph, sorted(item.customers))

    found = joined(sharings)
    order.shuffle(sharings)  # type: ignore[attr-defined]

    assert sorted(map(sorted, (home.customers for home in found))) == sorted(
        map(sorted, nx.connected_components(graph))
    )
    assert joined(sharings) == found
