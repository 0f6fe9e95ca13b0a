"""Reading what customers have bought: one row each, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlglot import exp

from cxloop.core.errors import InputError
from cxloop.core.time import Window, parse_duration, parse_moment
from cxloop.engine.base import Analysis
from cxloop.engine.customers import Identity
from cxloop.engine.dimensions import Dimension, customer_node, dimensions_of, log_source, period_node
from cxloop.engine.query import Slots
from cxloop.engine.quoting import column_node, text_node
from cxloop.engine.segments import INSIDE, OUTSIDE
from cxloop.measure.conditions import conditions, wanted
from cxloop.measure.identities import wanted_identity
from cxloop.measure.selection import key
from cxloop.measure.value.queries import HISTORIES, ORDERED
from cxloop.stats.lifetime.futures import Customers
from cxloop.stats.sums import Array

__all__ = ["Asked", "Histories", "Orders", "horizon_days", "numbers", "read_orders"]

_EPOCH = date(1970, 1, 1)
LONGEST = 3650
"""Days of the longest horizon: nobody can say what happens after ten years."""
HOLD_OUT = 3
"""The check leaves out as much of the end as was asked ahead, and at most this part of what there is: a third."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, as the verbs take it."""

    horizon: str = "365d"
    by: tuple[str, ...] = ()
    discount: float = 0.0
    until: str | None = None
    where: str | None = None
    identity: str | None = None
    certainty: float | None = None
    first_order: str | None = None


@dataclass(frozen=True)
class Histories:
    """Histories of customers up to a day, all arrays of shape (n,): what `stats.lifetime` needs of them.

    Attributes:
        known: what is known of each; times in days.
        paid: amounts of all their orders together, less what was refunded.
    """

    known: Customers
    paid: Array

    def of(self, which: NDArray[Any]) -> Histories:
        """Returns those of some customers."""
        part = self.known
        columns = (part.frequency, part.recency, part.age, part.paid, part.spent)
        return Histories(Customers(*(column[which] for column in columns)), self.paid[which])


@dataclass(frozen=True)
class Orders:
    """Who bought what, and when it ends.

    Attributes:
        customers: their numbers, shape (n,).
        now: histories up to the last day.
        first: day of the first order, shape (n,), days since 1970.
        before: histories up to the cutoff, of those who had ordered by then.
        was_there: which customers of `now` those are, as places.
        bought_after: days with an order from the cutoff on, of each of those.
        paid_after: what they paid from the cutoff on, refunds taken off.
        groups: for each customer the place of their group in `labels`.
        labels: the groups.
        by: the dimensions.
        currency: of the amounts; empty where there are none.
        start: first day with an order.
        end: the last day.
        cutoff: first day of the hold-out period.
        nobody: orders and returns of nobody, which are left out.
        sql: what was asked.
    """

    customers: NDArray[np.int64]
    now: Histories
    first: Array
    before: Histories
    was_there: NDArray[np.intp]
    bought_after: Array
    paid_after: Array
    groups: NDArray[np.intp]
    labels: tuple[tuple[str | None, ...], ...]
    by: tuple[Dimension, ...]
    currency: str
    start: date
    end: date
    cutoff: date
    nobody: int
    sql: str


def horizon_days(text: str) -> int:
    """Returns the days of a horizon such as "365d" or "26w"; raises InputError."""
    days = parse_duration(text) / timedelta(days=1)
    if not (1 <= days <= LONGEST and days == int(days)):
        raise InputError(f"horizon {text!r} is not between 1 and {LONGEST} whole days. Give for example 365d or 26w.")
    return int(days)


def read_orders(ws: Analysis, asked: Asked) -> Orders | None:
    """Returns what customers have bought; None where nobody has.

    Raises:
        InputError: a name, moment or condition cannot be used, or amounts are in several currencies.
    """
    zone = ZoneInfo(ws.settings.company.time_zone)
    end = ws.as_of if asked.until is None else min(ws.as_of, parse_moment(asked.until, zone=zone, now=ws.as_of))
    twice = [name for name in asked.by if asked.by.count(name) > 1]
    if twice:
        raise InputError(f"by names {twice[0]!r} twice. Name each dimension once.")
    known = dimensions_of(ws)
    by = (*(known.resolve(name) for name in asked.by), *_first_order(ws, asked.first_order))
    identity = wanted_identity(ws, asked.identity, asked.certainty)
    holds, needed = conditions(ws, window=Window(None, end), where=asked.where, by=asked.by)
    slots: Slots = {"log": log_source([*by, *needed], identity), "where": exp.and_(*holds, copy=False)}
    found = ws.engine.fetch(ORDERED, {}, slots).to_pylist()
    moments = [row["last_at"] for row in found if row["last_at"] is not None]
    if not moments:
        return None
    first = min(row["first_at"] for row in found if row["first_at"] is not None)
    last = max(moments)
    full = {**slots, **_columns(by, identity, zone, first, last)}
    start_day, end_day = _day(first, zone), _day(last, zone)
    ahead = min(horizon_days(asked.horizon), (end_day - start_day).days // HOLD_OUT)
    cutoff = end_day - timedelta(days=ahead - 1)
    fetched = ws.engine.fetch(HISTORIES, {"cutoff": datetime(cutoff.year, cutoff.month, cutoff.day)}, full)
    table = fetched.sort_by("customer")  # what is drawn with a seed depends on the order
    columns = {name: numbers(table.column(name)) for name in HISTORIES.output if name != "customer"}
    groups, labels = _groups(table, by)
    return _orders(
        columns,
        customers=numbers(table.column("customer")).astype(np.int64),
        groups=groups,
        labels=labels,
        by=by,
        currency=_currency(found),
        start=start_day,
        end=end_day,
        cutoff=cutoff,
        nobody=sum(row["nobody"] for row in found),
        sql=ws.engine.sql(HISTORIES, full),
    )


def _first_order(ws: Analysis, condition: str | None) -> tuple[Dimension, ...]:
    """A condition on the first order as one more dimension: in or out."""
    nodes, needed = wanted(ws, condition)
    if not nodes:
        return ()
    case = exp.Case().when(nodes[0], text_node(INSIDE), copy=False).else_(text_node(OUTSIDE), copy=False)
    return (Dimension("first_order", case, frozenset(name for each in needed for name in each.joins)),)


def numbers(column: Any) -> Array:
    """Returns a column as floats, nulls as nan; by its buffer, because pyarrow's own way loads pandas."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    casted: Any = pc.cast(whole, pa.float64(), safe=False)
    filled: Any = pc.fill_null(casted, float("nan"))
    if isinstance(filled, pa.ChunkedArray):
        filled = filled.combine_chunks()
    if not len(filled):
        return np.empty(0)
    return np.frombuffer(filled.buffers()[1], dtype=float, count=len(filled), offset=8 * filled.offset)


def _columns(by: tuple[Dimension, ...], identity: Identity, zone: ZoneInfo, first: datetime, last: datetime) -> Slots:
    """The slots that name customer, day and groups: a customer's group is that of their first order."""
    ordered = exp.Where(this=exp.EQ(this=column_node("kind", "i"), expression=text_node("order")))

    def at_first(node: exp.Expr, moment: exp.Expr, among: exp.Where) -> exp.Expr:
        return exp.Filter(this=exp.ArgMin(this=node, expression=moment), expression=among.copy())

    inner = [at_first(each.node.copy(), column_node("occurred_at", "i"), ordered) for each in by]
    bought = exp.Where(this=exp.GT(this=exp.column("orders"), expression=exp.Literal.number(0)))
    outer = [at_first(exp.column(key(place)), exp.column("day"), bought) for place, _ in enumerate(by)]
    return {
        "keys": [exp.alias_(node, key(place), quoted=True) for place, node in enumerate(outer)],
        "columns": [exp.alias_(node, key(place), quoted=True) for place, node in enumerate(inner)],
        "customer": customer_node(identity),
        "day": period_node("day", zone, first, last),
    }


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date()


def _currency(found: list[dict[str, Any]]) -> str:
    """The one currency of the amounts; amounts without one are taken to be in it."""
    named = sorted({row["currency"] for row in found if row["currency"] and row["amounts"]})
    if len(named) > 1:
        raise InputError(
            f"Orders are in {len(named)} currencies ({', '.join(named[:8])}), which cannot be added up. "
            f"Ask for one of them: where = 'currency == \"{named[0]}\"'."
        )
    return named[0] if named else ""


def _groups(table: Any, by: tuple[Dimension, ...]) -> tuple[NDArray[np.intp], tuple[tuple[str | None, ...], ...]]:
    """For each row the place of its group, and the groups."""
    if not by:
        return np.zeros(table.num_rows, dtype=np.intp), ((),)
    columns = []
    for place, dimension in enumerate(by):
        values = table.column(key(place)).to_pylist()
        columns.append([dimension.label(None if value is None else str(value)) for value in values])
    places: dict[tuple[str | None, ...], int] = {}
    codes = [places.setdefault(group, len(places)) for group in zip(*columns, strict=True)]
    return np.array(codes, dtype=np.intp), tuple(places)


def _orders(columns: dict[str, Array], **rest: Any) -> Orders:
    """Puts the columns of the query together."""
    end, cutoff = (float((rest[name] - _EPOCH).days) for name in ("end", "cutoff"))
    first, first_gross = columns["first_day"], np.nan_to_num(columns["first_gross"])
    now = _histories(
        first, columns["last_day"], columns["days"], columns["gross"], columns["refunds"], first_gross, end
    )
    there = np.flatnonzero(columns["days_before"] > 0)
    early = {name: column[there] for name, column in columns.items()}
    before = _histories(
        first[there],
        early["last_day_before"],
        early["days_before"],
        early["gross_before"],
        early["refunds_before"],
        first_gross[there],
        cutoff - 1,
    )
    return Orders(
        now=now,
        first=first,
        before=before,
        was_there=there,
        bought_after=early["days"] - early["days_before"],
        paid_after=early["gross"] + early["refunds"] - early["gross_before"] - early["refunds_before"],
        **rest,
    )


def _histories(
    first: Array, last: Array, days: Array, gross: Array, refunds: Array, first_gross: Array, end: float
) -> Histories:
    """What is refunded makes all orders of a customer worth less in proportion: which one came back is often not said.

    The first order is left out of what repeat purchases are worth, as in the papers.
    """
    net = np.clip(1 + np.divide(refunds, gross, out=np.zeros_like(gross), where=gross > 0), 0, 1)
    repeats = np.maximum(gross - first_gross, 0.0)
    frequency = days - 1
    paid = np.where(repeats > 0, frequency, 0.0)
    known = Customers(frequency, last - first, end - first, paid, repeats * net)
    return Histories(known, gross + refunds)
