"""From what sources say to records that can be compared: columns known by their names, values written alike."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from cxloop.unify.matching.fields import FIELDS, Field, field_of
from cxloop.unify.matching.shortcuts import plain_already

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["LEAST_KNOWN", "PREPARED_VERSION", "clean_column", "prepare", "telling"]

PREPARED_VERSION = 1
"""Of what `prepare` gives: kept records are read again after another one. A test notices where it has to be raised."""
LEAST_FILLED, LEAST_KNOWN = 0.01, 20
"""Share of records that a field must be known of, to be compared; so many are enough, however small their share."""
_SPACELESS = {"given", "family", "street", "extra", "city", "state", "country"}
"""Compared without blanks: where words end is what people write least alike."""
_WHOLE = r"^(?P<given>.*) (?P<family>[^ ]+)$"
_NUMBER_FIRST = r"^(?P<number>\p{Nd}+[a-z]?)\s+(?P<street>.*\P{Nd}.*)$"
_NUMBER_LAST = r"^(?P<street>.*\P{Nd})\s+(?P<number>\p{Nd}+\s?[a-z]?)$"


def prepare(table: pa.Table) -> pa.Table:
    """Returns the fields that a table's columns mean, normalised; columns that mean none are left out.

    Args:
        table: one row per record. Of several columns with one meaning the first that says something counts.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    told: dict[str, pa.Array[Any]] = {}
    countries = _countries(table)
    fields = [(field, column) for column in table.column_names if (field := field_of(column)) is not None]
    # columns side by side: nearly all of the work is in the library, which holds up no other thread
    with ThreadPoolExecutor() as threads:
        cleaned = list(threads.map(lambda each: clean_column(each[0], _text(table, each[1]), countries), fields))
    for (field, _), values in zip(fields, cleaned, strict=True):
        told[field.name] = values if field.name not in told else pc.coalesce(told[field.name], values)
    _split_names(told)
    _split_numbers(told)
    ordered = [field.name for field in FIELDS if field.name in told]
    columns = {name: _spaceless(name, told[name]) for name in ordered}
    return pa.table(columns) if columns else pa.table({"given": pa.nulls(table.num_rows, pa.string())})


def clean_column(field: Field, values: pa.Array[Any], countries: pa.Array[Any] | None) -> pa.Array[Any]:
    """Returns normalised values; those that are plain already are told by their looks, all others by one each.

    Args:
        field: what the values are.
        values: texts.
        countries: the country of each, in two letters; None where none of them is known.
    """
    import pyarrow as pa
    import pyarrow.compute

    pc: Any = pyarrow.compute
    lowered, plain = plain_already(field.name, values)
    rest = pc.and_(pc.invert(plain), pc.is_valid(values))
    if not pc.any(rest).as_py():
        return lowered
    nations = pa.nulls(len(values), pa.string()) if countries is None else countries
    both = pa.table({"value": values, "country": nations}).filter(rest)
    once = both.group_by(["value", "country"], use_threads=False).aggregate([])
    known = {pair: field.clean(*pair) for pair in _pairs(once)}
    cleaned = pa.array([known[pair] for pair in _pairs(both)], pa.string())
    found: pa.Array[Any] = pc.replace_with_mask(lowered, rest, cleaned)
    return found


def _pairs(table: pa.Table) -> Iterator[tuple[Any, Any]]:
    return zip(table["value"].to_pylist(), table["country"].to_pylist(), strict=True)


def _text(table: pa.Table, column: str) -> pa.Array[Any]:
    import pyarrow as pa

    return table[column].cast(pa.string()).combine_chunks()


def telling(prepared: pa.Table) -> list[str]:
    """Returns the fields that tell records apart: known of some of them, and not the same for all."""
    import pyarrow.compute as pc

    rows = max(prepared.num_rows, 1)
    return [
        name
        for name in prepared.column_names
        if prepared.num_rows - prepared[name].null_count >= max(2, min(LEAST_FILLED * rows, LEAST_KNOWN))
        and pc.count_distinct(prepared[name]).as_py() > 1
    ]


def _countries(table: pa.Table) -> pa.Array[Any] | None:
    """The two letters of each record's country; None where it has none, or says it otherwise."""
    import pyarrow as pa

    for column in table.column_names:
        field = field_of(column)
        if field is not None and field.name == "country":
            encoded = _text(table, column).dictionary_encode()
            letters = [None if each is None else each.strip().upper() for each in encoded.dictionary.to_pylist()]
            short = [each if each and len(each) == 2 else None for each in letters]
            return pa.array(short, pa.string()).take(encoded.indices)
    return None


def _split_names(told: dict[str, pa.Array[Any]]) -> None:
    """Takes a whole name apart, where first and last name are not told."""
    import pyarrow.compute as pc

    wholes = told.pop("whole", None)
    if wholes is None:
        return
    halves = pc.extract_regex(wholes, _WHOLE)
    last = pc.coalesce(pc.struct_field(halves, "family"), wholes)
    for name, values in (("given", pc.struct_field(halves, "given")), ("family", last)):
        told[name] = values if name not in told else pc.coalesce(told[name], values)


def _split_numbers(told: dict[str, pa.Array[Any]]) -> None:
    """Takes the house number off the street, where it is not told alone."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if "street" not in told:
        return
    streets = told["street"]
    numbers = told.get("number", pa.nulls(len(streets), pa.string()))
    whole = pc.if_else(pc.is_null(numbers), streets, pa.scalar(None, pa.string()))
    with ThreadPoolExecutor() as threads:
        first, last = threads.map(lambda form: pc.extract_regex(whole, form), (_NUMBER_FIRST, _NUMBER_LAST))
    name, number = (pc.coalesce(pc.struct_field(first, at), pc.struct_field(last, at)) for at in ("street", "number"))
    told["street"] = pc.coalesce(pc.utf8_trim_whitespace(name), streets)
    told["number"] = pc.coalesce(numbers, pc.replace_substring(number, " ", ""))


def _spaceless(name: str, values: pa.Array[Any]) -> pa.Array[Any]:
    import pyarrow.compute as pc

    return pc.replace_substring(values, " ", "") if name in _SPACELESS else values
