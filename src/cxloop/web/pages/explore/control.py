"""Explore, control charts: which weeks are unusual, and which are noise that should not be chased?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from cxloop import charts
from cxloop.core import wording
from cxloop.core.errors import InputError
from cxloop.measure.results import ControlChart, ControlPoint
from cxloop.web import words
from cxloop.web.access import SignedIn
from cxloop.web.pages.explore.asking import csv_of, metrics, with_choice
from cxloop.web.pages.explore.building import keeping
from cxloop.web.pages.explore.frame import show
from cxloop.web.pages.explore.noting import noted
from cxloop.web.questions import Question
from cxloop.web.site import age
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
CONTROL = "/explore/control"
SINCE = ("90d", "180d", "365d", "730d")
EVERY = ("day", "week", "month")
EXPECT = (("level", _("one level")), ("season", _("what the season lets expect")))
RULES = (
    ("western electric", _("Western Electric, four rules")),
    ("limits", _("the limits alone")),
    ("nelson", _("Nelson, eight rules")),
)
CHART_WIDTHS = (560, 250)
"""Pixels of a plot on a desk and on a phone; labels come on top."""
MOST_ROWS = 400


@dataclass(frozen=True)
class Asked:
    """What the form asks; empty means: not asked."""

    metric: str = "nps"
    every: str = "week"
    rules: str = "western electric"
    expect: str = "level"
    since: str = "365d"
    base_until: str = ""
    where: str = ""

    def address(self, path: str = CONTROL) -> str:
        """Returns where this is answered."""
        return f"{path}?{urlencode({name: value for name, value in asdict(self).items() if value})}"

    def arguments(self) -> dict[str, Any]:
        """Returns the arguments of the verb."""
        return {name: value for name, value in asdict(self).items() if value}


def asked(
    metric: Annotated[str, Query(max_length=64)] = "nps",
    every: Annotated[str, Query(max_length=10)] = "week",
    rules: Annotated[str, Query(max_length=20)] = "western electric",
    expect: Annotated[str, Query(max_length=10)] = "level",
    since: Annotated[str, Query(max_length=40)] = "365d",
    base_until: Annotated[str, Query(max_length=40)] = "",
    where: Annotated[str, Query(max_length=4000)] = "",
) -> Asked:
    """Reads the question from the address."""
    return Asked(metric or "nps", every, rules, expect, since or "365d", base_until, where)


Wanted = Annotated[Asked, Depends(asked)]


@router.get(CONTROL)
def control(request: Request, door: SignedIn, wanted: Wanted) -> HTMLResponse:
    """Shows which points are unusual: the sentence, the chart, and every point with what was to be expected."""
    context = {
        "title": _("Control charts"),
        "asked": wanted,
        "metrics": metrics(door),
        "every_choices": EVERY,
        "rules_choices": RULES,
        "expect_choices": EXPECT,
        "since_choices": with_choice(SINCE, wanted.since),
    }
    try:
        kept = door.snapshot("measure.control_chart", wanted.arguments())
    except InputError as failure:
        return show(request, door, "control", "control.html", {**context, "failure": failure})
    result = kept.result
    assert isinstance(result, ControlChart)
    notes = noted(door, result)
    days = [(note.at, note.text) for note in notes]
    pictures = (charts.control_picture(result, width=width, notes=days) for width in CHART_WIDTHS)
    shown = {
        "result": result,
        "pictures": [drawing for drawing in pictures if drawing],
        "notes": notes,
        "unusual": [_line(point, result, wanted) for point in reversed(result.points) if point.signals],
        "lines": [_line(point, result, wanted) for point in list(reversed(result.points))[:MOST_ROWS]],
        "download": wanted.address(f"{CONTROL}/download"),
        "keep": keeping(door, "measure.control_chart", wanted.arguments()),
        "age": age(kept),
    }
    return show(request, door, "control", "control.html", {**context, **shown})


@router.get(CONTROL + "/download")
def download(door: SignedIn, wanted: Wanted) -> Response:
    """Returns the table as a file."""
    return csv_of(door.snapshot("measure.control_chart", wanted.arguments()).result, "control-chart")


def _line(point: ControlPoint, result: ControlChart, wanted: Asked) -> dict[str, str]:
    said = point.low is not None and point.high is not None
    low, high = (wording.number(end or 0.0, result.unit) for end in (point.low, point.high))
    return {
        "label": wording.period(point.period, result.every),
        "address": _behind(point, wanted),
        "value": _("cannot say") if point.value is None else wording.number(point.value, result.unit),
        "expected": "" if point.centre is None else wording.number(point.centre, result.unit),
        "usual": words.span(low, high) if said else "",
        "n": wording.count(point.n),
        "signals": ", ".join(point.signals),
    }


def _behind(point: ControlPoint, wanted: Asked) -> str:
    """Returns the page of the numbers of one point."""
    until = _after(point.period, wanted.every)
    return Question(
        wanted.metric, since=point.period.isoformat(), until=until.isoformat(), where=wanted.where
    ).address()


def _after(start: date, every: str) -> date:
    if every in ("day", "week"):
        return start + timedelta(days=1 if every == "day" else 7)
    months = start.year * 12 + start.month - 1 + {"quarter": 3, "year": 12}.get(every, 1)
    return date(months // 12, months % 12 + 1, 1)
