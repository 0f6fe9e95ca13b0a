"""Somebody is erased while matching compares, for real: nothing that it found or learned speaks of them afterwards."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from tests.unify.erasure.conftest import Desk, files_with
from tests.unify.matching.conftest import person, written_again

from cxloop.core.host import LOCAL
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace
from cxloop.store import documents
from cxloop.unify.erasure.proving import prove
from cxloop.unify.matching.runs import KIND, NAME

GONE, TWIN = "S5", "D5"
MAIL = "quintessa.QX7731ZZ@example.org"
"""Only the shop knows it, of who is erased; the desk knows the same person under another number, and stays."""
NUMBERS = """
    select key_a from identity_links union select key_b from identity_links union select key_id from matched_records
    union select key_id from customer_keys union select customer_id from customer_keys
    union select customer_id from customer_strength union select key_id from identity_doubts
    union select customer_id from customers
"""


@pytest.fixture
def town(bare_workspace: Path) -> Any:
    """A shop with 160 people, and a desk that knows half of them, written differently."""
    chance = random.Random(4)
    people = [person(chance) for _ in range(160)]
    desk = Desk(bare_workspace, LocalHost(open_workspace(Folder(bare_workspace))))
    known: dict[str, dict[str, str]] = {f"S{place}": told for place, told in enumerate(people)}
    known |= {f"D{place}": written_again(told, chance) for place, told in enumerate(people[:80])}
    known[GONE] = {**known[GONE], "email": MAIL}
    desk.admit(*(record(desk, name, told) for name, told in known.items()))
    yield desk
    desk.host.close()


def record(desk: Desk, name: str, told: dict[str, str]) -> dict[str, Any]:
    source = "shop" if name.startswith("S") else "desk"
    whose = {"source": source, "key_namespace": source, "key_type": "customer_id", "key_value": name}
    return {**desk.row(name), **whose, "kind": "profile", "traits": json.dumps(told)}


@pytest.mark.parametrize("moment", ["Comparing records", "Writing links"])
def test_who_is_erased_while_matching_runs_is_in_nothing_that_it_writes(town: Desk, moment: str) -> None:
    customer = town.verb("unify.identity", customer=f"shop:customer_id:{GONE}").customer_id
    seen: list[str] = []

    def erase_then(text: str, _share: float | None) -> None:
        if text == moment and moment not in seen:
            seen.append(text)
            assert town.verb("unify.erase", customers=[str(customer)]).state == "proved"

    found: Any = town.host.run("unify.match", {}, actor=LOCAL, progress=erase_then)

    engine, store = town.host.workspace.engine, town.host.workspace.store
    assert (seen, found.mode, found.record_count) == ([moment], "full", 240)
    assert found.linked > 40
    assert found.dropped >= 1  # the pair with the twin was found, and is not written
    assert engine.numbers_left([customer]) == {}
    assert engine.holding([MAIL]) == []
    assert MAIL not in json.dumps(documents.get(store, KIND, NAME).content)
    assert customer not in numbers(town)
    assert prove(town.host.workspace.view(), {"words": [MAIL, "QX7731ZZ"], "keys": [customer]}).places == ()
    assert files_with(town.path, "QX7731ZZ") == []
    assert town.verb("unify.check_erasure", erasure=1).clean
    assert town.verb("unify.receipt", erasure=1).valid

    again: Any = town.host.run("unify.match", {}, actor=LOCAL)
    assert (again.mode, again.dropped) == ("nothing", 0)
    assert [key.name for key in town.verb("unify.identity", customer=f"desk:customer_id:{TWIN}").keys] == [
        f"desk:customer_id:{TWIN}"
    ]


def test_who_is_erased_after_a_run_leaves_nothing_of_the_record_that_it_kept(town: Desk) -> None:
    town.host.run("unify.match", {}, actor=LOCAL)
    customer = town.verb("unify.identity", customer=f"shop:customer_id:{GONE}").customer_id
    engine = town.host.workspace.engine
    assert {(held.table, held.column) for held in engine.holding([MAIL])} >= {("matched_records", "email")}

    assert town.verb("unify.erase", customers=[str(customer)]).state == "proved"

    assert engine.holding([MAIL]) == []
    assert engine.count("matched_records") in (238, 239)  # with the twin, where they were one person
    assert files_with(town.path, "QX7731ZZ") == []
    assert files_with(town.path, "qx7731zz") == []
    assert town.verb("unify.check_erasure", erasure=1).clean


def numbers(desk: Desk) -> set[int]:
    found = desk.host.workspace.engine.cursor().execute(NUMBERS).fetchall()  # type: ignore[attr-defined]
    assert len(found) >= 200  # otherwise it would not see who is there
    return {number for (number,) in found}
