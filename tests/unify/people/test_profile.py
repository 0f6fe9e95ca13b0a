"""Which value of a field survives: planted truths, and what holds for whatever sources tell in whatever order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.config import Profile
from cxloop.unify.people.profile import Told, profile_of
from cxloop.unify.people.results import ProfileField

NOON = datetime(2026, 3, 1, 12)
Rule = Literal["recent", "trusted", "verified", "longest"]


def told(name: str, value: str, source: str = "shop", day: int = 0, *, verified: bool = False) -> Told:
    """One value, told some days after the first."""
    at = NOON + timedelta(days=day)
    return Told(name, value, source, at, at, verified)


def city(rule: Rule, *values: Told, trusted: tuple[str, ...] = ()) -> ProfileField:
    """The field city by a rule."""
    (found,) = profile_of(values, (Profile(name="city", rule=rule, trusted=trusted),))
    return found


THREE = (
    told("city", "Ulm", "crm", 1, verified=True),
    told("city", "Neu-Ulm", "shop", 2),
    told("city", "Bonn", "desk", 3),
)


@pytest.mark.parametrize(
    ("rule", "trusted", "survives", "lost"),
    [
        ("recent", (), "Bonn", ["Neu-Ulm", "Ulm"]),
        ("trusted", ("shop", "crm"), "Neu-Ulm", ["Ulm", "Bonn"]),
        ("verified", (), "Ulm", ["Bonn", "Neu-Ulm"]),
        ("longest", (), "Neu-Ulm", ["Bonn", "Ulm"]),
    ],
)
def test_each_rule_lets_its_value_survive_and_ranks_the_others(
    rule: Rule, trusted: tuple[str, ...], survives: str, lost: list[str]
) -> None:
    found = city(rule, *THREE, trusted=trusted)

    assert (found.value, [other.value for other in found.others]) == (survives, lost)
    assert found.disputed


def test_a_field_says_who_told_its_value_and_when() -> None:
    found = city("trusted", *THREE, trusted=("crm",))

    assert (found.source, found.occurred_at, found.verified) == ("crm", NOON + timedelta(days=1), True)


def test_sources_that_agree_are_no_dispute_whatever_their_capitals() -> None:
    found = city("recent", told("city", "ULM", "crm"), told("city", "Ulm", "shop", 1))

    assert (found.value, found.others) == ("Ulm", ())


def test_a_value_told_again_is_recent_again() -> None:
    again = told("city", "Ulm", "crm", 4)

    assert city("recent", *THREE, again).value == "Ulm"


def test_traits_of_different_spelling_are_one_field() -> None:
    found = profile_of([told("firstName", "Ada", "web"), told("first_name", "Adele", "crm", 1)])

    assert [(field.label, field.value, len(field.others)) for field in found] == [("First name", "Adele", 1)]


def test_a_declared_field_reads_the_traits_that_it_names() -> None:
    fields = (Profile(name="tier", label="Club tier", reads=("loyaltyLevel",)),)

    found = profile_of([told("loyalty_level", "gold")], fields)

    assert [(field.name, field.label, field.value) for field in found] == [("tier", "Club tier", "gold")]


def test_an_address_told_as_an_object_is_told_part_by_part() -> None:
    found = profile_of([told("address", '{"street": "Hauptstr. 5", "postalCode": 89073, "geo": {"lat": 1}}')])

    assert {field.label: field.value for field in found} == {"Street": "Hauptstr. 5", "Postcode": "89073"}


def test_what_nobody_declared_is_shown_as_people_write_it_after_the_rest() -> None:
    found = profile_of([told("shoeSize", "42"), told("email", "ada@example.org")])

    assert [field.label for field in found] == ["E-mail", "Shoe size"]


def test_unknown_never_survives_somebodys_address() -> None:
    found = profile_of([told("email", "ada@example.org"), told("email", "unknown@example.com", day=9)])

    assert found[0].value == "ada@example.org"


VALUES = st.builds(
    told,
    st.just("city"),
    st.sampled_from(["Ulm", "ulm", "Neu-Ulm", "Bonn", "Bad Urach"]),
    st.sampled_from(["crm", "shop", "desk"]),
    st.integers(0, 5),
    verified=st.booleans(),
)
RULES = st.sampled_from(
    [
        Profile(name="city"),
        Profile(name="city", rule="trusted", trusted=("shop", "crm")),
        Profile(name="city", rule="verified"),
        Profile(name="city", rule="longest"),
    ]
)


@given(values=st.lists(VALUES, min_size=1, max_size=8), rule=RULES, order=st.randoms(use_true_random=False))
def test_the_order_in_which_values_come_plays_no_part(values: list[Told], rule: Profile, order: object) -> None:
    shuffled = list(values)
    order.shuffle(shuffled)  # type: ignore[attr-defined]

    assert profile_of(shuffled, (rule,)) == profile_of(values, (rule,))


@given(values=st.lists(VALUES, min_size=1, max_size=8), rule=RULES)
def test_nothing_is_made_up_and_nothing_gets_lost(values: list[Told], rule: Profile) -> None:
    (found,) = profile_of(values, (rule,))

    shown = [found.value.casefold(), *(other.value.casefold() for other in found.others)]
    assert sorted(shown) == sorted({value.value.casefold() for value in values})
    assert any(
        (each.value, each.source, each.occurred_at) == (found.value, found.source, found.occurred_at) for each in values
    )


@given(values=st.lists(VALUES, min_size=1, max_size=8))
def test_no_value_stands_above_the_survivor_by_its_rule(values: list[Told]) -> None:
    trust = ["shop", "crm", "desk"]

    assert city("recent", *values).occurred_at == max(value.occurred_at for value in values)
    assert city("verified", *values).verified == any(value.verified for value in values)
    assert len(city("longest", *values).value) == max(len(value.value) for value in values)
    trusted = city("trusted", *values, trusted=("shop", "crm"))
    assert trust.index(trusted.source) == min(trust.index(value.source) for value in values)
