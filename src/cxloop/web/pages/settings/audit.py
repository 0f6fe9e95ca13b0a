"""Settings, Audit: who did what, and whether the log of it is whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from cxloop.core.errors import CxloopError, InputError, NotFoundError
from cxloop.core.spreadsheet import as_csv
from cxloop.web import words
from cxloop.web.access import Checked, Door, SignedIn
from cxloop.web.pages.settings.frame import show
from cxloop.web.site import Site
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
Row: TypeAlias = Mapping[str, Any]
PATH = "/settings/audit"
ROWS = 50
MOST_EXPORTED = 100_000
OUTCOMES: dict[str, str] = {"": _("any"), "done": _("done"), "failed": _("failed"), "refused": _("refused")}


@dataclass(frozen=True)
class Asked:
    """Which entries; empty means: all."""

    account: str = ""
    verb: str = ""
    target: str = ""
    outcome: str = ""
    since: str = ""
    until: str = ""
    page: int = 1

    def address(self, path: str = PATH) -> str:
        """Returns where these entries are shown."""
        asked = {name: value for name, value in asdict(self).items() if value and (name, value) != ("page", 1)}
        return f"{path}?{urlencode(asked)}" if asked else path

    def arguments(self, limit: int, offset: int) -> dict[str, Any]:
        """Returns the arguments of admin.audit."""
        return {
            **{name: value for name, value in asdict(self).items() if name != "page"},
            "limit": limit,
            "offset": offset,
        }


def _asked(
    account: Annotated[str, Query(max_length=200)] = "",
    verb: Annotated[str, Query(max_length=200)] = "",
    target: Annotated[str, Query(max_length=200)] = "",
    outcome: Annotated[str, Query(max_length=40)] = "",
    since: Annotated[str, Query(max_length=40)] = "",
    until: Annotated[str, Query(max_length=40)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Asked:
    return Asked(account.strip(), verb.strip(), target.strip(), outcome, since.strip(), until.strip(), page)


AskedOf = Annotated[Asked, Depends(_asked)]


@router.get(PATH)
def audit(request: Request, door: SignedIn, asked: AskedOf) -> HTMLResponse:
    """Lists the entries, the latest first."""
    return _show(request, door, asked)


@router.get(f"{PATH}/download/{{kind}}")
def download(door: SignedIn, kind: str, asked: AskedOf) -> Response:
    """Returns the entries that the page asks for as a file."""
    if kind not in ("csv", "json"):
        raise NotFoundError(f"The audit log cannot be taken along as {kind!r}: csv and json are there.")
    found = door.run("admin.audit", asked.arguments(MOST_EXPORTED, 0))
    if kind == "csv":
        return _file(as_csv(found), "text/csv; charset=utf-8", "audit.csv")
    lines = "".join(json.dumps(row, default=str) + "\n" for row in found.records())
    return _file(lines, "application/x-ndjson", "audit.jsonl")


@router.post(f"{PATH}/verify")
def verify(request: Request, door: Checked) -> HTMLResponse:
    """Looks the whole log over."""
    return _show(request, door, Asked(), verdict=door.run("admin.verify_audit", {}))


def _show(request: Request, door: Door, asked: Asked, *, verdict: Any = None) -> HTMLResponse:
    rows, failure = _rows(door, asked)
    site: Site = request.app.state.site
    context = {
        "asked": asked,
        "entries": [{**row, "when": words.moment(row["happened_at"], site.zone)} for row in rows[:ROWS]],
        "outcomes": OUTCOMES,
        "links": _links(asked, more=len(rows) > ROWS),
        "downloads": [
            (_("CSV"), asked.address(f"{PATH}/download/csv")),
            (_("JSON"), asked.address(f"{PATH}/download/json")),
        ],
        "verdict": verdict,
        "failure": failure,
    }
    return show(request, door, "audit", "audit.html", context)


def _rows(door: Door, asked: Asked) -> tuple[list[dict[str, Any]], CxloopError | None]:
    """One more than the page shows, to know whether there is another page."""
    try:
        found: list[dict[str, Any]] = door.run(
            "admin.audit", asked.arguments(ROWS + 1, (asked.page - 1) * ROWS)
        ).records()
        return found, None
    except (InputError, NotFoundError) as failure:
        return [], failure


def _links(asked: Asked, *, more: bool) -> dict[str, str]:
    return {
        "newer": replace(asked, page=asked.page - 1).address() if asked.page > 1 else "",
        "newer_text": _("Later"),
        "older": replace(asked, page=asked.page + 1).address() if more else "",
        "older_text": _("Earlier"),
        "where": f"{_('Page')} {asked.page}",
    }


def _file(content: str, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})
