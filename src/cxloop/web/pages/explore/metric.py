"""Explore, one metric: how it moves, for whom. Every figure leads on to the words and customers behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from cxloop import charts
from cxloop.core import wording
from cxloop.core.errors import InputError, NotFoundError
from cxloop.core.expr import equals
from cxloop.core.host import Snapshot
from cxloop.core.results import Estimate, EstimateRow, Estimates, InsufficientData, Restated
from cxloop.core.spreadsheet import as_csv
from cxloop.core.time import PERIODS, Period, next_period
from cxloop.measure.results import Annotation
from cxloop.web import words
from cxloop.web.access import Door, SignedIn
from cxloop.web.pages.explore.building import keeping
from cxloop.web.pages.explore.choices import METRICS, asked_of, is_question, label_of, offered
from cxloop.web.pages.explore.frame import show
from cxloop.web.pages.explore.names import raw_value
from cxloop.web.pages.explore.noting import noted
from cxloop.web.pages.explore.references import references_of
from cxloop.web.pages.explore.tiles import behind
from cxloop.web.questions import Question
from cxloop.web.site import Site, age
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
_Notes = Sequence[tuple[date, str]]
SINCE = ("30d", "90d", "180d", "365d", "")
DIMENSIONS = ("channel", "touchpoint", "stage", "source", "product", "brand", "region", "location", "team", "language")
"""What the form offers beside the workspace's own dimensions; the address takes any other."""
CERTAINTIES = ("", "0.9", "0.95", "0.99", "0.999")
SEGMENT = "segment."
"""What a dimension that splits by being in a segment begins with."""
VERBATIMS = 6
MOST_ROWS = 400
CHART_WIDTHS = (570, 190)
"""Pixels of a plot over time on a desk and on a phone; labels come on top."""
DOT_WIDTHS = (430, 260)
"""The same for groups at one time: on a desk names and figures stand beside the plot, on a phone above each row."""


Cell = tuple[str, str]
"""A text and the address that it leads to."""


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    cells: tuple[Cell, ...]
    number: str
    interval: str
    answers: str
    customers: str


def asked(
    metric: Annotated[str, Query(max_length=60)] = "nps",
    by: Annotated[list[str] | None, Query(max_length=4)] = None,
    every: Annotated[str, Query(max_length=10)] = "week",
    since: Annotated[str, Query(max_length=40)] = "180d",
    until: Annotated[str, Query(max_length=40)] = "",
    where: Annotated[str, Query(max_length=4000)] = "",
    identity: Annotated[str, Query(max_length=40)] = "",
    certainty: Annotated[str, Query(max_length=20)] = "",
    version: Annotated[str, Query(pattern=r"^\d{0,6}$")] = "",
) -> Question:
    """Reads the question from the address."""
    split = tuple(name for name in by or () if name)
    over, start = "" if every == "none" else every, "" if since == "all" else since
    return Question(metric, split, over, start, until, where, identity, certainty, version)


Asked = Annotated[Question, Depends(asked)]


@router.get("/explore")
def explore(request: Request, door: SignedIn, question: Asked) -> HTMLResponse:
    """Shows a metric by dimension and period as chart and table, with how it is made and what was said."""
    context = {
        "title": _("Explore"),
        "question": question,
        "metrics": offered(door),
        "label": label_of(door, question.metric),
        "dimensions": _dimensions(door, question),
        "periods": PERIODS,
        "since_choices": _with(SINCE, question.since),
        "certainties": _with(CERTAINTIES, question.certainty),
    }
    try:
        kept = _answer(door, question)
    except InputError as failure:
        return show(request, door, "metric", "metric.html", {**context, "failure": failure})
    result = kept.result
    assert isinstance(result, Estimates)
    notes = noted(door, result)
    shown = {
        "result": result,
        "lede": wording.figures(result),
        "known": _known(result, question, request.app.state.site),
        "charts": _charts(result, notes),
        "notes": notes,
        "only": _only(result),
        "facts": _facts(result, door),
        "about": f"{METRICS}/{quote(question.metric, safe='')}",
        "newest": question.newest.address() if question.version else "",
        "nouns": wording.plural(result.noun),
        "references": references_of(door, result),
        "level": f"{100 * door.settings.measure.level:g} %",
        "lines": _lines(result, question, door),
        "more_rows": max(len(result.rows) - MOST_ROWS, 0),
        "verbatims": _verbatims(door, question),
        "downloads": [(kind, question.address(f"/explore/download/{kind}")) for kind in DOWNLOADS],
        "age": age(kept),
        "keep": keeping(door, *asked_of(question)),
        "rows_behind": behind(door, question),
    }
    return show(request, door, "metric", "metric.html", {**context, **shown})


@router.get("/explore/download/{kind}")
def download(door: SignedIn, question: Asked, kind: str) -> Response:
    """Returns the same numbers as a file."""
    write = DOWNLOADS.get(kind)
    if write is None:
        raise NotFoundError(f"There is no download {kind!r}. There are: {', '.join(DOWNLOADS)}.")
    result = _answer(door, question).result
    assert isinstance(result, Estimates)
    content, media_type = write(result, tuple((note.at, note.text) for note in noted(door, result)))
    headers = {"content-disposition": f'attachment; filename="{question.metric}.{kind}"'}
    return Response(content, media_type=media_type, headers=headers)


def _answer(door: Door, question: Question) -> Snapshot:
    path, arguments = asked_of(question)
    return door.snapshot(path, arguments)


def _facts(result: Estimates, door: Door) -> list[tuple[str, str]]:
    """What the panel says besides definition and method."""
    found = [row.result for row in result.rows]
    level = f"{100 * door.settings.measure.level:g} %"
    methods = sorted({number.method for number in found if isinstance(number, Estimate)})
    amount = wording.many(sum(number.n for number in found), result.noun)
    few = sum(not isinstance(number, Estimate) for number in found)
    unsaid = f", {_('without a number:')} {words.plural(few, _('group'), _('groups'))}" if few else ""
    return [
        (_("n"), f"{amount}{unsaid}"),
        (_("Interval"), f"{level}, {'; '.join(methods)}" if methods else ""),
        (_("Version of the definition"), str(result.version)),
    ]


def _dimensions(door: Door, question: Question) -> list[tuple[str, str]]:
    """Names and titles of the dimensions that the form offers."""
    own = {dimension.name: dimension.label or dimension.name for dimension in door.experience.dimension}
    titles = {**{name: name for name in DIMENSIONS}, **own, **{name: name for name in question.by if name not in own}}
    segments = [f"{SEGMENT}{name}" for name in _segments(door)]
    return [*titles.items(), *((name, words.readable(name)) for name in segments if name not in titles)]


def _segments(door: Door) -> list[str]:
    """Names of segments: any number can be split by who is in one."""
    if not door.may("unify.segments"):
        return []
    return [str(row["name"]) for row in door.snapshot("unify.segments", {}).result.records()]


def _known(result: Estimates, question: Question, site: Site) -> dict[str, Any] | None:
    """As whom customers were counted, and what decisions have changed since; None where all is usual."""
    known = result.identities
    said = wording.identities_in_words(known, result.noun)
    if not said:
        return None
    restated = known.restated
    return {
        "said": said[:-1] if restated else said,
        "restated": _restated(restated, result, site) if restated else None,
        "before": question.as_known(restated.asked).address() if restated else "",
        "usual": question.as_usual.address() if question.identity or question.certainty else "",
    }


def _restated(restated: Restated, result: Estimates, site: Site) -> dict[str, Any]:
    """What a number was before decisions changed who is who, beside what it is."""
    customers = words.plural(restated.customers, _("customer"), _("customers"))
    moved, last = wording.many(restated.answers, result.noun), words.moment(restated.last_at, site.zone)
    now = {(row.group, row.period): row.result for row in result.rows}
    return {
        "said": f"{_('Restated: since this window ended, decisions have changed who is who of')} {customers} "
        f"({moved}), {_('the last on')} {last}.",
        "changed": [_change(row, now.get((row.group, row.period)), result) for row in restated.before or ()],
    }


def _change(before: EstimateRow, now: Estimate | InsufficientData | None, result: Estimates) -> dict[str, str]:
    period = [wording.period(before.period, result.every)] if result.every and before.period else []
    named = [*(wording.group_label(part) for part in before.group), *period]
    return {
        "name": ", ".join(named) or wording.called(result),
        "before": f"{_number(before.result, result)} ({wording.many(before.result.n, result.noun)})",
        "now": f"{_number(now, result)} ({wording.many(now.n, result.noun)})" if now is not None else _("nothing"),
    }


def _with(choices: tuple[str, ...], chosen: str) -> tuple[str, ...]:
    return choices if chosen in choices else (chosen, *choices)


def _only(result: Estimates) -> dict[str, str | bool] | None:
    """The one number of a question that is not split."""
    if len(result.rows) != 1 or result.by or result.every:
        return None
    number = result.rows[0].result
    return {
        "said": isinstance(number, Estimate),
        "number": _number(number, result),
        "interval": _interval(number, result),
        "answers": wording.many(number.n, result.noun),
    }


def _lines(result: Estimates, question: Question, door: Door) -> list[Line]:
    # Hundreds of rows name the same few groups and periods: each cell with its address is made once.
    group, period = cache(partial(_group_cell, question, door)), cache(partial(_period_cell, question))
    return [
        _line(
            row.result,
            result,
            (
                *map(group, result.by, row.group),
                *([period(result.every, row.period)] if result.every and row.period else []),
            ),
        )
        for row in result.rows[:MOST_ROWS]
    ]


def _group_cell(question: Question, door: Door, dimension: str, label: str | None) -> Cell:
    chosen = question.on(equals(dimension, raw_value(door, dimension, label)))
    return label if label is not None else _("not said"), chosen.address()


def _period_cell(question: Question, every: Period, start: date) -> Cell:
    return wording.period(start, every), _within(question, start, every).address()


def _line(number: Estimate | InsufficientData, result: Estimates, cells: tuple[Cell, ...]) -> Line:
    return Line(
        cells=cells,
        number=_number(number, result),
        interval=_interval(number, result),
        answers=wording.count(number.n),
        customers=wording.count(number.customers) if isinstance(number, Estimate) else "",
    )


def _number(number: Estimate | InsufficientData, result: Estimates) -> str:
    if isinstance(number, Estimate):
        return wording.number(number.value, result.unit)
    return _("cannot say")


def _interval(number: Estimate | InsufficientData, result: Estimates) -> str:
    """The interval; where there is no number, what it would take."""
    if not isinstance(number, Estimate):
        return f"{_('needs')} {wording.many(number.needed, result.noun)}"
    return words.span(wording.number(number.low, result.unit), wording.number(number.high, result.unit))


def _within(question: Question, start: date, every: Period) -> Question:
    """The question for one period of the table, no longer over time."""
    end = next_period(start, every)
    return replace(question, every="", since=start.isoformat(), until=end.isoformat())


def _verbatims(door: Door, question: Question) -> Any:
    """What the people behind the numbers wrote, for those who may read single persons; None for others."""
    if not door.may("understand.verbatims"):
        return None
    metric = question.metric if is_question(question.metric) else None
    which = {"metric": metric, "since": question.since, "until": question.until, "where": question.where}
    return door.snapshot("understand.verbatims", {**which, "limit": VERBATIMS}).result


def _charts(result: Estimates, notes: Sequence[Annotation]) -> tuple[str, ...]:
    """The chart as SVG, for a wide and for a narrow screen; none where there is one number or none."""
    if _only(result) or not any(isinstance(row.result, Estimate) for row in result.rows):
        return ()
    widths = DOT_WIDTHS if result.every is None else CHART_WIDTHS
    happened = [(note.at, note.text) for note in notes]
    return tuple(charts.picture(result, width=width, notes=happened) for width in widths)


def _as_csv(result: Estimates, _notes: _Notes) -> tuple[bytes, str]:
    # With a byte order mark, or spreadsheets take it for another encoding.
    return as_csv(result).encode("utf-8-sig"), "text/csv; charset=utf-8"


def _as_json(result: Estimates, _notes: _Notes) -> tuple[bytes, str]:
    return json.dumps(result.to_dict(), ensure_ascii=False, indent=2).encode(), "application/json"


def _as_svg(result: Estimates, notes: _Notes) -> tuple[bytes, str]:
    return charts.svg(charts.draw(result, notes=notes)).encode(), "image/svg+xml"


def _as_png(result: Estimates, notes: _Notes) -> tuple[bytes, str]:
    return charts.png(charts.draw(result, notes=notes)), "image/png"


DOWNLOADS: Mapping[str, Callable[[Estimates, _Notes], tuple[bytes, str]]] = {
    "csv": _as_csv,
    "json": _as_json,
    "svg": _as_svg,
    "png": _as_png,
}
