"""One tile of a dashboard as its page shows it: from the kept answer of its verb, with where each figure leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from cxloop import charts
from cxloop.core import wording
from cxloop.core.boards import TITLES, Board, Filters, Tile, arguments_of
from cxloop.core.comparing import Comparison
from cxloop.core.errors import CxloopError
from cxloop.core.expr import both, equals
from cxloop.core.host import Snapshot
from cxloop.core.results import Estimate, EstimateRow, Estimates, InsufficientData, Result
from cxloop.core.time import next_period
from cxloop.core.verbs import registry
from cxloop.measure.results import Annotation, ControlChart
from cxloop.web import words
from cxloop.web.access import Door
from cxloop.web.pages.explore.leading import page_of
from cxloop.web.pages.explore.names import raw_value
from cxloop.web.pages.explore.noting import noted
from cxloop.web.questions import Question
from cxloop.web.words import _

__all__ = ["Drawn", "Line", "View", "address_of", "behind", "drawn", "figure", "titled"]

WIDTHS: Mapping[str, tuple[int, int]] = {"small": (190, 190), "medium": (420, 190), "wide": (880, 190)}
"""Pixels of a plot on a desk and on a phone, by the size of its tile."""
DOTS: Mapping[str, tuple[int, int]] = {"small": (190, 240), "medium": (410, 240), "wide": (640, 240)}
ROOMS: Mapping[str, tuple[int, int]] = {"small": (240, 280), "medium": (460, 280), "wide": (1000, 280)}
"""Pixels of a picture with its labels."""
MOST_LINES = 60
SENTENCE_ROWS = 8


@dataclass(frozen=True)
class View:
    """A dashboard as somebody looks at it.

    Attributes:
        door: the visitor.
        board: under all its filters.
        asked: those of them that the address says: what a link adds is added to these.
        path: of its page; empty where nothing leads anywhere, such as for who has only a link to it.
    """

    door: Door
    board: Board
    asked: Filters
    path: str

    @property
    def leads(self) -> bool:
        """Whether figures lead on."""
        return bool(self.path)


@dataclass(frozen=True)
class Line:
    """One row of a tile's table: what it is called, its number, and where it leads."""

    name: str
    number: str
    interval: str
    count: str
    filters: str
    rows: str


@dataclass
class Drawn:
    """What a tile shows; `problem` is why it shows nothing."""

    place: int
    size: str
    title: str
    address: str = ""
    problem: str = ""
    number: str = ""
    interval: str = ""
    count: str = ""
    sentence: str = ""
    charts: tuple[str, ...] = ()
    lines: list[Line] = field(default_factory=list)
    cells: list[dict[str, Any]] = field(default_factory=list)
    rows: str = ""
    notes: tuple[Annotation, ...] = ()
    change: Comparison | None = None
    how: Any = None
    kept: Snapshot | None = None


def drawn(view: View, place: int) -> Drawn:
    """Returns a tile of a dashboard as its page shows it; what it cannot show, it says."""
    tile = view.board.tiles[place]
    shown = Drawn(place, tile.size, titled(tile))
    try:
        asked = arguments_of(tile, view.board.filters, registry.get(tile.verb))
        shown.kept = view.door.snapshot(tile.verb, asked)
    except CxloopError as failure:
        shown.problem = failure.message
        return shown
    shown.how = getattr(shown.kept.result, "how", None)
    if isinstance(shown.kept.result, Estimates):
        _estimates(view, shown, tile, shown.kept.result, asked)
    else:
        _sentence(view, shown, shown.kept.result)
        shown.address = page_of(tile.verb, asked) if view.leads else ""
    return shown


def behind(door: Door, question: Question) -> str:
    """Returns where the rows behind a number are, empty for those who may not see single persons."""
    return question.address("/explore/rows") if door.may("measure.rows") else ""


def figure(number: Estimate | InsufficientData, result: Estimates) -> tuple[str, str]:
    """Returns a number and its interval as they read."""
    if not isinstance(number, Estimate):
        return _("cannot say"), f"{_('needs')} {wording.many(number.needed, result.noun)}"
    ends = (wording.number(number.low, result.unit), wording.number(number.high, result.unit))
    return wording.number(number.value, result.unit), words.span(*ends)


def titled(tile: Tile) -> str:
    """Returns what stands above a tile before its answer is there."""
    if tile.title:
        return tile.title
    if tile.verb in TITLES:
        return TITLES[tile.verb]
    name = str(tile.arguments.get("name") or tile.verb.split(".")[1])
    return words.readable(wording.label(name))


def _sentence(view: View, shown: Drawn, result: Result) -> None:
    shown.sentence = str(result)
    shown.notes = noted(view.door, result) if isinstance(result, ControlChart) else ()
    notes = [(each.at, each.text) for each in shown.notes]
    drawings = (charts.result_picture(result, room=room, notes=notes) for room in ROOMS[shown.size])
    shown.charts = tuple(drawing for drawing in drawings if drawing)
    try:
        shown.cells = [dict(row) for row in result.told()[:SENTENCE_ROWS]]
    except TypeError:  # it has no table
        shown.cells = []


def _estimates(view: View, shown: Drawn, tile: Tile, result: Estimates, asked: Mapping[str, Any]) -> None:
    question = _question(result, asked)
    shown.title = tile.title or wording.called(result)
    shown.address = question.address() if view.leads else ""
    shown.rows = behind(view.door, question)
    if not result.by and not result.every:
        if result.rows:
            number = result.rows[0].result
            shown.number, shown.interval = figure(number, result)
            shown.count = wording.many(number.n, result.noun)
        else:
            shown.number, shown.count = _("cannot say"), wording.many(0, result.noun)
        return
    shown.lines = [_line(view, result, row, question) for row in result.rows[:MOST_LINES]]
    if any(isinstance(row.result, Estimate) for row in result.rows):
        pairs = zip(result.rows, shown.lines, strict=False)
        links = {row.group: line.filters for row, line in pairs} if view.leads else {}
        shown.notes = noted(view.door, result)
        notes = [(each.at, each.text) for each in shown.notes]
        sizes = DOTS if result.every is None else WIDTHS
        shown.charts = tuple(
            charts.picture(result, width=width, links=links, notes=notes) for width in sizes[tile.size]
        )
    else:
        shown.sentence = _("Too few for a number in any group.") if result.rows else _("Nothing in this selection.")


def _question(result: Estimates, asked: Mapping[str, Any]) -> Question:
    """What a tile asks, as Explore asks it."""
    return Question(
        metric=result.metric,
        by=result.by,
        every=result.every or "",
        **{name: str(asked.get(name) or "") for name in ("since", "until", "where", "identity", "certainty")},
    )


def _line(view: View, result: Estimates, row: EstimateRow, question: Question) -> Line:
    """A row with the filters that choose it on the whole dashboard, and the rows that it counts."""
    where = ""
    for dimension, label in zip(result.by, row.group, strict=True):
        where = both(where, equals(dimension, raw_value(view.door, dimension, label)))
    since, until = question.since, question.until
    named = [wording.group_label(part) for part in row.group]
    if result.every and row.period:
        since, until = row.period.isoformat(), next_period(row.period, result.every).isoformat()
        named.append(wording.period(row.period, result.every))
    held = both(question.where, where)
    chosen = Question(question.metric, (), "", since, until, held, question.identity, question.certainty)
    asked = view.asked
    more = asked.where if where and where in asked.where else both(asked.where, where)
    period = (since, until) if result.every else (asked.since, asked.until)
    number, interval = figure(row.result, result)
    return Line(
        name=", ".join(named),
        number=number,
        interval=interval,
        count=wording.many(row.result.n, result.noun),
        filters=address_of(view.path, Filters(*period, more)) if view.leads else "",
        rows=behind(view.door, chosen),
    )


def address_of(path: str, filters: Filters, **more: str) -> str:
    """Returns the address of a page under some filters."""
    asked = {"since": filters.since, "until": filters.until, "where": filters.where, **more}
    given = urlencode({name: value for name, value in asked.items() if value})
    return f"{path}?{given}" if given else path
