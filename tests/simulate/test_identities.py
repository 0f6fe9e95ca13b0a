"""Who is behind a key: one person, except where a device is declared to be shared."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

import pytest

from cxloop import simulate

Key = tuple[str, str, str]


@pytest.fixture(scope="module")
def people(company: simulate.Company) -> dict[Key, set[int | None]]:
    found: dict[Key, set[int | None]] = defaultdict(set)
    for row in company.identities.to_pylist():
        found[row["namespace"], row["type"], row["value"]].add(row["person"])
    return found


def used(rows: Any) -> set[Key]:
    own = set(zip(rows["key_namespace"], rows["key_type"], rows["key_value"], strict=True))
    beside = {tuple(key) for text in set(rows["other_keys"]) if text for key in json.loads(text)}
    return own | beside


def test_the_truth_knows_exactly_the_keys_of_the_log(rows: Any, people: dict[Key, set[int | None]]) -> None:
    assert used(rows) == set(people)


def test_every_key_is_of_one_person_except_declared_shared_devices(
    company: simulate.Company, people: dict[Key, set[int | None]]
) -> None:
    shared = {(row["namespace"], row["type"], row["value"]) for row in company.identities.to_pylist() if row["shared"]}
    several = {key for key, owners in people.items() if len(owners) > 1}

    assert several
    assert several <= shared
    assert {kind for _, kind, _ in shared} == {"device", "kiosk"}


def test_kiosks_belong_to_nobody(people: dict[Key, set[int | None]]) -> None:
    kiosks = [owners for (_, kind, _), owners in people.items() if kind == "kiosk"]

    assert kiosks
    assert all(owners == {None} for owners in kiosks)


def test_most_people_have_several_keys(people: dict[Key, set[int | None]]) -> None:
    keys = Counter(person for owners in people.values() for person in owners if person is not None)

    assert sum(count >= 3 for count in keys.values()) / len(keys) > 0.5


def test_keys_on_one_row_are_of_one_person(rows: Any, people: dict[Key, set[int | None]]) -> None:
    for namespace, kind, value, others in zip(
        rows["key_namespace"], rows["key_type"], rows["key_value"], rows["other_keys"], strict=True
    ):
        if others:
            (other,) = json.loads(others)
            assert people[namespace, kind, value] & people[tuple(other)]


def test_all_json_columns_are_json(rows: Any) -> None:
    shapes = {"other_keys": list, "objects": list, "properties": dict, "traits": dict, "consents": list}

    found = {name: {type(json.loads(text)) for text in set(rows[name]) if text is not None} for name in shapes}

    assert found == {name: {shape} for name, shape in shapes.items()}
