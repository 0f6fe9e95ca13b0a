"""Values written alike: known pairs of spellings, and what holds for any text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.unify.matching import normalise
from cxloop.unify.matching.fields import FIELDS, field_of

TEXTS = st.one_of(st.text(max_size=40), st.from_regex(r"[A-Za-zÄÖÜßéİıŁ .'\-0-9/@+]{0,30}", fullmatch=True))
CLEANERS: dict[str, Callable[[str], str | None]] = {
    "name": normalise.name,
    "email": normalise.email,
    "phone": lambda text: normalise.phone(text, "DE"),
    "birth_date": normalise.birth_date,
    "street": normalise.street,
    "house_number": normalise.house_number,
    "place": normalise.place,
    "postcode": normalise.postcode,
    "identifier": normalise.identifier,
}


@pytest.mark.parametrize("cleaner", CLEANERS)
@given(text=TEXTS)
def test_cleaning_never_raises_and_leaves_its_own_results_alone(cleaner: str, text: str) -> None:
    clean = CLEANERS[cleaner]

    once = clean(text)

    assert once is None or (once and clean(once) == once)


@pytest.mark.parametrize(
    ("one", "other", "clean"),
    [
        ("Dr. Jürgen  Müller-Lüdenscheidt", "JÜRGEN MÜLLER LÜDENSCHEIDT", normalise.name),
        ("Łukasz Žižek", "lukasz zizek", normalise.name),
        ("O’Brien", "O'BRIEN", normalise.name),
        ("Marta.Ott+news@Example.org", "marta.ott@example.org", normalise.email),
        ("Königstraße", "Königstr.", normalise.street),
        ("221B Baker St.", "221b baker street", normalise.street),
        ("SW1A 1AA", "sw1a1aa", normalise.postcode),
        ("D-10115", "10115", normalise.postcode),
        ("987-65-4321", "987654321", normalise.identifier),
    ],
)
def test_two_spellings_of_one_value_become_one(one: str, other: str, clean: Callable[[str], str | None]) -> None:
    assert clean(one) == clean(other)
    assert clean(one) is not None


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        # ranges that Ofcom and the North American plan keep for fiction; the Federal Network Agency's own number
        ("020 7946 0958", "GB", "+442079460958"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("0049 228 140", "DE", "+49228140"),
        ("+49 (0)228 14-0", None, "+49228140"),
    ],
)
def test_a_phone_number_is_read_by_the_rules_of_its_country(written: str, country: str | None, number: str) -> None:
    assert normalise.phone(written, country) == number


@pytest.mark.parametrize(
    ("written", "country", "day"),
    [
        ("20.05.1974", None, "1974-05-20"),
        ("1974-05-20T00:00:00Z", None, "1974-05-20"),
        ("19740520", None, "1974-05-20"),
        ("05/06/1974", "US", "1974-05-06"),
        ("05/06/1974", "GB", "1974-06-05"),
        ("31/12/1974", "US", "1974-12-31"),
        ("1974-20-05", None, "1974-20-05"),
        ("yesterday", None, None),
    ],
)
def test_a_date_is_read_in_the_order_of_its_country(written: str, country: str | None, day: str | None) -> None:
    assert normalise.birth_date(written, country) == day


@pytest.mark.parametrize("value", ["unknown", "N/A", "xxx", "", "  ", "Test"])
def test_what_stands_for_nobody_is_no_name(value: str) -> None:
    assert normalise.name(value) in (None, "n a")


def test_every_name_of_a_trait_means_one_field_only() -> None:
    names = [name for field in FIELDS for name in field.names]

    assert len(names) == len(set(names))
    # the traits of the Segment specification that tell who somebody is
    spec = ("firstName", "lastName", "name", "email", "phone", "birthday", "address.street", "address.postalCode")
    assert [field_of(name).name for name in spec if field_of(name)] == [  # type: ignore[union-attr]
        "given",
        "family",
        "whole",
        "email",
        "phone",
        "birth",
        "street",
        "postcode",
    ]
