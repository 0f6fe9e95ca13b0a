"""Explore, league tables: how stores, employees or products compare with the same cases and without luck."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from cxloop import charts
from cxloop.core import wording
from cxloop.core.errors import InputError, NotFoundError
from cxloop.core.expr import both
from cxloop.core.league import chance
from cxloop.core.results import Estimate
from cxloop.core.spreadsheet import as_csv
from cxloop.measure.results import League, LeagueRow
from cxloop.web import words
from cxloop.web.access import Door, SignedIn
from cxloop.web.pages.explore.building import keeping
from cxloop.web.pages.explore.choices import known
from cxloop.web.pages.explore.frame import show
from cxloop.web.pages.explore.leading import MEAN
from cxloop.web.questions import Question
from cxloop.web.site import age
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
LEAGUE = "/explore/league"
SINCE = ("90d", "180d", "365d", "")
COMPARED = ("employee", "team", "location", "product", "brand", "region", "channel", "touchpoint", "campaign")
"""What the form offers beside the workspace's own dimensions; the address takes any other."""
NO_MEANS = ("median", "per_customer")
"""Statistics that no league table is made of."""
MOST_ROWS = 200
CHART_WIDTHS = (370, 280)
"""Pixels of a plot on a desk and on a phone; names and figures come on top."""
FUNNEL_WIDTHS = (560, 205)


@dataclass(frozen=True)
class Asked:
    """What the form asks; empty means: not asked."""

    metric: str = "csat"
    by: str = "employee"
    adjust: str = "auto"
    since: str = "365d"
    until: str = ""
    where: str = ""

    def address(self, path: str = LEAGUE) -> str:
        """Returns where this is answered."""
        return f"{path}?{urlencode({**asdict(self), 'since': self.since or 'all'})}"

    def arguments(self) -> dict[str, Any]:
        """Returns the arguments of the verb."""
        name, mean = self.metric.removesuffix(MEAN), self.metric.endswith(MEAN)
        adjust = tuple(part.strip() for part in self.adjust.split(",") if part.strip()) or ("auto",)
        window = {"since": self.since, "until": self.until, "where": self.where}
        return {"of": name, "by": self.by, "adjust": adjust, "statistic": "mean" if mean else None, **window}


def asked(
    metric: Annotated[str, Query(max_length=80)] = "csat",
    by: Annotated[str, Query(max_length=200)] = "employee",
    adjust: Annotated[str, Query(max_length=1000)] = "auto",
    since: Annotated[str, Query(max_length=40)] = "365d",
    until: Annotated[str, Query(max_length=40)] = "",
    where: Annotated[str, Query(max_length=4000)] = "",
) -> Asked:
    """Reads the question from the address."""
    return Asked(metric or "csat", by or "employee", adjust, "" if since == "all" else since, until, where)


Wanted = Annotated[Asked, Depends(asked)]


@router.get(LEAGUE)
def league(request: Request, door: SignedIn, wanted: Wanted) -> HTMLResponse:
    """Shows a league table: what may be said, the caterpillar, the funnel, and every group with its answers."""
    context = {
        "title": _("League tables"),
        "asked": wanted,
        "metrics": _metrics(door),
        "dimensions": _dimensions(door, wanted),
        "since_choices": SINCE if wanted.since in SINCE else (wanted.since, *SINCE),
    }
    try:
        kept = door.snapshot("measure.league", wanted.arguments())
    except InputError as failure:
        return show(request, door, "league", "league.html", {**context, "failure": failure})
    result = kept.result
    assert isinstance(result, League)
    shown = {
        "result": result,
        "caterpillars": [text for width in CHART_WIDTHS if (text := charts.caterpillar(result, width=width))],
        "funnels": [text for width in FUNNEL_WIDTHS if (text := charts.funnel(result, width=width))],
        "lines": [_line(row, result, wanted) for row in result.rows[:MOST_ROWS]],
        "more_rows": max(len(result.rows) - MOST_ROWS, 0),
        "unsaid": wording.many(result.unsaid, result.noun) if result.unsaid else "",
        "adjustments": _adjustments(result),
        "download": wanted.address(f"{LEAGUE}/download/csv"),
        "raw": replace(wanted, adjust="none").address() if wanted.adjust != "none" else "",
        "level": f"{100 * result.level:g} %",
        "keep": keeping(door, "measure.league", wanted.arguments()),
        "age": age(kept),
    }
    return show(request, door, "league", "league.html", {**context, **shown})


@router.get(LEAGUE + "/download/{kind}")
def download(door: SignedIn, wanted: Wanted, kind: str) -> Response:
    """Returns the table as a file."""
    if kind != "csv":
        raise NotFoundError(f"There is no download {kind!r}. There is: csv.")
    result = door.snapshot("measure.league", wanted.arguments()).result
    headers = {"content-disposition": 'attachment; filename="league.csv"'}
    return Response(as_csv(result).encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def _metrics(door: Door) -> list[tuple[str, str]]:
    """Names and labels of the metrics that a league table can be made of."""
    found: list[tuple[str, str]] = []
    for item in known(door):
        if item.statistic in NO_MEANS:
            continue
        found.append((item.name, item.label))
        if item.name == "csat":
            found.append((f"{item.name}{MEAN}", f"{item.label}, {_('mean')}"))
    return found


def _dimensions(door: Door, wanted: Asked) -> list[tuple[str, str]]:
    own = {dimension.name: dimension.label or dimension.name for dimension in door.experience.dimension}
    titles = {**{name: name for name in COMPARED}, **own}
    return [*titles.items(), *(() if wanted.by in titles else ((wanted.by, wanted.by),))]


def _line(row: LeagueRow, result: League, wanted: Asked) -> dict[str, str]:
    return {
        "label": row.label,
        "address": _behind(row, wanted),
        "value": wording.number(row.shrunk.value, result.unit) if row.shrunk else _("cannot say"),
        "interval": _interval(row.shrunk, result) if row.shrunk else f"{_('needs')} {result.minimum_n}",
        "raw": wording.number(row.raw, result.unit),
        "n": wording.count(row.n),
        "last": "" if row.lowest is None else chance(row.lowest),
        "first": "" if row.highest is None else chance(row.highest),
    }


def _interval(found: Estimate, result: League) -> str:
    return words.span(wording.number(found.low, result.unit), wording.number(found.high, result.unit))


def _behind(row: LeagueRow, wanted: Asked) -> str:
    """Where the answers of a group are: its number over time, with what people wrote and who they are."""
    name = wanted.metric.removesuffix(MEAN)
    question = Question(name, (), "month", wanted.since, wanted.until, both(wanted.where, row.where))
    return question.address()


_STATES = {
    "adjusted": _("shown with the same mix of it"),
    "no difference": _("makes no difference beyond chance"),
    "each its own": _("each has its own, so that nobody can tell it apart"),
    "too many": _("would make too many kinds of case"),
}


def _adjustments(result: League) -> list[tuple[str, str]]:
    return [(item.title, _STATES[item.state]) for item in result.adjustments]
