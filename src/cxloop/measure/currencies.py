"""Currencies: amounts in different ones are not put into one number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxloop.core.errors import InputError
from cxloop.core.wording import count
from cxloop.engine.query import Query

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis
    from cxloop.measure.selection import Selection

__all__ = ["CURRENCIES", "common_currency"]

CURRENCIES = Query(
    name="measure.currencies",
    sql="""
        select i.currency as currency, count(*) as n
        from $log
        where $where
        group by i.currency
        order by n desc, currency
    """,
    inputs=("interactions", "event_catalogue"),
    slots=("log", "where"),
    output={"currency": "text", "n": "bigint"},
)
"""The currencies of a selection, most used first."""


def common_currency(ws: Analysis, selection: Selection) -> str:
    """Returns the one currency of the selected amounts, the company's where they name none.

    Raises:
        InputError: there are several, which do not make one number.
    """
    rows = ws.engine.fetch(CURRENCIES, {}, selection.slots).to_pylist()
    if len(rows) > 1:
        each = [
            f"  - {row['currency'] or 'not named'}: {count(row['n'])}, where={_selector(row['currency'])!r}"
            for row in rows
        ]
        told = f"These amounts are in {len(rows)} currencies, which do not make one number:"
        raise InputError("\n".join([told, *each, "Ask for each with its `where`."]))
    named = str(rows[0]["currency"] or "") if rows else ""
    return named or ws.settings.company.currency


def _selector(currency: str | None) -> str:
    return "is_null(currency)" if currency is None else f'currency == "{currency}"'
