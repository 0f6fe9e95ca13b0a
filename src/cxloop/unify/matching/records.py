"""From what sources say to records that can be compared: columns known by their names, values written alike."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cxloop.unify.matching.fields import FIELDS, Field, field_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["LEAST_FILLED", "clean_column", "prepare", "telling"]

LEAST_FILLED = 0.01
"""Share of records that a field must be known of, to be compared."""
_SPACELESS = {"given", "family", "street", "extra", "city", "state", "country"}
"""Compared without blanks: where words end is what people write least alike."""
_NUMBER_FIRST = re.compile(r"^(\d+[a-z]?)\s+(.*\D.*)$")
_NUMBER_LAST = re.compile(r"^(.*\D)\s+(\d+\s?[a-z]?)$")


def prepare(table: pa.Table) -> pa.Table:
    """Returns the fields that a table's columns mean, normalised; columns that mean none are left out.

    Args:
        table: one row per record. Of several columns with one meaning the first that says something counts.
    """
    import pyarrow as pa

    told: dict[str, list[str | None]] = {}
    countries = _first(table, "country")
    for column in table.column_names:
        field = field_of(column)
        if field is not None:
            values = clean_column(field, table[column].cast(pa.string()).to_pylist(), countries)
            told[field.name] = values if field.name not in told else _either(told[field.name], values)
    _split_names(told)
    _split_numbers(told)
    ordered = [field.name for field in FIELDS if field.name in told]
    columns = {name: pa.array(_spaceless(name, told[name]), pa.string()) for name in ordered}
    return pa.table(columns) if columns else pa.table({"given": pa.nulls(table.num_rows, pa.string())})


def clean_column(field: Field, values: Iterable[str | None], countries: Iterable[str | None]) -> list[str | None]:
    """Returns normalised values; each pair of value and country is looked at once."""
    known: dict[tuple[str, str | None], str | None] = {}

    def clean(value: str, country: str | None) -> str | None:
        place = (value, country)
        if place not in known:
            known[place] = field.clean(value, country)
        return known[place]

    return [None if value is None else clean(value, country) for value, country in zip(values, countries, strict=True)]


def telling(prepared: pa.Table) -> list[str]:
    """Returns the fields that tell records apart: known of some of them, and not the same for all."""
    import pyarrow.compute as pc

    rows = max(prepared.num_rows, 1)
    return [
        name
        for name in prepared.column_names
        if prepared.num_rows - prepared[name].null_count >= max(2, LEAST_FILLED * rows)
        and pc.count_distinct(prepared[name]).as_py() > 1
    ]


def _first(table: pa.Table, name: str) -> list[str | None]:
    """The two letters of each record's country; None where it has none, or says it otherwise."""
    import pyarrow as pa

    for column in table.column_names:
        field = field_of(column)
        if field is not None and field.name == name:
            values = table[column].cast(pa.string()).to_pylist()
            return [value.strip().upper() if value and len(value.strip()) == 2 else None for value in values]
    return [None] * int(table.num_rows)


def _either(first: list[str | None], second: list[str | None]) -> list[str | None]:
    return [one if one is not None else other for one, other in zip(first, second, strict=True)]


def _split_names(told: dict[str, list[str | None]]) -> None:
    """Takes a whole name apart, where first and last name are not told."""
    wholes = told.pop("whole", None)
    if wholes is None:
        return
    halves = [_halves(whole) for whole in wholes]
    for place, name in enumerate(("given", "family")):
        values = [half[place] for half in halves]
        told[name] = values if name not in told else _either(told[name], values)


def _halves(whole: str | None) -> tuple[str | None, str | None]:
    words = (whole or "").split()
    if len(words) < 2:
        return (None, words[0] if words else None)
    return (" ".join(words[:-1]), words[-1])


def _split_numbers(told: dict[str, list[str | None]]) -> None:
    """Takes the house number off the street, where it is not told alone."""
    if "street" not in told:
        return
    numbers = told.get("number", [None] * len(told["street"]))
    parts = [
        _numbered(street) if number is None else (street, number)
        for street, number in zip(told["street"], numbers, strict=True)
    ]
    told["street"] = [street for street, _ in parts]
    told["number"] = [number for _, number in parts]


def _numbered(street: str | None) -> tuple[str | None, str | None]:
    if street is None:
        return (None, None)
    if (found := _NUMBER_FIRST.match(street)) is not None:
        return (found[2], found[1])
    if (found := _NUMBER_LAST.match(street)) is not None:
        return (found[1].strip(), found[2].replace(" ", ""))
    return (street, None)


def _spaceless(name: str, values: list[str | None]) -> list[str | None]:
    if name not in _SPACELESS:
        return values
    return [None if value is None else value.replace(" ", "") for value in values]
