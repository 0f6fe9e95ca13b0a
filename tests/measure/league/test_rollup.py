"""Hierarchies: each answer counts once at every place it stands at or below, against sets made by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from tests.measure.conftest import Workspace

from cxloop.core.config import Experience, Hierarchy, Measure, Settings
from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.results import Estimate
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.measure.league.results import RolledTree, Rollup
from cxloop.measure.verbs import rollup

HIERARCHIES = (
    Hierarchy(name="company", label="Company", parent="parent"),
    Hierarchy(name="region", label="Region", levels=("country", "region")),
)
ACCOUNTS = {  # key: name, parent, country, region
    101: ("Holding", None, "DE", None),
    102: ("Firm", "Holding", "DE", "South"),
    103: ("Branch", "Firm", "FR", None),
}
# customer, account, score: of customers 1 to 3; the last two answers name no account
ANSWERS = ((1, 102, 10), (1, 103, 9), (2, 103, 0), (3, 101, 8), (1, None, 10), (9, None, 0))


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder: Path = tmp_path_factory.mktemp("rollup")
    engine = DuckDBEngine(folder / "analytics")
    settings = Settings(measure=Measure(minimum_n=2))
    found = Workspace(engine, settings=settings, experience=Experience(hierarchy=HIERARCHIES))
    keys = [{"key_id": key, "namespace": "shop", "type": "group_id", "value": f"a{key}"} for key in ACCOUNTS]
    engine.append("keys", pa.Table.from_pylist(keys))
    traits = [
        {"key_id": key, "name": trait, "value": value}
        for key, values in ACCOUNTS.items()
        for trait, value in zip(("name", "parent", "country", "region"), values, strict=True)
        if value is not None
    ]
    told = {"source": "crm", "occurred_at": datetime(2026, 1, 1), "known_at": datetime(2026, 1, 1)}
    engine.append("traits", pa.Table.from_pylist([{**row, **told} for row in traits]))
    found.answers(
        *(
            {"customer": customer, "account_key": account, "score": float(score),
             "region": "north" if score > 5 else "south", "location": f"store-{customer}"}
            for customer, account, score in ANSWERS
        )
    )  # fmt: skip
    yield found
    engine.close()


@pytest.fixture(scope="module")
def rolled(ws: Workspace) -> Rollup:
    return rollup(ws, "nps")


def sizes(tree: RolledTree) -> dict[str, int]:
    return {" > ".join(node.path): node.result.n for node in tree.nodes}


def test_the_total_is_of_distinct_answers(rolled: Rollup) -> None:
    assert rolled.total.n == len(ANSWERS)


def test_a_company_counts_what_stands_at_it_and_below_once(rolled: Rollup) -> None:
    # customer 1 comes under firm and branch: the answer without account stands in both, and in the holding once
    assert sizes(rolled.trees[0]) == {"Holding": 5, "Holding > Firm": 4, "Holding > Firm > Branch": 3}


def test_levels_count_the_same_answers_once_more_in_their_own_hierarchy(rolled: Rollup) -> None:
    assert sizes(rolled.trees[1]) == {
        "DE": 3,
        "DE > Holding": 1,
        "DE > South": 2,
        "DE > South > Firm": 2,
        "FR": 3,
        "FR > Branch": 3,
    }


def test_places_overlap_and_do_not_add_up_where_a_customer_stands_in_both(rolled: Rollup) -> None:
    of = sizes(rolled.trees[1])

    assert of["DE"] + of["FR"] == 6  # five answers have a place; one of them stands in both countries
    assert rolled.trees[1].outside == 1


def test_customers_count_once_at_each_place(rolled: Rollup) -> None:
    holding = rolled.trees[0].nodes[0].result

    assert isinstance(holding, Estimate)
    assert holding.customers == 3


def test_an_account_has_the_number_of_its_answers(rolled: Rollup) -> None:
    branch = rolled.trees[0].nodes[-1]

    assert isinstance(branch.result, Estimate)
    # answers 9 and 0 of the branch itself, and the 10 of customer 1: 2 promoters and 1 detractor
    assert branch.result.n == 3
    assert branch.result.value == pytest.approx(100 / 3)
    assert branch.accounts == 1


def test_dimensions_of_the_log_make_a_hierarchy_without_being_declared(ws: Workspace) -> None:
    tree = rollup(ws, "nps", along=("region>location",)).trees[0]

    assert sizes(tree) == {
        "north": 4,
        "north > store-1": 3,
        "north > store-3": 1,
        "south": 2,
        "south > store-2": 1,
        "south > store-9": 1,
    }
    assert tree.nodes[1].where == 'region == "north" and location == "store-1"'
    assert tree.outside == 0


def test_a_window_and_a_condition_narrow_every_place(ws: Workspace) -> None:
    found = rollup(ws, "nps", where="score >= 9")

    assert found.total.n == 3
    assert sizes(found.trees[0]) == {"Holding": 3, "Holding > Firm": 3, "Holding > Firm > Branch": 2}


def test_it_reads_in_one_line_and_survives_the_way_to_a_page(rolled: Rollup) -> None:
    assert "each answer counts once at each place" in str(rolled)
    assert Rollup.from_dict(rolled.to_dict()) == rolled
    assert len(rolled.records()) == 1 + 3 + 6


def test_an_unknown_hierarchy_is_named_with_those_that_there_are(ws: Workspace) -> None:
    with pytest.raises(UnknownNameError, match="company"):
        rollup(ws, "nps", along=("compani",))


def test_no_hierarchy_at_all_says_what_to_write(ws: Workspace) -> None:
    bare = Workspace(ws.engine, settings=ws.settings)

    with pytest.raises(InputError, match="region>location"):
        rollup(bare, "nps")
