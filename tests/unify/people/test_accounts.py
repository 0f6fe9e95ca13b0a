"""Business accounts: hierarchies, members that count once, and circles that are told and not followed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.unify.people.conftest import Opened
from tests.unify.privacy.conftest import Desk

from cxloop.core.config import Hierarchy
from cxloop.core.errors import NotFoundError
from cxloop.unify import verbs
from cxloop.unify.people.accounts import Account, Directory, account_id
from cxloop.unify.people.profile import Told
from cxloop.unify.results import Group

DAY = datetime(2026, 3, 2)
COMPANY = {"name": "company", "label": "Company", "parent": "parent"}
REGION = {"name": "region", "levels": ["country", "region"]}


def comes(ws: Desk, who: str, account: str, hour: int = 0, score: float | None = None, **traits: str) -> None:
    """Somebody comes, or answers, under an account of which something is told."""
    answered: dict[str, Any] = {}
    if score is not None:
        answered = {"kind": "answer", "metric": "nps", "score": score, "scale_min": 0.0, "scale_max": 10.0}
    under = {"account_namespace": "shop", "account_type": "group_id", "account_value": account}
    ws.happens(who, DAY + timedelta(hours=hour), **under, account_traits=traits or None, **answered)


@pytest.fixture
def ws(opened: Opened) -> Desk:
    """A holding with two firms, one of them with a branch; people who come under several of them."""
    ws = opened(hierarchy=[COMPANY, REGION])
    comes(ws, "boss", "h", name="Holding", country="DE")
    comes(ws, "ada", "f1", 1, 10.0, name="Firm One", parent="h", country="DE", region="South")
    comes(ws, "bo", "f2", 2, 0.0, name="Firm Two", parent="Holding", country="FR")
    comes(ws, "ada", "b", 3, 9.0, name="Branch", parent="f1", country="DE", region="South")
    comes(ws, "cy", "b", 4, 10.0)
    return ws


def found(ws: Desk, name: str) -> Group:
    return verbs.group(
        ws, next(row.group_id for row in verbs.groups(ws, name, kind="account").rows if row.label == name)
    )


def test_accounts_are_listed_by_size_with_their_place(ws: Desk) -> None:
    rows = verbs.groups(ws, kind="account").rows

    assert [(row.label, row.members, row.path) for row in rows] == [
        ("Branch", 2, ("Holding", "Firm One", "Branch")),
        ("Firm One", 1, ("Holding", "Firm One")),
        ("Firm Two", 1, ("Holding", "Firm Two")),
        ("Holding", 1, ("Holding",)),
    ]


def test_members_roll_up_and_count_once_however_many_accounts_lead_there(ws: Desk) -> None:
    holding = found(ws, "Holding")

    assert holding.total == 4
    assert {member.label: member.through for member in holding.members} == {
        "boss": "Holding",
        "ada": "Branch",
        "bo": "Firm Two",
        "cy": "Branch",
    }
    # ada's latest answer is a 9: of three customers two are promoters and one is a detractor
    (score,) = holding.scores
    assert (score.metric, score.result.n, round(score.result.value, 2)) == ("nps", 3, 33.33)  # type: ignore[union-attr]
    assert [(row.label, row.members) for row in holding.below] == [("Firm One", 2), ("Firm Two", 1)]


def test_an_account_stands_in_every_hierarchy(ws: Desk) -> None:
    paths = found(ws, "Branch").paths

    assert {name: [step.label for step in steps] for name, steps in paths.items()} == {
        "company": ["Holding", "Firm One", "Branch"],
        "region": ["DE", "South", "Branch"],
    }


def test_an_order_that_was_corrected_counts_once_in_the_money_of_a_group(ws: Desk) -> None:
    under = {"account_namespace": "shop", "account_type": "group_id", "account_value": "f1"}
    paid = {"kind": "order", "name": "order_placed", "currency": "EUR", **under}
    ws.happens("ada", DAY, message_id="first", value=80.0, **paid)
    ws.happens("ada", DAY, message_id="second", value=60.0, revises="first", **paid)

    firm, holding = found(ws, "Firm One"), found(ws, "Holding")

    # of the firm and of what stands above it
    for group in (firm, holding):
        assert [(money.currency, money.value, money.orders) for money in group.value] == [("EUR", 60.0, 1)]


def test_a_level_holds_everybody_of_its_accounts(ws: Desk) -> None:
    levels = {row.label: row for row in verbs.groups(ws, kind="level").rows}
    assert {label: row.members for label, row in levels.items()} == {"DE": 3, "South": 2, "FR": 1}

    south = verbs.group(ws, levels["South"].group_id)
    assert (south.kind, south.group_id, south.total) == ("level", "level:region/DE/South", 2)
    assert [step.label for step in south.paths["region"]] == ["DE", "South"]
    assert sorted(row.label for row in south.below) == ["Branch", "Firm One"]


def test_an_account_is_found_by_its_identifier_and_shows_what_is_told_of_it(ws: Desk) -> None:
    firm = verbs.group(ws, "group_id:f2")

    assert (firm.label, firm.total) == ("Firm Two", 1)
    assert {field.label: field.value for field in firm.fields} == {
        "Name": "Firm Two",
        "Country": "FR",
        "Parent": "Holding",
    }
    assert [item.label for item in verbs.customer(ws, "user_id:bo").groups] == ["Firm Two"]
    assert verbs.customer(ws, "user_id:bo").groups[0].path == ("Holding", "Firm Two")


def test_a_parent_that_is_no_account_is_a_level(ws: Desk) -> None:
    comes(ws, "di", "x", 9, name="Elsewhere", parent="World Corp")

    assert [step.label for step in found(ws, "Elsewhere").paths["company"]] == ["World Corp", "Elsewhere"]
    assert verbs.group(ws, "level:company/World Corp").total == 1


def test_a_circle_of_parents_is_told_and_not_followed(ws: Desk) -> None:
    comes(ws, "boss", "h", 8, name="Holding", parent="b")

    holding = found(ws, "Holding")

    # the boss, and Firm Two, which stands outside of the circle
    assert (holding.total, [row.label for row in holding.below]) == (2, ["Firm Two"])
    assert "goes in a circle" in holding.warnings[0]
    assert all(label in holding.warnings[0] for label in ("Holding", "Branch", "Firm One"))
    assert found(ws, "Firm Two").paths["company"][0].label == "Holding"


def test_a_group_that_is_not_there_is_not_found(ws: Desk) -> None:
    for wanted in ("nothing", "account:99", "household:99", "level:region/XX"):
        with pytest.raises(NotFoundError, match="no group"):
            verbs.group(ws, wanted)


@pytest.mark.parametrize("wrong", [{"name": "a"}, {"name": "a", "parent": "p", "levels": ["l"]}])
def test_a_hierarchy_goes_by_parents_or_by_levels(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="not both"):
        Hierarchy.model_validate(wrong)


def firm(number: int, parent: int | None) -> Account:
    told = () if parent is None else (Told("parent", str(parent), "crm", DAY, DAY),)
    return Account(number, "crm", "group_id", str(number), 1, told)


@given(parents=st.dictionaries(st.integers(0, 12), st.none() | st.integers(0, 12), max_size=13))
def test_hierarchies_are_trees_whatever_parents_are_told(parents: dict[int, int | None]) -> None:
    accounts = [firm(number, parent) for number, parent in parents.items()]
    tree = Directory(accounts, (Hierarchy(name="company", parent="parent"),)).trees["company"]

    told = nx.DiGraph((number, parent) for number, parent in parents.items() if parent is not None)
    circles = {number for circle in nx.simple_cycles(told) for number in circle}
    assert set(tree.circles) == {account_id(number) for number in circles}
    assert nx.is_directed_acyclic_graph(nx.DiGraph(tree.above.items()))
    for number in parents:
        assert tree.path(account_id(number))[-1].node_id == account_id(number)
    for number in circles:
        assert account_id(number) not in tree.above


@given(parents=st.dictionaries(st.integers(0, 12), st.none() | st.integers(0, 12), max_size=13))
def test_everybody_below_is_found_once(parents: dict[int, int | None]) -> None:
    accounts = [firm(number, parent) for number, parent in parents.items()]
    tree = Directory(accounts, (Hierarchy(name="company", parent="parent"),)).trees["company"]

    for node in tree.nodes:
        inside = [account.key_id for account in tree.within(node)]
        above = [number for number in parents if node in {step.node_id for step in tree.path(account_id(number))}]
        assert sorted(inside) == sorted(above)
