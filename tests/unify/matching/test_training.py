"""Training where a few records say more than all others, and where nobody is there twice."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.unify.matching.conftest import Workspace, person, written_again

from cxloop.unify.matching import link as link_module
from cxloop.unify.matching.link import Linked, Standing, link
from cxloop.unify.matching.model import Model
from cxloop.unify.matching.thresholds import fit_prior
from cxloop.unify.matching.training import model_for
from cxloop.unify.matching.verbs import match, review

PLAIN, FILE, TWICE = 5_000, 127, 40
SYLLABLES = tuple(first + second for first in "bdfgklmnprstvz" for second in "aeiou")


@pytest.fixture(autouse=True)
def trained_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here no town's model serves another one."""

    def train(work: Any) -> Model:
        return model_for(work.room, "people", work.people, work.columns, seed=work.seed, tell=work.tell)

    monkeypatch.setattr(link_module, "_trained", train)


def plain(count: int, chance: random.Random) -> list[dict[str, str]]:
    """People of whom a shop knows a name and an e-mail, each with another one."""
    names = [(_word(2, chance), _word(3, chance)) for _ in range(count)]
    return [
        {
            "first_name": given.title(),
            "last_name": family.title(),
            "email": f"{given}.{family}{number * 13}@mail.example",
        }
        for number, (given, family) in enumerate(names)
    ]


def imported(chance: random.Random, *, twice: int, slips: bool = False) -> list[dict[str, str]]:
    """A file with birth dates and addresses, without e-mails: the last ones are there a second time."""
    people = [
        {
            "first_name": _word(2, chance).title(),
            "last_name": _word(3, chance).title(),
            **{name: told for name, told in person(chance).items() if name in ("birthday", "street", "postal_code")},
        }
        for _ in range(FILE - twice)
    ]
    again = [written_again(told, chance) if slips else dict(told) for told in people[:twice]]
    return [*people, *again]


def table(rows: list[dict[str, str]]) -> pa.Table:
    names = ("first_name", "last_name", "email", "birthday", "street", "postal_code")
    return pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows])


def pairs(found: Linked) -> set[tuple[int, int]]:
    return {(each.left, each.right) for each in found.links}


def _word(syllables: int, chance: random.Random) -> str:
    return "".join(chance.choice(SYLLABLES) for _ in range(syllables))


def test_who_is_twice_in_a_small_file_is_found_by_what_only_this_file_says() -> None:
    chance = random.Random(21)
    rows = [*plain(PLAIN, chance), *imported(chance, twice=TWICE, slips=True)]

    found = link(table(rows))

    truth = {(PLAIN + place, PLAIN + FILE - TWICE + place) for place in range(TWICE)}
    assert {"birth", "street", "postcode"} <= set(found.model.columns)
    assert pairs(found) <= truth
    assert len(pairs(found)) >= TWICE - 5


def test_a_file_that_comes_later_is_compared_by_what_only_it_says_without_being_asked(ws: Workspace) -> None:
    chance = random.Random(24)
    ws.tell("shop", {f"S{place}": told for place, told in enumerate(plain(1_300, chance))})
    first = match(ws)
    ws.tell("crm", {f"C{place}": told for place, told in enumerate(imported(chance, twice=TWICE))}, kind="contact_id")

    second = match(ws)
    found = review(ws, limit=100)

    values = {row["key_id"]: row["value"] for row in ws.rows("keys")}
    twice = {(f"C{place}", f"C{FILE - TWICE + place}") for place in range(TWICE)}
    assert (first.mode, first.linked, first.proposed) == ("full", 0, 0)
    # one source numbers each contact once: whether two numbers are one person is for a person to say
    assert (second.mode, second.linked, match(ws).mode) == ("full", 0, "nothing")
    proposed = {(values[row.key_a], values[row.key_b]) for row in found.rows}
    assert twice <= proposed
    # two of 1,300 with similar names and e-mails
    assert len(proposed - twice) <= 2


def test_a_small_file_of_strangers_among_many_customers_makes_no_links() -> None:
    chance = random.Random(22)

    found = link(table([*plain(PLAIN, chance), *imported(chance, twice=0)]))

    assert found.links == ()
    assert len(found.proposals) <= 2


def test_the_first_one_who_comes_twice_is_found_though_nobody_was_when_the_model_was_trained() -> None:
    chance = random.Random(23)
    rows = [person(chance) for _ in range(400)]
    before = link(pa.Table.from_pylist(rows))
    again = written_again(rows[7], chance)

    every = pa.Table.from_pylist([*rows, {name: again.get(name) for name in rows[0]}])
    after = link(every, model=before.model, standing=Standing(fresh=[400]))

    assert before.links == ()
    assert before.model.prior * 400 * 399 / 2 == pytest.approx(1.0)
    assert pairs(after) == {(7, 400)}


def test_the_prior_is_that_of_the_sure_pairs_and_never_under_one() -> None:
    some = np.array([60.0] * 5 + [-20.0] * 1000)

    assert fit_prior(some, 1e6, 1e-5) == pytest.approx(5e-6, rel=0.01)
    assert fit_prior(np.array([-20.0] * 1000), 1e6, 1e-5) == 1e-6
    assert fit_prior(np.array([]), 0.0, 0.1) == 0.5
