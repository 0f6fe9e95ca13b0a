"""Annotations: what happened when, listed, written down and removed; charts over time show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from cxloop.core.errors import CxloopError, InputError
from cxloop.core.results import Estimates
from cxloop.measure.results import Annotation, Annotations, ControlChart
from cxloop.web.access import Checked, Door, SignedIn
from cxloop.web.pages.explore.frame import show
from cxloop.web.tabs import done
from cxloop.web.words import _

__all__ = ["noted", "router"]

router = APIRouter()
PATH = "/explore/annotations"


def noted(door: Door, result: Estimates | ControlChart) -> tuple[Annotation, ...]:
    """Returns what happened between the first and the last period of a result over time."""
    points = result.rows if isinstance(result, Estimates) else result.points
    periods = [each.period for each in points if each.period is not None]
    if not periods:
        return ()
    found = door.snapshot("measure.annotations", {"metric": result.metric}).result
    assert isinstance(found, Annotations)
    return _between(found.rows, min(periods), max(periods))


def _between(rows: Sequence[Annotation], first: date, last: date) -> tuple[Annotation, ...]:
    return tuple(row for row in rows if first <= row.at <= last)


@router.get(PATH)
def listed(request: Request, door: SignedIn) -> HTMLResponse:
    """Lists what happened when, with a form for more."""
    return _list(request, door)


@router.post(PATH)
def annotate(
    request: Request,
    door: Checked,
    at: Annotated[str, Form(max_length=40)] = "",
    text: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Writes down what happened on a day."""
    try:
        door.run("measure.annotate", {"at": at, "text": text})
    except InputError as failure:
        return _list(request, door, failure, {"at": at, "text": text})
    return done(PATH, "noted")


@router.post(PATH + "/{number}/remove")
def remove(door: Checked, number: int) -> Response:
    """Removes an annotation."""
    door.run("measure.remove_annotation", {"number": number})
    return done(PATH, "note_removed")


def _list(
    request: Request, door: Door, failure: CxloopError | None = None, form: dict[str, str] | None = None
) -> HTMLResponse:
    found = door.run("measure.annotations", {})
    assert isinstance(found, Annotations)
    context = {
        "title": _("What happened when"),
        "rows": found.rows[::-1],
        "form": form or {"at": "", "text": ""},
        "failure": failure,
    }
    return show(request, door, "metric", "annotations.html", context)
