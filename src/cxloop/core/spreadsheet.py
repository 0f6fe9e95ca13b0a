"""A result as CSV, for the spreadsheets in which people open it."""

from __future__ import annotations

import csv
import io

from cxloop.core.results import Records, Result, Value

__all__ = ["as_csv"]


def as_csv(result: Result) -> str:
    r"""Returns the table of a result as CSV; a list of things has its heading also where it is empty.

    Example:
        >>> from cxloop.core.results import Records
        >>> as_csv(Records("One answer.", ("text", "score"), (("=1+1", -1.5),)))
        "text,score\n'=1+1,-1.5\n"
    """
    rows = result.records()
    columns = result.columns if isinstance(result, Records) else list(rows[0]) if rows else []
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    return buffer.getvalue()


def _harmless(value: Value) -> Value:
    """Keeps a spreadsheet from running a customer's text as a formula (CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
