"""Who is who in a company of which it is known: simulated people, and households that share devices and addresses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.identities import (
    Key,
    Planted,
    Score,
    household_rows,
    naive,
    resolved,
    score,
    statements,
    truth_of,
)

from cxloop import simulate

CUSTOMERS, MONTHS, SEED = 300, 12, 7


class Case:
    """The rows that come, the truth, and what the log says."""

    def __init__(self) -> None:
        company = simulate.company(CUSTOMERS, MONTHS, SEED)
        self.planted: Planted = household_rows(SEED, CUSTOMERS, families=10)
        (log,) = company.batches()
        sixth = -(-log.num_rows // 6)
        self.tables: list[Any] = [*(log.slice(at, sixth) for at in range(0, log.num_rows, sixth)), self.planted.table]
        self.owners = truth_of(company) | self.planted.owners
        self.told = statements(self.tables)

    def score(self, found: list[set[Key]]) -> Score:
        """Scores an answer."""
        return score(self.owners, self.told, found)


@pytest.fixture(scope="module")
def case() -> Case:
    return Case()


@pytest.fixture(scope="module")
def found(case: Case, tmp_path_factory: pytest.TempPathFactory) -> list[set[Key]]:
    return resolved(tmp_path_factory.mktemp("truth") / "acme", case.tables)


def test_customers_are_people_whom_the_log_ties(case: Case, found: list[set[Key]]) -> None:
    ours = case.score(found)

    assert ours.precision.share >= 0.995
    assert ours.recall.share >= 0.90


def test_no_shared_device_address_or_number_makes_one_of_two_people(case: Case, found: list[set[Key]]) -> None:
    accounts = [[key for key in keys if key[1] == "customer_id"] for keys in found]

    assert [keys for keys in accounts if len(keys) > 1] == []


def test_guards_are_what_keeps_people_apart(case: Case, found: list[set[Key]]) -> None:
    without = case.score(naive(case.owners, case.told))

    assert without.precision.share < 0.5 < case.score(found).precision.share
    assert max(map(len, found)) < 10 < max(len(keys) for keys in without.fused)


@pytest.mark.parametrize("every", [0, 1, 3])
def test_who_is_who_does_not_depend_on_when_and_in_which_order_rows_come(
    case: Case, found: list[set[Key]], tmp_path: Path, every: int
) -> None:
    again = resolved(tmp_path / "acme", reversed(case.tables), every=every)

    assert sorted(map(sorted, again)) == sorted(map(sorted, found))
