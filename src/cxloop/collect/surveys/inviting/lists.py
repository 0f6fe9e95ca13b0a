"""Lists of customers that a wave asks: a CSV file with an identifier in each row, or identifiers alone."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from cxloop.collect.surveys.inviting import queries
from cxloop.collect.surveys.inviting.plans import Wanted
from cxloop.core.errors import InputError

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis

__all__ = ["Listed", "of_file", "of_identifiers"]

NAMES = ("customer", "key", "identifier", "id", "email", "e-mail", "mail", "phone", "customer_id", "user_id")
"""What the column of the identifier may be called, likelier ones first; else it is the first one."""
MOST_BYTES = 200_000_000
MOST_ROWS = 2_000_000
_LONGEST = 1000
"""Characters of what a list says about a customer."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The customers of a list, and how many of its identifiers nobody has, or several."""

    people: tuple[Wanted, ...]
    unknown: int


def of_file(ws: Analysis, path: Path) -> Listed:
    """Returns the customers of a CSV file; what its other columns say goes with each of them.

    Args:
        ws: the workspace.
        path: a file in UTF-8 with a line of names, separated by commas, semicolons or tabs.

    Raises:
        InputError: it cannot be read as that.
    """
    rows = _rows(path)
    if not rows:
        raise InputError(f"{path.name} has no rows. Give a CSV file with a line of names and a customer in each row.")
    columns = [name for name in rows[0] if name]
    column = next((name for wanted in NAMES for name in columns if name.strip().lower() == wanted), columns[0])
    identifiers = [(row.get(column) or "").strip() for row in rows]
    said = [
        {name: str(value)[:_LONGEST] for name, value in row.items() if name and name != column and value}
        for row in rows
    ]
    return _listed(ws, identifiers, said)


def of_identifiers(ws: Analysis, identifiers: Sequence[str]) -> Listed:
    """Returns the customers who have some identifiers, or whose numbers they are."""
    return _listed(ws, [each.strip() for each in identifiers], [{} for _ in identifiers])


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB. Split it.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as failure:
        raise InputError(f"{path} cannot be read: {failure.strerror}.") from None
    except UnicodeDecodeError as failure:
        raise InputError(f"{path.name} is not UTF-8 text (byte {failure.start}). Save it as UTF-8.") from None
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    try:
        rows = list(csv.DictReader(StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as failure:
        raise InputError(f"{path.name} is not CSV: {failure}.") from None
    if len(rows) > MOST_ROWS:
        raise InputError(f"{path.name} has {len(rows):,} rows; at most {MOST_ROWS:,} are asked at once. Split it.")
    return rows


def _listed(ws: Analysis, identifiers: Sequence[str], said: Sequence[Mapping[str, str]]) -> Listed:
    wanted = sorted({each.lower() for each in identifiers if each})
    whose: dict[str, dict[int, int]] = {}
    for row in ws.engine.fetch(queries.NAMED, {"wanted": wanted}).to_pylist() if wanted else ():
        whose.setdefault(row["value"], {}).setdefault(row["customer_id"], row["key_id"])
    numbers = [
        int(each) for each in wanted if each not in whose and each.isascii() and each.isdigit() and len(each) < 19
    ]
    for row in ws.engine.fetch(queries.KNOWN, {"keys": numbers}).to_pylist() if numbers else ():
        whose[str(row["key_id"])] = {row["customer_id"]: row["key_id"]}
    people = []
    for identifier, hidden in zip(identifiers, said, strict=True):
        found = whose.get(identifier.lower(), {})
        if len(found) == 1:  # an identifier of several customers names none of them
            people.append(Wanted(key=next(iter(found.values())), hidden=dict(hidden)))
    return Listed(tuple(people), len(identifiers) - len(people))
