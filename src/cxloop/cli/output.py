"""How a result is written: a sentence and a table for people, JSON or CSV for programs."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

from cxloop.core import wording
from cxloop.core.errors import InputError
from cxloop.core.results import Estimate, EstimateRow, Estimates, Result, Value
from cxloop.core.spreadsheet import as_csv

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["Format", "chosen", "write"]

Format = Literal["text", "json", "csv"]
NOTHING = "–"
NUMBERS = (int, float)


def chosen(*, as_json: bool, as_csv: bool) -> Format:
    """Returns the one format asked for; raises InputError where both are."""
    if as_json and as_csv:
        raise InputError("--json and --csv exclude each other. Give one of them.")
    return "json" if as_json else "csv" if as_csv else "text"


def write(result: Result, form: Format) -> None:
    """Writes a result to the standard output."""
    writers: Mapping[Format, Callable[[Result], str]] = {"json": _json, "csv": as_csv, "text": _text}
    sys.stdout.write(writers[form](result))


def _json(result: Result) -> str:
    return json.dumps(result.to_dict(), ensure_ascii=False, indent=2) + "\n"


def _text(result: Result) -> str:
    from rich.console import Console

    lines = io.StringIO()
    console = Console(file=lines, width=_width(), force_terminal=sys.stdout.isatty(), soft_wrap=False)
    if result.is_document:
        return f"{str(result).rstrip()}\n"
    console.print(str(result), markup=False, highlight=False)
    table = _estimates(result) if isinstance(result, Estimates) else _records(result)
    if table is not None:
        console.print(table)
    return lines.getvalue()


def _width() -> int:
    """The terminal's width; in a file or a pipe wide enough that no cell is cut."""
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 500


def _table(columns: Sequence[tuple[str, bool]]) -> Table:
    """Returns an empty table; `columns` are names with whether they hold numbers."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, numeric in columns:
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    return table


def _estimates(result: Estimates) -> Table | None:
    if len(result.rows) < 2:
        return None  # The sentence says it all.
    splits = [*result.by, *([result.every] if result.every else [])]
    numbers = [wording.label(result.metric), f"{_level(result):.0%} interval", "n", "customers"]
    table = _table([*((name, False) for name in splits), *((name, True) for name in numbers)])
    for row in result.rows:
        period = [row.period.isoformat() if row.period else NOTHING] if result.every else []
        labels = [NOTHING if label is None else label for label in row.group]
        table.add_row(*(_plain(cell) for cell in (*labels, *period, *_number(row, result))))
    return table


def _level(result: Estimates) -> float:
    return next((row.result.level for row in result.rows if isinstance(row.result, Estimate)), 0.95)


def _number(row: EstimateRow, result: Estimates) -> tuple[str, str, str, str]:
    estimate = row.result
    if not isinstance(estimate, Estimate):
        return "cannot say", f"needs {estimate.needed}", wording.count(estimate.n), NOTHING
    value = wording.number(estimate.value, result.unit)
    interval = wording.interval(estimate, result.unit)
    return value, interval, wording.count(estimate.n), wording.count(estimate.customers)


def _records(result: Result) -> Table | None:
    rows = result.records()
    if not rows:
        return None
    numeric = {name for name in rows[0] if all(_is_number(row[name]) for row in rows)}
    table = _table([(name, name in numeric) for name in rows[0]])
    for row in rows:
        table.add_row(*(_plain(_cell(value)) for value in row.values()))
    return table


def _is_number(value: Value) -> bool:
    return value is None or (isinstance(value, NUMBERS) and not isinstance(value, bool))


def _cell(value: Value) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def _plain(text: str) -> str:
    """Keeps what comes from data from being read as markup or as commands to the terminal."""
    from rich.markup import escape

    return escape("".join(letter if letter.isprintable() else " " for letter in text))
