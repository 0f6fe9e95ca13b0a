"""The function that finds persons in any table: on planted truth, with and without what is known already."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.unify.matching.conftest import FAMILY, GIVEN, person, written_again

from cxloop.core.errors import InputError
from cxloop.unify.matching.link import Linked, Standing, link

PEOPLE, TWICE = 150, 70


def planted(seed: int = 11) -> tuple[pa.Table, list[int]]:
    """Records, and the person of each: the first ones are there twice, the second time with a slip and a gap."""
    chance = random.Random(seed)
    people = [person(chance) for _ in range(PEOPLE)]
    again = [written_again(told, chance) for told in people[:TWICE]]
    rows = [{name: told.get(name) for name in people[0]} for told in [*people, *again]]
    return pa.Table.from_pylist(rows), [*range(PEOPLE), *range(TWICE)]


@pytest.fixture(scope="module")
def found() -> Linked:
    """What matching finds without knowing anything."""
    return link(planted()[0])


def pairs(clusters: Any) -> set[tuple[int, int]]:
    """Pairs of records of one cluster."""
    groups: dict[int, list[int]] = {}
    for place, cluster in enumerate(clusters):
        groups.setdefault(int(cluster), []).append(place)
    return {(a, b) for each in groups.values() for a in each for b in each if a < b}


def test_planted_persons_are_found_and_no_strangers(found: Linked) -> None:
    truth = pairs(planted()[1])

    assert pairs(found.clusters) <= truth
    assert len(pairs(found.clusters)) >= 0.97 * len(truth)
    assert found.model.expected_precision is not None
    assert found.model.expected_precision >= found.model.precision


def test_a_cluster_is_called_by_its_first_record(found: Linked) -> None:
    assert all(found.clusters[int(cluster)] == cluster <= place for place, cluster in enumerate(found.clusters))


def test_links_are_as_many_as_it_takes(found: Linked) -> None:
    assert len(found.links) == len(found.clusters) - len(set(found.clusters.tolist()))


def test_two_sources_that_have_each_person_once_are_linked_one_to_one(found: Linked) -> None:
    table, truth = planted()
    sources = ["shop"] * PEOPLE + ["desk"] * TWICE

    linked = link(table, standing=Standing(alone=sources), model=found.model)

    assert all(a < PEOPLE <= b for a, b in pairs(linked.clusters))
    assert len({a for a, _ in pairs(linked.clusters)}) == len(pairs(linked.clusters)) >= 0.97 * TWICE
    assert pairs(linked.clusters) <= pairs(truth)


def test_what_a_person_took_apart_stays_apart(found: Linked) -> None:
    first = found.links[0]

    linked = link(planted()[0], standing=Standing(apart={(first.left, first.right)}), model=found.model)

    assert linked.clusters[first.left] != linked.clusters[first.right]
    assert (first.left, first.right) in {(each.left, each.right) for each in linked.proposals if each.held}


def test_an_increment_finds_what_the_whole_finds(found: Linked) -> None:
    fresh = list(range(PEOPLE + 60, PEOPLE + TWICE))
    groups = [place if place in fresh else int(found.clusters[place]) for place in range(PEOPLE + TWICE)]

    linked = link(planted()[0], standing=Standing(groups=groups, fresh=fresh), model=found.model)

    assert np.array_equal(linked.clusters, found.clusters)
    assert len(linked.links) <= len(fresh)


def test_too_few_records_are_refused() -> None:
    with pytest.raises(InputError, match="3 records are too few to learn from"):
        link(planted()[0].slice(0, 3))


def test_namesakes_with_numbered_addresses_are_no_duplicates_and_the_model_says_that_it_learned_nothing() -> None:
    chance = random.Random(5)
    names = [(chance.choice(GIVEN[:12]), chance.choice(FAMILY[:12])) for _ in range(400)]
    rows = [
        {"first_name": given, "last_name": family, "email": f"{given}.{family}{number * 7}@mail.example"}
        for number, (given, family) in enumerate(names)
    ]

    linked = link(pa.Table.from_pylist(rows), model=None)

    assert (linked.links, linked.proposals, linked.model.learned) == ((), (), False)


@pytest.mark.parametrize("told", [("email",), ("city",)])
def test_strangers_with_birth_dates_and_common_names_are_never_linked(told: tuple[str, ...]) -> None:
    chance = random.Random(7)
    people: dict[tuple[str, str, str], dict[str, str]] = {}
    while len(people) < 400:
        one = person(chance)
        one |= {"first_name": chance.choice(GIVEN[:10]).title(), "last_name": chance.choice(FAMILY[:8]).title()}
        one["email"] = f"{one['first_name']}.{one['last_name']}{chance.randint(1, 9999)}@mail.example"
        people[one["first_name"], one["last_name"], one["birthday"]] = one
    fields = ("first_name", "last_name", "birthday", *told)
    rows = [{name: one[name] for name in fields} for one in people.values()]

    linked = link(pa.Table.from_pylist(rows))

    assert linked.links == ()
    # five pairs of one name and a similar birth date, among eighty thousand
    assert len(linked.proposals) <= 5
