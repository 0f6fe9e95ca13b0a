"""How a result is written: a sentence and a table for people, JSON or CSV for programs."""

from __future__ import annotations

import io
import json
import sys
import textwrap
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
WIDTH_IN_A_PIPE = 100
"""Columns of what is written to a file or a pipe: it is read in some terminal or editor later."""
GAP = " · "
SHORT = 20
"""A column whose cells are no longer than this is never folded; longer ones fold, down to `NARROWEST`."""
NARROWEST = 28


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
    if result.is_document:
        return f"{str(result).rstrip()}\n"
    width = _width()
    table = _estimates(result) if isinstance(result, Estimates) else _records(result)
    sentence = _drawn(str(result), width)
    if table is None:
        return sentence
    if not isinstance(result, Estimates) and _least_width(table) > width:
        return f"{sentence}\n{_paragraphs(result, width)}"
    return sentence + _drawn(table, width)


def _drawn(item: str | Table, width: int) -> str:
    """Returns a text or a table as lines; without the blanks at their ends that rich fills them up with."""
    from rich.console import Console

    lines = io.StringIO()
    terminal = sys.stdout.isatty()
    colours: Literal["auto"] | None = "auto" if terminal else None
    # Without emoji=False an identifier such as shop:email:... would come out with an envelope in its middle.
    console = Console(file=lines, width=width, force_terminal=terminal, color_system=colours, emoji=False)
    # A sentence breaks at the edge of a terminal by itself; in a pipe it stays one line, for grep.
    console.print(item, markup=False, highlight=False, soft_wrap=isinstance(item, str))
    return "".join(f"{line.rstrip()}\n" for line in lines.getvalue().splitlines())


def _width() -> int:
    """The terminal's width; $COLUMNS or a usual one in a file or a pipe."""
    import shutil

    return shutil.get_terminal_size((WIDTH_IN_A_PIPE, 24)).columns


def _least_width(table: Table) -> int:
    """Returns how many columns a table needs so that no word in it has to be broken."""
    from rich.cells import cell_len

    widest = [max(cell_len(str(cell)) for cell in (column.header, *column.cells)) for column in table.columns]
    return sum(min(width, NARROWEST) if width > SHORT else width for width in widest) + 3 * len(widest)


def _paragraphs(result: Result, width: int) -> str:
    """Returns each row as a paragraph of "name value" pairs: readable where a table would have to break words.

    What is empty in a row is left out; programs get every column with --csv and --json.
    """
    return "\n".join("".join(f"{line}\n" for line in _paragraph(row, width)) for row in result.told())


def _paragraph(row: Mapping[str, Value], width: int) -> list[str]:
    said = [f"{_heading(name)} {_clean(_cell(value))}" for name, value in row.items() if value not in (None, "")]
    lines: list[str] = []
    for part in said:
        if lines and len(lines[-1]) + len(GAP) + len(part) <= width:
            lines[-1] += GAP + part
        else:
            lines += textwrap.wrap(f"  {part}" if lines else part, max(width, 20), subsequent_indent="    ")
    return lines


def _heading(name: str) -> str:
    return name.replace("_", " ")


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
    numbers = [wording.called(result), f"{_level(result):.0%} interval", "n", "customers"]
    table = _table([*((name, False) for name in splits), *((name, True) for name in numbers)])
    for row in result.rows:
        period = [wording.period(row.period, result.every)] if row.period and result.every else []
        labels = [wording.group_label(part) for part in row.group]
        table.add_row(*(_clean(cell) for cell in (*labels, *period, *_number(row, result))))
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
    rows = result.told()
    if not rows:
        return None
    told = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    numeric = {name for name in told if all(_is_number(row[name]) for row in rows)}
    table = _table([(_heading(name), name in numeric) for name in told])
    for row in rows:
        table.add_row(*(_clean(_cell(row[name])) for name in told))
    for column in table.columns:
        column.no_wrap = max(len(str(cell)) for cell in (column.header, *column.cells)) <= SHORT
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
        return value.isoformat(sep=" ", timespec="minutes")
    return value.isoformat() if isinstance(value, date) else str(value)


def _clean(text: str) -> str:
    """Keeps what comes from data from being read as commands to the terminal; rich is told to read no markup."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
