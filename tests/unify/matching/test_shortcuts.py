"""Whole columns are normalised as each value alone is: what is plain already is told by its looks."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.unify.matching.fields import FIELDS, Field
from cxloop.unify.matching.normalise import NOBODY, STREET_WORDS, TITLES
from cxloop.unify.matching.records import clean_column, prepare
from cxloop.unify.matching.shortcuts import plain_already

WORDS = st.sampled_from(
    sorted(NOBODY | TITLES | STREET_WORDS | {"aaa", "bb", "7", "12a", "000", "hauptstrasse", "str"})
)
VALUES = st.one_of(
    st.text(max_size=20),
    WORDS,
    st.lists(WORDS, max_size=3).map(" ".join),
    st.from_regex(r"[A-Za-z]{1,4}( [a-z]{1,4}){0,2}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9._+-]{1,6}@[a-z0-9.-]{1,6}", fullmatch=True),
    st.from_regex(r"[+]?[0-9]{1,14}", fullmatch=True),
    st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True),
    st.sampled_from(["1900-01-01", "1970-01-01", "none@example.org", "+111111111", "a" * 300, "\u212a", "7\n"]),
)


@pytest.mark.parametrize("field", FIELDS, ids=[field.name for field in FIELDS])
@given(values=st.lists(st.none() | VALUES, max_size=8), country=st.sampled_from([None, "US", "DE"]))
def test_a_column_is_cleaned_as_each_of_its_values(field: Field, values: list[str | None], country: str | None) -> None:
    countries = None if country is None else pa.array([country] * len(values), pa.string())

    cleaned = clean_column(field, pa.array(values, pa.string()), countries)

    assert cleaned.to_pylist() == [None if value is None else field.clean(value, country) for value in values]


def test_what_most_people_write_is_plain_already() -> None:
    usual = {
        "given": "Marta",
        "birth": "1974-05-20",
        "email": "Marta.Ott@example.org",
        "phone": "+49228123456",
        "street": "12 Rosengasse",
        "city": "Bad Homburg",
        "postcode": "10115",
    }

    assert all(plain_already(field, pa.array([value]))[1].to_pylist() == [True] for field, value in usual.items())


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ({"name": "Anna Maria Ott"}, {"given": "annamaria", "family": "ott"}),
        ({"name": "Ott"}, {"given": None, "family": "ott"}),
        ({"name": "Anna Ott", "last_name": "Berg"}, {"given": "anna", "family": "berg"}),
        ({"street": "12 High St"}, {"number": "12", "street": "highstreet"}),
        ({"street": "Rosengasse 12 a"}, {"number": "12a", "street": "rosengasse"}),
        ({"street": "Rosengasse 12", "house_number": "7"}, {"number": "7", "street": "rosengasse12"}),
        ({"phone": "(212) 555-0123", "country": "us"}, {"phone": "+12125550123", "country": "us"}),
    ],
)
def test_names_and_streets_are_taken_apart(said: dict[str, str], read: dict[str, str | None]) -> None:
    assert prepare(pa.Table.from_pylist([said])).to_pylist() == [read]
