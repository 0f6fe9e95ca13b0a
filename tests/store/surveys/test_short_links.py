"""Short addresses in the records."""

from __future__ import annotations

from cxloop.store.base import Store
from cxloop.store.surveys import short_links


def test_a_short_address_is_made_once_for_one_place(store: Store) -> None:
    one = short_links.create(store, "store-visit", "Berlin, table 12", hidden={"table": 12})
    same = short_links.create(store, "store-visit", "Berlin, table 12", hidden={"table": 12})
    other = short_links.create(store, "store-visit", "Berlin, table 13", hidden={"table": 13})

    assert one == same
    assert one.code != other.code
    assert not set(one.code) & set("01oil")
    assert [each.label for each in short_links.of_survey(store)] == ["Berlin, table 12", "Berlin, table 13"]


def test_a_code_is_found_however_it_was_typed_and_gone_when_it_is_removed(store: Store) -> None:
    made = short_links.create(store, "store-visit", "Hamburg")

    assert short_links.find(store, f" {made.code.upper()} ") == made
    assert short_links.remove(store, made.code)
    assert not short_links.remove(store, made.code)
    assert short_links.find(store, made.code) is None
