"""Looking customers up: search, and the timeline of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cxloop.core.errors import AccessDeniedError, InputError, NotFoundError, UnknownNameError
from cxloop.core.time import parse_zone
from cxloop.engine.base import Value
from cxloop.engine.dimensions import Dimensions
from cxloop.engine.segments import segment_names
from cxloop.unify import queries
from cxloop.unify.promises import kept_moments, promise_state
from cxloop.unify.results import ChannelCount, Customer, Customers, Identifier, PromiseState, Step, Timeline

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis

__all__ = ["customer_id_of", "find_customer", "require_not_shared", "search", "timeline_of"]

_MOST_DIGITS = 18
"""Of a customer's number: what is longer is no 64-bit number, and Python refuses to read thousands of digits."""


def search(ws: Analysis, query: str, *, segment: str | None, limit: int, offset: int) -> Customers:
    """Returns one page of the customers whose names or identifiers contain `query`; raises as the verb says."""
    asked: dict[str, Value] = {"text": " ".join(query.lower().split()), "rows": limit, "first": offset}
    if segment is None:
        rows = ws.engine.fetch(queries.CUSTOMER_SEARCH, asked).to_pylist()
    else:
        known = segment_names(ws.engine)
        if segment not in known:
            raise UnknownNameError("segment", segment, known)
        rows = ws.engine.fetch(queries.CUSTOMER_SEARCH_IN_SEGMENT, {**asked, "segment": segment}).to_pylist()
    total = int(rows[0].pop("total")) if rows else 0
    for row in rows[1:]:
        del row["total"]
    return Customers(query.strip(), total, offset, tuple(Customer(**row) for row in rows))


def timeline_of(ws: Analysis, customer: str, *, channel: str | None, limit: int, offset: int) -> Timeline:
    """Returns one page of a customer's timeline; raises NotFoundError or InputError as the verb says."""
    found = find_customer(ws, customer)
    who: dict[str, Value] = {"customer": found.customer_id}
    through: dict[str, Value] = {**who, "channel": channel or ""}
    steps = ws.engine.fetch(queries.CUSTOMER_STEPS, {**through, "rows": limit, "first": offset}).to_pylist()
    describe = _Describer(ws, kept_moments(ws, found.customer_id))
    return Timeline(
        customer=found,
        identifiers=tuple(Identifier(**row) for row in ws.engine.fetch(queries.CUSTOMER_IDENTIFIERS, who).to_pylist()),
        channels=tuple(ChannelCount(**row) for row in ws.engine.fetch(queries.CUSTOMER_CHANNELS, who).to_pylist()),
        channel=channel,
        total=int(ws.engine.fetch(queries.STEP_COUNT, through)["total"][0].as_py()),
        offset=offset,
        steps=tuple(describe(row) for row in steps),
    )


class _Describer:
    """Turns rows into steps with the names that people use."""

    def __init__(self, ws: Analysis, kept: Mapping[int, datetime]) -> None:
        dimensions = Dimensions(ws.experience)
        self._labels = {name: dimensions.resolve(name) for name in ("touchpoint", "channel", "stage")}
        self._zone = parse_zone(ws.settings.company.time_zone)
        self._now = ws.as_of
        self._kept = kept

    def __call__(self, row: Mapping[str, Any]) -> Step:
        readable = {name: dimension.label(row[name]) for name, dimension in self._labels.items()}
        kept_at = self._kept.get(row["interaction_id"])
        return Step(**{**row, **readable}, kept_at=kept_at, promise_state=self._state(row, kept_at))

    def _state(self, row: Mapping[str, Any], kept_at: datetime | None) -> PromiseState | None:
        if row["due_at"] is None:
            return None
        by_day = row["due_precision"] == "day"
        return promise_state(row["due_at"], kept_at, by_day=by_day, zone=self._zone, now=self._now)


def customer_id_of(ws: Analysis, wanted: str) -> int:
    """Returns the present customer whom a number or an identifier means.

    Args:
        ws: the workspace.
        wanted: a customer's number, also one that was merged into another since, or an identifier as a source gave it.

    Raises:
        NotFoundError: there is none.
        InputError: the identifier belongs to several, or is set aside because it is not one person's.
    """
    number = wanted.strip()
    if number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS:
        found = _present(ws, int(number))
        if found is not None:
            return found
    ids = _ids_of(ws, number)
    if len(ids) > 1:
        listed = ", ".join(str(item) for item in ids[:5])
        raise InputError(
            f"{number!r} belongs to {len(ids)} customers: {listed}. Give the number of one, or write type:value."
        )
    if not ids:
        require_not_shared(ws, number)
        raise _unknown(number)
    return ids[0]


def require_not_shared(ws: Analysis, identifier: str) -> None:
    """Raises InputError where an identifier is set aside although customers have it, and names them by number."""
    for known in _readings(identifier):
        try:
            ids = [row["customer_id"] for row in ws.engine.fetch(queries.SHARERS, known).to_pylist()]
        except AccessDeniedError:  # to somebody limited it would name customers that others serve
            return
        if ids:
            listed = ", ".join(map(str, ids[:5]))
            several = f"customers {listed} and {len(ids) - 5:,} more have" if ids[5:] else f"customers {listed} have"
            raise InputError(
                f"{identifier!r} ties nobody together, so it names nobody: "
                f"{several if ids[1:] else f'customer {listed} has'} it. Give a customer's number; "
                "`cxloop unify doubts` says why."
            )


def find_customer(ws: Analysis, wanted: str) -> Customer:
    """Returns the customer of a number or an identifier; raises NotFoundError or InputError as the verbs say."""
    found = _by_id(ws, customer_id_of(ws, wanted))
    if found is None:
        require_not_shared(ws, wanted.strip())
        raise _unknown(wanted.strip())
    return found


def _unknown(wanted: str) -> NotFoundError:
    return NotFoundError(f"There is no customer {wanted!r}. Look for one with `cxloop unify customers`.")


def _present(ws: Analysis, number: int) -> int | None:
    """Returns the customer that the number of a key leads to, where there is such a key."""
    rows = ws.engine.fetch(queries.PRESENT_CUSTOMER, {"customer": number}).to_pylist()
    return int(rows[0]["customer_id"]) if rows else None


def _by_id(ws: Analysis, customer_id: int) -> Customer | None:
    rows = ws.engine.fetch(queries.CUSTOMER_BY_ID, {"customer": customer_id}).to_pylist()
    return Customer(**rows[0]) if rows else None


def _ids_of(ws: Analysis, identifier: str) -> list[int]:
    """Customers with this identifier, read whole before it is read as type:value and as namespace:type:value."""
    for known in _readings(identifier):
        rows = ws.engine.fetch(queries.BY_IDENTIFIER, known).to_pylist()
        if rows:  # who has it as a key of their own is meant before those who only told it
            literal = any(row["literal"] for row in rows)
            return [row["customer_id"] for row in rows if row["literal"] or not literal]
    return []


def _readings(identifier: str) -> Iterator[dict[str, Value]]:
    first, *rest = identifier.split(":", 1)
    readings = [("", "", identifier), *(("", first, value) for value in rest)]
    readings += [(first, kind, value) for each in rest for kind, colon, value in [each.partition(":")] if colon]
    for namespace, kind, value in readings:
        yield {"value": value, "type": kind, "namespace": namespace}
