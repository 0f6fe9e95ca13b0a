"""What a record may say of a person: the fields that are compared, and by which names sources call them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cxloop.unify.matching import normalise

__all__ = ["FIELDS", "WHOLE", "Field", "field_of"]

Kind = Literal["given", "family", "full", "date", "email", "phone", "line", "number", "place", "code", "identifier"]

WHOLE = "whole"
"""A name that stands whole: it is taken apart, and not compared itself."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record.

    Attributes:
        name: of its column.
        title: what people call it.
        names: what sources call it, in small letters without anything between words.
        clean: gives its plain form; the second argument is the country of the record.
    """

    name: str
    title: str
    names: frozenset[str]
    clean: Callable[[str, str | None], str | None]


def _alone(function: Callable[[str], str | None]) -> Callable[[str, str | None], str | None]:
    return lambda text, _country: function(text)


def _field(name: str, title: str, names: str, clean: Callable[[str, str | None], str | None]) -> Field:
    return Field(name, title, frozenset(names.split()), clean)


FIELDS: tuple[Field, ...] = (
    _field("given", "First name", "firstname givenname forename first given vorname prenom", _alone(normalise.name)),
    _field("family", "Last name", "lastname surname familyname family last nachname nom", _alone(normalise.name)),
    _field(WHOLE, "Name", "name fullname displayname customername contactname", _alone(normalise.name)),
    _field(
        "birth",
        "Date of birth",
        "birthday birthdate dateofbirth dob birth bornon geburtsdatum",
        normalise.birth_date,
    ),
    _field("email", "E-mail", "email emailaddress mail emaillower contactemail", _alone(normalise.email)),
    _field(
        "phone",
        "Phone",
        "phone phonenumber telephone tel mobile mobilephone cell cellphone contactphone",
        normalise.phone,
    ),
    _field(
        "number",
        "House number",
        "streetnumber housenumber housenr houseno addressnumber addressstreetnumber",
        _alone(normalise.house_number),
    ),
    _field(
        "street",
        "Street",
        "street address address1 addressline1 line1 streetaddress addressstreet street1 addressaddress1 addressline",
        _alone(normalise.street),
    ),
    _field(
        "extra",
        "Address line 2",
        "address2 addressline2 line2 street2 addressaddress2 addressstreet2 apartment suite",
        _alone(normalise.street),
    ),
    _field("city", "City", "city town suburb locality addresscity place", _alone(normalise.place)),
    _field(
        "postcode",
        "Postcode",
        "postcode postalcode zip zipcode plz addresspostalcode addresszip addresspostcode",
        _alone(normalise.postcode),
    ),
    _field("state", "State", "state province county addressstate addressprovince", _alone(normalise.place)),
    _field("country", "Country", "country countrycode addresscountry", _alone(normalise.place)),
    _field(
        "identifier",
        "Personal number",
        "socsecid ssn socialsecuritynumber nationalid taxid personalnumber passport",
        _alone(normalise.identifier),
    ),
)
"""The fields of a record, in the order in which people read them."""

_BY_NAME = {name: field for field in FIELDS for name in field.names}


def field_of(column: str) -> Field | None:
    """Returns the field that a source's name of a trait or a column means, or None.

    Example:
        >>> field_of("first_name").title, field_of("address.postalCode").title, field_of("shoe_size")
        ('First name', 'Postcode', None)
    """
    return _BY_NAME.get(re.sub(r"[^a-z0-9]", "", column.lower()))
