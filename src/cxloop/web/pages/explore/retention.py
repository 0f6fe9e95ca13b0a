"""Explore, retention: who comes back, cohort by cohort, and who leaves what they had joined."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from cxloop import charts
from cxloop.core import wording
from cxloop.core.errors import InputError
from cxloop.core.expr import both, equals
from cxloop.core.results import Estimate, InsufficientData
from cxloop.measure.results import Churn, CohortRetention, Stay
from cxloop.web import words
from cxloop.web.access import Door, SignedIn
from cxloop.web.pages.explore.building import keeping
from cxloop.web.pages.explore.frame import show
from cxloop.web.pages.explore.names import raw_value
from cxloop.web.site import age
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
PATH = "/explore/retention"
OF = {"purchase": _("buys again"), "interaction": _("is in touch again")}
COUNTING = {"calendar": _("by the calendar"), "rolling": _("from each customer's own first day")}
EVERY = ("week", "month", "quarter")
SINCE = ("180d", "365d", "730d", "")
DIMENSIONS = ("region", "channel", "brand", "source", "team", "location", "campaign")
WIDTHS = (640, 290)


@dataclass(frozen=True)
class Asked:
    """What the form asks; empty means: not asked."""

    of: str = "purchase"
    every: str = "month"
    counting: str = "calendar"
    since: str = "365d"
    where: str = ""
    by: str = ""

    def address(self, **other: str) -> str:
        """Returns where this is shown, with some of it asked otherwise."""
        chosen, usual = replace(self, **other), Asked()
        told = {name: getattr(chosen, name) for name in Asked.__dataclass_fields__}
        told = {name: value or "all" if name == "since" else value for name, value in told.items()}
        told = {name: value for name, value in told.items() if value != getattr(usual, name)}
        return f"{PATH}?{urlencode(told)}" if told else PATH

    @property
    def cohorts(self) -> dict[str, str]:
        """What cohorts are asked with."""
        return {name: getattr(self, name) for name in ("of", "every", "counting", "since", "where")}


def asked(
    of: Annotated[str, Query(max_length=20)] = "purchase",
    every: Annotated[str, Query(max_length=10)] = "month",
    counting: Annotated[str, Query(max_length=10)] = "calendar",
    since: Annotated[str, Query(max_length=40)] = "365d",
    where: Annotated[str, Query(max_length=4000)] = "",
    by: Annotated[str, Query(max_length=100)] = "",
) -> Asked:
    """Reads the question from the address."""
    return Asked(of, every, counting, "" if since == "all" else since, where, by)


@router.get(PATH)
def retention(request: Request, door: SignedIn, question: Annotated[Asked, Depends(asked)]) -> HTMLResponse:
    """Shows cohorts by what became of them, and curves of who stays where a contract is declared."""
    context: dict[str, Any] = {
        "title": _("Retention"),
        "asked": question,
        "of": OF,
        "counting": COUNTING,
        "every": EVERY,
        "since_choices": SINCE if question.since in SINCE else (question.since, *SINCE),
        "dimensions": _dimensions(door, question.by),
    }
    try:
        kept = door.snapshot("measure.retention", question.cohorts)
        result = kept.result
        assert isinstance(result, CohortRetention)
        grid = result.grid()
        shown = {
            "lede": str(result),
            "result": result,
            "charts": tuple(charts.grid_picture(grid, width=width) for width in WIDTHS) if grid.columns else (),
            "overall": [(result.place_name(at), *_figures(cell)) for at, cell in enumerate(result.overall)],
            "lines": _lines(result),
            "churn": _churn(door, question),
            "keep": keeping(door, "measure.retention", question.cohorts),
            "age": age(kept),
        }
    except InputError as failure:
        return show(request, door, "retention", "retention.html", {**context, "failure": failure})
    return show(request, door, "retention", "retention.html", {**context, **shown})


def _dimensions(door: Door, chosen: str) -> list[tuple[str, str]]:
    own = {item.name: item.label or item.name for item in door.experience.dimension}
    names = [*DIMENSIONS, *own, *([chosen] if chosen else [])]
    return [(name, own.get(name, words.readable(name))) for name in dict.fromkeys(names)]


def _figures(cell: Estimate | InsufficientData | None) -> tuple[str, str, str]:
    """A share, its interval and what it is of."""
    if cell is None:
        return _("cannot say"), _("nobody was seen for so long"), ""
    if isinstance(cell, InsufficientData):
        return _("cannot say"), f"{_('needs')} {wording.many(cell.needed, 'customer')}", wording.count(cell.n)
    low, high = (wording.number(end, "share") for end in (cell.low, cell.high))
    return wording.number(cell.value, "share"), words.span(low, high), wording.count(cell.n)


def _lines(result: CohortRetention) -> list[tuple[str, str, str, str, str]]:
    """One line per cohort and period, for who reads tables."""
    return [
        (wording.period(cohort.start, result.every), result.place_name(at), *_figures(cell))
        for cohort in result.cohorts
        for at, cell in enumerate(cohort.cells)
    ]


def _churn(door: Door, question: Asked) -> dict[str, Any] | None:
    """Who leaves the first contract of the workspace; None where it declares none."""
    if not door.experience.contract:
        return None
    said = {"by": question.by, "where": question.where}
    found = door.snapshot("measure.churn", said).result
    assert isinstance(found, Churn)
    stairs = found.stairs()
    return {
        "found": found,
        "charts": tuple(charts.stairs_picture(stairs, width=width) for width in WIDTHS) if found.stays else (),
        "keep": keeping(door, "measure.churn", said),
        "stays": [_stay(door, found, stay, question) for stay in found.stays],
    }


def _stay(door: Door, found: Churn, stay: Stay, question: Asked) -> dict[str, str]:
    share, span, _n = _figures(stay.kept)
    condition = question.where
    for name, value in zip(found.by, stay.group, strict=True):
        condition = both(condition, equals(name, raw_value(door, name, value)))
    return {
        "name": ", ".join(map(wording.group_label, stay.group)) or _("everybody"),
        "address": question.address(where=condition, by="") if found.by else "",
        "numbers": f"/explore?{urlencode({'where': condition})}" if condition else "/explore",
        "members": wording.count(stay.members),
        "left": wording.count(stay.left),
        "share": share,
        "span": span,
        "median": _median(stay),
    }


def _median(stay: Stay) -> str:
    if stay.median is None:
        return _("more than half are there")
    ends = [_("open") if end is None else wording.count(end) for end in (stay.median_low, stay.median_high)]
    return f"{wording.many(stay.median, 'day')} ({words.span(*ends)})"
