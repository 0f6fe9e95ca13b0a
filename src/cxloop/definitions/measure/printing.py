"""Printing a dashboard: the same answers as on its page, as A4 pages."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cxloop.charts.happenings import Happened, within
from cxloop.charts.paper import PaperTile, paper, paper_chart
from cxloop.core import wording
from cxloop.core.boards import TITLES, Board, Filters, Tile, arguments_of
from cxloop.core.comparing import Comparison
from cxloop.core.control import ControlChart
from cxloop.core.errors import CxloopError
from cxloop.core.host import limits_phrase
from cxloop.core.results import Estimate, EstimateRow, Estimates, How, InsufficientData, Result
from cxloop.core.verbs import registry
from cxloop.measure.annotations.reading import list_annotations
from cxloop.measure.boards.changes import read_changes
from cxloop.measure.boards.reading import read_dashboard
from cxloop.measure.boards.results import DashboardChanges, DashboardPdf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxloop.store.context import Operations

__all__ = ["Answered", "answered", "on_pages", "print_board"]

MOST_LINES = 40
MOST_METHOD = 420
_HEADS = ("", "number", "interval", "n")


@dataclass(frozen=True)
class Answered:
    """A dashboard with the answers of its tiles: what changed, in a sentence, and what all of them are about."""

    board: Board
    tiles: tuple[PaperTile, ...]
    lede: str
    under: str


def print_board(ws: Operations, name: str, filters: Filters) -> DashboardPdf:
    """Returns a dashboard as PDF; raises UnknownNameError where there is none, InputError for wrong filters."""
    return on_pages(ws, answered(ws, name, filters))


def answered(ws: Operations, name: str, filters: Filters) -> Answered:
    """Asks every tile of a dashboard; raises as `print_board` does."""
    board = read_dashboard(ws, name).board.with_filters(filters)
    changes = _changes(ws, name, filters)
    compared = {} if changes is None else {row.place: row.comparison for row in changes.rows}
    tiles = [_tile(ws, tile, board.filters, compared.get(place)) for place, tile in enumerate(board.tiles)]
    return Answered(board, tuple(tiles), str(changes) if compared else "", _under(ws, board))


def on_pages(ws: Operations, done: Answered) -> DashboardPdf:
    """Returns the answers of a dashboard as PDF."""
    board, now = done.board, ws.now()
    local = now.replace(tzinfo=UTC).astimezone(ZoneInfo(ws.settings.company.time_zone))
    head = {
        "title": board.title,
        "lede": board.about,
        "under": done.under,
        "company": ws.settings.company.name,
        "made": f"{local:%d.%m.%Y %H:%M} ({ws.settings.company.time_zone})",
        "language": "en",
        "heads": _HEADS,
    }
    content = b64encode(paper(head, done.tiles, now)).decode()
    return DashboardPdf(board.name, board.title, f"{board.name}-{local:%Y-%m-%d}.pdf", content)


def _under(ws: Operations, board: Board) -> str:
    filters, limits = board.filters, ws.actor.limits
    said = [
        f"Since {filters.since}" if filters.since else "Each number over its own period",
        f"until {filters.until}" if filters.until else "",
        f"where {filters.where}" if filters.where else "",
        f"limited to rows with {limits_phrase(limits)}" if limits else "",
        f"{ws.settings.measure.level:.0%} intervals",
    ]
    return ", ".join(part for part in said if part) + "."


def _changes(ws: Operations, name: str, filters: Filters) -> DashboardChanges | None:
    try:
        return read_changes(ws, name, filters)
    except CxloopError:  # a period without one before it: the numbers stand without a comparison
        return None


def _tile(ws: Operations, tile: Tile, filters: Filters, change: Comparison | None) -> PaperTile:
    verb = registry.get(tile.verb)
    said = PaperTile(tile.title or TITLES.get(tile.verb, verb.name), change="" if change is None else change.lede)
    try:
        found: Result = verb.function(ws, **verb.check(arguments_of(tile, filters, verb)))
    except CxloopError as failure:
        return replace(said, sentence=failure.message, change="")
    how = getattr(found, "how", None)
    said = replace(said, method=_method(how) if isinstance(how, How) else "")
    if isinstance(found, Estimates):
        return _estimates(ws, replace(said, title=tile.title or wording.called(found)), found)
    said = replace(said, sentence=str(found))
    if not isinstance(found, ControlChart):
        return _drawn(said, found, ())
    notes = list_annotations(ws, found.metric).notes
    return _drawn(said, found, within(notes, (point.period for point in found.points)))


def _drawn(said: PaperTile, found: Result, happened: Sequence[Happened]) -> PaperTile:
    """A tile with its chart, and what happened when below it."""
    notes = tuple(f"{each.number}. {each.day:%d.%m.%Y}: {each.text}" for each in happened)
    chart, share = paper_chart(found, [(each.day, each.text) for each in happened])
    return replace(said, chart=chart, share=share, notes=notes)


def _method(how: How) -> str:
    said = " ".join(part for part in (how.definition, how.method) if part)
    if len(said) <= MOST_METHOD:
        return said
    return f"{said[: said.rindex(' ', 0, MOST_METHOD)]} …"


def _estimates(ws: Operations, said: PaperTile, found: Estimates) -> PaperTile:
    if not found.by and not found.every:
        if not found.rows:
            return replace(said, sentence=f"No {wording.plural(found.noun)} in this selection.", small=True)
        number, interval, _n = _figures(found.rows[0].result, found)
        count = wording.many(found.rows[0].result.n, found.noun)
        return replace(said, number=number, interval=interval, count=count, small=True)
    lines = tuple((_named(row, found), *_figures(row.result, found)) for row in found.rows[:MOST_LINES])
    said = replace(said, lines=lines)
    if not any(isinstance(row.result, Estimate) for row in found.rows):
        return replace(said, sentence="Too few for a number in any group.")
    notes = list_annotations(ws, found.metric).notes
    return _drawn(said, found, within(notes, (row.period for row in found.rows)))


def _named(row: EstimateRow, found: Estimates) -> str:
    period = [wording.period(row.period, found.every)] if found.every and row.period else []
    return ", ".join([*(wording.group_label(part) for part in row.group), *period])


def _figures(number: Estimate | InsufficientData, found: Estimates) -> tuple[str, str, str]:
    amount = wording.count(number.n)
    if not isinstance(number, Estimate):
        return "cannot say", f"needs {wording.many(number.needed, found.noun)}", amount
    return wording.number(number.value, found.unit), wording.interval(number, found.unit), amount
