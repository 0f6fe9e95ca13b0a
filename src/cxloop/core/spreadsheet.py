"""A result as CSV, for the spreadsheets in which people open it."""

from __future__ import annotations

from cxloop.core.results import Records, Result, Value

__all__ = ["as_csv"]

_BEGINS_A_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
_NEEDS_QUOTES = frozenset(',;\t"\r\n')
"""Where a comma is the decimal sign, spreadsheets part cells at semicolons: quotes keep a cell whole there, too."""


def as_csv(result: Result) -> str:
    r"""Returns the table of a result as CSV; a list of things has its heading also where it is empty.

    Example:
        >>> from cxloop.core.results import Records
        >>> as_csv(Records("One answer.", ("text", "score"), (("=1+1", -1.5),)))
        "text,score\n'=1+1,-1.5\n"
    """
    rows = result.records()
    columns = result.columns if isinstance(result, Records) else list(rows[0]) if rows else []
    lines = [columns, *([row[name] for name in columns] for row in rows)]
    return "".join(f"{','.join(map(_cell, line))}\n" for line in lines)


def _cell(value: Value) -> str:
    text = "" if value is None else str(_harmless(value))
    quoted = text.replace('"', '""')
    return f'"{quoted}"' if _NEEDS_QUOTES.intersection(text) else text


def _harmless(value: Value) -> Value:
    """Keeps a spreadsheet from running a customer's text as a formula (CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value[:1] in _BEGINS_A_FORMULA else value
