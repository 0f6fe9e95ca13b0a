"""The rows behind a number: from any bar, point or cell to what was counted, and to each customer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from cxloop.core import wording
from cxloop.core.errors import InputError
from cxloop.core.spreadsheet import as_csv
from cxloop.measure.results import RowsBehind
from cxloop.web.access import SignedIn
from cxloop.web.pages.customers.frame import paged
from cxloop.web.pages.explore.frame import show
from cxloop.web.pages.explore.metric import Asked
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
PATH = "/explore/rows"
PER_PAGE = 25
MOST_IN_A_FILE = 100_000
Page = Annotated[int, Query(ge=1, le=100_000)]


@router.get(PATH)
def rows(request: Request, door: SignedIn, question: Asked, page: Page = 1) -> HTMLResponse:
    """Shows one page of the rows that a number counts."""
    door.require("measure.rows")
    context = {"title": _("Rows"), "question": question, "back": question.address(), "number": wording.number}
    asked = {"metric": question.metric, "since": question.since, "until": question.until, "where": question.where}
    try:
        found = door.run("measure.rows", {**asked, "page": page, "limit": PER_PAGE})
    except InputError as failure:
        return show(request, door, "metric", "rows.html", {**context, "found": None, "failure": failure})
    assert isinstance(found, RowsBehind)
    scored = sum(row.text is not None for row in found.rows)
    shown = {
        "found": found,
        "download": question.address(f"{PATH}.csv"),
        "most": MOST_IN_A_FILE,
        "with_text": bool(scored),
        "links": paged(PATH, _given(question.address(PATH)), page, PER_PAGE, found.total),
    }
    return show(request, door, "metric", "rows.html", {**context, **shown})


@router.get(f"{PATH}.csv")
def download(door: SignedIn, question: Asked) -> Response:
    """Returns the rows as a file for spreadsheets, none of which run what a customer wrote."""
    asked = {"metric": question.metric, "since": question.since, "until": question.until, "where": question.where}
    found = door.run("measure.rows", {**asked, "limit": MOST_IN_A_FILE})
    headers = {"content-disposition": f'attachment; filename="{question.metric}-rows.csv"'}
    # With a byte order mark, or spreadsheets take it for another encoding.
    return Response(as_csv(found).encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def _given(address: str) -> dict[str, str]:
    from urllib.parse import parse_qsl, urlsplit

    return dict(parse_qsl(urlsplit(address).query))
