"""Explore, comparisons: did it change, do groups differ, and how sure is that?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from cxloop import charts
from cxloop.core import wording
from cxloop.core.comparing import limits
from cxloop.core.errors import InputError
from cxloop.core.results import Estimate, InsufficientData
from cxloop.measure.results import Comparison, SideBySide
from cxloop.web import words
from cxloop.web.access import SignedIn
from cxloop.web.pages.explore.asking import csv_of, dimensions, metrics, with_choice
from cxloop.web.pages.explore.building import keeping
from cxloop.web.pages.explore.frame import show
from cxloop.web.questions import Question
from cxloop.web.site import age
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
COMPARE = "/explore/compare"
SINCE = ("7d", "30d", "90d", "180d", "365d")
AGAINST = (
    ("before", _("the period before")),
    ("year", _("the same days a year before")),
    ("rest", _("all other groups")),
    ("group", _("one group")),
)
CHART_WIDTHS = (360, 280)
"""Pixels of a plot on a desk and on a phone; names and figures come on top."""
MOST_ROWS = 200


@dataclass(frozen=True)
class Asked:
    """What the form asks; empty means: not asked."""

    metric: str = "nps"
    against: str = "before"
    by: str = ""
    group: str = ""
    since: str = "30d"
    until: str = ""
    where: str = ""

    def address(self, path: str = COMPARE) -> str:
        """Returns where this is answered."""
        return f"{path}?{urlencode({name: value for name, value in asdict(self).items() if value})}"

    def arguments(self) -> dict[str, Any]:
        """Returns the arguments of the verb."""
        return {name: value for name, value in asdict(self).items() if value}


def asked(
    metric: Annotated[str, Query(max_length=64)] = "nps",
    against: Annotated[str, Query(max_length=10)] = "before",
    by: Annotated[str, Query(max_length=200)] = "",
    group: Annotated[str, Query(max_length=200)] = "",
    since: Annotated[str, Query(max_length=40)] = "30d",
    until: Annotated[str, Query(max_length=40)] = "",
    where: Annotated[str, Query(max_length=4000)] = "",
) -> Asked:
    """Reads the question from the address; the group is only asked for where one is compared with."""
    return Asked(metric or "nps", against, by, group if against == "group" else "", since or "30d", until, where)


Wanted = Annotated[Asked, Depends(asked)]


@router.get(COMPARE)
def compare(request: Request, door: SignedIn, wanted: Wanted) -> HTMLResponse:
    """Shows what changed or differs: the sentence, the differences with their intervals, and every group."""
    context = {
        "title": _("Comparisons"),
        "asked": wanted,
        "metrics": metrics(door),
        "dimensions": dimensions(door, wanted.by),
        "against_choices": AGAINST,
        "since_choices": with_choice(SINCE, wanted.since),
    }
    try:
        kept = door.snapshot("measure.compare", wanted.arguments())
    except InputError as failure:
        return show(request, door, "compare", "compare.html", {**context, "failure": failure})
    result = kept.result
    assert isinstance(result, Comparison)
    shown = {
        "result": result,
        "pictures": [text for width in CHART_WIDTHS if (text := charts.difference_picture(result, width=width))],
        "lines": [_line(row, result, wanted) for row in result.rows[:MOST_ROWS]],
        "more_rows": max(len(result.rows) - MOST_ROWS, 0),
        "others": _others(result),
        "references": [_reference(item, result) for item in result.references],
        "download": wanted.address(f"{COMPARE}/download"),
        "keep": keeping(door, "measure.compare", wanted.arguments()),
        "age": age(kept),
    }
    return show(request, door, "compare", "compare.html", {**context, **shown})


@router.get(COMPARE + "/download")
def download(door: SignedIn, wanted: Wanted) -> Response:
    """Returns the table as a file."""
    return csv_of(door.snapshot("measure.compare", wanted.arguments()).result, "comparison")


def _line(row: SideBySide, result: Comparison, wanted: Asked) -> dict[str, str]:
    return {
        "label": wording.group_label(row.group) if result.by else result.label,
        "address": _behind(row, wanted),
        "now": _number(row.current, result),
        "other": _number(row.other, result),
        "difference": limits(row.change, result.unit) if row.change else "",
        "verdict": row.tag,
        "n": f"{wording.count(row.current.n)} / {wording.count(row.other.n)}",
        "tone": "" if row.better is None else "good" if row.better else "bad",
    }


def _behind(row: SideBySide, wanted: Asked) -> str:
    """Returns the page of the numbers behind a row, from which words and customers are one click away."""
    return Question(wanted.metric, every="week", since=wanted.since, until=wanted.until, where=row.where).address()


def _number(side: Estimate | InsufficientData, result: Comparison) -> str:
    if not isinstance(side, Estimate):
        return f"{_('needs')} {wording.many(side.needed, result.noun)}"
    low, high = (wording.number(end, result.unit) for end in (side.low, side.high))
    return f"{wording.number(side.value, result.unit)} ({words.span(low, high)})"


def _others(result: Comparison) -> str:
    """Says which two periods are meant, in local days."""
    zone = ZoneInfo(result.zone)
    now = f"{words.moment(result.since, zone)} {_('to')} {words.moment(result.until, zone)}"
    if result.against not in ("before", "year"):
        return now
    before = f"{words.moment(result.other_since, zone)} {_('to')} {words.moment(result.other_until, zone)}"
    return f"{now}; {_('against')} {before}"


def _reference(item: Any, result: Comparison) -> dict[str, str]:
    return {
        "label": item.label,
        "value": wording.number(item.value, result.unit),
        "said": f"{item.source}, {item.date}.",
        "note": item.note,
    }
